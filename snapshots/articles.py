"""Store watched pages by wiki and page id, their leases and their events."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, Final

from sqlmodel import Session, col, func, or_, select, update

from snapshots.database import insert_or_ignore
from snapshots.records import PageEvent
from snapshots.tables import ArticleRow, EventRow
from watcher.errors import Missing
from watcher.model import Article

# No lease is longer: one that ends later than this was given by a clock that was wrong, and must not block a page.
LONGEST_LEASE: Final = timedelta(days=1)

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

# Events whose detail is "a title → the page's title".
TITLE_EVENTS: Final = ("moved", "followed")
ARROW: Final = " → "


def to_article(row: ArticleRow) -> Article:
    """The value of a row."""
    return Article(wiki=row.wiki, page_id=row.page_id, title=row.title)


def get_row(session: Session, article: Article, *, lock: bool = False) -> ArticleRow:
    """The row of a page, locked until the end of the transaction if asked; Missing when it was not registered."""
    requested = select(ArticleRow).where(
        col(ArticleRow.wiki) == article.wiki, col(ArticleRow.page_id) == article.page_id
    )
    row = session.exec(requested.with_for_update() if lock else requested).first()
    if row is None:
        raise Missing(f"{article.title} (page {article.page_id} of {article.wiki}) is not registered: check it first")
    return row


def register(session: Session, article: Article, now: datetime) -> None:
    """Know a page from now on; a new title of a known page is a move."""
    columns = {"wiki": article.wiki, "page_id": article.page_id, "title": article.title, "failures": 0}
    insert_or_ignore(session, ArticleRow, [columns | {"registered_at": now}])
    row = get_row(session, article, lock=True)
    if row.title == article.title:
        return
    record_event(session, to_article(row), "moved", f"{row.title} → {article.title}", now, None)
    session.exec(update(ArticleRow).where(col(ArticleRow.id) == row.id).values(title=article.title))


def find(session: Session, wiki: str, title: str) -> Article | None:
    """The page that has this title now; of a deleted page and its successor, the one registered last."""
    titled = select(ArticleRow).where(col(ArticleRow.wiki) == wiki, col(ArticleRow.title) == title)
    row = session.exec(titled.order_by(col(ArticleRow.id).desc()).limit(1)).first()
    return None if row is None else to_article(row)


def find_by_title_or_former_title(session: Session, wiki: str, title: str) -> Article | None:
    """The page that has this title now, else the one that had it, or was reached through it, last."""
    article = find(session, wiki, title)
    if article is not None:
        return article
    beginning = f"{title} → "
    past = (
        select(ArticleRow, EventRow.detail)
        .join(EventRow, col(EventRow.article_id) == col(ArticleRow.id))
        .where(col(ArticleRow.wiki) == wiki, col(EventRow.kind).in_(TITLE_EVENTS))
        .where(col(EventRow.detail).startswith(beginning, autoescape=True))
        .order_by(col(EventRow.id).desc())
    )
    # SQLite's LIKE takes a and A for the same.
    return next((to_article(row) for row, detail in session.exec(past) if detail.startswith(beginning)), None)


def by_page_id(session: Session, wiki: str, page_id: int) -> Article | None:
    """Find the registered page with this id: what identifies an article when its title changes."""
    matching = select(ArticleRow).where(col(ArticleRow.wiki) == wiki, col(ArticleRow.page_id) == page_id)
    row = session.exec(matching).first()
    return None if row is None else to_article(row)


def titles_of(session: Session, article: Article) -> tuple[str, ...]:
    """List the title of a page, then those that it had before a move or was reached through, newest first.

    The record of a move is "old → new" and a title may contain an arrow itself: then each reading of the old title
    is listed, and the caller confirms a candidate with `find_by_title_or_former_title`.
    """
    events = (
        select(EventRow.detail)
        .join(ArticleRow, col(EventRow.article_id) == col(ArticleRow.id))
        .where(col(ArticleRow.wiki) == article.wiki, col(ArticleRow.page_id) == article.page_id)
        .where(col(EventRow.kind).in_(TITLE_EVENTS))
        .order_by(col(EventRow.id).desc())
    )
    titles = {article.title: None}
    for detail in session.exec(events):
        parts = detail.split(ARROW)
        titles |= dict.fromkeys(ARROW.join(parts[:count]) for count in range(1, len(parts)))
    return tuple(titles)


def articles(session: Session) -> tuple[Article, ...]:
    """All pages in the order of their registration."""
    return tuple(to_article(row) for row in session.exec(select(ArticleRow).order_by(col(ArticleRow.id))))


def acquire(session: Session, article: Article, owner: str, now: datetime, seconds: float) -> bool:
    """Take or prolong the lease of a page; False while somebody else has it."""
    length = timedelta(seconds=seconds)
    if length > LONGEST_LEASE:
        raise ValueError(f"a lease of {seconds} s is longer than a day")
    free = or_(lease_expired(ArticleRow, now), col(ArticleRow.lease_owner) == owner)
    row = get_row(session, article)
    taken = (
        update(ArticleRow).where(col(ArticleRow.id) == row.id, free).values(lease_owner=owner, lease_until=now + length)
    )
    return session.exec(taken).rowcount == 1


def lease_expired(table: Any, now: datetime) -> Any:
    """The condition that a row with a lease may be taken."""
    until = col(table.lease_until)
    return or_(until.is_(None), until <= now, until > now + LONGEST_LEASE)


def release(session: Session, article: Article, owner: str) -> None:
    """Give a lease back; nothing happens when it is somebody else's by now."""
    row = get_row(session, article)
    own = update(ArticleRow).where(col(ArticleRow.id) == row.id, col(ArticleRow.lease_owner) == owner)
    session.exec(own.values(lease_owner=None, lease_until=None))


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


def events(session: Session, article: Article, limit: int) -> tuple[PageEvent, ...]:
    """What happened to a page, newest first."""
    row = get_row(session, article)
    latest = select(EventRow).where(col(EventRow.article_id) == row.id).order_by(col(EventRow.id).desc()).limit(limit)
    return tuple(
        PageEvent(kind=event.kind, detail=event.detail, at=event.at, revision_id=event.revision_id)
        for event in session.exec(latest)
    )


def record_check(session: Session, article: Article, now: datetime, error: str | None) -> int:
    """Note that a page was checked; how many checks in a row have failed."""
    row = get_row(session, article, lock=True)
    failures = 0 if error is None else row.failures + 1
    noted = update(ArticleRow).where(col(ArticleRow.id) == row.id)
    session.exec(noted.values(checked_at=now, failures=failures, error=error, reserved_until=None))
    return failures


def last_check(session: Session) -> datetime | None:
    """When any page was checked last, None before the first check."""
    return session.exec(select(func.max(col(ArticleRow.checked_at)))).one()
