"""What goes into the memory and comes out of it, as frozen values."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from watcher.model import Alert, Article, Comparison, Revision, Severity, Snapshot


class State(StrEnum):
    """Where a delivery stands."""

    QUEUED = "queued"
    SENT = "sent"
    DEAD = "dead"


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """One outbox row to be: a destination by its name, an idempotency key, and when to send at the earliest."""

    destination: str
    key: str
    not_before: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Checked:
    """All that one check decided, to be committed together.

    `before` is the cursor that the check started from; None is a baseline, which has no comparison.
    `parser` and `rules` name the versions that found what `comparison` says.
    """

    article: Article
    before: Revision | None
    after: Revision
    now: datetime
    snapshots: tuple[Snapshot, ...] = ()
    comparison: Comparison | None = None
    alert: Alert | None = None
    drafts: tuple[Draft, ...] = ()
    parser: str = ""
    rules: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """An alert claimed for sending; `key` is the same on every attempt, `attempts` counts this one."""

    id: int
    key: str
    destination: str
    alert: Alert
    attempts: int
    owner: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """One line of the delivery log."""

    number: int
    at: datetime
    outcome: str
    error: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Posting:
    """An outbox row with its log, oldest attempt first."""

    id: int
    key: str
    destination: str
    alert: Alert
    state: State
    attempts: int
    not_before: datetime
    queued_at: datetime
    done_at: datetime | None
    log: tuple[Attempt, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """Something that happened to a page beside its text."""

    kind: str
    detail: str
    at: datetime
    revision_id: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """A stored comparison; its findings are read by `Archive.findings(id)`."""

    id: int
    article: Article
    before: Revision
    after: Revision
    at: datetime
    parser: str
    rules: str
    worst: Severity | None
    findings: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Watched:
    """How the checks of one article go; `failures` counts those since the last good one."""

    article: Article
    checked_at: datetime | None
    failures: int
    error: str | None
    cursor: Revision | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Status:
    """The state of the memory: `due` are the queued deliveries that might be sent now."""

    articles: tuple[Watched, ...]
    queued: int
    due: int
    dead: int
    oldest_queued: datetime | None
