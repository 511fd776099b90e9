"""Read one number (a rank, share, multiple, age, rate, count) or two that belong together (a range, odds, a score)."""

from __future__ import annotations

from dataclasses import replace

from watcher.model import Measure
from watcher.parse.quantities.dates import YEAR_DIGITS, month_at
from watcher.parse.quantities.names import is_ranked
from watcher.parse.quantities.numerals import is_qualified, is_whole, numeral_at
from watcher.parse.quantities.token_stream import (
    DASHES,
    NUMBER,
    REACH,
    UNITY,
    WORD,
    Candidate,
    Match,
    NumberWithUnit,
    Numeral,
    TokenStream,
    digits_value,
    match_of,
)
from watcher.parse.quantities.units import is_plural, noun_after, with_sign_and_unit

# The smaller unit in which the rest of a value is written, and how many of it one has: 6 ft 2 in, 1 h 25 min
_PARTS = {"ft": ("in", 12), "days": ("hours", 24), "hours": ("minutes", 60), "minutes": ("seconds", 60)}
_JOINING = ("±", "×", "x", "by")
NICE_TOTALS = frozenset(
    {2, 3, 4, 5, 6, 7, 8, 9, 10, 12, 15, 16, 20, 25, 30, 40, 50, 60, 100, 200, 500, 1000, 10000, 100000, 1000000}
)


def to_candidate(line: TokenStream, side: NumberWithUnit) -> Candidate:
    """Return the quantity of one number with its unit; "5 ft 2 in", 5-foot-10 and "1 hour 52 minutes" are one each."""
    measure, unit = side.measure, side.unit
    at = side.after + (line.lower(side.after) == "-" or line.has("words.and", side.after))
    smaller, size = _PARTS.get(unit or "", ("", 0))
    # A bound that only took its feet from the other bound has no inches.
    part = numeral_at(line, at) if smaller and side.after > side.last else None
    if part and 0 <= part.value < size:
        inches = unit == "ft" and line.lower(part.last) in ("in", "inch", "inches")  # elsewhere "in" is a preposition
        after = part.last + 1 if inches else with_sign_and_unit(line, part).after
        if inches or with_sign_and_unit(line, part).unit == smaller or (unit == "ft" and line.lower(side.after) == "-"):
            return Candidate(
                side.first, part.last, side.value + part.value / size, measure=measure, unit=unit, after=after
            )
    counts = measure is Measure.COUNT
    return Candidate(side.first, side.last, side.value, measure=measure, unit=unit, after=side.after, noun=counts)


def vague(line: TokenStream, index: int) -> Match | None:
    """Match several hundred, a few million, tens of thousands, which state no exact number."""
    scale = line.number("scales", index) or line.number("dozens", index)
    if not scale or not line.has("words.vague", index - 1):
        return None
    numeral = numeral_at(line, index)
    return (), max(numeral.last if numeral else 0, index + 1)


def multiple(line: TokenStream, index: int) -> Match | None:
    """Match twice, doubled, 2.5-fold, 10x, three times as many."""
    value = line.number("multiples", index)
    if value is not None:
        return match_of(Candidate(index, index + 1, value, measure=Measure.MULTIPLE, unit="times"))
    numeral = numeral_at(line, index)
    if numeral is None or numeral.form not in ("digits", "words"):
        return None
    after = line.past_hyphen(numeral.last)
    word = line.lower(after)
    times = line.has("words.times", after) and word != "time"
    sign = word in ("x", "×") and line.is_adjacent(numeral.last) and numeral_at(line, after + 1) is None
    if not (times or sign or line.has("words.fold", after)):
        return None
    span = numeral.first, numeral.last
    return match_of(Candidate(*span, numeral.value, measure=Measure.MULTIPLE, unit="times", after=after + 1))


