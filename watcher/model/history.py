"""Define what one edit did to every element, and the timeline of an element over many edits."""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from enum import StrEnum
from itertools import pairwise
from operator import attrgetter
from types import MappingProxyType
from typing import Final

from watcher.model.changes import Change, FieldChange
from watcher.model.elements import (
    NO_LOCATION,
    Claim,
    CueMatch,
    Element,
    Figure,
    Location,
    Quantity,
    Reference,
    Sentence,
    Statistic,
)
from watcher.model.revisions import Revision
from watcher.model.vocabulary import Cue, Measure, TextKind

_TEXT: Final = attrgetter("sentence.text")


@dataclass(frozen=True, slots=True, kw_only=True)
class SentenceFacts:
    """A sentence with what it states; `claim` is None where it asserts nothing."""

    sentence: Sentence
    statistics: tuple[Statistic, ...] = ()
    claim: Claim | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AlignedRow:
    """Sentences of the old text with their matches in the new one; several where sentences were joined or split.

    Where nothing but the position in the text is another, `old` is `new`.
    `sources_changed` tells that the two have other sources, `claim_changed` that they make another claim: None where
    that was not compared, because their words nearly always tell it.
    """

    old: tuple[SentenceFacts, ...]
    new: tuple[SentenceFacts, ...]
    sources_changed: bool = False
    claim_changed: bool | None = False

    @property
    def same(self) -> bool:
        """Return whether the words are the same and in as many sentences."""
        old, new = self.old, self.new
        return old is new or (len(old) == len(new) and [*map(_TEXT, old)] == [*map(_TEXT, new)])


StatisticPosition = tuple[int, int]  # a row, and one of its statistics, counted over all sentences of its side


@dataclass(frozen=True, slots=True, kw_only=True)
class StatisticMatch:
    """A statistic of the old text and its successor; `fields` are the differences, () for none."""

    old: StatisticPosition
    new: StatisticPosition
    fields: tuple[FieldChange, ...] = ()
    sources_changed: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ElementMapping:
    """Which element of one text is which of the next; what is not listed is unchanged.

    Statistics of rows that are the `same` have no matches: each is itself. `paths` are the heading paths that changed,
    `renamed` the keys of references with only another name, `sources_changed` those that cite another source under the
    same name, `left` those of the old text's notes that were read and have no copy elsewhere, `uncited` the sources
    that no note cites any more.
    """

    rows: tuple[AlignedRow, ...] = ()
    matches: tuple[StatisticMatch, ...] = ()
    paths: Mapping[tuple[str, ...], tuple[str, ...]] = field(default_factory=lambda: MappingProxyType({}))
    references: tuple[Change, ...] = ()
    renamed: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    sources_changed: frozenset[str] = frozenset()
    cited: tuple[Reference, ...] = ()
    left: frozenset[str] = frozenset()
    uncited: frozenset[str] = frozenset()
    figures: tuple[Change, ...] = ()


class EditVerb(StrEnum):
    """What an edit did to an element; WRITTEN is a sentence that was no claim before a later edit made it one."""

    WRITTEN = "written"
    ADDED = "added"
    CHANGED = "changed"
    RESOURCED = "resourced"
    REMOVED = "removed"
    RESTORED = "restored"


@dataclass(frozen=True, slots=True)
class EarlierStatement:
    """Which revision first stated the words with which an element begins.

    `number` is that of the element that did so, `last` that of the one that had these words most recently.
    """

    revision: Revision
    number: int
    last: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Episode:
    """An element from one edit to the next that touched it.

    `element` is None while it is removed. `origin` is the revision that first stated it: an edit that restores it is no
    author. Where it did so as another element, which has other words now, `earlier` names that. `ended` is the revision
    that ended it, None while it is current; `undone` tells that it ended by going back to the version before.
    """

    verb: EditVerb
    revision: Revision
    origin: Revision
    source_origin: Revision
    element: Element | None
    sentence: str = ""
    section: tuple[str, ...] = ()
    sources: tuple[str, ...] = ()
    fields: tuple[FieldChange, ...] = ()
    ended: Revision | None = None
    undone: bool = False
    earlier: EarlierStatement | None = None

    @property
    def duration(self) -> timedelta | None:
        """Return how long it lasted; None while it is current."""
        return None if self.ended is None else self.ended.at - self.revision.at


