"""One database becomes the memory of the product: the only door to everything in this package."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Any, Self

from snapshots import activity, articles, decisions, leases, outbox, postings, revisions, schema, status, verify
from snapshots.activity import Activity
from snapshots.biography import Biography
from snapshots.ledger import Ledger
from snapshots.reviewing import Reviewing
from snapshots.rota import Rota
from snapshots.store import Store
from snapshots.values import Checked, Decision, Delivery, Draft, Event, Posting, State, Status
from watcher.model import Alert, Article, Revision, Snapshot


def _clock() -> datetime:
    return datetime.now(UTC)


class Archive(Ledger, Reviewing, Rota, Biography):
    """Revisions, comparisons, findings and deliveries in SQLite or PostgreSQL.

    Each method is one transaction: killed at any point, nothing is half written. Times are aware.
    StoreError when the database cannot be used (one line, without its password); Corrupt when a
    stored text does not match its digest.
    """

    def __init__(self, url: str, *, now: Callable[[], datetime] = _clock, timeout: float = 10.0) -> None:
        """`sqlite:///path` or `postgresql+psycopg://…`; waits `timeout` seconds for locks and connections."""
        super().__init__(Store(url, timeout=timeout))
        self._now = now

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Give all connections back; the next call would open new ones."""
        self._store.close()

    # The schema

    def upgrade(self, target: str = "head") -> None:
        """Create or migrate the tables (an older `target`: back, `base`: away); safe in several processes at once."""
        if target == "head" and self.revision_of_schema() == schema.HEAD:
            return
        with self._store.connection() as connection:
            schema.migrate(connection, self._store.place, target=target)

    def revision_of_schema(self) -> str | None:
        """The number of the last migration, None for an empty database."""
        with self._store.connection(writer=False) as connection:
            return schema.revision_of_schema(connection)

    # Articles

    def register(self, article: Article, now: datetime) -> None:
        """Know a page from now on; under a new title it has moved, which is recorded as an event."""
        with self._store.writing() as session:
            articles.register(session, article, now)

    def find(self, wiki: str, title: str) -> Article | None:
        """The registered page with this title."""
        with self._store.reading() as session:
            return articles.find(session, wiki, title)

    def known_as(self, wiki: str, title: str) -> Article | None:
        """The registered page with this title, else the one that had it before a move or was reached through it."""
        with self._store.reading() as session:
            return articles.known_as(session, wiki, title)

    def by_page_id(self, wiki: str, page_id: int) -> Article | None:
        """The registered page with this id, whatever its title."""
        with self._store.reading() as session:
            return articles.by_page_id(session, wiki, page_id)

    def titles_of(self, article: Article) -> tuple[str, ...]:
        """The title of a page, then those that it had before or was reached through, newest first."""
        with self._store.reading() as session:
            return articles.titles_of(session, article)

    def articles(self) -> tuple[Article, ...]:
        """All registered pages, in the order of their registration."""
        with self._store.reading() as session:
            return articles.articles(session)

    def newest(self, article: Article) -> Revision | None:
        """The last stored revision by time, then id."""
        with self._store.reading() as session:
            return revisions.newest(session, article)

    def cursor(self, article: Article) -> Revision | None:
        """The last judged revision."""
        with self._store.reading() as session:
            return revisions.cursor(session, article)

    def acquire(self, article: Article, owner: str, now: datetime, seconds: float) -> bool:
        """Lease a page (or prolong one's own lease), so that no two workers judge it at once; a day at most."""
        with self._store.writing() as session:
            return articles.acquire(session, article, owner, now, seconds)

    def release(self, article: Article, owner: str) -> None:
        """Give one's own lease back."""
        with self._store.writing() as session:
            articles.release(session, article, owner)

    def lease_owners(self) -> tuple[str, ...]:
        """Everybody who holds a lease on a page or a delivery, in alphabetical order."""
        with self._store.reading() as session:
            return leases.owners(session)

    def free_leases(self, owner: str) -> None:
        """Give back all leases of a worker that is known to have died."""
        with self._store.writing() as session:
            leases.free(session, owner)

    def event(self, article: Article, kind: str, detail: str, now: datetime, revision_id: int | None = None) -> bool:
        """Record that something happened to a page; False, and nothing recorded, when that is known already."""
        with self._store.writing() as session:
            return articles.happened(session, article, kind, detail, now, revision_id)

    def events(self, article: Article, limit: int = 100) -> tuple[Event, ...]:
        """What happened to a page, newest first."""
        with self._store.reading() as session:
            return articles.events(session, article, limit)

    def checked(self, article: Article, now: datetime, error: str | None) -> int:
        """Note a check and what went wrong in it; how many checks in a row have failed."""
        with self._store.writing() as session:
            return articles.checked(session, article, now, error)

    def last_check(self) -> datetime | None:
        """When any page was checked last."""
        with self._store.reading() as session:
            return articles.last_check(session)

    # Texts

    def store(self, article: Article, snapshots: Sequence[Snapshot]) -> int:
        """Store revisions and texts, each once; how many revisions were new."""
        with self._store.writing() as session:
            return revisions.store(session, article, snapshots, self._now())

    def snapshot(self, wiki: str, revision_id: int) -> Snapshot:
        """A stored revision with its text; Missing when it is unknown."""
        with self._store.reading() as session:
            return revisions.snapshot(session, wiki, revision_id)

    def revisions(
        self, article: Article, *, after: Revision | None = None, limit: int | None = None
    ) -> tuple[Revision, ...]:
        """The stored revisions of a page after `after`, oldest first."""
        with self._store.reading() as session:
            return revisions.revisions(session, article, after, limit)

    def readable(self, article: Article, *, after: Revision | None = None, limit: int = 50) -> tuple[Snapshot, ...]:
        """The next revisions after one of which there is a text, oldest first; each text is unpacked once."""
        with self._store.reading() as session:
            return revisions.readable(session, article, after, limit)

    def revision_ids(self, article: Article, *, tidied: bool = False) -> dict[int, bool]:
        """The ids of the stored revisions of a page, each with whether its text is stored (`tidied`: or was, once)."""
        with self._store.reading() as session:
            return revisions.revision_ids(session, article, tidied=tidied)

    def activity(self, article: Article) -> Activity:
        """When a page was edited, and how many findings of each severity its edits gave."""
        with self._store.reading() as session:
            return activity.activity(session, article)

    def verify(self) -> tuple[str, ...]:
        """Read every stored text (about 500 a second): a line for each that is damaged."""
        with self._store.reading() as session:
            return tuple(verify.damage(session))

    # Decisions

    def commit(self, checked: Checked) -> int | None:
        """Write all that a check decided, or nothing: texts, comparison, findings, cursor and queued alerts.

        The id of the comparison, 0 where there is none to store (a baseline), None when somebody else moved
        the cursor away from `checked.before` or has the page's lease by now: then nothing was written.
        """
        with self._store.writing() as session:
            return decisions.commit(session, checked)

    def comparisons(self, article: Article, limit: int = 100) -> tuple[Decision, ...]:
        """The stored comparisons of a page, newest first."""
        with self._store.reading() as session:
            return decisions.comparisons(session, article, limit)

    def findings(self, comparison_id: int) -> tuple[dict[str, Any], ...]:
        """The findings of a comparison in document order: their JSON form with an `id`."""
        with self._store.reading() as session:
            return decisions.findings(session, comparison_id)

    # Outbox

    def queue(self, alert: Alert, drafts: Sequence[Draft], now: datetime) -> None:
        """Queue an alert that belongs to no comparison; a key that is known already is left alone."""
        with self._store.writing() as session:
            outbox.queue(session, alert, drafts, now)

    def claim(self, now: datetime, *, limit: int = 20, lease_seconds: float = 60, owner: str) -> tuple[Delivery, ...]:
        """Take due deliveries for `lease_seconds`; nobody else gets them before that is over."""
        with self._store.writing() as session:
            return outbox.claim(session, now, limit=limit, lease_seconds=lease_seconds, owner=owner)

    def narrow(self, delivery: Delivery, alerts: Sequence[Alert]) -> Delivery:
        """Keep only these alerts of a claimed digest in it; the others go into the next one."""
        with self._store.writing() as session:
            return outbox.narrow(session, delivery, alerts)

    def sent(self, delivery: Delivery, now: datetime) -> None:
        """Note that the destination has the message."""
        with self._store.writing() as session:
            outbox.sent(session, delivery, now)

    def failed(self, delivery: Delivery, now: datetime, error: str, retry_at: datetime | None) -> None:
        """Note a failure (`error` without secrets): due again at `retry_at`, dead where that is None."""
        with self._store.writing() as session:
            outbox.failed(session, delivery, now, error, retry_at)

    def retry_dead(self, now: datetime) -> int:
        """Queue what is dead once more; how many deliveries."""
        with self._store.writing() as session:
            return outbox.retry_dead(session, now)

    def deliveries(self, limit: int = 100, state: State | None = None) -> tuple[Posting, ...]:
        """Outbox rows with their delivery log, newest first."""
        with self._store.reading() as session:
            return postings.postings(session, limit, state)

    def troubled(self, limit: int = 100) -> tuple[Posting, ...]:
        """What waits for another attempt after one that failed, with its log, the longest waiting first."""
        with self._store.reading() as session:
            return postings.troubled(session, limit)

    def status(self, now: datetime) -> Status:
        """Last checks, failures and cursors of all pages, and the state of the outbox."""
        with self._store.reading() as session:
            return status.status(session, now)
