"""Read the poll state of many pages, and record poll results, thousands in a few statements."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from itertools import groupby
from typing import Any, Final

from sqlmodel import Session, col, func, or_, select, update

from snapshots.articles import ARROW, TITLE_EVENTS, to_article
from snapshots.records import PollState
from snapshots.tables import ArticleRow, EventRow, ImageRow
from watcher.batching import batched
from watcher.model import Article

# SQLite takes 32,766 values in a statement, older ones 999.
_AT_ONCE: Final = 500


def poll_states(
    session: Session, wiki: str, titles: Sequence[str], event_kinds: Collection[str]
) -> dict[str, PollState]:
    """What is known of the page that has each title, or that had it or was reached through it last.

    `troubles` are kinds of events; a page is `has_open_event` while one of them is the last of its sort.
    """
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


def _titled(session: Session, wiki: str, titles: Sequence[str]) -> dict[str, ArticleRow]:
    """Of a deleted page and its successor, the one registered last."""
    result: dict[str, ArticleRow] = {}
    for group in batched(titles, _AT_ONCE):
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


def images_due(
    session: Session, wiki: str, page_ids: Sequence[int], before: datetime
) -> dict[int, dict[str, str | None]]:
    """File → SHA-1 of the judged pages among these whose pictures were not looked at since `before`."""
    at = col(ArticleRow.images_checked_at)
    result: dict[int, dict[str, str | None]] = {}
    for ids in batched(page_ids, _AT_ONCE):
        rows = (
            select(ArticleRow.page_id, ImageRow.file, ImageRow.sha1)
            .outerjoin(ImageRow, col(ImageRow.article_id) == col(ArticleRow.id))
            .where(col(ArticleRow.wiki) == wiki, col(ArticleRow.page_id).in_(ids))
            .where(col(ArticleRow.cursor).is_not(None), or_(at.is_(None), at < before))
            .order_by(col(ImageRow.id))
        )
        for page_id, file, sha1 in session.exec(rows):
            digests = result.setdefault(page_id, {})
            if file is not None:
                digests[file] = sha1
    return result


def mark_images_checked(session: Session, articles: Sequence[Article], now: datetime) -> None:
    """Note that the pictures of many pages are what they were."""
    _note(session, articles, {"images_checked_at": now})


def record_successful_checks(session: Session, articles: Sequence[Article], now: datetime) -> None:
    """Note a good check of many pages at once."""
    _note(session, articles, {"checked_at": now, "failures": 0, "error": None, "reserved_until": None})


def record_failed_checks(session: Session, articles: Sequence[Article], now: datetime, error: str) -> None:
    """Note that the checks of many pages failed for the same reason."""
    failures = col(ArticleRow.failures) + 1
    _note(session, articles, {"checked_at": now, "failures": failures, "error": error, "reserved_until": None})


def reserve_pages(session: Session, articles: Sequence[Article], until: datetime | None) -> None:
    """Note that a run is to check many pages; until then nobody else needs to be asked for it."""
    _note(session, articles, {"reserved_until": until})


def _note(session: Session, articles: Sequence[Article], values: dict[str, Any]) -> None:
    ordered = sorted(articles, key=lambda article: (article.wiki, article.page_id))
    for wiki, group in groupby(ordered, key=lambda article: article.wiki):
        for ids in batched([article.page_id for article in group], _AT_ONCE):
            own = update(ArticleRow).where(col(ArticleRow.wiki) == wiki, col(ArticleRow.page_id).in_(ids))
            session.exec(own.values(values))
