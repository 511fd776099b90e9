"""Split wikitext into sections, and sections into blocks, without parsing either."""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import pairwise

import mwparserfromhell

from watcher.common_ends import common_ends
from watcher.parse.citations.plain_text import plain_text
from watcher.parse.extension_tags import LITERAL, alternatives, comments
from watcher.parse.wikitext.brackets import MOST_TOKENS, closed_spans, enclosing_spans
from watcher.parse.wikitext.sanitizer import sanitize

_DEEPEST = 6  # MediaWiki takes a seventh `=` for text of the heading
_PLAIN_HEADING = re.compile(r"(={1,6})[ \t]*([^=\s<](?:[^=\n<]*[^=\s<])?)[ \t]*\1[ \t]*")
# MediaWiki takes comments out before it looks for headings (Preprocessor_Hash): one before the first `=` of a line,
# or one that goes on over the next lines, leaves the heading what it is. A stand-in of equal length keeps all places.
_COMMENTED = "\ue0fa"
_COMMENT = re.compile(r"<!--(?:[^-\n]++|-(?!->))*+(?:-->|(?=\n)|\Z)")
_TAGS = re.compile(rf"<(/?)(?i:ref|references|blockquote|table|{alternatives(LITERAL)})\b([^<>]*)>")
_HIDING = re.compile(rf"<(?:!--|(?:{alternatives(LITERAL)})\b)", re.IGNORECASE)
_REF = re.compile(r"<ref\b", re.IGNORECASE)
_MARKUP = frozenset("[]{}<>'&_")
_LIST = frozenset("*#:;")  # list markers count at the beginning of a line only (Help:Lists)
_APART = frozenset("*#:;\n ")  # a line that begins with a space is preformatted text (Help:Formatting)
_BOXES = ("{|", "{{", "[[File:", "[[Image:", "<gallery", "<blockquote")
_LONG = 600  # characters of a paragraph that is worth cutting
_NO_PARAGRAPH = frozenset("*#:; {<!=|")
# Begins with one character, which the engine looks for ten times as fast as for one of two.
_AFTER_FOOTNOTE = re.compile(r">(?:(?<=</ref>)|(?<=/>)) +(?=[A-ZÀ-ÞΑ-ΩА-Я])")
# Three letters before the stop, so that "Dr." and "U.S." end nothing.
_STOP = re.compile(r"(?:[^\W\d_A-Z]{3}|[\d)\]%])[.!?][\"”’)]?\Z")
_KEPT = 64  # outlines: both sides of a few dozen articles
_MOST_PIECES = 60_000  # of a section; what follows is one piece: a flood of 2 MB made 660,000 blocks
_KEPT_PIECES = 2048  # sections
_KEPT_PARTS = 4096  # of sections, between blank lines
_BLANK_LINES = re.compile(r"\n{2,}")
_NOWHERE = (0, 0)  # no markup reaches out of a section


@dataclass(frozen=True, slots=True, kw_only=True)
class RawSection:
    """A section as it is written: from its heading line to the next heading.

    `start` is in characters of the article; `text` begins with the heading line (the lead has none), `body` follows it.
    """

    path: tuple[str, ...]
    level: int
    start: int
    text: str
    body_at: int = 0
    body: str = field(default="", compare=False, repr=False)  # what follows the heading line

    def __post_init__(self) -> None:
        # Cut once: a text that was asked for its hash remembers it.
        if not self.body:
            object.__setattr__(self, "body", self.text[self.body_at :])

    @property
    def heading_with_reference(self) -> str:
        """Return the heading line where it has a reference, else nothing."""
        line = self.text[: self.body_at]
        return line.strip() if "<" in line and _REF.search(line) else ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """A paragraph, list item, table or template box; `start` is in characters of the article."""

    text: str
    start: int
    path: tuple[str, ...]


