"""Store the digests of the images that articles show, and the articles' protection."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlmodel import Session, col, delete, or_, select, update

from snapshots.database import Repository, insert_or_ignore, reads, writes
from snapshots.records import ImageDigests
from snapshots.rows import AT_ONCE, get_row, to_article, update_articles
from snapshots.tables import ArticleRow, ImageRow
from watcher.batching import batched
from watcher.model import Article


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


class ImageRepository(Repository):
    """The digests of the images that articles show."""

    @reads
    def digests(self, session: Session, article: Article) -> ImageDigests:
        """The files that an article showed when they were looked at last."""
        owner = get_row(session, article)
        rows = select(ImageRow).where(col(ImageRow.article_id) == owner.id).order_by(col(ImageRow.id))
        digests = {row.file: row.sha1 for row in session.exec(rows)}
        return ImageDigests(revision_id=owner.images_revision_id, seen_at=owner.images_checked_at, digests=digests)

    @writes
    def save(self, session: Session, article: Article, seen: ImageDigests) -> None:
        """Put what was seen now in the place of what was seen before."""
        save(session, get_row(session, article, lock=True).id, seen)

    @reads
    def due(self, session: Session, wiki: str, before: datetime) -> tuple[Article, ...]:
        """Judged pages whose pictures were not looked at since `before`, the longest waiting first."""
        at = col(ArticleRow.images_checked_at)
        rows = (
            select(ArticleRow)
            .where(col(ArticleRow.wiki) == wiki, col(ArticleRow.cursor).is_not(None), or_(at.is_(None), at < before))
            .order_by(at.is_not(None), at, col(ArticleRow.id))
        )
        return tuple(to_article(row) for row in session.exec(rows))

    @reads
    def recorded(
        self, session: Session, wiki: str, page_ids: Sequence[int], before: datetime
    ) -> dict[int, dict[str, str | None]]:
        """File → SHA-1 of the judged pages among these whose pictures were not looked at since `before`."""
        at = col(ArticleRow.images_checked_at)
        result: dict[int, dict[str, str | None]] = {}
        for ids in batched(page_ids, AT_ONCE):
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

    @writes
    def mark_checked(self, session: Session, articles: Sequence[Article], now: datetime) -> None:
        """Note that the pictures of many pages are what they were."""
        update_articles(session, articles, {"images_checked_at": now})