def rank(line: TokenStream, index: int) -> Match | None:
    """Match third largest, 21st, ranked No. 5, die 12. Dynastie, but not a century ("21st century")."""
    numeral = numeral_at(line, index)
    if numeral is None:
        return None
    ranked = Candidate(numeral.first, numeral.last, numeral.value, measure=Measure.RANK)
    # In most languages without ordinal endings, a full stop makes digits an ordinal.
    text, word = line.token(index).text, line.token(index + 2)
    if text.isdecimal() and len(text) < len("1904") and line.lower(index + 1) == "." and line.is_adjacent(index + 1):
        is_word = word.kind == WORD and not line.is_adjacent(index + 2)
        if is_word and not line.language.sets["words.ordinal_suffixes"]:
            return (() if line.has("words.after_ordinals", index + 2) else (ranked,)), index + 2
    if numeral.form != "ordinal":
        return match_of(ranked) if numeral.plain and is_ranked(line, index) else None
    after = line.past_hyphen(numeral.last)
    second = line.lower(index) == "second" and line.lower(index - 1) in ("a", "per", "split")
    if second or line.has("words.after_ordinals", after):
        return (), numeral.last
    ranked.after, ranked.noun = after, True
    return (ranked,), numeral.last


def share(line: TokenStream, index: int) -> Match | None:
    """Match half, a quarter, two-thirds, but not a first half, a half-brother or a fiscal quarter."""
    numeral = numeral_at(line, index)
    if numeral is None or numeral.form != "fraction":
        return None
    side = with_sign_and_unit(line, numeral)
    if side.measure is not Measure.COUNT:
        return match_of(to_candidate(line, side))
    if numeral.last == index + 1 and line.token(index).kind == WORD and not _is_part(line, numeral, index):
        return (), numeral.last
    return match_of(Candidate(side.first, side.last, side.value, measure=Measure.RATIO, after=side.after, noun=True))


def _is_part(line: TokenStream, numeral: Numeral, index: int) -> bool:
    """Return whether a lone "half" or "quarter" is a share: not the second half, a half-brother, this quarter."""
    before = numeral.first - 1
    if line.has("words.not_parted", before) or line.lower(before) in line.language.numbers.get("ordinals", ()):
        return False
    if line.is_adjacent(numeral.last) and line.lower(numeral.last) == "-":
        return False
    if line.has("words.half", index):
        return not line.has("words.half_names", numeral.last)
    return line.has("words.of", numeral.last) or is_qualified(line, numeral.first)


def single(line: TokenStream, index: int) -> Match | None:
    """Match any other number: a sum, a percentage, a measurement, an age, a duration, a rate or a count."""
    numeral = numeral_at(line, index)
    if numeral is None:
        return None
    side = with_sign_and_unit(line, numeral)
    if _counts_nothing(line, numeral, side.measure):
        return (), numeral.last
    draft = to_candidate(line, side)
    if draft.measure is Measure.COUNT or draft.unit == "years":
        disambiguate(line, draft, side.numeral)
    shared = _last_of_joined(line, numeral) if draft.measure is Measure.COUNT else None
    if shared and shared.unit:
        draft.measure, draft.unit, draft.noun = shared.measure, shared.unit, False
    return _rate(line, draft) or ((draft,), max(draft.after, numeral.last))


def _last_of_joined(line: TokenStream, numeral: Numeral) -> NumberWithUnit | None:
    """Return the last of several numbers with one unit ("3.2 ± 0.4 mg/l", "5,300 × 600 × 600 mm"), or None."""
    last = None
    while line.lower(numeral.last) in _JOINING and (following := numeral_at(line, numeral.last + 1)):
        numeral = last = following
    return with_sign_and_unit(line, last) if last else None


