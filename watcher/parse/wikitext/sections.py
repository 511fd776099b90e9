"""Split wikitext into sections, and sections into blocks, without parsing either."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from functools import lru_cache
from itertools import pairwise
from typing import NamedTuple

from watcher.model import Location, Section
from watcher.parse.citations.plain_text import plain_text
from watcher.parse.template_names import LITERAL, alternatives
from watcher.parse.wikitext.brackets import closed_spans, enclosing_spans
from watcher.parse.wikitext.sanitizer import parse_tree, sanitize

_BEGINS_HEADING = re.compile(r"\n(=[^\n]*)")
_PLAIN_HEADING = re.compile(r"(={1,6})[ \t]*([^=\s<](?:[^=\n<]*[^=\s<])?)[ \t]*\1[ \t]*")
# MediaWiki removes comments before it looks for headings (Preprocessor_Hash); one may continue on the next lines.
_COMMENT = re.compile(r"<!--(?:[^-\n]++|-(?!->))*+(?:-->|(?=\n)|\Z)")
_TAGS = re.compile(rf"<(?:(!--)|(/?)(?i:ref|references|blockquote|table|{alternatives(LITERAL)})\b([^<>]*)>)")
_HIDING = re.compile(rf"<(?:!--|(?:ref|{alternatives(LITERAL)})\b)", re.IGNORECASE)
_REF = re.compile(r"<ref\b", re.IGNORECASE)
_MARKUP = frozenset("[]{}<>'&_")
_LIST = frozenset("*#:;")  # list markers count only at the beginning of a line (Help:Lists)
_APART = frozenset("*#:;\n ")  # a line that begins with a space is preformatted text (Help:Formatting)
_BOXES = ("{|", "{{", "[[File:", "[[Image:", "<gallery", "<blockquote")
_LONG = 600  # characters of a paragraph that is worth splitting
_NO_PARAGRAPH = frozenset("*#:; {<!=|")
# The pattern begins with one character, which the engine finds ten times as fast as one of two.
_AFTER_FOOTNOTE = re.compile(r">(?:(?<=</ref>)|(?<=/>)) +(?=[A-ZÀ-ÞΑ-ΩА-Я])")
# The end of a sentence before footnotes: three letters before the stop, so that "Dr." and "U.S." do not match.
_STOP = re.compile(r"(?:[^\W\d_A-Z]{3}|[\d)\]%])[.!?][\"”’)]?\Z")
_MANY_PARAGRAPHS = 1_000  # of a section; with more, its text is scanned as a whole
_MOST_PIECES = 60_000  # of a section; the rest is one piece: 2 MB of vandalism made 660,000 blocks


class Block(NamedTuple):
    """A paragraph, list item, table or template box; `start` is its offset in the article, in characters."""

    text: str
    start: int
    path: tuple[str, ...]

    def moved(self, inside: Location) -> Location:
        """Return the location in the article of a location in the block."""
        return Location(section=self.path, start=inside.start + self.start, end=inside.end + self.start)


def split_sections(wikitext: str) -> tuple[Section, ...]:
    r"""Return the sections of a text in order, the lead first (path `()`, level 0). Headings in markup do not count.

    >>> [part.path for part in split_sections("Lead.\n== A ==\nx\n=== B ===\n<!--\n== C ==\n-->")]
    [(), ('A',), ('A', 'B')]
    """
    return outline(wikitext)[0]


@lru_cache(maxsize=64)  # both sides of a few dozen articles
def outline(wikitext: str) -> tuple[tuple[Section, ...], tuple[int, int]]:
    """Return the sections of a text, and the range of them in which markup may extend from one into another."""
    # Preprocessor: `=` begins a heading only at the beginning of a line, without a blank before it.
    candidates = ((line.start(1) - 1, line.end(1) - 1) for line in _BEGINS_HEADING.finditer("\n" + wikitext))
    lines = [(*span, *heading) for span in candidates if (heading := _heading(wikitext[slice(*span)]))]
    edges = [0, *(start for start, *_ in lines), len(wikitext)]
    pieces = [wikitext[begin:end] for begin, end in pairwise(edges)]
    reach = _reach(pieces)
    # Headings inside other markup begin no section.
    first, last = reach
    base = edges[first]
    spans = [(base + begin, base + end) for begin, end in enclosing_spans(wikitext[base : edges[last]])]
    ends = [end for _, end in spans]
    around = ((start, bisect_right(ends, start)) for start in edges[first + 1 : last])
    if hidden := {start for start, at in around if at < len(spans) and spans[at][0] < start}:
        lines = [line for line in lines if line[0] not in hidden]
        edges = [0, *(start for start, *_ in lines), len(wikitext)]
        pieces = [wikitext[begin:end] for begin, end in pairwise(edges)]
        reach = _reach(pieces)
    lead = Location(end=len(pieces[0]))
    parts = [Section(path=(), level=0, body=pieces[0], wikitext=pieces[0], location=lead)]
    path: list[tuple[int, str]] = []
    for (start, end, level, raw), text in zip(lines, pieces[1:], strict=True):
        while path and path[-1][0] >= level:
            path.pop()
        path.append((level, _words(raw)))
        words = tuple(title for _, title in path)
        location = Location(section=words, start=start, end=start + len(text))
        parts.append(Section(path=words, level=level, body=text[end - start :], wikitext=text, location=location))
    return tuple(parts), reach


@lru_cache(maxsize=2048)
def _heading(line: str) -> tuple[int, str] | None:
    """Return the level and text of a heading line, or None. The shorter run of `=` counts; the rest of them is text."""
    if plain := _PLAIN_HEADING.fullmatch(line):
        return len(plain[1]), plain[2]
    line = _COMMENT.sub("", line).strip()
    left = len(line) - len(line.lstrip("="))
    right = len(line) - len(line.rstrip("="))
    # Preprocessor: in a line of only `=`, the middle one or two are the text: `=====` is a heading "=" of level 2.
    if left == len(line):
        left = right = (len(line) - 1) // 2
    level = min(left, right, 6)  # MediaWiki reads a seventh `=` as text
    return (level, line[level:-level].strip()) if level else None


@lru_cache(maxsize=2048)
def _words(raw: str) -> str:
    if _MARKUP.isdisjoint(raw):
        return " ".join(raw.split())
    harmless, _ = sanitize(raw)
    return plain_text(parse_tree(harmless)) or " ".join(raw.split())


def self_contained_pieces(wikitext: str) -> list[tuple[str, int]]:
    """Return a text in pieces, with their starts, beyond which no markup extends: nearly always its sections."""
    parts, (first, last) = outline(wikitext)
    pieces = [(part.wikitext, part.location.start) for part in parts]
    if first < last:
        begin, end = parts[first].location.start, parts[last - 1].location.end
        pieces[first:last] = [(wikitext[begin:end], begin)]
    return pieces


def _reach(pieces: Sequence[str]) -> tuple[int, int]:
    """Return the range of pieces in which markup may extend from one into another; (0, 0) if there is none."""
    outside = [number for number, piece in enumerate(pieces) if not _self_contained(piece)]
    if not outside:
        return 0, 0
    # An open comment, footnote or literal tag may hide all that follows; other markup ends with the last open piece.
    endless = any(_HIDING.search(pieces[number]) for number in outside)
    return outside[0], len(pieces) if endless else outside[-1] + 1


@lru_cache(maxsize=4096)
def _self_contained(piece: str) -> bool:
    """Return whether no markup extends beyond a piece of text, by counting: that is ten times faster than scanning."""
    # Without an opener, the closer is not counted: markup that it closes extends beyond another piece.
    doubled = piece.count("{{")
    if doubled != piece.count("}}") or piece.rfind("{{") > piece.rfind("}}"):
        return False
    tables = piece.count("\n{|") if piece.count("{") != 2 * doubled else 0  # a single brace may begin a table
    if tables and tables != piece.count("\n|}") - piece.count("\n|}}"):
        return False
    opened = 0
    comments = 0
    for comment, slash, inside in _TAGS.findall(piece):
        if comment:
            comments += 1
        elif slash:
            opened -= 1
        elif inside[-1:] != "/":
            opened += 1
    if comments and (comments != piece.count("-->") or piece.rfind("<!--") + len("<!--") > piece.rfind("-->")):
        return False
    return not opened


def blocks(part: Section) -> Iterator[Block]:
    """Yield the blocks of a section in order; together they contain all of its body except blank lines.

    Each list item is a block, so that an edit to a long list costs one item. So is a heading with a reference.
    """
    if heading := heading_with_reference(part):
        yield Block(text=heading, start=part.location.start, path=part.path)
    base = part.location.end - len(part.body)
    for begin, end in _block_spans(part.body):
        yield Block(text=part.body[begin:end], start=base + begin, path=part.path)


def heading_with_reference(part: Section) -> str:
    """Return the heading line of a section if it has a reference, else an empty string."""
    line = part.wikitext[: len(part.wikitext) - len(part.body)]
    return line.strip() if "<" in line and _REF.search(line) else ""


@lru_cache(maxsize=2048)
def _block_spans(body: str) -> tuple[tuple[int, int], ...]:
    """Return the start and end of each block of a section's body."""
    if len(body) < _LONG and "\n" not in body.strip("\n"):
        return tuple(_split_paragraph(body, 0, len(body), ()))
    if body.count("\n\n") > _MANY_PARAGRAPHS:
        return _spans_in(body, enclosing_spans(body))
    result: list[tuple[int, int]] = []
    at = 0
    for paragraph in body.split("\n\n"):
        own = _spans_of_paragraph(paragraph)
        if own is None or len(result) + len(own) > _MOST_PIECES:
            return _spans_in(body, enclosing_spans(body))
        result += ((begin + at, end + at) for begin, end in own)
        at += len(paragraph) + len("\n\n")
    return tuple(result)


