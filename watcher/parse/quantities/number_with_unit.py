"""Read a numeral with its sign, currency and unit as one quantity."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from functools import partial

from watcher.model import Measure
from watcher.parse.quantities.nouns import is_plural
from watcher.parse.quantities.numerals import numeral_at
from watcher.parse.quantities.token_stream import NUMBER, Candidate, NumberWithUnit, Numeral, TokenStream
from watcher.parse.quantities.units import Money, money_after, money_before, unit_after

# A minus sign may touch these; after anything else it joins.
SIGN_LEADS = frozenset("([~<>=")
SUBUNITS = frozenset({"cent", "penny"})
CENTS = Decimal(100)
INCHES = 12


def with_sign_and_unit(line: TokenStream, numeral: Numeral) -> NumberWithUnit:
    """Return the numeral with its sign, currency or unit; several rules ask for that of one numeral."""
    known = line.sides.get(numeral.first)
    if known is None or known.numeral is not numeral:
        known = line.sides[numeral.first] = _sides_of(line, numeral)
    return known


def _sides_of(line: TokenStream, numeral: Numeral) -> NumberWithUnit:
    before = money_before(line, numeral.first)
    after = None if before else money_after(line, numeral)
    money = before or after
    first = before.edge if before else numeral.first
    first, value = _signed(line, numeral, first)
    side = partial(NumberWithUnit, numeral=numeral, first=first)
    if money:
        last, value = after.edge if after else numeral.last, value * money.factor
        whole = side(last=last, after=last, value=value, measure=Measure.CURRENCY, unit=money.unit)
        return _with_cents(line, _scaled_later(line, whole, before))
    unit = unit_after(line, numeral)
    if unit is None:
        return side(last=numeral.last, after=numeral.last, value=value, noun_follows=is_plural(line, numeral.last))
    last, name = unit.text_end, unit.unit
    if unit.measure is Measure.DURATION and numeral.form == "fraction":
        # "Half a century" is fifty years: the number alone would not tell of what it is the half.
        value, name = _years(line, value, unit.unit)
        last = unit.edge
    return side(last=last, after=unit.edge, value=value, measure=unit.measure, unit=name)


def _scaled_later(line: TokenStream, whole: NumberWithUnit, before: Money | None) -> NumberWithUnit:
    """Return the same currency named twice is one: "$22 dollars", "US$5 USD"."""
    if before is None:
        return whole
    again = money_after(line, whole.numeral)
    return replace(whole, last=again.edge, after=again.edge) if again and again.unit == whole.unit else whole


def _signed(line: TokenStream, numeral: Numeral, first: int) -> tuple[int, Decimal]:
    """Return where the quantity begins with its minus sign, and its value."""
    before, value = line.token(first - 1), numeral.value
    subtracted = line.has("words.or", first - 2) or line.token(first - 2).kind == NUMBER  # "586 minus 423"
    if line.language.contains("words.minus", before.lower) and not subtracted:
        return first - 1, -value
    hyphened = before.text in ("-", "‑") and line.is_adjacent(first) and line.has("words.minus", first - 2)
    if hyphened:
        return first - 2, -value  # "minus-130"
    inner = line.token(numeral.first - 1)
    if inner.text in ("-", "−") and first < numeral.first - 1 and line.is_adjacent(numeral.first):
        return first, -value
    if before.text not in ("-", "−", "–") or not line.is_adjacent(first):
        return first, value
    lead = line.token(first - 2)
    if (not line.is_adjacent(first - 1) and lead.kind != NUMBER) or lead.text in SIGN_LEADS:
        return first - 1, -value
    return first, value


def _years(line: TokenStream, value: Decimal, unit: str) -> tuple[Decimal, str]:
    years = line.language.number("duration_years", unit)
    return (value * years, "years") if years else (value, unit)


def _with_cents(line: TokenStream, whole: NumberWithUnit) -> NumberWithUnit:
    """Three dollars fifty cents."""
    if whole.unit in SUBUNITS or whole.measure is not Measure.CURRENCY or whole.value % 1:
        return whole
    at = whole.after + (line.lower(whole.after) == "and")
    rest = numeral_at(line, at)
    money = money_after(line, rest) if rest and rest.form in ("digits", "words") and rest.value < CENTS else None
    if rest is None or money is None or money.unit not in SUBUNITS:
        return whole
    return replace(whole, value=whole.value + rest.value / CENTS, last=money.edge, after=money.edge)


def to_candidate(line: TokenStream, side: NumberWithUnit) -> Candidate:
    """Return the quantity that a side says by itself."""
    feet = _feet_and_inches(line, side)
    if feet:
        return feet
    counts = side.measure is Measure.COUNT
    return Candidate(
        side.first, side.last, side.value, measure=side.measure, unit=side.unit, after=side.after, noun=counts
    )


def _feet_and_inches(line: TokenStream, side: NumberWithUnit) -> Candidate | None:
    """5 ft 2 in, 5-foot-10, five feet and two inches: one length in feet."""
    # A bound that only borrowed the other's feet has none of its own.
    if side.unit != "ft" or side.after == side.last:
        return None
    at = side.after + (line.lower(side.after) in ("and", "-", ","))
    inches = numeral_at(line, at)
    if inches is None or not 0 <= inches.value < 12 or inches.form not in ("digits", "words"):  # noqa: PLR2004
        return None
    unit = unit_after(line, inches)
    named = (unit is not None and unit.unit == "in") or line.lower(inches.last) == "in"
    joined = line.lower(side.after) == "-" and line.is_adjacent(at)
    if not named and not joined:
        return None
    after = inches.last + 1 if named else inches.last
    return Candidate(
        side.first, inches.last, side.value + inches.value / 12, measure=Measure.MEASUREMENT, unit="ft", after=after
    )


def foot_marks(line: TokenStream, index: int) -> Candidate | None:
    """5′10″ and 5'10": one length in feet."""
    feet, inches = line.token(index), line.token(index + 2)
    marks = line.lower(index + 1) in ("′", "'", "’") and line.lower(index + 3) in ("″", '"', "”")
    if not marks or inches.kind != NUMBER or not (feet.text.isdecimal() and inches.text.isdecimal()):
        return None
    if len(feet.text) > 2 or len(inches.text) > 2 or int(inches.text) >= INCHES:  # noqa: PLR2004  a building's height is in feet alone
        return None
    value = Decimal(feet.text) + Decimal(inches.text) / INCHES
    return Candidate(index, index + 4, value, measure=Measure.MEASUREMENT, unit="ft")
