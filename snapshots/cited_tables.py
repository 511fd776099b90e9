"""Define the tables of what articles cite from works. They never leave this package."""

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, Index, UniqueConstraint
from sqlmodel import Field

from snapshots.columns import BigId, JsonText, SafeText, UTCDateTime
from snapshots.tables import NamedTable, NumberedTable


class CitedStatisticRow(NumberedTable, table=True):
    """A statistic that an article cites from a work, in its JSON form; `block` is the number of its paragraph.

    `since` is the time of the revision in which its value was first seen.
    """

    __table_args__ = (Index(None, "article_id", "block"),)

    article_id: int = Field(foreign_key="article.id", sa_type=BigId)
    block: int = Field(sa_type=BigInteger)
    since: datetime = Field(sa_type=UTCDateTime)
    body: Any = Field(sa_type=JsonText)


class CitedWorkRow(NamedTable, table=True):
    """A work that such a statistic is cited from, by one of its identities; what is found is read from this alone."""

    work: str = Field(primary_key=True, sa_type=SafeText)
    statistic_id: int = Field(
        primary_key=True, foreign_key="cited_statistic.id", ondelete="CASCADE", index=True, sa_type=BigId
    )


class ContradictionRow(NumberedTable, table=True):
    """Two statistics of two articles that give a number of one work differently, and when that was found."""

    __table_args__ = (UniqueConstraint("first_id", "second_id"), Index(None, "second_id"))

    first_id: int = Field(foreign_key="cited_statistic.id", ondelete="CASCADE", sa_type=BigId)
    second_id: int = Field(foreign_key="cited_statistic.id", ondelete="CASCADE", sa_type=BigId)
    at: datetime = Field(sa_type=UTCDateTime)


class SourceRequestRow(NamedTable, table=True):
    """A finding whose sources are still to be read: `addresses` of pages, then of archived copies."""

    finding_id: int = Field(primary_key=True, foreign_key="finding.id", ondelete="CASCADE", sa_type=BigId)
    addresses: Any = Field(sa_type=JsonText)
    at: datetime = Field(sa_type=UTCDateTime)


class SourcePageRow(NamedTable, table=True):
    """A page that was read to look values up in it, by the SHA-256 of its address.

    `problem` says why it could not be read, `answered_at` when it was last read. `body` is what was read: the text of a
    day, which answers the next question.
    """

    digest: str = Field(primary_key=True, sa_type=SafeText)
    url: str = Field(sa_type=SafeText)
    at: datetime = Field(sa_type=UTCDateTime, index=True)
    problem: str | None = Field(default=None, sa_type=SafeText)
    answered_at: datetime | None = Field(default=None, sa_type=UTCDateTime)
    body: Any = Field(default=None, sa_type=JsonText)
