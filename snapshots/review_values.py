"""What reviewing puts into the memory and gets out of it, as frozen values."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from watcher.model import Article, Revision, Severity


class ReviewState(StrEnum):
    """Where a finding stands with reviewers."""

    OPEN = "open"  # nobody has decided anything: unread
    ACKNOWLEDGED = "acknowledged"
    DISMISSED = "dismissed"
    MUTED = "muted"  # a mute keeps it back, and nobody has decided anything


class Deed(StrEnum):
    """What a reviewer can do with a finding."""

    ACKNOWLEDGE = "acknowledge"
    DISMISS = "dismiss"
    ASSIGN = "assign"
    NOTE = "note"
    MUTE = "mute"
    UNDO = "undo"


class Dismissal(StrEnum):
    """Why a finding is dismissed."""

    NOT_A_FACT = "not-a-fact"
    VANDALISM_REVERTED = "vandalism-reverted"
    UPDATE_IS_RIGHT = "update-is-right"
    DUPLICATE = "duplicate"
    OTHER = "other"


class Order(StrEnum):
    """In which order findings come: the worst first and among equals the newest, or just the newest first."""

    WORST = "worst"
    NEWEST = "newest"


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Which findings: every part that is given must match; () and None match all.

    `least` is the lowest severity. `kinds` are kinds or their subjects ("statistic"). `section` is a heading path
    joined by " › ", its subsections included, "" for the lead. `assignee` "" is nobody. `since` is the moment after
    which it was found. `search` are words that must all stand in the finding, its sentences, article or editor.
    """

    states: tuple[ReviewState, ...] = (ReviewState.OPEN,)
    severities: tuple[Severity, ...] = ()
    least: Severity | None = None
    kinds: tuple[str, ...] = ()
    article: tuple[str, int] | None = None  # wiki, page id
    section: str | None = None
    editor: str | None = None
    assignee: str | None = None
    since: datetime | None = None
    comparison: int | None = None
    search: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reviewed:
    """A finding with where its review stands.

    `at` is when it was found, `after` the revision that it was found in; `body` is the contract's JSON of the
    finding, `position` its place in the comparison counted from 0.
    """

    id: int
    comparison_id: int
    position: int
    article: Article
    before: Revision
    after: Revision
    at: datetime
    kind: str
    rule: str
    severity: Severity
    section: tuple[str, ...]
    summary: str
    state: ReviewState
    reason: str | None
    assignee: str | None
    notes: int
    muted_by: int | None
    body: dict[str, Any] = field(compare=False, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One line of a finding's history; `undone` tells that a later step took it back."""

    id: int
    finding_id: int
    batch: int
    at: datetime
    by: str
    deed: Deed
    reason: Dismissal | None
    assignee: str | None
    note: str | None
    mute_id: int | None
    undoes: int | None
    undone: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Action:
    """What to do with one finding or with several at once.

    DISMISS needs a `reason`, ASSIGN an `assignee` ("" for nobody), NOTE a `note`; a note may go with each of them.
    """

    deed: Deed
    reason: Dismissal | None = None
    assignee: str | None = None
    note: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Muting:
    """A mute to begin from a finding: in the article of a watch (by its title), a rule or words of a sentence."""

    wiki: str
    title: str
    rule: str | None = None
    words: str | None = None
    until: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Counts:
    """How many findings there are by each facet, the other facets being as asked; the largest first.

    `articles` are (article, count); `total` is what matches everything that was asked.
    """

    total: int
    states: dict[ReviewState, int]
    severities: dict[Severity, int]
    kinds: dict[str, int]
    articles: tuple[tuple[Article, int], ...]
    sections: dict[str, int]
    editors: dict[str, int]
    assignees: dict[str, int]
