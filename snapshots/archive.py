"""Provide the one interface to the database for the rest of the product."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import UTC, datetime, timedelta
from importlib import import_module
from typing import TYPE_CHECKING, Any, Final

from sqlmodel import func, select

from snapshots import upgrade
from snapshots.database import Database

if TYPE_CHECKING:
    from snapshots.accounts import AccountRepository
    from snapshots.articles import ArticleRepository, ImageRepository
    from snapshots.cited_statistics import CitedStatisticRepository, SourcePageRepository
    from snapshots.comparisons import ComparisonRepository
    from snapshots.events import EventRepository, OutageRepository, UnreachedWatchRepository
    from snapshots.findings import FindingRepository
    from snapshots.ledger import LedgerRepository
    from snapshots.members import MemberRepository
    from snapshots.metrics import MetricsRepository
    from snapshots.mutes import MuteRepository
    from snapshots.outbox import OutboxRepository
    from snapshots.reviews import ReviewRepository
    from snapshots.revisions import RevisionRepository
    from snapshots.rows import LeaseRepository
    from snapshots.sent_facts import SentFactRepository
    from snapshots.texts import RenderingRepository


_MODULES: Final = {
    "images": "articles",
    "leases": "rows",
    "outages": "events",
    "renderings": "texts",
    "source_pages": "cited_statistics",
    "unreached_watches": "events",
}
"""The modules of the repositories that have none of their own."""


class Archive(AbstractContextManager["Archive"]):
    """The repositories over one SQLite or PostgreSQL database.

    Each method of a repository is one transaction: killed at any point, nothing is half written. Times are aware.
    StoreError when the database cannot be used; Corrupt when a stored text does not match its digest.
    """

    articles: ArticleRepository
    events: EventRepository
    images: ImageRepository
    renderings: RenderingRepository
    unreached_watches: UnreachedWatchRepository
    members: MemberRepository
    outages: OutageRepository
    leases: LeaseRepository
    revisions: RevisionRepository
    comparisons: ComparisonRepository
    findings: FindingRepository
    reviews: ReviewRepository
    mutes: MuteRepository
    sent_facts: SentFactRepository
    outbox: OutboxRepository
    accounts: AccountRepository
    metrics: MetricsRepository
    ledger: LedgerRepository
    cited_statistics: CitedStatisticRepository
    source_pages: SourcePageRepository

    def __init__(
        self,
        url: str,
        *,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
        timeout: float = 10.0,
        durable: bool = True,
    ) -> None:
        """Open `sqlite:///path` or `postgresql+psycopg://…`; wait `timeout` seconds for locks and connections.

        An SQLite file that is not `durable` does not outlast the machine, and is written several times as fast.
        """
        self.database = Database(url, now=now, timeout=timeout, durable=durable)

    def __getattr__(self, name: str) -> Any:
        """Make a repository with its first use: to import all takes longer than most commands run."""
        kind = type(self).__annotations__.get(name)
        if kind is None:
            raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}")
        module = import_module(f"snapshots.{_MODULES.get(name, name)}")
        repository = getattr(module, kind)(self.database)
        setattr(self, name, repository)
        return repository

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close all connections; the next call would open new ones."""
        self.database.close()

    def upgrade(self) -> None:
        """Create or migrate the tables; safe in several processes at once."""
        if self.schema_version() != upgrade.HEAD:
            with self.database.connection() as connection:
                upgrade.migrate(connection, self.database.label)

    def clock_offset(self, now: Callable[[], datetime]) -> timedelta:
        """Return how far the clock of the database's server is ahead of `now`; zero for SQLite, which has none."""
        if not self.database.has_server:
            return timedelta()
        with self.database.read() as session:
            before = now()
            at = session.scalar(select(func.clock_timestamp()))
            # Read in the middle of the round trip, as far as anybody can tell (RFC 5905 assumes the same).
            return timedelta() if at is None else at - (before + (now() - before) / 2)

    def damage(self) -> str:
        """Read from every table, of a small SQLite file every page; return what is wrong, empty where all is well.

        Raises StoreError when a table does not answer.
        """
        with self.database.read() as session:
            return upgrade.damage(session.connection())

    def schema_version(self) -> str | None:
        """Return the number of the last migration, None for an empty database and for a file that is not there."""
        return None if self.database.is_missing() else self.database.schema_version()
