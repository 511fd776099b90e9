"""Decide which of the two values of a changed statistic a source states.

A number alone proves nothing: the page of a census has thousands. A value is stated if the number is the same within
the shown rounding, has the same kind and unit, and its context is about the same thing. If only the number is the same,
it is on the page, but may be about something else.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime
from decimal import Decimal
from enum import IntEnum
from typing import Final

from watcher.judge.contradictions import ABOVE, BELOW, names_the_same, same_statistic
from watcher.judge.rule import words_around
from watcher.model import Article, Cue, Measure, Quantity
from watcher.model.conversion import is_within, same_measurement, tolerance_of
from watcher.model.elements import ArticleStatistic, CitedStatistic, Work
from watcher.model.source_checks import Problem, SourceCheck, SourceOutcome
from watcher.parse.cited import ProperNames
from watcher.parse.claims import read_marks
from watcher.parse.quantities import read_quantities
from watcher.parse.template_names import WORDS as PARSED
from watcher.source_check.page import WORDS, SourcePage, SourcePassage

_YEAR: Final = re.compile(r"(?<![\d.,])(?:1[5-9]|20)\d\d(?![\d.,]*\d)")
_SENTENCE_END: Final = re.compile(r"(?<=[.!?])[\"”»’)]*\s+(?=[\"“«‘¿¡(]*[A-ZÀ-ÖØ-Þ])")
_DIVIDER: Final = re.compile(r"[,;:()]\s|\s[–—-]\s|\d[\d.,]*")
# The unit or scale that a header gives for its numbers: in brackets, after a comma, or after "in" (in millions).
_BRACKETS: Final = re.compile(r"(?:[(\[](?:in |en |em )?|, |\b(?:in|en|em) )([^()\[\]×,]{1,40})")
_WORD: Final = re.compile(r"[^\W\d_]{3,}")
_WORDS: Final = re.compile(r"[^\W\d_]+")
_DIGITS: Final = re.compile(r"\d{1,3}(?:[.,’'\u00a0\u202f\u2009 ]\d{3})+(?!\d)(?:[.,]\d+)?|\d+(?:[.,]\d+)?")
_STEM: Final = 5
_DISTINCT: Final = 4  # significant digits, from which on equal numbers are rarely a coincidence
_LONGEST: Final = 600  # characters of a sentence that are read before and after a number
_MOST_FOUND: Final = 200  # equal numbers of a page whose context is compared
_RESERVATIONS: Final = (Cue.NEGATION, Cue.HEDGE)
_ROUGH: Final = frozenset({"estimated", "reportedly"})  # not a doubt, as large counts are always estimates
_NEAR: Final = 60  # characters
# Beside a direction: the amount of a change ("rose by 5 %"), but not its result ("rose to 5 %").
_BY: Final = re.compile(
    r"[\s'’-]*(?:(?:by|of|um|von|de|d|di|en|por)[\s'’]+)?(?:(?!(?:to|at|auf|zu|bei|à|a|al)\b)[^\W\d]+[\s'’-]+)?"
)
# Around the number, which is \0: a question, a line of a table of contents, one of "5 and 6 %", and a number per unit.
_OTHERWISE: Final = re.compile(
    r"[?؟][\"”»’)]*\s*$|(?:[.·…_]\s?){4,}|\d\s?%?,?\s(?:and|und|et|y|e|or|oder|ou|o|en)\s\0"
    r"|\0\s?%?,?\s(?:and|und|et|y|e|or|oder|ou|o|en)\s\d"
    r"|\0\s?(?:[^\W\d]+\s?){0,2}?(?:/|\b(?:per|pro|par|por|je|au|al)\s)\s?"
    r"(?:km|m²|h[ae]|mi|acre|sq|quad|kil|chil|quil|m[eè]t|cap|head|kopf|einw|hab|inhab|pers)",
    re.IGNORECASE,
)
_SAME_WORK: Final = (Work("source"),)
_NOWHERE: Final = Article(wiki="", page_id=0, title="")


@dataclass(frozen=True, slots=True, kw_only=True)
class Side:
    """A value as an article gives it: the number, its sentence, and the label and heading above it."""

    quantity: Quantity
    sentence: str
    label: str = ""
    section: str = ""


class _Presence(IntEnum):
    ABSENT = 0
    NUMBER = 1
    STATED = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class _Match:
    """How a value is present on a page; `sentence` is the one that states it."""

    presence: _Presence = _Presence.ABSENT
    quote: str = ""
    sentence: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Number:
    """A number of a page, in its sentence and passage.

    `clause` is the part of the sentence that is about the number, if the sentence has several numbers of its kind.
    """

    quantity: Quantity
    sentence: str
    passage: SourcePassage = field(repr=False)
    clause: tuple[int, int] | None = None


def compare_source(
    page: SourcePage, old: Side | None, new: Side | None, *, title: str, language: str, at: datetime
) -> SourceCheck:
    """Return which of two values a page states; `title` and `language` are the article's, `at` is when it was read."""
    sides = [side for side in (old, new) if side is not None]
    problem, matches = page.problem, list[_Match]()
    if problem is None or (problem is Problem.PAYWALL and page.passages):
        numbers, values = list(_numbers(page, language)), {_ends(side.quantity) for side in sides}
        for side in sides:  # a number that is exactly the other value is not a rounding of this one
            others = values - {_ends(side.quantity)}
            own = (number for number in numbers if _ends(number.quantity) not in others)
            matches.append(_match(page, own, side, title=title, language=language))
    if len({match.sentence for match in matches if match.sentence}) < sum(bool(match.sentence) for match in matches):
        # A sentence with both values makes a different statement with each, and the article makes one of them.
        matches = [replace(match, presence=_Presence.NUMBER) for match in matches]
    stated = [match.presence is _Presence.STATED for match in matches]
    outcome, text = SourceOutcome.NEITHER, ""
    if problem is not None and not any(stated):
        outcome, text = SourceOutcome.UNREAD, f"the source could not be read ({problem.value})"
    elif all(stated) and len(sides) > 1:
        outcome = SourceOutcome.BOTH
    elif any(stated):
        outcome = SourceOutcome.OLD if old is not None and stated[0] else SourceOutcome.NEW
    elif any(match.presence is _Presence.NUMBER for match in matches):
        outcome = SourceOutcome.UNCLEAR
    return SourceCheck(
        outcome=outcome,
        text=text or _text(sides, matches, partial=page.partial or problem is not None),
        url=page.url,
        at=at,
        quotes=tuple(match.quote for match in matches if match.presence is _Presence.STATED),
    )


