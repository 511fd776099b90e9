"""Provide the one interface to the database for the rest of the product."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Any, Self

from snapshots import articles, comparisons, database, deliveries, leases, outbox, revisions, status, verification
from snapshots.alert_archive import SentAlertsAndMutes
from snapshots.comparisons import Activity
from snapshots.database import Database
from snapshots.history_archive import ElementHistory
from snapshots.records import (
    CheckResult,
    ClaimedMessage,
    ComparisonRecord,
    DeliveryRecord,
    DeliveryState,
    NewDelivery,
    PageEvent,
    SystemStatus,
)
from snapshots.review_archive import ReviewStorage
from snapshots.worker_archive import WorkerCoordination
from watcher.model import Alert, Article, Revision, Snapshot


def _clock() -> datetime:
    return datetime.now(UTC)


class Archive(SentAlertsAndMutes, ReviewStorage, WorkerCoordination, ElementHistory):
    """Revisions, comparisons, findings and deliveries in SQLite or PostgreSQL.

    Each method is one transaction: killed at any point, nothing is half written. Times are aware.
    StoreError when the database cannot be used (one line, without its password); Corrupt when a
    stored text does not match its digest.
    """

    def __init__(self, url: str, *, now: Callable[[], datetime] = _clock, timeout: float = 10.0) -> None:
        """`sqlite:///path` or `postgresql+psycopg://…`; waits `timeout` seconds for locks and connections."""
        super().__init__(Database(url, timeout=timeout))
        self._now = now

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Give all connections back; the next call would open new ones."""
        self._database.close()

    # The schema

    def upgrade(self, target: str = "head") -> None:
        """Create or migrate the tables (an older `target`: back, `base`: away); safe in several processes at once."""
        if target == "head" and self.schema_version() == database.HEAD:
            return
        with self._database.connection() as connection:
            database.migrate(connection, self._database.label, target=target)

    def schema_version(self) -> str | None:
        """The number of the last migration, None for an empty database."""
        with self._database.connection(writer=False) as connection:
            return database.schema_version(connection)

    # Articles

    def register(self, article: Article, now: datetime) -> None:
        """Know a page from now on; under a new title it has moved, which is recorded as an event."""
        with self._database.write() as session:
            articles.register(session, article, now)

    def find(self, wiki: str, title: str) -> Article | None:
        """The registered page with this title."""
        with self._database.read() as session:
            return articles.find(session, wiki, title)

    def find_by_title_or_former_title(self, wiki: str, title: str) -> Article | None:
        """The registered page with this title, else the one that had it before a move or was reached through it."""
        with self._database.read() as session:
            return articles.find_by_title_or_former_title(session, wiki, title)

    def by_page_id(self, wiki: str, page_id: int) -> Article | None:
        """The registered page with this id, whatever its title."""
        with self._database.read() as session:
            return articles.by_page_id(session, wiki, page_id)

    def titles_of(self, article: Article) -> tuple[str, ...]:
        """The title of a page, then those that it had before or was reached through, newest first."""
        with self._database.read() as session:
            return articles.titles_of(session, article)

    def articles(self) -> tuple[Article, ...]:
        """All registered pages, in the order of their registration."""
        with self._database.read() as session:
            return articles.articles(session)

    def newest_revision(self, article: Article) -> Revision | None:
        """The last stored revision by time, then id."""
        with self._database.read() as session:
            return revisions.newest(session, article)

    def cursor(self, article: Article) -> Revision | None:
        """The last judged revision."""
        with self._database.read() as session:
            return revisions.cursor(session, article)

    def acquire_page(self, article: Article, owner: str, now: datetime, seconds: float) -> bool:
        """Lease a page (or prolong one's own lease), so that no two workers judge it at once; a day at most."""
        with self._database.write() as session:
            return articles.acquire(session, article, owner, now, seconds)

    def release_page(self, article: Article, owner: str) -> None:
        """Give one's own lease back."""
        with self._database.write() as session:
            articles.release(session, article, owner)

    def lease_owners(self) -> tuple[str, ...]:
        """Everybody who holds a lease on a page or a delivery, in alphabetical order."""
        with self._database.read() as session:
            return leases.lease_owners(session)

    def release_leases(self, owner: str) -> None:
        """Give back all leases of a worker that is known to have died."""
        with self._database.write() as session:
            leases.release_all(session, owner)

    def record_event(
        self, article: Article, kind: str, detail: str, now: datetime, revision_id: int | None = None
    ) -> bool:
        """Record that something happened to a page; False, and nothing recorded, when that is known already."""
        with self._database.write() as session:
            return articles.record_event(session, article, kind, detail, now, revision_id)

    def events(self, article: Article, limit: int = 100) -> tuple[PageEvent, ...]:
        """What happened to a page, newest first."""
        with self._database.read() as session:
            return articles.events(session, article, limit)

    def record_check(self, article: Article, now: datetime, error: str | None) -> int:
        """Note a check and what went wrong in it; how many checks in a row have failed."""
        with self._database.write() as session:
            return articles.record_check(session, article, now, error)

    def last_check(self) -> datetime | None:
        """When any page was checked last."""
        with self._database.read() as session:
            return articles.last_check(session)

    # Texts

    def store(self, article: Article, snapshots: Sequence[Snapshot]) -> int:
        """Store revisions and texts, each once; how many revisions were new."""
        with self._database.write() as session:
            return revisions.store(session, article, snapshots, self._now())

    def snapshot(self, wiki: str, revision_id: int) -> Snapshot:
        """A stored revision with its text; Missing when it is unknown."""
        with self._database.read() as session:
            return revisions.snapshot(session, wiki, revision_id)

    def revisions(
        self, article: Article, *, after: Revision | None = None, limit: int | None = None
    ) -> tuple[Revision, ...]:
        """The stored revisions of a page after `after`, oldest first."""
        with self._database.read() as session:
            return revisions.revisions(session, article, after, limit)

    def revisions_with_text(
        self, article: Article, *, after: Revision | None = None, limit: int = 50
    ) -> tuple[Snapshot, ...]:
        """The next revisions after one of which there is a text, oldest first; each text is unpacked once."""
        with self._database.read() as session:
            return revisions.revisions_with_text(session, article, after, limit)

    def revision_ids(self, article: Article, *, include_pruned: bool = False) -> dict[int, bool]:
        """Map the ids of a page's stored revisions to whether the text is stored (`include_pruned`: or was once)."""
        with self._database.read() as session:
            return revisions.revision_ids(session, article, include_pruned=include_pruned)

    def activity(self, article: Article) -> Activity:
        """When a page was edited, and how many findings of each severity its edits gave."""
        with self._database.read() as session:
            return comparisons.activity(session, article)

    def verify(self) -> tuple[str, ...]:
        """Read every stored text (about 500 a second): a line for each that is damaged."""
        with self._database.read() as session:
            return tuple(verification.find_corrupt_texts(session))

    # Decisions

    def commit(self, result: CheckResult) -> int | None:
        """Write all that a check decided, or nothing: texts, comparison, findings, cursor and queued alerts.

        The id of the comparison, 0 where there is none to store (a baseline), None when somebody else moved
        the cursor away from `checked.before` or has the page's lease by now: then nothing was written.
        """
        with self._database.write() as session:
            return comparisons.commit(session, result)

    def comparisons(self, article: Article, limit: int = 100) -> tuple[ComparisonRecord, ...]:
        """The stored comparisons of a page, newest first."""
        with self._database.read() as session:
            return comparisons.comparisons(session, article, limit)

    def findings(self, comparison_id: int) -> tuple[dict[str, Any], ...]:
        """The findings of a comparison in document order: their JSON form with an `id`."""
        with self._database.read() as session:
            return comparisons.findings(session, comparison_id)

    # Outbox

    def queue(self, alert: Alert, deliveries: Sequence[NewDelivery], now: datetime) -> None:
        """Queue an alert that belongs to no comparison; a key that is known already is left alone."""
        with self._database.write() as session:
            outbox.queue(session, alert, deliveries, now)

    def claim(
        self, now: datetime, *, limit: int = 20, lease_seconds: float = 60, owner: str
    ) -> tuple[ClaimedMessage, ...]:
        """Take due deliveries for `lease_seconds`; nobody else gets them before that is over."""
        with self._database.write() as session:
            return outbox.claim(session, now, limit=limit, lease_seconds=lease_seconds, owner=owner)

    def split_digest(self, delivery: ClaimedMessage, alerts: Sequence[Alert]) -> ClaimedMessage:
        """Keep only these alerts of a claimed digest in it; the others go into the next one."""
        with self._database.write() as session:
            return outbox.split_digest(session, delivery, alerts)

    def mark_sent(self, delivery: ClaimedMessage, now: datetime) -> None:
        """Note that the destination has the message."""
        with self._database.write() as session:
            outbox.mark_sent(session, delivery, now)

    def mark_failed(self, delivery: ClaimedMessage, now: datetime, error: str, retry_at: datetime | None) -> None:
        """Note a failure (`error` without secrets): due again at `retry_at`, dead where that is None."""
        with self._database.write() as session:
            outbox.mark_failed(session, delivery, now, error, retry_at)

    def retry_dead(self, now: datetime) -> int:
        """Queue what is dead once more; how many deliveries."""
        with self._database.write() as session:
            return outbox.retry_dead(session, now)

    def deliveries(self, limit: int = 100, state: DeliveryState | None = None) -> tuple[DeliveryRecord, ...]:
        """Outbox rows with their delivery log, newest first."""
        with self._database.read() as session:
            return deliveries.list_deliveries(session, limit, state)

    def retrying_deliveries(self, limit: int = 100) -> tuple[DeliveryRecord, ...]:
        """What waits for another attempt after one that failed, with its log, the longest waiting first."""
        with self._database.read() as session:
            return deliveries.retrying_deliveries(session, limit)

    def status(self, now: datetime) -> SystemStatus:
        """Last checks, failures and cursors of all pages, and the state of the outbox."""
        with self._database.read() as session:
            return status.status(session, now)
