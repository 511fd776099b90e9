"""Acquire, renew and release page leases; an expired lease may be taken over by another worker."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, ClassVar

from sqlmodel import Field, Session, SQLModel, col, or_, select, update

from snapshots.articles import lease_expired
from snapshots.database import insert_or_ignore
from snapshots.tables import ArticleRow, DeliveryRow, SafeText, UTCDateTime


class WikiLockRow(SQLModel, table=True):
    """Whose turn it is to ask a wiki, and until when."""

    __tablename__: ClassVar[Any] = "wiki_lock"

    wiki: str = Field(primary_key=True, sa_type=SafeText)
    lease_owner: str | None = Field(default=None, sa_type=SafeText)
    lease_until: datetime | None = Field(default=None, sa_type=UTCDateTime)


def acquire_wiki(session: Session, wiki: str, owner: str, now: datetime, seconds: float) -> bool:
    """Take or prolong the turn of a wiki; False while somebody else has it."""
    free = or_(lease_expired(WikiLockRow, now), col(WikiLockRow.lease_owner) == owner)
    taken = update(WikiLockRow).where(col(WikiLockRow.wiki) == wiki, free)
    values = {"lease_owner": owner, "lease_until": now + timedelta(seconds=seconds)}
    if session.exec(taken.values(values)).rowcount == 1:
        return True
    insert_or_ignore(
        session, WikiLockRow, [{"wiki": wiki}]
    )  # the first question to this wiki, or the turn is another's
    return session.exec(taken.values(values)).rowcount == 1


def release_wiki(session: Session, wiki: str, owner: str) -> None:
    """Give a turn back; nothing happens when it is somebody else's by now."""
    own = update(WikiLockRow).where(col(WikiLockRow.wiki) == wiki, col(WikiLockRow.lease_owner) == owner)
    session.exec(own.values(lease_owner=None, lease_until=None))


_LEASED = (ArticleRow, DeliveryRow, WikiLockRow)


def lease_owners(session: Session) -> tuple[str, ...]:
    """Everybody who holds a lease, whether or not it has run out."""
    result: set[str] = set()
    for table in _LEASED:
        owner = col(table.lease_owner)
        result.update(name for name in session.exec(select(owner).where(owner.is_not(None)).distinct()) if name)
    return tuple(sorted(result))


def release_all(session: Session, owner: str) -> None:
    """Give all leases of this owner back; what was leased is due as if nobody had taken it."""
    for table in _LEASED:
        tracked = update(table).where(col(table.lease_owner) == owner)
        session.exec(tracked.values(lease_owner=None, lease_until=None))


def renew(session: Session, owner: str, now: datetime, seconds: float) -> int:
    """Make this owner's leases on pages last `seconds` from now; how many there are. None is shortened."""
    until = now + timedelta(seconds=seconds)
    own = update(ArticleRow).where(col(ArticleRow.lease_owner) == owner, col(ArticleRow.lease_until) < until)
    return session.exec(own.values(lease_until=until)).rowcount
