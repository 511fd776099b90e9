"""Define the table of what readers saw of pages. It never leaves this package."""

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, Index
from sqlmodel import Field

from snapshots.columns import BigId, JsonText, SafeText, UTCDateTime
from snapshots.tables import NumberedTable


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