_DAY: Final = timedelta(days=1)
_OUTLIVED: Final = 20  # times as long as the value that ended it for a while, something has stood
_BEGUN: Final = frozenset({EditVerb.ADDED, EditVerb.RESTORED})


@dataclass(frozen=True, slots=True, kw_only=True)
class Timeline:
    """The history of one statistic, claim, reference or figure; `episodes` from the oldest on, at least one.

    `sentence` and `location` are the newest; a removed element has location 0.
    """

    number: int
    subject: str
    episodes: tuple[Episode, ...]
    location: Location = NO_LOCATION
    sentence: str = ""

    @property
    def is_current(self) -> bool:
        """Return whether the newest revision has it."""
        return self.episodes[-1].element is not None

    @property
    def is_transient(self) -> bool:
        """Return whether it stood for less than a day in all, and was undone in the end, or by its own editor.

        The time in which a claim was only a sentence does not count.
        """
        written = {episode.origin.id for episode in self.episodes if episode.verb is EditVerb.WRITTEN}
        claimed = [episode for episode in self.episodes if episode.origin.id not in written]
        latest = next((episode for episode in reversed(claimed) if episode.element is not None), None)
        if latest is None or latest.ended is None:
            return latest is None
        begun = next((episode for episode in reversed(claimed) if episode.verb in _BEGUN), claimed[0]).revision.editor
        if not (latest.undone or (begun is not None and begun == latest.ended.editor)):
            return False
        lasted = (
            later.revision.at - own.revision.at
            for own, later in pairwise(self.episodes)
            if own.element is not None and own.origin.id not in written
        )
        return sum(lasted, timedelta()) < _DAY

    @property
    def latest(self) -> Episode:
        """Return its last version."""
        return next((episode for episode in reversed(self.episodes) if episode.element is not None), self.episodes[-1])


@dataclass(frozen=True, slots=True, kw_only=True)
class ElementContext:
    """The sentence, section and source titles of an element."""

    sentence: str = ""
    section: tuple[str, ...] = ()
    sources: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class HistoryEntry:
    """One edit that touched the element (None: removed it).

    `reverted_to` is the revision to whose text the whole text was reverted, 0 where it was not. `value` and `source`
    number its values and sources: equal numbers, equal words. `earlier` is set where it begins in words that were
    stated before.
    """

    verb: EditVerb
    revision: Revision
    element: Element | None
    context: ElementContext
    value: int
    source: int
    fields: tuple[FieldChange, ...] = ()
    reverted_to: int = 0
    earlier: EarlierStatement | None = None


@dataclass(frozen=True, slots=True)
class TextGap:
    """A time in which the whole text was another one: who removed it, who restored it.

    All elements of an article share one, so that a page that is blanked every week costs a pointer an element.
    """

    went: Revision
    back: Revision


@dataclass(frozen=True, slots=True, kw_only=True)
class CurrentElement:
    """A current element; revisions by their ids: the last edit, the origin of its value, that of its source."""

    number: int
    subject: str
    verb: EditVerb
    element: Element
    sentence: str
    location: Location
    sources: tuple[str, ...]
    revision: int
    origin: int
    source_origin: int


@dataclass(frozen=True, slots=True)
class HistoryEntries:
    """Further entries of one element."""

    number: int
    subject: str
    entries: tuple[HistoryEntry | TextGap, ...]


