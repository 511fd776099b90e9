"""Record what operators are alerted to (page events, unreached watches, outages), and queue each alert once."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

from sqlalchemy import select as select_columns
from sqlmodel import Session, case, col, delete, func, select, update

from snapshots import outbox
from snapshots.database import Database, Repository, as_method, insert_or_ignore, reads, writes
from snapshots.queries import get_row, row_id, to_article
from snapshots.records import MembershipChange, OutgoingAlert
from snapshots.tables import ArticleRow, Outage, PageEvent, UnreachedWatch
from watcher.model import Article

# Events that undo each other form a group: a second "deleted" is news only after a "restored".
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
"""The group of the events of a page that joins a list of the watchlist, leaves it, or returns to it."""

# Events that report a state: their detail may vary from poll to poll without being news.
STATE_EVENTS: Final = frozenset(
    {"deleted", "restored", "fetch-failed", "recovered", "overdue", "on-time", "too-large", "comparable"}
)


def record_event(
    session: Session, article: Article, kind: str, detail: str, now: datetime, revision_id: int | None = None
) -> bool:
    """Record an event unless it repeats the last one of its group; return whether it was recorded."""
    row = get_row(session, article, lock=True)
    group = EVENT_GROUPS.get(kind, kind)
    of_group = select(PageEvent).where(col(PageEvent.article_id) == row.id, col(PageEvent.event_group) == group)
    last = session.exec(of_group.order_by(col(PageEvent.id).desc()).limit(1)).first()
    if last is None:
        is_news = kind not in EVENT_GROUPS  # the end of something that never began is no news
    elif kind in STATE_EVENTS:
        is_news = kind != last.kind
    else:
        is_news = (kind, detail, revision_id) != (last.kind, last.detail, last.revision_id)
    if is_news:
        session.add(
            PageEvent(article_id=row.id, event_group=group, kind=kind, detail=detail, revision_id=revision_id, at=now)
        )
    return is_news


# Up to `MAX_LISTED` events with their articles; operators are notified of no more at once.
_WITH_ARTICLES: Final = (
    select(PageEvent, ArticleRow)
    .join(ArticleRow, col(ArticleRow.id) == col(PageEvent.article_id))
    .limit(outbox.MAX_LISTED)
)
# Built once: each check executes it.
_UNNOTIFIED: Final = _WITH_ARTICLES.where(
    col(PageEvent.notified_at).is_(None), col(PageEvent.event_group) != MEMBERSHIP
).order_by(col(PageEvent.id))


def _with_articles(session: Session, events: Any) -> tuple[tuple[Article, PageEvent], ...]:
    return tuple((to_article(article), event) for event, article in session.exec(events))


class EventRepository(Repository):
    """Events of pages other than edits, such as moves and deletions, and whether operators were notified of them."""

    record = as_method(record_event, Database.write)

    @reads
    def of_article(self, session: Session, article: Article, limit: int = 100) -> tuple[PageEvent, ...]:
        """List the events of a page, newest first."""
        of_article = select(PageEvent).where(col(PageEvent.article_id) == row_id(session, article))
        return tuple(session.exec(of_article.order_by(col(PageEvent.id).desc()).limit(limit)))

    @reads
    def since(self, session: Session, kind: str, since: datetime) -> tuple[tuple[Article, PageEvent], ...]:
        """List the events of one kind since a time, newest first, at most `MAX_LISTED`."""
        of_kind = _WITH_ARTICLES.where(col(PageEvent.kind) == kind, col(PageEvent.at) >= since)
        return _with_articles(session, of_kind.order_by(col(PageEvent.id).desc()))

    @reads
    def unnotified(self, session: Session) -> tuple[tuple[Article, PageEvent], ...]:
        """List the events, other than of list membership, that no operator was notified of, oldest first."""
        return _with_articles(session, _UNNOTIFIED)

    @reads
    def unnotified_memberships(self, session: Session, most: int) -> tuple[MembershipChange, ...]:
        """List unnotified membership changes: pages (`most` of each) that joined or left a list in one refresh."""
        waiting = col(PageEvent.event_group) == MEMBERSHIP, col(PageEvent.notified_at).is_(None)
        columns = col(ArticleRow.wiki), col(PageEvent.detail), col(PageEvent.kind), col(PageEvent.at)
        groups = (
            select_columns(*columns, func.count())
            .join(ArticleRow, col(ArticleRow.id) == col(PageEvent.article_id))
            .where(*waiting)
            .group_by(*columns)
            .order_by(func.min(PageEvent.id))
        )
        result = []
        for *values, count in session.execute(groups).all():
            own = (column == value for column, value in zip(columns, values, strict=True))
            articles = select(ArticleRow).join(PageEvent, col(PageEvent.article_id) == col(ArticleRow.id))
            rows = session.exec(articles.where(*waiting, *own).order_by(col(PageEvent.id)).limit(most))
            wiki, key, kind, at = values
            pages = tuple(to_article(row) for row in rows)
            result.append(MembershipChange(wiki=wiki, key=key, kind=kind, at=at, count=count, articles=pages))
        return tuple(result)

    @writes
    def queue_membership_alert(
        self, session: Session, change: MembershipChange, alert: OutgoingAlert | None, now: datetime
    ) -> bool:
        """Queue the alert about a membership change; return False, and do nothing, if another process has done so."""
        of_wiki = select(ArticleRow.id).where(col(ArticleRow.wiki) == change.wiki)
        own = (
            col(PageEvent.event_group) == MEMBERSHIP,
            col(PageEvent.notified_at).is_(None),
            col(PageEvent.detail) == change.key,
            col(PageEvent.kind) == change.kind,
            col(PageEvent.at) == change.at,
            col(PageEvent.article_id).in_(of_wiki),
        )
        if not session.exec(update(PageEvent).where(*own).values(notified_at=now)).rowcount:
            return False
        outbox.queue(session, alert, now)
        return True


def record_reached(session: Session, wiki: str, titles: Sequence[str], now: datetime) -> None:
    """Record that checks have reached the pages of watches; delete failures that nobody was notified of."""
    own = col(UnreachedWatch.wiki) == wiki, col(UnreachedWatch.title).in_(titles)
    session.exec(delete(UnreachedWatch).where(*own, col(UnreachedWatch.notified_at).is_(None)))
    session.exec(update(UnreachedWatch).where(*own).values(reached_at=now))


class UnreachedWatchRepository(Repository):
    """Watches whose page no check had ever reached when it first failed."""

    @writes
    def record_failure(self, session: Session, wiki: str, title: str, error: str, now: datetime) -> None:
        """Count a failed check of a page that no check has ever reached."""
        start = {"wiki": wiki, "title": title, "failures": 0, "error": error, "checked_at": now}
        insert_or_ignore(session, UnreachedWatch, [start])
        count = {"failures": col(UnreachedWatch.failures) + 1, "error": error, "checked_at": now, "reached_at": None}
        own = col(UnreachedWatch.wiki) == wiki, col(UnreachedWatch.title) == title
        session.exec(update(UnreachedWatch).where(*own).values(count))

    record_reached = as_method(record_reached, Database.write)

    @reads
    def list_all(self, session: Session) -> tuple[UnreachedWatch, ...]:
        """List all stored watches in the order of their first failure, including those that were reached since."""
        return tuple(session.exec(select(UnreachedWatch).order_by(col(UnreachedWatch.id))))

    @writes
    def mark_notified(self, session: Session, ids: Sequence[int], alert: OutgoingAlert | None, now: datetime) -> bool:
        """Queue the alert about some watches; mark those that still fail as notified, and delete those reached since.

        Return False, and do nothing, if another process has notified operators of one of them.
        """
        reached = col(UnreachedWatch.id).in_(ids), col(UnreachedWatch.reached_at).is_not(None)
        deleted = session.exec(delete(UnreachedWatch).where(*reached)).rowcount
        return outbox.queue_operator_alert(session, UnreachedWatch, ids, alert, now, deleted=deleted)

    @writes
    def delete(self, session: Session, ids: Sequence[int]) -> None:
        """Delete the rows of watches that are no longer in the watchlist."""
        session.exec(delete(UnreachedWatch).where(col(UnreachedWatch.id).in_(ids)))


class OutageRepository(Repository):
    """The last outage of each service that checks depend on."""

    @writes
    def begin(self, session: Session, service: str, detail: str, now: datetime) -> None:
        """Record that a service does not work; write nothing if that is known.

        If the service fails again before operators were alerted to its recovery, the known outage continues.
        """
        insert_or_ignore(session, Outage, [{"service": service, "detail": detail, "began_at": now}])
        ended = col(Outage.service) == service, col(Outage.ended_at).is_not(None)
        began = case((col(Outage.notified_at).is_(None), now), else_=col(Outage.began_at))
        session.exec(update(Outage).where(*ended).values(detail=detail, began_at=began, ended_at=None))

    @writes
    def end(self, session: Session, service: str, now: datetime) -> None:
        """Record that a service works again."""
        lasting = col(Outage.service) == service, col(Outage.ended_at).is_(None)
        session.exec(update(Outage).where(*lasting).values(ended_at=now))

    @reads
    def list_all(self, session: Session) -> tuple[Outage, ...]:
        """List the last outage of each service, sorted by the service's name."""
        return tuple(session.exec(select(Outage).order_by(col(Outage.service))))

    @writes
    def queue_alert(self, session: Session, outage: Outage, alert: OutgoingAlert | None, now: datetime) -> bool:
        """Queue the alert about an outage or, if it has ended, about its end.

        Return False, and write nothing, if another process has queued it, or if the outage has ended or begun again.
        """
        over = outage.ended_at is not None
        notified, ended = col(Outage.notified_at), col(Outage.ended_at)
        same = (notified.is_not(None), ended.is_not(None)) if over else (notified.is_(None), ended.is_(None))
        mark = update(Outage).where(col(Outage.id) == outage.id, *same)
        if not session.exec(mark.values(notified_at=None if over else now)).rowcount:
            return False
        outbox.queue(session, alert, now)
        return True
