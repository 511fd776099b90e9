"""Summarise how checks and deliveries are going."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import func
from sqlmodel import Session, and_, col, select

from snapshots.articles import to_article
from snapshots.records import CheckState, DeliveryState, SystemStatus
from snapshots.revisions import to_revision
from snapshots.tables import ArticleRow, DeliveryRow, RevisionRow


def status(session: Session, now: datetime) -> SystemStatus:
    """Every article with its last check, and the counts of the outbox at `now`."""
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


def _check_state(article: ArticleRow, cursor: RevisionRow | None) -> CheckState:
    page = to_article(article)
    return CheckState(
        article=page,
        checked_at=article.checked_at,
        failures=article.failures,
        error=article.error,
        cursor=None if cursor is None else to_revision(cursor, page),
    )
