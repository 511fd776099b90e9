"""What differs between two texts → as much of it as is read; the rest is named, so that no edit takes for ever."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Hashable, Sequence
from collections.abc import Set as AbstractSet

from watcher.model import Place, Sentence, Unread
from watcher.parse.split import Block, Part

_Path = tuple[str, ...]

MOST_OF_A_SECTION = 1_500  # changed sentences
MOST_TOLD = 4_000
_MOST_BLOCKS_OF_A_SECTION = 2_000  # changed paragraphs, list items, pictures
_MOST_BLOCKS = 6_000
_MOST_SECTIONS = 1_000  # that the other text lacks
_MANY = 10_000  # sentences of differing blocks; past it those that both texts have are no neighbours to go by
_NUMBER = re.compile(r"\d+")
_MANY_NUMBERS = 4  # a sentence of a hundred numbers makes a hundred findings
_MUCH_TO_LOOK_AT = 250_000  # numbers × characters
_LONG_SENTENCE = 300  # characters; a line of a megabyte counts as the thousands that it is as long as


def first_blocks(chosen: list[Block], common: AbstractSet[_Path]) -> tuple[list[Block], tuple[Unread, ...]]:
    """The blocks that are read, in order: of each section the first, and before all of the sections in `common`."""
    if len(chosen) <= _MOST_BLOCKS_OF_A_SECTION:
        return chosen, ()
    sections: dict[_Path, list[Block]] = {}
    for block in chosen:
        sections.setdefault(block.path, []).append(block)
    kept: set[int] = set()
    for path in sorted(sections, key=lambda one: (one not in common, len(sections[one]))):
        most = min(_MOST_BLOCKS_OF_A_SECTION, _MOST_BLOCKS - len(kept))
        kept.update(block.start for block in sections[path][:most])
    cut = next((block for block in chosen if block.start not in kept), None)
    if cut is None:
        return chosen, ()
    unread = Unread(
        reason=f"more than {_MOST_BLOCKS_OF_A_SECTION:,} changed paragraphs or list items",
        place=Place(section=cut.path, start=cut.start, end=cut.start + len(cut.text)),
    )
    return [block for block in chosen if block.start in kept], (unread,)


def first_sections(parts: Sequence[Part], there: AbstractSet[_Path]) -> tuple[list[Part], tuple[Unread, ...]]:
    """The sections that are told: those that the other text has too, and the first of those that it lacks."""
    found: list[Part] = []
    new = 0
    cut: Part | None = None
    for part in parts:
        new += part.path not in there
        if part.path in there or new <= _MOST_SECTIONS:
            found.append(part)
        else:
            cut = cut or part
    if cut is None:
        return found, ()
    place = Place(section=cut.path, start=cut.start, end=cut.start + len(cut.text))
    return found, (Unread(reason=f"more than {_MOST_SECTIONS:,} sections added or removed", place=place),)


class Telling:
    """Which sentences of a text are told: those that the other one has, and of a flood of others the first.

    Of very many sentences those that both texts have go, too, as often as both have them. Sections in `common`, which
    both texts have, are counted apart: new ones must not hide what happened to them.
    """

    def __init__(self, here: Sequence[Sentence], there: Sequence[Sentence], common: AbstractSet[_Path]) -> None:
        self.there, self.common = {words(one) for one in there}, common
        self.idle: Counter[Hashable] = Counter()
        if len(here) > _MANY and len(there) > _MANY:
            self.idle = Counter(map(_support, here)) & Counter(map(_support, there))
        self.admitted: Counter[_Path] = Counter()
        self.total = [0, 0]  # of sections that one text lacks, of those that both have
        self.cut: Place | None = None

    def knows(self, one: Sentence) -> bool:
        """Whether the other text says the same, so that there is nothing to read in it."""
        return words(one) in self.there

    def admits(self, one: Sentence, block: Block) -> bool:
        """Whether a sentence of a block is told at all."""
        if self.idle and self.idle[key := _support(one)] > 0:
            self.idle[key] -= 1
            return False
        if self.knows(one):
            return True
        section = block.path
        weight = 1 + _extra_weight(one.text)
        both = section in self.common
        if self.admitted[section] + weight > MOST_OF_A_SECTION or self.total[both] + weight > MOST_TOLD:
            start, end = one.place.start + block.start, one.place.end + block.start
            self.cut = self.cut or Place(section=section, start=start, end=end)
            return False
        self.admitted[section] += weight
        self.total[both] += weight
        return True

    @property
    def unread(self) -> tuple[Unread, ...]:
        """What was given up, once a flood came."""
        reason = f"more than {MOST_OF_A_SECTION:,} changed sentences"
        return (Unread(reason=reason, place=self.cut),) if self.cut else ()


def _extra_weight(text: str) -> int:
    """What a sentence counts beyond one: by its length, its numbers, and both, for each number is sought in it."""
    length, numbers = len(text), len(_NUMBER.findall(text))
    return max(length // _LONG_SENTENCE, numbers // _MANY_NUMBERS, numbers * length // _MUCH_TO_LOOK_AT)


def _support(one: Sentence) -> Hashable:
    return words(one), one.cites, one.references, one.tags


def words(one: Sentence) -> tuple[str, str, str]:
    """What makes two sentences of different texts the same."""
    return one.where.value, one.label, one.text
