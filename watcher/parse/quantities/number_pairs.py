"""Read two numbers that belong together: ranges, "one in three", scores, ratios."""

from __future__ import annotations

from dataclasses import replace

from watcher.model import Measure
from watcher.parse.quantities.number_with_unit import to_candidate, with_sign_and_unit
from watcher.parse.quantities.number_words import past_hyphen
from watcher.parse.quantities.numerals import numeral_at
from watcher.parse.quantities.single_numbers import disambiguate
from watcher.parse.quantities.token_stream import (
    DASHES,
    NUMBER,
    UNITY,
    Candidate,
    Match,
    NumberWithUnit,
    Numeral,
    TokenStream,
    digits_value,
    match_of,
)

LOOK_BACK = 7
MOVE_REACH = 14
NICE_TOTALS = frozenset(
    {2, 3, 4, 5, 6, 7, 8, 9, 10, 12, 15, 16, 20, 25, 30, 40, 50, 60, 100, 200, 500, 1000, 10000, 100000, 1000000}
)
RATING_TOTALS = frozenset({4, 5, 6, 10, 20, 100})
YEAR_DIGITS, MOST_YEARS = 4, 60
LARGEST_SCORE = 999


def odds(line: TokenStream, index: int) -> Match | None:
    """One in three, 1 in 5, four out of five; "6.8 out of 10" with a score before it is two numbers."""
    top = numeral_at(line, index)
    if top is None or top.form not in ("digits", "words"):
        return None
    at = past_hyphen(line, top.last)
    word, after = line.lower(at), past_hyphen(line, at + 1)
    out = word == "out" and line.has("words.of", after)
    if not out and not line.language.contains("words.in", word):
        return None
    after += out
    after += line.lower(after) == "every"
    bottom = numeral_at(line, after)
    if bottom is None or bottom.form not in ("digits", "words") or not 0 < top.value < bottom.value:
        return None
    if out and _near(line, index, "words.scoring"):
        drafts = (_plain(top, Measure.SCORE), _plain(bottom, Measure.SCORE))
        return drafts, bottom.last
    # "A one-in-100-year flood": the hyphens make it odds, whatever follows.
    hyphened = at > top.last and after > at + 1
    small = top.value == top.value.to_integral_value() and bottom.value in NICE_TOTALS
    counts = with_sign_and_unit(line, bottom).measure is Measure.COUNT and line.lower(bottom.last) not in ("%", "-")
    innings = line.lower(index - 1) == "for" and line.token(index - 2).kind == NUMBER
    if not small or innings or not (counts or hyphened):
        return None
    return match_of(Candidate(top.first, bottom.last, top.value / bottom.value, measure=Measure.RATIO, noun=True))


def _plain(numeral: Numeral, measure: Measure) -> Candidate:
    return Candidate(numeral.first, numeral.last, numeral.value, measure=measure)


def _near(line: TokenStream, index: int, words: str, back: int = LOOK_BACK, ahead: int = 0) -> bool:
    near = (*range(index - 1, max(index - back, -1), -1), *range(index, index + ahead))
    return any(line.language.contains(words, line.lower(at)) for at in near)


def rating(line: TokenStream, index: int) -> Match | None:
    """8.5/10 beside "rating" or "score": the rating and the best there is."""
    top, bottom = line.token(index), line.token(index + 2)
    if line.lower(index + 1) != "/" or not (line.is_adjacent(index + 1) and line.is_adjacent(index + 2)):
        return None
    if top.kind != NUMBER or bottom.kind != NUMBER:
        return None
    best, value = digits_value(bottom.text, line.language), digits_value(top.text, line.language)
    if value is None or best not in RATING_TOTALS or value > best or not _near(line, index, "words.scoring"):
        return None
    drafts = (
        Candidate(index, index + 1, value, measure=Measure.SCORE),
        Candidate(index + 2, index + 3, best, measure=Measure.SCORE),
    )
    return drafts, index + 3


