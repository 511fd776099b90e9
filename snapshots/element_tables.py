"""Define the tables of what articles consisted of: histories of elements, and what readers saw."""

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, Index, LargeBinary, UniqueConstraint
from sqlmodel import Field

from snapshots.columns import BigId, JsonText, SafeText, UTCDateTime
from snapshots.tables import NumberedTable


class HistoryProgressRow(NumberedTable, table=True):
    """How far the history of an article was built: up to `revision_id` (the wiki's), from so many texts."""

    __table_args__ = (UniqueConstraint("article_id"),)

    article_id: int = Field(foreign_key="article.id", sa_type=BigId)
    revision_id: int = Field(sa_type=BigInteger)
    parsed_revisions: int
    batches: int
    parser_version: str = Field(sa_type=SafeText)
    state: bytes = Field(sa_type=LargeBinary)
    current: bytes = Field(sa_type=LargeBinary)
    at: datetime = Field(sa_type=UTCDateTime)


class HistoryBatchRow(NumberedTable, table=True):
    """What a series of revisions did to all elements of an article; written once."""

    __table_args__ = (UniqueConstraint("article_id", "number"),)

    article_id: int = Field(foreign_key="article.id", sa_type=BigId)
    number: int
    body: bytes = Field(sa_type=LargeBinary)


class RenderingRow(NumberedTable, table=True):
    """The facts that readers saw of a revision, and what they were made from: `sources` maps titles to revision ids.

    `volatile` is what differs between renderings of the same sources.
    """

    __table_args__ = (Index(None, "article_id", "id"), Index(None, "text_id"))

    article_id: int = Field(foreign_key="article.id", sa_type=BigId)
    revision_id: int = Field(sa_type=BigInteger)
    at: datetime = Field(sa_type=UTCDateTime)
    text_id: int = Field(foreign_key="text.id", sa_type=BigId)
    sources: Any = Field(sa_type=JsonText)
    item: str | None = Field(default=None, sa_type=SafeText)
    version: int
    volatile: Any = Field(sa_type=JsonText)
