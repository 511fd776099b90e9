"""Two numbers become one quantity, or two: ranges, "one in three", scores, ratios."""

from __future__ import annotations

from watcher.model import Measure
from watcher.parse.quantities.draft import Draft, Found
from watcher.parse.quantities.line import ONE, Line, Numeral
from watcher.parse.quantities.numerals import numeral_at
from watcher.parse.quantities.senses import tell_apart
from watcher.parse.quantities.singles import Sided, drafted, sided
from watcher.parse.quantities.tokens import DASHES, NUMBER, digits_value
from watcher.parse.quantities.wording import past_hyphen

LOOK_BACK = 7
MOVE_REACH = 14
NICE_TOTALS = frozenset(
    {2, 3, 4, 5, 6, 7, 8, 9, 10, 12, 15, 16, 20, 25, 30, 40, 50, 60, 100, 200, 500, 1000, 10000, 100000, 1000000}
)
RATING_TOTALS = frozenset({4, 5, 6, 10, 20, 100})
YEAR_DIGITS, MOST_YEARS = 4, 60
LARGEST_SCORE = 999


def odds(line: Line, index: int) -> Found | None:
    """One in three, 1 in 5, four out of five; "6.8 out of 10" with a score before it is two numbers."""
    top = numeral_at(line, index)
    if top is None or top.form not in ("digits", "words"):
        return None
    at = past_hyphen(line, top.last)
    word, after = line.low(at), past_hyphen(line, at + 1)
    out = word == "out" and line.language.has("words.of", line.low(after))
    if not out and not line.language.has("words.in", word):
        return None
    after += out
    after += line.low(after) == "every"
    bottom = numeral_at(line, after)
    if bottom is None or bottom.form not in ("digits", "words") or not 0 < top.value < bottom.value:
        return None
    if out and _near(line, index, "words.scoring"):
        drafts = (_plain(top, Measure.SCORE), _plain(bottom, Measure.SCORE))
        return drafts, bottom.last
    # "A one-in-100-year flood": the hyphens make it odds, whatever follows.
    hyphened = at > top.last and after > at + 1
    small = top.value == top.value.to_integral_value() and bottom.value in NICE_TOTALS
    counts = sided(line, bottom).measure is Measure.COUNT and line.low(bottom.last) not in ("%", "-")
    innings = line.low(index - 1) == "for" and line.at(index - 2).kind == NUMBER
    if not small or innings or not (counts or hyphened):
        return None
    share = Draft(top.first, bottom.last, top.value / bottom.value, measure=Measure.RATIO, after=bottom.last, noun=True)
    return (share,), bottom.last


def _plain(found: Numeral, measure: Measure) -> Draft:
    return Draft(found.first, found.last, found.value, measure=measure, after=found.last)


def _near(line: Line, index: int, words: str, back: int = LOOK_BACK, ahead: int = 0) -> bool:
    near = (*range(index - 1, max(index - back, -1), -1), *range(index, index + ahead))
    return any(line.language.has(words, line.low(at)) for at in near)


def rating(line: Line, index: int) -> Found | None:
    """8.5/10 beside "rating" or "score": the rating and the best there is."""
    top, bottom = line.at(index), line.at(index + 2)
    if line.low(index + 1) != "/" or not (line.glued(index + 1) and line.glued(index + 2)):
        return None
    if top.kind != NUMBER or bottom.kind != NUMBER:
        return None
    best, value = digits_value(bottom.text, line.language), digits_value(top.text, line.language)
    if value is None or best not in RATING_TOTALS or value > best or not _near(line, index, "words.scoring"):
        return None
    drafts = (
        Draft(index, index + 1, value, measure=Measure.SCORE, after=index + 1),
        Draft(index + 2, index + 3, best, measure=Measure.SCORE, after=index + 3),
    )
    return drafts, index + 3


def score(line: Line, index: int) -> Found | None:
    """3–2, 6–4, a 5–4 ruling, and the ratio 3:1: two numbers each."""
    one, other, mark = _plain_at(line, index), _plain_at(line, index + 2), line.low(index + 1)
    if one is None or other is None or not (line.glued(index + 2) and line.glued(index + 1)):
        return None
    if mark == ":":
        return (_plain(one, Measure.RATIO), _plain(other, Measure.RATIO)), other.last
    if mark not in DASHES or max(one.value, other.value) > LARGEST_SCORE or line.low(other.last) == "%":
        return None
    if line.low(other.last) == "-" and not _plain_at(line, other.last + 1):
        return None
    side = sided(line, other)
    # "7-5, 6-3, 5-7": what follows a score is one.
    set_before = line.low(index - 1) == "," and line.low(index - 3) in DASHES and _plain_at(line, index - 2) is not None
    won = set_before or _near(line, index, "words.winning", ahead=6)
    if one.value <= other.value and not (won and side.measure is Measure.COUNT and not side.noun_follows):
        return None
    found = [one, other]
    third = _plain_at(line, other.last + 1)
    if third and line.low(other.last) in DASHES and line.glued(other.last + 1):
        found.append(third)
    return tuple(_plain(number, Measure.SCORE) for number in found), found[-1].last


