"""Two Documents → which element of the old one became which of the new one, changed or not."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from types import MappingProxyType

from watcher.diff.align import Aligned, align
from watcher.diff.claims import compare_claims
from watcher.diff.figures import figure_changes
from watcher.diff.passages import Facts, Side
from watcher.diff.references import ReferencePairs, pair_references
from watcher.diff.sections import pair_sections
from watcher.diff.statistics import compare_statistics, statistic_fields
from watcher.model import Cue, Document, FieldChange, Sentence, Statistic
from watcher.model.timelines import Heir, Passage, Row, Succession

# Names and "is a" stand in most sentences: alone they make no claim that is worth following.
_WEAK = frozenset({Cue.ENTITY, Cue.DEFINITION})


def succession(old: Document, new: Document) -> Succession:
    """Who inherits from whom: the pairs that `diff` makes, those in which nothing changed included.

    Both Documents must list the statistics and claims of all their sentences.
    """
    sections = pair_sections(old.sections, new.sections)
    sources = pair_references(old, new)
    before, after = Facts(old), Facts(new)
    aligned = align(old.sentences, new.sentences, sections.paths)
    sides = [(before.side(row.old), after.side(row.new)) for row in aligned]
    rows = tuple(_row(row, before, after, *both, sources) for row, both in zip(aligned, sides, strict=True))
    return Succession(
        rows=rows,
        heirs=tuple(_heirs(rows, sides, sources)),
        paths=MappingProxyType({mine: theirs for mine, theirs in sections.paths.items() if mine != theirs}),
        references=sources.changes,
        renamed=MappingProxyType({mine: theirs for mine, theirs in sources.became.items() if mine != theirs}),
        resourced=frozenset(key for key, source in sources.new.items() if sources.old.get(key, source) != source),
        cited=new.references,
        figures=figure_changes(old.figures, new.figures, sections.paths),
    )


def _row(row: Aligned, before: Facts, after: Facts, old: Side, new: Side, sources: ReferencePairs) -> Row:
    both = bool(row.old and row.new)
    return Row(
        old=tuple(_passage(one, before) for one in row.old),
        new=tuple(_passage(one, after) for one in row.new),
        resourced=both and not sources.equal(old.references, new.references),
        fields=_claim_fields(old, new) if both and old.text != new.text else (),
    )


def _passage(sentence: Sentence, facts: Facts) -> Passage:
    side = facts.side((sentence,))
    claim = side.claim if any(mark.cue not in _WEAK for mark in side.marks) else None
    return Passage(sentence=sentence, statistics=side.statistics, claim=claim)


def _claim_fields(old: Side, new: Side) -> tuple[FieldChange, ...]:
    if not any(mark.cue not in _WEAK for mark in (*old.marks, *new.marks)):
        return ()
    assert old.sentence is not None
    assert new.sentence is not None
    return compare_claims(
        old.sentence,
        new.sentence,
        old.marks,
        new.marks,
        old_quantities=[one.quantity for one in old.statistics],
        new_quantities=[one.quantity for one in new.statistics],
    )


def _heirs(rows: Sequence[Row], sides: Sequence[tuple[Side, Side]], sources: ReferencePairs) -> Iterator[Heir]:
    """The pairs within each row that changed, then figures that left one sentence for another."""
    lost: list[tuple[int, int]] = []
    gained: list[tuple[int, int]] = []
    for at, (row, (old, new)) in enumerate(zip(rows, sides, strict=True)):
        if row.same:
            continue
        mine, theirs = _numbered(old.statistics), _numbered(new.statistics)
        for one, other in compare_statistics(mine, theirs):
            i = None if one is None else _index(mine, one)
            j = None if other is None else _index(theirs, other)
            if one is None or i is None:
                gained += [] if j is None else [(at, j)]
            elif other is None or j is None:
                lost.append((at, i))
            else:
                fields = statistic_fields(one, other)
                yield Heir(old=(at, i), new=(at, j), fields=fields, resourced=row.resourced)
    for row_at, i in lost:
        found = next((spot for spot in gained if _moved(sides[row_at][0].statistics[i], _at(sides, spot))), None)
        if found is not None:
            gained.remove(found)
            same = sources.equal(sides[row_at][0].references, sides[found[0]][1].references)
            yield Heir(old=(row_at, i), new=found, resourced=not same)


def _numbered(row: Sequence[Statistic]) -> list[Statistic]:
    """Copies, so that each is an object of its own however equal two of them are."""
    return [replace(one) for one in row]


def _index(row: Sequence[Statistic], wanted: Statistic) -> int:
    return next(at for at, one in enumerate(row) if one is wanted)


def _at(sides: Sequence[tuple[Side, Side]], spot: tuple[int, int]) -> Statistic:
    return sides[spot[0]][1].statistics[spot[1]]


def _moved(lost: Statistic, gained: Statistic) -> bool:
    """Whether a figure that one sentence lost is what another gained, in equal terms."""
    return all(one.name == "as_of" and None in (one.old, one.new) for one in statistic_fields(lost, gained))
