"""A count becomes an age or a score where its surroundings say so."""

from __future__ import annotations

from watcher.model import Measure
from watcher.parse.quantities.draft import Draft
from watcher.parse.quantities.line import Line, Numeral
from watcher.parse.quantities.tokens import NUMBER, WORD

AGE_DIGITS = 2
AGE_LISTING = frozenset({"and", "or", "to", ",", "–", "-"})


def tell_apart(line: Line, draft: Draft, found: Numeral) -> None:
    """Mark a count as an age ("aged 15 to 49", "Smith, 45, said") or a score ("a score of 14")."""
    at = age_before(line, draft.first)
    if at is None and line.low(draft.first - 1) in AGE_LISTING and line.at(draft.first - 2).kind == NUMBER:
        at = age_before(line, draft.first - 2)
    if at is not None or in_commas(line, found) or _bracketed_age(line, draft):
        draft.measure, draft.unit, draft.noun = Measure.AGE, "years", False
        return
    if draft.measure is not Measure.COUNT:
        return
    scoring = (draft.first - 1, draft.first - 2)
    if any(line.language.has("words.scoring", line.low(back)) for back in scoring):
        draft.measure, draft.noun = Measure.SCORE, line.language.has("words.point_units", line.low(draft.after))


def _bracketed_age(line: Line, draft: Draft) -> bool:
    """Whether a range stands in brackets after people: "young adults (15–49)"."""
    inside = line.low(draft.first - 1) == "(" and line.low(draft.last) == ")"
    return inside and draft.low is not None and line.language.has("age_people.list", line.low(draft.first - 2))


def age_before(line: Line, first: int) -> int | None:
    """Where "aged", "under the age of" begins that ends before the token at `first`."""
    phrase = line.phrase_before(line.language.before["age_before"], first)
    return phrase[1] if phrase else None


def in_commas(line: Line, found: Numeral) -> bool:
    """Whether the number stands between commas after a name: "Smith, 45, said"."""
    if (
        line.low(found.first - 1) != ","
        or line.low(found.last) not in (",", ".")
        or not found.plain
        or len(found.plain) > AGE_DIGITS
    ):
        return False
    name = line.at(found.first - 2)
    return name.kind == WORD and name.text[:1].isupper()