def _plain_at(line: Line, index: int) -> Numeral | None:
    found = numeral_at(line, index)
    return found if found and found.plain else None


def between(line: Line, index: int) -> Found | None:
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
    moving = line.language.has("words.range", mark) and _near(line, index, "words.moving", back=MOVE_REACH)
    low, high = _distributed(left, right, moving=moving)
    if low.value >= high.value or moving:
        return (drafted(line, low), drafted(line, high)), high.after
    draft = drafted(line, high)
    draft.first, draft.value, draft.low, draft.high = low.first, None, low.value, high.value
    if line.language.has("words.times", line.low(draft.after)):
        draft.measure, draft.unit, draft.noun = Measure.MULTIPLE, "times", False
    elif draft.measure is Measure.COUNT:
        tell_apart(line, draft, right.found)
    return (draft,), high.after


def _to_a_range(line: Line, index: int) -> Found | None:
    """24.2 to 33–35 billion: a move to a range, which lends its scale, unit and currency to the number before it."""
    one = numeral_at(line, index)
    if one is None or not line.language.has("words.range", line.low(one.last)):
        return None
    left, at = sided(line, one), one.last + 1
    inner = _two_sides(line, at) if line.at(at).kind == NUMBER and line.low(at + 1) in DASHES else None
    if inner is None or not left.bare:
        return None
    found = between(line, at)
    low, _ = _distributed(left, inner[1], moving=True)
    if found is None or len(found[0]) != 1 or low.measure is not found[0][0].measure:
        return None
    first = drafted(line, low)
    first.unit = found[0][0].unit
    return (first, *found[0]), found[1]


def _two_sides(line: Line, index: int) -> tuple[Sided, Sided, str] | None:
    """The numbers on both sides of a dash, "to", "and" or "or" that can bound a range, and that word."""
    one = numeral_at(line, index)
    if one is None or one.form == "ordinal":
        return None
    left = sided(line, one)
    at = left.after + _hangs(line, left.after)
    mark = line.low(at)
    other = _second(line, at + 1) if _joins(line, at, mark, index) else None
    if other is None or other.form == "ordinal" or (one.form == "fraction") != (other.form == "fraction"):
        return None
    right = sided(line, other)
    if not _same_sort(left, right) or _is_year_shaped(one, other) or (left.unit == "ft" and mark in DASHES):
        return None
    if line.language.has("words.or", mark) and not (left.bare and one.form == other.form):
        return None
    return left, right, mark


def _hangs(line: Line, at: int) -> bool:
    """Whether a hyphen hangs after the first bound: "18- to 24-year-olds"."""
    joins = ("words.range", "words.or", "words.and")
    return (
        line.low(at) in DASHES and line.glued(at) and any(line.language.has(word, line.low(at + 1)) for word in joins)
    )


def _joins(line: Line, at: int, mark: str, index: int) -> bool:
    if mark in DASHES:
        return line.glued(at) == line.glued(at + 1) or mark == "~"
    if line.language.has("words.range", mark) or line.language.has("words.or", mark):
        return True
    if not line.language.has("words.and", mark):
        return False
    return any(line.language.has("words.between", line.low(back)) for back in range(index - 1, max(index - 5, -1), -1))


def _second(line: Line, index: int) -> Numeral | None:
    """The numeral of the second bound, a currency sign, sign or article before it allowed."""
    for at in range(index, index + 4):
        found = numeral_at(line, at)
        if found:
            return found
        token = line.at(at)
        if not (
            token.text in ("US", "a", "an", "about", "nearly", "almost", "-", "−", "A", "C", "HK")
            or line.language.has("words.bounded", token.low)
            or line.language.says("currency.symbols", token.text)
            or line.language.has("currency.codes.list", token.text)
            or line.language.says("currency.short", token.text)
        ):
            return None
    return None


def _distributed(left: Sided, right: Sided, *, moving: bool) -> tuple[Sided, Sided]:
    """Both bounds with the scale and unit that only one of them carries: "$5–7 billion", "0.5 to 1%"."""
    low = left
    scale = right.found.scale
    if left.bare_scale and scale > ONE and abs(left.value) < 1000 and left.value * scale < right.value * 10:  # noqa: PLR2004
        low = low.replaced(value=left.value * scale)
    if left.measure is Measure.COUNT and right.measure is not Measure.COUNT:
        low = low.replaced(measure=right.measure, unit=right.unit)
    high = right
    # "$5 to 7 billion" is money twice, "fell 3.5% to 1,245" is not.
    if right.measure is Measure.COUNT and left.measure is Measure.CURRENCY and not moving:
        high = right.replaced(measure=left.measure, unit=left.unit)
    return low, high


def _same_sort(left: Sided, right: Sided) -> bool:
    if left.measure is Measure.COUNT:
        return True
    if right.measure is Measure.COUNT:
        return left.measure is Measure.CURRENCY
    return left.measure is right.measure and left.unit == right.unit


def _is_year_shaped(one: Numeral, other: Numeral) -> bool:
    years = all(len(found.plain) == YEAR_DIGITS and found.plain[:2] in ("19", "20") for found in (one, other))
    return years and other.value - one.value < MOST_YEARS
