"""Store users, sessions and tokens, and resolve a secret to the principal it stands for."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from hashlib import sha256

from sqlmodel import Session, col, delete, select, update

from snapshots.database import Repository, insert_or_ignore
from snapshots.tables import SessionRow, TokenRow, UserRow
from watcher.errors import Missing, Refused


class Scope(StrEnum):
    """What somebody may do; each includes those before it."""

    READ = "read"
    REVIEW = "review"
    ADMIN = "admin"

    def includes(self, needed: Scope) -> bool:
        """Whether who has this may do what needs the other."""
        order = tuple(Scope)
        return order.index(self) >= order.index(needed)


@dataclass(frozen=True, slots=True, kw_only=True)
class User:
    """Somebody who can sign in; `password` is the Argon2 hash, which `repr` does not show."""

    name: str
    scope: Scope
    at: datetime

    password: str = ""

    def __repr__(self) -> str:
        return f"User(name={self.name!r}, scope={self.scope})"


@dataclass(frozen=True, slots=True, kw_only=True)
class Token:
    """A token by its name; what it is nobody knows but who was given it."""

    name: str
    scope: Scope
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Principal:
    """Who a session or a token stands for; sessions of a one-time link have no `name`."""

    name: str
    scope: Scope


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenSession:
    """A browser that is signed in, by the number of its row; one opened by the one-time link has no `name`."""

    id: int
    name: str
    at: datetime
    expires_at: datetime


class AccountRepository(Repository):
    """Users, sessions and tokens of one archive; secrets come in and are kept as digests alone."""

    # Users

    def add_user(self, user: User) -> None:
        """Keep a new user; Refused when the name is taken.

        Sessions of the one-time link end: it was for as long as nobody could sign in.
        """
        row = {"name": user.name, "scope": user.scope.value, "password": user.password, "at": user.at}
        with self.database.write() as session:
            if session.exec(select(UserRow.id).where(col(UserRow.name) == user.name)).first() is not None:
                raise Refused(f"user {user.name}: is there already; remove it first, or choose another name")
            insert_or_ignore(session, UserRow, [row])
            session.exec(delete(SessionRow).where(col(SessionRow.user_id).is_(None)))

    def users(self) -> tuple[User, ...]:
        """All users by name."""
        with self.database.read() as session:
            return tuple(_user(row) for row in session.exec(select(UserRow).order_by(col(UserRow.name))))

    def user(self, name: str) -> User | None:
        """The user of exactly this name."""
        with self.database.read() as session:
            row = session.exec(select(UserRow).where(col(UserRow.name) == name)).first()
            return _user(row) if row else None

    def has_users(self) -> bool:
        """Whether there is a user at all."""
        with self.database.read() as session:
            return _has_users(session)

    def update_password_hash(self, name: str, password: str) -> None:
        """Keep a stronger hash of the same password."""
        with self.database.write() as session:
            session.exec(update(UserRow).where(col(UserRow.name) == name).values(password=password))

    def remove_user(self, name: str) -> None:
        """Forget a user and sign them out everywhere; Missing when there is none."""
        with self.database.write() as session:
            number = session.exec(select(UserRow.id).where(col(UserRow.name) == name)).first()
            if number is None:
                raise Missing(f"user {name}: there is none; `watcher user list` names them")
            session.exec(
                delete(SessionRow).where((col(SessionRow.user_id) == number) | col(SessionRow.user_id).is_(None))
            )
            session.exec(delete(UserRow).where(col(UserRow.id) == number))

    # Sessions

    def open_session(self, secret: str, name: str | None, now: datetime, until: datetime) -> None:
        """Remember that who shows `secret` is the user `name`, or came by a one-time link (None).

        Sessions that have run out are forgotten. Missing when the user is gone, Refused for a one-time link when
        somebody can sign in by now.
        """
        with self.database.write() as session:
            session.exec(delete(SessionRow).where(col(SessionRow.expires_at) <= now))
            number = None
            if name is not None:
                number = session.exec(select(UserRow.id).where(col(UserRow.name) == name)).first()
                if number is None:
                    raise Missing(f"user {name}: there is none")
            elif _has_users(session):
                raise Refused("the one-time link is for as long as nobody can sign in: sign in with a password")
            session.add(SessionRow(digest=hash_token(secret), user_id=number, at=now, expires_at=until))

    def session(self, secret: str, now: datetime) -> Principal | None:
        """Who a session's secret stands for, with the scope of today; None when it has run out or was closed."""
        requested = (
            select(SessionRow, UserRow)
            .outerjoin(UserRow, col(UserRow.id) == col(SessionRow.user_id))
            .where(col(SessionRow.digest) == hash_token(secret), col(SessionRow.expires_at) > now)
        )
        with self.database.read() as session:
            row = session.exec(requested).first()
            if row is None:
                return None
            if user := row[1]:
                return Principal(name=user.name, scope=Scope(user.scope))
            # Asked again here: a user may have been added while the link was being followed.
            return None if _has_users(session) else Principal(name="", scope=Scope.ADMIN)

    def open_sessions(self, now: datetime, name: str | None = None) -> tuple[OpenSession, ...]:
        """The sessions that have not run out, those of one user where a `name` is given, oldest first."""
        statement = (
            select(SessionRow, UserRow)
            .outerjoin(UserRow, col(UserRow.id) == col(SessionRow.user_id))
            .where(col(SessionRow.expires_at) > now)
            .order_by(col(SessionRow.id))
        )
        if name is not None:
            statement = statement.where(col(UserRow.name) == name)
        with self.database.read() as session:
            return tuple(
                OpenSession(id=row.id, name=user.name if user else "", at=row.at, expires_at=row.expires_at)
                for row, user in session.exec(statement)
            )

    def end_sessions(self, *, name: str | None = None, number: int | None = None) -> int:
        """End the sessions of a user, the one with a number, or all of them; how many there were.

        Missing when there is no such user.
        """
        statement = delete(SessionRow)
        with self.database.write() as session:
            if name is not None:
                user_id = session.exec(select(UserRow.id).where(col(UserRow.name) == name)).first()
                if user_id is None:
                    raise Missing(f"user {name}: there is none; `watcher user list` names them")
                statement = statement.where(col(SessionRow.user_id) == user_id)
            if number is not None:
                statement = statement.where(col(SessionRow.id) == number)
            return int(session.exec(statement).rowcount)

    def close_session(self, secret: str) -> None:
        """Forget a session; one that is gone already is no mistake."""
        with self.database.write() as session:
            session.exec(delete(SessionRow).where(col(SessionRow.digest) == hash_token(secret)))

    # Tokens

    def add_token(self, token: Token, secret: str) -> None:
        """Keep a new token's digest; Refused when the name is taken."""
        row = {"name": token.name, "scope": token.scope.value, "digest": hash_token(secret), "at": token.at}
        with self.database.write() as session:
            if session.exec(select(TokenRow.id).where(col(TokenRow.name) == token.name)).first() is not None:
                raise Refused(f"token {token.name}: is there already; revoke it first, or choose another name")
            insert_or_ignore(session, TokenRow, [row])

    def tokens(self) -> tuple[Token, ...]:
        """All tokens by name."""
        with self.database.read() as session:
            rows = session.exec(select(TokenRow).order_by(col(TokenRow.name)))
            return tuple(Token(name=row.name, scope=Scope(row.scope), at=row.at) for row in rows)

    def token(self, secret: str) -> Principal | None:
        """Who shows this token, None when it was never given or is revoked."""
        with self.database.read() as session:
            row = session.exec(select(TokenRow).where(col(TokenRow.digest) == hash_token(secret))).first()
            return Principal(name=row.name, scope=Scope(row.scope)) if row else None

    def revoke(self, name: str) -> None:
        """Forget a token; Missing when there is none."""
        with self.database.write() as session:
            if session.exec(delete(TokenRow).where(col(TokenRow.name) == name)).rowcount != 1:
                raise Missing(f"token {name}: there is none; `watcher token list` names them")


def hash_token(secret: str) -> bytes:
    """The SHA-256 of a secret: enough, for ours are 256 random bits, and a look-up by it tells nothing by its time."""
    return sha256(secret.encode("utf-8", "replace")).digest()


def _has_users(session: Session) -> bool:
    return session.exec(select(UserRow.id).limit(1)).first() is not None


def _user(row: UserRow) -> User:
    return User(name=row.name, scope=Scope(row.scope), at=row.at, password=row.password)
