"""Find events and dead letters that operators were not notified of, and queue each alert once."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import delete
from sqlmodel import Session, col, select, update

from snapshots import outbox
from snapshots.articles import to_article
from snapshots.database import insert_or_ignore
from snapshots.deliveries import to_records
from snapshots.records import ArticleEvent, DeliveryRecord, DeliveryState, OutgoingAlert, PageEvent, UnreachedWatch
from snapshots.tables import ArticleRow, DeliveryRow, EventRow, UnreachedWatchRow

# A pass tells of so many at most; the next one goes on.
MAX_LISTED = 1000


def unnotified_events(session: Session) -> tuple[ArticleEvent, ...]:
    """Events that no operator has been told of, oldest first."""
    rows = (
        select(EventRow, ArticleRow)
        .join(ArticleRow, col(ArticleRow.id) == col(EventRow.article_id))
        .where(col(EventRow.notified_at).is_(None))
        .order_by(col(EventRow.id))
        .limit(MAX_LISTED)
    )
    return tuple(_occurrence(row, article) for row, article in session.exec(rows))


def events_since(session: Session, kind: str, since: datetime) -> tuple[ArticleEvent, ...]:
    """The events of one kind since a time, newest first."""
    rows = (
        select(EventRow, ArticleRow)
        .join(ArticleRow, col(ArticleRow.id) == col(EventRow.article_id))
        .where(col(EventRow.kind) == kind, col(EventRow.at) >= since)
        .order_by(col(EventRow.id).desc())
        .limit(MAX_LISTED)
    )
    return tuple(_occurrence(row, article) for row, article in session.exec(rows))


def _occurrence(row: EventRow, article: ArticleRow) -> ArticleEvent:
    event = PageEvent(kind=row.kind, detail=row.detail, at=row.at, revision_id=row.revision_id)
    return ArticleEvent(id=row.id, article=to_article(article), event=event)


def queue_event_alert(session: Session, ids: Sequence[int], alert: OutgoingAlert | None, now: datetime) -> bool:
    """Queue the alert about some events and mark them as told; False when another process has told one of them."""
    mark = update(EventRow).where(col(EventRow.id).in_(ids), col(EventRow.notified_at).is_(None))
    if session.exec(mark.values(notified_at=now)).rowcount != len(ids):
        session.rollback()
        return False
    if alert is not None:
        outbox.queue(session, alert.alert, alert.deliveries, now)
    return True


def unnotified_dead_letters(session: Session) -> tuple[DeliveryRecord, ...]:
    """Dead deliveries that no operator has been told of, oldest first."""
    rows = (
        select(DeliveryRow)
        .where(col(DeliveryRow.state) == DeliveryState.DEAD, col(DeliveryRow.notified_at).is_(None))
        .order_by(col(DeliveryRow.id))
        .limit(MAX_LISTED)
    )
    return to_records(session, session.exec(rows).all())


def queue_dead_letter_alert(session: Session, ids: Sequence[int], alert: OutgoingAlert | None, now: datetime) -> bool:
    """Queue the alert about some dead deliveries and mark them as told; False when another process was faster."""
    mark = update(DeliveryRow).where(
        col(DeliveryRow.id).in_(ids),
        col(DeliveryRow.state) == DeliveryState.DEAD,
        col(DeliveryRow.notified_at).is_(None),
    )
    if session.exec(mark.values(notified_at=now)).rowcount != len(ids):
        session.rollback()
        return False
    if alert is not None:
        outbox.queue(session, alert.alert, alert.deliveries, now)
    return True


def record_failure(session: Session, wiki: str, title: str, error: str, now: datetime) -> None:
    """Count one more check that did not reach the page."""
    start = {"wiki": wiki, "title": title, "failures": 0, "error": error, "checked_at": now}
    insert_or_ignore(session, UnreachedWatchRow, [start])
    row = update(UnreachedWatchRow).where(col(UnreachedWatchRow.wiki) == wiki, col(UnreachedWatchRow.title) == title)
    count = {"failures": col(UnreachedWatchRow.failures) + 1, "error": error, "checked_at": now, "reached_at": None}
    session.exec(row.values(count))


def record_first_success(session: Session, wiki: str, title: str, now: datetime) -> None:
    """Note that a check has reached the page; where nobody was told of the failures, they are forgotten."""
    own = col(UnreachedWatchRow.wiki) == wiki, col(UnreachedWatchRow.title) == title
    session.exec(delete(UnreachedWatchRow).where(*own, col(UnreachedWatchRow.notified_at).is_(None)))
    session.exec(update(UnreachedWatchRow).where(*own).values(reached_at=now))


def unreached_watches(session: Session) -> tuple[UnreachedWatch, ...]:
    """All of them, in the order of their first failure."""
    rows = session.exec(select(UnreachedWatchRow).order_by(col(UnreachedWatchRow.id)))
    return tuple(
        UnreachedWatch(
            id=row.id,
            wiki=row.wiki,
            title=row.title,
            failures=row.failures,
            error=row.error,
            checked_at=row.checked_at,
            notified=row.notified_at is not None,
            reached=row.reached_at is not None,
        )
        for row in rows
    )


def mark_notified(session: Session, ids: Sequence[int], alert: OutgoingAlert | None, now: datetime) -> bool:
    """Queue what operators hear of some newcomers, once: failing ones are told then, arrived ones forgotten.

    False, and nothing done, when another process has told one of them.
    """
    own = col(UnreachedWatchRow.id).in_(ids)
    gone = session.exec(delete(UnreachedWatchRow).where(own, col(UnreachedWatchRow.reached_at).is_not(None))).rowcount
    unreported = update(UnreachedWatchRow).where(own, col(UnreachedWatchRow.notified_at).is_(None))
    if gone + session.exec(unreported.values(notified_at=now)).rowcount != len(ids):
        session.rollback()
        return False
    if alert is not None:
        outbox.queue(session, alert.alert, alert.deliveries, now)
    return True


def delete_unreached(session: Session, ids: Sequence[int]) -> None:
    """Take out those that are watched no longer."""
    session.exec(delete(UnreachedWatchRow).where(col(UnreachedWatchRow.id).in_(ids)))
