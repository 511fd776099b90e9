"""The tables of who may do what, as SQLModel rows: users, their sessions, and tokens; they never leave this package."""

from __future__ import annotations

from datetime import datetime
from typing import Any, ClassVar

from sqlalchemy import Index, LargeBinary, UniqueConstraint
from sqlmodel import Field, SQLModel

from snapshots.rows import Key, UTCDateTime, Words


class UserRow(SQLModel, table=True):
    """Somebody who signs in with a password, of which only an Argon2 hash is kept.

    `user_account`, because `user` is a reserved word of SQL.
    """

    __tablename__: ClassVar[Any] = "user_account"
    __table_args__ = (UniqueConstraint("name"),)

    id: int = Field(default=None, primary_key=True, sa_type=Key)
    name: str = Field(sa_type=Words)
    scope: str = Field(sa_type=Words)
    password: str = Field(sa_type=Words)
    at: datetime = Field(sa_type=UTCDateTime)


class SessionRow(SQLModel, table=True):
    """A browser that is signed in: the digest of its cookie; without `user_id` it came by a one-time link."""

    __tablename__: ClassVar[Any] = "session"
    __table_args__ = (UniqueConstraint("digest"), Index(None, "user_id"))

    id: int = Field(default=None, primary_key=True, sa_type=Key)
    digest: bytes = Field(sa_type=LargeBinary)
    user_id: int | None = Field(default=None, nullable=True, foreign_key="user_account.id", sa_type=Key)
    at: datetime = Field(sa_type=UTCDateTime)
    expires_at: datetime = Field(sa_type=UTCDateTime)


class TokenRow(SQLModel, table=True):
    """What a program or a feed reader shows instead of a password: its digest, for the token is random and long."""

    __tablename__: ClassVar[Any] = "token"
    __table_args__ = (UniqueConstraint("digest"), UniqueConstraint("name"))

    id: int = Field(default=None, primary_key=True, sa_type=Key)
    name: str = Field(sa_type=Words)
    scope: str = Field(sa_type=Words)
    digest: bytes = Field(sa_type=LargeBinary)
    at: datetime = Field(sa_type=UTCDateTime)
