"""Read a number alone: a rank, a share, a multiple, an age, a rate, a count."""

from __future__ import annotations

from functools import partial

from watcher.model import Measure
from watcher.parse.quantities.dates import month_at
from watcher.parse.quantities.identifiers import is_ranked
from watcher.parse.quantities.nouns import is_plural, noun_after
from watcher.parse.quantities.number_with_unit import foot_marks, to_candidate, with_sign_and_unit
from watcher.parse.quantities.number_words import past_hyphen
from watcher.parse.quantities.numerals import numeral_at
from watcher.parse.quantities.token_stream import (
    DASHES,
    NUMBER,
    UNITY,
    WORD,
    Candidate,
    Match,
    Numeral,
    TokenStream,
    match_of,
)

# How far "from one place to another" can stretch.
ANOTHER_REACH = 7
MOVE_REACH = 14


def vague(line: TokenStream, index: int) -> Match | None:
    """Several hundred, a few million, tens of thousands: no number can be given."""
    token = line.token(index)
    if token.kind != WORD or not (
        line.language.number("scales", token.lower) or line.language.number("dozens", token.lower)
    ):
        return None
    if not line.has("words.vague", index - 1) and not (
        line.lower(index - 1) in DASHES and line.has("words.vague", index - 2)
    ):
        return None
    numeral = numeral_at(line, index)
    return (), max(numeral.last if numeral else 0, index + 1)


def multiple(line: TokenStream, index: int) -> Match | None:
    """Twice, doubled, 2.5-fold, 10x, three times as many."""
    token, language = line.token(index), line.language
    value = language.number("multiples", token.lower)
    if value is None and _multiplies(line, index):
        value = language.number("multiples_before", token.lower)
    if value is not None:
        return match_of(Candidate(index, index + 1, value, measure=Measure.MULTIPLE, unit="times"))
    if language.number("multiples_before", token.lower) is not None:
        return (), index + 1
    numeral = numeral_at(line, index)
    if numeral is None or numeral.form not in ("digits", "words"):
        return None
    after = past_hyphen(line, numeral.last)
    word = line.lower(after)
    sign = (
        word in ("x", "×") and (line.is_adjacent(numeral.last) or word == "×") and numeral_at(line, after + 1) is None
    )
    if (
        language.contains("words.fold", word)
        or (language.contains("words.times", word) and (word.endswith("s") or numeral.value == 1))
        or sign
    ):
        read = partial(Candidate, numeral.first, numeral.last, numeral.value)
        return None if word == "time" else match_of(read(measure=Measure.MULTIPLE, unit="times", after=after + 1))
    return None


def _multiplies(line: TokenStream, index: int) -> bool:
    """Return whether "double" at `index` multiplies: "double the number", "will double", "prices double every year"."""
    language, before, after = line.language, line.lower(index - 1), line.lower(index + 1)
    if after in ("as", "up", "down", "-"):
        return False
    return (
        language.contains("words.comparing", before)
        or language.contains("words.multiplying", before)
        or language.contains("words.multiplied", after)
        or (language.contains("words.multiplied_over", after) and is_plural(line, index - 1))
    )


def rank(line: TokenStream, index: int) -> Match | None:
    """Third largest, 21st, ranked No. 5; a century ("21st century") is none."""
    numeral = numeral_at(line, index)
    if numeral is None:
        return None
    ranked = Candidate(numeral.first, numeral.last, numeral.value, measure=Measure.RANK)
    if numeral.form != "ordinal":
        return match_of(ranked) if numeral.plain and is_ranked(line, index) else None
    after = past_hyphen(line, numeral.last)
    second = line.lower(index) == "second" and line.lower(index - 1) in ("a", "per", "split")
    if second or line.has("words.after_ordinals", after):
        return (), numeral.last
    ranked.after, ranked.noun = after, True
    return (ranked,), numeral.last


def share(line: TokenStream, index: int) -> Match | None:
    """Half, a quarter, two-thirds; a first half, a half-brother and a fiscal quarter are no shares."""
    numeral = numeral_at(line, index)
    if numeral is None or numeral.form != "fraction":
        return None
    side = with_sign_and_unit(line, numeral)
    if side.measure is not Measure.COUNT:
        return match_of(to_candidate(line, side))
    whole = _and_a_half(line, numeral)
    if whole:
        return match_of(whole)
    if numeral.last == index + 1 and not _is_part(line, numeral, index):
        return (), numeral.last
    draft = Candidate(side.first, side.last, side.value, measure=Measure.RATIO, after=side.after, noun=True)
    return match_of(draft)


