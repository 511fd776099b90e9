"""Map the elements of one Document to those of the next, changed or not."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from types import MappingProxyType

from watcher.diff.align import Aligned, align
from watcher.diff.figures import figure_changes
from watcher.diff.passages import JoinedSentence, SentenceIndex
from watcher.diff.references import ReferencePairs, pair_references
from watcher.diff.sections import pair_sections
from watcher.diff.statistics import compare_statistics, same_statement, statistic_fields
from watcher.model import Document, Sentence, Statistic
from watcher.model.history import AlignedRow, ElementMapping, SentenceFacts, StatisticMatch


def map_elements(old: Document, new: Document) -> ElementMapping:
    """Who inherits from whom: the pairs that `diff` makes, those in which nothing changed included.

    Both Documents must list the statistics and claims of all their sentences.
    """
    sections = pair_sections(old.sections, new.sections)
    sources = pair_references(old, new)
    before, after = SentenceIndex(old), SentenceIndex(new)
    aligned = align(old.sentences, new.sentences, sections.paths)
    sides = [(before.side(row.old), after.side(row.new)) for row in aligned]
    rows = tuple(_row(row, before, after, *both, sources) for row, both in zip(aligned, sides, strict=True))
    return ElementMapping(
        rows=rows,
        matches=tuple(_matches(rows, sides, sources)),
        paths=MappingProxyType({own: other for own, other in sections.paths.items() if own != other}),
        references=sources.changes,
        renamed=MappingProxyType({own: other for own, other in sources.became.items() if own != other}),
        sources_changed=frozenset(key for key, source in sources.new.items() if sources.old.get(key, source) != source),
        cited=new.references,
        figures=figure_changes(old.figures, new.figures, sections.paths),
    )


def _row(
    row: Aligned,
    before: SentenceIndex,
    after: SentenceIndex,
    old: JoinedSentence,
    new: JoinedSentence,
    sources: ReferencePairs,
) -> AlignedRow:
    both = bool(row.old and row.new)
    return AlignedRow(
        old=_passages(row.old, old, before),
        new=_passages(row.new, new, after),
        sources_changed=both and not sources.equal(old.references, new.references),
        fields=old.claim_fields(new) if old.text != new.text and (old.claims_something or new.claims_something) else (),
    )


def _passages(sentences: Sequence[Sentence], joined: JoinedSentence, facts: SentenceIndex) -> tuple[SentenceFacts, ...]:
    sides = (joined,) if len(sentences) == 1 else (facts.side((sentence,)) for sentence in sentences)
    return tuple(
        SentenceFacts(
            sentence=sentence,
            statistics=side.statistics,
            claim=side.claim if side.claims_something else None,
        )
        for sentence, side in zip(sentences, sides, strict=True)
    )


def _matches(
    rows: Sequence[AlignedRow], sides: Sequence[tuple[JoinedSentence, JoinedSentence]], sources: ReferencePairs
) -> Iterator[StatisticMatch]:
    """Yield the pairs within each row that changed, then figures that left one sentence for another."""
    lost: list[tuple[int, int]] = []
    gained: list[tuple[int, int]] = []
    for at, (row, (old, new)) in enumerate(zip(rows, sides, strict=True)):
        if row.same:
            continue
        own, others = _numbered(old.statistics), _numbered(new.statistics)
        for statistic, other in compare_statistics(own, others):
            i = None if statistic is None else _index(own, statistic)
            j = None if other is None else _index(others, other)
            if statistic is None or i is None:
                gained += [] if j is None else [(at, j)]
            elif other is None or j is None:
                lost.append((at, i))
            else:
                fields = statistic_fields(statistic, other)
                yield StatisticMatch(old=(at, i), new=(at, j), fields=fields, sources_changed=row.sources_changed)
    for row_at, i in lost:
        result = next(
            (spot for spot in gained if same_statement(sides[row_at][0].statistics[i], _at(sides, spot))), None
        )
        if result is not None:
            gained.remove(result)
            same = sources.equal(sides[row_at][0].references, sides[result[0]][1].references)
            yield StatisticMatch(old=(row_at, i), new=result, sources_changed=not same)


def _numbered(row: Sequence[Statistic]) -> list[Statistic]:
    """Copy them, so that each is an object of its own however equal two of them are."""
    return [replace(statistic) for statistic in row]


def _index(row: Sequence[Statistic], statistic: Statistic) -> int:
    return next(at for at, item in enumerate(row) if item is statistic)


def _at(sides: Sequence[tuple[JoinedSentence, JoinedSentence]], spot: tuple[int, int]) -> Statistic:
    return sides[spot[0]][1].statistics[spot[1]]
