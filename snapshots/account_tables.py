"""Define the tables of users, their sessions and tokens."""

from datetime import datetime

from sqlalchemy import Index, LargeBinary, UniqueConstraint
from sqlmodel import Field

from snapshots.columns import BigId, SafeText, UTCDateTime
from snapshots.tables import NumberedTable


class UserAccountRow(NumberedTable, table=True):
    """Who signs in with a password, of which only an Argon2 hash is stored; `user` is a reserved word of SQL."""

    __table_args__ = (UniqueConstraint("name"),)

    name: str = Field(sa_type=SafeText)
    scope: str = Field(sa_type=SafeText)
    password: str = Field(sa_type=SafeText)
    at: datetime = Field(sa_type=UTCDateTime)


class SessionRow(NumberedTable, table=True):
    """A browser that is signed in: the digest of its cookie; without `user_id` it came by a one-time link."""

    __table_args__ = (UniqueConstraint("digest"), Index(None, "user_id"))

    digest: bytes = Field(sa_type=LargeBinary)
    user_id: int | None = Field(default=None, nullable=True, foreign_key="user_account.id", sa_type=BigId)
    at: datetime = Field(sa_type=UTCDateTime)
    expires_at: datetime = Field(sa_type=UTCDateTime)


class TokenRow(NumberedTable, table=True):
    """What a program or a feed reader shows instead of a password: a digest, for the token is random and long."""

    __table_args__ = (UniqueConstraint("digest"), UniqueConstraint("name"))

    name: str = Field(sa_type=SafeText)
    scope: str = Field(sa_type=SafeText)
    digest: bytes = Field(sa_type=LargeBinary)
    at: datetime = Field(sa_type=UTCDateTime)
