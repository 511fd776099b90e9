"""Two texts → two Documents that hold only what differs, so that the cost follows the edit."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from functools import partial
from itertools import islice

from watcher.model import Dialect, Document, Reference
from watcher.model.guard import Guard
from watcher.parse.blocks import analyse
from watcher.parse.document import assemble, read, scanned
from watcher.parse.flood import Telling, first_blocks, first_sections
from watcher.parse.identity import identity, normal_url
from watcher.parse.split import Block, Part, blocks, outline
from watcher.parse.thin import thinned

_ENGLISH = Dialect()
_WORD = re.compile(r"\w+")
_MOST_OF_IT = 0.7  # of the words of a pinned sentence, which may have been reworded since
_TELLING = 8  # characters of a path that is not in every address
_MOST_LOOKED_AT = 8
_TELLS = 30  # characters by which a section is known under another heading
_PICTURED = ("[[", "<gallery", "{{")


def parse_pair(
    old: str, new: str, dialect: Dialect = _ENGLISH, pinned: Sequence[str] = ()
) -> tuple[Document, Document]:
    """Read of each text the blocks that the other lacks; what both say alike is not parsed at all.

    Sections are listed in full. A block that stands on both sides but in another section is read where it may show a
    figure, which may have been moved, and always where it may hold one of the sentences of `pinned`.
    """
    before, after = outline(old), outline(new)
    common = {part.path for part in before} & {part.path for part in after}
    mine, theirs = _differing(before, after)
    (mine, unread), (theirs, unread_too) = first_blocks(mine, common), first_blocks(theirs, common)
    mine, theirs = thinned(mine, theirs)
    if pinned:
        mine, theirs = _with_pinned(mine, before, pinned), _with_pinned(theirs, after, pinned)
    left, right = [*read(mine, dialect)], [*read(theirs, dialect)]
    here, there = ([one for _, said in side for one in said.sentences] for side in (left, right))
    (listed, more), (listed_too, more_too) = first_sections(before, common), first_sections(after, common)
    one = assemble(old, listed, left, dialect, scan=scanned(old, before), telling=Telling(here, there, common))
    two = assemble(new, listed_too, right, dialect, scan=scanned(new, after), telling=Telling(there, here, common))
    apart = {ref.source for ref in one.references} ^ {ref.source for ref in two.references}
    standing = _standing(one.references, apart, before, mine, dialect)
    standing_too = _standing(two.references, apart, after, theirs, dialect)
    return (
        replace(one, standing=standing, unread=(*one.unread, *unread, *more)),
        replace(two, standing=standing_too, unread=(*two.unread, *unread_too, *more_too)),
    )


def _differing(old: Sequence[Part], new: Sequence[Part]) -> tuple[list[Block], list[Block]]:
    """The blocks of either side that the other lacks, in order."""
    here, there = _left(old, new, lambda part: (part.path, part.body, part.citing_heading))
    # A section that goes by another path is paired by what it holds: nothing in it moved of its own.
    here, there = _left(here, there, lambda part: (part.body, part.citing_heading) if len(part.body) > _TELLS else part)
    left, right = ([block for part in parts for block in blocks(part)] for parts in (here, there))
    return _unmatched(left, right), _unmatched(right, left)


def _left(old: Sequence[Part], new: Sequence[Part], key: Callable[[Part], object]) -> tuple[list[Part], list[Part]]:
    """The sections of either side that stand more often there than on the other one."""
    mine, theirs = Counter(map(key, old)), Counter(map(key, new))
    return [part for part in old if mine[one := key(part)] > theirs[one]], [
        part for part in new if theirs[one := key(part)] > mine[one]
    ]


def _unmatched(mine: Sequence[Block], theirs: Sequence[Block]) -> list[Block]:
    """Those blocks that have no equal on the other side; one that may show a figure must stand in the same section."""
    there = Counter(block.text for block in theirs)
    same_place = Counter((block.path, block.text) for block in theirs)
    here = Counter((block.path, block.text) for block in mine)
    total = Counter(block.text for block in mine)
    found = []
    for block in mine:
        pictured = block.text.lstrip("*#:; ").startswith(_PICTURED)
        moved = pictured and here[block.path, block.text] != same_place[block.path, block.text]
        if moved or total[block.text] != there[block.text]:
            found.append(block)
    return found


def _with_pinned(chosen: Iterable[Block], parts: Iterable[Part], pinned: Sequence[str]) -> list[Block]:
    """The chosen blocks and those that have most words of a pinned sentence, in document order."""
    wanted = [set(_WORD.findall(quoted.casefold())) for quoted in pinned]
    found = {block.start: block for block in chosen}
    for part in parts:
        if not any(_holds(part.text, words) for words in wanted):
            continue
        for block in blocks(part):
            if any(_holds(block.text, words) for words in wanted):
                found.setdefault(block.start, block)
    return [found[start] for start in sorted(found)]


def _holds(text: str, words: set[str]) -> bool:
    folded = text.casefold()
    return sum(word in folded for word in words) >= _MOST_OF_IT * len(words)


def _standing(
    mine: Sequence[Reference], apart: set[str], parts: Sequence[Part], chosen: Sequence[Block], dialect: Dialect
) -> frozenset[str]:
    """Identities of one side's sources that the text also cites outside the chosen blocks."""
    read = {block.start for block in chosen}
    wanted = {
        ref.source: needle
        for ref in mine
        if ref.source in apart and (needle := Guard().run(partial(_needle, ref), otherwise=None, element="a reference"))
    }
    return frozenset(
        source
        for source, needle in wanted.items()
        if any(source in _cited(block, dialect) for block in _holding(needle, parts, read))
    )


def _holding(needle: str, parts: Iterable[Part], read: set[int]) -> Iterator[Block]:
    """The first few blocks, of those that were not read, in which a source's address or title stands."""
    found = (
        block
        for part in parts
        if needle in part.text
        for block in blocks(part)
        if needle in block.text and block.start not in read
    )
    return islice(found, _MOST_LOOKED_AT)


def _cited(block: Block, dialect: Dialect) -> set[str]:
    """What a block cites; nothing where that cannot be read, which is named where the block itself differs."""
    return Guard().run(
        lambda: {identity(ref) for ref in analyse(block.text, dialect).references},
        otherwise=set[str](),
        element="a paragraph",
    )


def _needle(ref: Reference) -> str | None:
    """What the wikitext of any citation of the same source must contain."""
    if ref.url:
        address, _, query = normal_url(ref.url).partition("?")
        path = address.partition("/")[2]
        return path if len(path) >= _TELLING else query or address
    return ref.doi or ref.title
