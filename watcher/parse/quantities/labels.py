"""Recognise numbers that label what stands beside them: points of a list, notes, pages, codes, sizes of files."""

from __future__ import annotations

from typing import Final

from watcher.parse.quantities.identifiers import is_counting, uncounted
from watcher.parse.quantities.token_stream import DASHES, NUMBER, WORD, Match, TokenStream
from watcher.parse.quantities.units import money_before

_POINT_DIGITS, _NOTE_DIGITS, _CODE_DIGITS = 2, 3, 3
_BRACKET_REACH = 24
_MOST_NOTES = 6
_CODE_REACH = 4
_CALLING_REACH = 12
_BEFORE_POINTS: Final = frozenset({"", ":", ";", ",", ".", "-", "–", "—", "and", "or", "&"})
_LINKING: Final = frozenset({":", "(", "=", "is", "was", "number", "no", ".", "the"})
_GLUED: Final = frozenset({".", ",", "”", '"'})
_ENDS: Final = frozenset({".", ",", ";"})
_ADDRESS_LENGTH = 120
_YEAR_DIGITS = 4
_LAST_DAY = 31
_EQUATING: Final = frozenset({"+", "="})
_FILE_SIZES: Final = frozenset({"k", "kb", "mb"})


def label(line: TokenStream, index: int) -> Match | None:
    """Return a number that labels something, with all that belongs to it."""
    return uncounted(line, index, (_point, _note, _pages, _coded, _magnitude, _file_size, _sum, _completed, _day))


def _point(line: TokenStream, index: int) -> int:
    """Two kinds: 1) of wood and 2) of stone; 1. wood, 2. stone; a line that is nothing but "3."."""
    text, mark = line.token(index).text, line.lower(index + 1)
    if not text.isdecimal() or len(text) > _POINT_DIGITS or not line.is_adjacent(index + 1):
        return 0
    before, following = line.lower(index - 1) if index else "", line.token(index + 2)
    if mark == ")":
        return index + 2 if before in _BEFORE_POINTS and not _in_brackets(line, index) else 0
    # In many languages "3." is an ordinal; where it is not, no full stop stands before a small letter.
    bounded = line.phrase_before(line.language.before["qualifiers"], index)
    if mark != "." or bounded or not line.language.sets.get("ordinal_suffixes.list"):
        return 0
    alone = index + 2 == line.count and before in ("", ":")
    parted = following.kind == WORD and not line.is_adjacent(index + 2)
    return index + 2 if alone or (parted and (index == 0 or following.text[0].islower())) else 0


def _in_brackets(line: TokenStream, index: int) -> bool:
    """Return whether a bracket is open at the token."""
    for at in range(index - 1, max(index - _BRACKET_REACH, -1), -1):
        if line.lower(at) in ("(", ")"):
            return line.lower(at) == "("
    return False


def _note(line: TokenStream, index: int) -> int:
    """Boats.12 They, "by 1900 4 7 , and", 1,956,196 1: the marks of notes that a pasted text has kept as digits."""
    text, before = line.token(index).text, line.token(index - 1)
    if not text.isdecimal() or len(text) > _NOTE_DIGITS:
        return 0
    after = index + 1
    while (
        after < index + _MOST_NOTES and line.token(after).kind == NUMBER and len(line.token(after).text) <= _NOTE_DIGITS
    ):
        after += 1
    following = line.token(after)
    if line.is_adjacent(index):
        worded = line.token(index - 2).kind == WORD or line.lower(index - 2) in _ENDS
        ended = before.text in _GLUED and line.is_adjacent(index - 1) and worded
        qualified = line.phrase_before(line.language.before["qualifiers"], index) or money_before(line, index)
        apart = following.kind != WORD or following.text[0].isupper()
        glued = line.is_adjacent(index + 1) and line.token(index + 1).kind in (WORD, NUMBER)
        marks = ended and not qualified and apart and not glued
        return after if marks and not is_counting(line, index + 1) else 0
    if after == line.count:
        whole = before.kind == NUMBER and len(before.text) > _NOTE_DIGITS and not before.text.isdecimal()
        return after if index and whole and len(text) <= _POINT_DIGITS else 0
    several = after > index + 1 and before.kind == WORD
    return after if several and following.text in _ENDS and not line.is_adjacent(after) else 0


