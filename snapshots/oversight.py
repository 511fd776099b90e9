"""Failing checks, events and dead deliveries become news for operators, each once."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlmodel import Session, col, select, update

from snapshots import outbox
from snapshots.articles import article_of
from snapshots.postings import postings_of
from snapshots.rows import ArticleRow, DeliveryRow, EventRow
from snapshots.values import Event, Occurrence, Posting, State, Telling

# A pass tells of so many at most; the next one goes on.
MOST = 1000


def untold_events(session: Session) -> tuple[Occurrence, ...]:
    """Events that no operator has been told of, oldest first."""
    rows = (
        select(EventRow, ArticleRow)
        .join(ArticleRow, col(ArticleRow.id) == col(EventRow.article_id))
        .where(col(EventRow.told_at).is_(None))
        .order_by(col(EventRow.id))
        .limit(MOST)
    )
    return tuple(_occurrence(row, article) for row, article in session.exec(rows))


def events_since(session: Session, kind: str, since: datetime) -> tuple[Occurrence, ...]:
    """The events of one kind since a time, newest first."""
    rows = (
        select(EventRow, ArticleRow)
        .join(ArticleRow, col(ArticleRow.id) == col(EventRow.article_id))
        .where(col(EventRow.kind) == kind, col(EventRow.at) >= since)
        .order_by(col(EventRow.id).desc())
        .limit(MOST)
    )
    return tuple(_occurrence(row, article) for row, article in session.exec(rows))


def _occurrence(row: EventRow, article: ArticleRow) -> Occurrence:
    event = Event(kind=row.kind, detail=row.detail, at=row.at, revision_id=row.revision_id)
    return Occurrence(id=row.id, article=article_of(article), event=event)


def tell_events(session: Session, ids: Sequence[int], telling: Telling | None, now: datetime) -> bool:
    """Queue the alert about some events and mark them as told; False when another process has told one of them."""
    mark = update(EventRow).where(col(EventRow.id).in_(ids), col(EventRow.told_at).is_(None))
    if session.exec(mark.values(told_at=now)).rowcount != len(ids):
        session.rollback()
        return False
    if telling is not None:
        outbox.queue(session, telling.alert, telling.drafts, now)
    return True


def untold_dead(session: Session) -> tuple[Posting, ...]:
    """Dead deliveries that no operator has been told of, oldest first."""
    rows = (
        select(DeliveryRow)
        .where(col(DeliveryRow.state) == State.DEAD, col(DeliveryRow.told_at).is_(None))
        .order_by(col(DeliveryRow.id))
        .limit(MOST)
    )
    return postings_of(session, session.exec(rows).all())


def tell_dead(session: Session, ids: Sequence[int], telling: Telling | None, now: datetime) -> bool:
    """Queue the alert about some dead deliveries and mark them as told; False when another process was faster."""
    mark = update(DeliveryRow).where(
        col(DeliveryRow.id).in_(ids), col(DeliveryRow.state) == State.DEAD, col(DeliveryRow.told_at).is_(None)
    )
    if session.exec(mark.values(told_at=now)).rowcount != len(ids):
        session.rollback()
        return False
    if telling is not None:
        outbox.queue(session, telling.alert, telling.drafts, now)
    return True
