"""Define what edits did to the elements of an article, and the timeline of one element over all edits."""

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
    """What an edit did to an element; KNOWN is one from before the ledger began, noted when an edit touches it."""

    KNOWN = "known"
    ADDED = "added"
    CHANGED = "changed"
    RESOURCED = "resourced"
    REMOVED = "removed"
    RESTORED = "restored"


@dataclass(frozen=True, slots=True, kw_only=True)
class ElementState:
    """An element as a text has it, with its sentence, section and the titles of its sources.

    `label` is what a cell or field belongs to.
    """

    element: elements.Element
    sentence: str = ""
    label: str = ""
    section: tuple[str, ...] = ()
    sources: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """What one edit did to the element with this key; before or after it, the element may be absent (None).

    `returns` tells that it was restored in the very state in which it had been removed.
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
    """One edit with its entries; `reverted_to` is the id of the revision whose whole text it brought back, or 0.

    `not_written` counts entries beyond the most that one edit writes. `sentences` are those that it took out with those
    that it put in their place, either may be empty; they are not stored.
    """

    revision: Revision
    entries: tuple[Entry, ...] = ()
    sentences: tuple[tuple[str, str], ...] = ()
    reverted_to: int = 0
    not_written: int = 0


StoredEntry = tuple[int, str, EditVerb, ElementState, tuple[FieldChange, ...]]
"""Key, kind, verb, state and fields."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredEdit:
    """A LedgerEdit without what earlier edits tell: of what it removed or brought back unchanged, only the keys."""

    entries: tuple[StoredEntry, ...] = ()
    removed: tuple[int, ...] = ()
    returned: tuple[int, ...] = ()
    reverted_to: int = 0
    not_written: int = 0

    @classmethod
    def of(cls, edit: LedgerEdit) -> StoredEdit:
        """Return the edit as it is stored."""
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
    """An element from one edit to the next that touched it.

    `element` is None while it is removed. `origin` is the revision that first gave it its value, `source_origin` the
    one that gave it its sources: an edit that restores it is no author. None where that was before the first compared
    edit. `ended` is the revision that ended it, None while it is current; `undone` tells that it ended by going back to
    the version before.
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
    ended: Revision | None = None
    undone: bool = False

    @property
    def duration(self) -> timedelta | None:
        """Return how long it lasted; None while it is current."""
        return None if self.ended is None else self.ended.at - self.revision.at


_DAY: Final = timedelta(days=1)
_OUTLIVED: Final = 20  # times as long as the value that ended it for a while, something has stood
_BEGUN: Final = frozenset({EditVerb.KNOWN, EditVerb.ADDED, EditVerb.RESTORED})


@dataclass(frozen=True, slots=True, kw_only=True)
class Timeline:
    """The history of one element; `number` is its key, `episodes` go from the oldest on, at least one.

    `sentence` and `location` are the newest; where the newest text was not read, `location` has the section only.
    `label` says what the value of a cell or field is of now: the caption of its table, its row and its column.
    """

    number: int
    subject: str
    episodes: tuple[Episode, ...]
    location: elements.Location = elements.NO_LOCATION
    sentence: str = ""
    label: str = ""

    @property
    def is_current(self) -> bool:
        """Return whether the newest revision has it."""
        return self.episodes[-1].element is not None

    @property
    def is_transient(self) -> bool:
        """Return whether it stood for less than a day in all, and was undone in the end, or by its own editor."""
        latest = self.latest
        if latest.element is None or latest.ended is None:
            return latest.element is None
        begun = next(
            (episode for episode in reversed(self.episodes) if episode.verb in _BEGUN), self.episodes[0]
        ).revision.editor
        if not (latest.undone or (begun is not None and begun == latest.ended.editor)):
            return False
        lasted = (
            later.revision.at - own.revision.at for own, later in pairwise(self.episodes) if own.element is not None
        )
        return sum(lasted, timedelta()) < _DAY

    @property
    def latest(self) -> Episode:
        """Return its last version."""
        return next((episode for episode in reversed(self.episodes) if episode.element is not None), self.episodes[-1])


def value_of(element: elements.Element | None) -> object:
    """Return what an element states, apart from how it is written: equal values, equal facts.

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
    """An entry of one key; equal numbers of `value` for equal values."""

    verb: EditVerb
    edit: LedgerEdit
    state: ElementState | None = None
    fields: tuple[FieldChange, ...] = ()
    value: int = 0
    sources: tuple[str, ...] = ()


def build_timelines(edits: Iterable[tuple[Revision, StoredEdit]]) -> tuple[Timeline, ...]:
    """Return the timelines of all elements, in the order in which they began.

    What was KNOWN is told as of the first of the edits, with which the ledger begins.
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
    """Return the episodes of the entries of one key; values and sources that come back have their old origin."""
    state: ElementState | None = None
    numbers: dict[object, int] = {}
    value = 0
    for at, row in enumerate(rows):
        if row.state is None and row.verb is EditVerb.RESTORED:  # what is restored unchanged is not stored again
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
        back = after[id(end)] if end is not None and end.state is not None else None
        if end is not None and back is not None and back.value == row.value:
            # It came back at once after another value, which was an old mistake then and no return.
            replaced_for = back.edit.revision.at - end.edit.revision.at
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
                ended=end.edit.revision if end else None,
                undone=undone,
            )
        )
    return tuple(episodes)


def _ends(rows: Sequence[_Row]) -> list[_Row | None]:
    """Return for each entry the next edit after which the element said something else.

    Other sources alone do not end a value, nor does a removal until somebody restored it, unless that was undone.
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
            if at + 2 < len(rows) and (back := rows[at + 2]).value == row.value:
                end = ends[at + 2]
                # Whether what was put back was removed again by going back to a text from before it.
                is_undone = (
                    end is not None
                    and end.state is None
                    and later.edit.revision.id <= end.edit.reverted_to < back.edit.revision.id
                )
                ends[at] = later if is_undone else end
    return ends


# All that a StoredEdit may hold, for a codec; new classes come at the end.
SERIALIZABLE: Final = (
    Cue, Measure, EditVerb, TextKind, elements.Location, elements.Quantity, elements.Statistic, elements.CueMatch,
    elements.Claim, elements.Reference, elements.Figure, elements.Section, FieldChange, ElementState, StoredEdit,
)  # fmt: skip