def _counts_nothing(line: TokenStream, numeral: Numeral, measure: Measure) -> bool:
    """Return whether a number is an article, a pronoun, an adverb or a spelled day ("le neuf mai")."""
    # "Ein" or "une" is an article unless it counts money or percents.
    article = line.has("words.determined_numerals", numeral.first) and numeral.last == numeral.first + 1
    if article and measure not in (Measure.CURRENCY, Measure.PERCENT):
        return True
    if numeral.form != "words":
        return False
    after, is_word = numeral.last, line.token(numeral.last).kind == WORD
    # "The two" refers to something named before if no noun, verb or partitive follows it.
    refers_back = (
        numeral.last == numeral.first + 1
        and line.has("pronoun_one.determiners", numeral.first - 1)
        and not line.has("words.of", numeral.first - 2)
        and not line.has("words.of", numeral.last)
        and line.has("noun.stop", numeral.last)
    )
    if measure is Measure.COUNT and (
        refers_back
        or (numeral.value == UNITY and _is_pronoun(line, numeral))
        # "Zero tolerance" and "a zero-sum game" count nothing, but a value "fell to zero".
        or (not numeral.value and (line.lower(after) in DASHES or (is_word and noun_after(line, after) is None)))
    ):
        return True
    # "Seven Years War", "One Minute Silence"
    if measure is Measure.DURATION and all(line.token(at).text.istitle() for at in (numeral.first, after)):
        return "capital" not in line.language.sets["noun.endings"]
    # "One day the mill burned down": some day.
    is_first = numeral.value == UNITY and line.token(numeral.first).text.istitle()
    if is_first and line.has("pronoun_one.days", after) and not line.has("pronoun_one.timed", after + 1):
        return True
    return month_at(line, numeral.last) is not None


def _rate(line: TokenStream, draft: Candidate) -> Match | None:
    """Match 12.4 per 1,000 live births: the rate, and its base as a separate number."""
    noun = noun_after(line, draft.after) if draft.noun else None
    at = noun[1] if noun else draft.after
    base = numeral_at(line, at + 1) if line.has("words.per", at) else None
    if base is None or base.form not in ("digits", "words"):
        return None
    if draft.measure is Measure.COUNT:
        draft.measure, draft.noun = Measure.RATE, False
    draft.unit = f"{draft.unit or (noun[0] if noun else '')} per {base.value:,f}".strip()
    return (draft, Candidate(base.first, base.last, base.value, noun=True, base=True)), base.last


def _is_pronoun(line: TokenStream, numeral: Numeral) -> bool:
    """Return whether "one" is a pronoun, an idiom or an example: "one of the", "no one", "one study found"."""
    before, after = numeral.first - 1, numeral.last
    before -= line.lower(before) in DASHES
    # In "when one looks", the word with an s is a verb, as no plural follows "one".
    verb = line.language.sets["pronoun_one.after"] and is_plural(line, after) and not line.has("noun.irregular", after)
    if verb or line.has("pronoun_one.before", before) or line.has("pronoun_one.after", after):
        return True
    if line.token(after).kind != WORD or line.phrase_before(line.language.before["citing"], numeral.first) is not None:
        return True
    if any(line.has("pronoun_one.another", at) for at in range(after, after + REACH)):
        return True
    # "One component of the whole" names a part and does not count.
    partitive = line.has("words.of", after + 1) and not is_plural(line, after + 2)
    example = partitive or line.has("pronoun_one.nouns", after)
    return example and line.phrase_before(line.language.before["qualifiers"], numeral.first) is None


def disambiguate(line: TokenStream, draft: Candidate, numeral: Numeral) -> None:
    """Mark a count as an age ("aged 15 to 49", "Smith, 45, said") or a score ("a score of 14")."""
    aged = line.language.before["age_before"]
    listing = line.lower(draft.first - 1) in ("and", "or", "to", ",", "–", "-")
    listed = listing and line.token(draft.first - 2).kind == NUMBER
    first = draft.first if not listed or line.phrase_before(aged, draft.first) else draft.first - 2
    # Between commas after a name: "Smith, 45, said".
    named = line.token(numeral.first - 2).kind == WORD and line.token(numeral.first - 2).text[:1].isupper()
    parted = line.lower(numeral.first - 1) == "," and line.lower(numeral.last) in (",", ".")
    if line.phrase_before(aged, first) or (named and parted and numeral.plain):
        draft.measure, draft.unit, draft.noun = Measure.AGE, "years", False
    elif draft.measure is Measure.COUNT and any(line.has("words.scoring", draft.first - back) for back in (1, 2)):
        draft.measure, draft.noun = Measure.SCORE, line.has("words.point_units", draft.after)