@lru_cache(maxsize=4096)
def _spans_of_paragraph(text: str) -> tuple[tuple[int, int], ...] | None:
    """Return the block spans of a text without empty lines; None if markup extends beyond it.

    Both sides of a comparison share most paragraphs of a section, so the cache saves scanning them twice.
    """
    enclosed = closed_spans(text)
    return None if enclosed is None else _spans_in(text, enclosed)


def _spans_in(body: str, enclosed: Sequence[tuple[int, int]]) -> tuple[tuple[int, int], ...]:
    """Return the start and end of each block of a text with these enclosing spans."""
    result: list[tuple[int, int]] = []
    spans = iter(enclosed)
    span = next(spans, None)
    begin, at = 0, 0
    while at < len(body) and len(result) < _MOST_PIECES:
        newline = body.find("\n", at)
        while span and newline >= 0 and span[1] <= newline:
            span = next(spans, None)
        if span and newline >= 0 and span[0] < newline:
            at = span[1]
            continue
        end = len(body) if newline < 0 else newline
        at = end + 1
        # BlockLevelPass: a list item ends with its line, a paragraph with an empty line, a list or an indented line.
        if at >= len(body) or body[at] in _APART or body[begin] in _LIST or body.startswith(_BOXES, at):
            result += _split_paragraph(body, begin, end, enclosed)
            begin = at
    result += _split_paragraph(body, begin, len(body), enclosed)
    return tuple(result)


def _split_paragraph(body: str, begin: int, end: int, spans: Sequence[tuple[int, int]]) -> Iterator[tuple[int, int]]:
    """Yield the spans of a paragraph; a long one is split after footnotes that end a sentence, to make edits cheap.

    The text after such a footnote has other sources. Bold and italics must close in each piece: they end with the line.
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
            if inside or quotes % 2:
                continue
            first = body.rfind("<ref", begin, at)  # of the footnotes that end here
            while first > begin and body[first - 1] == ">" and (before := body.rfind("<ref", begin, first)) >= 0:
                first = before
            if first > begin and _STOP.search(body[max(begin, first - 8) : first]):
                yield begin, at
                begin, quotes = at, 0
    if begin < end:
        yield begin, end
