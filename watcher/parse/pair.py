"""Two texts → two Documents that hold only what differs, so that the cost follows the edit."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import islice

from watcher.model import Dialect, Document, Place, Reference, Sentence, Unread
from watcher.parse.blocks import Analysis, analyse
from watcher.parse.document import assemble, read, scanned
from watcher.parse.identity import identity, normal_url
from watcher.parse.split import Block, Part, blocks, outline
from watcher.parse.thin import thinned

_ENGLISH = Dialect()
_WORD = re.compile(r"\w+")
_MOST_OF_IT = 0.7  # of the words of a pinned sentence, which may have been reworded since
_TELLING = 8  # characters of a path that is not in every address
_MOST_LOOKED_AT = 8
_TELLS = 30  # characters by which a section is known under another heading
_MOST_OF_A_SECTION = 1_500  # changed sentences whose figures and claims are read
_MOST_TOLD = 4_000
_LONG_SENTENCE = 300  # characters; a line of a megabyte counts as the thousands that it is as long as
_PICTURED = ("[[", "<gallery", "{{")


def parse_pair(
    old: str, new: str, dialect: Dialect = _ENGLISH, pinned: Sequence[str] = ()
) -> tuple[Document, Document]:
    """Read of each text the blocks that the other lacks; what both say alike is not parsed at all.

    Sections are listed in full. A block that stands on both sides but in another section is read where it may show a
    figure, which may have been moved, and always where it may hold one of the sentences of `pinned`.
    """
    before, after = outline(old), outline(new)
    mine, theirs = thinned(*_differing(before, after))
    if pinned:
        mine, theirs = _with_pinned(mine, before, pinned), _with_pinned(theirs, after, pinned)
    left, right = [*read(mine, dialect)], [*read(theirs, dialect)]
    there, here = _sentences(right), _sentences(left)
    one = assemble(old, before, left, dialect, scan=scanned(old, before), telling=_Telling(there))
    two = assemble(new, after, right, dialect, scan=scanned(new, after), telling=_Telling(here))
    apart = {ref.source for ref in one.references} ^ {ref.source for ref in two.references}
    return (
        replace(one, standing=_standing(one.references, apart, before, mine, dialect)),
        replace(two, standing=_standing(two.references, apart, after, theirs, dialect)),
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


def _sentences(chosen: Iterable[tuple[Block, Analysis]]) -> Counter[tuple[str, str, str]]:
    return Counter(_words(one) for _, said in chosen for one in said.sentences)


def _words(one: Sentence) -> tuple[str, str, str]:
    return one.where.value, one.label, one.text


class _Telling:
    """Admits the sentences that the other side lacks, and of a flood of them the first of each section."""

    def __init__(self, there: Counter[tuple[str, str, str]]) -> None:
        self.there = there
        self.admitted: Counter[tuple[str, ...]] = Counter()
        self.cut: Place | None = None

    def __call__(self, one: Sentence) -> bool:
        if _words(one) in self.there:
            return False
        section = one.place.section
        weight = 1 + len(one.text) // _LONG_SENTENCE
        if self.admitted[section] + weight > _MOST_OF_A_SECTION or self.admitted.total() + weight > _MOST_TOLD:
            self.cut = self.cut or one.place
            return False
        self.admitted[section] += weight
        return True

    @property
    def unread(self) -> tuple[Unread, ...]:
        """What was given up, once a flood came."""
        reason = f"figures and claims of more than {_MOST_OF_A_SECTION:,} changed sentences"
        return (Unread(reason=reason, place=self.cut),) if self.cut else ()


def _standing(
    mine: Sequence[Reference], apart: set[str], parts: Sequence[Part], chosen: Sequence[Block], dialect: Dialect
) -> frozenset[str]:
    """Identities of one side's sources that the text also cites outside the chosen blocks."""
    read = {block.start for block in chosen}
    wanted = {ref.source: needle for ref in mine if ref.source in apart and (needle := _needle(ref))}
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
    return {identity(ref) for ref in analyse(block.text, dialect).references}


def _needle(ref: Reference) -> str | None:
    """What the wikitext of any citation of the same source must contain."""
    if ref.url:
        address, _, query = normal_url(ref.url).partition("?")
        path = address.partition("/")[2]
        return path if len(path) >= _TELLING else query or address
    return ref.doi or ref.title
