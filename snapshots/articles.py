"""Watched pages: known by wiki and page id, leased to one worker at a time, with what happens to them as events."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, Final

from sqlmodel import Session, col, func, or_, select, update

from snapshots.rows import ArticleRow, EventRow
from snapshots.upsert import insert_once
from snapshots.values import Event
from watcher.errors import Missing
from watcher.model import Article

# No lease is longer: one that ends later than this was given by a clock that was wrong, and must not block a page.
LONGEST_LEASE: Final = timedelta(days=1)

# Events that undo each other are of one sort: a second "deleted" is news only after a "restored".
SORTS: Final = {
    "restored": "deleted",
    "recovered": "fetch-failed",
    "unredirected": "redirect",
    "unhidden": "hidden",
    "unprotected": "protected",
    "on-time": "overdue",
    "comparable": "too-large",
}

# Events that are a state: what is said about them may vary from poll to poll without being news.
STATES: Final = frozenset(
    {"deleted", "restored", "fetch-failed", "recovered", "overdue", "on-time", "too-large", "comparable"}
)

# Events whose detail is "a title → the page's title".
NAMINGS: Final = ("moved", "followed")
ARROW: Final = " → "


def article_of(row: ArticleRow) -> Article:
    """The value of a row."""
    return Article(wiki=row.wiki, page_id=row.page_id, title=row.title)


def row_of(session: Session, article: Article, *, lock: bool = False) -> ArticleRow:
    """The row of a page, locked until the end of the transaction if asked; Missing when it was not registered."""
    wanted = select(ArticleRow).where(col(ArticleRow.wiki) == article.wiki, col(ArticleRow.page_id) == article.page_id)
    row = session.exec(wanted.with_for_update() if lock else wanted).first()
    if row is None:
        raise Missing(f"{article.title} (page {article.page_id} of {article.wiki}) is not registered: check it first")
    return row


def register(session: Session, article: Article, now: datetime) -> None:
    """Know a page from now on; a new title of a known page is a move."""
    columns = {"wiki": article.wiki, "page_id": article.page_id, "title": article.title, "failures": 0}
    insert_once(session, ArticleRow, [columns | {"registered_at": now}])
    row = row_of(session, article, lock=True)
    if row.title == article.title:
        return
    happened(session, article_of(row), "moved", f"{row.title} → {article.title}", now, None)
    session.exec(update(ArticleRow).where(col(ArticleRow.id) == row.id).values(title=article.title))


def find(session: Session, wiki: str, title: str) -> Article | None:
    """The page that has this title now; of a deleted page and its successor, the one registered last."""
    titled = select(ArticleRow).where(col(ArticleRow.wiki) == wiki, col(ArticleRow.title) == title)
    row = session.exec(titled.order_by(col(ArticleRow.id).desc()).limit(1)).first()
    return None if row is None else article_of(row)


def known_as(session: Session, wiki: str, title: str) -> Article | None:
    """The page that has this title now, else the one that had it, or was reached through it, last."""
    found = find(session, wiki, title)
    if found is not None:
        return found
    beginning = f"{title} → "
    past = (
        select(ArticleRow, EventRow.detail)
        .join(EventRow, col(EventRow.article_id) == col(ArticleRow.id))
        .where(col(ArticleRow.wiki) == wiki, col(EventRow.kind).in_(NAMINGS))
        .where(col(EventRow.detail).startswith(beginning, autoescape=True))
        .order_by(col(EventRow.id).desc())
    )
    # SQLite's LIKE takes a and A for the same.
    return next((article_of(row) for row, detail in session.exec(past) if detail.startswith(beginning)), None)


def by_page_id(session: Session, wiki: str, page_id: int) -> Article | None:
    """Find the registered page with this id: what identifies an article when its title changes."""
    matching = select(ArticleRow).where(col(ArticleRow.wiki) == wiki, col(ArticleRow.page_id) == page_id)
    row = session.exec(matching).first()
    return None if row is None else article_of(row)


def titles_of(session: Session, article: Article) -> tuple[str, ...]:
    """List the title of a page, then those that it had before a move or was reached through, newest first.

    The record of a move is "old → new" and a title may contain an arrow itself: then each reading of the old title
    is listed, and the caller confirms a candidate with `known_as`.
    """
    events = (
        select(EventRow.detail)
        .join(ArticleRow, col(EventRow.article_id) == col(ArticleRow.id))
        .where(col(ArticleRow.wiki) == article.wiki, col(ArticleRow.page_id) == article.page_id)
        .where(col(EventRow.kind).in_(NAMINGS))
        .order_by(col(EventRow.id).desc())
    )
    titles = {article.title: None}
    for detail in session.exec(events):
        parts = detail.split(ARROW)
        titles |= dict.fromkeys(ARROW.join(parts[:count]) for count in range(1, len(parts)))
    return tuple(titles)


def articles(session: Session) -> tuple[Article, ...]:
    """All pages in the order of their registration."""
    return tuple(article_of(row) for row in session.exec(select(ArticleRow).order_by(col(ArticleRow.id))))


def acquire(session: Session, article: Article, owner: str, now: datetime, seconds: float) -> bool:
    """Take or prolong the lease of a page; False while somebody else has it."""
    length = timedelta(seconds=seconds)
    if length > LONGEST_LEASE:
        raise ValueError(f"a lease of {seconds} s is longer than a day")
    free = or_(free_at(ArticleRow, now), col(ArticleRow.lease_owner) == owner)
    row = row_of(session, article)
    taken = (
        update(ArticleRow).where(col(ArticleRow.id) == row.id, free).values(lease_owner=owner, lease_until=now + length)
    )
    return session.exec(taken).rowcount == 1


def free_at(table: Any, now: datetime) -> Any:
    """The condition that a row with a lease may be taken."""
    until = col(table.lease_until)
    return or_(until.is_(None), until <= now, until > now + LONGEST_LEASE)


def release(session: Session, article: Article, owner: str) -> None:
    """Give a lease back; nothing happens when it is somebody else's by now."""
    row = row_of(session, article)
    own = update(ArticleRow).where(col(ArticleRow.id) == row.id, col(ArticleRow.lease_owner) == owner)
    session.exec(own.values(lease_owner=None, lease_until=None))


