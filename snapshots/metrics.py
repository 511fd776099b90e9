"""Summarise the database in numbers for people and for monitoring, and store counters that all processes share."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import text
from sqlalchemy.orm import aliased
from sqlmodel import Session, and_, case, col, func, or_, select

from snapshots.database import Database, Repository, as_method, insert_for, reads
from snapshots.queries import time_order, to_record
from snapshots.tables import ArticleRow, ComparisonRow, CounterRow, Delivery, DeliveryState, RevisionRow, TextRow

Labels = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class SharedCounter:
    """A counter that only grows since the database was created; `at` is the time of its last increase."""

    name: str
    labels: dict[str, str]
    amount: float
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class OutboxStatus:
    """The number of waiting deliveries; `due` are those queued deliveries that may be sent now."""

    queued: int
    due: int
    dead: int
    oldest_queued: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class DatabaseMetrics:
    """The state of the database in numbers.

    `deliveries` are counts by destination and state. `waiting` is the number of stored revisions that are not judged
    yet, the oldest of which was saved on the wiki at `waiting_since`. `due_since` is the earliest time at which a
    message that is still queued could have been sent. `size` is in bytes.
    """

    revisions: int
    texts: int
    comparisons: int
    deliveries: dict[tuple[str, str], int]
    due: int
    due_since: datetime | None
    waiting: int
    waiting_since: datetime | None
    size: int


def _count_outbox(session: Session, now: datetime) -> OutboxStatus:
    """Count the outbox at `now`."""
    queued = col(Delivery.state) == DeliveryState.QUEUED
    counts = select(
        func.count().filter(queued).label("queued"),
        func.count().filter(queued, col(Delivery.not_before) <= now).label("due"),
        func.count().filter(col(Delivery.state) == DeliveryState.DEAD).label("dead"),
        func.min(Delivery.queued_at).filter(queued).label("oldest_queued"),
    ).select_from(Delivery)
    return to_record(OutboxStatus, session.exec(counts).one())


class MetricsRepository(Repository):
    """Metrics of the database, and the counters that all processes share."""

    outbox = as_method(_count_outbox, Database.read)

    @reads
    def collect(self, session: Session, now: datetime) -> DatabaseMetrics:
        """Collect all metrics in one consistent view; takes a tenth of a second for ten thousand pages."""
        states = select(Delivery.destination, Delivery.state, func.count()).group_by(
            col(Delivery.destination), col(Delivery.state)
        )
        queued, tried = col(Delivery.state) == DeliveryState.QUEUED, col(Delivery.attempts) > 0
        # A digest that waits for its hour is not late. A message that was tried is late, even if its retry is not due.
        due_since = select(func.min(case((tried, Delivery.queued_at), else_=Delivery.not_before))).where(
            queued, or_(tried, col(Delivery.not_before) <= now)
        )
        # The stored revisions after each page's cursor.
        judged, later = aliased(RevisionRow), aliased(RevisionRow)
        of_cursor = and_(col(judged.wiki) == col(ArticleRow.wiki), col(judged.revision_id) == col(ArticleRow.cursor))
        unjudged = (
            select(func.count(), func.min(later.at))
            .select_from(ArticleRow)
            .join(judged, of_cursor)
            .join(later, and_(col(later.article_id) == col(ArticleRow.id), time_order(later) > time_order(judged)))
        )
        waiting, since = session.exec(unjudged).one()
        counts = {
            name: session.exec(select(func.count()).select_from(table)).one()
            for name, table in (("revisions", RevisionRow), ("texts", TextRow), ("comparisons", ComparisonRow))
        }
        size = {
            "postgresql": "SELECT pg_database_size(current_database())",
            "sqlite": "SELECT page_count * page_size FROM pragma_page_count(), pragma_page_size()",
        }[session.connection().dialect.name]
        return DatabaseMetrics(
            **counts,
            deliveries={(destination, state): count for destination, state, count in session.exec(states)},
            due=_count_outbox(session, now).due,
            due_since=session.exec(due_since).one(),
            waiting=waiting,
            waiting_since=since,
            size=int(session.connection().execute(text(size)).scalar_one()),
        )

    def add_counters(self, amounts: Mapping[tuple[str, Labels], float], now: datetime) -> None:
        """Add to the counters in one transaction; a new counter begins at zero."""
        if not amounts:
            return
        # Every process locks the rows in the same order, so that two of them cannot deadlock.
        rows = [
            {"name": name, "labels": json.dumps(dict(sorted(labels))), "amount": amount, "at": now}
            for (name, labels), amount in sorted(amounts.items())
        ]
        with self.database.write() as session:
            connection = session.connection()
            adding = insert_for(connection.dialect.name)(CounterRow)
            grown = {"amount": col(CounterRow.amount) + adding.excluded.amount, "at": adding.excluded.at}
            connection.execute(adding.on_conflict_do_update(index_elements=["name", "labels"], set_=grown), rows)

    @reads
    def counters(self, session: Session) -> tuple[SharedCounter, ...]:
        """List all counters by name."""
        rows = session.exec(select(CounterRow).order_by(col(CounterRow.name), col(CounterRow.id)))
        return tuple(to_record(SharedCounter, row, labels=json.loads(row.labels)) for row in rows)
