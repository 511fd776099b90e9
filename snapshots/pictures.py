"""What stands around an article's text: the pictures that it shows, as they were looked at last, and its protection."""

from __future__ import annotations

from datetime import datetime

from sqlmodel import Session, col, delete, or_, select, update

from snapshots.articles import article_of, row_of
from snapshots.picture_rows import PictureRow
from snapshots.rows import ArticleRow, EventRow
from snapshots.upsert import insert_once
from snapshots.values import Pictures
from watcher.model import Article


def pictures(session: Session, article: Article) -> Pictures:
    """The files that an article showed when they were looked at last."""
    owner = row_of(session, article)
    rows = select(PictureRow).where(col(PictureRow.article_id) == owner.id).order_by(col(PictureRow.id))
    digests = {row.file: row.sha1 for row in session.exec(rows)}
    return Pictures(revision_id=owner.pictures_of, seen_at=owner.pictures_at, digests=digests)


def keep(session: Session, article_id: int, seen: Pictures) -> None:
    """Put what was seen now in the place of what was seen before."""
    known = select(PictureRow).where(col(PictureRow.article_id) == article_id)
    before = {row.file: row.sha1 for row in session.exec(known)}
    # one bound parameter a file: an article of a thousand pictures must not reach SQLite's limit
    for file in before.keys() - seen.digests.keys():
        session.exec(delete(PictureRow).where(col(PictureRow.article_id) == article_id, col(PictureRow.file) == file))
    for file, sha1 in seen.digests.items():
        if file in before and before[file] != sha1:
            row = update(PictureRow).where(col(PictureRow.article_id) == article_id, col(PictureRow.file) == file)
            session.exec(row.values(sha1=sha1))
    new = [
        {"article_id": article_id, "file": file, "sha1": sha1}
        for file, sha1 in seen.digests.items()
        if file not in before
    ]
    insert_once(session, PictureRow, new)
    looked = update(ArticleRow).where(col(ArticleRow.id) == article_id)
    session.exec(looked.values(pictures_of=seen.revision_id, pictures_at=seen.seen_at))


def due(session: Session, wiki: str, before: datetime) -> tuple[Article, ...]:
    """Judged pages of a wiki whose pictures were not looked at since `before`, the longest waiting first."""
    at = col(ArticleRow.pictures_at)
    rows = (
        select(ArticleRow)
        .where(col(ArticleRow.wiki) == wiki, col(ArticleRow.cursor).is_not(None), or_(at.is_(None), at < before))
        .order_by(at.is_not(None), at, col(ArticleRow.id))
    )
    return tuple(article_of(row) for row in session.exec(rows))


def protections(session: Session, wiki: str) -> dict[int, str | None]:
    """Who alone may edit each page of a wiki, by page id; empty for anybody, None where nobody has looked yet."""
    rows = select(ArticleRow.page_id, ArticleRow.protection).where(col(ArticleRow.wiki) == wiki)
    return {row[0]: row[1] for row in session.exec(rows)}


def protected(session: Session, article: Article, protection: str, now: datetime) -> bool:
    """Note who alone may edit a page from now on, and record it as an event; True when it is news.

    What is found at the first look is no news.
    """
    row = row_of(session, article, lock=True)
    before = row.protection
    if before == protection:
        return False
    session.exec(update(ArticleRow).where(col(ArticleRow.id) == row.id).values(protection=protection))
    if before is None:
        return False
    kind = "protected" if protection else "unprotected"
    detail = f"{before or 'free'} → {protection or 'free'}"
    session.add(EventRow(article_id=row.id, sort="protected", kind=kind, detail=detail, revision_id=None, at=now))
    return True


def kept(session: Session, article: Article, seen: Pictures) -> None:
    """Keep what was seen where nothing has to be told of it."""
    keep(session, row_of(session, article, lock=True).id, seen)
