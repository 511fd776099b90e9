"""What one edit did to every element, and the life of an element over many edits."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum
from types import MappingProxyType

from watcher.model.changes import Change, FieldChange
from watcher.model.elements import NOWHERE, Claim, Element, Place, Reference, Sentence, Statistic
from watcher.model.revisions import Revision


@dataclass(frozen=True, slots=True, kw_only=True)
class Passage:
    """A sentence with what it states; `claim` is None where it asserts nothing."""

    sentence: Sentence
    statistics: tuple[Statistic, ...] = ()
    claim: Claim | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """What stood in the old text and what stands for it in the new; several where sentences were joined or split.

    `resourced` tells that the two rest on other sources, `fields` what the claim states otherwise.
    """

    old: tuple[Passage, ...]
    new: tuple[Passage, ...]
    resourced: bool = False
    fields: tuple[FieldChange, ...] = ()

    @property
    def same(self) -> bool:
        """Whether the words are the same and in as many sentences."""
        return [one.sentence.text for one in self.old] == [one.sentence.text for one in self.new]


Spot = tuple[int, int]  # a row, and one of its statistics, counted over all sentences of its side


@dataclass(frozen=True, slots=True, kw_only=True)
class Heir:
    """A statistic of the old text and what it became; `fields` are what it says otherwise, () for the same."""

    old: Spot
    new: Spot
    fields: tuple[FieldChange, ...] = ()
    resourced: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Succession:
    """Which element of one text became which of the next; what neither lists stayed as it was.

    Statistics of rows that are the `same` have no heirs: each became itself. `paths` are the heading paths that
    changed, `renamed` the keys of references that only got another name, `resourced` those that cite another source
    under the same name.
    """

    rows: tuple[Row, ...] = ()
    heirs: tuple[Heir, ...] = ()
    paths: Mapping[tuple[str, ...], tuple[str, ...]] = field(default_factory=lambda: MappingProxyType({}))
    references: tuple[Change, ...] = ()
    renamed: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    resourced: frozenset[str] = frozenset()
    cited: tuple[Reference, ...] = ()
    figures: tuple[Change, ...] = ()


class Verb(StrEnum):
    """What an edit did to an element."""

    ADDED = "added"
    CHANGED = "changed"
    RESOURCED = "resourced"
    REMOVED = "removed"
    RESTORED = "restored"


@dataclass(frozen=True, slots=True, kw_only=True)
class Episode:
    """What an element was from one edit to the next that touched it.

    `element` is None while it is gone. `origin` is the revision that first said so: an edit that brings back what stood
    before is not its author. `ended` is the revision that ended it, None while it stands; `undone` tells
    that it ended by going back to what stood before.
    """

    verb: Verb
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

    @property
    def stood(self) -> timedelta | None:
        """For how long; None while it stands."""
        return None if self.ended is None else self.ended.at - self.revision.at


@dataclass(frozen=True, slots=True, kw_only=True)
class Timeline:
    """The life of one statistic, claim, reference or figure; `episodes` from the oldest on, at least one.

    `sentence` and `place` are the newest; what is gone stands at 0.
    """

    number: int
    subject: str
    episodes: tuple[Episode, ...]
    place: Place = NOWHERE
    sentence: str = ""

    @property
    def alive(self) -> bool:
        """Whether the newest revision has it."""
        return self.episodes[-1].element is not None

    @property
    def latest(self) -> Episode:
        """What it is now, or was when it went."""
        return next((one for one in reversed(self.episodes) if one.element is not None), self.episodes[-1])
