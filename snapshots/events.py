"""Record what happens to pages beside their text, and queue each alert about it once."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from sqlmodel import Session, col, select, update

from snapshots import outbox
from snapshots.database import Repository, reads, writes
from snapshots.records import ArticleEvent, OutgoingAlert, PageEvent
from snapshots.rows import get_row, to_article
from snapshots.tables import ArticleRow, EventRow
from watcher.model import Article

# Events that undo each other are of one sort: a second "deleted" is news only after a "restored".
EVENT_GROUPS: Final = {
    "restored": "deleted",
    "recovered": "fetch-failed",
    "unredirected": "redirect",
    "unhidden": "hidden",
    "unprotected": "protected",
    "on-time": "overdue",
    "comparable": "too-large",
}


# Events that are a state: what is said about them may vary from poll to poll without being news.
STATE_EVENTS: Final = frozenset(
    {"deleted", "restored", "fetch-failed", "recovered", "overdue", "on-time", "too-large", "comparable"}
)


def record_event(
    session: Session, article: Article, kind: str, detail: str, now: datetime, revision_id: int | None
) -> bool:
    """Record an event unless it repeats the last of its sort; True when it is news."""
    row = get_row(session, article, lock=True)
    sort = EVENT_GROUPS.get(kind, kind)
    of_sort = select(EventRow).where(col(EventRow.article_id) == row.id, col(EventRow.event_group) == sort)
    last = session.exec(of_sort.order_by(col(EventRow.id).desc()).limit(1)).first()
    event = EventRow(article_id=row.id, event_group=sort, kind=kind, detail=detail, revision_id=revision_id, at=now)
    if not _is_news(event, last):
        return False
    session.add(event)
    return True


def _is_news(event: EventRow, last: EventRow | None) -> bool:
    if last is None:
        return event.kind not in EVENT_GROUPS  # nothing can end that never began
    if event.kind in STATE_EVENTS:
        return event.kind != last.kind
    return (event.kind, event.detail, event.revision_id) != (last.kind, last.detail, last.revision_id)


def _occurrence(row: EventRow, article: ArticleRow) -> ArticleEvent:
    event = PageEvent(kind=row.kind, detail=row.detail, at=row.at, revision_id=row.revision_id)
    return ArticleEvent(id=row.id, article=to_article(article), event=event)


class EventRepository(Repository):
    """What happened to pages beside their text, and which of it operators were not notified of."""

    @writes
    def record(
        self, session: Session, article: Article, kind: str, detail: str, now: datetime, revision_id: int | None = None
    ) -> bool:
        """Record that something happened to a page; False, and nothing recorded, when that is known already."""
        return record_event(session, article, kind, detail, now, revision_id)

    @reads
    def of_article(self, session: Session, article: Article, limit: int = 100) -> tuple[PageEvent, ...]:
        """What happened to a page, newest first."""
        row = get_row(session, article)
        latest = (
            select(EventRow).where(col(EventRow.article_id) == row.id).order_by(col(EventRow.id).desc()).limit(limit)
        )
        return tuple(
            PageEvent(kind=event.kind, detail=event.detail, at=event.at, revision_id=event.revision_id)
            for event in session.exec(latest)
        )

    @reads
    def since(self, session: Session, kind: str, since: datetime) -> tuple[ArticleEvent, ...]:
        """The events of one kind since a time, newest first."""
        rows = (
            select(EventRow, ArticleRow)
            .join(ArticleRow, col(ArticleRow.id) == col(EventRow.article_id))
            .where(col(EventRow.kind) == kind, col(EventRow.at) >= since)
            .order_by(col(EventRow.id).desc())
            .limit(outbox.MAX_LISTED)
        )
        return tuple(_occurrence(row, article) for row, article in session.exec(rows))

    @reads
    def unnotified(self, session: Session) -> tuple[ArticleEvent, ...]:
        """Events that no operator has been told of, oldest first."""
        rows = (
            select(EventRow, ArticleRow)
            .join(ArticleRow, col(ArticleRow.id) == col(EventRow.article_id))
            .where(col(EventRow.notified_at).is_(None))
            .order_by(col(EventRow.id))
            .limit(outbox.MAX_LISTED)
        )
        return tuple(_occurrence(row, article) for row, article in session.exec(rows))

    @writes
    def queue_alert(self, session: Session, ids: Sequence[int], alert: OutgoingAlert | None, now: datetime) -> bool:
        """Queue the alert about events and mark them as told; False, and nothing done, when one of them was."""
        mark = update(EventRow).where(col(EventRow.id).in_(ids), col(EventRow.notified_at).is_(None))
        if session.exec(mark.values(notified_at=now)).rowcount != len(ids):
            session.rollback()
            return False
        if alert is not None:
            outbox.queue(session, alert.alert, alert.deliveries, now)
        return True