# Two numbers


def odds(line: TokenStream, index: int) -> Match | None:
    """Match one in three, four out of five, four stars out of five; "a score of 6.8 out of 10" is two numbers."""
    top = numeral_at(line, index)
    if top is None or top.form not in ("digits", "words"):
        return None
    at = line.past_hyphen(top.last)
    at += line.token(at).kind == WORD and line.lower(at + 1) == "out"
    after = line.past_hyphen(at + 1)
    out = line.lower(at) == "out" and line.has("words.of", after)
    if not out and not line.has("words.in", at):
        return None
    after += out
    after += line.lower(after) == "every"
    bottom = numeral_at(line, after)
    if bottom is None or bottom.form not in ("digits", "words") or not 0 < top.value < bottom.value:
        return None
    if out and _near(line, index, "words.scoring"):
        return (_plain(top, Measure.SCORE), _plain(bottom, Measure.SCORE)), bottom.last
    small = is_whole(top.value) and bottom.value in NICE_TOTALS
    if not small or with_sign_and_unit(line, bottom).measure is not Measure.COUNT:
        return None
    return match_of(Candidate(top.first, bottom.last, top.value / bottom.value, measure=Measure.RATIO, noun=True))


def _plain(numeral: Numeral, measure: Measure) -> Candidate:
    return Candidate(numeral.first, numeral.last, numeral.value, measure=measure)


def _near(line: TokenStream, index: int, words: str, back: int = 7, ahead: int = 0) -> bool:
    return any(line.has(words, at) for at in range(max(index - back, -1) + 1, index + ahead))


def rating(line: TokenStream, index: int) -> Match | None:
    """Match 8.5/10 near "rating" or "score": the rating and the best possible one."""
    top, bottom = line.token(index), line.token(index + 2)
    if line.lower(index + 1) != "/" or not (line.is_adjacent(index + 1) and line.is_adjacent(index + 2)):
        return None
    if top.kind != NUMBER or bottom.kind != NUMBER:
        return None
    best, value = digits_value(bottom.text, line.language), digits_value(top.text, line.language)
    if value is None or best is None or value > best or not _near(line, index, "words.scoring"):
        return None
    drafts = (
        Candidate(at, at + 1, number, measure=Measure.SCORE) for at, number in ((index, value), (index + 2, best))
    )
    return tuple(drafts), index + 3


def score(line: TokenStream, index: int) -> Match | None:
    """Match 3–2, 6–4, a 5–4 ruling, and the ratio 3:1, as two numbers each."""
    numeral, other, mark = _plain_at(line, index), _plain_at(line, index + 2), line.lower(index + 1)
    if numeral is None or other is None or not (line.is_adjacent(index + 2) and line.is_adjacent(index + 1)):
        return None
    if mark == ":":
        return (_plain(numeral, Measure.RATIO), _plain(other, Measure.RATIO)), other.last
    if mark not in DASHES or max(len(numeral.plain), len(other.plain)) > len("999"):
        return None  # with thousands, it is a range
    side = with_sign_and_unit(line, other)
    # "7-5, 6-3, 5-7": a pair that follows a score is also one.
    set_before = line.lower(index - 1) == "," and line.lower(index - 3) in DASHES
    won = set_before or _near(line, index, "words.winning", ahead=6)
    # "Grindal 1–2 Havnes": only in German, units have capitals.
    is_match = line.language.code != "de" and all(line.token(at).text[:1].isupper() for at in (index - 1, other.last))
    is_rising = numeral.value <= other.value and (not won or side.noun_follows)
    if not is_match and (side.measure is not Measure.COUNT or is_rising):
        return None
    third = _plain_at(line, other.last + 1) if line.lower(other.last) in DASHES else None
    result = (numeral, other, third) if third else (numeral, other)
    return tuple(_plain(number, Measure.SCORE) for number in result), result[-1].last


