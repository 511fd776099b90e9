"""Find the year that dates each quantity."""

from __future__ import annotations

from watcher.model import Measure
from watcher.parse.quantities.candidate import Candidate
from watcher.parse.quantities.token_stream import TokenStream
from watcher.parse.quantities.tokenizer import WORD

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
    return quarter or year.measure is Measure.DATE or line.language.contains("years.dating", line.lower(year.first - 1))


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
