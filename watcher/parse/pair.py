"""Parse two texts, each only in what differs; bound the work for very large edits and report what was left out."""

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
_MIN_PATH_LENGTH = 8  # characters of a path that is not in every address
_MIN_LETTERS = 12  # of the longest words of a note, which single it out
_MANY_SOURCES = 100  # the text is cut into words for them: each searched alone would make a square of a flood
_MIN_BODY_LENGTH = 30  # characters by which a section is known under another heading
_SHOWS_IMAGES = ("[[", "<gallery", "{{")


def parse_pair(
    old: str, new: str, dialect: Dialect = _ENGLISH, pinned: Sequence[str] = (), *, with_facts: bool = True
) -> tuple[Document, Document]:
    """Read of each text the blocks that the other lacks; equal blocks are not parsed at all.

    Sections are listed in full. A block in both texts but in another section is read where it may show a figure, which
    may have been moved, and always where it may hold one of the sentences of `pinned`. Statistics and claims are read
    of the sentences that the other text lacks; of none without `with_facts`.
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
    """Return the blocks of either side that the other lacks, in order."""
    # Sections that begin and end both texts are not counted.
    first, last = common_ends(*([(part.wikitext, part.path) for part in side] for side in (old, new)))
    current, other = _more_often_in(
        old[first : len(old) - last],
        new[first : len(new) - last],
        lambda part: (part.path, part.body, heading_with_reference(part)),
    )
    # A section that goes by another path is paired by what it holds: nothing in it moved of its own.
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
    """Return the sections of either side that do not occur as often on the other one."""
    keys = [key(part) for part in old], [key(part) for part in new]
    own, other = map(Counter, keys)
    return (
        [part for part, item in zip(old, keys[0], strict=True) if own[item] != other[item]],
        [part for part, item in zip(new, keys[1], strict=True) if other[item] != own[item]],
    )


def _unmatched(blocks: Sequence[Block], other: Sequence[Block]) -> list[Block]:
    """Return the blocks without an equal on the other side; one that may show a figure must be in the same section."""
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
    """Return the chosen blocks and those that have most words of a pinned sentence, in document order."""
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
    """Return the sentences of the blocks that have most words of a pinned sentence; nothing else is parsed."""
    chosen = _with_pinned((), split_sections(visible(text)), pinned)
    return [sentence.text for _, analysis in analyse_blocks(chosen, dialect) for sentence in analysis.sentences]


def _contains_words(text: str, words: set[str]) -> bool:
    folded = text.casefold()
    # It may have been reworded since.
    return sum(word in folded for word in words) >= 0.7 * len(words)


def _with_parts(references: Iterable[Reference]) -> Iterator[Reference]:
    """Yield references and what joint notes cite beside their first work."""
    for reference in references:
        yield from (reference, *reference.parts)


def _still_cited(
    sources: Sequence[Reference],
    changed: set[str],
    parts: Sequence[Section],
    chosen: Sequence[Block],
    dialect: Dialect,
) -> frozenset[str]:
    """Return the identities of the sources, of either side, that a text also cites outside the chosen blocks."""
    read = {block.start for block in chosen}
    requested = {
        ref.source: words
        for ref in sources
        if ref.source in changed
        and (words := Guard().run(partial(_search_terms, ref), otherwise=(), element="a reference"))
    }

    # Cut once for all sources: an edit may bring thousands of notes in the same few words.
    @cache
    def unread(part: Section) -> list[Block]:
        return [block for block in blocks(part) if block.start not in read]

    if len(requested) > _MANY_SOURCES:
        written = {word for part in parts for block in unread(part) for word in _WORD.findall(block.text)}
        requested = {
            source: words for source, words in requested.items() if written.issuperset(_WORD.findall(" ".join(words)))
        }

    def holding(words: Sequence[str]) -> Iterator[Block]:
        """Yield the unread blocks that contain a source's address, or all of these words."""
        for part in parts:
            if all(word in part.wikitext for word in words):
                yield from (block for block in unread(part) if all(word in block.text for word in words))

    def cited(block: Block) -> set[str]:
        """Return what a block cites; nothing where it cannot be read: that is reported where the block differs."""
        return Guard().run(
            lambda: {ref.source for ref in _with_parts(analyse(block.text, dialect).references)},
            otherwise=set[str](),
            element="a paragraph",
        )

    # Eight blocks are parsed to learn whether a source is still cited.
    return frozenset(
        source
        for source, words in requested.items()
        if any(source in cited(block) for block in islice(holding(words), 8))
    )


def _search_terms(ref: Reference) -> Sequence[str]:
    """Return what the wikitext of any citation of the same source must contain; nothing where that is in every note."""
    if ref.url:
        address, _, query = normal_url(ref.url).partition("?")
        path = address.partition("/")[2]
        return [path if len(path) >= _MIN_PATH_LENGTH else query or address]
    # Words alone: a link or italics may begin between any two of them.
    longest = sorted(set(_WORD.findall(ref.title or ref.text)), key=lambda word: (-len(word), word))[:3]
    return longest if sum(map(len, longest)) >= _MIN_LETTERS else ()


