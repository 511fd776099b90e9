"""The table of the pictures that articles show."""

from __future__ import annotations

from typing import Any, ClassVar

from sqlalchemy import UniqueConstraint
from sqlmodel import Field, SQLModel

from snapshots.rows import Key, Words


class PictureRow(SQLModel, table=True):
    """A file that an article shows, with the SHA-1 that it had when it was looked at; None where the wiki has none."""

    __tablename__: ClassVar[Any] = "picture"
    __table_args__ = (UniqueConstraint("article_id", "file"),)

    id: int = Field(default=None, primary_key=True, sa_type=Key)
    article_id: int = Field(foreign_key="article.id", sa_type=Key)
    file: str = Field(sa_type=Words)
    sha1: str | None = Field(default=None, sa_type=Words)
