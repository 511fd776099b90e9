"""What edits did to one element, noted as it happened → its Timeline."""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Final

from watcher.model.changes import FieldChange
from watcher.model.elements import Claim, Element, Figure, Mark, Place, Quantity, Reference, Sentence, Statistic
from watcher.model.revisions import Revision
from watcher.model.scales import Cue, Measure, Where
from watcher.model.timelines import Episode, Timeline, Verb


@dataclass(frozen=True, slots=True, kw_only=True)
class Context:
    """Where an element stood: its sentence, section, and the titles of its sources."""

    sentence: str = ""
    section: tuple[str, ...] = ()
    sources: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Note:
    """One edit that touched the element (None: it took it away); `reverting` where the whole text went back.

    `value` and `source` number what it said and what it rested on, among all that it ever did: equal numbers, equal
    words.
    """

    verb: Verb
    revision: Revision
    element: Element | None
    context: Context
    value: int
    source: int
    fields: tuple[FieldChange, ...] = ()
    reverting: bool = False


@dataclass(frozen=True, slots=True)
class Gap:
    """A time in which the whole text was another one: who took it away, who brought it back.

    All elements of an article share one, so that a page that is blanked every week costs a pointer an element.
    """

    went: Revision
    back: Revision


@dataclass(frozen=True, slots=True, kw_only=True)
class Present:
    """What an element is now; revisions by their ids: the last that touched it, who gave its value, who its source."""

    number: int
    subject: str
    verb: Verb
    element: Element
    sentence: str
    place: Place
    sources: tuple[str, ...]
    revision: int
    origin: int
    source_origin: int


@dataclass(frozen=True, slots=True)
class Notes:
    """Further notes of one element."""

    number: int
    subject: str
    notes: tuple[Note | Gap, ...]


def timeline_of(number: int, subject: str, notes: Iterable[Note | Gap], now: Present | None) -> Timeline:
    """All that was noted of an element, from its first note on, each episode with its end."""
    rows = list(_written_out(notes))
    last = rows[-1].context
    return Timeline(
        number=number,
        subject=subject,
        episodes=tuple(_episodes(rows)),
        place=now.place if now else Place(section=last.section),
        sentence=(now and now.sentence) or last.sentence,
    )


def _written_out(notes: Iterable[Note | Gap]) -> Iterator[Note]:
    """The notes, two for each gap."""
    before: Note | None = None
    for note in notes:
        if isinstance(note, Note):
            before = note if note.element is not None else before
            yield note
        elif before is not None:
            there = replace(before.context, sources=())
            yield replace(before, verb=Verb.REMOVED, revision=note.went, element=None, context=there, fields=())
            before = replace(before, verb=Verb.RESTORED, revision=note.back, fields=(), reverting=True)
            yield before


def _episodes(notes: Sequence[Note]) -> Iterator[Episode]:
    values: dict[int, Revision] = {}
    sources: dict[int, Revision] = {}
    for note, end in zip(notes, _ends(notes), strict=True):
        if note.element is not None:
            values.setdefault(note.value, note.revision)
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
            undone=end is not None and _undoes(end, note, values),
        )


def _ends(notes: Sequence[Note]) -> list[Note | None]:
    """For each note the next edit after which the element said something else.

    Other sources alone do not end a value, nor does an edit that took it away until somebody brought it back.
    """
    ends: list[Note | None] = [None] * len(notes)
    for at in range(len(notes) - 2, -1, -1):
        note, later = notes[at], notes[at + 1]
        if note.element is None:
            ends[at] = later
        elif later.element is not None:
            ends[at] = ends[at + 1] if later.value == note.value else later
        else:
            back = at + 2 < len(notes) and notes[at + 2].value == note.value
            ends[at] = ends[at + 2] if back else later
    return ends


def _undoes(end: Note, note: Note, before: Container[int]) -> bool:
    if note.element is None:
        return end.verb is Verb.RESTORED
    return end.reverting or (end.element is not None and end.value in before)


# All that a note or a Present may hold, for a Codec; at the end of the tuple is room for more.
KEPT: Final = (
    Cue, Measure, Verb, Where, Place, Quantity, Statistic, Mark, Claim, Reference, Figure, Sentence, FieldChange,
    Context, Note, Gap, Notes, Present,
)  # fmt: skip
