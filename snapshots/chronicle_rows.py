"""The tables of followed histories as SQLModel rows; they never leave this package."""

from __future__ import annotations

from datetime import datetime
from typing import Any, ClassVar

from sqlalchemy import BigInteger, LargeBinary, UniqueConstraint
from sqlmodel import Field, SQLModel

from snapshots.rows import Key, UTCDateTime, Words


class ChronicleRow(SQLModel, table=True):
    """How far an article was followed, by which version, what it says now, and what following goes on from.

    `revision_id` is the wiki's; `readings` are the revisions with a text up to it.
    """

    __tablename__: ClassVar[Any] = "chronicle"
    __table_args__ = (UniqueConstraint("article_id"),)

    id: int = Field(default=None, primary_key=True, sa_type=Key)
    article_id: int = Field(foreign_key="article.id", sa_type=Key)
    revision_id: int = Field(sa_type=BigInteger)
    readings: int
    chapters: int
    reader: str = Field(sa_type=Words)
    state: bytes = Field(sa_type=LargeBinary)
    present: bytes = Field(sa_type=LargeBinary)
    at: datetime = Field(sa_type=UTCDateTime)


class ChapterRow(SQLModel, table=True):
    """What a stretch of revisions did to all elements of an article; written once."""

    __tablename__: ClassVar[Any] = "chapter"
    __table_args__ = (UniqueConstraint("article_id", "number"),)

    id: int = Field(default=None, primary_key=True, sa_type=Key)
    article_id: int = Field(foreign_key="article.id", sa_type=Key)
    number: int
    body: bytes = Field(sa_type=LargeBinary)
