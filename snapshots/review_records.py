"""Define the tables of findings and review decisions, and the values that their repositories take and return."""

from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from typing import Any, ClassVar, Final, NamedTuple

from sqlalchemy import BigInteger, Index, UniqueConstraint, exists
from sqlalchemy.orm import column_property
from sqlmodel import Field, SQLModel, col

from snapshots.tables import BigId, JsonText, NamedTable, NumberedTable, SafeText, UTCDateTime, enum_text
from watcher.model import Article, Revision, Severity
from watcher.model.changes import editors_of, edits_or_revision


class ReviewState(StrEnum):
    """The state of a finding's review."""

    OPEN = "open"  # no decision yet
    ACKNOWLEDGED = "acknowledged"
    DISMISSED = "dismissed"
    MUTED = "muted"  # suppressed by a mute, no decision yet
    RESOLVED = "resolved"  # undone by a later edit or no longer found by the rules, no decision yet


class ReviewAction(StrEnum):
    """An action of a reviewer, or of a check, on a finding."""

    ACKNOWLEDGE = "acknowledge"
    DISMISS = "dismiss"
    ASSIGN = "assign"
    NOTE = "note"
    MUTE = "mute"
    UNDO = "undo"
    RESOLVE = "resolve"  # recorded by a check if the change is no longer in the article


class Dismissal(StrEnum):
    """The reason why a finding is dismissed."""

    NOT_A_FACT = "not-a-fact"
    VANDALISM_REVERTED = "vandalism-reverted"
    UPDATE_IS_RIGHT = "update-is-right"
    WRONG_FIXED = "wrong-fixed"
    DUPLICATE = "duplicate"
    OTHER = "other"


class SortOrder(StrEnum):
    """The order of findings: most severe first, or newest first.

    Within one severity, findings of a higher rank come first (the edit's context adds to it), then newer ones.
    """

    WORST = "worst"
    NEWEST = "newest"


class FindingRow(NumberedTable, table=True):
    """A finding as JSON, with columns for some of its fields."""

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

    `section` is the heading path joined by " › ", `words` the searchable text in lower case. `state` is derived from
    the audit trail and `muted_by`, and written in the same transaction. `edit_id`, the key of a row of the queue, is
    the id of the first finding that the same edit made. `rank` is the severity and, in the last digit, the points of
    the edit's context (`Finding.rank`). `series` is a digest of editor and edit summary: edits of several articles with
    the same series are one row of the queue.
    """

    __table_args__ = (
        Index(None, "state", "rank", "at", "finding_id"),
        Index(None, "rank", "at", "finding_id"),
        Index(None, "at", "finding_id"),
        Index(None, "article_id", "rank", "at", "finding_id"),
        # Each facet is counted from one of these indexes alone.
        Index(None, "state", "kind", "rank"),
        Index(None, "state", "article_id", "rank"),
        Index(None, "state", "editor", "rank"),
        Index(None, "state", "assignee", "rank"),
        # The queue is read from this index alone.
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
    muted_by: int | None = Field(default=None, foreign_key="mute.id", index=True, sa_type=BigId)
    series: str | None = Field(default=None, sa_type=SafeText)


class ReviewDecision(SQLModel):
    """A decision about one or several findings.

    DISMISS needs a `reason`, ASSIGN an `assignee` ("" for nobody), NOTE a `note`; the others may have a note, too.
    A NOTE about a single finding may name the event that it `answers`.
    """

    action: ReviewAction = Field(sa_type=enum_text(ReviewAction))
    reason: Dismissal | None = Field(default=None, sa_type=enum_text(Dismissal))
    assignee: str | None = Field(default=None, sa_type=SafeText)
    note: str | None = Field(default=None, sa_type=SafeText)
    answers: int | None = Field(default=None, sa_type=BigId)


class ReviewEvent(ReviewDecision, NumberedTable, table=True):
    """One event in the audit trail of a finding, which never changes.

    Events recorded together share a `batch`, the lowest of their ids. `undone` says that a later event undid it.
    """

    finding_id: int = Field(foreign_key="finding.id", ondelete="CASCADE", index=True, sa_type=BigId)
    batch: int = Field(default=None, nullable=True, index=True, sa_type=BigId)
    at: datetime = Field(sa_type=UTCDateTime)
    by: str = Field(sa_type=SafeText)
    mute_id: int | None = Field(default=None, foreign_key="mute.id", sa_type=BigId)
    undoes: int | None = Field(default=None, foreign_key="review_event.id", index=True, sa_type=BigId)
    undone: ClassVar[bool]


_LATER: Final = ReviewEvent.metadata.tables["review_event"].alias("later")
_UNDOING: Final = exists().where(_LATER.c.undoes == col(ReviewEvent.id)).correlate_except(_LATER)
ReviewEvent.undone = column_property(_UNDOING)  # type: ignore[assignment]  # a mapped attribute


class LastSeenRow(NumberedTable, table=True):
    """The time until which a reader has seen all findings."""

    reader: str = Field(unique=True, sa_type=SafeText)
    at: datetime = Field(sa_type=UTCDateTime)


class SavedFilterRow(NumberedTable, table=True):
    """A filter of the review queue that a reader has saved under a name; `query` is the query string of its address."""

    __table_args__ = (UniqueConstraint("reader", "name"),)

    reader: str = Field(sa_type=SafeText)
    name: str = Field(sa_type=SafeText)
    query: str = Field(sa_type=SafeText)
    at: datetime = Field(sa_type=UTCDateTime)


class OpenFinding(NamedTuple):
    """A stored finding that an edit may undo, with its JSON and the SHA-1 of the text before the change.

    It `is_of_edit` if two different revisions were compared; else one revision got another image or rendering. This is
    a plain tuple because each comparison reads hundreds.
    """

    id: int
    severity: int
    before_sha1: str | None
    is_of_edit: bool
    kind: str
    section: str
    body: str


@dataclass(frozen=True, slots=True, kw_only=True)
class FindingFilter:
    """A filter of findings: all given parts must match; () and None match everything.

    `kinds` are kinds or their subjects ("statistic"). `section` is a heading path joined by " › " and includes its
    subsections; "" is the lead. `assignee` "" means unassigned. `since` and `until` are exclusive bounds of the time
    when it was found. `edits` are ids of edits in the queue, `findings` ids of findings, `newer_than` the id of a
    finding. `search` holds words that must all occur in the finding, its sentences, article or editor.
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

    `at` is when it was found, `body` the JSON of the finding, `position` its index in the comparison. `queued_by` is
    the editor by which the queue filters it; None if the wiki hides the name.
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
        """Return the file of which a new version was uploaded without an edit; None if the finding is no upload."""
        is_upload = self.before.id == self.after.id and self.kind.startswith("figure.")
        return (self.body.get("new") or {}).get("file") if is_upload else None

    @property
    def edits(self) -> tuple[Revision, ...]:
        """Return the edit that made the finding, or several if it is unknown which of them did.

        The new version of a file is attributed to its uploader, not to the editor who saved the text.
        """
        after = self.after
        if self.uploaded_file:
            after = replace(after, parent_id=0, at=self.at, editor=self.queued_by, comment="", minor=False, tags=())
        return edits_or_revision(self.body, after)

    @property
    def filtered(self) -> str:
        """Return why the watch's filters kept it out of alerts; empty if they did not."""
        return str(self.body.get("filtered") or "")

    @property
    def editor(self) -> str | None:
        """Return who made the finding, "A or B" if that is uncertain; None if the wiki hides the name."""
        return editors_of(self.edits)


