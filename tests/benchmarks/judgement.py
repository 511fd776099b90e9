"""Measure findings of whole comparisons on pairs of texts: of factual edits, and of rephrasings.

Run `python tests/benchmarks/judgement.py [--show missed|false|other|labelled] [--limit N]`; it needs the shared data
beside the checkout (or WATCHER_SHARED). An alarm is a statistic or claim finding at medium or above.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT), str(Path(__file__).parent)]

from factual_change import DATA, lines, pairs  # noqa: E402  the checkout comes first on the path

from watcher import compare_wikitext  # noqa: E402
from watcher.model import Finding, Severity, Statistic  # noqa: E402

MEDIUM = Severity.MEDIUM
NUMBERS = {"value", "low", "high"}
# What a reason code or field of a finding says in the words of the labels.
LABELS = {
    "value": {"value", "magnitude", "transposition"},
    "as_of": {"asof_only", "update"},
    "qualifier": {"bound", "hedge"},
    "unit": {"unit"},
    "measure": {"unit"},
    "period": {"unit"},
    "entity": {"entity", "entity_list", "attribution"},
    "definition": {"scope", "rank"},
    "qualification": {"predicate"},
}


@dataclass(frozen=True)
class Reported:
    """What a comparison tells of one pair."""

    findings: tuple[Finding, ...]

    @property
    def alarms(self) -> tuple[Finding, ...]:
        """The statistic and claim findings that reach medium."""
        return tuple(
            finding
            for finding in self.findings
            if finding.severity >= MEDIUM and finding.change.kind.subject in ("statistic", "claim")
        )

    @property
    def rules(self) -> set[str]:
        """The name of each field that an alarm bears, and the kind of those without one."""
        return {name for finding in self.alarms for name in names(finding)}

    @property
    def labels(self) -> set[str]:
        """The labels of statistic-pairs.jsonl that the findings may bear."""
        fields = {name for finding in self.findings for name in names(finding)}
        result = set(fields)
        for name in fields:
            result |= LABELS.get("value" if name in NUMBERS else name, set())
        if any(self.numbers(finding) and "as_of" in names(finding) for finding in self.findings):
            result.add("update")
        return result

    @staticmethod
    def numbers(finding: Finding) -> bool:
        """Whether a statistic's number changed."""
        return isinstance(finding.change.new, Statistic) and bool(NUMBERS & names(finding))


def names(finding: Finding) -> set[str]:
    """The names of the fields that a finding tells of; its kind where it has none."""
    return {field.name for field in finding.change.fields} or {finding.change.kind.value}


def reported(old: str, new: str) -> Reported:
    """Compare two texts of wikitext as the product does."""
    return Reported(compare_wikitext(old, new).findings)


def labelled(*, show: bool) -> None:
    """Print how many labelled pairs are told as what they are."""
    rows = lines("statistic-pairs.jsonl")
    right = 0
    for row in rows:
        result = reported(row["before"], row["after"])
        if row["change"] == "none":
            good = not [finding for finding in result.findings if finding.severity >= MEDIUM]
        else:
            good = bool(result.alarms) and row["change"] in result.labels
        right += good
        if show or not good:
            print("   ", "right" if good else "WRONG", row["id"], row["change"], row["note"])
            for item in result.findings:
                print("         ", item.severity.label, item.change.kind.value, item.summary[:150], sorted(names(item)))
    print(f"statistic-pairs.jsonl: {right} of {len(rows)}")


def curve(sets: dict[str, list[Reported]]) -> None:
    """Print what each rule adds to the alarms, the most telling first."""
    chosen: set[str] = set()
    rest = {name for result in sets.values() for item in result for name in item.rules}

    def share(key: str, allowed: set[str]) -> float:
        return sum(bool(item.rules & allowed) for item in sets[key]) / len(sets[key])

    def gain(name: str) -> tuple[float, str]:
        more = {key: share(key, chosen | {name}) - share(key, chosen) for key in sets}
        return more["contradicting"] / (more["rephrased"] + 0.0003), name

    print("trade-off, rules added in the order of what they add per false alarm:")
    while rest:
        best = max(rest, key=gain)
        rest.remove(best)
        chosen.add(best)
        print(f"  + {best:18}", *(f"{key} {share(key, chosen):.4f}" for key in sets))


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--show", choices=["missed", "false", "other", "labelled"])
    parser.add_argument("--limit", type=int, default=60)
    request = parser.parse_args()
    if not DATA.is_dir():
        print(f"skipped: no shared data at {DATA}; set WATCHER_SHARED")
        return
    labelled(show=request.show == "labelled")
    texts = {
        "contradicting": list(pairs("vitaminc.jsonl.gz", contradiction=True)),
        "other": list(pairs("vitaminc.jsonl.gz", contradiction=False)),
        "rephrased": list(pairs("rephrased.jsonl.gz")),
    }
    start = time.perf_counter()
    sets = {key: [reported(old, new) for old, new in rows] for key, rows in texts.items()}
    seconds = time.perf_counter() - start
    for key, result in sets.items():
        rate = sum(bool(item.alarms) for item in result) / len(result)
        print(f"{key}: alarm in {rate:.4f} of {len(result)}")
        print(f"    {dict(Counter(name for item in result for name in item.rules).most_common())}")
    print(f"{sum(map(len, sets.values())) / seconds:,.0f} pairs/s")
    curve(sets)
    requested = {"missed": ("contradicting", False), "false": ("rephrased", True), "other": ("other", True)}
    if request.show in requested:
        key, alarmed = requested[request.show]
        rows = [(*text, item) for text, item in zip(texts[key], sets[key], strict=True) if bool(item.alarms) is alarmed]
        for old, new, labelled_row in rows[: request.limit]:
            print(f"- {old}\n+ {new}")
            for finding in labelled_row.findings:
                rules = ", ".join(sorted(names(finding)))
                print(f"    {finding.severity.label} {finding.change.kind.value} ({rules}) {finding.summary[:140]}")


if __name__ == "__main__":
    main()
