"""Define what the repositories take and return, as frozen values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from watcher.model import Alert, Article, Comparison, Revision, Severity, Snapshot
from watcher.model.changes import editors_of, edits_from_dict


class DeliveryState(StrEnum):
    """Where a delivery stands."""

    QUEUED = "queued"
    SENT = "sent"
    DEAD = "dead"
    SUPERSEDED = "replaced"  # not yet sent when a newer alert took its place


@dataclass(frozen=True, slots=True, kw_only=True)
class NewDelivery:
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
class SentFact:
    """What an alert said of one thing: from which value to which (None: it was not there), in which sentence.

    Values are texts that are equal where the things are; `subject` is what they are values of.
    """

    subject: str
    old: str | None
    new: str | None
    sentence: str


@dataclass(frozen=True, slots=True, kw_only=True)
class UnresolvedFact:
    """Something told that has not been resolved; `destinations` have, or may have, its alert.

    `retrying` are those of them that will be sent it again, and when; `threads` say for each under which key the
    first message of its thread went out, and when this one did.
    """

    id: int
    fact: SentFact
    before: Revision
    destinations: tuple[str, ...]
    retrying: tuple[tuple[str, datetime], ...] = ()
    threads: tuple[tuple[str, str, datetime], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class QueuedAlert:
    """An outbox row that nobody has tried to send yet."""

    id: int
    destination: str
    before: Revision
    not_before: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class OutgoingAlert:
    """An alert for some destinations, and what is to be remembered of it."""

    alert: Alert
    deliveries: tuple[NewDelivery, ...]
    facts: tuple[SentFact, ...] = ()


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
class Suppressed:
    """A mute that kept something of an article back, for the first time after the revision `since`."""

    mute_id: int
    article: Article
    since: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ImageDigests:
    """The files that the text of a revision shows, with their SHA-1 (hex; None where the wiki has none) when seen."""

    revision_id: int | None = None
    seen_at: datetime | None = None
    digests: Mapping[str, str | None] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckResult:
    """All that one check decided, to be committed together.

    `before` is the cursor that the check started from; None is a baseline, which has no comparison. `parser` and
    `rules` name the versions that found what `comparison` says. `told` is remembered of `alert`, `alerts` are more
    alerts. Of the outbox `superseded` rows are taken back: where one of them was tried meanwhile, nothing of all this
    is written. `resolved_facts` are the ids of what is told no longer, `suppressing_mutes` the ids of the mutes that
    kept something back, `muted_findings` the findings (their positions) that a mute, by its id, keeps out of the queue.
    `images` are kept where they were looked at, `events` are recorded. With an `owner`, nothing is written unless the
    page's lease is still theirs: a worker that was taken for lost is too late.
    """

    article: Article
    before: Revision | None
    after: Revision
    now: datetime
    snapshots: tuple[Snapshot, ...] = ()
    comparison: Comparison | None = None
    alert: Alert | None = None
    deliveries: tuple[NewDelivery, ...] = ()
    parser: str = ""
    rules: str = ""
    facts: tuple[SentFact, ...] = ()
    alerts: tuple[OutgoingAlert, ...] = ()
    superseded: tuple[int, ...] = ()
    resolved_facts: tuple[int, ...] = ()
    suppressing_mutes: tuple[int, ...] = ()
    muted_findings: tuple[tuple[int, int], ...] = ()
    images: ImageDigests | None = None
    events: tuple[PageEvent, ...] = ()
    owner: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ClaimedMessage:
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
class DeliveryRecord:
    """An outbox row with its log, oldest attempt first."""

    id: int
    key: str
    destination: str
    alert: Alert
    state: DeliveryState
    attempts: int
    not_before: datetime
    queued_at: datetime
    done_at: datetime | None
    log: tuple[Attempt, ...]
    batch: str | None = None

    @property
    def message_key(self) -> str:
        """The key of the message that it went out in, or will: its own, or that of its digest."""
        return self.batch or self.key


@dataclass(frozen=True, slots=True, kw_only=True)
class PageEvent:
    """Something that happened to a page beside its text."""

    kind: str
    detail: str
    at: datetime
    revision_id: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ArticleEvent:
    """An event of an article that no operator has been told of."""

    id: int
    article: Article
    event: PageEvent


@dataclass(frozen=True, slots=True, kw_only=True)
class UnreachedWatch:
    """A watch whose page no check has ever reached, or did so only now (`reached`); `told` says that operators know."""

    id: int
    wiki: str
    title: str
    failures: int
    error: str
    checked_at: datetime
    notified: bool
    reached: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class ComparisonRecord:
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
class CheckState:
    """How the checks of one article go; `failures` counts those since the last good one."""

    article: Article
    checked_at: datetime | None
    failures: int
    error: str | None
    cursor: Revision | None


@dataclass(frozen=True, slots=True, kw_only=True)
class PollState:
    """What a poll needs to know of a page: `cursor` is the id of the last judged revision.

    A run was asked to check it, and has time for that until `reserved_until`; `has_open_event` says that something
    befell it whose end is not on record, `images_recorded` that its pictures were looked at once.
    """

    article: Article
    last_judged_id: int | None
    checked_at: datetime | None
    failures: int
    reserved_until: datetime | None
    has_open_event: bool
    protection: str | None = None
    images_recorded: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class SystemStatus:
    """The state of the memory: `due` are the queued deliveries that might be sent now."""

    articles: tuple[CheckState, ...]
    queued: int
    due: int
    dead: int
    oldest_queued: datetime | None


class ReviewState(StrEnum):
    """Where a finding stands with reviewers."""

    OPEN = "open"  # nobody has decided anything: unread
    ACKNOWLEDGED = "acknowledged"
    DISMISSED = "dismissed"
    MUTED = "muted"  # a mute keeps it back, and nobody has decided anything


class ReviewAction(StrEnum):
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


class SortOrder(StrEnum):
    """In which order findings come: the worst first and among equals the newest, or just the newest first."""

    WORST = "worst"
    NEWEST = "newest"


@dataclass(frozen=True, slots=True, kw_only=True)
class FindingFilter:
    """Which findings: every part that is given must match; () and None match all.

    `minimum_severity` is the lowest severity. `kinds` are kinds or their subjects ("statistic"). `section` is a heading
    path joined by " › ", its subsections included, "" for the lead. `assignee` "" is nobody. `since` is the moment
    after which it was found. `search` are words that must all stand in the finding, its sentences, article or editor.
    """

    states: tuple[ReviewState, ...] = (ReviewState.OPEN,)
    severities: tuple[Severity, ...] = ()
    minimum_severity: Severity | None = None
    kinds: tuple[str, ...] = ()
    article: tuple[str, int] | None = None  # wiki, page id
    section: str | None = None
    editor: str | None = None
    assignee: str | None = None
    since: datetime | None = None
    comparison: int | None = None
    search: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReviewedFinding:
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

    @property
    def edits(self) -> tuple[Revision, ...]:
        """The edit that made the finding; several where it cannot be told which of them did."""
        return edits_from_dict(self.body, self.article) or (self.after,)

    @property
    def editor(self) -> str | None:
        """Who made the finding, "A or B" where it cannot be told; None where the wiki hides the name."""
        return editors_of(self.edits)


@dataclass(frozen=True, slots=True, kw_only=True)
class ReviewEvent:
    """One line of a finding's history; `undone` tells that a later step took it back."""

    id: int
    finding_id: int
    batch: int
    at: datetime
    by: str
    action: ReviewAction
    reason: Dismissal | None
    assignee: str | None
    note: str | None
    mute_id: int | None
    undoes: int | None
    undone: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class ReviewDecision:
    """What to do with one finding or with several at once.

    DISMISS needs a `reason`, ASSIGN an `assignee` ("" for nobody), NOTE a `note`; a note may go with each of them.
    """

    action: ReviewAction
    reason: Dismissal | None = None
    assignee: str | None = None
    note: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class NewMute:
    """A mute to begin from a finding: in the article of a watch (by its title), a rule or words of a sentence."""

    wiki: str
    title: str
    rule: str | None = None
    words: str | None = None
    until: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class FacetCounts:
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
