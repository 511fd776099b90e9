"""Measure precision, recall, F1 and speed of the quantities read from labelled sentences.

Run as `python tests/benchmarks/quantities.py [--errors]`; the data are looked for in `../shared/data/quantities`
beside the checkout, or in `$WATCHER_SHARED/data/quantities`.
"""

import json
import re
import sys
import time
from collections import Counter
from collections.abc import Callable
from itertools import islice
from typing import Any

from tests.shared_data import SHARED, is_missing, rows
from watcher.model import Measure, Quantity
from watcher.parse.quantities import read_quantities
from watcher.parse.quantities.extractor import _read

DATA = SHARED / "quantities"
# Labels that name no statistic; reading one or not is neither right nor wrong.
NEITHER = frozenset({"determiner", "superlative", "vague"})
CONTEXT = frozenset({"year", "date", "rank"})
IDENTIFIER = "identifier"
DAYS = 31


def rounded(value: Any) -> str:
    """A value as text, alike for 0.6666666666666666 and its 28 digits."""
    return f"{float(value):.6g}"


def values(quantities: tuple[Quantity, ...], *, context: bool) -> Counter[str]:
    """The multiset of values and bounds."""
    result: Counter[str] = Counter()
    for quantity in quantities:
        if quantity.measure.is_context and not context:
            continue
        result.update(rounded(value) for value in (quantity.value, quantity.low, quantity.high) if value is not None)
    return result


def labels(row: dict[str, Any], *, context: bool) -> tuple[Counter[str], Counter[str]]:
    """The values that must be read and those that may be."""
    must: Counter[str] = Counter()
    may: Counter[str] = Counter()
    for label in row["quantities"]:
        kind, value = label["kind"], label["value"]
        if value is None or kind == IDENTIFIER or (kind in CONTEXT and not context):
            continue
        if kind == "date":
            value = str(value)[:4] if str(value)[:4].isdigit() else str(value)
            if not value.isdigit() or int(value) <= DAYS:
                may.update([rounded(value)] if value.isdigit() else [])
                continue
        (may if kind in NEITHER else must)[rounded(value)] += 1
    return must, may


def scored(name: str, *, context: bool, errors: bool) -> tuple[float, float, float]:
    """Precision, recall, F over a labelled file."""
    right = wrong = missed = 0
    for row in rows(DATA / name):
        must, may = labels(row, context=context)
        result = values(read_quantities(row["sentence"]), context=context)
        lost, extra = must - result, (result - must) - may
        right += (must & result).total()
        wrong += extra.total()
        missed += lost.total()
        if errors and (lost or extra):
            print(f"  {row['id']}: missed {dict(lost)} extra {dict(extra)}: {row['sentence'][:220]}")
    precision, recall = right / (right + wrong), right / (right + missed)
    return precision, recall, 2 * precision * recall / (precision + recall)


# Recognizers-Text's specs: what is tested of each file, and what is left out because prose must not be read that way.

Case = dict[str, Any]
DROPPED_INPUTS = {
    "0000",
    "192.168",
    "+1-222",
    "5/17/2018",
    "SCP-173",
    "percents of",
    "percent of",
    "per cent of",
    "^",
    "nrs.",
    "nr. 22",
    "1, 234",
}


DIVISION = re.compile(
    r"\d+ over|one over|(?:ty|en|red|and)[ -]+(?:twent|fif|thirt|hund)\w*(?:th|st)s?\b|^an? (?:\w+ )*\w+(?:th|st|ths)$",
    re.IGNORECASE,
)


def case_values(case: Case, kind: str) -> Counter[str]:
    """The values a spec expects, bounds of a range each."""
    results: Counter[str] = Counter()
    for result in case["Results"]:
        text = (result.get("Resolution") or {}).get("value")
        if text in (None, "null"):
            continue
        if kind == "range":
            # [20,20] is how the specs write "equal to 20".
            results.update({rounded(bound) for bound in text.strip("[]()").split(",") if bound})
        else:
            results[rounded(str(text).rstrip("%"))] += 1
    return results


