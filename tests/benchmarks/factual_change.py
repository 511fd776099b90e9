"""Measure alerts on labelled pairs of sentences: the share of factual edits, and of rephrasings.

Run `python tests/benchmarks/factual_change.py [--show missed|false|other] [--limit N]`; it needs the shared data beside
the checkout (or WATCHER_SHARED). An alarm is a changed statistic or claim cue at medium or above, before sources count.
"""

from __future__ import annotations

import argparse
import gzip
import json
import os
import random
import re
import sys
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from watcher.diff.claims import compare_claims  # noqa: E402  the checkout comes first on the path
from watcher.diff.statistics import compare_statistics, statistic_fields  # noqa: E402
from watcher.judge.rule import field_severity  # noqa: E402
from watcher.model import Dialect, FieldChange, Quantity, Sentence, Severity, Statistic  # noqa: E402
from watcher.parse.claims import read_marks  # noqa: E402
from watcher.parse.document import analyse  # noqa: E402
from watcher.parse.quantities import read_quantities  # noqa: E402

SHARED = Path(os.environ.get("WATCHER_SHARED", ROOT.parent / "shared"))
DATA = SHARED / "data" / "factual-change"
MEDIUM = Severity.MEDIUM
_NUMBERS = {"value", "low", "high"}
# Treebank tokens, as they are written in an article
_WRITTEN = (
    (re.compile(r"-LRB-", re.IGNORECASE), "("),
    (re.compile(r"-RRB-", re.IGNORECASE), ")"),
    (re.compile(r"``|''"), '"'),
    (re.compile(r"\s+(n't|'s|'re|'ve|'ll|'d|'m)\b"), r"\1"),
    (re.compile(r"\s+([,.;:!?%)])"), r"\1"),
    (re.compile(r"([($£€₹])\s+"), r"\1"),
    (re.compile(r"\s+-\s+"), "-"),
    (re.compile(r"\s+"), " "),
)


@dataclass(frozen=True)
class Outcome:
    """What the comparison of one pair says."""

    figures: tuple[tuple[FieldChange, ...], ...]
    came_or_went: int
    claims: tuple[FieldChange, ...]

    @property
    def names(self) -> set[str]:
        """Names of all fields, statistics and claims."""
        return {field.name for fields in (*self.figures, self.claims) for field in fields}

    @property
    def alarms(self) -> set[str]:
        """Names of the fields that reach medium."""
        fields = [field for part in (*self.figures, self.claims) for field in part]
        return {field.name for field in fields if field_severity(field) >= MEDIUM}


def written(text: str) -> str:
    """Treebank text as an article would have it."""
    for pattern, into in _WRITTEN:
        text = pattern.sub(into, text)
    return text.strip()


def quantities(text: str) -> list[Quantity]:
    """The figures of a text that are statistics."""
    return [item for item in read_quantities(text, "en") if not item.measure.is_context]


def outcome(old: str, new: str) -> Outcome:
    """Compare two rendered sentences."""
    before, after = quantities(old), quantities(new)
    pairs = compare_statistics(
        [Statistic(quantity=item, sentence=old) for item in before],
        [Statistic(quantity=item, sentence=new) for item in after],
    )
    changed = [statistic_fields(a, b) for a, b in pairs if a is not None and b is not None]
    claims = compare_claims(
        Sentence(text=old),
        Sentence(text=new),
        read_marks(old),
        read_marks(new),
        old_quantities=before,
        new_quantities=after,
    )
    return Outcome(tuple(filter(None, changed)), sum(a is None or b is None for a, b in pairs), claims)


def rendered(wikitext: str) -> str:
    """The prose of a wikitext paragraph."""
    return " ".join(sentence.text for sentence in analyse(wikitext, Dialect()).sentences)


def kind_of(outcome: Outcome) -> set[str]:
    """The labels of statistic-pairs.jsonl that an outcome may bear."""
    labels = set(outcome.names)
    figures = {field.name for fields in outcome.figures for field in fields}
    if figures & _NUMBERS:
        labels |= {"update"} if "as_of" in figures else {"value", "magnitude"}
    elif "as_of" in figures:
        labels.add("asof_only")
    if figures & {"unit", "measure", "period"}:
        labels.add("unit")
    if "qualifier" in figures:
        labels |= {"bound", "hedge"}
    if "entity" in labels:
        labels.add("entity_list")
    return labels


