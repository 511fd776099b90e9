"""Store the digests of the images that articles show, and the articles' protection."""

from __future__ import annotations

from datetime import datetime

from sqlmodel import Session, col, delete, or_, select, update

from snapshots.articles import get_row, to_article
from snapshots.database import insert_or_ignore
from snapshots.records import ImageDigests
from snapshots.tables import ArticleRow, EventRow, ImageRow
from watcher.model import Article


def image_digests(session: Session, article: Article) -> ImageDigests:
    """The files that an article showed when they were looked at last."""
    owner = get_row(session, article)
    rows = select(ImageRow).where(col(ImageRow.article_id) == owner.id).order_by(col(ImageRow.id))
    digests = {row.file: row.sha1 for row in session.exec(rows)}
    return ImageDigests(revision_id=owner.images_revision_id, seen_at=owner.images_checked_at, digests=digests)


def save(session: Session, article_id: int, seen: ImageDigests) -> None:
    """Put what was seen now in the place of what was seen before."""
    known = select(ImageRow).where(col(ImageRow.article_id) == article_id)
    before = {row.file: row.sha1 for row in session.exec(known)}
    # one bound parameter a file: an article of a thousand pictures must not reach SQLite's limit
    for file in before.keys() - seen.digests.keys():
        session.exec(delete(ImageRow).where(col(ImageRow.article_id) == article_id, col(ImageRow.file) == file))
    for file, sha1 in seen.digests.items():
        if file in before and before[file] != sha1:
            row = update(ImageRow).where(col(ImageRow.article_id) == article_id, col(ImageRow.file) == file)
            session.exec(row.values(sha1=sha1))
    new = [
        {"article_id": article_id, "file": file, "sha1": sha1}
        for file, sha1 in seen.digests.items()
        if file not in before
    ]
    insert_or_ignore(session, ImageRow, new)
    looked = update(ArticleRow).where(col(ArticleRow.id) == article_id)
    session.exec(looked.values(images_revision_id=seen.revision_id, images_checked_at=seen.seen_at))


def images_due(session: Session, wiki: str, before: datetime) -> tuple[Article, ...]:
    """Judged pages of a wiki whose pictures were not looked at since `before`, the longest waiting first."""
    at = col(ArticleRow.images_checked_at)
    rows = (
        select(ArticleRow)
        .where(col(ArticleRow.wiki) == wiki, col(ArticleRow.cursor).is_not(None), or_(at.is_(None), at < before))
        .order_by(at.is_not(None), at, col(ArticleRow.id))
    )
    return tuple(to_article(row) for row in session.exec(rows))


def protections(session: Session, wiki: str) -> dict[int, str | None]:
    """Who alone may edit each page of a wiki, by page id; empty for anybody, None where nobody has looked yet."""
    rows = select(ArticleRow.page_id, ArticleRow.protection).where(col(ArticleRow.wiki) == wiki)
    return {row[0]: row[1] for row in session.exec(rows)}


def record_protection(session: Session, article: Article, protection: str, now: datetime) -> bool:
    """Note who alone may edit a page from now on, and record it as an event; True when it is news.

    What is found at the first look is no news.
    """
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


def save_for(session: Session, article: Article, seen: ImageDigests) -> None:
    """Keep what was seen where nothing has to be told of it."""
    save(session, get_row(session, article, lock=True).id, seen)
