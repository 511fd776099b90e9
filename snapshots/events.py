"""Record what happens to pages beside their text, and queue each alert about it once."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

from sqlalchemy import select as select_columns
from sqlmodel import Session, col, func, select, update

from snapshots import outbox
from snapshots.database import Repository, reads, writes
from snapshots.records import ArticleEvent, MembershipChange, OutgoingAlert, PageEvent
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

MEMBERSHIP: Final = "left"
"""The group of the events of a page that joins a list of the watchlist, leaves it or comes back."""

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
        of_operators = col(EventRow.event_group) != MEMBERSHIP
        return _with_articles(session, col(EventRow.id), col(EventRow.notified_at).is_(None), of_operators)

    @reads
    def unnotified_memberships(self, session: Session, most: int) -> tuple[MembershipChange, ...]:
        """List the pages that joined or left a list with one refresh, of which nobody was notified; `most` of each."""
        waiting = col(EventRow.event_group) == MEMBERSHIP, col(EventRow.notified_at).is_(None)
        columns = col(ArticleRow.wiki), col(EventRow.detail), col(EventRow.kind), col(EventRow.at)
        groups = (
            select_columns(*columns, func.count())
            .join(ArticleRow, col(ArticleRow.id) == col(EventRow.article_id))
            .where(*waiting)
            .group_by(*columns)
            .order_by(func.min(EventRow.id))
        )
        result = []
        for *values, count in session.execute(groups).all():
            own = (column == value for column, value in zip(columns, values, strict=True))
            articles = select(ArticleRow).join(EventRow, col(EventRow.article_id) == col(ArticleRow.id))
            rows = session.exec(articles.where(*waiting, *own).order_by(col(EventRow.id)).limit(most))
            wiki, key, kind, at = values
            pages = tuple(to_article(row) for row in rows)
            result.append(MembershipChange(wiki=wiki, key=key, kind=kind, at=at, count=count, articles=pages))
        return tuple(result)

    @writes
    def queue_membership_alert(
        self, session: Session, change: MembershipChange, alert: OutgoingAlert | None, now: datetime
    ) -> bool:
        """Queue the alert about pages that joined or left a list; False, nothing is done, when another process did."""
        of_wiki = select(ArticleRow.id).where(col(ArticleRow.wiki) == change.wiki)
        own = (
            col(EventRow.event_group) == MEMBERSHIP,
            col(EventRow.notified_at).is_(None),
            col(EventRow.detail) == change.key,
            col(EventRow.kind) == change.kind,
            col(EventRow.at) == change.at,
            col(EventRow.article_id).in_(of_wiki),
        )
        if not session.exec(update(EventRow).where(*own).values(notified_at=now)).rowcount:
            return False
        if alert is not None:
            outbox.queue(session, alert, now)
        return True

    @writes
    def queue_alert(self, session: Session, ids: Sequence[int], alert: OutgoingAlert | None, now: datetime) -> bool:
        """Queue the alert about events and mark them as notified; False, and nothing is done, when one of them was."""
        return outbox.queue_operator_alert(session, EventRow, ids, alert, now)
