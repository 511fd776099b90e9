"""Workers that died in the middle become leases that others can take at once."""

from __future__ import annotations

from sqlmodel import Session, col, select, update

from snapshots.rows import ArticleRow, DeliveryRow


def owners(session: Session) -> tuple[str, ...]:
    """Everybody who holds a lease, whether or not it has run out."""
    found: set[str] = set()
    for table in (ArticleRow, DeliveryRow):
        owner = col(table.lease_owner)
        found.update(name for name in session.exec(select(owner).where(owner.is_not(None)).distinct()) if name)
    return tuple(sorted(found))


def free(session: Session, owner: str) -> None:
    """Give all leases of this owner back; what was leased is due as if nobody had taken it."""
    for table in (ArticleRow, DeliveryRow):
        held = update(table).where(col(table.lease_owner) == owner)
        session.exec(held.values(lease_owner=None, lease_until=None))