def split_sections(wikitext: str) -> tuple[RawSection, ...]:
    r"""Return the sections of a text in order, the lead first (path `()`, level 0); headings in markup do not count.

    >>> [part.path for part in split_sections("Lead.\n== A ==\nx\n=== B ===\n<!--\n== C ==\n-->")]
    [(), ('A',), ('A', 'B')]
    """
    return _outline(wikitext).parts


def split_both(
    old: str, new: str, ends: tuple[int, int] | None = None
) -> tuple[tuple[RawSection, ...], tuple[RawSection, ...]]:
    """Return the sections of two texts; those of the second are cut where it differs, the others taken over.

    `ends` are the common ends of the two, where they are known.
    """
    before, known = _outline(old), outlines(new)
    if not known:
        known.append(_edited(before, old, new, ends) or _read_outline(new))
    return before.parts, known[0].parts


@dataclass(frozen=True, slots=True, kw_only=True)
class _Outline:
    """The sections of a text, and from which to which of them markup reaches that begins in one and ends in another.

    `apart` says that no section's markup or comment has a say in which lines of another one are headings; `hides` that
    some lines with the form of a heading are none.
    """

    parts: tuple[RawSection, ...]
    reach: tuple[int, int]
    apart: bool
    hides: bool


@lru_cache(maxsize=_KEPT)
def outlines(_: str) -> list[_Outline]:
    """Return the list that the outline of a text is kept in once it is made, from the text alone or from an edit."""
    return []


def _outline(wikitext: str) -> _Outline:
    known = outlines(wikitext)
    if not known:
        known.append(_read_outline(wikitext))
    return known[0]


def _read_outline(wikitext: str) -> _Outline:
    comments_count, hides, headings = _headings(wikitext)
    parts = _parts(wikitext, headings, [])
    reach = _reach([part.text for part in parts])
    apart = not (comments_count or "-->=" in wikitext or (hides and reach != _NOWHERE))
    return _Outline(parts=tuple(parts), reach=reach, apart=apart, hides=hides)


def _edited(outline: _Outline, old: str, new: str, ends: tuple[int, int] | None) -> _Outline | None:
    """Return the outline of an edited text, None where all of the text must be read to know it."""
    if not outline.apart:
        return None
    parts, (before, after) = outline.parts, ends or common_ends(old, new)
    # The line break before a heading and its first `=` must be shared for it to begin a section in both texts.
    first = max(bisect_left(parts, before, key=_start) - 1, 0)
    last = bisect_left(parts, len(old) - after + 1, first + 1, key=_start)
    end = parts[last].start if last < len(parts) else len(old)
    start, moved = parts[first].start, len(new) - len(old)
    middle = new[start : end + moved]
    comments_count, hides, headings = _headings(middle)
    if comments_count or "-->=" in middle:
        return None
    ancestors = _ancestors(parts[1:first], [])
    lead, *inner = _parts(middle, headings, list(ancestors), start)
    if not first:
        inner.insert(0, lead)
    elif lead.text:  # its heading is none any more
        return None
    reach, hides = _edited_reach(outline, first, last, inner), hides or outline.hides
    if reach is None or (hides and reach != _NOWHERE):
        return None
    # What follows keeps its paths where the first heading of it does.
    behind = parts[last : last + 1]
    if behind and _ancestors([*inner, *behind], list(ancestors)) != _ancestors(
        (*parts[first:last], *behind), ancestors
    ):
        return None
    return _Outline(
        parts=(*parts[:first], *inner, *(_moved(part, moved) for part in parts[last:])),
        reach=reach,
        apart=True,
        hides=hides,
    )


def _edited_reach(outline: _Outline, first: int, last: int, inner: Sequence[RawSection]) -> tuple[int, int] | None:
    """Return where markup reaches once some sections are replaced; None where it does in and outside of these."""
    begin, stop = outline.reach
    pieces = [part.text for part in inner]
    own = _reach(pieces)
    if outline.reach == _NOWHERE or (first <= begin and stop <= last):
        if own == _NOWHERE:
            return own
        return None if last < len(outline.parts) and _is_endless(pieces) else (own[0] + first, own[1] + first)
    if own != _NOWHERE or (first < stop and begin < last):
        return None
    moved = len(inner) - (last - first) if begin >= last else 0
    return begin + moved, stop + moved