def _plain_at(line: TokenStream, index: int) -> Numeral | None:
    numeral = numeral_at(line, index)
    return numeral if numeral and numeral.plain else None


def between(line: TokenStream, index: int) -> Match | None:
    """Match 1,100–1,200, 5,000 to 10,000, between $5 and $7 billion, as one quantity with bounds.

    "Rose from 5 to 10" and "8 to 5" are two quantities, as they state a change, not a range.
    """
    sides = _two_sides(line, index)
    if sides is None:
        return None
    left, right, mark = sides
    moving = mark in line.language.sets["words.range"] and _near(line, index, "words.moving", back=REACH)
    # A scale or unit that only one bound has applies to both: "$5–7 billion", "0.5 to 1%".
    low, high, scale = left, right, right.numeral.scale
    if left.numeral.scale == UNITY and scale > UNITY and abs(left.value) < 1000:  # noqa: PLR2004  not "900,000 to 1.2 million"
        low = replace(low, value=left.value * scale)
    if left.measure is Measure.COUNT and right.measure is not Measure.COUNT:
        low = replace(low, measure=right.measure, unit=right.unit)
    if right.measure is Measure.COUNT and left.measure is Measure.CURRENCY:
        high = replace(right, measure=left.measure, unit=left.unit)
    measured = high.measure is not Measure.COUNT or not (is_whole(low.value) and is_whole(high.value))
    bare = left.measure is Measure.COUNT and left.first == left.numeral.first
    if mark in DASHES and bare and low.value > high.value and measured:
        low, high = replace(high, first=low.first), replace(high, value=low.value)  # "100–50%", "3.0–1.5" count down
    if low.value >= high.value or moving:
        return (to_candidate(line, low), to_candidate(line, high)), high.after
    draft = to_candidate(line, high)
    draft.first, draft.value, draft.low, draft.high = low.first, None, low.value, high.value
    if draft.measure is Measure.COUNT:
        disambiguate(line, draft, right.numeral)
    return (draft,), high.after


def _two_sides(line: TokenStream, index: int) -> tuple[NumberWithUnit, NumberWithUnit, str] | None:
    """Return the numbers around a dash, "to", "and" or "or" that can bound a range, and that word; else None."""
    numeral = numeral_at(line, index)
    if numeral is None or numeral.form == "ordinal":
        return None
    left = with_sign_and_unit(line, numeral)
    at, mark = left.after, line.lower(left.after)
    joined = line.has("words.range", at) or line.has("words.or", at)
    if line.has("words.and", at):
        joined = any(line.has("words.between", back) for back in range(index - 1, max(index - 5, -1), -1))
    if not joined and not (mark in DASHES and line.is_adjacent(at) == line.is_adjacent(at + 1)):
        return None
    # A currency sign or minus may precede the second bound.
    second = at + 1
    while second < at + REACH and not numeral_at(line, second):
        text = line.token(second).text
        named = text in line.language.sets["currency.codes"] or line.language.tables["currency.symbols"].get(text)
        if not (named or text in ("-", "−", "US", "A", "C", "HK") or line.has("words.bounded", second)):
            break
        second += 1
    other = numeral_at(line, second)
    if other is None or other.form == "ordinal" or (numeral.form == "fraction") != (other.form == "fraction"):
        return None
    right = with_sign_and_unit(line, other)
    years = all(len(number.plain) == YEAR_DIGITS and number.plain[:2] in ("19", "20") for number in (numeral, other))
    if right.measure is Measure.COUNT:
        is_same = left.measure in (Measure.COUNT, Measure.CURRENCY)
    else:
        is_same = left.measure is Measure.COUNT or (left.measure, left.unit) == (right.measure, right.unit)
    return (left, right, mark) if is_same and not years else None