def _text(sides: list[Side], matches: list[_Match], *, partial: bool) -> str:
    """Return the result in words: what the source states first, then what is on it, then what is not."""
    words = [side.quantity.text for side in sides]
    if len(set(words)) < len(words):  # the unit changed
        words = [f"{side.quantity.text} {side.quantity.unit or ''}".strip() for side in sides]
    by_presence: dict[_Presence, list[str]] = {presence: [] for presence in _Presence}
    for value, match in zip(words, matches, strict=True):
        by_presence[match.presence].append(f"{value} ({match.quote})" if match.presence else value)
    absent, number, stated = by_presence.values()
    part = " in the part that could be read" if partial else ""
    if len(absent) == len(sides):
        states = f"states neither {absent[0]} nor {absent[1]}" if len(sides) > 1 else f"does not state {absent[0]}"
        return f"the source {states}{part}"
    clauses = []
    if stated:
        clauses.append(f"the source states {'both ' if len(stated) > 1 else ''}{' and '.join(stated)}")
    if number:
        subject, verb = ("", " is on it, but perhaps") if stated else ("the source has ", ", but perhaps")
        clauses.append(f"{subject}{' and '.join(number)}{verb} about something else")
    if absent:
        clauses.append(f"{absent[0]} is not{part or ' on it'}")
    return "; ".join(clauses)


def _numbers(page: SourcePage, language: str) -> Iterator[_Number]:
    """Yield the numbers of a page; a number in a cell has the unit or scale that the header gives for its column."""
    code = page.language or language
    for passage in page.passages:
        text, read = passage.text, read_quantities(passage.text, code)
        if passage.label and len(read) == 1 and not read[0].start and read[0].end >= len(text.rstrip(" *†")):
            # The header names the unit or scale: 20.9 below "Victims (millions)".
            scaled = None
            for match in _BRACKETS.finditer(passage.label):
                written = f"{read[0].text} {match[1].strip()}"
                again = read_quantities(written, code)
                if again and not again[0].start and (again[0].value, again[0].unit) != (read[0].value, read[0].unit):
                    scaled = _Number(quantity=again[0], sentence=written, passage=passage)
                    break
            if scaled is not None:
                yield scaled
                continue
        sentences = []
        for quantity in read:
            begin, end = _between(_SENTENCE_END, text, quantity)
            sentences.append((max(begin, quantity.start - _LONGEST), min(end, quantity.end + _LONGEST)))
        kinds = Counter((start, quantity.measure) for quantity, (start, _) in zip(read, sentences, strict=True))
        for quantity, (start, stop) in zip(read, sentences, strict=True):
            sentence = text[start:stop]
            located = replace(quantity, start=quantity.start - start, end=quantity.end - start)
            clause = None
            if kinds[start, quantity.measure] > 1:  # up to the next divider or number
                clause = _between(_DIVIDER, sentence, located)
            yield _Number(quantity=located, sentence=sentence, passage=passage, clause=clause)


