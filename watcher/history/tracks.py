"""Record the edits to one element, with as much of its past as the next edit needs."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from decimal import Decimal
from functools import lru_cache
from hashlib import sha256

from watcher.model import Claim, Element, FieldChange, Location, Reference, Revision, Sentence, Statistic
from watcher.model.excerpts import sentence_around, short_element
from watcher.model.history import (
    CurrentElement,
    EarlierStatement,
    EditVerb,
    ElementContext,
    HistoryEntries,
    HistoryEntry,
    TextGap,
)


@dataclass(frozen=True, slots=True)
class TrackVersion:
    """A version of a track: the numbers of its value and of its sources among all that it ever had."""

    track: int
    value: int = 0
    source: int = 0


@dataclass(frozen=True, slots=True)
class TrackedElement:
    """An element of a text with the version of its track."""

    slot: TrackVersion
    element: Element


@dataclass(slots=True)
class Track:
    """One element through all edits; `entries` are those that were not drained yet, and are not stored with it.

    `value_origins` and `source_origins` give the revision that began each number, `texts` and `rested` the number of
    each value and of each row of source titles.
    """

    number: int
    subject: str
    slot: TrackVersion
    alive: bool = False
    element: Element | None = None  # what it said last
    context: ElementContext = field(default_factory=ElementContext)
    verb: EditVerb = EditVerb.ADDED
    revision: int = 0
    value_origins: dict[int, int] = field(default_factory=dict)
    source_origins: dict[int, int] = field(default_factory=dict)
    texts: dict[str, int] = field(default_factory=dict)
    rested: dict[tuple[str, ...], int] = field(default_factory=dict)
    next_value: int = 1
    next_source: int = 1
    written: bool = False  # before it was a claim
    entries: list[HistoryEntry | TextGap] = field(default_factory=list, init=False)

    def next_version(
        self, element: Element, was: TrackVersion, *, value: bool = False, sources: tuple[str, ...] | None = None
    ) -> TrackVersion:
        """Return the version after `was`: with a new value, on other sources (None: on the same), or both.

        A value or source that it had before keeps its old number.
        """
        number, source = was.value, was.source
        if value:
            number = self.texts.get(content_digest(element), was.value)
            number = self.next_value if number == was.value else number
            self.next_value += number == self.next_value
        if sources is not None:
            source = self.rested.get(sources, was.source)
            source = self.next_source if source == was.source else source
            self.next_source += source == self.next_source
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
        reverted_to: int = 0,
        earlier: EarlierStatement | None = None,
    ) -> None:
        """Record what `revision` did; `element` is None where it was removed."""
        self.slot, self.alive = slot, element is not None
        self.verb, self.revision = verb, revision.id
        self.written |= verb is EditVerb.WRITTEN
        if element is not None:
            self.element, self.context = element, context
            self.value_origins.setdefault(slot.value, (earlier.revision if earlier else revision).id)
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
                reverted_to=reverted_to,
                earlier=earlier,
            )
        )

    def removed_by(self, slot: TrackVersion) -> Revision | None:
        """Return the revision that removed the element as it now comes back, None where it did not.

        None also where that entry was drained: then the return is recorded as an entry of its own.
        """
        last = self.entries[-1] if self.entries else None
        return last.revision if isinstance(last, HistoryEntry) and last.element is None and slot == self.slot else None

    def merge_gap(self, gap: TextGap) -> None:
        """Replace the entry of the removal by a gap."""
        self.entries[-1] = gap
        self.alive = True
        self.verb, self.revision = EditVerb.RESTORED, gap.back.id

    def drain_entries(self) -> HistoryEntries:
        """Return the entries and drop them."""
        taken = HistoryEntries(self.number, self.subject, tuple(self.entries))
        self.entries.clear()
        return taken

    def present(self, location: Location, sentence: str) -> CurrentElement | None:
        """Return the current element; None where it was removed."""
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

    def copy(self) -> Track:
        """Return a track without entries that shares no dict with this one."""
        return replace(
            self,
            value_origins=dict(self.value_origins),
            source_origins=dict(self.source_origins),
            texts=dict(self.texts),
            rested=dict(self.rested),
        )


def unmarked(sentence: Sentence) -> Claim:
    """Return what a sentence claims that lost its cue, or has none yet."""
    return Claim(text=sentence.text, references=sentence.references, where=sentence.where, location=sentence.location)


_WORD = re.compile(r"\w+")
# Wording and position are left out: "21 million" moved to another sentence is the same value.
_STATED = ("value", "low", "high", "measure", "unit", "qualifier", "period", "as_of")


def _short_context(element: Element | None, context: ElementContext) -> ElementContext:
    """Shorten a long sentence in the context to an excerpt: each of its numbers has entries of its own."""
    short = sentence_around(element, context.sentence)
    return context if short == context.sentence else replace(context, sentence=short)


def content_digest(element: Element) -> str:
    """Return a digest of what an element states, independent of its position; a claim states its words."""
    match element:
        case Statistic(quantity=quantity):
            return _digest([_plain(getattr(quantity, name)) for name in _STATED])
        case Claim(text=text):
            return words_digest(text)
        case _:
            return _digest([repr(getattr(element, item.name)) for item in fields(element) if item.compare])


@lru_cache(maxsize=4096)  # a revert that takes cues away looks up all sentences of a text
def words_digest(text: str) -> str:
    """Return the content digest of a claim with these words."""
    return _digest(_WORD.findall(text.casefold()))


def _digest(stated: list[str]) -> str:
    # 48 bits: one collision in 16 million versions of one element, at the price of a wrong number in its history.
    return sha256(repr(stated).encode("utf-8", "replace")).hexdigest()[:12]


def _plain(value: object) -> str:
    return format(value.normalize(), "f") if isinstance(value, Decimal) else str(value)


def differences(old: Element | None, new: Element) -> tuple[FieldChange, ...]:
    """Return the fields in which two statistics differ as written; () for anything else."""
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
    """Return what a reader calls a source."""
    return reference.title or reference.url or reference.text[:80] or reference.key


def labels(keys: Sequence[str], known: Mapping[str, str]) -> tuple[str, ...]:
    """Return the titles of the sources under these keys, each once."""
    return tuple(dict.fromkeys(known.get(key, key) for key in keys))