_LONG_BOX = 700  # characters of a template
_LONG = 1_500  # characters of a table that is worth thinning
_TABLE = re.compile(r"^[ \t:]*\{\|", re.MULTILINE)
_ROW = re.compile(r"\n[ \t]*\|(?:-|\}(?!\}))")
# A cell that spans rows labels those below it (Help:Tables).
_ROWSPAN = re.compile(r"rowspan\s*+=\s*+(?:[\"']\s*+)?(\d{1,9})", re.IGNORECASE)
_WIDTH = re.compile(r"\b(?:width|align)\s*+[=:]\s*+[\"']?+[\w.%]++")  # of a column, which says nothing of its cells
_TEMPLATE = re.compile(r"\{\{([^{}|\[\]<>]++)(?=\||<!--)")
_BAR = re.compile(r"\|")
_NAMED = re.compile(r"\|\s*+([^=|{}\[\]<>\n]++)\s*+=")
_CELL = re.compile(r"\n[ \t]*\|(?!-)|^[ \t]*\|(?!-)")
_Key = tuple[tuple[str, ...], str, str]


@dataclass(frozen=True, slots=True)
class _Row:
    """A row or parameter of a block: its position, and the key that equal ones of the other side share."""

    start: int
    end: int
    key: _Key


def blank_common_rows(old: Sequence[Block], new: Sequence[Block]) -> tuple[list[Block], list[Block]]:
    """Return the blocks with equal rows of tables and parameters of boxes made blank, which saves their parsing.

    Positions stay what they are. Rows that label others (heads, rows that span the next ones) stay, and so do
    parameters that may belong to an image.
    """
    left, right = _all_rows(old), _all_rows(new)
    if not any(left) or not any(right):
        return list(old), list(new)
    both = Counter(row.key for rows in left for row in rows) & Counter(row.key for rows in right for row in rows)
    return _with_blanks(old, left, both), _with_blanks(new, right, both)


def blank_rows(block: Block, is_blank: Callable[[str], bool]) -> Block:
    """Return a block with those rows of its table made blank that may be left out and whose wikitext `is_blank`."""
    rows = [row for row in _rows(block) if is_blank(row.key[2])]
    return _with_blanks([block], [rows], Counter(row.key for row in rows))[0]


def _all_rows(blocks: Sequence[Block]) -> list[tuple[_Row, ...]]:
    """Return what may be left out of each block; equal boxes in a section are told apart by their order."""
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
    """Yield the named parameters of a template that begins a line of a block, without those of images."""
    text = block.text
    cuts = [*_outside(_BAR, text[begin:end], begin), end]
    named = [(start, stop, match) for start, stop in pairwise(cuts) if (match := _NAMED.match(text, start, stop))]
    often = Counter(match[1].rstrip() for _, _, match in named)
    for start, stop, match in named:
        name = match[1].rstrip()
        # Of a parameter given twice MediaWiki takes the last, so neither may be left out.
        if often[name] == 1 and not is_image_parameter(name, text[match.end() : stop]):
            yield _Row(start, stop, (block.path, box, text[start:stop].strip()))


def _outside(mark: re.Pattern[str], inside: str, begin: int) -> Iterator[int]:
    """Yield the positions of a mark in a text that begins at `begin`, outside of enclosing markup."""
    spans = iter(enclosing_spans(inside))
    span = next(spans, None)
    for match in mark.finditer(inside):
        while span and span[1] <= match.start():
            span = next(spans, None)
        if not (span and match.start() >= span[0]):
            yield begin + match.start()


def _rows(block: Block) -> Iterator[_Row]:
    """Yield the rows of a long table that may be left out: with cells, under a head, not spanned from above."""
    text = block.text
    opening = _TABLE.search(text) if len(text) >= _LONG else None
    if opening is None:
        return
    cuts: list[int] = []  # where the rows of the table begin that was opened, without nested ones; last its end
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


_MOST_BLOCKS_OF_A_SECTION = 2_000  # changed paragraphs, list items, pictures
_MOST_SECTIONS = 1_000  # that the other text lacks; a flood of 100,000 headings took 5 s when all were read


def limit_blocks(chosen: list[Block], common: AbstractSet[tuple[str, ...]]) -> tuple[list[Block], tuple[Unread, ...]]:
    """Return the blocks that are read, in order: the first of each section, sections in `common` before all others."""
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
    """Return the sections that are compared: those that the other text has, and the first of those that it lacks."""
    cut = [part for part in parts if part.path not in other][_MOST_SECTIONS:]
    if not cut:
        return [*parts], ()
    dropped = {part.location.start for part in cut}
    result = [part for part in parts if part.path in other or part.location.start not in dropped]
    reason = f"{LIMIT}{_MOST_SECTIONS:,} sections added or removed"
    return result, (Unread(reason=reason, location=cut[0].location),)
