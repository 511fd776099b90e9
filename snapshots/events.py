"""Record what happens to pages beside their text, and queue each alert about it once."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

from sqlmodel import Session, col, select

from snapshots import outbox
from snapshots.database import Repository, reads, writes
from snapshots.records import ArticleEvent, OutgoingAlert, PageEvent
from snapshots.rows import get_row, row_id, to_article, to_record
from snapshots.tables import ArticleRow, EventRow
from watcher.model import Article

# Events that undo each other are of one group: a second "deleted" is news only after a "restored".
EVENT_GROUPS: Final = {
    "restored": "deleted",
    "recovered": "fetch-failed",
    "unredirected": "redirect",
    "unhidden": "hidden",
    "unprotected": "protected",
    "on-time": "overdue",
    "comparable": "too-large",
    "sections-found": "sections-missing",
}

# Events that are a state: what is said about them may vary from poll to poll without being news.
STATE_EVENTS: Final = frozenset(
    {"deleted", "restored", "fetch-failed", "recovered", "overdue", "on-time", "too-large", "comparable"}
)


def record_event(
    session: Session, article: Article, kind: str, detail: str, now: datetime, revision_id: int | None = None
) -> bool:
    """Record an event unless it repeats the last of its group; True when it was recorded."""
    row = get_row(session, article, lock=True)
    group = EVENT_GROUPS.get(kind, kind)
    of_group = select(EventRow).where(col(EventRow.article_id) == row.id, col(EventRow.event_group) == group)
    last = session.exec(of_group.order_by(col(EventRow.id).desc()).limit(1)).first()
    event = EventRow(article_id=row.id, event_group=group, kind=kind, detail=detail, revision_id=revision_id, at=now)
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


def _with_articles(session: Session, order: Any, *conditions: Any) -> tuple[ArticleEvent, ...]:
    """Read events with the articles that they happened to, as many as operators are notified of at once."""
    rows = select(EventRow, ArticleRow).join(ArticleRow, col(ArticleRow.id) == col(EventRow.article_id))
    return tuple(
        ArticleEvent(id=row.id, article=to_article(article), event=to_record(PageEvent, row))
        for row, article in session.exec(rows.where(*conditions).order_by(order).limit(outbox.MAX_LISTED))
    )


class EventRepository(Repository):
    """What happened to pages beside their text, and which of it operators were not notified of."""

    @writes
    def record(
        self, session: Session, article: Article, kind: str, detail: str, now: datetime, revision_id: int | None = None
    ) -> bool:
        """Record that something happened to a page; False, and nothing is recorded, when that is known already."""
        return record_event(session, article, kind, detail, now, revision_id)

    @reads
    def of_article(self, session: Session, article: Article, limit: int = 100) -> tuple[PageEvent, ...]:
        """List what happened to a page, newest first."""
        of_article = select(EventRow).where(col(EventRow.article_id) == row_id(session, article))
        latest = of_article.order_by(col(EventRow.id).desc()).limit(limit)
        return tuple(to_record(PageEvent, event) for event in session.exec(latest))

    @reads
    def since(self, session: Session, kind: str, since: datetime) -> tuple[ArticleEvent, ...]:
        """List the events of one kind since a time, newest first."""
        return _with_articles(session, col(EventRow.id).desc(), col(EventRow.kind) == kind, col(EventRow.at) >= since)

    @reads
    def unnotified(self, session: Session) -> tuple[ArticleEvent, ...]:
        """List the events that no operator was notified of, oldest first."""
        return _with_articles(session, col(EventRow.id), col(EventRow.notified_at).is_(None))

    @writes
    def queue_alert(self, session: Session, ids: Sequence[int], alert: OutgoingAlert | None, now: datetime) -> bool:
        """Queue the alert about events and mark them as notified; False, and nothing is done, when one of them was."""
        return outbox.queue_operator_alert(session, EventRow, ids, alert, now)
