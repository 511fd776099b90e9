"""Workers that live become leases that last, workers that died leases that others can take at once."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlmodel import Session, col, select, update

from snapshots.rows import ArticleRow, DeliveryRow
from snapshots.turns import TurnRow

_LEASED = (ArticleRow, DeliveryRow, TurnRow)


def owners(session: Session) -> tuple[str, ...]:
    """Everybody who holds a lease, whether or not it has run out."""
    found: set[str] = set()
    for table in _LEASED:
        owner = col(table.lease_owner)
        found.update(name for name in session.exec(select(owner).where(owner.is_not(None)).distinct()) if name)
    return tuple(sorted(found))


def free(session: Session, owner: str) -> None:
    """Give all leases of this owner back; what was leased is due as if nobody had taken it."""
    for table in _LEASED:
        held = update(table).where(col(table.lease_owner) == owner)
        session.exec(held.values(lease_owner=None, lease_until=None))


def renew(session: Session, owner: str, now: datetime, seconds: float) -> int:
    """Make this owner's leases on pages last `seconds` from now; how many there are. None is shortened."""
    until = now + timedelta(seconds=seconds)
    mine = update(ArticleRow).where(col(ArticleRow.lease_owner) == owner, col(ArticleRow.lease_until) < until)
    return session.exec(mine.values(lease_until=until)).rowcount
