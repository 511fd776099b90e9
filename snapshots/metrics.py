"""Summarise the database in numbers: for people, for monitoring, and as counters that all processes share."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import text
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import aliased
from sqlmodel import Session, and_, col, func, or_, select

from snapshots.database import Repository, reads
from snapshots.records import CheckState, DeliveryState, SystemStatus
from snapshots.rows import to_article, to_revision
from snapshots.tables import ArticleRow, ComparisonRow, CounterRow, DeliveryRow, RevisionRow, TextRow

Labels = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class SharedCounter:
    """A sum that only grows, since the database was made; `at` is when it grew last."""

    name: str
    labels: dict[str, str]
    amount: float
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class DatabaseMetrics:
    """The state of the memory in numbers.

    `deliveries` counts by destination and state; `waiting` are the stored revisions that are not judged yet, the
    oldest of them saved on the wiki at `waiting_since`; `size` is in bytes.
    """

    revisions: int
    texts: int
    comparisons: int
    deliveries: dict[tuple[str, str], int]
    due: int
    oldest_queued: datetime | None
    waiting: int
    waiting_since: datetime | None
    size: int


class MetricsRepository(Repository):
    """The database in numbers."""

    @reads
    def status(self, session: Session, now: datetime) -> SystemStatus:
        """Last checks, failures and cursors of all pages, and the state of the outbox."""
        of_cursor = and_(
            col(RevisionRow.wiki) == col(ArticleRow.wiki), col(RevisionRow.revision_id) == col(ArticleRow.cursor)
        )
        pages = select(ArticleRow, RevisionRow).outerjoin(RevisionRow, of_cursor).order_by(col(ArticleRow.id))
        watched = [_check_state(article, cursor) for article, cursor in session.exec(pages)]
        queued = col(DeliveryRow.state) == DeliveryState.QUEUED
        counts = select(
            func.count().filter(queued),
            func.count().filter(queued, col(DeliveryRow.not_before) <= now),
            func.count().filter(col(DeliveryRow.state) == DeliveryState.DEAD),
            func.min(DeliveryRow.queued_at).filter(queued),
        ).select_from(DeliveryRow)
        waiting, due, dead, oldest = session.exec(counts).one()
        return SystemStatus(articles=tuple(watched), queued=waiting, due=due, dead=dead, oldest_queued=oldest)

    @reads
    def collect(self, session: Session, now: datetime) -> DatabaseMetrics:
        """Count, in one consistent view; a tenth of a second for ten thousand pages."""
        states = select(DeliveryRow.destination, DeliveryRow.state, func.count()).group_by(
            col(DeliveryRow.destination), col(DeliveryRow.state)
        )
        queued = col(DeliveryRow.state) == DeliveryState.QUEUED
        due, oldest = session.exec(
            select(func.count().filter(col(DeliveryRow.not_before) <= now), func.min(DeliveryRow.queued_at))
            .select_from(DeliveryRow)
            .where(queued)
        ).one()
        waiting, since = _waiting(session)
        return DatabaseMetrics(
            revisions=_count(session, RevisionRow),
            texts=_count(session, TextRow),
            comparisons=_count(session, ComparisonRow),
            deliveries={(destination, state): count for destination, state, count in session.exec(states)},
            due=due,
            oldest_queued=oldest,
            waiting=waiting,
            waiting_since=since,
            size=_size(session),
        )

    def add_counters(self, amounts: Mapping[tuple[str, Labels], float], now: datetime) -> None:
        """Add to the sums, all in one transaction; what is not there yet begins at nothing."""
        if not amounts:
            return
        # In one order everywhere: two processes that add at the same time wait for each other, and not in a circle.
        rows = [
            {"name": name, "labels": json.dumps(dict(sorted(labels))), "amount": amount, "at": now}
            for (name, labels), amount in sorted(amounts.items())
        ]
        with self.database.write() as session:
            connection = session.connection()
            insert: Any = postgresql.insert if connection.dialect.name == "postgresql" else sqlite.insert
            adding = insert(CounterRow)
            grown = {"amount": col(CounterRow.amount) + adding.excluded.amount, "at": adding.excluded.at}
            connection.execute(adding.on_conflict_do_update(index_elements=["name", "labels"], set_=grown), rows)

    @reads
    def counters(self, session: Session) -> tuple[SharedCounter, ...]:
        """All sums, by name."""
        rows = session.exec(select(CounterRow).order_by(col(CounterRow.name), col(CounterRow.id)))
        return tuple(
            SharedCounter(name=row.name, labels=json.loads(row.labels), amount=row.amount, at=row.at) for row in rows
        )


def _count(session: Session, table: type[RevisionRow | TextRow | ComparisonRow]) -> int:
    return session.exec(select(func.count()).select_from(table)).one()


def _waiting(session: Session) -> tuple[int, datetime | None]:
    """The stored revisions after each page's cursor."""
    judged, later = aliased(RevisionRow), aliased(RevisionRow)
    after = or_(
        col(later.at) > col(judged.at),
        and_(col(later.at) == col(judged.at), col(later.revision_id) > col(judged.revision_id)),
    )
    result = (
        select(func.count(), func.min(later.at))
        .select_from(ArticleRow)
        .join(judged, and_(col(judged.wiki) == col(ArticleRow.wiki), col(judged.revision_id) == col(ArticleRow.cursor)))
        .join(later, and_(col(later.article_id) == col(ArticleRow.id), after))
    )
    count, since = session.exec(result).one()
    return count, since


def _size(session: Session) -> int:
    connection = session.connection()
    if connection.dialect.name == "postgresql":
        size = connection.execute(text("SELECT pg_database_size(current_database())")).scalar_one()
    else:
        size = connection.execute(
            text("SELECT page_count * page_size FROM pragma_page_count(), pragma_page_size()")
        ).scalar_one()
    return int(size)


def _check_state(article: ArticleRow, cursor: RevisionRow | None) -> CheckState:
    page = to_article(article)
    return CheckState(
        article=page,
        checked_at=article.checked_at,
        failures=article.failures,
        error=article.error,
        cursor=None if cursor is None else to_revision(cursor, page),
    )