def _start(part: RawSection) -> int:
    return part.start


def _moved(part: RawSection, by: int) -> RawSection:
    """Return a section that stands elsewhere; its strings are shared, so that their hashes are known."""
    return RawSection(
        path=part.path, level=part.level, start=part.start + by, text=part.text, body_at=part.body_at, body=part.body
    )


def _ancestors(parts: Iterable[RawSection], path: list[tuple[int, str]]) -> list[tuple[int, str]]:
    """Update the open headings, each with its level, by some sections, and return them."""
    for part in parts:
        if part.level:
            _open(path, part.level, part.path[-1])
    return path


def _open(path: list[tuple[int, str]], level: int, heading: str) -> None:
    while path and path[-1][0] >= level:
        path.pop()
    path.append((level, heading))


def _parts(
    wikitext: str, headings: Iterable[tuple[int, int, int, str]], path: list[tuple[int, str]], base: int = 0
) -> list[RawSection]:
    """Cut a text that begins at `base` before its headings; `path` are the headings that are open at its start."""
    parts: list[RawSection] = []
    begun, after, level = 0, 0, 0
    for start, end, depth, heading in (*headings, (len(wikitext), len(wikitext), 0, "")):
        words = tuple(title for _, title in path)
        parts.append(
            RawSection(path=words, level=level, start=base + begun, text=wikitext[begun:start], body_at=after - begun)
        )
        _open(path, depth, heading)
        begun, after, level = start, end, depth
    return parts


def _headings(text: str) -> tuple[bool, bool, list[tuple[int, int, int, str]]]:
    """Return whether a comment touches a heading's line, and whether markup hides one.

    Then start and end of each such line, its level and plain words.
    """
    candidates = [*_candidates(text)]
    touched = "<!--" in text and ("-->=" in text or any(_opens_comment(text, *span) for span in candidates))
    if touched:
        text = _with_headings_freed(text)
        candidates = [*_candidates(text)]
    lines = [(start, end, *result) for start, end in candidates if (result := _heading(text[start:end]))]
    if not lines:
        return touched, False, []
    hidden = _hidden(text, [start for start, *_ in lines])
    headings = [(start, end, level, _words(raw)) for start, end, level, raw in lines if start not in hidden]
    return touched, bool(hidden), headings


def _with_headings_freed(text: str) -> str:
    """Blank the comments of a text in which one touches a heading's line and reaches beyond it."""
    parts: list[str] = []
    at = 0
    for start, end in comments(text):
        before = text.rfind("\n", 0, start) + 1
        # A comment at the beginning of a line goes to the line before it, so that `=` begins the line.
        begins_line = not text[before:start].strip(_COMMENTED + " \t") and text.startswith("=", end)
        parts += (text[at:start], _COMMENTED * (end - start - 1) + "\n" if begins_line else _COMMENTED * (end - start))
        at = end
    return "".join((*parts, text[at:]))


def _opens_comment(text: str, start: int, end: int) -> bool:
    """Return whether a comment that begins in a line ends beyond it."""
    return text.rfind("<!--", start, end) > text.rfind("-->", start, end)


def _candidates(text: str) -> Iterator[tuple[int, int]]:
    """Yield the spans of the lines that begin with `=`."""
    at = 0 if text.startswith("=") else text.find("\n=") + 1
    while at or text.startswith("="):
        # Preprocessor: `=` begins a heading at the beginning of a line only, without a blank before it.
        end = text.find("\n", at)
        yield at, len(text) if end < 0 else end
        at = text.find("\n=", at) + 1
        if not at:
            return


