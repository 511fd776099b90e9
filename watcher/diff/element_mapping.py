"""Map the elements of one Document to those of the next, changed or not."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from types import MappingProxyType
from typing import Final

from watcher.diff.align import Aligned, align
from watcher.diff.figures import figure_changes
from watcher.diff.passages import JoinedSentence, SentenceIndex
from watcher.diff.references import ReferencePairs, all_cited, pair_references
from watcher.diff.sections import pair_paths
from watcher.diff.statistics import compare_statistics, same_statement, statistic_fields
from watcher.model import Claim, Document, Measure, Sentence, Statistic, TextKind
from watcher.model.history import AlignedRow, ElementMapping, SentenceFacts, StatisticMatch, StatisticPosition

_DATES: Final = frozenset({Measure.YEAR, Measure.DATE})
_WORD: Final = re.compile(r"[^\W\d_]{3,}")
# "none", "August 2007": what a template is told to show, or since when an article needs work.
_SETTING: Final = re.compile(r"\W*[^\W\d_]+(?: \d{4})?\W*$")
_FEWEST: Final = 2  # words beside a date in prose; "1994." tells of nothing, nor does "Press of Tide, 2004."
_LONG_WORD: Final = re.compile(r"[^\W\d_]{4,}")
# "(Liberty XIV (December 1900), p. 1)": a source
_BRACKETED: Final = re.compile(r"\W*[(\[][^()\[\]]*(?:\([^()]*\)[^()]*)*[)\]]\W*$")

FactsReader = Callable[[Iterable[Sentence]], tuple[Sequence[Statistic], Sequence[Claim]]]
ClaimComparison = Callable[[JoinedSentence, JoinedSentence], bool | None]


def claims_differ(old: JoinedSentence, new: JoinedSentence) -> bool:
    """Return whether two sentences make another claim."""
    return any(old.claim_fields(new))


def map_elements(
    old: Document, new: Document, read_facts: FactsReader, claims_differ: ClaimComparison = claims_differ
) -> ElementMapping:
    """Who inherits from whom: the pairs that `diff` makes, those in which nothing changed included.

    `read_facts` returns what sentences state. Of old sentences that are gone it is asked only where the new text has a
    statistic that may come from them: a page that was blanked costs little more than its alignment.
    """
    paths = pair_paths(old.sections, new.sections)
    sources = pair_references(old, new)
    staying = {reference.key for reference in old.references if reference.source in old.still_cited}
    staying |= new.defined - {reference.key for reference in new.references}
    uncited = all_cited(old) - all_cited(new) - old.still_cited
    mapper = _Mapper(align(old.sentences, new.sentences, paths), sources, read_facts, claims_differ)
    return ElementMapping(
        rows=tuple(mapper.rows()),
        matches=tuple(mapper.matches()),
        paths=MappingProxyType({own: other for own, other in paths.items() if own != other}),
        references=sources.changes,
        renamed=MappingProxyType(
            {own: key for own, key in sources.became.items() if own != key and own not in staying}
        ),
        sources_changed=frozenset(key for key, source in sources.new.items() if sources.old.get(key, source) != source),
        cited=new.references,
        left=frozenset(_left(old)),
        uncited=frozenset(uncited),
        figures=figure_changes(old.figures, new.figures, paths),
    )


def _left(old: Document) -> Iterator[str]:
    """Yield the keys of the notes that were read and have no copy elsewhere; one of an address may have other words."""
    for reference in old.references:
        if reference.source not in old.still_cited or not reference.source.startswith("text:"):
            yield reference.key


class _Mapper:
    """Aligned sentences with what they state; `lost` and `gained` statistics have no pair in their row."""

    def __init__(
        self,
        aligned: Sequence[Aligned],
        sources: ReferencePairs,
        read_facts: FactsReader,
        claims_differ: ClaimComparison,
    ) -> None:
        self.aligned, self.sources, self.read_facts, self.claims_differ = aligned, sources, read_facts, claims_differ
        self.dated: set[str] = set()
        kept = [_is_unchanged(row) for row in aligned]
        others = (row for row, same in zip(aligned, kept, strict=True) if row.new and not same)
        self.before = self.index(sentence for row in others for sentence in row.old)
        self.after = self.index(sentence for row in aligned for sentence in row.new)
        self.sides = [self.both(row) if same else self.each(row) for row, same in zip(aligned, kept, strict=True)]

    def each(self, row: Aligned) -> tuple[JoinedSentence, JoinedSentence]:
        return self.before.side(row.old), self.after.side(row.new)

    def both(self, row: Aligned) -> tuple[JoinedSentence, JoinedSentence]:
        """Return the two sides of a sentence that stayed: what it states is read once; they are one if all is equal."""
        new = self.after.side(row.new)
        if row.old[0].references == row.new[0].references:
            return new, new
        return JoinedSentence(row.old[0], new.statistics, new.marks), new

    def index(self, sentences: Iterable[Sentence]) -> SentenceIndex:
        statistics, claims = self.read_facts(sentences)
        self.dated.update(item.sentence for item in statistics if item.quantity.measure in _DATES)
        return SentenceIndex(Document(statistics=tuple(statistics), claims=tuple(claims)))

    def rows(self) -> Iterator[AlignedRow]:
        for row, (old, new) in zip(self.aligned, self.sides, strict=True):
            if not row.new:
                yield AlignedRow(old=tuple(SentenceFacts(sentence=sentence) for sentence in row.old), new=())
                continue
            facts = self.passages(row.new, new, self.after)
            before = facts if old is new else self.passages(row.old, old, self.before)
            both = bool(row.old)
            differ = both and old.text != new.text and any(item.claim for item in (*before, *facts))
            yield AlignedRow(
                old=before,
                new=facts,
                sources_changed=both and not self.sources.equal(old.references, new.references),
                claim_changed=differ and self.claims_differ(old, new),
            )

    def passages(
        self, sentences: Sequence[Sentence], joined: JoinedSentence, facts: SentenceIndex
    ) -> tuple[SentenceFacts, ...]:
        sides = (joined,) if len(sentences) == 1 else (facts.side((sentence,)) for sentence in sentences)
        return tuple(
            SentenceFacts(
                sentence=sentence,
                statistics=side.statistics,
                claim=side.claim if self.is_claim(sentence, side) else None,
            )
            for sentence, side in zip(sentences, sides, strict=True)
        )

    def is_claim(self, sentence: Sentence, side: JoinedSentence) -> bool:
        """Return whether a sentence has a cue, or tells when something was and has no statistic that has the date."""
        if sentence.where is TextKind.CAPTION:  # which its image tells
            return False
        if sentence.where is TextKind.INFOBOX and _SETTING.match(sentence.text):
            return False
        if side.claims_something:
            return True
        if side.statistics or sentence.text not in self.dated or sentence.where is TextKind.TABLE:
            return False
        if sentence.where is TextKind.INFOBOX:
            return not sentence.label.casefold().endswith("year")  # which dates the figure of another parameter
        in_prose = sentence.where is not TextKind.PROSE or any(map(str.islower, _LONG_WORD.findall(sentence.text)))
        return in_prose and len(_WORD.findall(sentence.text)) >= _FEWEST and not _BRACKETED.match(sentence.text)

    def matches(self) -> Iterator[StatisticMatch]:
        """Yield the pairs within each row that changed, then figures that left one sentence for another."""
        lost: list[tuple[StatisticPosition, Statistic]] = []
        gained: list[tuple[StatisticPosition, Statistic]] = []
        for at, (row, (old, new)) in enumerate(zip(self.aligned, self.sides, strict=True)):
            if not (old.statistics or new.statistics) or _has_same_words(row):
                continue
            own, others = _numbered(old.statistics), _numbered(new.statistics)
            for statistic, other in compare_statistics(own, others):
                if statistic is None and other is not None:
                    gained.append(((at, _index(others, other)), other))
                elif other is None and statistic is not None:
                    lost.append(((at, _index(own, statistic)), statistic))
                elif statistic is not None and other is not None:
                    yield StatisticMatch(
                        old=(at, _index(own, statistic)),
                        new=(at, _index(others, other)),
                        fields=statistic_fields(statistic, other),
                        sources_changed=not self.sources.equal(old.references, new.references),
                    )
        if gained:
            yield from self.moved(sorted([*lost, *self.removed()], key=lambda item: item[0]), gained)

    def removed(self) -> Iterator[tuple[StatisticPosition, Statistic]]:
        """Yield the statistics of the sentences that are gone."""
        gone = [(at, row.old) for at, row in enumerate(self.aligned) if not row.new]
        facts = self.index(sentence for _, sentences in gone for sentence in sentences)
        for at, sentences in gone:
            yield from (((at, number), item) for number, item in enumerate(facts.side(sentences).statistics))

    def moved(
        self, lost: Iterable[tuple[StatisticPosition, Statistic]], gained: list[tuple[StatisticPosition, Statistic]]
    ) -> Iterator[StatisticMatch]:
        for position, statistic in lost:
            successor = next((item for item in gained if same_statement(statistic, item[1])), None)
            if successor is not None:
                gained.remove(successor)
                same = self.sources.equal(
                    self.sides[position[0]][0].references, self.sides[successor[0][0]][1].references
                )
                yield StatisticMatch(old=position, new=successor[0], sources_changed=not same)


def _is_unchanged(row: Aligned) -> bool:
    """Return whether one sentence stayed where it was, so that the same facts are read of it."""
    if len(row.old) != 1 or len(row.new) != 1:
        return False
    own, other = row.old[0], row.new[0]
    return (own.text, own.where, own.label, own.location.section) == (
        other.text,
        other.where,
        other.label,
        other.location.section,
    )


def _has_same_words(row: Aligned) -> bool:
    return [sentence.text for sentence in row.old] == [sentence.text for sentence in row.new]


def _numbered(row: Sequence[Statistic]) -> list[Statistic]:
    """Copy them, so that each is an object of its own however equal two of them are."""
    return [replace(statistic) for statistic in row]


def _index(row: Sequence[Statistic], statistic: Statistic) -> int:
    return next(at for at, item in enumerate(row) if item is statistic)
