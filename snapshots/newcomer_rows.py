"""The table of watches whose page no check has ever reached."""

from __future__ import annotations

from datetime import datetime
from typing import Any, ClassVar

from sqlalchemy import UniqueConstraint
from sqlmodel import Field, SQLModel

from snapshots.rows import Key, UTCDateTime, Words


class NewcomerRow(SQLModel, table=True):
    """A watch without an article: its failed checks, whether operators know, whether a check has reached it since."""

    __tablename__: ClassVar[Any] = "newcomer"
    __table_args__ = (UniqueConstraint("wiki", "title"),)

    id: int = Field(default=None, primary_key=True, sa_type=Key)
    wiki: str = Field(sa_type=Words)
    title: str = Field(sa_type=Words)
    failures: int
    error: str = Field(sa_type=Words)
    checked_at: datetime = Field(sa_type=UTCDateTime)
    told_at: datetime | None = Field(default=None, sa_type=UTCDateTime)
    arrived_at: datetime | None = Field(default=None, sa_type=UTCDateTime)
