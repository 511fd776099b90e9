"""Store watched pages by wiki and page id, and what polls know of thousands of them in a few statements."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Final

from sqlmodel import Session, col, func, select, update

from snapshots.database import Repository, insert_or_ignore, reads, writes
from snapshots.events import record_event
from snapshots.records import PollState
from snapshots.rows import AT_ONCE, get_row, to_article, update_articles
from snapshots.tables import ArticleRow, EventRow
from watcher.batching import batched
from watcher.model import Article

# Events whose detail is "a title → the page's title".
TITLE_EVENTS: Final = ("moved", "followed")
ARROW: Final = " → "


def find(session: Session, wiki: str, title: str) -> Article | None:
    """The page that has this title now; of a deleted page and its successor, the one registered last."""
    titled = select(ArticleRow).where(col(ArticleRow.wiki) == wiki, col(ArticleRow.title) == title)
    row = session.exec(titled.order_by(col(ArticleRow.id).desc()).limit(1)).first()
    return None if row is None else to_article(row)


def _titled(session: Session, wiki: str, titles: Sequence[str]) -> dict[str, ArticleRow]:
    """Of a deleted page and its successor, the one registered last."""
    result: dict[str, ArticleRow] = {}
    for group in batched(titles, AT_ONCE):
        rows = select(ArticleRow).where(col(ArticleRow.wiki) == wiki, col(ArticleRow.title).in_(group))
        result |= {row.title: row for row in session.exec(rows.order_by(col(ArticleRow.id)))}
    return result


def _under_old_titles(session: Session, wiki: str, missing: Collection[str]) -> dict[str, ArticleRow]:
    past = (
        select(ArticleRow, EventRow.detail)
        .join(EventRow, col(EventRow.article_id) == col(ArticleRow.id))
        .where(col(ArticleRow.wiki) == wiki, col(EventRow.kind).in_(TITLE_EVENTS))
        .order_by(col(EventRow.id))
    )
    result: dict[str, ArticleRow] = {}
    for row, detail in session.exec(past):
        # A title may hold an arrow itself.
        parts = detail.split(ARROW)
        result |= dict.fromkeys({ARROW.join(parts[:count]) for count in range(1, len(parts))} & set(missing), row)
    return result


def _with_open_events(session: Session, troubles: Collection[str]) -> frozenset[int]:
    latest = (
        select(func.max(EventRow.id))
        .where(col(EventRow.event_group).in_(troubles))
        .group_by(col(EventRow.article_id), col(EventRow.event_group))
    )
    open_ones = select(EventRow.article_id).where(col(EventRow.id).in_(latest), col(EventRow.kind).in_(troubles))
    return frozenset(session.exec(open_ones))


class ArticleRepository(Repository):
    """Registered pages: their titles, how their checks go, who may edit them."""

    @writes
    def register(self, session: Session, article: Article, now: datetime) -> None:
        """Know a page from now on; under a new title it has moved, which is recorded as an event."""
        columns = {"wiki": article.wiki, "page_id": article.page_id, "title": article.title, "failures": 0}
        insert_or_ignore(session, ArticleRow, [columns | {"registered_at": now}])
        row = get_row(session, article, lock=True)
        if row.title == article.title:
            return
        record_event(session, to_article(row), "moved", f"{row.title} → {article.title}", now, None)
        session.exec(update(ArticleRow).where(col(ArticleRow.id) == row.id).values(title=article.title))

    @reads
    def find(self, session: Session, wiki: str, title: str) -> Article | None:
        """The registered page with this title."""
        return find(session, wiki, title)

    @reads
    def find_by_title_or_former_title(self, session: Session, wiki: str, title: str) -> Article | None:
        """The registered page with this title, else the one that had it before a move or was reached through it."""
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

    @reads
    def by_page_id(self, session: Session, wiki: str, page_id: int) -> Article | None:
        """The registered page with this id, whatever its title."""
        matching = select(ArticleRow).where(col(ArticleRow.wiki) == wiki, col(ArticleRow.page_id) == page_id)
        row = session.exec(matching).first()
        return None if row is None else to_article(row)

    @reads
    def titles_of(self, session: Session, article: Article) -> tuple[str, ...]:
        """The title of a page, then those that it had before or was reached through, newest first."""
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

    @reads
    def list_all(self, session: Session) -> tuple[Article, ...]:
        """All registered pages, in the order of their registration."""
        return tuple(to_article(row) for row in session.exec(select(ArticleRow).order_by(col(ArticleRow.id))))

    @writes
    def record_check(self, session: Session, article: Article, now: datetime, error: str | None) -> int:
        """Note a check and what went wrong in it; how many checks in a row have failed."""
        row = get_row(session, article, lock=True)
        failures = 0 if error is None else row.failures + 1
        noted = update(ArticleRow).where(col(ArticleRow.id) == row.id)
        session.exec(noted.values(checked_at=now, failures=failures, error=error, reserved_until=None))
        return failures

    @writes
    def record_successful_checks(self, session: Session, articles: Sequence[Article], now: datetime) -> None:
        """Note a good check of many pages."""
        update_articles(session, articles, {"checked_at": now, "failures": 0, "error": None, "reserved_until": None})

    @writes
    def record_failed_checks(self, session: Session, articles: Sequence[Article], now: datetime, error: str) -> None:
        """Note a check of many pages that failed for one reason, such as a wiki that is away."""
        failures = col(ArticleRow.failures) + 1
        update_articles(
            session, articles, {"checked_at": now, "failures": failures, "error": error, "reserved_until": None}
        )

    @reads
    def last_check(self, session: Session) -> datetime | None:
        """When any page was checked last."""
        return session.exec(select(func.max(col(ArticleRow.checked_at)))).one()

    @reads
    def poll_states(
        self, session: Session, wiki: str, titles: Sequence[str], event_kinds: Collection[str] = ()
    ) -> dict[str, PollState]:
        """What is known of each title's page; `event_kinds` are the kinds of events that have an end of their own."""
        rows = _titled(session, wiki, titles)
        missing = set(titles) - rows.keys()
        if missing:
            rows |= _under_old_titles(session, wiki, missing)
        ill = _with_open_events(session, event_kinds) if rows else frozenset()
        return {
            title: PollState(
                article=to_article(row),
                last_judged_id=row.cursor,
                checked_at=row.checked_at,
                failures=row.failures,
                reserved_until=row.reserved_until,
                has_open_event=row.id in ill,
                protection=row.protection,
                images_recorded=row.images_revision_id is not None,
            )
            for title, row in rows.items()
        }

    @reads
    def protections(self, session: Session, wiki: str) -> dict[int, str | None]:
        """Who alone may edit each page, by page id: empty for anybody, None where nobody has looked yet."""
        rows = select(ArticleRow.page_id, ArticleRow.protection).where(col(ArticleRow.wiki) == wiki)
        return {row[0]: row[1] for row in session.exec(rows)}

    @writes
    def record_protection(self, session: Session, article: Article, protection: str, now: datetime) -> bool:
        """Note who alone may edit a page; True, with an event, when that has changed since the last look."""
        row = get_row(session, article, lock=True)
        before = row.protection
        if before == protection:
            return False
        session.exec(update(ArticleRow).where(col(ArticleRow.id) == row.id).values(protection=protection))
        if before is None:
            return False
        kind = "protected" if protection else "unprotected"
        detail = f"{before or 'free'} → {protection or 'free'}"
        session.add(
            EventRow(article_id=row.id, event_group="protected", kind=kind, detail=detail, revision_id=None, at=now)
        )
        return True
