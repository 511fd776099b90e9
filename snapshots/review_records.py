"""Define the tables of findings and decisions about them, and what their repositories take and return."""

from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from typing import Any, ClassVar, Final, NamedTuple

from sqlalchemy import BigInteger, Index, UniqueConstraint, exists
from sqlalchemy.orm import column_property
from sqlmodel import Field, col

from snapshots.tables import BigId, JsonText, NamedTable, NumberedTable, SafeText, UTCDateTime, enum_text
from watcher.model import Article, Revision, Severity
from watcher.model.changes import editors_of, edits_or_revision


class ReviewState(StrEnum):
    """The state of a finding's review."""

    OPEN = "open"  # nobody has decided anything: unread
    ACKNOWLEDGED = "acknowledged"
    DISMISSED = "dismissed"
    MUTED = "muted"  # suppressed by a mute, and nobody has decided anything
    RESOLVED = "resolved"  # undone by a later edit, and nobody has decided anything


class ReviewAction(StrEnum):
    """What a reviewer can do with a finding."""

    ACKNOWLEDGE = "acknowledge"
    DISMISS = "dismiss"
    ASSIGN = "assign"
    NOTE = "note"
    MUTE = "mute"
    UNDO = "undo"
    RESOLVE = "resolve"  # what a check does when the change is no longer in the article


class Dismissal(StrEnum):
    """Why a finding is dismissed."""

    NOT_A_FACT = "not-a-fact"
    VANDALISM_REVERTED = "vandalism-reverted"
    UPDATE_IS_RIGHT = "update-is-right"
    WRONG_FIXED = "wrong-fixed"
    DUPLICATE = "duplicate"
    OTHER = "other"


class SortOrder(StrEnum):
    """In which order findings come: the most severe first, or the newest.

    Within one severity that with the higher rank comes first (what the edit's context adds), then the newest.
    """

    WORST = "worst"
    NEWEST = "newest"


class FindingRow(NumberedTable, table=True):
    """A finding in its JSON form, with the columns that queues filter by."""

    __table_args__ = (UniqueConstraint("comparison_id", "position"), Index(None, "severity", "kind"))

    comparison_id: int = Field(foreign_key="comparison.id", sa_type=BigId)
    position: int
    kind: str = Field(sa_type=SafeText)
    rule: str = Field(sa_type=SafeText)
    severity: int
    section: Any = Field(sa_type=JsonText)
    summary: str = Field(sa_type=SafeText)
    body: Any = Field(sa_type=JsonText)


class ReviewRow(NamedTable, table=True):
    """A finding as the review queue reads it, under the finding's id.

    `section` is the heading path joined by " › ", `words` what a search looks through, in lower case. `state` follows
    from the audit trail and from `muted_by`; it is written with them, in one transaction. `edit_id` is the first
    finding of the comparison that the same edit made: the key of a row of the queue. `rank` is its severity and, in the
    last digit, what the edit's context adds (`Finding.rank`). `series` is a digest of the editor and the edit summary:
    the edits of several articles that have both in common are one row of the queue.
    """

    __table_args__ = (
        Index(None, "state", "rank", "at", "finding_id"),
        Index(None, "rank", "at", "finding_id"),
        Index(None, "at", "finding_id"),
        Index(None, "article_id", "rank", "at", "finding_id"),
        # Each facet is counted from one of these alone.
        Index(None, "state", "kind", "rank"),
        Index(None, "state", "article_id", "rank"),
        Index(None, "state", "editor", "rank"),
        Index(None, "state", "assignee", "rank"),
        # The queue is read from this one alone.
        Index(None, "state", "edit_id", "rank", "at"),
        Index(None, "series", "at"),
    )

    finding_id: int = Field(primary_key=True, foreign_key="finding.id", ondelete="CASCADE", sa_type=BigId)
    comparison_id: int = Field(foreign_key="comparison.id", ondelete="CASCADE", index=True, sa_type=BigId)
    article_id: int = Field(foreign_key="article.id", sa_type=BigId)
    edit_id: int = Field(index=True, sa_type=BigInteger)
    rank: int
    at: datetime = Field(sa_type=UTCDateTime)
    kind: str = Field(sa_type=SafeText)
    section: str = Field(sa_type=SafeText)
    editor: str | None = Field(default=None, sa_type=SafeText)
    words: str = Field(sa_type=SafeText)
    state: str = Field(sa_type=SafeText)
    reason: str | None = Field(default=None, sa_type=SafeText)
    assignee: str | None = Field(default=None, sa_type=SafeText)
    muted_by: int | None = Field(default=None, nullable=True, foreign_key="mute.id", index=True, sa_type=BigId)
    series: str | None = Field(default=None, sa_type=SafeText)


