"""Align the sentences of two texts, including sentences that moved."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from itertools import chain, groupby
from typing import TypeVar

from rapidfuzz.distance import Indel, LCSseq

from watcher.diff.headers import is_unit, row_and_column
from watcher.diff.pairing import pair_equal
from watcher.model import Sentence, TextKind
from watcher.text.tokens import meanings
from watcher.text.words import forms, words

Path = tuple[str, ...]
_T = TypeVar("_T")
_Key = Callable[[Sentence, Path | None], object]

_DIGITS = re.compile(r"\d[\d.,]*")
_LETTERS = re.compile(r"[^\W\d_]+")
_LABEL_WORD = re.compile(r"[^\W\d_]+|\d{4}")  # a year identifies a column; a total or rank in its header does not
_MIN_MOVED_LIKENESS = 0.6  # least likeness of sentences in different sections
_MIN_LIKENESS = 0.5  # least likeness in the same section
_GAP_LIKENESS = 0.3  # least likeness of two sentences that are alone between the same neighbours
_NEIGHBOUR_BONUS = 0.1  # bonus if a neighbour is aligned
_MIN_SHARED = 0.75  # share of the words of a part that the whole must contain
_MIN_PIECE_WORDS = 3  # words; a shorter piece is not treated as split off or merged in
_MOST_PAIRS = 20_000  # candidate pairs compared in full; above that, only sentences that share rare words
_MAX_OCCURRENCES = 40  # sentences; a word that occurs in more of them is not rare
_LONGEST_ITEM = 5  # words of a name or term


@dataclass(frozen=True, slots=True)
class Aligned:
    """Sentences of the old text and their counterparts in the new; several if sentences were joined or split."""

    old: tuple[Sentence, ...]
    new: tuple[Sentence, ...]


class _Words:
    """The words of a sentence; every number is replaced by 0, so that a changed number does not lower the likeness."""

    def __init__(self, text: str) -> None:
        self.text = text

    @cached_property
    def row(self) -> list[str]:
        row = words(self.text) or list(self.text)
        return [_DIGITS.sub("0", word) for word in row[:400]]  # of a longer sentence, the beginning is enough

    @cached_property
    def figures(self) -> frozenset[str]:
        return frozenset(_DIGITS.findall(self.text))

    @cached_property
    def bag(self) -> Counter[str]:
        return Counter(self.row)

    def is_contained_in(self, bag: Counter[str]) -> bool:
        """Return whether a bag has most of these words, or all but the function words ("Its capacity is 220 MW")."""
        shared = bag & self.bag
        own, shared_content = (
            [word for word in words.elements() if forms().kinds.get(word, "negation") == "negation"]
            for words in (self.bag, shared)
        )
        return shared.total() >= _MIN_SHARED * len(self.row) or len(own) == len(shared_content) > 1

    @cached_property
    def sorted(self) -> list[str]:
        return sorted(self.row)


# Cached: a sentence that one edit removed and the next restored is split into words only once.
_words_of = lru_cache(maxsize=512)(_Words)


def likeness(old: _Words, new: _Words, least: float) -> float:
    """Return how alike two word rows are, 0 to 1: in order, or in any order at 5 % less; 0 if below `least`."""
    # The likeness in sorted order is an upper bound of the likeness in the original order.
    any_order = Indel.normalized_similarity(old.sorted, new.sorted, score_cutoff=least)
    return max(Indel.normalized_similarity(old.row, new.row), 0.95 * any_order) if any_order else 0.0


def align(old: Sequence[Sentence], new: Sequence[Sentence], paths: Mapping[Path, Path]) -> tuple[Aligned, ...]:
    """Pair the sentences: the equal ones, cells by their headers, the rest by likeness; then those split or joined.

    Every sentence is in exactly one Aligned; one side is empty if a sentence was added or removed. The result is in
    the order of the new text; a removed sentence comes after the one that it followed.
    """
    return _Aligner(old, new, paths).run()


class _Aligner:
    """Pairs sentences in rounds, each over those not yet paired; `i` and `j` index the old and the new sentences."""

    def __init__(self, old: Sequence[Sentence], new: Sequence[Sentence], paths: Mapping[Path, Path]) -> None:
        self.old, self.new, self.paths = old, new, paths
        self.pairs: dict[int, int] = {}
        self.inverse: dict[int, int] = {}
        self.old_words = [_words_of(sentence.text) for sentence in old]
        self.new_words = [_words_of(sentence.text) for sentence in new]
        self.joined: dict[int, list[int]] = defaultdict(list)  # new index: further old sentences joined into it
        self.split: dict[int, list[int]] = defaultdict(list)  # old index: further new sentences split off from it

    def run(self) -> tuple[Aligned, ...]:
        self.match_in_order()
        self.match_equal(lambda sentence, path: (_kind(sentence), sentence.text, path, sentence.cites))
        self.match_equal(lambda sentence, path: (_kind(sentence), sentence.text, path))
        self.match_in_section()
        self.match_equal(lambda sentence, _: (_kind(sentence), sentence.text))
        self.match_labels()
        self.match_equal(lambda sentence, path: (sentence.text, self.value_key(sentence, path)))
        self.match_equal(self.row_key)
        self.match_by_likeness()
        self.match_gaps()
        self.match_contained()
        self.match_splits_and_merges()
        return tuple(self.rows())

    def pair(self, i: int, j: int) -> None:
        self.pairs[i], self.inverse[j] = j, i

    def unpaired(self) -> tuple[list[int], list[int]]:
        return (
            [i for i in range(len(self.old)) if i not in self.pairs],
            [j for j in range(len(self.new)) if j not in self.inverse],
        )

    def path(self, i: int) -> Path | None:
        return self.paths.get(self.old[i].location.section)

    def match_equal(self, key: _Key) -> None:
        pair_equal(
            self.pairs,
            self.old,
            self.new,
            lambda sentence: key(sentence, self.paths.get(sentence.location.section)),
            lambda sentence: key(sentence, sentence.location.section),
        )
        self.inverse = {j: i for i, j in self.pairs.items()}

    def match_in_order(self) -> None:
        """Pair the numbers of a table row or template that share one label by their order."""
        before = _unique((key, run) for key, run in _runs(self.old, self.paths))
        after = _unique((key, run) for key, run in _runs(self.new, None)) if before else {}
        for key, own in before.items():
            other = after.get(key, ())
            texts, others = [self.old[i].text for i in own], [self.new[j].text for j in other]
            spans = [
                (block.src_start, block.dest_start, block.src_end - block.src_start)
                for block in LCSseq.opcodes(texts, others)
                if block.tag == "equal"
            ]
            elsewhere = sum(length for *_, length in spans) - sum(map(str.__eq__, texts, others))
            # Pair one to one unless many numbers shifted to other positions; a mere reordering counts as no shift.
            if len(own) == len(other) and (4 * elsewhere <= len(own) or sorted(texts) == sorted(others)):
                spans = [(0, 0, len(own))]
            for start, other_start, length in spans:
                for at in range(length):
                    self.pair(own[start + at], other[other_start + at])

    def match_in_section(self) -> None:
        """Pair a sentence with its rewording in the same section: a copy left in a note must not hide the change."""
        own, other = self.unpaired()
        copied = {self.new[j].text for j in other}
        sections: dict[Path, list[int]] = defaultdict(list)
        for j in other:
            sections[self.new[j].location.section].append(j)
        for i in own:
            path, old = self.path(i), self.old[i]
            if path is None or old.where.is_cell or old.text not in copied:
                continue
            rivals = [j for j in sections[path][:50] if self.new[j].where is old.where and j not in self.inverse]
            best = max(((self.score(i, j, _MIN_LIKENESS), -j) for j in rivals), default=(0.0, 0))
            if best[0] >= _MIN_LIKENESS:
                self.pair(i, -best[1])

    def match_labels(self) -> None:
        """Pair cells and parameters by their label if it is unique in their section."""
        own, other = self.unpaired()
        current = _unique((_label_key(self.old[i], self.path(i)), i) for i in own)
        in_new = _unique((_label_key(self.new[j], self.new[j].location.section), j) for j in other)
        for key, i in current.items():
            if key in in_new:
                self.pair(i, in_new[key])

    @cached_property
    def common(self) -> frozenset[str]:
        """Return the label words that occur in both texts, without units: "km" in `area_km2` names no value."""
        own, other = (
            {word for item in side if item.label for word in _LABEL_WORD.findall(item.label)}
            for side in (self.old, self.new)
        )
        return frozenset(word for word in own & other if not is_unit(word))

    def value_key(self, sentence: Sentence, path: Path | None) -> object:
        """Return what identifies a bare value such as "4" or "50 laps": its label's common words, or its section."""
        if not is_bare_value(sentence):
            return None
        return self.common.intersection(_LABEL_WORD.findall(sentence.label)) or path

    @staticmethod
    def row_key(sentence: Sentence, path: Path | None) -> object:
        """Return a key for a number in a cell that ignores the column's unit and scale: "2019 × Revenue (€m)"."""
        row, column = row_and_column(sentence.label)
        first = _LETTERS.search(column)
        return (sentence.text, row, first[0], path) if row and first and is_bare_value(sentence) else None

    def have_different_labels(self, i: int, j: int) -> bool:
        """Return whether two cells hold different values: other label words, or columns whose names share no word."""
        old, new, path = self.old[i], self.new[j], self.path(i)
        if not old.where.is_cell:
            return False
        if self.value_key(old, path) != self.value_key(new, new.location.section):
            return True
        columns = [
            {*_LETTERS.findall(row_and_column(side.label)[1])} for side in (old, new) if row_and_column(side.label)[0]
        ]
        is_value = old.text != new.text and is_bare_value(old)
        return is_value and len(columns) > 1 and all(columns) and columns[0].isdisjoint(columns[1])

    def match_by_likeness(self) -> None:
        """Pair by likeness, the most alike first; the neighbours of a pair need a lower score."""
        own, other = self.unpaired()
        least = _MIN_LIKENESS - _NEIGHBOUR_BONUS
        scored = [
            (score, -i, -j) for i, j in self.candidates(own, other) if (score := self.score(i, j, least)) >= least
        ]
        for score, i, j in sorted(scored, reverse=True):
            if -i in self.pairs or -j in self.inverse:
                continue
            same_section = self.path(-i) == self.new[-j].location.section
            beside_pair = self.pairs.get(-i - 1, -9) == -j - 1 or self.pairs.get(-i + 1, -9) == -j + 1
            needed = _MIN_LIKENESS if same_section else _MIN_MOVED_LIKENESS
            if score + (_NEIGHBOUR_BONUS if beside_pair and same_section else 0) >= needed:
                self.pair(-i, -j)

    def score(self, i: int, j: int, least: float) -> float:
        old, new = self.old_words[i], self.new_words[j]
        if self.old[i].where.is_cell != self.new[j].where.is_cell:
            # A sentence that moved into or out of a table must have kept most of its words.
            least = _MIN_SHARED if min(len(old.row), len(new.row)) > _LONGEST_ITEM else 2.0
        if least > 1 or self.have_different_labels(i, j):
            return 0.0
        result = likeness(old, new, least)
        # Among lines with the same wording about different things, prefer the one with the same figures.
        figures = len(old.figures & new.figures) / max(len(old.figures | new.figures), 1)
        return result + 0.1 * figures if result else 0.0

    def candidates(self, old: list[int], new: list[int]) -> Iterator[tuple[int, int]]:
        if len(old) * len(new) <= _MOST_PAIRS:
            yield from ((i, j) for i in old for j in new)
            return
        index: dict[str, list[int]] = defaultdict(list)
        for i in old:
            for word in self.old_words[i].bag:
                index[word].append(i)
        for j in new:
            holding = (index.get(word, ()) for word in self.new_words[j].bag)
            votes = Counter(chain.from_iterable(others for others in holding if len(others) <= _MAX_OCCURRENCES))
            yield from ((i, j) for i, _ in votes.most_common(6))

    def match_gaps(self) -> None:
        """Pair two rewritten sentences that are alone between the same neighbours."""
        own, other = self.unpaired()
        rest, others = set(own), set(other)
        for i in own:
            if i - 1 in rest or i + 1 in rest:
                continue
            j = self.pairs.get(i - 1, -1 if i == 0 else -2) + 1
            section = self.new[j].location.section if j in others else None
            # A new sentence in another section, such as one inserted behind, is no rival.
            rivals = (k for k in (j - 1, j + 1) if k in others and self.new[k].location.section == section)
            if (
                section is not None
                and next(rivals, None) is None
                and self.path(i) == self.new[j].location.section
                and (self.are_items(i, j) or self.score(i, j, _GAP_LIKENESS) >= _GAP_LIKENESS or self.mean_alike(i, j))
            ):
                self.pair(i, j)

    def mean_alike(self, i: int, j: int) -> bool:
        """Return whether half of the content words are the same, inflected or not: "No house was", "Houses were"."""
        own, other = meanings(self.old[i].text), meanings(self.new[j].text)
        return 2 * len(own & other) >= max(len(own), len(other)) > 1

    def are_items(self, i: int, j: int) -> bool:
        """Return whether both are quotes of one source, cells of one label, or short items: they may share no word."""
        sides = self.old_words[i].row, self.new_words[j].row
        old, new = self.old[i], self.new[j]
        if old.where is new.where is TextKind.QUOTE and old.label:
            return old.label == new.label
        if old.where is new.where is TextKind.TABLE:
            return old.label == new.label
        return old.where is new.where in _ITEMS and max(map(len, sides)) <= _LONGEST_ITEM

    def match_contained(self) -> None:
        """Pair a sentence with one of the same section that contains most of its words among others."""
        for i, j in self.candidates(*self.unpaired()):
            short, long = sorted((self.old_words[i], self.new_words[j]), key=lambda side: len(side.row))
            if (
                i not in self.pairs
                and j not in self.inverse
                and len(short.row) > _LONGEST_ITEM
                and self.old[i].where is self.new[j].where is TextKind.PROSE
                and self.path(i) == self.new[j].location.section
                and (short.bag & long.bag).total() >= _MIN_SHARED * len(short.row)
            ):
                self.pair(i, j)

    def match_splits_and_merges(self) -> None:
        """Attach each split or merged sentence to the adjacent pair that contains its words; there may be several."""
        own, other = self.unpaired()
        for parts, further, wholes, pieces, rest in (
            (dict(self.inverse), self.split, self.old_words, self.new_words, other),
            (dict(self.pairs), self.joined, self.new_words, self.old_words, own),
        ):
            pair_of = {whole: part for part, whole in parts.items()}
            for at in rest:
                for whole in (parts.get(at - 1), parts.get(at + 1)):
                    if whole is None or len(pieces[at].row) < _MIN_PIECE_WORDS:
                        continue
                    remaining = Counter(wholes[whole].bag)
                    for part in (pair_of[whole], *further[whole]):
                        remaining -= pieces[part].bag
                    if pieces[at].is_contained_in(remaining):
                        further[whole].append(at)
                        parts[at] = whole
                        break

    def rows(self) -> Iterator[Aligned]:
        reported: set[int] = {i for row in self.joined.values() for i in row}
        further: set[int] = {j for row in self.split.values() for j in row}
        # A cell that the one above spans now, or spanned before (rowspan), is neither removed nor added.
        was, now = ({(label, cell.text) for cell in side for label in cell.spanned} for side in (self.old, self.new))
        reported |= {i for i, cell in enumerate(self.old) if i not in self.pairs and (cell.label, cell.text) in now}
        further |= {j for j, cell in enumerate(self.new) if j not in self.inverse and (cell.label, cell.text) in was}
        removed = [i for i in range(len(self.old)) if i not in self.pairs and i not in reported]
        # Group each removed sentence under the counterpart of its nearest paired predecessor, or -1 at the start.
        after: dict[int, list[int]] = defaultdict(list)
        last, at = -1, 0
        for removed_index in removed:
            while at < removed_index:
                last = self.pairs.get(at, last)
                at += 1
            after[last].append(removed_index)
        yield from (Aligned((self.old[i],), ()) for i in after.get(-1, ()))
        for j, sentence in enumerate(self.new):
            i = self.inverse.get(j)
            if i is not None:
                own = sorted([i, *self.joined.get(j, ())])
                other = sorted([j, *self.split.get(i, ())])
                yield Aligned(tuple(self.old[k] for k in own), tuple(self.new[k] for k in other))
            elif j not in further:
                yield Aligned((), (sentence,))
            yield from (Aligned((self.old[k],), ()) for k in after.get(j, ()))


