"""Acquire, renew and release leases; one that has expired may be taken over by another worker."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import cache
from typing import Any, Final

from sqlalchemy import bindparam
from sqlmodel import Session, col, or_, update

from snapshots.database import Repository, insert_or_ignore, writes
from snapshots.rows import row_id, update_articles
from snapshots.tables import ArticleRow, MemberSource, WikiLockRow
from watcher.model import Article

# No lease is longer: one that ends later than this was given by a clock that was wrong, and must not block a page.
LONGEST_LEASE: Final = timedelta(days=1)


def lease_expired(table: Any, now: Any, latest: Any = None) -> Any:
    """Return the condition that a row may be leased by anybody; `latest` is when the longest lease from now on ends."""
    until = col(table.lease_until)
    return or_(until.is_(None), until <= now, until > (now + LONGEST_LEASE if latest is None else latest))


# What ends a lease.
RELEASED: Final = {"lease_owner": None, "lease_until": None}


@cache
def _acquired(column: Any) -> Any:
    """Build the statement that takes or prolongs a lease, once: each page and each request takes and ends two."""
    table = column.class_
    free = or_(
        lease_expired(table, bindparam("now"), bindparam("latest")), col(table.lease_owner) == bindparam("owner")
    )
    taken = update(table).where(column == bindparam("row"), free)
    return taken.values(lease_owner=bindparam("owner"), lease_until=bindparam("until"))


def _acquire(session: Session, column: Any, row: int | str, owner: str, until: datetime, now: datetime) -> bool:
    """Take or prolong the lease of the row with this value of a column, in the statement that finds it free."""
    given = {"row": row, "owner": owner, "until": until, "now": now, "latest": now + LONGEST_LEASE}
    return session.connection().execute(_acquired(column), given).rowcount == 1


@cache
def _released(column: Any) -> Any:
    own = update(column.class_).where(column == bindparam("row"), col(column.class_.lease_owner) == bindparam("owner"))
    return own.values(RELEASED)


class LeaseRepository(Repository):
    """Leases on pages, deliveries and wikis, so that no two workers do the same."""

    @writes
    def acquire_page(self, session: Session, article: Article, owner: str, now: datetime, seconds: float) -> bool:
        """Lease a page, or prolong one's own lease, for a day at most; False while another worker has it."""
        length = timedelta(seconds=seconds)
        if length > LONGEST_LEASE:
            raise ValueError(f"a lease of {seconds} s is longer than a day")
        return _acquire(session, ArticleRow.id, row_id(session, article), owner, now + length, now)

    @writes
    def release_page(self, session: Session, article: Article, owner: str) -> None:
        """End one's own lease of a page."""
        session.connection().execute(_released(ArticleRow.id), {"row": row_id(session, article), "owner": owner})

    @writes
    def reserve_pages(self, session: Session, articles: Sequence[Article], until: datetime | None) -> None:
        """Reserve pages for a run: until then no other run needs to check them."""
        update_articles(session, articles, {"reserved_until": until})

    @writes
    def renew(self, session: Session, owner: str, now: datetime, seconds: float) -> int:
        """Prolong all leases of a worker on pages and lists, shortening none; return how many were prolonged."""
        until, count = now + timedelta(seconds=seconds), 0
        for table in (ArticleRow, MemberSource):
            own = update(table).where(col(table.lease_owner) == owner, col(table.lease_until) < until)
            count += session.exec(own.values(lease_until=until)).rowcount
        return count

    @writes
    def acquire_wiki(self, session: Session, wiki: str, owner: str, now: datetime, seconds: float) -> bool:
        """Take or prolong the request lock of a wiki; False while another worker has it."""
        until = now + timedelta(seconds=seconds)
        if _acquire(session, WikiLockRow.wiki, wiki, owner, until, now):
            return True
        # Another worker has it, or this is the first request to the wiki and there is no row yet.
        insert_or_ignore(session, WikiLockRow, [{"wiki": wiki}])
        return _acquire(session, WikiLockRow.wiki, wiki, owner, until, now)

    @writes
    def release_wiki(self, session: Session, wiki: str, owner: str) -> None:
        """End one's own request lock of a wiki."""
        session.connection().execute(_released(WikiLockRow.wiki), {"row": wiki, "owner": owner})
