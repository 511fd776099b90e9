"""Acquire, renew and release leases; one that has expired may be taken over by another worker."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, Final

from sqlmodel import Session, col, or_, select, update

from snapshots.database import Repository, insert_or_ignore, reads, writes
from snapshots.rows import get_row, update_articles
from snapshots.tables import ArticleRow, DeliveryRow, WikiLockRow
from watcher.model import Article

# No lease is longer: one that ends later than this was given by a clock that was wrong, and must not block a page.
LONGEST_LEASE: Final = timedelta(days=1)


def lease_expired(table: Any, now: datetime) -> Any:
    """The condition that a row with a lease may be taken."""
    until = col(table.lease_until)
    return or_(until.is_(None), until <= now, until > now + LONGEST_LEASE)


_LEASED = (ArticleRow, DeliveryRow, WikiLockRow)


class LeaseRepository(Repository):
    """Leases on pages, deliveries and wikis, so that no two workers do the same."""

    @writes
    def acquire_page(self, session: Session, article: Article, owner: str, now: datetime, seconds: float) -> bool:
        """Lease a page (or prolong one's own lease), so that no two workers judge it at once; a day at most."""
        length = timedelta(seconds=seconds)
        if length > LONGEST_LEASE:
            raise ValueError(f"a lease of {seconds} s is longer than a day")
        free = or_(lease_expired(ArticleRow, now), col(ArticleRow.lease_owner) == owner)
        row = get_row(session, article)
        taken = (
            update(ArticleRow)
            .where(col(ArticleRow.id) == row.id, free)
            .values(lease_owner=owner, lease_until=now + length)
        )
        return session.exec(taken).rowcount == 1

    @writes
    def release_page(self, session: Session, article: Article, owner: str) -> None:
        """Give one's own lease back."""
        row = get_row(session, article)
        own = update(ArticleRow).where(col(ArticleRow.id) == row.id, col(ArticleRow.lease_owner) == owner)
        session.exec(own.values(lease_owner=None, lease_until=None))

    @writes
    def reserve_pages(self, session: Session, articles: Sequence[Article], until: datetime | None) -> None:
        """Note that a run is to check these pages, which need not be given to another before `until`."""
        update_articles(session, articles, {"reserved_until": until})

    @reads
    def owners(self, session: Session) -> tuple[str, ...]:
        """Everybody who holds a lease on a page or a delivery, in alphabetical order."""
        result: set[str] = set()
        for table in _LEASED:
            owner = col(table.lease_owner)
            result.update(name for name in session.exec(select(owner).where(owner.is_not(None)).distinct()) if name)
        return tuple(sorted(result))

    @writes
    def release_all(self, session: Session, owner: str) -> None:
        """Give back all leases of a worker that is known to have died."""
        for table in _LEASED:
            tracked = update(table).where(col(table.lease_owner) == owner)
            session.exec(tracked.values(lease_owner=None, lease_until=None))

    @writes
    def renew(self, session: Session, owner: str, now: datetime, seconds: float) -> int:
        """Make all leases that this worker has on pages last so long from now; how many were renewed."""
        until = now + timedelta(seconds=seconds)
        own = update(ArticleRow).where(col(ArticleRow.lease_owner) == owner, col(ArticleRow.lease_until) < until)
        return session.exec(own.values(lease_until=until)).rowcount

    @writes
    def acquire_wiki(self, session: Session, wiki: str, owner: str, now: datetime, seconds: float) -> bool:
        """Be the one who asks a wiki, for so long at most (or prolong that); False while somebody else is."""
        free = or_(lease_expired(WikiLockRow, now), col(WikiLockRow.lease_owner) == owner)
        taken = update(WikiLockRow).where(col(WikiLockRow.wiki) == wiki, free)
        values = {"lease_owner": owner, "lease_until": now + timedelta(seconds=seconds)}
        if session.exec(taken.values(values)).rowcount == 1:
            return True
        insert_or_ignore(
            session, WikiLockRow, [{"wiki": wiki}]
        )  # the first question to this wiki, or the turn is another's
        return session.exec(taken.values(values)).rowcount == 1

    @writes
    def release_wiki(self, session: Session, wiki: str, owner: str) -> None:
        """Let the next one ask the wiki."""
        own = update(WikiLockRow).where(col(WikiLockRow.wiki) == wiki, col(WikiLockRow.lease_owner) == owner)
        session.exec(own.values(lease_owner=None, lease_until=None))
