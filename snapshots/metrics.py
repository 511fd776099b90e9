"""Collect the numbers that monitoring asks for: how many, how old, how large."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import text
from sqlalchemy.orm import aliased
from sqlmodel import Session, and_, col, func, or_, select

from snapshots.archive import Archive
from snapshots.records import DeliveryState
from snapshots.tables import ArticleRow, ComparisonRow, DeliveryRow, RevisionRow, TextRow


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


def collect(archive: Archive, now: datetime) -> DatabaseMetrics:
    """Count, in one consistent view; a tenth of a second for ten thousand pages."""
    with archive._database.read() as session:  # noqa: SLF001  the memory's own package
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
