"""Decide whether two quantities say the same in value, unit, qualifier and period."""

from __future__ import annotations

import re
from decimal import Decimal

from watcher.diff.lexicon import are_synonyms, is_typo, stem
from watcher.model import Measure, Quantity
from watcher.model.conversion import restated

_LOOSE = {Measure.COUNT, Measure.SCORE, Measure.AGE, Measure.DURATION}
_PERCENT = Decimal(100)
_MILLION = Decimal(1_000_000)
_GROUPED = re.compile(r"(?<![\d.,])[1-9]\d{0,2}(?:[.,]\d{3})+(?![\d.,]*\d)")
_SHARE = Decimal("0.006")  # "two-thirds" and "66.7%" are one share
_QUALIFIERS = (
    ("more than", "over", "above", "exceeding", "upwards of", "in excess of", "greater than", "beyond", "surpassing"),
    ("less than", "under", "below", "fewer than", "lower than"),
    ("at least", "no less than", "no fewer than", "a minimum of", "minimum", "not less than"),
    ("up to", "at most", "no more than", "a maximum of", "as many as", "as much as", "maximum", "not more than"),
    ("about", "around", "approximately", "roughly", "some", "circa", "c.", "ca.", "approx", "approx.", "approximate"),
    ("nearly", "almost", "close to", "just under", "just below", "approaching", "not quite"),
    ("just over", "slightly more than", "slightly over"),
    ("estimated", "an estimated", "estimate", "estimates"),
    ("only", "just", "merely", "no more than just"),
)  # fmt: skip
_PERIODS = {"annum": "year", "annually": "year", "yearly": "year", "annual": "year", "monthly": "month", "daily": "day",
            "weekly": "week", "hourly": "hour", "pa": "year", "p.a.": "year"}  # fmt: skip


def _share(quantity: Quantity) -> Decimal | None:
    if quantity.value is None or quantity.measure not in (Measure.PERCENT, Measure.RATIO):
        return None
    return quantity.value if quantity.measure is Measure.RATIO else quantity.value / _PERCENT


def same_value(old: Quantity, new: Quantity) -> bool:
    """Return whether two quantities are one number; a percent and a fraction may be one share."""
    number, other = _share(old), _share(new)
    if number is not None and other is not None and old.measure is not new.measure:
        return abs(number - other) < _SHARE
    if (old.value, old.low, old.high) == (new.value, new.low, new.high) or same_short(old, new):
        return True
    return same_digits(old, new) or restated(old, new)


def same_digits(old: Quantity, new: Quantity) -> bool:
    """Return whether 100.000, thousands as other languages write them, stands for the 100,000 of the other side."""
    match, other = (_GROUPED.search(quantity.text) for quantity in (old, new))
    if match is None or other is None or old.measure is not new.measure:
        return False
    digits = [re.sub(r"\D", "", match[0]) for match in (match, other)]
    return digits[0] == digits[1] and match[0] != other[0]


def same_short(old: Quantity, new: Quantity) -> bool:
    """Return whether "4.5m", which by itself may be metres, stands for the 4.5 million of the other side."""
    for short, long in ((old, new), (new, old)):
        metres = short.measure is Measure.MEASUREMENT and short.unit == "m" and short.text[-1:].isdigit()
        if metres and short.value is not None and long.measure is Measure.COUNT:
            return long.value == short.value * _MILLION
    return False


def _head(unit: str) -> str:
    """Return the counted noun as written: the last word before "of", "in", "per" and the like."""
    words = unit.casefold().replace("-", " ").split()
    for at, word in enumerate(words):
        if at and word in ("of", "in", "per", "for", "from", "with", "to", "who", "that"):
            words = words[:at]
            break
    return words[-1] if words else ""


def head_noun(unit: str) -> str:
    """Return the stem of the counted noun."""
    return stem(_head(unit))


def same_unit(old: str, new: str) -> bool:
    """Return whether two units count the same: number, added adjectives and usual synonyms do not matter.

    >>> same_unit("potential human trafficking cases", "case"), same_unit("victims", "children")
    (True, False)
    """
    if old == new or old.casefold() == new.casefold():
        return True
    own, other = head_noun(old), head_noun(new)
    if own == other:
        return True
    old_all = {stem(word) for word in old.casefold().split()}
    new_all = {stem(word) for word in new.casefold().split()}
    return own in new_all or other in old_all or are_synonyms(own, other) or is_typo(_head(old), _head(new))


def same_share(old: Quantity, new: Quantity) -> bool:
    """Return whether a percent and a fraction are one share: "half" and "50%"."""
    shares = old.measure is not new.measure and None not in (_share(old), _share(new))
    return shares and same_value(old, new)


def same_measure(old: Quantity, new: Quantity) -> bool:
    """Whether the sort of number is the same; "18" → "18 years" or "4–1" as a score is the same number read better."""
    if old.measure is new.measure or same_share(old, new) or same_short(old, new):
        return True
    return {old.measure, new.measure} <= _LOOSE and same_value(old, new)


def qualifier_of(text: str | None) -> str | None:
    """Return a qualifier in one wording for all that bound a figure alike: "over" is "more than"."""
    if text is None:
        return None
    plain = " ".join(text.casefold().split())
    return next((row[0] for row in _QUALIFIERS if plain in row), plain)


def period_of(text: str | None) -> str | None:
    """Return a period in one wording: "per annum" and "annually" are "year"."""
    if text is None:
        return None
    plain = text.casefold().removeprefix("per ").removeprefix("a ").removeprefix("each ").strip()
    return _PERIODS.get(plain, plain.removesuffix("s"))


def names_period(sentence: str, period: str) -> bool:
    """Return whether a sentence has a word for a period, wherever it stands."""
    forms = {period, *(form for form, plain in _PERIODS.items() if plain == period)}
    return any(form in sentence.casefold() for form in forms)