@lru_cache(maxsize=_KEPT_PIECES)
def _heading(line: str) -> tuple[int, str] | None:
    """Return level and wikitext of a heading line: the shorter run of `=` counts, the rest is part of the heading."""
    if plain := _COMMENTED not in line and _PLAIN_HEADING.fullmatch(line):
        return len(plain[1]), plain[2]
    line = _COMMENT.sub("", line.replace(_COMMENTED, "")).strip()
    left = len(line) - len(line.lstrip("="))
    right = len(line) - len(line.rstrip("="))
    # Preprocessor: of a line of `=` alone the middle one or two are the text: `=====` is a heading "=" of level 2.
    if left == len(line):
        left = right = (len(line) - 1) // 2
    level = min(left, right, _DEEPEST)
    return (level, line[level:-level].strip()) if level else None


@lru_cache(maxsize=_KEPT_PIECES)
def _words(raw: str) -> str:
    if _MARKUP.isdisjoint(raw):
        return " ".join(raw.split())
    harmless, _ = sanitize(raw)
    return plain_text(mwparserfromhell.parse(harmless, skip_style_tags=True)) or " ".join(raw.split())


def _hidden(text: str, starts: list[int]) -> set[int]:
    """Return those of the line starts that lie inside other markup."""
    edges = [0, *starts, len(text)]
    first, last = _reach([text[begin:end] for begin, end in pairwise(edges)])
    result: set[int] = set()
    spans = iter(enclosing_spans(text[edges[first] : edges[last]])) if first < last else iter(())
    span = next(spans, None)
    for start in starts[first : last - 1] if first < last else ():
        while span and span[1] <= start - edges[first]:
            span = next(spans, None)
        if span and span[0] < start - edges[first]:
            result.add(start)
    return result


def self_contained_pieces(wikitext: str) -> list[tuple[str, int]]:
    """Return a text in pieces out of which no markup reaches, each with its start: nearly always its sections."""
    outline = _outline(wikitext)
    parts, (first, last) = outline.parts, outline.reach
    pieces = [(part.text, part.start) for part in parts]
    if first < last:
        begin, end = parts[first].start, parts[last - 1].start + len(parts[last - 1].text)
        pieces[first:last] = [(wikitext[begin:end], begin)]
    return pieces


def _reach(pieces: Sequence[str]) -> tuple[int, int]:
    """Return from which to which piece markup may reach that begins in one and ends in another."""
    outside = [number for number, piece in enumerate(pieces) if not _self_contained(piece)]
    if not outside:
        return 0, 0
    return outside[0], len(pieces) if _is_endless(pieces) else outside[-1] + 1


def _is_endless(pieces: Sequence[str]) -> bool:
    """Return whether a comment or literal tag may hide what follows; other open markup closes with nothing behind."""
    return any(_HIDING.search(piece) for piece in pieces if not _self_contained(piece))


@lru_cache(maxsize=4096)
def _self_contained(piece: str) -> bool:
    """Return whether no markup reaches out of a piece of text: counting is ten times faster than looking."""
    # A piece without the opener is not asked for the closer: what reaches into it reaches out of another one.
    if piece.count("{{") != piece.count("}}") or piece.rfind("{{") > piece.rfind("}}"):
        return False
    if (opened := piece.count("<!--")) and (opened != piece.count("-->") or piece.rfind("<!--") > piece.rfind("-->")):
        return False
    if (opened := piece.count("\n{|")) and opened != piece.count("\n|}") - piece.count("\n|}}"):
        return False
    opened = 0
    for slash, inside in _TAGS.findall(piece):
        if slash:
            opened -= 1
        elif inside[-1:] != "/":
            opened += 1
    return not opened


def blocks(part: RawSection) -> Iterator[Block]:
    """Yield the blocks of a section's body in order; together they hold all its text but blank lines.

    A list item is a block of its own, so that an edit in a long list costs one item. A heading with a reference is one.
    """
    if heading := part.heading_with_reference:
        yield Block(text=heading, start=part.start, path=part.path)
    base = part.start + part.body_at
    for begin, end in _block_spans(part.body):
        yield Block(text=part.text[begin + part.body_at : end + part.body_at], start=base + begin, path=part.path)


