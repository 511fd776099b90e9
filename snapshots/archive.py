"""Provide the one interface to the database for the rest of the product."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import cached_property
from typing import TYPE_CHECKING, Self

from sqlmodel import func, select

from snapshots import database
from snapshots.accounts import AccountRepository
from snapshots.articles import ArticleRepository
from snapshots.comparisons import ComparisonRepository
from snapshots.database import Database
from snapshots.deliveries import DeliveryRepository
from snapshots.events import EventRepository
from snapshots.findings import FindingRepository
from snapshots.images import ImageRepository
from snapshots.leases import LeaseRepository
from snapshots.members import MemberRepository
from snapshots.metrics import MetricsRepository
from snapshots.mutes import MuteRepository
from snapshots.outages import OutageRepository
from snapshots.outbox import OutboxRepository
from snapshots.renderings import RenderingRepository
from snapshots.reviews import ReviewRepository
from snapshots.revisions import RevisionRepository
from snapshots.sent_facts import SentFactRepository
from snapshots.unreached_watches import UnreachedWatchRepository

if TYPE_CHECKING:
    from snapshots.cited_statistics import CitedStatisticRepository
    from snapshots.element_history import HistoryRepository


def _clock() -> datetime:
    return datetime.now(UTC)


class Archive:
    """The repositories over one SQLite or PostgreSQL database.

    Each method of a repository is one transaction: killed at any point, nothing is half written. Times are aware.
    StoreError when the database cannot be used; Corrupt when a stored text does not match its digest.
    """

    def __init__(self, url: str, *, now: Callable[[], datetime] = _clock, timeout: float = 10.0) -> None:
        """Open `sqlite:///path` or `postgresql+psycopg://…`; wait `timeout` seconds for locks and connections."""
        self.database = Database(url, timeout=timeout)
        self.articles = ArticleRepository(self.database)
        self.events = EventRepository(self.database)
        self.images = ImageRepository(self.database)
        self.renderings = RenderingRepository(self.database)
        self.unreached_watches = UnreachedWatchRepository(self.database)
        self.members = MemberRepository(self.database)
        self.outages = OutageRepository(self.database)
        self.leases = LeaseRepository(self.database)
        self.revisions = RevisionRepository(self.database, now)
        self.comparisons = ComparisonRepository(self.database)
        self.findings = FindingRepository(self.database)
        self.reviews = ReviewRepository(self.database)
        self.mutes = MuteRepository(self.database)
        self.sent_facts = SentFactRepository(self.database)
        self.outbox = OutboxRepository(self.database)
        self.deliveries = DeliveryRepository(self.database)
        self.accounts = AccountRepository(self.database)
        self.metrics = MetricsRepository(self.database)

    @cached_property
    def history(self) -> HistoryRepository:
        """The histories of elements, whose model most commands need not load."""
        from snapshots.element_history import HistoryRepository  # noqa: PLC0415

        return HistoryRepository(self.database)

    @cached_property
    def cited_statistics(self) -> CitedStatisticRepository:
        """What articles cite from works, whose tables most commands need not load."""
        from snapshots.cited_statistics import CitedStatisticRepository  # noqa: PLC0415

        return CitedStatisticRepository(self.database)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close all connections; the next call would open new ones."""
        self.database.close()

    def upgrade(self, target: str = "head") -> None:
        """Create or migrate the tables (an older `target`: back, `base`: away); safe in several processes at once."""
        if target == "head" and self.schema_version() == database.HEAD:
            return
        with self.database.connection() as connection:
            database.migrate(connection, self.database.label, target=target)

    def clock_offset(self, now: Callable[[], datetime]) -> timedelta:
        """Return how far the clock of the database's server is ahead of `now`; zero for SQLite, which has none."""
        with self.database.read() as session:
            if session.connection().dialect.name != "postgresql":
                return timedelta()
            before = now()
            at = session.scalar(select(func.clock_timestamp()))
            # Read in the middle of the round trip, as far as anybody can tell (RFC 5905 assumes the same).
            return timedelta() if at is None else at - (before + (now() - before) / 2)

    def schema_version(self) -> str | None:
        """Return the number of the last migration, None for an empty database and for a file that is not there."""
        return None if self.database.is_missing() else self.database.schema_version()
