"""Define the tables of findings and of what reviewers decided about them."""

from datetime import datetime
from typing import Any, ClassVar, Final

from sqlalchemy import BigInteger, Index, UniqueConstraint, exists
from sqlalchemy.orm import column_property
from sqlmodel import Field, col

from snapshots.review_records import Dismissal, ReviewAction
from snapshots.tables import BigId, JsonText, NamedTable, NumberedTable, SafeText, UTCDateTime, enum_text


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
        # The queue is read from one of these alone; an edit by the other.
        Index(None, "state", "edit_id", "rank", "at"),
        Index(None, "edit_id"),
        Index(None, "series", "at"),
        Index(None, "comparison_id"),
        Index(None, "muted_by"),
    )

    finding_id: int = Field(primary_key=True, foreign_key="finding.id", ondelete="CASCADE", sa_type=BigId)
    comparison_id: int = Field(foreign_key="comparison.id", ondelete="CASCADE", sa_type=BigId)
    article_id: int = Field(foreign_key="article.id", sa_type=BigId)
    edit_id: int = Field(sa_type=BigInteger)
    rank: int
    at: datetime = Field(sa_type=UTCDateTime)
    kind: str = Field(sa_type=SafeText)
    section: str = Field(sa_type=SafeText)
    editor: str | None = Field(default=None, sa_type=SafeText)
    words: str = Field(sa_type=SafeText)
    state: str = Field(sa_type=SafeText)
    reason: str | None = Field(default=None, sa_type=SafeText)
    assignee: str | None = Field(default=None, sa_type=SafeText)
    muted_by: int | None = Field(default=None, nullable=True, foreign_key="mute.id", sa_type=BigId)
    series: str | None = Field(default=None, sa_type=SafeText)


class ReviewEvent(NumberedTable, table=True):
    """One event in the audit trail of a finding, never changed; those that were made together have one `batch`.

    That is the first id of them. `undone` says that a later event undid it.
    """

    __table_args__ = (Index(None, "finding_id"), Index(None, "batch"), Index(None, "undoes"))

    finding_id: int = Field(foreign_key="finding.id", ondelete="CASCADE", sa_type=BigId)
    batch: int = Field(default=None, nullable=True, sa_type=BigId)
    at: datetime = Field(sa_type=UTCDateTime)
    by: str = Field(sa_type=SafeText)
    action: ReviewAction = Field(sa_type=enum_text(ReviewAction))
    reason: Dismissal | None = Field(default=None, nullable=True, sa_type=enum_text(Dismissal))
    assignee: str | None = Field(default=None, sa_type=SafeText)
    note: str | None = Field(default=None, sa_type=SafeText)
    mute_id: int | None = Field(default=None, nullable=True, foreign_key="mute.id", sa_type=BigId)
    undoes: int | None = Field(default=None, nullable=True, foreign_key="review_event.id", sa_type=BigId)
    answers: int | None = Field(default=None, sa_type=BigId)
    undone: ClassVar[bool]


_LATER: Final = ReviewEvent.metadata.tables["review_event"].alias("later")
_UNDOING: Final = exists().where(_LATER.c.undoes == col(ReviewEvent.id)).correlate_except(_LATER)
ReviewEvent.undone = column_property(_UNDOING)  # type: ignore[assignment]  # a mapped attribute


class LastSeenRow(NumberedTable, table=True):
    """Until when a reader has seen what was found."""

    __table_args__ = (UniqueConstraint("reader"),)

    reader: str = Field(sa_type=SafeText)
    at: datetime = Field(sa_type=UTCDateTime)


class SavedFilterRow(NumberedTable, table=True):
    """A filter of the review queue that a reader has given a name: the query of its address."""

    __table_args__ = (UniqueConstraint("reader", "name"),)

    reader: str = Field(sa_type=SafeText)
    name: str = Field(sa_type=SafeText)
    query: str = Field(sa_type=SafeText)
    at: datetime = Field(sa_type=UTCDateTime)