def _and_a_half(line: TokenStream, numeral: Numeral) -> Candidate | None:
    """Return an hour and a half: one and a half hours."""
    at = numeral.first - 2
    joined = line.has("words.and", numeral.first - 1) and line.token(numeral.first).kind == WORD
    if not joined or not line.has("words.article", at - 1):
        return None
    time, length = line.lookup("durations", at), line.lookup("units", at)
    if not (time or length):
        return None
    measure = Measure.DURATION if time else Measure.MEASUREMENT
    return Candidate(at - 1, numeral.last, UNITY + numeral.value, measure=measure, unit=time or length)


def _is_part(line: TokenStream, numeral: Numeral, index: int) -> bool:
    """Return whether a lone "half" or "quarter" says how much: not the second half, a half-brother, this quarter."""
    language = line.language
    word, before, after = line.lower(index), line.lower(numeral.first - 1), line.lower(numeral.last)
    if line.token(index).kind != WORD:
        return True
    if language.contains("words.not_parted", before) or before in language.numbers.get("ordinals", ()):
        return False
    if line.is_adjacent(numeral.last) and after == "-":
        return False
    if language.contains("words.half", word):
        return not language.contains("words.half_names", after)
    qualified = language.contains("words.comparing", before) or line.phrase_before(
        language.before["qualifiers"], numeral.first
    )
    return language.contains("words.of", after) or bool(qualified)


def _only_sized(line: TokenStream, numeral: Numeral) -> bool:
    """Return whether only a size is said: "a six-figure salary"."""
    after = past_hyphen(line, numeral.last)
    return line.has("words.figures", after) and numeral.form == "words" and after > numeral.last


def single(line: TokenStream, index: int) -> Match | None:
    """Any other number: a sum, a percentage, a measurement, an age, a duration, a rate or a count."""
    numeral = numeral_at(line, index)
    if numeral is None:
        return None
    feet = foot_marks(line, index)
    if feet:
        return (feet,), feet.last
    side = with_sign_and_unit(line, numeral)
    if _counts_nothing(line, numeral, side.measure):
        return (), numeral.last
    draft = to_candidate(line, side)
    if draft.measure is Measure.COUNT or draft.unit == "years":
        disambiguate(line, draft, side.numeral)
    _take_unit_of_error(line, draft, side.numeral)
    based = _rate(line, draft)
    return based or ((draft,), max(draft.after, numeral.last))


def _counts_nothing(line: TokenStream, numeral: Numeral, measure: Measure) -> bool:
    """Whether a number is a mark of feet or minutes, a size, a spelled day ("le neuf mai"), an article or a pronoun."""
    if line.lower(numeral.last) == "′" or _only_sized(line, numeral) or _is_article(line, numeral, measure):
        return True
    if line.lower(numeral.first - 1) == "," and line.lower(numeral.last) == "." and month_at(line, numeral.first - 2):
        return True  # "on July, 20." is a day
    if numeral.form != "words":
        return False
    if measure is Measure.COUNT and (
        _refers_back(line, numeral)
        or (numeral.value == UNITY and _is_pronoun(line, numeral))
        or (not numeral.value and _is_adverb(line, numeral))
    ):
        return True
    return month_at(line, numeral.last) is not None


def _is_article(line: TokenStream, numeral: Numeral, measure: Measure) -> bool:
    """Return whether "ein", "une" is an article, which it is unless it counts money or percents."""
    article = line.has("words.determined_numerals", numeral.first) and numeral.last == numeral.first + 1
    return article and numeral.value == UNITY and measure not in (Measure.CURRENCY, Measure.PERCENT)


def _take_unit_of_error(line: TokenStream, draft: Candidate, numeral: Numeral) -> None:
    """3.2 ± 0.4 mg/l: the unit behind the margin is the value's as well."""
    margin = numeral_at(line, numeral.last + 1) if line.lower(numeral.last) == "±" else None
    if margin is None or draft.measure is not Measure.COUNT:
        return
    side = with_sign_and_unit(line, margin)
    if side.measure is not Measure.COUNT:
        draft.measure, draft.unit, draft.noun = side.measure, side.unit, False


def _rate(line: TokenStream, draft: Candidate) -> Match | None:
    """12.4 per 1,000 live births: the rate, and the base as a number of its own."""
    noun = noun_after(line, draft.after) if draft.noun else None
    at = noun[1] if noun else draft.after
    base = numeral_at(line, at + 1) if line.has("words.per", at) else None
    if base is None or base.form not in ("digits", "words"):
        return None
    if draft.measure is Measure.COUNT:
        draft.measure, draft.noun = Measure.RATE, False
    draft.unit = f"{draft.unit or (noun[0] if noun else '')} per {base.value:,f}".strip()
    return (draft, Candidate(base.first, base.last, base.value, noun=True, base=True)), base.last


