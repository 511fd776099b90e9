"""The rows become one picture of how watching and delivering go."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import func
from sqlmodel import Session, and_, col, select

from snapshots.articles import article_of
from snapshots.revisions import revision_of
from snapshots.rows import ArticleRow, DeliveryRow, RevisionRow
from snapshots.values import State, Status, Watched


def status(session: Session, now: datetime) -> Status:
    """Every article with its last check, and the counts of the outbox at `now`."""
    of_cursor = and_(
        col(RevisionRow.wiki) == col(ArticleRow.wiki), col(RevisionRow.revision_id) == col(ArticleRow.cursor)
    )
    pages = select(ArticleRow, RevisionRow).outerjoin(RevisionRow, of_cursor).order_by(col(ArticleRow.id))
    watched = [_watched(article, cursor) for article, cursor in session.exec(pages)]
    queued = col(DeliveryRow.state) == State.QUEUED
    counts = select(
        func.count().filter(queued),
        func.count().filter(queued, col(DeliveryRow.not_before) <= now),
        func.count().filter(col(DeliveryRow.state) == State.DEAD),
        func.min(DeliveryRow.queued_at).filter(queued),
    ).select_from(DeliveryRow)
    waiting, due, dead, oldest = session.exec(counts).one()
    return Status(articles=tuple(watched), queued=waiting, due=due, dead=dead, oldest_queued=oldest)


def _watched(article: ArticleRow, cursor: RevisionRow | None) -> Watched:
    page = article_of(article)
    return Watched(
        article=page,
        checked_at=article.checked_at,
        failures=article.failures,
        error=article.error,
        cursor=None if cursor is None else revision_of(cursor, page),
    )