_ITEMS = frozenset({TextKind.LIST, TextKind.CAPTION, TextKind.QUOTE})


def is_bare_value(sentence: Sentence) -> bool:
    """Return whether a sentence is a number with at most one word (its unit), or has no words: its label names it."""
    words_beside = len(_LETTERS.findall(sentence.text))
    return words_beside <= bool(_DIGITS.search(sentence.text))


def _kind(sentence: Sentence) -> tuple[TextKind, str]:
    return sentence.where, sentence.label


def _label_key(sentence: Sentence, path: Path | None) -> object:
    return (sentence.where, sentence.label, path) if sentence.label and sentence.where.is_cell else None


def _runs(sentences: Sequence[Sentence], paths: Mapping[Path, Path] | None) -> Iterator[tuple[object, tuple[int, ...]]]:
    """Yield each label with the indexes of two or more adjacent bare values in cells under it."""

    def key(at: int) -> object:
        section = sentences[at].location.section
        label = _label_key(sentences[at], section if paths is None else paths.get(section))
        return label if label is not None and is_bare_value(sentences[at]) else None

    for label, group in groupby(range(len(sentences)), key):
        run = tuple(group) if label is not None else ()
        if len(run) > 1:
            yield label, run


def _unique(rows: Iterable[tuple[object, _T]]) -> dict[object, _T]:
    """Return the rows whose key occurs only once."""
    result: dict[object, _T] = {}
    twice: set[object] = {None}
    for key, index in rows:
        if key in result:
            twice.add(key)
        result[key] = index
    return {key: index for key, index in result.items() if key not in twice}
