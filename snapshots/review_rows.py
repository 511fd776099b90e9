"""The tables of reviewing as SQLModel rows: where each finding stands, what was decided, who has looked since when."""

from __future__ import annotations

from datetime import datetime
from typing import Any, ClassVar

from sqlalchemy import Index, UniqueConstraint
from sqlmodel import Field, SQLModel

from snapshots.rows import Key, UTCDateTime, Words


class ReviewRow(SQLModel, table=True):
    """A finding as queues read it, under the finding's id, with where its review stands.

    `at` is when it was found, `section` its heading path joined by " › ", `words` what a search looks through, in
    lower case. `state` follows from the steps and from `muted_by`; it is written with them, in one transaction.
    """

    __tablename__: ClassVar[Any] = "review"
    __table_args__ = (
        Index(None, "state", "severity", "at", "finding_id"),
        Index(None, "severity", "at", "finding_id"),
        Index(None, "at", "finding_id"),
        Index(None, "article_id", "severity", "at", "finding_id"),
        # Each facet is counted from one of these alone.
        Index(None, "state", "kind", "severity"),
        Index(None, "state", "article_id", "severity"),
        Index(None, "state", "editor", "severity"),
        Index(None, "state", "assignee", "severity"),
        Index(None, "comparison_id"),
        Index(None, "muted_by"),
    )

    finding_id: int = Field(primary_key=True, foreign_key="finding.id", ondelete="CASCADE", sa_type=Key)
    comparison_id: int = Field(foreign_key="comparison.id", ondelete="CASCADE", sa_type=Key)
    article_id: int = Field(foreign_key="article.id", sa_type=Key)
    severity: int
    at: datetime = Field(sa_type=UTCDateTime)
    kind: str = Field(sa_type=Words)
    section: str = Field(sa_type=Words)
    editor: str | None = Field(default=None, sa_type=Words)
    words: str = Field(sa_type=Words)
    state: str = Field(sa_type=Words)
    reason: str | None = Field(default=None, sa_type=Words)
    assignee: str | None = Field(default=None, sa_type=Words)
    muted_by: int | None = Field(default=None, nullable=True, foreign_key="mute.id", sa_type=Key)


class StepRow(SQLModel, table=True):
    """One decision about one finding; rows are added, never changed.

    What was decided of several findings at once has one `batch`, the id of its first step.
    """

    __tablename__: ClassVar[Any] = "review_step"
    __table_args__ = (Index(None, "finding_id"), Index(None, "batch"))

    id: int = Field(default=None, primary_key=True, sa_type=Key)
    finding_id: int = Field(foreign_key="finding.id", ondelete="CASCADE", sa_type=Key)
    batch: int | None = Field(default=None, sa_type=Key)
    at: datetime = Field(sa_type=UTCDateTime)
    by: str = Field(sa_type=Words)
    deed: str = Field(sa_type=Words)
    reason: str | None = Field(default=None, sa_type=Words)
    assignee: str | None = Field(default=None, sa_type=Words)
    note: str | None = Field(default=None, sa_type=Words)
    mute_id: int | None = Field(default=None, nullable=True, foreign_key="mute.id", sa_type=Key)
    undoes: int | None = Field(default=None, nullable=True, foreign_key="review_step.id", sa_type=Key)


class ViewingRow(SQLModel, table=True):
    """Until when a reader has seen what was found."""

    __tablename__: ClassVar[Any] = "viewing"
    __table_args__ = (UniqueConstraint("reader"),)

    id: int = Field(default=None, primary_key=True, sa_type=Key)
    reader: str = Field(sa_type=Words)
    at: datetime = Field(sa_type=UTCDateTime)