def _between(divider: re.Pattern[str], text: str, quantity: Quantity) -> tuple[int, int]:
    """Return the span from the last divider before a number to the next one after it."""
    first = max(0, quantity.start - _LONGEST)  # a paragraph may have thousands of numbers
    begin = max((match.end() for match in divider.finditer(text, first, quantity.start)), default=0)
    after = divider.search(text, quantity.end, quantity.end + _LONGEST)
    return begin, after.start() if after else len(text)


def _match(page: SourcePage, numbers: Iterable[_Number], side: Side, *, title: str, language: str) -> _Match:
    own, same = side.quantity, list[_Number]()
    for number in numbers:
        if len(same) < _MOST_FOUND and _same_number(own, number.quantity):
            same.append(number)
            if not number.passage.aside and _is_stated(page, number, side, title=title, language=language):
                return _Match(presence=_Presence.STATED, quote=_quote(number), sentence=number.sentence)
    if same:
        return _Match(presence=_Presence.NUMBER, quote=_quote(same[0]))
    # Search for its digits in any context: "not on it" must be true for all that a reader sees.
    targets = {re.sub(r"\D", "", text) for text in (own.text, *(f"{abs(number):f}" for number in _ends(own)))}
    targets = {digits for digits in targets if len(digits) > 1}
    for passage in page.passages if targets else ():
        for match in _DIGITS.finditer(passage.text):
            if re.sub(r"\D", "", match[0]) in targets:
                digits = replace(own, start=match.start(), end=match.end())
                quote = _quote(_Number(quantity=digits, sentence=passage.text, passage=passage))
                return _Match(presence=_Presence.NUMBER, quote=quote)
    return _Match()


def _quote(number: _Number) -> str:
    around = words_around(number.sentence, number.quantity.start, number.quantity.end).strip(" ()“”")
    return f"“{number.passage.label}: {around}”" if number.passage.label else f"“{around}”"


def _ends(quantity: Quantity) -> tuple[Decimal, ...]:
    return tuple(number for number in (quantity.value, quantity.low, quantity.high) if number is not None)


def _same_number(own: Quantity, other: Quantity) -> bool:
    """Return whether two numbers are equal within the shown rounding, in any unit."""
    if same_measurement(own, other):
        return True
    first, second = _ends(own), _ends(other)
    if len(first) != len(second) or not first:
        return False
    pairs = zip(first, second, strict=True)
    return all(is_within(a, b, max(tolerance_of(own, a), tolerance_of(other, b))) for a, b in pairs)


def _is_stated(page: SourcePage, number: _Number, side: Side, *, title: str, language: str) -> bool:
    """Return whether a number of a page is about the same thing as the article's."""
    own, other, page_language = side.quantity, number.quantity, page.language or language
    if own.measure is not other.measure and not same_measurement(own, other):
        return False
    is_alike = _bound(own) == _bound(other) and own.period == other.period
    if not is_alike or not _is_asserted(number, side, language, page_language):
        return False
    ours = f"{title} {side.sentence} {side.label} {side.section} total".casefold()
    year, around = _year(own, f"{side.sentence} {side.label}"), f"{number.sentence} {number.passage.label}"
    years = next(filter(None, map(_YEAR.findall, (around, number.passage.heading, page.title))), [])
    known = {word[:_STEM] for word in _WORD.findall(ours)}
    row = {word[:_STEM] for word in _WORD.findall(number.passage.label.partition(" × ")[0].casefold())}
    if (row and row.isdisjoint(known)) or (year and years and year not in years):  # of another thing or year
        return False
    if page_language.partition("-")[0] != language.partition("-")[0]:
        return _is_stated_abroad(page, number, side, title)
    passage = number.passage
    start, end = number.clause or (0, len(number.sentence))
    moved = replace(other, start=other.start - start, end=other.end - start)
    on_page = Side(quantity=moved, sentence=number.sentence[start:end], label=passage.label, section=passage.heading)
    pair = _statistic(side, title=title, language=language), _statistic(on_page, title=page.title, language=language)
    if not same_statistic(*pair) or not names_the_same(*pair):
        return False
    if language.partition("-")[0] in PARSED["languages_of_capital_nouns"]:
        return True
    names = ProperNames("", " ".join(item.text for item in page.passages)).within(on_page.sentence)
    return not (names and known.isdisjoint(names))


