"""Define the frozen values that the repositories take and return."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from snapshots.ledger import LedgerBatch
    from snapshots.tables import Attempt, DeliveryState, PageEvent
    from snapshots.texts import RenderedFacts
    from watcher.model import Alert, Article, Comparison, Revision, Severity, Snapshot


@dataclass(frozen=True, slots=True, kw_only=True)
class NewDelivery:
    """A delivery to queue: the name of a destination, an idempotency key, and the earliest time to send it.

    With `digest`, it is sent in one message with everything that is due for the destination by then. With `labels`, it
    is sent in one message with every delivery waiting there that shares a label. `severity` is that of its worst
    finding. `thread` is the key of the message that it follows there. `facts` are the facts that it states, `resolves`
    the ids of facts that were stated there before and are undone.
    """

    destination: str
    key: str
    not_before: datetime
    digest: bool = False
    thread: str = ""
    labels: tuple[str, ...] = ()
    severity: int = 0
    facts: tuple[SentFact, ...] = ()
    resolves: tuple[int, ...] = ()


PATH_SEPARATOR: Final = " › "
"""The separator between the headings of a path."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SentFact:
    """A change that an alert stated: the old and new value of a `subject` (None: there was none), and the sentence.

    Values are texts; they are equal if the elements are, including units and years. `label` names the row and column of
    a table or the parameter of an infobox, `section` is the joined heading path, `unit` that of a number (on two lines
    if it changed). The same numbers elsewhere, or of something else, are another fact. `since` is the id of the
    revision with the old value. If an earlier release stored the fact, it is not `is_located`: label, section and unit
    are unknown. `before`, of a new fact, is the sentence that this one replaced.
    """

    subject: str
    old: str | None
    new: str | None
    sentence: str
    label: str = ""
    section: str = ""
    unit: str = ""
    since: int = field(default=0, compare=False)
    is_located: bool = field(default=True, compare=False)
    before: str = field(default="", compare=False)


class StatedFact(NamedTuple):
    """A fact stated to one destination, in a delivery that was sent, may have arrived, or is queued.

    `alert` is the alert of the delivery. `thread` is the key of the first message of its thread, `stated_at` when the
    delivery was sent or queued. `resolved_by` is the delivery that reports the fact as undone. If it
    `is_reported_resolved`, that delivery was sent or tried; else nobody has tried to send it yet, and an edit may
    replace it. This is a plain tuple because each comparison of an old article reads hundreds.
    """

    id: int
    destination: str
    delivery_id: int
    fact: SentFact
    alert: Alert
    thread: str
    stated_at: datetime
    resolved_by: int | None = None
    is_reported_resolved: bool = False

    @property
    def at(self) -> datetime:
        """Return the time of the last edit that the alert names for the sentence, else of its newer revision."""
        # Facts keep only the beginning of a sentence, on one line.
        begins = self.fact.sentence
        named = ((item.new_sentence or item.old_sentence or "", item.edits) for item in self.alert.notices)
        stated = (
            edits[-1].at for text, edits in named if edits and begins and " ".join(text.split()).startswith(begins)
        )
        return next(stated, self.alert.after.at)

    @property
    def since_id(self) -> int:
        """Return the id of the revision with the old value."""
        return self.fact.since or self.alert.before.id


def facts_since_text_of(revision: Revision, facts: Sequence[StatedFact]) -> Sequence[StatedFact]:
    """Return the facts (given oldest first) that were stated since the article last had the text of a revision.

    Return () if none of their alerts starts from that text: then nothing was reverted as a whole.
    """
    first = next((at for at, fact in enumerate(facts) if revision.has_text_of(fact.alert.before)), len(facts))
    return facts[first:]


