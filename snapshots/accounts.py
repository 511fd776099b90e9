"""Store users, sessions and tokens, and resolve a secret to its principal."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from hashlib import sha256
from typing import Final

from sqlalchemy import LargeBinary
from sqlmodel import Field, Session, col, delete, select, update

from snapshots.database import Database, Repository, as_method, reads, writes
from snapshots.tables import BigId, NumberedTable, SafeText, UTCDateTime, enum_text
from watcher.errors import Missing, Refused


class Scope(StrEnum):
    """The permissions of a principal; each scope includes those listed before it."""

    READ = "read"
    REVIEW = "review"
    ADMIN = "admin"

    def includes(self, needed: Scope) -> bool:
        """Return whether this scope permits what requires the `needed` scope."""
        order = tuple(Scope)
        return order.index(self) >= order.index(needed)


class User(NumberedTable, table=True):
    """A user who signs in with a password; only its Argon2 hash is stored."""

    name: str = Field(unique=True, sa_type=SafeText)
    scope: Scope = Field(sa_type=enum_text(Scope))
    password: str = Field(default="", sa_type=SafeText, repr=False)
    at: datetime = Field(sa_type=UTCDateTime)


class SessionRow(NumberedTable, table=True):
    """A signed-in browser, by the digest of its cookie; `user_id` is None if it signed in with a one-time link."""

    digest: bytes = Field(unique=True, sa_type=LargeBinary)
    user_id: int | None = Field(default=None, foreign_key="user_account.id", index=True, sa_type=BigId)
    at: datetime = Field(sa_type=UTCDateTime)
    expires_at: datetime = Field(sa_type=UTCDateTime)


class ApiToken(NumberedTable, table=True):
    """An API token of a program or feed reader; a plain digest is enough because the token is long and random."""

    name: str = Field(unique=True, sa_type=SafeText)
    scope: Scope = Field(sa_type=enum_text(Scope))
    digest: bytes = Field(default=b"", unique=True, sa_type=LargeBinary)
    at: datetime = Field(sa_type=UTCDateTime)


@dataclass(frozen=True, slots=True, kw_only=True)
class Principal:
    """The owner of a session or token; `name` is empty for the session of a one-time link."""

    name: str
    scope: Scope


_SESSIONS: Final = select(SessionRow, User).outerjoin(User, col(User.id) == col(SessionRow.user_id))


def _has_users(session: Session) -> bool:
    """Return whether there is a user, so that somebody can sign in with a password."""
    return session.exec(select(User.id).limit(1)).first() is not None


class AccountRepository(Repository):
    """Users, sessions and tokens; secrets are stored as digests only."""

    @writes
    def add_user(self, session: Session, user: User) -> None:
        """Store a new user; raise Refused if the name is taken.

        Sessions of one-time links end, because those links are only valid while no user exists.
        """
        if session.exec(select(User.id).where(col(User.name) == user.name)).first() is not None:
            raise Refused(f"user {user.name}: exists already; remove it first, or choose another name")
        session.add(user)
        session.exec(delete(SessionRow).where(col(SessionRow.user_id).is_(None)))

    @reads
    def users(self, session: Session) -> tuple[User, ...]:
        """List all users by name."""
        return tuple(session.exec(select(User).order_by(col(User.name))))

    @reads
    def user(self, session: Session, name: str) -> User | None:
        """Return the user with exactly this name, or None."""
        return session.exec(select(User).where(col(User.name) == name)).first()

    has_users = as_method(_has_users, Database.read)

    @writes
    def update_password_hash(self, session: Session, name: str, password: str) -> None:
        """Store a stronger hash of the same password."""
        session.exec(update(User).where(col(User.name) == name).values(password=password))

    @writes
    def remove_user(self, session: Session, name: str) -> None:
        """Remove a user and end all their sessions; raise Missing if there is no such user."""
        number = _user_id(session, name)
        session.exec(delete(SessionRow).where((col(SessionRow.user_id) == number) | col(SessionRow.user_id).is_(None)))
        session.exec(delete(User).where(col(User.id) == number))

    @writes
    def open_session(self, session: Session, secret: str, name: str | None, now: datetime, until: datetime) -> None:
        """Open a session identified by `secret` for the user `name` (None: for somebody with a one-time link).

        Also delete expired sessions. Raise Missing if the user was removed, and Refused for a one-time link if a user
        exists by now.
        """
        session.exec(delete(SessionRow).where(col(SessionRow.expires_at) <= now))
        if name is None and _has_users(session):
            raise Refused("the one-time link works only until a user exists: sign in with a password")
        user_id = None if name is None else _user_id(session, name)
        session.add(SessionRow(digest=hash_token(secret), user_id=user_id, at=now, expires_at=until))

    @reads
    def session(self, session: Session, secret: str, now: datetime) -> Principal | None:
        """Return the principal of a session with their current scope; None if the session has expired or ended."""
        own = col(SessionRow.digest) == hash_token(secret), col(SessionRow.expires_at) > now
        row = session.exec(_SESSIONS.where(*own)).first()
        if row is None:
            return None
        if user := row[1]:
            return Principal(name=user.name, scope=user.scope)
        # Checked again: a user may have been added while the link was being followed.
        return None if _has_users(session) else Principal(name="", scope=Scope.ADMIN)

    @reads
    def open_sessions(
        self, session: Session, now: datetime, name: str | None = None
    ) -> tuple[tuple[SessionRow, str], ...]:
        """List the unexpired sessions, oldest first, each with its user's name; those of one user if `name` is given.

        The name is empty for the session of a one-time link.
        """
        statement = _SESSIONS.where(col(SessionRow.expires_at) > now).order_by(col(SessionRow.id))
        if name is not None:
            statement = statement.where(col(User.name) == name)
        return tuple((row, user.name if user else "") for row, user in session.exec(statement))

    @writes
    def end_sessions(
        self, session: Session, *, name: str | None = None, number: int | None = None, secret: str | None = None
    ) -> int:
        """End the sessions that match all given arguments (without any: all sessions), and return their number.

        Raise Missing if there is no user `name`.
        """
        statement = delete(SessionRow)
        if name is not None:
            statement = statement.where(col(SessionRow.user_id) == _user_id(session, name))
        if number is not None:
            statement = statement.where(col(SessionRow.id) == number)
        if secret is not None:
            statement = statement.where(col(SessionRow.digest) == hash_token(secret))
        return int(session.exec(statement).rowcount)

    @writes
    def add_token(self, session: Session, token: ApiToken, secret: str) -> None:
        """Store the digest of a new token; raise Refused if the name is taken."""
        if session.exec(select(ApiToken.id).where(col(ApiToken.name) == token.name)).first() is not None:
            raise Refused(f"token {token.name}: exists already; revoke it first, or choose another name")
        token.digest = hash_token(secret)
        session.add(token)

    @reads
    def tokens(self, session: Session) -> tuple[ApiToken, ...]:
        """List all tokens by name."""
        return tuple(session.exec(select(ApiToken).order_by(col(ApiToken.name))))

    @reads
    def token(self, session: Session, secret: str) -> Principal | None:
        """Return the principal of a token; None if it was never issued or has been revoked."""
        row = session.exec(select(ApiToken).where(col(ApiToken.digest) == hash_token(secret))).first()
        return Principal(name=row.name, scope=row.scope) if row else None

    @writes
    def revoke(self, session: Session, name: str) -> None:
        """Revoke a token; raise Missing if there is no such token."""
        if session.exec(delete(ApiToken).where(col(ApiToken.name) == name)).rowcount != 1:
            raise Missing(f"token {name}: does not exist; `watcher token list` names them")


def hash_token(secret: str) -> bytes:
    """Return the SHA-256 of a secret; enough for 256 random bits, and the timing of a look-up by it leaks nothing."""
    return sha256(secret.encode("utf-8", "replace")).digest()


def _user_id(session: Session, name: str) -> int:
    user_id = session.exec(select(User.id).where(col(User.name) == name)).first()
    if user_id is None:
        raise Missing(f"user {name}: does not exist; `watcher user list` names them")
    return user_id
