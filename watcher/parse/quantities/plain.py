"""A number alone becomes a quantity of its sort: a rank, a share, a multiple, an age, a rate, a count."""

from __future__ import annotations

from watcher.model import Measure
from watcher.parse.quantities.dates import month_at
from watcher.parse.quantities.draft import Draft, Found
from watcher.parse.quantities.identifiers import is_ranked
from watcher.parse.quantities.line import ONE, Line, Numeral
from watcher.parse.quantities.nouns import is_plural, noun_after
from watcher.parse.quantities.numerals import numeral_at
from watcher.parse.quantities.senses import tell_apart
from watcher.parse.quantities.singles import drafted, foot_marks, sided
from watcher.parse.quantities.tokens import DASHES, WORD
from watcher.parse.quantities.wording import past_hyphen

# How far "from one place to another" can stretch.
ANOTHER_REACH = 5


def vague(line: Line, index: int) -> Found | None:
    """Several hundred, a few million, tens of thousands: no number can be given."""
    token = line.at(index)
    if token.kind != WORD or not (
        line.language.number("scales", token.low) or line.language.number("dozens", token.low)
    ):
        return None
    if not line.language.has("words.vague", line.low(index - 1)) and not (
        line.low(index - 1) in DASHES and line.language.has("words.vague", line.low(index - 2))
    ):
        return None
    found = numeral_at(line, index)
    return (), max(found.last if found else 0, index + 1)


def multiple(line: Line, index: int) -> Found | None:
    """Twice, doubled, 2.5-fold, 10x, three times as many."""
    token, language = line.at(index), line.language
    value = language.number("multiples", token.low)
    if value is None and _multiplies(line, index):
        value = language.number("multiples_before", token.low)
    if value is not None:
        return (Draft(index, index + 1, value, measure=Measure.MULTIPLE, unit="times", after=index + 1),), index + 1
    if language.number("multiples_before", token.low) is not None:
        return (), index + 1
    found = numeral_at(line, index)
    if found is None or found.form not in ("digits", "words"):
        return None
    after = past_hyphen(line, found.last)
    word = line.low(after)
    sign = word in ("x", "×") and (line.glued(found.last) or word == "×") and numeral_at(line, after + 1) is None
    if (
        language.has("words.fold", word)
        or (language.has("words.times", word) and (word.endswith("s") or found.value == 1))
        or sign
    ):
        if word == "time":
            return None
        return (
            Draft(found.first, found.last, found.value, measure=Measure.MULTIPLE, unit="times", after=after + 1),
        ), after + 1
    return None


def _multiplies(line: Line, index: int) -> bool:
    """Whether "double" at `index` multiplies: "double the number", "will double", "prices double every year"."""
    language, before, after = line.language, line.low(index - 1), line.low(index + 1)
    if after in ("as", "up", "down", "-"):
        return False
    return (
        language.has("words.comparing", before)
        or language.has("words.multiplying", before)
        or language.has("words.multiplied", after)
        or (language.has("words.multiplied_over", after) and is_plural(line, index - 1))
    )


def rank(line: Line, index: int) -> Found | None:
    """Third largest, 21st, ranked No. 5; a century ("21st century") is none."""
    found = numeral_at(line, index)
    if found is None:
        return None
    if found.form != "ordinal":
        if found.plain and is_ranked(line, index):
            return (Draft(found.first, found.last, found.value, measure=Measure.RANK, after=found.last),), found.last
        return None
    after = past_hyphen(line, found.last)
    second = line.low(index) == "second" and line.low(index - 1) in ("a", "per", "split")
    if second or line.language.has("words.after_ordinals", line.low(after)):
        return (), found.last
    return (Draft(found.first, found.last, found.value, measure=Measure.RANK, after=after, noun=True),), found.last


def share(line: Line, index: int) -> Found | None:
    """Half, a quarter, two-thirds; a first half, a half-brother and a fiscal quarter are no shares."""
    found = numeral_at(line, index)
    if found is None or found.form != "fraction":
        return None
    side = sided(line, found)
    if side.measure is not Measure.COUNT:
        return (drafted(line, side),), side.after
    whole = _and_a_half(line, found)
    if whole:
        return (whole,), whole.after
    if found.last == index + 1 and not _is_part(line, found, index):
        return (), found.last
    draft = Draft(side.first, side.last, side.value, measure=Measure.RATIO, after=side.after, noun=True)
    return (draft,), side.after


def _and_a_half(line: Line, found: Numeral) -> Draft | None:
    """An hour and a half: one and a half hours."""
    at = found.first - 2
    joined = line.language.has("words.and", line.low(found.first - 1)) and line.at(found.first).kind == WORD
    if not joined or not line.language.has("words.article", line.low(at - 1)):
        return None
    time, length = line.language.says("durations", line.low(at)), line.language.says("units", line.low(at))
    if not (time or length):
        return None
    measure = Measure.DURATION if time else Measure.MEASUREMENT
    return Draft(at - 1, found.last, ONE + found.value, measure=measure, unit=time or length, after=found.last)