@dataclass(frozen=True, slots=True, kw_only=True)
class QueuedAlert:
    """A queued delivery that nobody has tried to send yet, so that a later one may replace it."""

    id: int
    destination: str
    before: Revision
    not_before: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class OutgoingAlert:
    """An alert with its deliveries."""

    alert: Alert
    deliveries: tuple[NewDelivery, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ImageDigests:
    """The files that a revision shows, with their SHA-1 at `seen_at` (hex; None if the wiki has no such file)."""

    revision_id: int | None = None
    seen_at: datetime | None = None
    digests: Mapping[str, str | None] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckResult:
    """The result of one check, to be committed in one transaction.

    `before` is the cursor that the check started from; it is None for a baseline, which has no comparison. `parser` and
    `rules` are the versions that made the `comparison`. `superseded` are the ids of queued deliveries that the `alerts`
    replace; if one of them was tried meanwhile, nothing is written. `outdated_facts` are the ids of stated facts that
    were replaced by an accepted change, `renamed_sections` pairs of old and new heading paths, `suppressing_mutes` the
    ids of the mutes that suppressed something. `muted_findings` pairs positions of findings with the ids of the mutes
    that keep them out of the review queue. `undone_findings` are ids of stored findings that this edit undoes,
    `undoing_findings` positions of the findings that undo them, each with a note for the audit trail. `ledger` is to be
    appended to the article's ledger. With an `owner`, nothing is written unless they still hold the page's lease: a
    worker that was considered lost must not write.
    """

    article: Article
    before: Revision | None
    after: Revision
    now: datetime
    snapshots: tuple[Snapshot, ...] = ()
    comparison: Comparison | None = None
    parser: str = ""
    rules: str = ""
    alerts: tuple[OutgoingAlert, ...] = ()
    superseded: tuple[int, ...] = ()
    outdated_facts: tuple[int, ...] = ()
    renamed_sections: tuple[tuple[str, str], ...] = ()
    suppressing_mutes: tuple[int, ...] = ()
    muted_findings: tuple[tuple[int, int], ...] = ()
    undone_findings: tuple[tuple[int, str], ...] = ()
    undoing_findings: tuple[tuple[int, str], ...] = ()
    ledger: LedgerBatch | None = None
    images: ImageDigests | None = None
    rendered: RenderedFacts | None = None
    events: tuple[PageEvent, ...] = ()
    owner: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliveryRecord:
    """A delivery with its attempts, oldest first."""

    id: int
    key: str
    destination: str
    alert: Alert
    state: DeliveryState
    attempts: int
    not_before: datetime
    queued_at: datetime
    done_at: datetime | None
    log: tuple[Attempt, ...] = ()
    batch: str | None = None
    labels: str | None = None

    @property
    def message_key(self) -> str:
        """Return the key of the message that contains it: its own, or that of its digest or group."""
        return self.batch or self.key


@dataclass(frozen=True, slots=True, kw_only=True)
class ClaimedMessage(DeliveryRecord):
    """A message claimed for sending; `key` is the same on every attempt, and `attempts` includes the current one.

    It could have been sent since `due_since`. A digest or group has a `batch`, which is its key, and all its `alerts`,
    the first of which is `alert`. `labels` are those of a group.
    """

    owner: str
    due_since: datetime
    alerts: tuple[Alert, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class MembershipChange:
    """The pages that joined a list, left it or returned to it in one refresh: their number, and the first of them."""

    wiki: str
    key: str
    kind: str
    at: datetime
    count: int
    articles: tuple[Article, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ComparisonRecord:
    """A stored comparison with the number of its findings."""

    id: int
    article: Article
    before: Revision
    after: Revision
    at: datetime
    parser: str
    rules: str
    worst: Severity | None
    findings: int


class PollState(NamedTuple):
    """The state of one article's checks, and what a poll needs to know about it.

    `failures` counts the checks since the last successful one, `cursor` is the last judged revision. Until
    `reserved_until`, the page is reserved for a run. `has_open_event` says that an event of the page, such as its
    deletion, has not ended. `touched` is the wiki's timestamp of the page when it was last rendered. This is a plain
    tuple because pages and metrics read those of a hundred thousand watches.
    """

    article: Article
    checked_at: datetime | None
    failures: int
    error: str | None
    cursor: int | None
    reserved_until: datetime | None = None
    protection: str | None = None
    images_recorded: bool = False
    touched: str | None = None
    has_open_event: bool = False
