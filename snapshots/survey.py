"""Titles become what is known of their pages, and a poll's word on them is noted, thousands in a few statements."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from datetime import datetime
from itertools import groupby
from typing import Any, Final

from sqlmodel import Session, col, func, or_, select, update

from snapshots.articles import ARROW, NAMINGS, article_of
from snapshots.picture_rows import PictureRow
from snapshots.rows import ArticleRow, EventRow
from snapshots.values import Known
from watcher.model import Article

# SQLite takes 32,766 values in a statement, older ones 999.
_AT_ONCE: Final = 500


def known(session: Session, wiki: str, titles: Sequence[str], troubles: Collection[str]) -> dict[str, Known]:
    """What is known of the page that has each title, or that had it or was reached through it last.

    `troubles` are kinds of events; a page is `troubled` while one of them is the last of its sort.
    """
    rows = _titled(session, wiki, titles)
    missing = set(titles) - rows.keys()
    if missing:
        rows |= _under_old_titles(session, wiki, missing)
    ill = _troubled(session, troubles) if rows else frozenset()
    return {
        title: Known(
            article=article_of(row),
            cursor=row.cursor,
            checked_at=row.checked_at,
            failures=row.failures,
            queued_until=row.queued_until,
            troubled=row.id in ill,
            protection=row.protection,
            pictured=row.pictures_of is not None,
        )
        for title, row in rows.items()
    }


def _titled(session: Session, wiki: str, titles: Sequence[str]) -> dict[str, ArticleRow]:
    """Of a deleted page and its successor, the one registered last."""
    found: dict[str, ArticleRow] = {}
    for some in _groups(titles):
        rows = select(ArticleRow).where(col(ArticleRow.wiki) == wiki, col(ArticleRow.title).in_(some))
        found |= {row.title: row for row in session.exec(rows.order_by(col(ArticleRow.id)))}
    return found


def _under_old_titles(session: Session, wiki: str, missing: Collection[str]) -> dict[str, ArticleRow]:
    past = (
        select(ArticleRow, EventRow.detail)
        .join(EventRow, col(EventRow.article_id) == col(ArticleRow.id))
        .where(col(ArticleRow.wiki) == wiki, col(EventRow.kind).in_(NAMINGS))
        .order_by(col(EventRow.id))
    )
    found: dict[str, ArticleRow] = {}
    for row, detail in session.exec(past):
        # A title may hold an arrow itself.
        parts = detail.split(ARROW)
        found |= dict.fromkeys({ARROW.join(parts[:count]) for count in range(1, len(parts))} & set(missing), row)
    return found


def _troubled(session: Session, troubles: Collection[str]) -> frozenset[int]:
    latest = (
        select(func.max(EventRow.id))
        .where(col(EventRow.sort).in_(troubles))
        .group_by(col(EventRow.article_id), col(EventRow.sort))
    )
    open_ones = select(EventRow.article_id).where(col(EventRow.id).in_(latest), col(EventRow.kind).in_(troubles))
    return frozenset(session.exec(open_ones))


def pictured(
    session: Session, wiki: str, page_ids: Sequence[int], before: datetime
) -> dict[int, dict[str, str | None]]:
    """File → SHA-1 of the judged pages among these whose pictures were not looked at since `before`."""
    at = col(ArticleRow.pictures_at)
    found: dict[int, dict[str, str | None]] = {}
    for ids in _groups(page_ids):
        rows = (
            select(ArticleRow.page_id, PictureRow.file, PictureRow.sha1)
            .outerjoin(PictureRow, col(PictureRow.article_id) == col(ArticleRow.id))
            .where(col(ArticleRow.wiki) == wiki, col(ArticleRow.page_id).in_(ids))
            .where(col(ArticleRow.cursor).is_not(None), or_(at.is_(None), at < before))
            .order_by(col(PictureRow.id))
        )
        for page_id, file, sha1 in session.exec(rows):
            digests = found.setdefault(page_id, {})
            if file is not None:
                digests[file] = sha1
    return found


def looked(session: Session, articles: Sequence[Article], now: datetime) -> None:
    """Note that the pictures of many pages are what they were."""
    _note(session, articles, {"pictures_at": now})


def checked(session: Session, articles: Sequence[Article], now: datetime) -> None:
    """Note a good check of many pages at once."""
    _note(session, articles, {"checked_at": now, "failures": 0, "error": None, "queued_until": None})


def failed(session: Session, articles: Sequence[Article], now: datetime, error: str) -> None:
    """Note that the checks of many pages failed for the same reason."""
    failures = col(ArticleRow.failures) + 1
    _note(session, articles, {"checked_at": now, "failures": failures, "error": error, "queued_until": None})


def queued(session: Session, articles: Sequence[Article], until: datetime | None) -> None:
    """Note that a run is to check many pages; until then nobody else needs to be asked for it."""
    _note(session, articles, {"queued_until": until})


def _note(session: Session, articles: Sequence[Article], values: dict[str, Any]) -> None:
    ordered = sorted(articles, key=lambda one: (one.wiki, one.page_id))
    for wiki, group in groupby(ordered, key=lambda one: one.wiki):
        for ids in _groups([one.page_id for one in group]):
            mine = update(ArticleRow).where(col(ArticleRow.wiki) == wiki, col(ArticleRow.page_id).in_(ids))
            session.exec(mine.values(values))


def _groups(values: Sequence[Any]) -> Iterator[Sequence[Any]]:
    for at in range(0, len(values), _AT_ONCE):
        yield values[at : at + _AT_ONCE]