def _is_part(line: Line, found: Numeral, index: int) -> bool:
    """Whether a lone "half" or "quarter" says how much: not the second half, a half-brother, this quarter."""
    language = line.language
    word, before, after = line.low(index), line.low(found.first - 1), line.low(found.last)
    if line.at(index).kind != WORD:
        return True
    if language.has("words.not_parted", before) or before in language.numbers.get("ordinals", ()):
        return False
    if line.glued(found.last) and after == "-":
        return False
    if language.has("words.half", word):
        return not language.has("words.half_names", after)
    qualified = language.has("words.comparing", before) or line.phrase_before(
        language.before["qualifiers"], found.first
    )
    return language.has("words.of", after) or bool(qualified)


def _only_sized(line: Line, found: Numeral) -> bool:
    """Whether only a size is said: "a six-figure salary"."""
    after = past_hyphen(line, found.last)
    return line.language.has("words.figures", line.low(after)) and found.form == "words" and after > found.last


def single(line: Line, index: int) -> Found | None:
    """Any other number: a sum, a percentage, a measurement, an age, a duration, a rate or a count."""
    found = numeral_at(line, index)
    if found is None:
        return None
    feet = foot_marks(line, index)
    if feet:
        return (feet,), feet.last
    side = sided(line, found)
    if _counts_nothing(line, found, side.measure):
        return (), found.last
    draft = drafted(line, side)
    if draft.measure is Measure.COUNT or draft.unit == "years":
        tell_apart(line, draft, side.found)
    _take_unit_of_error(line, draft, side.found)
    based = _rate(line, draft)
    return based or ((draft,), max(draft.after, found.last))


def _counts_nothing(line: Line, found: Numeral, measure: Measure) -> bool:
    """Whether a number is a mark of feet or minutes, a size, a spelled day ("le neuf mai"), an article or a pronoun."""
    if line.low(found.last) == "′" or _only_sized(line, found) or _is_article(line, found, measure):
        return True
    if found.form != "words":
        return False
    lone = found.value == ONE and measure is Measure.COUNT and _is_pronoun(line, found)
    return lone or month_at(line, found.last) is not None


def _is_article(line: Line, found: Numeral, measure: Measure) -> bool:
    """Whether "ein", "une" is an article, which it is unless it counts money or percents."""
    article = line.language.has("words.determined_numerals", line.low(found.first)) and found.last == found.first + 1
    return article and found.value == ONE and measure not in (Measure.CURRENCY, Measure.PERCENT)


def _take_unit_of_error(line: Line, draft: Draft, found: Numeral) -> None:
    """3.2 ± 0.4 mg/l: the unit behind the margin is the value's as well."""
    margin = numeral_at(line, found.last + 1) if line.low(found.last) == "±" else None
    if margin is None or draft.measure is not Measure.COUNT:
        return
    side = sided(line, margin)
    if side.measure is not Measure.COUNT:
        draft.measure, draft.unit, draft.noun = side.measure, side.unit, False


def _rate(line: Line, draft: Draft) -> Found | None:
    """12.4 per 1,000 live births: the rate, and the base as a number of its own."""
    noun = noun_after(line, draft.after) if draft.noun else None
    at = noun[1] if noun else draft.after
    base = numeral_at(line, at + 1) if line.language.has("words.per", line.low(at)) else None
    if base is None or base.form not in ("digits", "words"):
        return None
    if draft.measure is Measure.COUNT:
        draft.measure, draft.noun = Measure.RATE, False
    draft.unit = f"{draft.unit or (noun[0] if noun else '')} per {base.value:,f}".strip()
    return (draft, Draft(base.first, base.last, base.value, after=base.last, noun=True, base=True)), base.last


def _is_pronoun(line: Line, found: Numeral) -> bool:
    """Whether "one" is a pronoun, an idiom or an example: "one of the", "no one", "one study found"."""
    language = line.language
    before, after = line.low(found.first - 1), line.at(found.last)
    if language.has("words.minus", before):
        return False
    if before in DASHES:
        before = line.low(found.first - 2)
    if language.has("pronoun_one.before", before) or language.has("pronoun_one.after", after.low):
        return True
    if after.kind != WORD:
        return True
    if any(language.has("pronoun_one.another", line.low(at)) for at in range(found.last, found.last + ANOTHER_REACH)):
        return True
    # "One component of the whole" picks a part, it does not count.
    partitive = language.has("words.of", line.low(found.last + 1)) and not is_plural(line, found.last + 2)
    example = partitive or language.has("pronoun_one.nouns", after.low)
    return example and line.phrase_before(language.before["qualifiers"], found.first) is None
