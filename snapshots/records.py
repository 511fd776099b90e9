"""Define what the repositories take and return, as frozen values."""

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
    """A delivery to be queued: a destination by its name, an idempotency key, and when to send at the earliest.

    With `digest` it is sent in one message with all that the destination is due by then; with `labels` in one with
    every other delivery that waits there and has one of them. `severity` is that of its worst finding. `thread` is the
    key of the message that it follows there. `facts` are what it states, `resolves` the ids of facts that were stated
    there before and are undone.
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
"""Between the headings of a path."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SentFact:
    """What an alert stated: from which value of a `subject` to which (None: there was none), in which sentence.

    Values are texts that are equal where the elements are, units and years included. `label` names the row and column
    of a table or the parameter of an infobox, `section` is the heading path in one text, `unit` that of a number, on
    two lines where it changed: the same numbers elsewhere, or of something else, are another fact. `since` is the id of
    the revision that had the old value. A fact that an earlier release stored is not `is_located`: label, section and
    unit are unknown. `before`, of a fact that is new, is the sentence that stood in the place of this one.
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
    """A fact as one destination has it: from a delivery that it has, may have, or will get as it is queued.

    `alert` is what was delivered. `thread` is the key of the first message of its thread, `stated_at` when this one was
    sent or queued. `resolved_by` is a delivery that says that the fact is undone, which nobody has tried to send yet:
    an edit may replace it. Where it `is_over`, the destination was told so. A plain tuple: each comparison of an old
    article reads hundreds.
    """

    id: int
    destination: str
    delivery_id: int
    fact: SentFact
    alert: Alert
    thread: str
    stated_at: datetime
    resolved_by: int | None = None
    is_over: bool = False

    @property
    def at(self) -> datetime:
        """When the last edit was made that the alert names for the sentence, or the last of all."""
        # Facts keep the beginning of a sentence, on one line.
        begins = self.fact.sentence
        named = ((item.new_sentence or item.old_sentence or "", item.edits) for item in self.alert.notices)
        stated = (
            edits[-1].at for text, edits in named if edits and begins and " ".join(text.split()).startswith(begins)
        )
        return next(stated, self.alert.after.at)

    @property
    def begins(self) -> int:
        """Return the id of the revision that had the old value."""
        return self.fact.since or self.alert.before.id


def made_since_text_of(revision: Revision, facts: Sequence[StatedFact]) -> Sequence[StatedFact]:
    """Return what was stated since the text of a revision stood, of what is ordered from the oldest on.

    () where that text is not back: nothing is taken back as a whole.
    """
    first = next((at for at, fact in enumerate(facts) if revision.has_text_of(fact.alert.before)), len(facts))
    return facts[first:]


@dataclass(frozen=True, slots=True, kw_only=True)
class QueuedAlert:
    """A delivery that nobody has tried to send yet, and that a later one may replace."""

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
    """The files that a revision shows, with the SHA-1 that they had then (hex; None where the wiki has none)."""

    revision_id: int | None = None
    seen_at: datetime | None = None
    digests: Mapping[str, str | None] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckResult:
    """All that one check decided, to be committed together.

    `before` is the cursor that the check started from; None is a baseline, which has no comparison. `parser` and
    `rules` name the versions that made the `comparison`. `superseded` are the ids of queued deliveries that the
    `alerts` replace: where one of them was tried meanwhile, nothing of all this is written. `outdated_facts` are the
    ids of stated facts in whose place something else was accepted, `renamed_sections` heading paths before and now,
    `suppressing_mutes` the ids of the mutes that suppressed something,
    `muted_findings` the positions of findings with the id of the mute that keeps each out of the review queue.
    `undone_findings` are the ids of stored findings that this edit undoes, `undoing_findings` the positions of the
    findings that undo them, each with a note for the audit trail. `ledger` is what the edits did, to be appended.
    With an `owner`, nothing is written unless the page's lease is still theirs: a worker that was taken for lost is
    too late.
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
    """A delivery with its attempts, the oldest first."""

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
        """Return the key of the message that contains it: its own, or that of its digest."""
        return self.batch or self.key


@dataclass(frozen=True, slots=True, kw_only=True)
class ClaimedMessage(DeliveryRecord):
    """A message claimed for sending; `key` is the same on every attempt, `attempts` counts this one.

    It could have been sent since `due_since`. A digest or a group has a `batch`, which is its key, and all its
    `alerts`, the first of which is `alert`. `labels` are those of a group.
    """

    owner: str
    due_since: datetime
    alerts: tuple[Alert, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class MembershipChange:
    """Pages that joined a list, left it or returned with one refresh: how many, and the first of them."""

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
    """How the checks of one article go, and what a poll needs to know of it.

    `failures` counts the checks since the last successful one, `cursor` is the last judged revision. `reserved_until`
    is how long a run that was asked to check it has time; `has_open_event` says that something happened to it whose end
    is not recorded; `touched` is the wiki's time stamp of the page when it was last rendered. A plain tuple: pages and
    metrics read those of a hundred thousand watches.
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
