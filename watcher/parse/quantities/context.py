"""Add context to candidates: qualifier, noun, period and the year that dates them."""

from __future__ import annotations

from decimal import Decimal

from watcher.model import Measure, Quantity
from watcher.parse.quantities.nouns import noun_after
from watcher.parse.quantities.token_stream import NUMBER, WORD, Candidate, TokenStream
from watcher.parse.quantities.units import named_unit

YEAR_REACH = 14
LEADING_REACH = 60
OPENING = 4
YEARS_AHEAD = 2
YEAR_DIGITS = 4
ENDS = frozenset({";", ":", "!", "?"})


def as_of_years(line: TokenStream, drafts: list[Candidate]) -> list[str | None]:
    """Return the year that dates each draft: one said right after it, else one that opens its sentence or clause.

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
            if following is not None:
                # A single year belongs to one figure, a span to all that follow it.
                taken |= {following} if following == location + 1 else set()
                result[location] = _year_of(drafts[following])
            elif leading is not None and _reaches(line, leading, draft):
                result[location] = _year_of(leading)
    return result


def _year_of(draft: Candidate) -> str:
    return (draft.iso or "")[:YEAR_DIGITS]


def _following(line: TokenStream, drafts: list[Candidate], location: int) -> int | None:
    """Return the place of the year that follows the draft in its clause: "246 million in 2000"."""
    draft = drafts[location]
    for at in range(location + 1, min(location + 1 + YEARS_AHEAD, len(drafts))):
        year = drafts[at]
        if year.measure not in (Measure.YEAR, Measure.DATE) or not _in_clause(line, draft, year):
            return None
        if _is_dating(line, year):
            # Of a span, "between 2016 and 2018", the end dates the figure.
            end = drafts[at + 1] if at + 1 < len(drafts) else None
            spans = end is not None and end.measure is Measure.YEAR and end.first - year.last <= 1
            return at + 1 if spans else at
    return None


def _in_clause(line: TokenStream, draft: Candidate, year: Candidate) -> bool:
    if year.first - draft.last > YEAR_REACH:
        return False
    if any(_ends_sentence(line, at) for at in range(draft.last, year.first)):
        return False
    between = [line.lower(at) for at in range(draft.last, year.first)]
    as_of = line.lower(year.first - 2) in ("as", ",")
    return not any(word in ENDS for word in between) and ("," not in between or as_of)


def _is_dating(line: TokenStream, year: Candidate) -> bool:
    """Return whether the year says when: "in 2012", "as of June 2017", "(2004)", not "the 2012 study"."""
    if not (year.iso or "-")[:1].isdigit():
        return False
    quarter = line.lower(year.first - 2) == "q"
    return quarter or year.measure is Measure.DATE or line.has("years.dating", year.first - 1)


def _reaches(line: TokenStream, year: Candidate, draft: Candidate) -> bool:
    """Return whether a year said before the draft still dates it: it opens the sentence, or no comma lies between."""
    if draft.first - year.last > LEADING_REACH:
        return False
    between = range(year.last, draft.first)
    if any(_ends_sentence(line, at) for at in between):
        return False
    opening = any(at < 0 or _ends_sentence(line, at) for at in range(year.first - 1, year.first - 2 - OPENING, -1))
    return opening or line.lower(year.first - 2) == "as" or not any(line.lower(at) == "," for at in between)


def _ends_sentence(line: TokenStream, at: int) -> bool:
    """Return a full stop before a capital, but not that of "U.S. Department"."""
    mark = line.lower(at)
    if mark in ("!", "?"):
        return True
    if mark != "." or line.is_adjacent(at + 1) or not line.token(at + 1).text[:1].isupper():
        return False
    before = line.token(at - 1)
    return not (before.kind == WORD and len(before.text) == 1)


CONTEXT = (Measure.YEAR, Measure.DATE, Measure.RANK)
TIMES = (Measure.DURATION, Measure.AGE)
PERIOD_REACH = 6
ARTICLES = frozenset({"a", "an"})  # "a year ago" is no rate, "per year of service" is
OPENERS = frozenset({"(", "[", "“", '"', "«", "‘", "'"})


def quantities_of(line: TokenStream, drafts: list[Candidate]) -> tuple[Quantity, ...]:
    """Return the drafts with their context, in the order of the text."""
    for location, draft in enumerate(drafts):
        if draft.measure not in CONTEXT:
            limit = drafts[location + 1].first if location + 1 < len(drafts) else line.count
            _describe(line, draft, limit)
            if draft.base:
                # "12 per 100,000 people a year": the year is the rate's.
                drafts[location - 1].period, draft.period = drafts[location - 1].period or draft.period, None
        elif draft.noun:
            _name(line, draft)
    years = as_of_years(line, drafts)
    return tuple(_quantity(line, draft, year) for draft, year in zip(drafts, years, strict=True))


def _quantity(line: TokenStream, draft: Candidate, as_of: str | None) -> Quantity:
    start, end = line.tokens[draft.first].start, line.tokens[draft.last - 1].end
    return Quantity(
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
        as_of=as_of,
    )


def _tidy(value: Decimal | None) -> Decimal | None:
    """Without exponent and without a fraction of zeros: 1.3E+9 and 1300000000.0 are 1300000000."""
    if value is None or str(value).lstrip("-").isdecimal():
        return value
    return Decimal(f"{value:f}".rstrip("0").rstrip(".") or "0") if "." in f"{value:f}" else Decimal(f"{value:f}")


def _describe(line: TokenStream, draft: Candidate, limit: int) -> None:
    draft.qualifier = _qualifier_before(line, draft) or _qualifier_after(line, draft)
    if draft.noun and draft.unit is None:
        _name(line, draft)
    draft.qualifier = draft.qualifier or _qualifier_after(line, draft)
    if draft.measure not in TIMES:
        draft.period = _period(line, draft, limit)


def _name(line: TokenStream, draft: Candidate) -> None:
    noun = noun_after(line, draft.after, single=draft.value == 1 or draft.measure is Measure.RANK)
    if noun:
        draft.unit, draft.after = noun


# "A dispute over the two ports": before "the" they bound no number.
_PLACING = frozenset({"about", "above", "around", "below", "beyond", "near", "over", "under"})
# "Over an 82-year period", "under a 4 m vault": nor do these before "a", where it is a stretch of time or space.
_CROSSING = _PLACING - {"about", "around"}
_STRETCHES = (Measure.DURATION, Measure.MEASUREMENT)


def _bounds_nothing(line: TokenStream, draft: Candidate, article: int) -> bool:
    """Return whether the word before an article says where or when, and bounds no number."""
    if line.lower(article) == "the":
        return line.lower(article - 1) in _PLACING
    return draft.measure in _STRETCHES and line.lower(article - 1) in _CROSSING


def _qualifier_before(line: TokenStream, draft: Candidate) -> str | None:
    language = line.language
    at = draft.first
    at -= line.lower(at - 1) in OPENERS
    for back in (at, at - 1):
        if back != at and line.lower(back) not in ("a", "an", "the", "between", "from"):
            break
        if back != at and _bounds_nothing(line, draft, back):
            break
        phrase = line.phrase_before(language.before["qualifiers"], back)
        if phrase and not (phrase[0] == "about" and line.lower(back - 1) in ("c", "ca") and line.lower(back) == "."):
            return phrase[0]
    return None


def _qualifier_after(line: TokenStream, draft: Candidate) -> str | None:
    """40 or more, 40+: the noun comes after it ("40 or more boats") or before ("40 boats or more")."""
    for at in (draft.last, draft.after):
        phrase = line.phrase_at(line.language.after["qualifiers_after"], at)
        if phrase:
            draft.after = max(draft.after, phrase[1])
            return phrase[0]
    return None


def _period(line: TokenStream, draft: Candidate, limit: int) -> str | None:
    """Per year, a month, annually, /day after the quantity and before the next one."""
    language = line.language
    for at in range(draft.last, min(draft.after + PERIOD_REACH, limit)):
        word = line.lower(at)
        if word in ENDS or (word == "," and at > draft.after):
            break
        if language.contains("period_words.list", word):
            return language.lookup("periods", word)
        text = line.lookup("periods", at + 1)
        if (
            text
            and (language.contains("words.each", word) or word == "/")
            and line.token(at + 2).kind != NUMBER  # "im Jahr 2012"
            and not (word in ARTICLES and line.has("period_words.not_before", at + 2))
        ):
            return text
        unit = _unit_below(line, draft, at)
        if unit:
            return f"per {unit}"
    return _period_before(line, draft)


def _unit_below(line: TokenStream, draft: Candidate, at: int) -> str | None:
    """Return the unit that a price or a count is for: "$70 a barrel", "€20/t", "90 people per square mile"."""
    word = line.lower(at)
    money = draft.measure is Measure.CURRENCY
    if not (line.has("words.per", at) or (money and (word == "/" or word in ARTICLES))):
        return None
    if not money and draft.measure is not Measure.COUNT:
        return None
    unit = named_unit(line, at + 1)
    # "At a stone quay": what an article leads to ends with the unit.
    if unit is None or (word in ARTICLES and line.token(unit[1]).kind == WORD and not line.has("noun.stop", unit[1])):
        return None
    return unit[0]


def _period_before(line: TokenStream, draft: Candidate) -> str | None:
    """Annual profits of $150 billion."""
    for at in range(draft.first - 1, max(draft.first - PERIOD_REACH, -1), -1):
        token = line.token(at)
        if token.kind != WORD:
            break
        if line.language.contains("period_words.list", token.lower):
            return line.language.lookup("periods", token.lower)
    return None