def lines(name: str) -> list[dict[str, Any]]:
    """The records of a shared file."""
    path = DATA / name
    with gzip.open(path, "rt", encoding="utf-8") if path.suffix == ".gz" else path.open(encoding="utf-8") as file:
        return [json.loads(line) for line in file]


def labelled() -> None:
    """Print how many of the labelled pairs are told as what they are."""
    rows = lines("statistic-pairs.jsonl")
    wrong = []
    for row in rows:
        result = outcome(rendered(row["before"]), rendered(row["after"]))
        right = not result.alarms if row["change"] == "none" else row["change"] in kind_of(result)
        if not right:
            wrong.append((row["id"], row["change"], row["note"], result))
    print(f"statistic-pairs.jsonl: {len(rows) - len(wrong)} of {len(rows)}")
    for row in wrong:
        print("   ", *row)


def curve(sets: dict[str, list[Outcome]]) -> None:
    """Print what each sort of field adds to the alarms, the most telling first."""
    chosen: set[str] = set()
    names = {name for result in sets.values() for outcome in result for name in outcome.alarms}
    print("trade-off, fields added in the order of what they add per false alarm:")
    while names:

        def gain(name: str) -> tuple[float, float, str]:
            more = {key: share(result, chosen | {name}) - share(result, chosen) for key, result in sets.items()}
            return more["contradicting"] / (more["rephrased"] + 0.0003), more["contradicting"], name

        best = max(names, key=gain)
        names.remove(best)
        chosen.add(best)
        print(f"  + {best:12}", *(f"{key} {share(result, chosen):.4f}" for key, result in sets.items()))


def share(result: list[Outcome], names: set[str]) -> float:
    """The share of pairs with an alarm of one of these names."""
    return sum(bool(outcome.alarms & names) for outcome in result) / len(result)


def show(rows: list[tuple[str, str, Outcome]], limit: int) -> None:
    """Print some pairs with what was found."""
    random.seed(1)
    for old, new, outcome in random.sample(rows, min(limit, len(rows))):
        fields = [
            f"{field.name}: {field.old} → {field.new}" for part in (*outcome.figures, outcome.claims) for field in part
        ]
        print("-", old, "\n+", new, "\n ", fields, "\n")


def pairs(name: str, *, contradiction: bool | None = None) -> Iterator[tuple[str, str]]:
    """Old and new texts of a shared file."""
    for row in lines(name):
        if contradiction is None or row["contradiction"] is contradiction:
            yield written(row["old"]), written(row["new"])


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--show", choices=["missed", "false", "other"])
    parser.add_argument("--limit", type=int, default=40)
    options = parser.parse_args()
    if not DATA.is_dir():
        print(f"skipped: no shared data at {DATA}; set WATCHER_SHARED")
        return
    labelled()
    texts = {
        "contradicting": list(pairs("vitaminc.jsonl.gz", contradiction=True)),
        "other": list(pairs("vitaminc.jsonl.gz", contradiction=False)),
        "rephrased": list(pairs("rephrased.jsonl.gz")),
    }
    start = time.perf_counter()
    sets = {key: [outcome(old, new) for old, new in rows] for key, rows in texts.items()}
    seconds = time.perf_counter() - start
    for key, result in sets.items():
        alarms = Counter(name for outcome in result for name in outcome.alarms)
        rate = sum(bool(outcome.alarms) for outcome in result) / len(result)
        print(f"{key}: alarm in {rate:.4f} of {len(result)}; {dict(alarms.most_common())}")
    print(f"{sum(map(len, sets.values())) / seconds:,.0f} pairs/s, reading included")
    curve(sets)
    requested = {"missed": ("contradicting", False), "false": ("rephrased", True), "other": ("other", True)}
    if options.show:
        key, alarmed = requested[options.show]
        rows = [
            (*text, outcome)
            for text, outcome in zip(texts[key], sets[key], strict=True)
            if bool(outcome.alarms) is alarmed
        ]
        show(rows, options.limit)


if __name__ == "__main__":
    main()
