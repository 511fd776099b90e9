"""What edits did to one element, noted as it happens, becomes its Timeline."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from watcher.model import Element, FieldChange, Place, Reference, Revision, Statistic
from watcher.model.timelines import Episode, Timeline, Verb


@dataclass(frozen=True, slots=True)
class Slot:
    """A track with what it said at a time: the numbers of its value and of its sources among all that it ever had."""

    track: int
    value: int = 0
    source: int = 0


@dataclass(frozen=True, slots=True)
class Held:
    """An element of a text and the slot that it fills."""

    slot: Slot
    element: Element


@dataclass(frozen=True, slots=True, kw_only=True)
class Context:
    """Where an element stood: its sentence, section, and the titles of its sources."""

    sentence: str = ""
    section: tuple[str, ...] = ()
    sources: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class _Note:
    """One edit that touched the element; `reverting` where the whole text went back."""

    verb: Verb
    revision: Revision
    element: Element | None
    context: Context
    fields: tuple[FieldChange, ...]
    value: int
    source: int
    reverting: bool


@dataclass(frozen=True, slots=True)
class Gap:
    """A time in which the whole text was another one: who took it away, who brought it back.

    All elements of an article share one, so that a page that is blanked every week costs a pointer an element.
    """

    went: Revision
    back: Revision


class Track:
    """One element through all edits."""

    __slots__ = ("_notes", "_sources", "_values", "alive", "number", "slot", "subject")

    def __init__(self, number: int, subject: str) -> None:
        self.number, self.subject = number, subject
        self.slot = Slot(number)
        self.alive = False
        self._notes: list[_Note | Gap] = []
        self._values = self._sources = 1

    @property
    def element(self) -> Element | None:
        """What it said last."""
        last = next(note for note in reversed(self._notes) if isinstance(note, _Note) and note.element is not None)
        return last.element

    def another(self, *, value: bool, source: bool) -> Slot:
        """The present slot with a new value, new sources, or both."""
        self._values += value
        self._sources += source
        return Slot(
            self.number,
            self._values - 1 if value else self.slot.value,
            self._sources - 1 if source else self.slot.source,
        )

    def note(
        self,
        verb: Verb,
        revision: Revision,
        element: Element | None,
        context: Context,
        slot: Slot,
        *,
        fields: Sequence[FieldChange] = (),
        reverting: bool = False,
    ) -> None:
        """Write down what `revision` did; `element` is None where it took it away."""
        self.slot, self.alive = slot, element is not None
        self._notes.append(
            _Note(
                verb=verb,
                revision=revision,
                element=element,
                context=context,
                fields=tuple(fields),
                value=slot.value,
                source=slot.source,
                reverting=reverting,
            )
        )

    def gone_with(self, slot: Slot) -> Revision | None:
        """The revision that took it away as it now comes back, None where it was there or comes back otherwise."""
        last = self._notes[-1]
        return last.revision if isinstance(last, _Note) and last.element is None and slot == self.slot else None

    def bridge(self, gap: Gap) -> None:
        """Put a gap in place of the note that the element is gone."""
        self._notes[-1] = gap
        self.alive = True

    def timeline(self, place: Place | None, sentence: str) -> Timeline:
        """All that was noted, each episode with its end."""
        notes = list(self._written_out())
        return Timeline(
            number=self.number,
            subject=self.subject,
            episodes=tuple(_episodes(notes)),
            place=place or Place(section=notes[-1].context.section),
            sentence=sentence or notes[-1].context.sentence,
        )

    def _written_out(self) -> Iterator[_Note]:
        """The notes, two for each gap."""
        before: _Note | None = None
        for note in self._notes:
            if isinstance(note, _Note):
                before = note
                yield note
            elif before is not None:
                yield replace(before, verb=Verb.REMOVED, revision=note.went, element=None, fields=(), reverting=False)
                before = replace(before, verb=Verb.RESTORED, revision=note.back, fields=(), reverting=True)
                yield before


def _episodes(notes: Sequence[_Note]) -> Iterator[Episode]:
    values: dict[int, Revision] = {}
    sources: dict[int, Revision] = {}
    for at, note in enumerate(notes):
        before = set(values)
        if note.element is not None:
            values.setdefault(note.value, note.revision)
            sources.setdefault(note.source, note.revision)
        end = _end(notes, at)
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
            undone=end is not None and _undoes(end, note, before),
        )


def _end(notes: Sequence[_Note], at: int) -> _Note | None:
    """The next edit after which the element said something else.

    Other sources alone do not end a value, nor does an edit that took it away until somebody brought it back.
    """
    note = notes[at]
    for place in range(at + 1, len(notes)):
        later = notes[place]
        if note.element is None:
            return later
        away = later.element is None and place + 1 < len(notes) and notes[place + 1].value == note.value
        if not away and (later.element is None or later.value != note.value):
            return later
    return None


def _undoes(end: _Note, note: _Note, before: set[int]) -> bool:
    if note.element is None:
        return end.verb is Verb.RESTORED
    return end.reverting or (end.element is not None and end.value in before)


_STATED = ("value", "low", "high", "measure", "unit", "qualifier", "period", "as_of")


def differences(old: Element | None, new: Element) -> tuple[FieldChange, ...]:
    """The fields of two statistics that are not written alike; () for anything else."""
    if not (isinstance(old, Statistic) and isinstance(new, Statistic)):
        return ()
    pairs = ((name, getattr(old.quantity, name), getattr(new.quantity, name)) for name in _STATED)
    return tuple(
        FieldChange(name=name, old=_shown(mine), new=_shown(theirs)) for name, mine, theirs in pairs if mine != theirs
    )


def _shown(value: object) -> str | None:
    return None if value is None else str(value)


def label(reference: Reference) -> str:
    """What a reader calls a source."""
    return reference.title or reference.url or reference.text[:80] or reference.key


def labels(keys: Sequence[str], known: Mapping[str, str]) -> tuple[str, ...]:
    """The sources under these keys, each once."""
    return tuple(dict.fromkeys(known.get(key, key) for key in keys))