def score(line: TokenStream, index: int) -> Match | None:
    """3–2, 6–4, a 5–4 ruling, and the ratio 3:1: two numbers each."""
    numeral, other, mark = _plain_at(line, index), _plain_at(line, index + 2), line.lower(index + 1)
    if numeral is None or other is None or not (line.is_adjacent(index + 2) and line.is_adjacent(index + 1)):
        return None
    if mark == ":":
        return (_plain(numeral, Measure.RATIO), _plain(other, Measure.RATIO)), other.last
    if mark not in DASHES or max(numeral.value, other.value) > LARGEST_SCORE or line.lower(other.last) == "%":
        return None
    side = with_sign_and_unit(line, other)
    joined = line.lower(other.last) == "-" and not _plain_at(line, other.last + 1)
    if joined or side.measure is not Measure.COUNT:
        return None
    # "7-5, 6-3, 5-7": what follows a score is one.
    set_before = (
        line.lower(index - 1) == "," and line.lower(index - 3) in DASHES and _plain_at(line, index - 2) is not None
    )
    won = set_before or _near(line, index, "words.winning", ahead=6)
    if numeral.value <= other.value and not (won and not side.noun_follows):
        return None
    result = [numeral, other]
    third = _plain_at(line, other.last + 1)
    if third and line.lower(other.last) in DASHES and line.is_adjacent(other.last + 1):
        result.append(third)
    return tuple(_plain(number, Measure.SCORE) for number in result), result[-1].last


def _plain_at(line: TokenStream, index: int) -> Numeral | None:
    numeral = numeral_at(line, index)
    return numeral if numeral and numeral.plain else None


def between(line: TokenStream, index: int) -> Match | None:
    """1,100–1,200, 5,000 to 10,000, between $5 and $7 billion: one quantity with bounds.

    "Rose from 5 to 10" and "8 to 5" are two quantities: they say a change, not a range.
    """
    nested = _to_a_range(line, index)
    if nested:
        return nested
    sides = _two_sides(line, index)
    if sides is None:
        return None
    left, right, mark = sides
    moving = line.language.contains("words.range", mark) and _near(line, index, "words.moving", back=MOVE_REACH)
    low, high = _distributed(left, right, moving=moving)
    measured = high.measure is not Measure.COUNT or low.value % 1 or high.value % 1
    if mark in DASHES and left.bare and low.value > high.value and measured:
        low, high = replace(high, first=low.first), replace(high, value=low.value)  # "100–50%", "3.0–1.5" count down
    if low.value >= high.value or moving:
        return (to_candidate(line, low), to_candidate(line, high)), high.after
    draft = to_candidate(line, high)
    draft.first, draft.value, draft.low, draft.high = low.first, None, low.value, high.value
    if line.has("words.times", draft.after):
        draft.measure, draft.unit, draft.noun = Measure.MULTIPLE, "times", False
    elif draft.measure is Measure.COUNT:
        disambiguate(line, draft, right.numeral)
    return (draft,), high.after


def _to_a_range(line: TokenStream, index: int) -> Match | None:
    """24.2 to 33–35 billion: a move to a range, which lends its scale, unit and currency to the number before it."""
    numeral = numeral_at(line, index)
    if numeral is None or not line.has("words.range", numeral.last):
        return None
    left, at = with_sign_and_unit(line, numeral), numeral.last + 1
    inner = _two_sides(line, at) if line.token(at).kind == NUMBER and line.lower(at + 1) in DASHES else None
    if inner is None or not left.bare:
        return None
    result = between(line, at)
    low, _ = _distributed(left, inner[1], moving=True)
    if result is None or len(result[0]) != 1 or low.measure is not result[0][0].measure:
        return None
    first = to_candidate(line, low)
    first.unit = result[0][0].unit
    return (first, *result[0]), result[1]