class ReviewEvent(NumberedTable, table=True):
    """One event in the audit trail of a finding, never changed; those that were made together have one `batch`.

    That is the first id of them. `undone` says that a later event undid it.
    """

    finding_id: int = Field(foreign_key="finding.id", ondelete="CASCADE", index=True, sa_type=BigId)
    batch: int = Field(default=None, nullable=True, index=True, sa_type=BigId)
    at: datetime = Field(sa_type=UTCDateTime)
    by: str = Field(sa_type=SafeText)
    action: ReviewAction = Field(sa_type=enum_text(ReviewAction))
    reason: Dismissal | None = Field(default=None, nullable=True, sa_type=enum_text(Dismissal))
    assignee: str | None = Field(default=None, sa_type=SafeText)
    note: str | None = Field(default=None, sa_type=SafeText)
    mute_id: int | None = Field(default=None, nullable=True, foreign_key="mute.id", sa_type=BigId)
    undoes: int | None = Field(default=None, nullable=True, foreign_key="review_event.id", index=True, sa_type=BigId)
    answers: int | None = Field(default=None, sa_type=BigId)
    undone: ClassVar[bool]


_LATER: Final = ReviewEvent.metadata.tables["review_event"].alias("later")
_UNDOING: Final = exists().where(_LATER.c.undoes == col(ReviewEvent.id)).correlate_except(_LATER)
ReviewEvent.undone = column_property(_UNDOING)  # type: ignore[assignment]  # a mapped attribute


class LastSeenRow(NumberedTable, table=True):
    """Until when a reader has seen what was found."""

    reader: str = Field(unique=True, sa_type=SafeText)
    at: datetime = Field(sa_type=UTCDateTime)


class SavedFilterRow(NumberedTable, table=True):
    """A filter of the review queue that a reader has given a name: the query of its address."""

    __table_args__ = (UniqueConstraint("reader", "name"),)

    reader: str = Field(sa_type=SafeText)
    name: str = Field(sa_type=SafeText)
    query: str = Field(sa_type=SafeText)
    at: datetime = Field(sa_type=UTCDateTime)


class OpenFinding(NamedTuple):
    """A finding that was not resolved: its JSON, and the SHA-1 of the text before the change.

    It `is_of_edit` where two revisions were compared: the same text has another image, or is shown otherwise. A plain
    tuple: each comparison reads hundreds.
    """

    id: int
    severity: int
    body: str
    before_sha1: str | None
    is_of_edit: bool
    kind: str


@dataclass(frozen=True, slots=True, kw_only=True)
class FindingFilter:
    """Which findings: every part that is given must match; () and None match all.

    `kinds` are kinds or their subjects ("statistic"). `section` is a heading path joined by " › ", its subsections
    included, "" for the lead. `assignee` "" is nobody. `since` is the time after which it was found, `until` that
    before which. `edits` are ids of edits in the queue, `findings` ids of findings, `newer_than` is one. `search` are
    words that must all occur in the finding, its sentences, article or editor.
    """

    states: tuple[ReviewState, ...] = (ReviewState.OPEN,)
    severities: tuple[Severity, ...] = ()
    minimum_severity: Severity | None = None
    kinds: tuple[str, ...] = ()
    article: tuple[str, int] | None = None  # wiki, page id
    section: str | None = None
    editor: str | None = None
    not_editor: str | None = None
    assignee: str | None = None
    since: datetime | None = None
    until: datetime | None = None
    comparison: int | None = None
    edits: tuple[int, ...] = ()
    findings: tuple[int, ...] = ()
    newer_than: int | None = None
    search: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReviewedFinding:
    """A finding with the state of its review.

    `at` is when it was found, `body` is the JSON of the finding, `position` counts from 0 in the comparison.
    `queued_by` is the editor by whom the queue is filtered; None where the wiki hides the name.
    """

    id: int
    comparison_id: int
    edit_id: int
    position: int
    article: Article
    before: Revision
    after: Revision
    at: datetime
    kind: str
    rule: str
    severity: Severity
    rank: int
    section: tuple[str, ...]
    summary: str
    state: ReviewState
    reason: str | None
    assignee: str | None
    notes: int
    muted_by: int | None
    queued_by: str | None = None
    body: dict[str, Any] = field(compare=False, repr=False)

    @property
    def uploaded_file(self) -> str | None:
        """The file that was uploaded anew under its name, without an edit of the article; None of other findings."""
        is_upload = self.before.id == self.after.id and self.kind.startswith("figure.")
        return (self.body.get("new") or {}).get("file") if is_upload else None

    @property
    def edits(self) -> tuple[Revision, ...]:
        """The edit that made the finding; several where it cannot be told which of them did.

        Who saved the text is not to blame for a new version of a file in it: an upload is its uploader's.
        """
        after = self.after
        if self.uploaded_file:
            after = replace(after, parent_id=0, at=self.at, editor=self.queued_by, comment="", minor=False, tags=())
        return edits_or_revision(self.body, after)

    @property
    def filtered(self) -> str:
        """Why the watch's filters kept it out of alerts; empty where they did not."""
        return str(self.body.get("filtered") or "")

    @property
    def editor(self) -> str | None:
        """Who made the finding, "A or B" where it cannot be told; None where the wiki hides the name."""
        return editors_of(self.edits)


