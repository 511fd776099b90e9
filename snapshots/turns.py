"""Many workers become one that asks a wiki at a time: a row a wiki, leased for the length of a request."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, ClassVar

from sqlmodel import Field, Session, SQLModel, col, or_, update

from snapshots.articles import free_at
from snapshots.rows import UTCDateTime, Words
from snapshots.upsert import insert_once


class TurnRow(SQLModel, table=True):
    """Whose turn it is to ask a wiki, and until when."""

    __tablename__: ClassVar[Any] = "turn"

    wiki: str = Field(primary_key=True, sa_type=Words)
    lease_owner: str | None = Field(default=None, sa_type=Words)
    lease_until: datetime | None = Field(default=None, sa_type=UTCDateTime)


def take(session: Session, wiki: str, owner: str, now: datetime, seconds: float) -> bool:
    """Take or prolong the turn of a wiki; False while somebody else has it."""
    free = or_(free_at(TurnRow, now), col(TurnRow.lease_owner) == owner)
    taken = update(TurnRow).where(col(TurnRow.wiki) == wiki, free)
    values = {"lease_owner": owner, "lease_until": now + timedelta(seconds=seconds)}
    if session.exec(taken.values(values)).rowcount == 1:
        return True
    insert_once(session, TurnRow, [{"wiki": wiki}])  # the first question to this wiki, or the turn is another's
    return session.exec(taken.values(values)).rowcount == 1


def end(session: Session, wiki: str, owner: str) -> None:
    """Give a turn back; nothing happens when it is somebody else's by now."""
    own = update(TurnRow).where(col(TurnRow.wiki) == wiki, col(TurnRow.lease_owner) == owner)
    session.exec(own.values(lease_owner=None, lease_until=None))
