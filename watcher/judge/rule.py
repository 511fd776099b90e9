"""Define what a rule returns, rate the fields of a claim or statistic, and format the numbers in findings."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal

from watcher.model import Change, FieldChange, Policy, Quantity, Reason, Severity

_BESIDE, _NEAR = 4, 80  # words on either side of a number or word, and the characters in which they are looked for


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """A rule's judgement of one change."""

    severity: Severity
    summary: str
    reasons: tuple[Reason, ...] = ()


Rule = Callable[[Change, Policy], Verdict | None]
AnomalyCheck = Callable[[Change], Reason | None]


def field_of(change: Change, *names: str) -> FieldChange | None:
    """Return the first field of one of these names that changed."""
    return next((field for field in change.fields if field.name in names), None)


def midpoint(quantity: Quantity) -> Decimal | None:
    """Return the value of a quantity, for a range its middle."""
    if quantity.value is not None:
        return quantity.value
    if quantity.low is not None and quantity.high is not None:
        return (quantity.low + quantity.high) / 2
    return quantity.low if quantity.low is not None else quantity.high


def relative_change(old: Quantity, new: Quantity) -> Decimal | None:
    """By how much a quantity moved relative to what it was; None where there is nothing to relate to."""
    before, after = midpoint(old), midpoint(new)
    if before is None or after is None or not before:
        return None
    return (after - before) / abs(before)


def words_around(sentence: str, start: int, end: int) -> str:
    """Quote the few words on either side of a span: alone, nobody can tell what it is of."""
    before = re.search(rf"(?:\S+\s+){{0,{_BESIDE}}}\S*$", sentence[:start][-_NEAR:])
    after = re.match(rf"\S*(?:\s+\S+){{0,{_BESIDE}}}", sentence[end:][:_NEAR])
    words = f"{before[0] if before else ''}{sentence[start:end]}{after[0] if after else ''}"
    return f" (“{' '.join(words.split())}”)"


# What a changed cue amounts to when a word took the place of another, when it went, when it came. Measured by
# tests/benchmarks/factual_change.py on 2,495 contradicting edits and 3,382 rephrasings: everything at MEDIUM or
# above fires far more often on the former; what is LOW here (a reservation, a source, a superlative that was
# added) fires on rephrasings at least as often, so it is told but wakes nobody.
FIELD_SEVERITIES: dict[str, tuple[Severity, Severity, Severity]] = {
    "negation": (Severity.HIGH, Severity.HIGH, Severity.HIGH),
    "antonym": (Severity.HIGH, Severity.HIGH, Severity.HIGH),
    "number": (Severity.HIGH, Severity.LOW, Severity.LOW),
    "rank": (Severity.HIGH, Severity.MEDIUM, Severity.MEDIUM),
    "direction": (Severity.HIGH, Severity.LOW, Severity.LOW),
    "entity": (Severity.HIGH, Severity.MEDIUM, Severity.LOW),
    "scope": (Severity.HIGH, Severity.MEDIUM, Severity.MEDIUM),
    "predicate": (Severity.HIGH, Severity.LOW, Severity.LOW),
    "date": (Severity.MEDIUM, Severity.MEDIUM, Severity.LOW),
    "attribution": (Severity.MEDIUM, Severity.MEDIUM, Severity.LOW),
    "hedge": (Severity.LOW, Severity.MEDIUM, Severity.LOW),
    "superlative": (Severity.MEDIUM, Severity.MEDIUM, Severity.LOW),
    "comparison": (Severity.MEDIUM, Severity.LOW, Severity.LOW),
    "definition": (Severity.MEDIUM, Severity.MEDIUM, Severity.MEDIUM),
    "qualification": (Severity.MEDIUM, Severity.MEDIUM, Severity.MEDIUM),
    "shouting": (Severity.MEDIUM, Severity.LOW, Severity.MEDIUM),
    "deletion": (Severity.MEDIUM, Severity.LOW, Severity.LOW),
    "insertion": (Severity.MEDIUM, Severity.LOW, Severity.MEDIUM),
    "cell": (Severity.MEDIUM, Severity.LOW, Severity.LOW),
    "statement": (Severity.MEDIUM, Severity.MEDIUM, Severity.MEDIUM),
    "value": (Severity.HIGH, Severity.HIGH, Severity.HIGH),
    "low": (Severity.HIGH, Severity.HIGH, Severity.HIGH),
    "high": (Severity.HIGH, Severity.HIGH, Severity.HIGH),
    "measure": (Severity.HIGH, Severity.HIGH, Severity.HIGH),
    "unit": (Severity.HIGH, Severity.LOW, Severity.LOW),
    "period": (Severity.HIGH, Severity.MEDIUM, Severity.LOW),
    "qualifier": (Severity.MEDIUM, Severity.MEDIUM, Severity.MEDIUM),
    "as_of": (Severity.MEDIUM, Severity.LOW, Severity.LOW),
    "status": (Severity.MEDIUM, Severity.LOW, Severity.LOW),
}


def field_severity(field: FieldChange) -> Severity:
    """Return how serious one field of `compare_claims` or `statistic_fields` is; a name that is not known is LOW.

    >>> field_severity(FieldChange(name="hedge", old="estimated", new=None)).label
    'medium'
    """
    replaced, went, came = FIELD_SEVERITIES.get(field.name, (Severity.LOW,) * 3)
    if field.old is not None and field.new is not None:
        return replaced
    return came if field.old is None else went