def _refers_back(line: TokenStream, numeral: Numeral) -> bool:
    """Return whether "the two" stands for what was named before: no noun, no verb and no partitive follows it."""
    return (
        numeral.last == numeral.first + 1
        and line.has("pronoun_one.determiners", numeral.first - 1)
        and not line.has("words.of", numeral.first - 2)
        and not line.has("words.of", numeral.last)
        and line.has("noun.stop", numeral.last)
    )


def _is_adverb(line: TokenStream, numeral: Numeral) -> bool:
    """Return whether "zero" only denies: "zero tolerance", "from zero"; not where a value moved: "fell to zero"."""
    alone = not numeral.first and (line.token(numeral.last).kind != WORD or line.has("noun.stop", numeral.last))
    if not alone and (line.lower(numeral.last) in DASHES or not noun_after(line, numeral.last)):
        near = range(numeral.first - 1, max(numeral.first - MOVE_REACH, -1), -1)
        return not any(line.has("words.moving", at) or line.has("words.scoring", at) for at in near)
    return False


def _is_pronoun(line: TokenStream, numeral: Numeral) -> bool:
    """Return whether "one" is a pronoun, an idiom or an example: "one of the", "no one", "one study found"."""
    language = line.language
    before, after = line.lower(numeral.first - 1), line.token(numeral.last)
    if language.contains("words.minus", before):
        return False
    if before in DASHES:
        before = line.lower(numeral.first - 2)
    cited = line.phrase_before(language.before["citing"], numeral.first) is not None
    if cited or language.contains("pronoun_one.before", before) or language.contains("pronoun_one.after", after.lower):
        return True
    participles = tuple(language.sets.get("pronoun_one.participles", ()))
    acts = after.lower.endswith(participles) and line.has("pronoun_one.objects", numeral.last + 1)
    if after.kind != WORD or acts:
        return True
    if any(line.has("pronoun_one.another", at) for at in range(numeral.last, numeral.last + ANOTHER_REACH)):
        return True
    # "If one accepts this": a single thing has no plural, so that is a verb; "one sports club" goes on with a noun.
    ends = (
        line.token(numeral.last + 1).kind != WORD
        or line.has("noun.stop", numeral.last + 1)
        or line.has("pronoun_one.clauses", numeral.first - 1)
    )
    if ends and is_plural(line, numeral.last) and not line.has("pronoun_one.singular", numeral.last):
        return True
    # "One component of the whole" picks a part, it does not count.
    partitive = line.has("words.of", numeral.last + 1) and not is_plural(line, numeral.last + 2)
    # "One notable form": sentences that begin so give an example.
    begins = before in ("", ".") and line.has("pronoun_one.examples", numeral.last)
    example = partitive or begins or language.contains("pronoun_one.nouns", after.lower)
    return example and line.phrase_before(language.before["qualifiers"], numeral.first) is None


AGE_DIGITS = 2
AGE_LISTING = frozenset({"and", "or", "to", ",", "–", "-"})


def disambiguate(line: TokenStream, draft: Candidate, candidates: Numeral) -> None:
    """Mark a count as an age ("aged 15 to 49", "Smith, 45, said") or a score ("a score of 14")."""
    at = age_before(line, draft.first)
    if at is None and line.lower(draft.first - 1) in AGE_LISTING and line.token(draft.first - 2).kind == NUMBER:
        at = age_before(line, draft.first - 2)
    if at is not None or in_commas(line, candidates) or _bracketed_age(line, draft):
        draft.measure, draft.unit, draft.noun = Measure.AGE, "years", False
        return
    if draft.measure is not Measure.COUNT:
        return
    scoring = (draft.first - 1, draft.first - 2)
    if any(line.has("words.scoring", back) for back in scoring):
        draft.measure, draft.noun = Measure.SCORE, line.has("words.point_units", draft.after)


def _bracketed_age(line: TokenStream, draft: Candidate) -> bool:
    """Return whether a range stands in brackets after people: "young adults (15–49)"."""
    inside = line.lower(draft.first - 1) == "(" and line.lower(draft.last) == ")"
    return inside and draft.low is not None and line.has("age_people.list", draft.first - 2)


def age_before(line: TokenStream, first: int) -> int | None:
    """Return where "aged", "under the age of" begins that ends before the token at `first`."""
    phrase = line.phrase_before(line.language.before["age_before"], first)
    return phrase[1] if phrase else None


def in_commas(line: TokenStream, numeral: Numeral) -> bool:
    """Return whether the number stands between commas after a name: "Smith, 45, said"."""
    if (
        line.lower(numeral.first - 1) != ","
        or line.lower(numeral.last) not in (",", ".")
        or not numeral.plain
        or len(numeral.plain) > AGE_DIGITS
    ):
        return False
    name = line.token(numeral.first - 2)
    return name.kind == WORD and name.text[:1].isupper()
