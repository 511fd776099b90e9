"""Pair the elements of one Document with those of the next, whether they changed or not."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Final

from watcher.diff.align import Aligned, align, is_bare_value
from watcher.diff.figures import figure_changes
from watcher.diff.passages import JoinedSentence, SentenceIndex
from watcher.diff.references import ReferencePairs, pair_references
from watcher.diff.sections import pair_paths
from watcher.diff.statistics import compare_statistics, same_statement, statistic_fields
from watcher.model import Change, Claim, Document, FieldChange, Reference, Sentence, Statistic, TextKind

_WORD: Final = re.compile(r"[^\W\d_]+")

Path = tuple[str, ...]
FactsReader = Callable[[Iterable[Sentence]], tuple[Sequence[Statistic], Sequence[Claim]]]


@dataclass(frozen=True, slots=True, kw_only=True)
class SentenceFacts:
    """A sentence with its statistics and its claim, which is None if the sentence has no cue or is a caption."""

    sentence: Sentence
    statistics: tuple[Statistic, ...] = ()
    claim: Claim | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PairedSentences:
    """Sentences of the old text with their successors in the new one; several if sentences were joined or split.

    One side is () if they were added or removed. `claim_fields` has the first difference between their claims.
    """

    old: tuple[SentenceFacts, ...]
    new: tuple[SentenceFacts, ...]
    sources_changed: bool = False
    claim_fields: tuple[FieldChange, ...] = ()


StatisticPosition = tuple[int, int]
"""The index of a PairedSentences, and the index of a statistic among those of all sentences of its side."""


_Placed = tuple[StatisticPosition, Statistic]


@dataclass(frozen=True, slots=True, kw_only=True)
class StatisticPair:
    """A statistic of the old text and its successor; `fields` lists the differences, () if there are none."""

    old: StatisticPosition
    new: StatisticPosition
    fields: tuple[FieldChange, ...] = ()
    sources_changed: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ElementPairs:
    """The pairs of elements of two Documents; a statistic without a pair was added or removed.

    `removed_sources` and `added_sources` map sources that only the old or only the new text cites to their references.
    `references` and `figures` are changes. Sections are identified by their heading paths; `renamed` maps old to new.
    """

    sentences: tuple[PairedSentences, ...] = ()
    statistics: tuple[StatisticPair, ...] = ()
    references: tuple[Change, ...] = ()
    removed_sources: Mapping[str, Reference] = field(default_factory=lambda: MappingProxyType({}))
    added_sources: Mapping[str, Reference] = field(default_factory=lambda: MappingProxyType({}))
    figures: tuple[Change, ...] = ()
    renamed: Mapping[Path, Path] = field(default_factory=lambda: MappingProxyType({}))
    removed_sections: tuple[Path, ...] = ()
    new_sections: tuple[Path, ...] = ()


def pair_elements(old: Document, new: Document, read_facts: FactsReader) -> ElementPairs:
    """Return the pairs that `diff` makes, including those in which nothing changed.

    `read_facts` returns the statistics and claims of sentences. Claims that share less than half of their words count
    as different, claims with the same words as equal; neither is compared in detail.
    """
    paths = pair_paths(old.sections, new.sections)
    continued = {*paths.values()}
    sources = pair_references(old, new)
    before, after = _cited(old), _cited(new)
    pairing = _Pairing(align(old.sentences, new.sentences, paths), sources, read_facts)
    return ElementPairs(
        sentences=tuple(pairing.sentences()),
        statistics=tuple(pairing.statistics()),
        references=sources.changes,
        removed_sources=MappingProxyType(_unmatched_sources(before, after, old.still_cited)),
        added_sources=MappingProxyType(_unmatched_sources(after, before, new.still_cited)),
        figures=figure_changes(old.figures, new.figures, paths),
        renamed=MappingProxyType({path: other for path, other in paths.items() if path != other}),
        removed_sections=tuple(dict.fromkeys(section.path for section in old.sections if section.path not in paths)),
        new_sections=tuple(dict.fromkeys(section.path for section in new.sections if section.path not in continued)),
    )


def changed_sentences(pairs: ElementPairs) -> Iterator[tuple[str, str]]:
    """Yield the old and new text of the sentences whose words, tags or footnotes changed; "" if a side has none."""
    for pair in pairs.sentences:
        old, new = ([facts.sentence for facts in side] for side in (pair.old, pair.new))
        own, other = ([(item.text, item.tags, item.cites) for item in side] for side in (old, new))
        if own != other:
            yield " ".join(item.text for item in old), " ".join(item.text for item in new)


def _cited(document: Document) -> dict[str, Reference]:
    """Map what a reference cites to the reference, including the further citations within one note."""
    return {
        each.source: each for reference in document.references[::-1] for each in (*reference.parts[::-1], reference)
    }


def _unmatched_sources(
    own: Mapping[str, Reference], other: Mapping[str, Reference], elsewhere: frozenset[str]
) -> dict[str, Reference]:
    return {source: note for source, note in own.items() if source not in other and source not in elsewhere}


class _Pairing:
    """Aligned sentences; each side is one text with its statistics and claims."""

    def __init__(self, aligned: Sequence[Aligned], sources: ReferencePairs, read_facts: FactsReader) -> None:
        self.aligned, self.sources = aligned, sources
        self.before, self.after = (
            SentenceIndex(Document(statistics=tuple(statistics), claims=tuple(claims)))
            for statistics, claims in (
                read_facts([sentence for row in aligned for sentence in row.old]),
                read_facts([sentence for row in aligned for sentence in row.new]),
            )
        )
        self.sides = [(self.before.join(row.old), self.after.join(row.new)) for row in aligned]
        changed = (row for row, (old, new) in zip(aligned, self.sides, strict=True) if old.text != new.text)
        self.elsewhere = {key for row in changed for sentence in (*row.old, *row.new) for key in sentence.cites}

    def sentences(self) -> Iterator[PairedSentences]:
        for at, (row, (old, new)) in enumerate(zip(self.aligned, self.sides, strict=True)):
            both = bool(row.old and row.new)
            yield PairedSentences(
                old=_facts(row.old, old, self.before),
                new=_facts(row.new, new, self.after),
                sources_changed=both and self.has_other_sources(at, at),
                claim_fields=self.claim_fields(old, new) if both else (),
            )

    def has_other_sources(self, before: int, after: int) -> bool:
        """Return whether the new side of row `after` has other sources than the old side of row `before`.

        If the words are unchanged and no table cell, references that only other, changed sentences cite do not count.
        """
        old, new = self.sides[before][0], self.sides[after][1]
        own, other = old.references, new.references
        if old.text == new.text and not any(sentence.where.is_cell for sentence in self.aligned[before].old):
            rows = (*self.aligned[before].old, *self.aligned[after].new)
            cites = {key for sentence in rows for key in sentence.cites}
            own, other = (
                tuple(key for key in keys if key in cites or key not in self.elsewhere) for keys in (own, other)
            )
        return not self.sources.equal(own, other)

    def claim_fields(self, old: JoinedSentence, new: JoinedSentence) -> tuple[FieldChange, ...]:
        """Return the first difference between two claims, () if there is none."""
        if old.text == new.text or not (old.claims_something or new.claims_something):
            return ()
        own, other = (set(_WORD.findall((side.text or "").casefold())) for side in (old, new))
        if len(own & other) < 0.5 * max(len(own), len(other)):
            return (FieldChange(name="text", old=old.text, new=new.text),)
        if own == other:
            return ()
        return old.claim_fields(new)[0][:1]

    def statistics(self) -> Iterator[StatisticPair]:
        """Yield the pairs within each row, then the statistics that moved to another sentence unchanged."""
        lost: list[_Placed] = []
        gained: list[_Placed] = []
        for at in range(len(self.aligned)):
            for own, other in self.pairs_of(at):
                if own is not None and other is not None:
                    yield self.pair(own[0], other[0], statistic_fields(own[1], other[1]))
                elif other is not None:
                    gained.append(other)
                elif own is not None:
                    lost.append(own)
        for position, statistic in lost:
            # A bare 2 that was removed from one table row is not the bare 2 that was added to another.
            is_bare = all(map(is_bare_value, self.aligned[position[0]].old))
            successor = next(
                (
                    (at, item)
                    for at, item in gained
                    if statistic.quantity.unit == item.quantity.unit
                    and same_statement(statistic, item)
                    and not (is_bare and all(map(is_bare_value, self.aligned[at[0]].new)))
                ),
                None,
            )
            if successor is not None:
                gained.remove(successor)
                yield self.pair(position, successor[0])

    def pairs_of(self, at: int) -> Iterator[tuple[_Placed | None, _Placed | None]]:
        """Yield the statistics of a row in pairs, each with its position; None if one was added or removed."""
        old, new = self.sides[at]
        if old.text == new.text and len(old.statistics) == len(new.statistics):
            for index, (statistic, other) in enumerate(zip(old.statistics, new.statistics, strict=True)):
                yield ((at, index), statistic), ((at, index), other)
            return
        # By their starts in the text, as the comparison may add a qualifier to a statistic.
        before, after = (
            {item.quantity.start: (at, index) for index, item in enumerate(side.statistics)} for side in (old, new)
        )
        for own, successor in compare_statistics(old.statistics, new.statistics):
            yield (
                (before[own.quantity.start], own) if own else None,
                (after[successor.quantity.start], successor) if successor else None,
            )

    def pair(
        self, old: StatisticPosition, new: StatisticPosition, fields: tuple[FieldChange, ...] = ()
    ) -> StatisticPair:
        return StatisticPair(old=old, new=new, fields=fields, sources_changed=self.has_other_sources(old[0], new[0]))


def _facts(sentences: Sequence[Sentence], joined: JoinedSentence, index: SentenceIndex) -> tuple[SentenceFacts, ...]:
    sides = (joined,) if len(sentences) == 1 else [index.join((sentence,)) for sentence in sentences]
    return tuple(
        SentenceFacts(
            sentence=sentence,
            statistics=side.statistics,
            # The words of a caption belong to its figure.
            claim=side.claim if side.claims_something and sentence.where is not TextKind.CAPTION else None,
        )
        for sentence, side in zip(sentences, sides, strict=True)
    )