def _two_sides(line: TokenStream, index: int) -> tuple[NumberWithUnit, NumberWithUnit, str] | None:
    """Return the numbers on both sides of a dash, "to", "and" or "or" that can bound a range, and that word."""
    numeral = numeral_at(line, index)
    if numeral is None or numeral.form == "ordinal":
        return None
    left = with_sign_and_unit(line, numeral)
    at = left.after + _hangs(line, left.after)
    mark = line.lower(at)
    other = _second(line, at + 1) if _joins(line, at, mark, index) else None
    if other is None or other.form == "ordinal" or (numeral.form == "fraction") != (other.form == "fraction"):
        return None
    right = with_sign_and_unit(line, other)
    if not _same_kind(left, right) or _is_year_shaped(numeral, other) or (left.unit == "ft" and mark in DASHES):
        return None
    if line.language.contains("words.or", mark) and not (left.bare and numeral.form == other.form):
        return None
    return left, right, mark


def _hangs(line: TokenStream, at: int) -> bool:
    """Return whether a hyphen hangs after the first bound: "18- to 24-year-olds"."""
    joins = ("words.range", "words.or", "words.and")
    return (
        line.lower(at) in DASHES
        and line.is_adjacent(at)
        and any(line.language.contains(word, line.lower(at + 1)) for word in joins)
    )


def _joins(line: TokenStream, at: int, mark: str, index: int) -> bool:
    if mark in DASHES:
        return line.is_adjacent(at) == line.is_adjacent(at + 1) or mark == "~"
    if line.language.contains("words.range", mark) or line.language.contains("words.or", mark):
        return True
    if not line.language.contains("words.and", mark):
        return False
    return any(line.has("words.between", back) for back in range(index - 1, max(index - 5, -1), -1))


def _second(line: TokenStream, index: int) -> Numeral | None:
    """Return the numeral of the second bound, a currency sign, sign or article before it allowed."""
    for at in range(index, index + 4):
        numeral = numeral_at(line, at)
        if numeral:
            return numeral
        token = line.token(at)
        if not (
            token.text in ("US", "a", "an", "about", "nearly", "almost", "-", "−", "A", "C", "HK")
            or line.language.contains("words.bounded", token.lower)
            or line.language.lookup("currency.symbols", token.text)
            or line.language.contains("currency.codes.list", token.text)
            or line.language.lookup("currency.short", token.text)
        ):
            return None
    return None


def _distributed(left: NumberWithUnit, right: NumberWithUnit, *, moving: bool) -> tuple[NumberWithUnit, NumberWithUnit]:
    """Return both bounds with the scale and unit that only one of them carries: "$5–7 billion", "0.5 to 1%"."""
    low = left
    scale = right.numeral.scale
    if left.bare_scale and scale > UNITY and abs(left.value) < 1000 and left.value * scale < right.value * 10:  # noqa: PLR2004
        low = replace(low, value=left.value * scale)
    if left.measure is Measure.COUNT and right.measure is not Measure.COUNT:
        low = replace(low, measure=right.measure, unit=right.unit)
    high = right
    # "$5 to 7 billion" is money twice, "fell 3.5% to 1,245" is not.
    if right.measure is Measure.COUNT and left.measure is Measure.CURRENCY and not moving:
        high = replace(right, measure=left.measure, unit=left.unit)
    return low, high


def _same_kind(left: NumberWithUnit, right: NumberWithUnit) -> bool:
    if left.measure is Measure.COUNT:
        return True
    if right.measure is Measure.COUNT:
        return left.measure is Measure.CURRENCY
    return left.measure is right.measure and left.unit == right.unit


def _is_year_shaped(numeral: Numeral, other: Numeral) -> bool:
    years = all(len(numeral.plain) == YEAR_DIGITS and numeral.plain[:2] in ("19", "20") for numeral in (numeral, other))
    return years and other.value - numeral.value < MOST_YEARS
