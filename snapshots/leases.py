"""Acquire, renew and release leases; one that has expired may be taken over by another worker."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import select as select_columns
from sqlalchemy import union
from sqlmodel import Session, col, or_, update

from snapshots.database import Repository, insert_or_ignore, reads, writes
from snapshots.rows import row_id, update_articles
from snapshots.tables import ArticleRow, DeliveryRow, WatchSourceRow, WikiLockRow
from watcher.model import Article

# No lease is longer: one that ends later than this was given by a clock that was wrong, and must not block a page.
LONGEST_LEASE: Final = timedelta(days=1)


def lease_expired(table: Any, now: datetime) -> Any:
    """Return the condition that a row may be leased by anybody."""
    until = col(table.lease_until)
    return or_(until.is_(None), until <= now, until > now + LONGEST_LEASE)


# What ends a lease.
RELEASED: Final = {"lease_owner": None, "lease_until": None}
_LEASED: Final = (ArticleRow, DeliveryRow, WatchSourceRow, WikiLockRow)


def _acquire(session: Session, table: Any, row: Any, owner: str, until: datetime, now: datetime) -> bool:
    """Take or prolong the lease of the row that a condition names, in the statement that finds it free."""
    free = or_(lease_expired(table, now), col(table.lease_owner) == owner)
    taken = update(table).where(row, free).values(lease_owner=owner, lease_until=until)
    return session.exec(taken).rowcount == 1


def _release(session: Session, table: Any, owner: str, *rows: Any) -> None:
    """End the leases of an owner; nothing happens to a row that is another's by now."""
    session.exec(update(table).where(*rows, col(table.lease_owner) == owner).values(RELEASED))


class LeaseRepository(Repository):
    """Leases on pages, deliveries and wikis, so that no two workers do the same."""

    @writes
    def acquire_page(self, session: Session, article: Article, owner: str, now: datetime, seconds: float) -> bool:
        """Lease a page, or prolong one's own lease, for a day at most; False while another worker has it."""
        length = timedelta(seconds=seconds)
        if length > LONGEST_LEASE:
            raise ValueError(f"a lease of {seconds} s is longer than a day")
        page = col(ArticleRow.id) == row_id(session, article)
        return _acquire(session, ArticleRow, page, owner, now + length, now)

    @writes
    def release_page(self, session: Session, article: Article, owner: str) -> None:
        """End one's own lease of a page."""
        _release(session, ArticleRow, owner, col(ArticleRow.id) == row_id(session, article))

    @writes
    def reserve_pages(self, session: Session, articles: Sequence[Article], until: datetime | None) -> None:
        """Reserve pages for a run: until then no other run needs to check them."""
        update_articles(session, articles, {"reserved_until": until})

    @reads
    def owners(self, session: Session) -> tuple[str, ...]:
        """List everybody who holds a lease, whether or not it has expired, in alphabetical order."""
        owners = (select_columns(col(table.lease_owner)).where(col(table.lease_owner) != "") for table in _LEASED)
        return tuple(sorted(session.connection().scalars(union(*owners))))

    @writes
    def release_all(self, session: Session, owner: str) -> None:
        """End all leases of a worker that is known to have died."""
        for table in _LEASED:
            _release(session, table, owner)

    @writes
    def renew(self, session: Session, owner: str, now: datetime, seconds: float) -> int:
        """Prolong all leases of a worker on pages, shortening none; return how many were prolonged."""
        until = now + timedelta(seconds=seconds)
        own = update(ArticleRow).where(col(ArticleRow.lease_owner) == owner, col(ArticleRow.lease_until) < until)
        return session.exec(own.values(lease_until=until)).rowcount

    @writes
    def acquire_wiki(self, session: Session, wiki: str, owner: str, now: datetime, seconds: float) -> bool:
        """Take or prolong the request lock of a wiki; False while another worker has it."""
        lock, until = col(WikiLockRow.wiki) == wiki, now + timedelta(seconds=seconds)
        if _acquire(session, WikiLockRow, lock, owner, until, now):
            return True
        # Another worker has it, or this is the first request to the wiki and there is no row yet.
        insert_or_ignore(session, WikiLockRow, [{"wiki": wiki}])
        return _acquire(session, WikiLockRow, lock, owner, until, now)

    @writes
    def release_wiki(self, session: Session, wiki: str, owner: str) -> None:
        """End one's own request lock of a wiki."""
        _release(session, WikiLockRow, owner, col(WikiLockRow.wiki) == wiki)
