"""Store the digests of the images that articles show."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final

from sqlalchemy import bindparam
from sqlalchemy import select as select_columns
from sqlmodel import Session, col, delete, or_, select, update

from snapshots.database import Repository, insert_or_ignore, reads, writes
from snapshots.records import ImageDigests
from snapshots.rows import in_parts, row_id, update_articles
from snapshots.tables import ArticleRow, ImageRow
from watcher.model import Article

Digests = Mapping[str, str | None]
# Built once: each check reads what is recorded, that of a changed page the digests.
_RECORDED: Final = (
    select_columns(col(ArticleRow.page_id), col(ImageRow.file), col(ImageRow.sha1))
    .outerjoin(ImageRow, col(ImageRow.article_id) == col(ArticleRow.id))
    .where(
        col(ArticleRow.wiki) == bindparam("wiki"),
        col(ArticleRow.page_id).in_(bindparam("page_ids", expanding=True)),
        col(ArticleRow.cursor).is_not(None),
        or_(col(ArticleRow.images_checked_at).is_(None), col(ArticleRow.images_checked_at) < bindparam("before")),
    )
    .order_by(col(ImageRow.id))
)
_DIGESTS: Final = (
    select_columns(
        col(ArticleRow.images_revision_id), col(ArticleRow.images_checked_at), col(ImageRow.file), col(ImageRow.sha1)
    )
    .outerjoin(ImageRow, col(ImageRow.article_id) == col(ArticleRow.id))
    .where(col(ArticleRow.id) == bindparam("page"))
    .order_by(col(ImageRow.id))
)


def save(session: Session, article_id: int, seen: ImageDigests) -> None:
    """Replace the digests of an article by those seen now; its row is locked first."""
    checked = update(ArticleRow).where(col(ArticleRow.id) == article_id)
    session.connection().execute(checked.values(images_revision_id=seen.revision_id, images_checked_at=seen.seen_at))
    replace_digests(session, article_id, seen.digests)


def replace_digests(session: Session, article_id: int, digests: Digests, before: Digests | None = None) -> None:
    """Replace the digests of an article whose row is locked; `before` are the stored ones, where known."""
    own = col(ImageRow.article_id) == article_id
    if before is None:
        before = dict(session.exec(select(ImageRow.file, ImageRow.sha1).where(own)).all())
    # A statement for each file: an article of a thousand images must not reach SQLite's limit of parameters.
    for file, _ in before.items() - digests.items():
        session.exec(delete(ImageRow).where(own, col(ImageRow.file) == file))
    new = [item for item in digests.items() if item not in before.items()]
    insert_or_ignore(session, ImageRow, [{"article_id": article_id, "file": file, "sha1": sha1} for file, sha1 in new])


class ImageRepository(Repository):
    """The digests of the images that articles show."""

    @reads
    def digests(self, session: Session, article: Article) -> ImageDigests:
        """Read the digests of the images that an article showed when they were checked last."""
        rows = session.connection().execute(_DIGESTS, {"page": row_id(session, article)}).all()
        digests = {file: sha1 for _, _, file, sha1 in rows if file is not None}
        return ImageDigests(revision_id=rows[0][0], seen_at=rows[0][1], digests=digests)

    @writes
    def save(self, session: Session, article: Article, seen: ImageDigests) -> None:
        """Replace the digests of an article by those seen now, where no alert goes out."""
        save(session, row_id(session, article), seen)

    @reads
    def recorded(
        self, session: Session, wiki: str, page_ids: Sequence[int], before: datetime
    ) -> dict[int, dict[str, str | None]]:
        """Read the digests of the judged pages among these, by id, whose images were not checked since `before`."""
        result: dict[int, dict[str, str | None]] = {}
        for page_id, file, sha1 in in_parts(session, _RECORDED, "page_ids", page_ids, wiki=wiki, before=before):
            digests = result.setdefault(page_id, {})
            if file is not None:
                digests[file] = sha1
        return result

    @writes
    def mark_checked(self, session: Session, articles: Sequence[Article], now: datetime) -> None:
        """Record that the images of many pages have not changed."""
        update_articles(session, articles, {"images_checked_at": now})
