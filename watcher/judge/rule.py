"""Define the verdict of a rule, rate the fields of a claim or statistic, and format the numbers in findings."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal

from watcher.model import Change, FieldChange, Policy, Quantity, Reason, Severity
from watcher.model.conversion import scale_between
from watcher.text import shorten


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """A rule's judgement of one change."""

    severity: Severity
    summary: str
    reasons: tuple[Reason, ...] = ()


Rule = Callable[[Change, Policy], Verdict | None]
AnomalyCheck = Callable[[Change], Reason | None]


def field_of(change: Change, *names: str) -> FieldChange | None:
    """Return the first changed field with one of the names, None if there is none."""
    return next((field for field in change.fields if field.name in names), None)


def midpoint(quantity: Quantity) -> Decimal | None:
    """Return the value of a quantity, the middle of a range, or its only bound; None if it has none of them."""
    if quantity.value is not None:
        return quantity.value
    if quantity.low is not None and quantity.high is not None:
        return (quantity.low + quantity.high) / 2
    return quantity.low if quantity.low is not None else quantity.high


def midpoints(old: Quantity, new: Quantity) -> tuple[Decimal | None, Decimal | None]:
    """Return the values of two quantities in the unit of the old one: 1,430 ha and 13.4 km² are 1,430 and 1,340."""
    after = midpoint(new)
    return midpoint(old), None if after is None else after * scale_between(old, new)


def relative_change(old: Quantity, new: Quantity) -> Decimal | None:
    """Return the change of a quantity relative to its old value, None if that is zero or either has no value.

    A range and a number within it are not compared either.
    """
    before, after = midpoints(old, new)
    if before is None or after is None or not before:
        return None
    for span, number in ((old, after), (new, before)):
        if span.low is not None and span.high is not None and span.low <= number <= span.high and old.low != new.low:
            return None
    return (after - before) / abs(before)


def labelled(change: Change) -> str:
    """Return the label of a cell or parameter as the beginning of a summary, "" for other text."""
    return f"{shorten(change.label, 40)}: " if change.label and change.where.is_cell else ""


def words_around(sentence: str, start: int, end: int) -> str:
    """Return a quotation of a span with up to five words on either side, since it is unintelligible alone."""
    before, after = re.split(r"\s+", sentence[:start][-80:])[-5:], re.split(r"\s+", sentence[end:][:80])[:5]
    words = f"{' '.join(before)}{sentence[start:end]}{' '.join(after)}"
    return f" (“{' '.join(words.split())}”)"


# The severity of a change of words: reversing a statement is high, adding words is low. Whether it is worth a message
# is decided in `worth.py`.
_HIGH = frozenset("negation antonym number date rank entity roles value low high measure unit period".split())
# Fields that are at least medium whether they were added, removed or replaced
_ALWAYS = frozenset(
    {"negation", "antonym", "rank", "value", "low", "high", "measure", "shouting", "qualifier", "header"}
)
# Fields that are medium if they were added: they limit a statement, or attribute it to somebody
_ADDED = frozenset({"qualification", "hedge", "superlative", "status", "attribution"})


def field_severity(field: FieldChange) -> Severity:
    """Return the severity of one field of `compare_claims` or `statistic_fields`.

    >>> field_severity(FieldChange(name="hedge", old="estimated", new=None)).label
    'medium'
    """
    if field.name in ("link", "tense", "amount"):  # "is" → "was" in a definition has the field "status"
        return Severity.LOW
    if field.name in _ALWAYS:
        if field.name == "shouting" and field.new is None:
            return Severity.LOW  # removing an insult restores the text
        return Severity.HIGH if field.name in _HIGH else Severity.MEDIUM
    if field.name == "hedge" and field.old is not None and field.new is not None:
        return Severity.LOW  # one hedge replaced another
    if field.old is None:
        return Severity.MEDIUM if field.name in _ADDED else Severity.LOW
    if field.new is None:
        return Severity.MEDIUM
    return Severity.HIGH if field.name in _HIGH else Severity.MEDIUM
