"""Find the row of an article, and make values of rows."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby
from typing import Any, Final

from sqlmodel import Session, col, select, update

from snapshots.tables import ArticleRow, RevisionRow
from watcher.batching import batched
from watcher.errors import Missing
from watcher.model import Article, Revision

# SQLite takes 32,766 values in a statement, older ones 999.
AT_ONCE: Final = 500


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


def to_revision(row: RevisionRow, article: Article) -> Revision:
    """The value of a row."""
    return Revision(
        article=article,
        id=row.revision_id,
        parent_id=row.parent_id,
        at=row.at,
        editor=row.editor,
        comment=row.comment,
        minor=row.minor,
        tags=tuple(row.tags),
        size=row.size,
        sha1=row.sha1,
        content_model=row.content_model,
        text_hidden=row.text_hidden,
    )


def update_articles(session: Session, articles: Sequence[Article], values: dict[str, Any]) -> None:
    """Write the same columns of many articles."""
    ordered = sorted(articles, key=lambda article: (article.wiki, article.page_id))
    for wiki, group in groupby(ordered, key=lambda article: article.wiki):
        for ids in batched([article.page_id for article in group], AT_ONCE):
            own = update(ArticleRow).where(col(ArticleRow.wiki) == wiki, col(ArticleRow.page_id).in_(ids))
            session.exec(own.values(values))