def _is_asserted(number: _Number, side: Side, language: str, page_language: str) -> bool:
    """Return whether a page asserts a number, rather than doubting or denying it, or giving the amount of a change."""
    other, text = number.quantity, number.sentence
    near = text[max(0, other.start - _NEAR) : other.end + _NEAR].casefold()
    unsaid = {*WORDS["unsaid"].get(page_language.partition("-")[0], "").split()} & {*_WORDS.findall(near)}
    marked, own = (f"{t[: q.start]}\0{t[q.end :]}" for t, q in ((text, other), (side.sentence, side.quantity)))
    if unsaid - {*_WORDS.findall(own.casefold())} or (_OTHERWISE.search(marked) and not _OTHERWISE.search(own)):
        return False
    ours = {(mark.cue, mark.normalized) for mark in read_marks(side.sentence, language)}
    for mark in read_marks(text, page_language):
        between = text[mark.end : other.start] or text[other.end : mark.start]
        is_near = other.start - _NEAR < mark.end and mark.start < other.end + _NEAR
        is_reserved = mark.cue in _RESERVATIONS and mark.normalized not in _ROUGH
        is_step = mark.cue is Cue.DIRECTION and _BY.fullmatch(between)
        if is_near and (is_reserved or is_step) and (mark.cue, mark.normalized) not in ours:
            return False
    return True


def _bound(quantity: Quantity) -> int:
    return (quantity.qualifier in ABOVE) - (quantity.qualifier in BELOW)


def _statistic(side: Side, *, title: str, language: str) -> ArticleStatistic:
    """Return a value in the form that `same_statistic` compares, as if both sides cited the page as one work."""
    return ArticleStatistic(
        id=0,
        article=replace(_NOWHERE, title=title),
        language=language,
        statistic=CitedStatistic(
            quantity=side.quantity,
            year=_year(side.quantity, f"{side.sentence} {side.label}"),
            sentence=side.sentence,
            label=side.label,
            section=side.section,
            works=_SAME_WORK,
        ),
    )


def _year(quantity: Quantity, text: str) -> str | None:
    """Return the year that dates a value, else the nearest one in the text, else None."""
    if quantity.as_of:
        return quantity.as_of[:4]
    years = [match for match in _YEAR.finditer(text) if match.end() <= quantity.start or match.start() >= quantity.end]
    nearest = min(years, key=lambda year: max(quantity.start - year.end(), year.start() - quantity.end), default=None)
    return nearest[0] if nearest else None


def _is_stated_abroad(page: SourcePage, number: _Number, side: Side, title: str) -> bool:
    """Return whether a page in another language states a value, by the year and by shared names and cognates."""
    own, other = side.quantity, number.quantity
    if number.clause is not None:  # it is unknown which of several numbers is meant
        return False
    around = f"{number.sentence} {number.passage.label} {number.passage.heading} {page.title}"
    ours = f"{side.sentence} {side.label}"
    year, its = _year(own, ours), _year(other, f"{number.sentence} {number.passage.label}")
    if year and its and year != its:
        return False
    if own.measure is not Measure.COUNT and own.unit != other.unit and not same_measurement(own, other):
        return False
    shared = _stems(f"{ours} {title}") & _stems(around)
    digits = max((len(f"{abs(number):f}".replace(".", "").strip("0")) for number in _ends(other)), default=0)
    enough = len(shared) + bool(year and year == its) + (digits >= _DISTINCT)
    return bool(shared) and enough > 1


def _stems(text: str) -> set[str]:
    return {word.casefold()[:_STEM] for word in _WORD.findall(text) if len(word) >= _STEM or word.isupper()}