READS: dict[str, Callable[[Quantity], bool]] = {
    "Number": lambda quantity: quantity.measure not in (Measure.RANK, Measure.MEASUREMENT),
    "Percent": lambda quantity: quantity.measure is Measure.PERCENT,
    "Currency": lambda quantity: quantity.measure is Measure.CURRENCY,
    "NumberRange": lambda _: True,
    "Age": lambda quantity: quantity.measure is Measure.AGE,
    "Dimension": lambda quantity: quantity.measure is Measure.MEASUREMENT,
}


def left_out(case: Case, name: str) -> str | None:
    """The class of a case that is left out on purpose."""
    text = case["Input"]
    if any(part in text for part in DROPPED_INPUTS):
        return "codes, phone numbers, dates and powers that a reader of prose takes for no number"
    for result in case["Results"]:
        if (result.get("Resolution") or {}).get("value") in (None, "null") and result.get("Text"):
            return "a unit or sign without a number"
    if name == "Number" and DIVISION.search(text):
        return "divisions in words (one over three, twenty-one fifths, a hundredth): 'over' means 'more than' in prose"
    if name == "NumberRange" and not case["Results"]:
        return "inputs that are no range (the numbers in them are read as numbers)"
    return None


def specs(name: str, *, errors: bool) -> tuple[int, int, Counter[str]]:
    """Return the cases read correctly, all cases tested, and the classes left out with their counts."""
    right = asked = 0
    out: Counter[str] = Counter()
    kind = "range" if name == "NumberRange" else "value"
    for case in json.loads((DATA / f"recognizers-{name}.json").read_text(encoding="utf-8-sig")):
        reason = left_out(case, name)
        if reason:
            out[reason] += 1
            continue
        expected = case_values(case, kind)
        result = values(tuple(q for q in read_quantities(case["Input"]) if READS[name](q)), context=True)
        asked += 1
        # A spec of ranges lists the ranges only, so other numbers beside them are no mistake.
        good = not (expected - result) if name == "NumberRange" else expected == result
        right += good
        if errors and not good:
            print(f"  {name}: expected {dict(expected)} found {dict(result)}: {case['Input'][:200]!r}")
    return right, asked, out


def prose() -> list[str]:
    """Ordinary encyclopedic sentences, with and without numbers."""
    return [row["new"] for row in islice(rows(SHARED / "factual-change/vitaminc.jsonl.gz"), 4000)]


def speed(sentences: list[str]) -> float:
    """Sentences a second of one core, nothing cached."""
    begin = time.process_time()
    for sentence in sentences:
        _read(sentence, "en")
    return len(sentences) / (time.process_time() - begin)


def growth() -> float:
    """How much longer four times the text takes; 4 is linear."""
    unit = "In 2012, some 1,100–1,200 people (42%) paid $5 million for 3 of twenty-one million houses and "

    def seconds(times: int) -> float:
        begin = time.process_time()
        _read(unit * times, "en")
        return time.process_time() - begin

    seconds(100)
    return seconds(2000) / seconds(500)


def main() -> int:
    """Print every figure."""
    errors = "--errors" in sys.argv
    if is_missing(DATA):
        return 0
    for name in ("seed.jsonl", "probe.jsonl"):
        for context in (False, True):
            precision, recall, f = scored(name, context=context, errors=errors)
            what = "statistics and context" if context else "statistics"
            print(f"{name:12} {what:24} P {precision:.3f}  R {recall:.3f}  F {f:.3f}")
    total = [0, 0]
    for name in READS:
        right, asked, out = specs(name, errors=errors)
        total = [total[0] + right, total[1] + asked]
        print(f"recognizers {name:12} {right}/{asked} = {right / asked:.3f}   left out: {dict(out) or 'nothing'}")
    print(f"recognizers all          {total[0]}/{total[1]} = {total[0] / total[1]:.3f}")
    labelled = [row["sentence"] for name in ("seed.jsonl", "probe.jsonl") for row in rows(DATA / name)]
    print(f"speed {speed(labelled * 20):,.0f} sentences/s where all have numbers, {speed(prose()):,.0f} on mixed prose")
    print(f"growth of time at four times the length: {growth():.1f}x")
    return 0


if __name__ == "__main__":
    sys.exit(main())
