"""Parse only the parts in which two texts differ; limit the work for very large edits and report what was left out."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace
from functools import cache, partial
from itertools import islice, pairwise

from watcher.common_ends import common_ends
from watcher.model import Dialect, Document, Location, Reference, Section, Unread
from watcher.model.elements import LIMIT, Guard
from watcher.parse.citations.plain_text import normal_url, normalize_template_name
from watcher.parse.document import SentenceLimit, analyse, analyse_blocks, assemble
from watcher.parse.render.images import is_image_parameter
from watcher.parse.visibility import visible
from watcher.parse.wikitext.brackets import enclosing_spans
from watcher.parse.wikitext.sections import Block, blocks, heading_with_reference, split_sections

_ENGLISH = Dialect()
_WORD = re.compile(r"\w+")
_MIN_PATH_LENGTH = 8  # characters; shorter paths occur in too many URLs
_MIN_LETTERS = 12  # of the longest words of a note, which identify it
_MANY_SOURCES = 100  # from here on the text is split into words once: a search for each source would be quadratic
_MIN_BODY_LENGTH = 30  # characters that identify a section under another heading
_SHOWS_IMAGES = ("[[", "<gallery", "{{")


def parse_pair(
    old: str, new: str, dialect: Dialect = _ENGLISH, pinned: Sequence[str] = (), *, with_facts: bool = True
) -> tuple[Document, Document]:
    """Return the documents of two texts. Only the blocks that differ are parsed.

    Sections are listed even if they are equal. A block that moved to another section is parsed if it may show a figure.
    A block that may contain a sentence of `pinned` is always parsed. Statistics and claims are read only from sentences
    that may differ, and from none without `with_facts`.
    """
    texts = visible(old), visible(new)
    parts = split_sections(texts[0]), split_sections(texts[1])
    common = {part.path for part in parts[0]} & {part.path for part in parts[1]}
    (own_parts, own_cut), (other_parts, other_cut) = (limit_sections(side, common) for side in parts)
    differing = _differing(own_parts, other_parts)
    (own, own_unread), (other, other_unread) = (limit_blocks(blocks, common) for blocks in differing)
    read = blank_common_rows(own, other)
    if pinned:
        read = _with_pinned(read[0], parts[0], pinned), _with_pinned(read[1], parts[1], pinned)
    elements = [[*analyse_blocks(blocks, dialect)] for blocks in read]
    old_sentences, new_sentences = (
        [(block.path, sentence) for block, analysis in side for sentence in analysis.sentences] for side in elements
    )
    limits = (SentenceLimit(old_sentences, new_sentences, common), SentenceLimit(new_sentences, old_sentences, common))
    documents = [
        assemble(text, listed, side, dialect, limit=limit, with_facts=with_facts)
        for text, listed, side, limit in zip(texts, (own_parts, other_parts), elements, limits, strict=True)
    ]
    sides = [[*_with_parts(document.references)] for document in documents]
    before, after = ({reference.source for reference in side} for side in sides)
    unread = (own_unread + own_cut, other_unread + other_cut)
    old_document, new_document = (
        replace(
            document,
            still_cited=_still_cited(sides[0] + sides[1], before ^ after, whole, blocks, dialect),
            unread=document.unread + more,
        )
        for document, whole, blocks, more in zip(documents, parts, read, unread, strict=True)
    )
    return old_document, new_document


def _differing(old: Sequence[Section], new: Sequence[Section]) -> tuple[list[Block], list[Block]]:
    """Return the blocks of each side that the other side lacks, in order."""
    # Skip the sections that both texts begin or end with.
    first, last = common_ends(*([(part.wikitext, part.path) for part in side] for side in (old, new)))
    current, other = _more_often_in(
        old[first : len(old) - last],
        new[first : len(new) - last],
        lambda part: (part.path, part.body, heading_with_reference(part)),
    )
    # A section under another path is paired by its body, as its blocks did not move by themselves.
    current, other = _more_often_in(
        current,
        other,
        lambda part: (
            (part.body, heading_with_reference(part))
            if len(part.body) > _MIN_BODY_LENGTH
            else (part.path, part.level, part.location.start, part.wikitext)
        ),
    )
    left, right = ([block for part in parts for block in blocks(part)] for parts in (current, other))
    return _unmatched(left, right), _unmatched(right, left)


def _more_often_in(
    old: Sequence[Section], new: Sequence[Section], key: Callable[[Section], object]
) -> tuple[list[Section], list[Section]]:
    """Return the sections of each side that do not occur as often on the other side."""
    keys = [key(part) for part in old], [key(part) for part in new]
    own, other = map(Counter, keys)
    return (
        [part for part, item in zip(old, keys[0], strict=True) if own[item] != other[item]],
        [part for part, item in zip(new, keys[1], strict=True) if other[item] != own[item]],
    )


def _unmatched(blocks: Sequence[Block], other: Sequence[Block]) -> list[Block]:
    """Return the blocks without an equal block on the other side; with a figure, that must be in the same section."""
    on_other_side = Counter(block.text for block in other)
    same_section = Counter((block.path, block.text) for block in other)
    current = Counter((block.path, block.text) for block in blocks)
    total = Counter(block.text for block in blocks)
    result = []
    for block in blocks:
        pictured = block.text.lstrip("*#:; ").startswith(_SHOWS_IMAGES)
        moved = pictured and current[block.path, block.text] != same_section[block.path, block.text]
        if moved or total[block.text] != on_other_side[block.text]:
            result.append(block)
    return result


def _with_pinned(chosen: Iterable[Block], parts: Iterable[Section], pinned: Sequence[str]) -> list[Block]:
    """Return the chosen blocks and those that contain most words of a pinned sentence, in document order."""
    requested = [set(_WORD.findall(quoted.casefold())) for quoted in pinned]
    result = {block.start: block for block in chosen}
    for part in parts:
        if not any(_contains_words(part.wikitext, words) for words in requested):
            continue
        for block in blocks(part):
            if any(_contains_words(block.text, words) for words in requested):
                result.setdefault(block.start, block)
    return [result[start] for start in sorted(result)]


def sentences_near(text: str, pinned: Sequence[str], dialect: Dialect = _ENGLISH) -> list[str]:
    """Return the sentences of the blocks that contain most words of a pinned sentence. No other block is parsed."""
    chosen = _with_pinned((), split_sections(visible(text)), pinned)
    return [sentence.text for _, analysis in analyse_blocks(chosen, dialect) for sentence in analysis.sentences]


def _contains_words(text: str, words: set[str]) -> bool:
    folded = text.casefold()
    # The pinned sentence may have been reworded since.
    return sum(word in folded for word in words) >= 0.7 * len(words)


def _with_parts(references: Iterable[Reference]) -> Iterator[Reference]:
    """Yield each reference, followed by the other works that its note cites."""
    for reference in references:
        yield from (reference, *reference.parts)


def _still_cited(
    sources: Sequence[Reference],
    changed: set[str],
    parts: Sequence[Section],
    chosen: Sequence[Block],
    dialect: Dialect,
) -> frozenset[str]:
    """Return the identities of the changed sources that a text also cites outside the chosen blocks."""
    read = {block.start for block in chosen}
    requested = {
        ref.source: words
        for ref in sources
        if ref.source in changed
        and (words := Guard().run(partial(_search_terms, ref), otherwise=(), element="a reference"))
    }

    # Cached for all sources: an edit may add thousands of notes with the same few words.
    @cache
    def unread(part: Section) -> list[Block]:
        return [block for block in blocks(part) if block.start not in read]

    if len(requested) > _MANY_SOURCES:
        written = {word for part in parts for block in unread(part) for word in _WORD.findall(block.text)}
        requested = {
            source: words for source, words in requested.items() if written.issuperset(_WORD.findall(" ".join(words)))
        }

    def holding(words: Sequence[str]) -> Iterator[Block]:
        """Yield the unread blocks that contain all search terms of a source."""
        for part in parts:
            if all(word in part.wikitext for word in words):
                yield from (block for block in unread(part) if all(word in block.text for word in words))

    def cited(block: Block) -> set[str]:
        """Return the sources that a block cites; none if it cannot be read, which is reported where it differs."""
        return Guard().run(
            lambda: {ref.source for ref in _with_parts(analyse(block.text, dialect).references)},
            otherwise=set[str](),
            element="a paragraph",
        )

    # At most eight blocks are parsed for one source.
    return frozenset(
        source
        for source, words in requested.items()
        if any(source in cited(block) for block in islice(holding(words), 8))
    )


def _search_terms(ref: Reference) -> Sequence[str]:
    """Return strings that every citation of the same source must contain; none if they are too common to search for."""
    if ref.url:
        address, _, query = normal_url(ref.url).partition("?")
        path = address.partition("/")[2]
        return [path if len(path) >= _MIN_PATH_LENGTH else query or address]
    # Single words, because a link or italics may begin between any two of them.
    longest = sorted(set(_WORD.findall(ref.title or ref.text)), key=lambda word: (-len(word), word))[:3]
    return longest if sum(map(len, longest)) >= _MIN_LETTERS else ()


_LONG_BOX = 700  # characters of a template
_LONG = 1_500  # characters of a table that is worth thinning
_TABLE = re.compile(r"^[ \t:]*\{\|", re.MULTILINE)
_ROW = re.compile(r"\n[ \t]*\|(?:-|\}(?!\}))")
# A cell that spans rows labels those below it (Help:Tables).
_ROWSPAN = re.compile(r"rowspan\s*+=\s*+(?:[\"']\s*+)?(\d{1,9})", re.IGNORECASE)
_WIDTH = re.compile(r"\b(?:width|align)\s*+[=:]\s*+[\"']?+[\w.%]++")  # says nothing about the cells of a column
_TEMPLATE = re.compile(r"\{\{([^{}|\[\]<>]++)(?=\||<!--)")
_BAR = re.compile(r"\|")
_NAMED = re.compile(r"\|\s*+([^=|{}\[\]<>\n]++)\s*+=")
_CELL = re.compile(r"\n[ \t]*\|(?!-)|^[ \t]*\|(?!-)")
_Key = tuple[tuple[str, ...], str, str]


@dataclass(frozen=True, slots=True)
class _Row:
    """A table row or template parameter of a block: its position, and the key that it shares with equal ones."""

    start: int
    end: int
    key: _Key


def blank_common_rows(old: Sequence[Block], new: Sequence[Block]) -> tuple[list[Block], list[Block]]:
    """Return the blocks with the table rows and box parameters that both sides have blanked, which saves parsing them.

    Positions do not change. Rows that label others (header rows, rows that span the next ones) are kept, and so are
    parameters that may belong to an image.
    """
    left, right = _all_rows(old), _all_rows(new)
    if not any(left) or not any(right):
        return list(old), list(new)
    both = Counter(row.key for rows in left for row in rows) & Counter(row.key for rows in right for row in rows)
    return _with_blanks(old, left, both), _with_blanks(new, right, both)


def blank_rows(block: Block, is_blank: Callable[[str], bool]) -> Block:
    """Blank the table rows of a block that may be left out and whose wikitext satisfies `is_blank`."""
    rows = [row for row in _rows(block) if is_blank(row.key[2])]
    return _with_blanks([block], [rows], Counter(row.key for row in rows))[0]


def _all_rows(blocks: Sequence[Block]) -> list[tuple[_Row, ...]]:
    """Return the rows of each block that may be left out. Boxes of one name in a section are told apart by order."""
    boxes: Counter[tuple[tuple[str, ...], str]] = Counter()
    result = []
    for block in blocks:
        text = block.text
        if len(text) < _LONG_BOX or not text.startswith("{{") or _TABLE.search(text):
            result.append(tuple(_rows(block)))
            continue
        rows: list[_Row] = []
        for start, end in enclosing_spans(text):
            opening = _TEMPLATE.match(text, start) if end - start >= _LONG_BOX else None
            if opening and (not start or text[start - 1] in "\n}"):
                box = block.path, normalize_template_name(opening[1])
                boxes[box] += 1
                rows += _parameters(block, opening.end(), end - len("}}"), f"{box[1]} {boxes[box]}")
        result.append(tuple(rows))
    return result


def _parameters(block: Block, begin: int, end: int, box: str) -> Iterator[_Row]:
    """Yield the named parameters between two positions of a block, except repeated ones and those of images."""
    text = block.text
    cuts = [*_outside(_BAR, text[begin:end], begin), end]
    named = [(start, stop, match) for start, stop in pairwise(cuts) if (match := _NAMED.match(text, start, stop))]
    often = Counter(match[1].rstrip() for _, _, match in named)
    for start, stop, match in named:
        name = match[1].rstrip()
        # If a parameter is given twice, MediaWiki uses the last one, so neither may be left out.
        if often[name] == 1 and not is_image_parameter(name, text[match.end() : stop]):
            yield _Row(start, stop, (block.path, box, text[start:stop].strip()))


def _outside(mark: re.Pattern[str], inside: str, begin: int) -> Iterator[int]:
    """Yield the positions of a mark outside enclosing markup, in a text that begins at `begin`."""
    spans = iter(enclosing_spans(inside))
    span = next(spans, None)
    for match in mark.finditer(inside):
        while span and span[1] <= match.start():
            span = next(spans, None)
        if not (span and match.start() >= span[0]):
            yield begin + match.start()


def _rows(block: Block) -> Iterator[_Row]:
    """Yield the rows of a long table that may be left out: no header, last row or row above a header, no rowspan."""
    text = block.text
    opening = _TABLE.search(text) if len(text) >= _LONG else None
    if opening is None:
        return
    cuts: list[int] = []  # starts of the rows of this table, not of nested ones; the last is its end
    for start in _outside(_ROW, text[opening.end() :], opening.end()):
        cuts.append(start)
        if text.startswith("}", text.find("|", start) + 1):
            break
    else:
        cuts.append(len(text))
    head, reached = "", 0
    for number, (start, end) in enumerate(pairwise(cuts)):
        row = text[start:end]
        spans = max((int(result[:4]) for result in _ROWSPAN.findall(row)), default=1)
        heading = _is_head(row)
        if heading:
            head = _WIDTH.sub("", row)
        last = number + 2 >= len(cuts)
        before_head = not last and _is_head(text[end : cuts[number + 2]])
        if not (heading or reached or spans > 1 or last or before_head):
            yield _Row(start, end, (block.path, head, row))
        reached = max(reached - 1, spans - 1, 0)


def _is_head(row: str) -> bool:
    """Return whether a row has header cells only."""
    after = row.find("\n", 1)
    return after < 0 or _CELL.search(row, after) is None


def _with_blanks(blocks: Sequence[Block], rows: Sequence[Sequence[_Row]], both: Counter[_Key]) -> list[Block]:
    left = both.copy()
    result = []
    for block, own in zip(blocks, rows, strict=True):
        pieces, at = [], 0
        for row in own:
            if left[row.key] > 0:
                left[row.key] -= 1
                pieces += [block.text[at : row.start], " " * (row.end - row.start)]
                at = row.end
        result.append(block._replace(text="".join((*pieces, block.text[at:]))) if pieces else block)
    return result


_MOST_BLOCKS_OF_A_SECTION = 2_000  # changed paragraphs, list items, images
_MOST_SECTIONS = 1_000  # that the other text lacks; without this limit, 100,000 headings took 5 s


def limit_blocks(chosen: list[Block], common: AbstractSet[tuple[str, ...]]) -> tuple[list[Block], tuple[Unread, ...]]:
    """Return the blocks to read (the first of each section, `common` sections first), in order, and what was cut."""
    if len(chosen) <= _MOST_BLOCKS_OF_A_SECTION:
        return chosen, ()
    sections: dict[tuple[str, ...], list[Block]] = {}
    for block in chosen:
        sections.setdefault(block.path, []).append(block)
    kept: set[int] = set()
    for path in sorted(sections, key=lambda item: (item not in common, len(sections[item]))):
        most = min(_MOST_BLOCKS_OF_A_SECTION, 6_000 - len(kept))
        kept.update(block.start for block in sections[path][:most])
    cut = next((block for block in chosen if block.start not in kept), None)
    if cut is None:
        return chosen, ()
    reason = f"{LIMIT}{_MOST_BLOCKS_OF_A_SECTION:,} changed paragraphs or list items"
    unread = Unread(reason=reason, location=cut.moved(Location(end=len(cut.text))))
    return [block for block in chosen if block.start in kept], (unread,)


def limit_sections(
    parts: Sequence[Section], other: AbstractSet[tuple[str, ...]]
) -> tuple[list[Section], tuple[Unread, ...]]:
    """Return the sections to compare (those in `other`, and the first of the rest) and what was cut."""
    cut = [part for part in parts if part.path not in other][_MOST_SECTIONS:]
    if not cut:
        return [*parts], ()
    dropped = {part.location.start for part in cut}
    result = [part for part in parts if part.path in other or part.location.start not in dropped]
    reason = f"{LIMIT}{_MOST_SECTIONS:,} sections added or removed"
    return result, (Unread(reason=reason, location=cut[0].location),)