def _pages(line: TokenStream, index: int) -> int:
    """No. 3: 263–290, (1900): 12: pages of an issue or a volume."""
    if line.lower(index - 1) != ":" or not line.token(index).text.isdecimal():
        return 0
    issue = line.lower(index - 3 - (line.lower(index - 3) == "."))
    dated = line.lower(index - 2) == ")" and line.is_adjacent(index - 1) and line.token(index - 3).kind == NUMBER
    if not (dated or (index - 2 in line.names and line.language.contains("identifiers.issues", issue))):
        return 0
    after = index + 1
    if line.lower(after) in DASHES and line.token(after + 1).kind == NUMBER:
        after += 2
    return 0 if is_counting(line, after) else after


def _coded(line: TokenStream, index: int) -> int:
    """Code 276, numeric code (276), dialling codes +381 and +383."""
    text = line.token(index).text
    if not text.isdecimal() or is_counting(line, index + 1):
        return 0
    if line.lower(index - 1) == "+" and line.is_adjacent(index):
        # ITU-T E.164: a country's calling code has one to three digits.
        coded = any(line.has("identifiers.codes", back) for back in (index - 2, index - 3))
        near = range(index - _CALLING_REACH, index + _CALLING_REACH)
        called = coded or any(line.has("identifiers.telephones", at) for at in near)
        return index + 1 if called and len(text) <= _CODE_DIGITS else 0
    for at in range(index - 1, max(index - 1 - _CODE_REACH, -1), -1):
        if line.has("identifiers.codes", at):
            return index + 1
        if line.lower(at) not in _LINKING:
            return 0
    return 0


def _magnitude(line: TokenStream, index: int) -> int:
    """1 E10 names an order of magnitude."""
    exponent = line.token(index + 1).text == "E" and line.token(index + 2).kind == NUMBER
    return index + 3 if exponent and not line.is_adjacent(index + 1) and line.is_adjacent(index + 2) else 0


def _sum(line: TokenStream, index: int) -> int:
    """2 + 2 = 4 reckons, as does what an equals sign follows; "3 + 4 people" and "$1 = 3.5 marks" count."""
    after = index + 1
    if money_before(line, index):
        return 0
    while line.lower(after) in _EQUATING and line.token(after + 1).kind == NUMBER:
        after += 2
    if after > index + 1 and (not is_counting(line, after) or _is_percent_of_equation(line, after)):
        return after
    return index + 1 if line.lower(index + 1) == "=" else 0


def _is_percent_of_equation(line: TokenStream, after: int) -> bool:
    """Return whether a percent sign ends an equation of which the other side is a number: "1 = 100%"."""
    return line.lower(after - 2) == "=" and line.phrase_at(line.language.after["percent"], after) is not None


def _completed(line: TokenStream, index: int) -> int:
    """[19]82: a year of which an editor has added the century."""
    century = line.token(index - 2)
    bracketed = line.lower(index - 3) == "[" and century.kind == NUMBER and line.lower(index - 1) == "]"
    if not bracketed or not all(line.is_adjacent(at) for at in (index - 2, index - 1, index)):
        return 0
    digits = century.text + line.token(index).text
    return index + 1 if len(digits) == _YEAR_DIGITS and digits.isdecimal() else 0


def _day(line: TokenStream, index: int) -> int:
    """Tuesday 13: a day whose month is left out, or stands in what was taken for another sentence.

    In "on Tuesday 13 died" it counts: a day is followed by no word, or by one such as "at".
    """
    text, named, after = line.token(index).text, line.has("identifiers.weekdays", index - 1), line.token(index + 1)
    day = named and text.isdecimal() and 1 <= int(text[:3]) <= _LAST_DAY
    acts = line.has("noun.verbs", index + 1) or line.has("noun.plural_verbs", index + 1)
    ends = after.kind != WORD or (line.has("noun.stop", index + 1) and not acts)
    return index + 1 if day and ends and not is_counting(line, index + 1) else 0


def _file_size(line: TokenStream, index: int) -> int:
    """Example.org/page.html - 50k: the size of what an address points to."""
    if line.lower(index - 1) not in DASHES or line.lower(index + 1) not in _FILE_SIZES:
        return 0
    begin = line.token(index - 1).start
    *_, last = line.text[max(0, begin - _ADDRESS_LENGTH) : begin].split() or [""]
    host, slash, _ = last.partition("/")
    return index + 2 if slash and "." in host else 0