@lru_cache(maxsize=_KEPT_PIECES)
def _block_spans(body: str) -> tuple[tuple[int, int], ...]:
    """Return start and end of each block of a section's body."""
    if len(body) < _LONG and "\n" not in body.strip("\n"):
        return tuple(_split_paragraph(body, 0, len(body), ()))
    return _spans_by_parts(body) or tuple(_spans_within(body, enclosing_spans(body)))


def _spans_by_parts(body: str) -> tuple[tuple[int, int], ...]:
    """Return the blocks of what stands between blank lines, nearly all of it known; () where markup goes beyond one."""
    result: list[tuple[int, int]] = []
    start = 0
    # The shorter has no more tokens than are read at once, whether in one or in parts.
    ends = (*(match.end() for match in _BLANK_LINES.finditer(body)), len(body)) if len(body) <= MOST_TOKENS else ()
    for end in ends:
        spans = _spans_of_part(body[start:end])
        if spans is None or len(result) + len(spans) >= _MOST_PIECES:
            return ()
        result += ((begin + start, stop + start) for begin, stop in spans)
        start = end
    return tuple(result)


@lru_cache(maxsize=_KEPT_PARTS)
def _spans_of_part(part: str) -> tuple[tuple[int, int], ...] | None:
    enclosed = closed_spans(part)
    return None if enclosed is None else tuple(_spans_within(part, enclosed))


def _spans_within(body: str, enclosed: Sequence[tuple[int, int]]) -> Iterator[tuple[int, int]]:
    """Yield start and end of each block of a text with the outermost constructs `enclosed`."""
    count = 0
    spans = iter(enclosed)
    span = next(spans, None)
    begin, at = 0, 0
    while at < len(body) and count < _MOST_PIECES:
        newline = body.find("\n", at)
        while span and newline >= 0 and span[1] <= newline:
            span = next(spans, None)
        if span and newline >= 0 and span[0] < newline:
            at = span[1]
            continue
        end = len(body) if newline < 0 else newline
        if newline < 0 or _ends_block(body, begin, newline + 1):
            for block in _split_paragraph(body, begin, end, enclosed):
                count += 1
                yield block
            begin = end + 1
        at = end + 1
    yield from _split_paragraph(body, begin, len(body), enclosed)


def _split_paragraph(body: str, begin: int, end: int, spans: Sequence[tuple[int, int]]) -> Iterator[tuple[int, int]]:
    """Split a long paragraph after footnotes that close a sentence, so that an edit costs the sentences around it.

    What follows the footnote has other sources. Bold and italics must close in each piece, as they end with the line.
    """
    text = body[begin:end].lstrip("\n")
    begin, end = end - len(text), end - len(text) + len(text.rstrip("\n"))
    if end - begin >= _LONG and body[begin] not in _NO_PARAGRAPH:
        quotes, counted = 0, begin
        for footnote in _AFTER_FOOTNOTE.finditer(body, begin, end):
            at = footnote.end()
            quotes, counted = quotes + body.count("''", counted, at), at
            around = bisect_right(spans, (at, at)) - 1
            inside = around >= 0 and spans[around][1] > at
            if not inside and quotes % 2 == 0 and _closes_sentence(body, begin, at):
                yield begin, at
                begin, quotes = at, 0
    if begin < end:
        yield begin, end


def _closes_sentence(body: str, begin: int, at: int) -> bool:
    """Return whether the footnotes that end before `at` follow a full stop that belongs to no abbreviation."""
    first = body.rfind("<ref", begin, at)
    while first > begin and body[first - 1] == ">" and (before := body.rfind("<ref", begin, first)) >= 0:
        first = before
    return first > begin and _STOP.search(body[max(begin, first - 8) : first]) is not None


def _ends_block(body: str, begin: int, following: int) -> bool:
    """Return whether the line that starts at `following` begins something new."""
    if following >= len(body):
        return True
    # BlockLevelPass: a list item ends with its line, a paragraph with an empty line, a list or an indented line.
    first = body[following]
    return first in _APART or body[begin] in _LIST or body.startswith(_BOXES, following)
