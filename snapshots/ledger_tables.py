"""Define the tables of the ledger, of what edits did to the elements of articles. They never leave this package."""

from datetime import datetime
from typing import Final

from sqlalchemy import BigInteger, LargeBinary, UniqueConstraint
from sqlmodel import Field

from snapshots.columns import BigId, SafeText, UTCDateTime
from snapshots.tables import NumberedTable

LEDGER_VERSION: Final = "2"
"""Raised where edits would be recorded or written otherwise: what another release recorded is recorded again."""


class LedgerHeadRow(NumberedTable, table=True):
    """How far the ledger of an article goes: up to `revision_id` (the wiki's), over so many texts and rows of edits.

    `head` holds the keys of the elements of that text.
    """

    __table_args__ = (UniqueConstraint("article_id"),)

    article_id: int = Field(foreign_key="article.id", sa_type=BigId)
    revision_id: int = Field(sa_type=BigInteger)
    texts: int
    edits: int
    version: str = Field(sa_type=SafeText)
    head: bytes = Field(sa_type=LargeBinary)
    at: datetime = Field(sa_type=UTCDateTime)


class LedgerEditRow(NumberedTable, table=True):
    """What one edit did to the elements of its article; written once."""

    __table_args__ = (UniqueConstraint("article_id", "number"),)

    article_id: int = Field(foreign_key="article.id", sa_type=BigId)
    number: int
    revision_id: int = Field(sa_type=BigInteger)
    body: bytes = Field(sa_type=LargeBinary)
