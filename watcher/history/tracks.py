"""Record the edits to one element, with as much of its past as the next edit needs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace
from decimal import Decimal
from hashlib import sha256

from watcher.model import Claim, Cue, Element, FieldChange, Location, Reference, Revision, Statistic
from watcher.model.excerpts import sentence_around, short_element
from watcher.model.history import CurrentElement, EditVerb, ElementContext, HistoryEntries, HistoryEntry, TextGap


@dataclass(frozen=True, slots=True)
class TrackVersion:
    """A track with what it said at a time: the numbers of its value and of its sources among all that it ever had."""

    track: int
    value: int = 0
    source: int = 0


@dataclass(frozen=True, slots=True)
class TrackedElement:
    """An element of a text and the slot that it fills."""

    slot: TrackVersion
    element: Element


@dataclass(frozen=True, slots=True, kw_only=True)
class TrackCheckpoint:
    """A track without its notes: what has to be kept of it to go on; revisions by their ids.

    `values` and `sources` give for each number the revision that began it, `said` and `rested` for each
    value and for each row of titles its number.
    """

    slot: TrackVersion
    subject: str
    is_current: bool
    element: Element | None
    context: ElementContext
    verb: EditVerb
    revision: int
    values: tuple[tuple[int, int], ...]
    sources: tuple[tuple[int, int], ...]
    texts: tuple[tuple[str, int], ...]
    rested: tuple[tuple[tuple[str, ...], int], ...]
    counted: tuple[int, int]


class Track:
    """One element through all edits; `entries` are those that nobody has taken yet."""

    __slots__ = (
        "_sources",
        "_values",
        "alive",
        "context",
        "element",
        "entries",
        "number",
        "rested",
        "revision",
        "slot",
        "source_origins",
        "subject",
        "texts",
        "value_origins",
        "verb",
    )

    def __init__(self, number: int, subject: str) -> None:
        self.number, self.subject = number, subject
        self.slot = TrackVersion(number)
        self.alive = False
        self.element: Element | None = None  # what it said last
        self.context = ElementContext()
        self.verb, self.revision = EditVerb.ADDED, 0
        self.entries: list[HistoryEntry | TextGap] = []
        self.value_origins: dict[int, int] = {}
        self.source_origins: dict[int, int] = {}
        self.texts: dict[str, int] = {}
        self.rested: dict[tuple[str, ...], int] = {}
        self._values = self._sources = 1

    def next_version(
        self, element: Element, was: TrackVersion, *, value: bool = False, sources: tuple[str, ...] | None = None
    ) -> TrackVersion:
        """The slot of what it becomes after `was`: with a new value, on other sources (None: on the same), or both.

        A value that it had before has its old number, and so have sources.
        """
        number, source = was.value, was.source
        if value:
            number = self.texts.get(content_digest(element), was.value)
            number = self._values if number == was.value else number
            self._values += number == self._values
        if sources is not None:
            source = self.rested.get(sources, was.source)
            source = self._sources if source == was.source else source
            self._sources += source == self._sources
        return TrackVersion(self.number, number, source)

    def note(
        self,
        verb: EditVerb,
        revision: Revision,
        element: Element | None,
        context: ElementContext,
        slot: TrackVersion,
        *,
        changed: Sequence[FieldChange] = (),
        reverting: bool = False,
    ) -> None:
        """Write down what `revision` did; `element` is None where it took it away."""
        self.slot, self.alive = slot, element is not None
        self.verb, self.revision = verb, revision.id
        if element is not None:
            self.element, self.context = element, context
            self.value_origins.setdefault(slot.value, revision.id)
            self.source_origins.setdefault(slot.source, revision.id)
            self.texts.setdefault(content_digest(element), slot.value)
            self.rested.setdefault(context.sources, slot.source)
        self.entries.append(
            HistoryEntry(
                verb=verb,
                revision=revision,
                element=None if element is None else short_element(element),
                context=_short_context(element or self.element, context),
                fields=tuple(changed),
                value=slot.value,
                source=slot.source,
                reverting=reverting,
            )
        )

    def removed_by(self, slot: TrackVersion) -> Revision | None:
        """The revision that took it away as it now comes back, None where it was there or comes back otherwise.

        None as well where that note was taken already: then the return is noted for itself.
        """
        last = self.entries[-1] if self.entries else None
        return last.revision if isinstance(last, HistoryEntry) and last.element is None and slot == self.slot else None

    def merge_gap(self, gap: TextGap) -> None:
        """Put a gap in place of the note that the element is gone."""
        self.entries[-1] = gap
        self.alive = True
        self.verb, self.revision = EditVerb.RESTORED, gap.back.id

    def drain_entries(self) -> HistoryEntries:
        """Give the notes away."""
        taken = HistoryEntries(self.number, self.subject, tuple(self.entries))
        self.entries.clear()
        return taken

    def present(self, location: Location, sentence: str) -> CurrentElement | None:
        """What it is now; None where it is gone."""
        if not self.alive or self.element is None:
            return None
        return CurrentElement(
            number=self.number,
            subject=self.subject,
            verb=self.verb,
            element=short_element(self.element),
            sentence=sentence_around(self.element, sentence or self.context.sentence),
            location=location,
            sources=self.context.sources,
            revision=self.revision,
            origin=self.value_origins[self.slot.value],
            source_origin=self.source_origins[self.slot.source],
        )

    def checkpoint(self) -> TrackCheckpoint:
        """What `of` makes a track of that goes on as this one would."""
        return TrackCheckpoint(
            slot=self.slot,
            subject=self.subject,
            is_current=self.alive,
            element=self.element,
            context=self.context,
            verb=self.verb,
            revision=self.revision,
            values=tuple(self.value_origins.items()),
            sources=tuple(self.source_origins.items()),
            texts=tuple(self.texts.items()),
            rested=tuple(self.rested.items()),
            counted=(self._values, self._sources),
        )

    @classmethod
    def of(cls, tail: TrackCheckpoint) -> Track:
        """The track of a tail, without notes."""
        made = cls(tail.slot.track, tail.subject)
        made.slot, made.alive, made.element, made.context = tail.slot, tail.is_current, tail.element, tail.context
        made.verb, made.revision = tail.verb, tail.revision
        made.value_origins, made.source_origins = dict(tail.values), dict(tail.sources)
        made.texts, made.rested = dict(tail.texts), dict(tail.rested)
        made._values, made._sources = tail.counted
        return made


_WEAK = frozenset({Cue.ENTITY, Cue.DEFINITION})
_STATED = ("value", "low", "high", "measure", "unit", "qualifier", "period", "as_of")


def _short_context(element: Element | None, context: ElementContext) -> ElementContext:
    """The context with an excerpt in place of a long sentence: every number of a long one has notes of its own."""
    short = sentence_around(element, context.sentence)
    return context if short == context.sentence else replace(context, sentence=short)


def content_digest(element: Element) -> str:
    """A digest of what an element says, however it is worded and wherever it stands."""
    match element:
        case Statistic(quantity=quantity):
            text = [_plain(getattr(quantity, name)) for name in _STATED]
        case Claim(marks=marks):
            text = sorted(f"{mark.cue.value}: {mark.normalized}" for mark in marks if mark.cue not in _WEAK)
        case _:
            text = [repr(getattr(element, field.name)) for field in fields(element) if field.compare]
    return sha256(repr(text).encode("utf-8", "replace")).hexdigest()[:12]


def _plain(value: object) -> str:
    return format(value.normalize(), "f") if isinstance(value, Decimal) else str(value)


def differences(old: Element | None, new: Element) -> tuple[FieldChange, ...]:
    """The fields of two statistics that are not written alike; () for anything else."""
    if not (isinstance(old, Statistic) and isinstance(new, Statistic)):
        return ()
    pairs = ((name, getattr(old.quantity, name), getattr(new.quantity, name)) for name in _STATED)
    return tuple(
        FieldChange(name=name, old=_field_text(own), new=_field_text(other))
        for name, own, other in pairs
        if own != other
    )


def _field_text(value: object) -> str | None:
    return None if value is None else str(value)


def label(reference: Reference) -> str:
    """What a reader calls a source."""
    return reference.title or reference.url or reference.text[:80] or reference.key


def labels(keys: Sequence[str], known: Mapping[str, str]) -> tuple[str, ...]:
    """The sources under these keys, each once."""
    return tuple(dict.fromkeys(known.get(key, key) for key in keys))
