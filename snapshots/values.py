"""What goes into the memory and comes out of it, as frozen values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from watcher.model import Alert, Article, Comparison, Revision, Severity, Snapshot


class State(StrEnum):
    """Where a delivery stands."""

    QUEUED = "queued"
    SENT = "sent"
    DEAD = "dead"
    REPLACED = "replaced"  # not yet sent when a newer alert took its place


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """One outbox row to be: a destination by its name, an idempotency key, and when to send at the earliest.

    What waits for a `digest` is sent in one message with all that the destination is due by then. `thread` is the
    key of the message that it follows there: what tells a change is an update then.
    """

    destination: str
    key: str
    not_before: datetime
    digest: bool = False
    thread: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What an alert said of one thing: from which value to which (None: it was not there), in which sentence.

    Values are texts that are equal where the things are; `subject` is what they are values of.
    """

    subject: str
    old: str | None
    new: str | None
    sentence: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """Something told that has not been resolved; `destinations` have, or may have, its alert.

    `retried` are those of them that will be sent it again, and when; `threads` say for each under which key the
    first message of its thread went out, and when this one did.
    """

    id: int
    told: Told
    before: Revision
    destinations: tuple[str, ...]
    retried: tuple[tuple[str, datetime], ...] = ()
    threads: tuple[tuple[str, str, datetime], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Unsent:
    """An outbox row that nobody has tried to send yet."""

    id: int
    destination: str
    before: Revision
    not_before: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Telling:
    """An alert for some destinations, and what is to be remembered of it."""

    alert: Alert
    drafts: tuple[Draft, ...]
    told: tuple[Told, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Mute:
    """What nobody wants to hear of until a time (None: until it is lifted); a part that is None matches everything.

    `title` goes with its `wiki`, `rule` is a rule's name or a pattern of kinds, `words` are of a sentence.
    """

    id: int
    wiki: str | None
    title: str | None
    rule: str | None
    words: str | None
    until: datetime | None
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Withheld:
    """A mute that kept something of an article back, for the first time after the revision `since`."""

    mute_id: int
    article: Article
    since: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Pictures:
    """The files that the text of a revision shows, with their SHA-1 (hex; None where the wiki has none) when seen."""

    revision_id: int | None = None
    seen_at: datetime | None = None
    digests: Mapping[str, str | None] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Checked:
    """All that one check decided, to be committed together.

    `before` is the cursor that the check started from; None is a baseline, which has no comparison.
    `parser` and `rules` name the versions that found what `comparison` says. `told` is remembered of
    `alert`, `further` are more alerts. Of the outbox `replaced` rows are taken back: where one of them was
    tried meanwhile, nothing of all this is written. `resolved` are the ids of what is told no longer,
    `muted` the ids of the mutes that kept something back, `silent` the findings (their positions) that a mute, by
    its id, keeps out of the queue. `pictures` are kept where they were looked at, `events` are recorded. With an
    `owner`, nothing is written unless the page's lease is still theirs: a worker that was taken for lost is too late.
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
    told: tuple[Told, ...] = ()
    further: tuple[Telling, ...] = ()
    replaced: tuple[int, ...] = ()
    resolved: tuple[int, ...] = ()
    muted: tuple[int, ...] = ()
    silent: tuple[tuple[int, int], ...] = ()
    pictures: Pictures | None = None
    events: tuple[Event, ...] = ()
    owner: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """A message claimed for sending; `key` is the same on every attempt, `attempts` counts this one.

    A digest has a `batch`, which is its key, and all its alerts in `alerts`, `alert` being the first of them.
    """

    id: int
    key: str
    destination: str
    alert: Alert
    attempts: int
    owner: str
    batch: str | None = None
    alerts: tuple[Alert, ...] = ()


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
    batch: str | None = None

    @property
    def sent_as(self) -> str:
        """The key of the message that it went out in, or will: its own, or that of its digest."""
        return self.batch or self.key


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """Something that happened to a page beside its text."""

    kind: str
    detail: str
    at: datetime
    revision_id: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Occurrence:
    """An event of an article that no operator has been told of."""

    id: int
    article: Article
    event: Event


@dataclass(frozen=True, slots=True, kw_only=True)
class Newcomer:
    """A watch whose page no check has ever reached, or did so only now (`arrived`); `told` says that operators know."""

    id: int
    wiki: str
    title: str
    failures: int
    error: str
    checked_at: datetime
    told: bool
    arrived: bool


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
class Known:
    """What a poll needs to know of a page: `cursor` is the id of the last judged revision.

    A run was asked to check it, and has time for that until `queued_until`; `troubled` says that something
    befell it whose end is not on record, `pictured` that its pictures were looked at once.
    """

    article: Article
    cursor: int | None
    checked_at: datetime | None
    failures: int
    queued_until: datetime | None
    troubled: bool
    protection: str | None = None
    pictured: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Status:
    """The state of the memory: `due` are the queued deliveries that might be sent now."""

    articles: tuple[Watched, ...]
    queued: int
    due: int
    dead: int
    oldest_queued: datetime | None
