"""Bound the work for very large edits: select the part to analyse and report what was left out."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Hashable, Sequence
from collections.abc import Set as AbstractSet

from watcher.model import Location, Sentence, Unread
from watcher.model.elements import LIMIT
from watcher.parse.wikitext.sections import Block, RawSection

_Path = tuple[str, ...]
_Placed = tuple[_Path, Sentence]

MOST_OF_A_SECTION = 1_500  # changed sentences
MAX_SENTENCES = 4_000
_MOST_BLOCKS_OF_A_SECTION = 2_000  # changed paragraphs, list items, pictures
_MOST_BLOCKS = 6_000
_MOST_SECTIONS = 1_000  # that the other text lacks; a flood of 100,000 headings took 5 s when all were read
_MANY = 10_000  # sentences of differing blocks; past it those that both texts have are no neighbours to go by
_NUMBER = re.compile(r"\d+")
_MANY_NUMBERS = 4  # a sentence of a hundred numbers makes a hundred findings
_MUCH_TO_LOOK_AT = 250_000  # numbers × characters
_LONG_SENTENCE = 300  # characters; a line of a megabyte counts as the thousands that it is as long as


def limit_blocks(chosen: list[Block], common: AbstractSet[_Path]) -> tuple[list[Block], tuple[Unread, ...]]:
    """Return the blocks that are read, in order: the first of each section, sections in `common` before all others."""
    if len(chosen) <= _MOST_BLOCKS_OF_A_SECTION:
        return chosen, ()
    sections: dict[_Path, list[Block]] = {}
    for block in chosen:
        sections.setdefault(block.path, []).append(block)
    kept: set[int] = set()
    for path in sorted(sections, key=lambda item: (item not in common, len(sections[item]))):
        most = min(_MOST_BLOCKS_OF_A_SECTION, _MOST_BLOCKS - len(kept))
        kept.update(block.start for block in sections[path][:most])
    cut = next((block for block in chosen if block.start not in kept), None)
    if cut is None:
        return chosen, ()
    unread = _unread_from(cut, f"{_MOST_BLOCKS_OF_A_SECTION:,} changed paragraphs or list items")
    return [block for block in chosen if block.start in kept], (unread,)


def _unread_from(cut: Block | RawSection, most: str) -> Unread:
    location = Location(section=cut.path, start=cut.start, end=cut.start + len(cut.text))
    return Unread(reason=f"{LIMIT}{most}", location=location)


def limit_sections(
    parts: Sequence[RawSection], other: AbstractSet[_Path]
) -> tuple[list[RawSection], tuple[Unread, ...]]:
    """Return the sections that are compared: those that the other text has, and the first of those that it lacks."""
    cut = [part for part in parts if part.path not in other][_MOST_SECTIONS:]
    if not cut:
        return [*parts], ()
    dropped = {part.start for part in cut}
    result = [part for part in parts if part.path in other or part.start not in dropped]
    return result, (_unread_from(cut[0], f"{_MOST_SECTIONS:,} sections added or removed"),)


class SentenceLimit:
    """Which sentences of a text are compared: those that the other one has, and of a flood of others the first.

    Of very many sentences those that both texts have go, too, as often as both have them. Sections in `common`, which
    both texts have, are counted apart: new ones must not hide what happened to them.
    """

    def __init__(self, sentences: Sequence[_Placed], other: Sequence[_Placed], common: AbstractSet[_Path]) -> None:
        self.other, self.common = {words(sentence) for _, sentence in other}, common
        self.in_place = {(path, words(sentence)) for path, sentence in other}
        own = {words(sentence) for _, sentence in sentences}
        self.rewritten = {path for path, sentence in other if words(sentence) not in own}
        self.unchanged_counts: Counter[Hashable] = Counter()
        if len(sentences) > _MANY and len(other) > _MANY:
            left, right = (Counter(_support(sentence) for _, sentence in side) for side in (sentences, other))
            self.unchanged_counts = left & right
        self.admitted: Counter[_Path] = Counter()
        self.total = [0, 0]  # of sections that one text lacks, of those that both have
        self.cut: Location | None = None

    def is_new(self, sentence: Sentence) -> bool:
        """Return whether the other text lacks the sentence."""
        return words(sentence) not in self.other

    def may_differ(self, sentence: Sentence) -> bool:
        """Return whether the facts of a sentence must be read: it is new, or another one stands in its place."""
        path = sentence.location.section
        return self.is_new(sentence) or (path in self.rewritten and (path, words(sentence)) not in self.in_place)

    def accepts(self, sentence: Sentence, block: Block) -> bool:
        """Return whether a sentence of a block is compared at all."""
        if self.unchanged_counts and self.unchanged_counts[key := _support(sentence)] > 0:
            self.unchanged_counts[key] -= 1
            return False
        if not self.is_new(sentence):
            return True
        section = block.path
        # By its length, its numbers, and both: each number is searched in it.
        length, numbers = len(sentence.text), len(_NUMBER.findall(sentence.text))
        weight = 1 + max(length // _LONG_SENTENCE, numbers // _MANY_NUMBERS, numbers * length // _MUCH_TO_LOOK_AT)
        both = section in self.common
        if self.admitted[section] + weight > MOST_OF_A_SECTION or self.total[both] + weight > MAX_SENTENCES:
            self.cut = self.cut or block.moved(sentence.location)
            return False
        self.admitted[section] += weight
        self.total[both] += weight
        return True

    @property
    def unread(self) -> tuple[Unread, ...]:
        """Return what was given up, once a flood came."""
        reason = f"{LIMIT}{MOST_OF_A_SECTION:,} changed sentences"
        return (Unread(reason=reason, location=self.cut),) if self.cut else ()


def _support(sentence: Sentence) -> Hashable:
    return words(sentence), sentence.cites, sentence.references, sentence.tags


def words(sentence: Sentence) -> tuple[str, str, str]:
    """Return what makes two sentences of different texts the same."""
    return sentence.where.value, sentence.label, sentence.text
