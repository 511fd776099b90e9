"""Define the entries of a ledger (what edits did to the elements of an article), and the timelines of elements."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from itertools import pairwise
from typing import Final

from watcher.model import elements
from watcher.model.changes import FieldChange
from watcher.model.revisions import Revision
from watcher.model.vocabulary import Cue, Measure, TextKind


class EditVerb(StrEnum):
    """What an edit did to an element; KNOWN marks one from before the ledger began, when an edit first touches it."""

    KNOWN = "known"
    ADDED = "added"
    CHANGED = "changed"
    RESOURCED = "resourced"
    REMOVED = "removed"
    RESTORED = "restored"


@dataclass(frozen=True, slots=True, kw_only=True)
class ElementState:
    """An element in one text, with its sentence, section and the titles of its sources.

    `label` names the cell or field that holds it.
    """

    element: elements.Element
    sentence: str = ""
    label: str = ""
    section: tuple[str, ...] = ()
    sources: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """What one edit did to the element with this key; `before` or `after` is None if the element was absent.

    `returns` says that it was restored in exactly the state in which it had been removed.
    """

    key: int
    kind: str
    verb: EditVerb
    before: ElementState | None
    after: ElementState | None
    fields: tuple[FieldChange, ...] = ()
    returns: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class LedgerEdit:
    """One edit with its entries; `reverted_to` is the id of the revision whose whole text it restored, or 0.

    `not_written` counts entries beyond the limit of one edit. `sentences` pairs removed sentences with those that
    replaced them; either may be empty. They are not stored.
    """

    revision: Revision
    entries: tuple[Entry, ...] = ()
    sentences: tuple[tuple[str, str], ...] = ()
    reverted_to: int = 0
    not_written: int = 0


StoredEntry = tuple[int, str, EditVerb, ElementState, tuple[FieldChange, ...]]
"""The key, kind, verb, state and fields of an entry."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredEdit:
    """A LedgerEdit as it is stored: elements that it removed or restored unchanged are stored as keys only."""

    entries: tuple[StoredEntry, ...] = ()
    removed: tuple[int, ...] = ()
    returned: tuple[int, ...] = ()
    reverted_to: int = 0
    not_written: int = 0

    @classmethod
    def of(cls, edit: LedgerEdit) -> StoredEdit:
        """Return the edit in its stored form."""
        return cls(
            entries=tuple(
                (entry.key, entry.kind, entry.verb, entry.after, entry.fields)
                for entry in edit.entries
                if entry.after is not None and not entry.returns
            ),
            removed=tuple(entry.key for entry in edit.entries if entry.after is None),
            returned=tuple(entry.key for entry in edit.entries if entry.returns),
            reverted_to=edit.reverted_to,
            not_written=edit.not_written,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Episode:
    """The state of an element between two edits that touched it.

    `element` is None while it is removed. `origin` is the revision that first gave it its value, `source_origin` the
    one that first gave it its sources; an edit that restores them is not their origin. Both are None if that was before
    the first compared edit. `ended_by` is the revision that ended the episode (None: it is current); `undone` says that
    it ended with a return to an earlier state.
    """

    verb: EditVerb
    revision: Revision
    origin: Revision | None
    source_origin: Revision | None
    element: elements.Element | None
    sentence: str = ""
    section: tuple[str, ...] = ()
    sources: tuple[str, ...] = ()
    fields: tuple[FieldChange, ...] = ()
    ended_by: Revision | None = None
    undone: bool = False

    @property
    def duration(self) -> timedelta | None:
        """Return how long it lasted; None if it is current."""
        return None if self.ended_by is None else self.ended_by.at - self.revision.at


_DAY: Final = timedelta(days=1)
_OUTLIVED: Final = 20  # a value that lasted so many times as long as the value that replaced it was not undone by it
_BEGINNING_VERBS: Final = frozenset({EditVerb.KNOWN, EditVerb.ADDED, EditVerb.RESTORED})


@dataclass(frozen=True, slots=True, kw_only=True)
class Timeline:
    """The history of one element; `number` is its key, `episodes` has at least one, oldest first.

    `sentence` and `location` are the newest ones; `location` only has the section if the newest text was not read.
    `label` is the current name of a cell or field: the caption of its table, its row and its column.
    """

    number: int
    subject: str
    episodes: tuple[Episode, ...]
    location: elements.Location = elements.NO_LOCATION
    sentence: str = ""
    label: str = ""

    @property
    def is_current(self) -> bool:
        """Return whether the newest revision has the element."""
        return self.episodes[-1].element is not None

    @property
    def is_transient(self) -> bool:
        """Return whether it was present for less than a day in total, and was undone, or removed by its own editor."""
        latest = self.latest
        if latest.element is None or latest.ended_by is None:
            return latest.element is None
        begun = next(
            (episode for episode in reversed(self.episodes) if episode.verb in _BEGINNING_VERBS), self.episodes[0]
        ).revision.editor
        if not (latest.undone or (begun is not None and begun == latest.ended_by.editor)):
            return False
        lasted = (
            later.revision.at - own.revision.at for own, later in pairwise(self.episodes) if own.element is not None
        )
        return sum(lasted, timedelta()) < _DAY

    @property
    def latest(self) -> Episode:
        """Return the last episode in which the element was present, else the last one."""
        return next((episode for episode in reversed(self.episodes) if episode.element is not None), self.episodes[-1])


def value_of(element: elements.Element | None) -> object:
    """Return what an element states, regardless of how it is written; equal values mean equal facts.

    >>> from decimal import Decimal
    >>> from watcher.model import Measure, Quantity
    >>> written = [Quantity(text=t, start=0, end=1, value=Decimal(v), measure=Measure.COUNT)
    ...     for t, v in (("2 thousand", "2e3"), ("2,000", "2000"))]
    >>> len({value_of(elements.Statistic(quantity=quantity, sentence="")) for quantity in written})
    1
    """
    match element:
        case elements.Statistic(quantity=quantity):
            numbers = tuple(number and number.normalize() for number in (quantity.value, quantity.low, quantity.high))
            return quantity.measure, quantity.unit, numbers, quantity.qualifier, quantity.period, quantity.as_of
        case elements.Claim(text=text):
            return text
        case _:
            return element


@dataclass(slots=True)
class _Row:
    """An entry of one key; `value` is a number that is the same for equal values."""

    verb: EditVerb
    edit: LedgerEdit
    state: ElementState | None = None
    fields: tuple[FieldChange, ...] = ()
    value: int = 0
    sources: tuple[str, ...] = ()


def build_timelines(edits: Iterable[tuple[Revision, StoredEdit]]) -> tuple[Timeline, ...]:
    """Return the timelines of all elements in the order of their first entries.

    Elements that were KNOWN begin with the first of the edits, with which the ledger begins.
    """
    rows: dict[int, list[_Row]] = {}
    kinds: dict[int, str] = {}
    first: LedgerEdit | None = None
    for revision, stored in edits:
        edit = LedgerEdit(revision=revision, reverted_to=stored.reverted_to)
        first = first or edit
        for key, kind, verb, state, fields in stored.entries:
            kinds.setdefault(key, kind)
            rows.setdefault(key, []).append(_Row(verb, first if verb is EditVerb.KNOWN else edit, state, fields))
        for verb, keys in ((EditVerb.REMOVED, stored.removed), (EditVerb.RESTORED, stored.returned)):
            for key in keys:
                if key in rows:
                    rows[key].append(_Row(verb, edit))
    timelines = []
    for key, own in sorted(rows.items()):
        episodes, last = _episodes(own), next(row.state for row in reversed(own) if row.state)
        location = elements.Location(section=last.section)
        timelines.append(
            Timeline(number=key, subject=kinds[key], episodes=episodes, location=location, sentence=last.sentence)
        )
    return tuple(timelines)


def _episodes(rows: Sequence[_Row]) -> tuple[Episode, ...]:
    """Return the episodes of one key's entries; values and sources that are restored keep their old origin."""
    state: ElementState | None = None
    numbers: dict[object, int] = {}
    value = 0
    for at, row in enumerate(rows):
        if row.state is None and row.verb is EditVerb.RESTORED:  # an unchanged restored state is not stored again
            row.state = state
        if row.state is not None:
            keeps = at and (row.verb is EditVerb.RESOURCED or (row.verb is EditVerb.RESTORED and not row.fields))
            if not keeps:
                value = numbers.setdefault(value_of(row.state.element), len(numbers))
            state = row.state
        row.value, row.sources = value, state.sources if state else ()
    values: dict[int, Revision | None] = {}
    sources: dict[tuple[str, ...], Revision | None] = {}
    episodes, ends = [], _ends(rows)
    after = {id(row): end for row, end in zip(rows, ends, strict=True)}
    for row, end in zip(rows, ends, strict=True):
        made_by = None if row.verb is EditVerb.KNOWN else row.edit.revision
        if row.state is not None:
            values.setdefault(row.value, made_by)
            sources.setdefault(row.sources, made_by)
        state, undone = row.state, False
        if end is not None and state is None:
            undone = end.verb is EditVerb.RESTORED
        elif end is not None:
            undone = bool(end.edit.reverted_to) or (end.state is not None and end.value in values)
        restoration = after[id(end)] if end is not None and end.state is not None else None
        if end is not None and restoration is not None and restoration.value == row.value:
            # The value was soon restored: the older value that replaced it was a mistake, not an undo.
            replaced_for = restoration.edit.revision.at - end.edit.revision.at
            undone = undone and replaced_for * _OUTLIVED >= end.edit.revision.at - row.edit.revision.at
        episodes.append(
            Episode(
                verb=row.verb,
                revision=row.edit.revision,
                origin=values.get(row.value, made_by),
                source_origin=sources.get(row.sources, made_by),
                element=state.element if state else None,
                sentence=state.sentence if state else "",
                section=state.section if state else (),
                sources=state.sources if state else (),
                fields=row.fields,
                ended_by=end.edit.revision if end else None,
                undone=undone,
            )
        )
    return tuple(episodes)


def _ends(rows: Sequence[_Row]) -> list[_Row | None]:
    """Return for each entry the next one in which the element has another value, or None.

    New sources do not end a value. Neither does a removal that was undone, unless the restoration was reverted.
    """
    ends: list[_Row | None] = [None] * len(rows)
    for at in range(len(rows) - 2, -1, -1):
        row, later = rows[at], rows[at + 1]
        if row.state is None:
            ends[at] = later
        elif later.state is not None:
            ends[at] = ends[at + 1] if later.value == row.value else later
        else:
            ends[at] = later
            if at + 2 < len(rows) and (restoration := rows[at + 2]).value == row.value:
                end = ends[at + 2]
                # Whether the restoration was reverted to a text from before it.
                is_undone = (
                    end is not None
                    and end.state is None
                    and later.edit.revision.id <= end.edit.reverted_to < restoration.edit.revision.id
                )
                ends[at] = later if is_undone else end
    return ends


# All classes that a StoredEdit may hold, for its codec; append new classes at the end.
SERIALIZABLE: Final = (
    Cue, Measure, EditVerb, TextKind, elements.Location, elements.Quantity, elements.Statistic, elements.CueMatch,
    elements.Claim, elements.Reference, elements.Figure, elements.Section, FieldChange, ElementState, StoredEdit,
)  # fmt: skip
