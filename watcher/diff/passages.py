"""Aligned sentences → the changes of their statistics, claims, tags, reference uses, and of any other words."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from watcher.diff.align import Aligned
from watcher.diff.cells import cell_change
from watcher.diff.claims import compare_claims
from watcher.diff.names import NO_NAMES, Names
from watcher.diff.pins import Pin
from watcher.diff.references import ReferencePairs
from watcher.diff.statistics import compare_statistics, statistic_fields
from watcher.model import (
    NOWHERE,
    Change,
    Claim,
    Cue,
    Document,
    Element,
    FieldChange,
    Kind,
    Mark,
    Place,
    Sentence,
    Statistic,
    Tag,
    Where,
)

_Spot = tuple[int, int, str]
_MOST_SIBLINGS = 60
_WEAK = frozenset(
    {Cue.ENTITY, Cue.DEFINITION}
)  # names and "is a" stand in most sentences: alone they claim nothing new


@dataclass(frozen=True, slots=True)
class Side:
    """One or several sentences as one text, with the statistics and marks at their places in it."""

    sentence: Sentence | None
    statistics: tuple[Statistic, ...] = ()
    marks: tuple[Mark, ...] = ()
    names: Names = NO_NAMES

    @property
    def text(self) -> str | None:
        """The words, None where there is no sentence."""
        return self.sentence.text if self.sentence else None

    @property
    def references(self) -> tuple[str, ...]:
        """Keys of the supporting references."""
        return self.sentence.references if self.sentence else ()

    @property
    def place(self) -> Place:
        """Where the (first) sentence stands."""
        return self.sentence.place if self.sentence else NOWHERE

    @property
    def claim(self) -> Claim | None:
        """The sentence as a claim with its marks."""
        if self.sentence is None:
            return None
        one = self.sentence
        return Claim(text=one.text, marks=self.marks, references=one.references, where=one.where, place=one.place)


class Facts:
    """The statistics and marks of a Document, found by the sentence that states them."""

    def __init__(self, document: Document, names: Names = NO_NAMES) -> None:
        self.names = names
        self.statistics: dict[_Spot, dict[tuple[int, int], Statistic]] = defaultdict(dict)
        self.marks: dict[_Spot, tuple[Mark, ...]] = {}
        for one in document.statistics:
            if not one.quantity.measure.is_context:
                # Equal pieces of one node have one place: each states the figures of its words once, not of them all.
                quantity = (one.quantity.start, one.quantity.end)
                self.statistics[one.place.start, one.place.end, one.sentence].setdefault(quantity, one)
        for claim in document.claims:
            self.marks[claim.place.start, claim.place.end, claim.text] = claim.marks

    def side(self, sentences: Sequence[Sentence]) -> Side:
        """The sentences as one: joined by a space, their references together."""
        if not sentences:
            return Side(None)
        if len(sentences) == 1:
            one = sentences[0]
            spot = (one.place.start, one.place.end, one.text)
            statistics = tuple(self.statistics.get(spot, {}).values())
            return Side(one, statistics, self.marks.get(spot, ()), self.names)
        return self._joined(sentences)

    def _joined(self, sentences: Sequence[Sentence]) -> Side:
        text = " ".join(one.text for one in sentences)
        statistics: list[Statistic] = []
        marks: list[Mark] = []
        at = 0
        for one in sentences:
            part = self.side((one,))
            statistics += (_shifted(item, at, text) for item in part.statistics)
            marks += (replace(mark, start=mark.start + at, end=mark.end + at) for mark in part.marks)
            at += len(one.text) + 1
        first, last = sentences[0], sentences[-1]
        whole = replace(
            first,
            text=text,
            cites=tuple(dict.fromkeys(key for one in sentences for key in one.cites)),
            references=tuple(dict.fromkeys(key for one in sentences for key in one.references)),
            tags=tuple(name for one in sentences for name in one.tags),
            place=replace(first.place, end=max(first.place.end, last.place.end)),
        )
        return Side(whole, tuple(statistics), tuple(marks), self.names)


def _shifted(item: Statistic, by: int, text: str) -> Statistic:
    quantity = replace(item.quantity, start=item.quantity.start + by, end=item.quantity.end + by)
    return replace(item, quantity=quantity, sentence=text)


def passage_changes(
    row: Aligned, before: Facts, after: Facts, sources: ReferencePairs, pinned: Pin | None = None
) -> Iterator[Change]:
    """Every change of one aligned row, nothing where both sides say the same with the same support."""
    old, new = before.side(row.old), after.side(row.new)
    words = tuple(_words(old, new) if old.text != new.text else _relabelled(old, new))
    if pinned:
        words = tuple(_pinned(words, old, new, pinned))
    changes = (*words, *_tags(old, new), *_uses(old, new, sources))
    one = new.sentence or old.sentence
    if not changes or one is None:
        return
    source = sources.source(old.references, new.references)
    titles = tuple(sources.titles[key] for key in new.references or old.references if key in sources.titles)
    for change in changes:
        yield replace(
            change,
            where=one.where,
            label=one.label,
            old_sentence=old.text,
            new_sentence=new.text,
            old_references=old.references,
            new_references=new.references,
            source=source,
            before=_siblings(old),
            siblings=_siblings(new),
            titles=titles,
            place=one.place,
        )


def _siblings(side: Side) -> tuple[Statistic, ...]:
    """The statistics of a sentence, for arithmetic; so many add up to nothing that a reader would check."""
    return side.statistics if len(side.statistics) <= _MOST_SIBLINGS else ()


def _pinned(words: Sequence[Change], old: Side, new: Side, pinned: Pin) -> Iterator[Change]:
    """What happened to a pinned sentence, one of the changes being to the claim as the user quoted it."""
    yield from (change for change in words if change.kind.subject == "statistic")
    fields = [field for change in words if change.kind.subject != "prose" for field in change.fields]
    fields += pinned.fields
    mine = replace(old.claim, pinned=pinned.quoted) if old.claim else None
    theirs = replace(new.claim, pinned=pinned.quoted) if new.claim else None
    if theirs is None:
        yield Change(kind=Kind.CLAIM_REMOVED, old=mine, new=None)
    elif words or fields:
        kind = Kind.CLAIM_CHANGED if mine else Kind.CLAIM_ADDED
        yield Change(kind=kind, old=mine, new=theirs, fields=tuple(dict.fromkeys(fields)))


def _relabelled(old: Side, new: Side) -> Iterator[Change]:
    """An infobox value under another parameter says something else ("deaths = 40" → "injured = 40")."""
    mine, theirs = old.sentence, new.sentence
    if mine and theirs and mine.where is theirs.where is Where.INFOBOX and mine.label != theirs.label:
        fields = (FieldChange(name="label", old=mine.label or None, new=theirs.label or None),)
        yield Change(kind=Kind.PROSE_CHANGED, old=mine, new=theirs, fields=fields)


def _words(old: Side, new: Side) -> Iterator[Change]:
    """What the words of a sentence say otherwise; plain prose only if nothing more telling does."""
    told = [*_statistics(old, new)]
    told += _claims(old, new, told)
    if not told:
        told.append(_prose(old, new))
    yield from told


def _statistics(old: Side, new: Side) -> Iterator[Change]:
    for mine, theirs in compare_statistics(old.statistics, new.statistics):
        if mine is None or theirs is None:
            kind = Kind.STATISTIC_ADDED if mine is None else Kind.STATISTIC_REMOVED
            yield Change(kind=kind, old=mine, new=theirs)
        elif fields := statistic_fields(mine, theirs):
            yield Change(kind=Kind.STATISTIC_CHANGED, old=mine, new=theirs, fields=fields)


def _claims(old: Side, new: Side, told: Sequence[Change]) -> Iterator[Change]:
    if not all(one.states_facts for one in (old.sentence, new.sentence) if one):
        return
    if new.names.same(old.text, new.text):
        return  # a cell that is one link, under another label
    if old.sentence and new.sentence:
        fields = compare_claims(
            old.sentence,
            new.sentence,
            old.marks,
            new.marks,
            old_quantities=[one.quantity for one in old.statistics],
            new_quantities=[one.quantity for one in new.statistics],
            names=new.names,
        )
        if not fields and not told and (cell := cell_change(old.sentence, new.sentence, new.names)):
            fields = (cell,)
        if fields := _untold(fields, told):
            yield Change(kind=Kind.CLAIM_CHANGED, old=old.claim, new=new.claim, fields=fields)
    elif not told and any(mark.cue not in _WEAK for mark in (*old.marks, *new.marks)):
        kind = Kind.CLAIM_ADDED if new.sentence else Kind.CLAIM_REMOVED
        yield Change(kind=kind, old=old.claim, new=new.claim)


def _untold(fields: Sequence[FieldChange], told: Sequence[Change]) -> tuple[FieldChange, ...]:
    """The fields without words that a changed statistic tells already, such as its qualifier or noun."""
    known = {(field.old, field.new) for change in told for field in change.fields}
    return tuple(field for field in fields if (field.old, field.new) not in known and not _is_unit(field, told))


def _is_unit(field: FieldChange, told: Sequence[Change]) -> bool:
    """Whether both words of a field are what a told statistic counts in, as they are written."""
    return any(
        any(one.name == "unit" for one in change.fields)
        and _counted(field.old, change.old)
        and _counted(field.new, change.new)
        for change in told
    )


def _counted(words: str | None, element: Element | None) -> bool:
    if not words or not isinstance(element, Statistic):
        return False
    found = element.quantity
    return words in element.sentence[found.start : found.end + len(words) + 1]


def _prose(old: Side, new: Side) -> Change:
    if old.sentence and new.sentence:
        kind = Kind.PROSE_CHANGED
    else:
        kind = Kind.PROSE_ADDED if new.sentence else Kind.PROSE_REMOVED
    return Change(kind=kind, old=old.sentence, new=new.sentence)


def _tags(old: Side, new: Side) -> Iterator[Change]:
    """Maintenance tags that a sentence gained or lost; those of a new sentence are gained."""
    mine = old.sentence.tags if old.sentence else ()
    theirs = new.sentence.tags if new.sentence else ()
    for name in dict.fromkeys(mine):
        if name not in theirs:
            yield Change(kind=Kind.TAG_REMOVED, old=Tag(name=name, sentence=old.text or "", place=old.place), new=None)
    for name in dict.fromkeys(theirs):
        if name not in mine:
            yield Change(kind=Kind.TAG_ADDED, old=None, new=Tag(name=name, sentence=new.text or "", place=new.place))


def _uses(old: Side, new: Side, sources: ReferencePairs) -> Iterator[Change]:
    """Uses of a reference that left or reached a sentence while its definition stayed."""
    if old.sentence is None or new.sentence is None or old.sentence.cites == new.sentence.cites:
        return
    there = set(new.sentence.cites)
    stayed = {sources.became[key] for key in old.sentence.cites if sources.became.get(key) in there}
    mine = {sources.old.get(key, key): key for key in old.sentence.cites if sources.became.get(key) not in there}
    theirs = {sources.new.get(key, key): key for key in new.sentence.cites if key not in stayed}
    for source, key in mine.items():
        if source not in theirs and (ref := sources.kept.get(key)):
            yield Change(kind=Kind.REFERENCE_MOVED, old=ref, new=None)
    for source, key in theirs.items():
        if source not in mine and (ref := sources.kept.get(key)):
            yield Change(kind=Kind.REFERENCE_MOVED, old=None, new=ref)