def build_timeline(
    number: int, subject: str, notes: Iterable[HistoryEntry | TextGap], now: CurrentElement | None
) -> Timeline:
    """Return the timeline of an element from its first entry on, each episode with its end."""
    rows = list(_written_out(notes))
    last = rows[-1].context
    return Timeline(
        number=number,
        subject=subject,
        episodes=tuple(_episodes(rows)),
        location=now.location if now else Location(section=last.section),
        sentence=(now and now.sentence) or last.sentence,
    )


def _written_out(notes: Iterable[HistoryEntry | TextGap]) -> Iterator[HistoryEntry]:
    """Return the entries, two for each gap."""
    before: HistoryEntry | None = None
    for note in notes:
        if isinstance(note, HistoryEntry):
            before = note if note.element is not None else before
            yield note
        elif before is not None:
            element_context = replace(before.context, sources=())
            before = replace(before, verb=EditVerb.RESTORED, revision=note.back, fields=(), reverted_to=0, earlier=None)
            yield replace(before, verb=EditVerb.REMOVED, revision=note.went, element=None, context=element_context)
            yield before


def _episodes(notes: Sequence[HistoryEntry]) -> Iterator[Episode]:
    values: dict[int, Revision] = {}
    sources: dict[int, Revision] = {}
    ends = _ends(notes)
    after = {id(note): end for note, end in zip(notes, ends, strict=True)}
    for note, end in zip(notes, ends, strict=True):
        if note.element is not None:
            values.setdefault(note.value, note.earlier.revision if note.earlier else note.revision)
            sources.setdefault(note.source, note.revision)
        yield Episode(
            verb=note.verb,
            revision=note.revision,
            origin=values[note.value],
            source_origin=sources[note.source],
            element=note.element,
            sentence=note.context.sentence,
            section=note.context.section,
            sources=note.context.sources,
            fields=note.fields,
            ended=end.revision if end else None,
            undone=end is not None and _undoes(end, note, values) and not _is_outlived(end, after[id(end)], note),
            earlier=note.earlier,
        )


def _ends(notes: Sequence[HistoryEntry]) -> list[HistoryEntry | None]:
    """Return for each entry the next edit after which the element said something else.

    Other sources alone do not end a value, nor does a removal until somebody restored it, unless that was undone.
    """
    ends: list[HistoryEntry | None] = [None] * len(notes)
    for at in range(len(notes) - 2, -1, -1):
        note, later = notes[at], notes[at + 1]
        if note.element is None:
            ends[at] = later
        elif later.element is not None:
            ends[at] = ends[at + 1] if later.value == note.value else later
        else:
            back = at + 2 < len(notes) and notes[at + 2].value == note.value
            ends[at] = ends[at + 2] if back and not _is_undone(later, notes[at + 2], ends[at + 2]) else later
    return ends


def _is_undone(removal: HistoryEntry, restoration: HistoryEntry, end: HistoryEntry | None) -> bool:
    """Return whether what a restoration put back was removed again by going back to a text from before it."""
    if end is None or end.element is not None:
        return False
    return removal.revision.id <= end.reverted_to < restoration.revision.id


def _is_outlived(end: HistoryEntry, later: HistoryEntry | None, note: HistoryEntry) -> bool:
    """Return whether a value came back at once after another one, which was an old mistake then and no return."""
    if end.element is None or later is None or later.value != note.value:
        return False
    return (later.revision.at - end.revision.at) * _OUTLIVED < end.revision.at - note.revision.at


def _undoes(end: HistoryEntry, note: HistoryEntry, before: Container[int]) -> bool:
    if note.element is None:
        return end.verb is EditVerb.RESTORED
    return bool(end.reverted_to) or (end.element is not None and end.value in before)


# All that a note or a Present may hold, for a Codec; at the end of the tuple is room for more.
SERIALIZABLE: Final = (
    Cue, Measure, EditVerb, TextKind, Location, Quantity, Statistic, CueMatch, Claim, Reference, Figure, Sentence,
    FieldChange, ElementContext, EarlierStatement, HistoryEntry, TextGap, HistoryEntries, CurrentElement,
)  # fmt: skip