@dataclass(frozen=True, slots=True, kw_only=True)
class EditPosition:
    """The position of an edit in the queue; a page begins after it or ends before it, regardless of new decisions."""

    rank: int
    at: datetime
    id: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ReviewedEdit:
    """An edit in the queue: its number of `findings` that match a filter, and the one with the highest rank.

    If one editor changed several `articles` with one edit summary, these edits together form one.
    """

    id: int
    findings: int
    worst: ReviewedFinding
    position: EditPosition
    articles: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class EditPage:
    """A page of the queue; `first` is the number, from 1, of its first edit among all `total` matching edits."""

    edits: tuple[ReviewedEdit, ...]
    total: int
    first: int

    @property
    def last(self) -> int:
        """Return the number of the last edit of the page."""
        return self.first + len(self.edits) - 1


@dataclass(frozen=True, slots=True, kw_only=True)
class FacetCounts:
    """The number of findings by each facet's values, most first; a facet ignores the filter's own condition on it."""

    total: int
    unassigned: int
    states: dict[ReviewState, int]
    severities: dict[Severity, int]
    kinds: dict[str, int]
    articles: tuple[tuple[Article, int], ...]
    sections: dict[str, int]
    editors: dict[str, int]
    assignees: dict[str, int]


_FACTUAL: Final = (Dismissal.UPDATE_IS_RIGHT, Dismissal.WRONG_FIXED, Dismissal.VANDALISM_REVERTED)


@dataclass(slots=True, kw_only=True)
class RuleOutcomes:
    """The numbers of findings of one rule by what reviewers decided about them.

    `factual` findings are about a fact that did change; `harmful` ones of them were wrong or vandalism. `not_factual`
    ones changed no fact. `other` ones were duplicates or dismissed for another reason; `open` ones are undecided.
    """

    rule: str
    factual: int = 0
    harmful: int = 0
    not_factual: int = 0
    other: int = 0
    open: int = 0

    @property
    def precision(self) -> float | None:
        """Return the share of factual findings among factual and not factual ones; None if there are none."""
        judged = self.factual + self.not_factual
        return self.factual / judged if judged else None

    def add(self, state: str, reason: str | None, count: int) -> None:
        """Add the number of findings with one state and reason."""
        if state == ReviewState.ACKNOWLEDGED or reason in _FACTUAL:
            self.factual += count
            self.harmful += count * (reason in (Dismissal.WRONG_FIXED, Dismissal.VANDALISM_REVERTED))
        elif reason == Dismissal.NOT_A_FACT:
            self.not_factual += count
        elif state == ReviewState.DISMISSED:
            self.other += count
        else:
            self.open += count
