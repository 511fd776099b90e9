"""Provide the database interface that the rest of the product uses."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import UTC, datetime, timedelta
from importlib import import_module
from typing import TYPE_CHECKING, Any

from sqlmodel import func, select

from snapshots import upgrade
from snapshots.database import Database

if TYPE_CHECKING:
    import snapshots.accounts
    import snapshots.articles
    import snapshots.cited_statistics
    import snapshots.comparisons
    import snapshots.events
    import snapshots.findings
    import snapshots.ledger
    import snapshots.members
    import snapshots.metrics
    import snapshots.mutes
    import snapshots.outbox
    import snapshots.queries
    import snapshots.reviews
    import snapshots.revisions
    import snapshots.sent_facts
    import snapshots.texts


class Archive(AbstractContextManager["Archive"]):
    """The repositories of one SQLite or PostgreSQL database.

    Each method of a repository is one transaction, so a killed process leaves nothing half written. Times are aware.
    Methods raise StoreError if the database cannot be used, and Corrupt if a stored text does not match its digest.
    """

    articles: snapshots.articles.ArticleRepository
    events: snapshots.events.EventRepository
    images: snapshots.articles.ImageRepository
    renderings: snapshots.texts.RenderingRepository
    unreached_watches: snapshots.events.UnreachedWatchRepository
    members: snapshots.members.MemberRepository
    outages: snapshots.events.OutageRepository
    leases: snapshots.queries.LeaseRepository
    revisions: snapshots.revisions.RevisionRepository
    comparisons: snapshots.comparisons.ComparisonRepository
    findings: snapshots.findings.FindingRepository
    reviews: snapshots.reviews.ReviewRepository
    mutes: snapshots.mutes.MuteRepository
    sent_facts: snapshots.sent_facts.SentFactRepository
    outbox: snapshots.outbox.OutboxRepository
    accounts: snapshots.accounts.AccountRepository
    metrics: snapshots.metrics.MetricsRepository
    ledger: snapshots.ledger.LedgerRepository
    cited_statistics: snapshots.cited_statistics.CitedStatisticRepository
    source_pages: snapshots.cited_statistics.SourcePageRepository

    def __init__(
        self,
        url: str,
        *,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
        timeout: float = 10.0,
        durable: bool = True,
    ) -> None:
        """Open `sqlite:///path` or `postgresql+psycopg://…`; wait up to `timeout` seconds for locks and connections.

        If not `durable`, an SQLite file may be lost in a power cut, but writing is several times as fast.
        """
        self.database = Database(url, now=now, timeout=timeout, durable=durable)

    def __getattr__(self, name: str) -> Any:
        """Create a repository on first access: importing all of them takes longer than most commands run."""
        module, _, kind = type(self).__annotations__.get(name, "").rpartition(".")
        if not kind:
            raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}")
        repository = getattr(import_module(module), kind)(self.database)
        setattr(self, name, repository)
        return repository

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close all connections; the next call opens new ones."""
        self.database.close()

    def upgrade(self) -> None:
        """Create or migrate the tables; several processes may call this at the same time."""
        if self.schema_version() != upgrade.HEAD:
            with self.database.connection() as connection:
                upgrade.migrate(connection, self.database.label)

    def clock_offset(self, now: Callable[[], datetime]) -> timedelta:
        """Return how far the clock of the database server is ahead of `now`; zero for SQLite, which has no server."""
        if not self.database.has_server:
            return timedelta()
        with self.database.read() as session:
            before = now()
            at = session.scalar(select(func.clock_timestamp()))
            # Assumes that the server read its clock in the middle of the round trip, as NTP does (RFC 5905).
            return timedelta() if at is None else at - (before + (now() - before) / 2)

    def damage(self) -> str:
        """Read both ends of every index, or every page of a small SQLite file; return the damage found, else "".

        Raise StoreError if a table cannot be read.
        """
        with self.database.read() as session:
            return upgrade.damage(session.connection())

    def schema_version(self) -> str | None:
        """Return the number of the last migration; None if the database is empty or its file does not exist."""
        return None if self.database.is_missing() else self.database.schema_version()
