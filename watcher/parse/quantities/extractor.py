"""Extract the quantities of a text by a table of rules, and add the qualifier, noun, period and year of each."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Context, Decimal, localcontext
from functools import lru_cache

from watcher.model import Measure, Quantity
from watcher.parse.quantities.dates import YEAR_DIGITS, clock, date, year
from watcher.parse.quantities.names import designation, identifier
from watcher.parse.quantities.token_stream import (
    NUMBER,
    PART,
    REACH,
    UNSPACED,
    WORD,
    Candidate,
    Match,
    TokenStream,
    language_of,
)
from watcher.parse.quantities.units import noun_after
from watcher.parse.quantities.values import between, multiple, odds, rank, rating, score, share, single, vague

ENDS = frozenset({";", ":", "!", "?"})
CONTEXT = (Measure.YEAR, Measure.DATE, Measure.RANK)


def as_of_years(line: TokenStream, drafts: list[Candidate]) -> list[str | None]:
    """Return the year that dates each draft: one right after it, else one that opens its sentence or clause, or None.

    Years and dates keep their own ISO form.
    """
    result: list[str | None] = [draft.iso for draft in drafts]
    leading: Candidate | None = None
    taken: set[int] = set()
    for location, draft in enumerate(drafts):
        if draft.measure in (Measure.YEAR, Measure.DATE):
            leading = draft if location not in taken and _is_dating(line, draft) else leading
        elif draft.measure is not Measure.RANK:
            following = _following(line, drafts, location)
            reached = leading is not None and _reaches(line, leading, draft)
            if following is not None and not (reached and _dates_next(line, drafts, location, following)):
                # A single year after a number dates only that one; a span of years also dates the numbers after it.
                taken |= {following} if following == location + 1 else set()
                result[location] = (drafts[following].iso or "")[:YEAR_DIGITS]
            elif leading is not None and reached:
                result[location] = (leading.iso or "")[:YEAR_DIGITS]
    return result


def _dates_next(line: TokenStream, drafts: list[Candidate], location: int, year: int) -> bool:
    """Return whether a year after "and" dates the number behind it: "in 2018 with 54% and in 2023 with 41%"."""
    joined = any(line.has("words.and", at) for at in range(drafts[location].last, drafts[year].first))
    behind = drafts[year + 1] if year + 1 < len(drafts) else None
    return (
        joined
        and behind is not None
        and behind.measure not in CONTEXT
        and not _is_apart(line, drafts[year].last, behind.first, REACH)
        and _following(line, drafts, year + 1) is None
    )


def _following(line: TokenStream, drafts: list[Candidate], location: int) -> int | None:
    """Return the index of the year that follows a draft in its clause ("246 million in 2000"), or None."""
    begin = drafts[location].last
    for at, dated in enumerate(drafts[location + 1 : location + 1 + REACH], location + 1):
        if dated.measure not in (Measure.YEAR, Measure.DATE) or _is_apart(line, begin, dated.first, REACH):
            return None
        between = {line.lower(inner) for inner in range(begin, dated.first)}
        if between & ENDS or ("," in between and line.lower(dated.first - 2) not in ("as", ",")):
            return None
        if _is_dating(line, dated):
            # The end of a span, "between 2016 and 2018", dates the number.
            end = drafts[at + 1] if at + 1 < len(drafts) else None
            spans = end is not None and end.measure is Measure.YEAR and end.first - dated.last <= 1
            return at + 1 if spans else at
    return None


def _is_apart(line: TokenStream, begin: int, end: int, reach: int) -> bool:
    """Return whether a sentence ends between two tokens, or more than `reach` tokens lie between them."""
    return end - begin > reach or any(_ends_sentence(line, at) for at in range(begin, end))


def _is_dating(line: TokenStream, year: Candidate) -> bool:
    """Return whether a year dates a statement: "in 2012", "as of June 2017", "(2004)", but not "the 2012 study"."""
    dated = year.measure is Measure.DATE or line.has("years.dating", year.first - 1)
    return dated and (year.iso or "-")[:1].isdigit()


def _reaches(line: TokenStream, year: Candidate, draft: Candidate) -> bool:
    """Return whether a year before the draft dates it: it opens the sentence, or no comma lies between them."""
    # A year that opens a sentence dates its numbers: 60 tokens instead of 12 give 122 of 700 articles their years.
    if _is_apart(line, year.last, draft.first, 60):
        return False
    # "By the end of 2012" has four tokens before the year; 48 of 700 articles have such openings.
    opening = any(at < 0 or _ends_sentence(line, at) for at in range(year.first - 5, year.first))
    between = range(year.last, draft.first)
    return opening or line.lower(year.first - 2) == "as" or not any(line.lower(at) == "," for at in between)


def _ends_sentence(line: TokenStream, at: int) -> bool:
    """Return whether the token is a full stop before a capital, but not the one of "U.S. Department"."""
    if line.lower(at) != "." or line.is_adjacent(at + 1) or not line.token(at + 1).text[:1].isupper():
        return False
    before = line.token(at - 1)
    return not (before.kind == WORD and len(before.text) == 1)


def quantities_of(line: TokenStream, drafts: list[Candidate]) -> tuple[Quantity, ...]:
    """Return the quantities of the drafts with their context, in the order of the text."""
    # Where the unit after each measurement ends in the text
    units = [
        line.token(draft.after - 1).end
        if draft.measure in (Measure.MEASUREMENT, Measure.DURATION) and draft.after > draft.last
        else None
        for draft in drafts
    ]
    for location, draft in enumerate(drafts):
        if draft.measure not in CONTEXT:
            draft.qualifier = _qualifier_before(line, draft)
            # A bound may follow the number before its noun ("40 or more boats", "40+") or after it (40名以上).
            _bound(line, draft, draft.last)
            _bound(line, draft, draft.after)
            if draft.noun and draft.unit is None and _may_name(line, draft):
                _name(line, draft)
                _bound(line, draft, draft.after)
            if draft.measure not in (Measure.DURATION, Measure.AGE):
                limit = drafts[location + 1].first if location + 1 < len(drafts) else line.count
                draft.period = _period(line, draft, limit)
            if draft.base:
                # "12 per 100,000 people a year": the period is that of the rate.
                drafts[location - 1].period, draft.period = drafts[location - 1].period or draft.period, None
        elif draft.noun and _may_name(line, draft):
            _name(line, draft)
    spans = [(line.tokens[draft.first].start, line.tokens[draft.last - 1].end) for draft in drafts]
    return tuple(
        Quantity(
            text=line.text[start:end],
            start=start,
            end=end,
            value=_tidy(draft.value),
            low=_tidy(draft.low),
            high=_tidy(draft.high),
            measure=draft.measure,
            unit=draft.unit,
            qualifier=draft.qualifier,
            period=draft.period,
            as_of=year,
            unit_end=unit_end,
        )
        for draft, (start, end), year, unit_end in zip(drafts, spans, as_of_years(line, drafts), units, strict=True)
    )


def _bound(line: TokenStream, draft: Candidate, at: int) -> None:
    behind = line.phrase_at(line.language.after["qualifiers_after"], at)
    if behind:
        draft.qualifier, draft.after = draft.qualifier or behind[0], max(draft.after, behind[1])


def _tidy(value: Decimal | None) -> Decimal | None:
    """Return a value without exponent and trailing zeros: 1.3E+9 and 1300000000.0 are 1300000000."""
    if value is None or str(value).lstrip("-").isdecimal():
        return value
    written = f"{value:f}"
    return Decimal(written.rstrip("0").rstrip(".") if "." in written else written)


def _may_name(line: TokenStream, draft: Candidate) -> bool:
    """Return whether the next word may be what is counted; in scripts without blanks, only a counter shows that."""
    return line.token(draft.after).text[:1] < UNSPACED or line.has("noun.counters", draft.after)


def _name(line: TokenStream, draft: Candidate) -> None:
    noun = noun_after(line, draft.after, single=draft.value == 1 or draft.measure is Measure.RANK)
    if noun:
        draft.unit, draft.after = noun


# After these, "over" is not "more than": "spread over 17 hectares", "verfügt über 40 Filialen" (has 40 branches).
_EXTENT = ("spread", "stretch", "extend", "distribut", "scatter", "verfüg", "erstreck", "verteil", "ausgedehnt")


def _qualifier_before(line: TokenStream, draft: Candidate) -> str | None:
    at = draft.first - (line.lower(draft.first - 1) in ("(", "[", "“", '"', "«", "‘", "'"))
    if draft.measure is Measure.AGE and line.lower(at - 2) == "age":  # "over the age of 65"
        at -= 2 + (line.lower(at - 3) == "the")
    phrase = line.phrase_before(line.language.before["qualifiers"], at)
    if line.lower(at - 1) in ("over", "über") and line.lower(at - 2).startswith(_EXTENT):
        return None
    if phrase is None and line.lower(at - 1) in ("a", "an", "the", "between", "from"):
        phrase = line.phrase_before(line.language.before["qualifiers"], at - 1)
        # "A dispute over the two ports", "over an 82-year period", "under a 4 m vault" are not bounds.
        the, word = line.lower(at - 1) == "the", line.lower(at - 2)
        if the or draft.measure in (Measure.DURATION, Measure.MEASUREMENT):
            where = word in ("above", "below", "beyond", "near", "over", "under")
            phrase = None if where or (the and word in ("about", "around")) else phrase
    return phrase[0] if phrase else None


def _period(line: TokenStream, draft: Candidate, limit: int) -> str | None:
    """Return the period of a quantity ("per year", "a month", "annually", "/day"; before it "annual profits of")."""
    language = line.language
    # "Kilometres per hour" is a unit of its own, like "km/h".
    first = draft.after if "/" in (draft.unit or "") else draft.last
    for at in range(first, min(draft.after + REACH, limit)):
        word = line.lower(at)
        if word in ENDS or (word == "," and at > draft.after):
            break
        if word in language.sets["words.period"]:
            # "41 employees and a yearly budget", "10 mg and the maximum daily dose"
            joined = any(line.has("words.and", inner) for inner in range(first, at))
            if line.lower(at - 1) in ("a", "an") or (joined and line.token(at + 1).kind == WORD):
                return None
            return language.tables["periods"].get(word)
        text = line.lookup("periods", at + 1)
        each = word in language.sets["words.each"] or word == "/"
        named = line.token(at + 2).kind == NUMBER  # "im Jahr 2012"
        ago = word in ("a", "an") and line.has("words.period_not_before", at + 2)  # "a year ago" is no rate
        if text and each and not (named or ago or line.has("words.period", at + 1)):
            return text
    for at in range(draft.first - 1, max(draft.first - REACH, -1), -1):
        if line.token(at).kind != WORD and line.lower(at) != ".":  # "jährlich ca. 40.000"
            break
        # "The Daily Echo gave it four stars": a name
        named = line.token(at).text.istitle() and line.token(at + 1).text.istitle()
        if line.has("words.period", at) and (not named or "capital" in language.sets["noun.endings"]):
            return line.lookup("periods", at)
    return None


Rule = Callable[[TokenStream, int], Match | None]

# Tried in this order at each token that can begin a number; the first match is taken.
RULES: tuple[Rule, ...] = (
    vague, designation, clock, date, year, rank, rating, identifier, odds, score, between, multiple, share, single,
)  # fmt: skip
# A third has 28 digits, whatever the caller's context is.
EXACT = Context(prec=28)
# Longer texts are not cached, so that the cache holds sentences and not articles.
CACHED_LENGTH = 4_000


def read_quantities(text: str, language: str = "en") -> tuple[Quantity, ...]:
    """Return all quantities of a rendered text in order, including years, dates and ranks as context.

    `text[q.start:q.end] == q.text` covers the number with its scale, currency and percent sign. In a language that is
    not supported (see `is_supported`), only digits and signs are read. The time is linear in the length.

    >>> [(q.text, str(q.value), q.unit, q.as_of) for q in read_quantities("In 2012, 21 million victims were counted.")]
    [('2012', '2012', None, '2012'), ('21 million', '21000000', 'victims', '2012')]
    """
    return (_read if len(text) > CACHED_LENGTH else _remembered)(text, language)


def _read(text: str, code: str) -> tuple[Quantity, ...]:
    language = language_of(code)
    if not language.may_count(text):
        return ()
    with localcontext(EXACT):
        line = TokenStream.of(text, language)
        drafts: list[Candidate] = []
        index, reached, starters = 0, 0, language.starters
        tokens = line.tokens
        while index < line.count:
            token = tokens[index]
            if token.kind not in (NUMBER, PART) and token.lower not in starters and index not in line.spelled:
                index += 1
                continue
            answers = (answer for rule in RULES if (answer := rule(line, index)) is not None)
            result, after = next(answers, ((), index + 1))
            for draft in result:
                # In "5 $ half", both numbers claim the sign: the first one gets it.
                draft.first, reached = max(draft.first, reached), draft.last
                drafts.append(draft)
            index = max(after, index + 1)
        return quantities_of(line, drafts) if drafts else ()


_remembered = lru_cache(maxsize=16_384)(_read)