@dataclass(frozen=True, slots=True, kw_only=True)
class EditPosition:
    """Where an edit is in the queue: pages begin after it or end before it, whatever was decided meanwhile."""

    rank: int
    at: datetime
    id: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ReviewedEdit:
    """An edit in the queue: those of its findings that a filter chooses, of which `worst` has the highest rank.

    Where one editor changed several `articles` with one edit summary, all of these edits together.
    """

    id: int
    findings: int
    worst: ReviewedFinding
    position: EditPosition
    articles: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class EditPage:
    """A page of the queue; `first` counts from 1 in all `total` edits that a filter chooses."""

    edits: tuple[ReviewedEdit, ...]
    total: int
    first: int

    @property
    def last(self) -> int:
        """The number of the last edit of the page."""
        return self.first + len(self.edits) - 1


@dataclass(frozen=True, slots=True, kw_only=True)
class FacetCounts:
    """How many findings have each value of a facet, the other facets being as asked; most first."""

    total: int
    unassigned: int
    states: dict[ReviewState, int]
    severities: dict[Severity, int]
    kinds: dict[str, int]
    articles: tuple[tuple[Article, int], ...]
    sections: dict[str, int]
    editors: dict[str, int]
    assignees: dict[str, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class ReviewDecision:
    """What to do with one finding or with several at once.

    DISMISS needs a `reason`, ASSIGN an `assignee` ("" for nobody), NOTE a `note`; a note may go with each of them.
    A NOTE may be about one finding alone and name the event that it `answers`.
    """

    action: ReviewAction
    reason: Dismissal | None = None
    assignee: str | None = None
    note: str | None = None
    answers: int | None = None


_FACTUAL: Final = (Dismissal.UPDATE_IS_RIGHT, Dismissal.WRONG_FIXED, Dismissal.VANDALISM_REVERTED)


@dataclass(slots=True, kw_only=True)
class RuleOutcomes:
    """What reviewers decided about the findings of one rule.

    `factual` are those about a fact that did change, of which `harmful` were wrong or vandalism; `not_factual` those
    that changed no fact. `other` were duplicates or decided for another reason, `open` nobody decided about.
    """

    rule: str
    factual: int = 0
    harmful: int = 0
    not_factual: int = 0
    other: int = 0
    open: int = 0

    @property
    def precision(self) -> float | None:
        """The share of factual changes among the findings that say; None where none does."""
        judged = self.factual + self.not_factual
        return self.factual / judged if judged else None

    def add(self, state: str, reason: str | None, count: int) -> None:
        """Count findings of one state and reason."""
        if state == ReviewState.ACKNOWLEDGED or reason in _FACTUAL:
            self.factual += count
            self.harmful += count * (reason in (Dismissal.WRONG_FIXED, Dismissal.VANDALISM_REVERTED))
        elif reason == Dismissal.NOT_A_FACT:
            self.not_factual += count
        elif state == ReviewState.DISMISSED:
            self.other += count
        else:
            self.open += count
