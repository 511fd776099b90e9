"""Find where the sentences of a rendered text begin and end."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import accumulate, islice, pairwise

from sentencex import segment

from watcher.model import TextKind

_CONTENT = re.compile(r"[^\s.,;:!?*#|/\\(){}\[\]<>\"'_=~^`·•–—-]")


def has_content(text: str) -> bool:
    """Return whether a text is more than punctuation and dashes."""
    return _CONTENT.search(text) is not None


# A cell or parameter is one sentence, unless it is prose of its own.
_LONG_CELL = 200  # characters
_QUOTES = "'“«「"
_MANY = 500
_MOST = 20_000  # sentences of a paragraph; what follows belongs to the last
_LONGEST = 50_000  # characters of a paragraph that is split in one go
_WINDOW = 1_000  # characters
_ABBREVIATIONS = frozenset(
    {
        "al", "approx", "apr", "art", "arts", "aug", "b", "c", "ca", "capt", "cf", "ch", "chap", "circa", "co",
        "col", "corp", "d", "dec", "dept", "dist", "dr", "ed", "eds", "eq", "est", "etc", "feb", "fig", "figs",
        "ft", "gen", "hon", "inc", "jan", "jr", "jul", "jun", "lt", "ltd", "mar", "mr", "mrs", "ms", "mt", "no",
        "nos", "nov", "oct", "p", "par", "para", "pp", "prof", "r", "ref", "refs", "rev", "sec", "sep", "sept",
        "seq", "sr", "st", "tab", "univ", "v", "vol", "vols", "vs", "в", "вв", "г", "гг", "др", "им", "млн", "млрд",
        "н", "ок", "р", "руб", "с", "см", "стр", "т", "тыс", "ул", "чел", "э",
    }
)  # fmt: skip
# Titles stand before names: a capital after them says nothing.
_TITLES = frozenset({"पं", "डॉ", "प्रो", "स्व", "श्री", "कु", "им", "акад", "проф", "dr", "prof", "mr", "mrs", "st"})
_LAST_WORD = re.compile(r"([^\s.(«“\"]{1,24})\.\W{0,24}$")
# Thai ends no sentence with a full stop; a short word with one is an abbreviation (พ.ศ.).
_THAI_ABBREVIATION = re.compile(r"[\u0e00-\u0e7f]{1,4}")
_CLOSERS = frozenset("”’»)]）」』")
# A closing mark at the head of a piece belongs to what stands before it.
_CLOSING = re.compile(r"[\"'”’»)\]]+ +")
_STOP_INSIDE = re.compile(r"\.([)\]\"'”’»])[)\]\"'”’»]* +([(\[\"“«‘']*([^\W\d_]))")
_STOP_BEFORE = re.compile(r"[.!?][)\]\"'”’»]* *$")
_FIRST_LETTER = re.compile(r"[(\[\"“«‘']*([^\W\d_])")
_BRACKETS = ")]"
_NUMBER_IN_BRACKETS = re.compile(r"(\([^()\n]{1,80})\d\)(?= )")
# Where nouns have capitals, one after a bracket says nothing: (5 Mio.) Menschen.
_CAPITAL_NOUNS = frozenset({"als", "bar", "de", "gsw", "lb", "nds"})
# Words that have a capital at the head of a sentence only; titles that begin with one of them follow no footnote.
_OPENERS = re.compile(
    r"(?:Also|Although|Another|As|At|But|By|During|For|However|If|In|It|Its|He|His|On|See|She|Some|Since|The|Their"
    r"|There|These|They|This|Those|Though|When|While|With|Yet) "
)


def boundaries(
    text: str, language: str, where: TextKind = TextKind.PROSE, marks: Sequence[int] = ()
) -> list[tuple[int, int]]:
    """Return the spans of the sentences of `text`, which is stripped, without the space between them.

    `marks` are the positions of its footnotes.
    """
    if where in (TextKind.TABLE, TextKind.INFOBOX) and len(text) < _LONG_CELL:
        return [(0, len(text))]
    starts = _starts(text, language)
    if len(starts) < _MOST:
        noun = language.partition("-")[0] in _CAPITAL_NOUNS
        # After a stop inside a quotation or bracket: `… to me." Stirner said`. A question or exclamation mark may be a
        # title's, or about a word: (1840?).
        starts.update(
            stop.start(2)
            for stop in _STOP_INSIDE.finditer(text)
            if stop[3].isupper() and not (noun and stop[1] in _BRACKETS) and not _abbreviates(text, stop.start())
        )
        starts.update(_starts_after_footnotes(text, language, marks))
    if len(starts) == 1:
        return [(0, len(text))]
    begins = sorted(starts)
    ends = [*begins[1:], len(text)]
    return [(start, start + len(text[start:end].rstrip())) for start, end in zip(begins, ends, strict=True)]


def _starts(text: str, language: str) -> set[int]:
    """Return where the splitter has sentences begin, but for those that it cut; the first begins at 0."""
    starts = {0}
    previous = end = 0
    for piece in islice(_segmented(text, language), _MOST):
        core = piece.strip()
        start = text.find(core, end) if core else -1
        if start < 0:
            continue
        before, end = end, start + len(core)
        if start and (closing := _CLOSING.match(text, start, end)):
            start = closing.end()
        if start and not _continues(text, (previous, before), start, end):
            starts.add(start)
            previous = start
    return starts


def _starts_after_footnotes(text: str, language: str, marks: Sequence[int]) -> Iterator[int]:
    """Yield where sentences begin after a footnote: after a stop, and where English has the stop forgotten."""
    for mark in marks:
        start = mark + text.startswith(" ", mark)
        first = _FIRST_LETTER.match(text, start)
        if first is None or not first[1].isupper() or text[start - 1] != " ":
            continue
        stop = _STOP_BEFORE.search(text, max(mark - 8, 0), start)
        if (stop and not _abbreviates(text, stop.start())) or (language == "en" and _OPENERS.match(text, start)):
            yield start


def _abbreviates(text: str, stop: int) -> bool:
    """Return whether the stop at `stop` ends an abbreviation, an initial or no word."""
    if text[stop] != ".":
        return False
    last = _LAST_WORD.search(text, max(stop - 24, 0), stop + 1)
    return last is None or len(last[1]) == 1 or last[1].lower() in _ABBREVIATIONS | _TITLES


def _segmented(text: str, language: str) -> Iterator[str]:
    """Split a text, in stretches where it is very long or has many quotation marks.

    The splitter's time may grow with the square of either. A stretch's last sentence begins the next one.
    """
    crowded = len(text) > _LONGEST or sum(map(text.count, _QUOTES)) > _MANY
    at = 0
    while crowded and len(text) - at > _WINDOW:
        stretch = text[at : at + _WINDOW]
        pieces = _pieces(stretch, language)
        if len(pieces) < 2 or not stretch.endswith(pieces[-1]):  # noqa: PLR2004  one piece ends nowhere
            stretch = stretch[: stretch.rfind(" ") + 1] or stretch
            pieces = [stretch, ""]
        yield from pieces[:-1]
        at += len(stretch) - len(pieces[-1])
    yield from _pieces(text[at:], language)


def _pieces(text: str, language: str) -> list[str]:
    """Split a text; numbers that end a bracket, as in "(Gull 1846) The", the splitter takes for those of a list."""
    harmless = _NUMBER_IN_BRACKETS.sub(r"\1x)", text)
    pieces: list[str] = segment(language, harmless)
    if harmless == text:
        return pieces
    ends = list(accumulate(map(len, pieces)))
    return [text[begin:end] for begin, end in pairwise([0, *ends])] if ends[-1:] == [len(text)] else [text]


def _continues(text: str, before: tuple[int, int], start: int, end: int) -> bool:
    """Return whether a sentence was cut: after an abbreviation, before a small letter or closing quote."""
    first = text[start]
    if first in _CLOSERS or first.islower():
        return True
    if not has_content(text[start:end]):
        return True
    last = _LAST_WORD.search(text, max(before[0], before[1] - 24), before[1])
    if last is None:
        return False
    word = last[1].lower()
    if word in _TITLES or _THAI_ABBREVIATION.fullmatch(word):
        return True
    return word in _ABBREVIATIONS and (first.isdigit() or (len(word) == 1 and not first.isalpha()))