def happened(
    session: Session, article: Article, kind: str, detail: str, now: datetime, revision_id: int | None
) -> bool:
    """Record an event unless it repeats the last of its sort; True when it is news."""
    row = row_of(session, article, lock=True)
    sort = SORTS.get(kind, kind)
    of_sort = select(EventRow).where(col(EventRow.article_id) == row.id, col(EventRow.sort) == sort)
    last = session.exec(of_sort.order_by(col(EventRow.id).desc()).limit(1)).first()
    event = EventRow(article_id=row.id, sort=sort, kind=kind, detail=detail, revision_id=revision_id, at=now)
    if not _is_news(event, last):
        return False
    session.add(event)
    return True


def _is_news(event: EventRow, last: EventRow | None) -> bool:
    if last is None:
        return event.kind not in SORTS  # nothing can end that never began
    if event.kind in STATES:
        return event.kind != last.kind
    return (event.kind, event.detail, event.revision_id) != (last.kind, last.detail, last.revision_id)


def events(session: Session, article: Article, limit: int) -> tuple[Event, ...]:
    """What happened to a page, newest first."""
    row = row_of(session, article)
    latest = select(EventRow).where(col(EventRow.article_id) == row.id).order_by(col(EventRow.id).desc()).limit(limit)
    return tuple(
        Event(kind=event.kind, detail=event.detail, at=event.at, revision_id=event.revision_id)
        for event in session.exec(latest)
    )


def checked(session: Session, article: Article, now: datetime, error: str | None) -> int:
    """Note that a page was checked; how many checks in a row have failed."""
    row = row_of(session, article, lock=True)
    failures = 0 if error is None else row.failures + 1
    noted = update(ArticleRow).where(col(ArticleRow.id) == row.id)
    session.exec(noted.values(checked_at=now, failures=failures, error=error, queued_until=None))
    return failures


def last_check(session: Session) -> datetime | None:
    """When any page was checked last, None before the first check."""
    return session.exec(select(func.max(col(ArticleRow.checked_at)))).one()
