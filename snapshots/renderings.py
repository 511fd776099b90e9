"""Store the facts that readers see of articles, with what they were made from."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, Index
from sqlmodel import Field, Session, col, select, update

from snapshots import texts
from snapshots.database import Repository, reads, writes
from snapshots.rows import row_id, to_record, update_articles
from snapshots.tables import ArticleRow, BigId, JsonText, NumberedTable, SafeText, UTCDateTime
from watcher.errors import Corrupt
from watcher.model import Article


class RenderingRow(NumberedTable, table=True):
    """The facts that readers saw of a revision, and what they were made from: `sources` maps titles to revision ids.

    `volatile` is what differs between renderings of the same sources.
    """

    __table_args__ = (Index(None, "article_id", "id"),)

    article_id: int = Field(foreign_key="article.id", sa_type=BigId)
    revision_id: int = Field(sa_type=BigInteger)
    at: datetime = Field(sa_type=UTCDateTime)
    text_id: int = Field(foreign_key="text.id", index=True, sa_type=BigId)
    sources: Any = Field(sa_type=JsonText)
    item: str | None = Field(default=None, sa_type=SafeText)
    version: int
    volatile: Any = Field(sa_type=JsonText)


@dataclass(frozen=True, slots=True, kw_only=True)
class RenderedFacts:
    """The facts that readers see of a revision, as a wikitext, and what they were made from.

    `touched` is the wiki's time stamp of the page; `sources` are the titles of all pages that are transcluded, directly
    or not, with the id of the revision that was used (0 where there is no such page); `item` is the page's item of the
    wiki's data repository; `version` is that of the code that wrote the text, `volatile` is what differs between
    renderings of the same sources.
    """

    revision_id: int
    touched: str
    at: datetime
    text: str = field(repr=False)
    sources: Mapping[str, int]
    item: str | None = None
    version: int
    volatile: Any = None


def save(session: Session, article_id: int, facts: RenderedFacts) -> None:
    """Store what readers see now; a text that is the one stored last keeps its row."""
    session.exec(update(ArticleRow).where(col(ArticleRow.id) == article_id).values(touched=facts.touched))
    last, base = _newest(session, article_id), None
    with suppress(Corrupt):  # a damaged text must not keep the next one from being stored
        base = None if last is None else texts.load_text(session, last.text_id)
    body = texts.encode(facts.text)
    made_from = {name: getattr(facts, name) for name in ("revision_id", "item", "version", "volatile")}
    made_from |= {"sources": dict(facts.sources)}
    if last is None or base is None or base.body != body:
        text_id = texts.store_text(session, body, base).id
        session.add(RenderingRow(article_id=article_id, at=facts.at, text_id=text_id, **made_from))
    elif any(getattr(last, name) != value for name, value in made_from.items()):
        session.exec(update(RenderingRow).where(col(RenderingRow.id) == last.id).values(made_from))


def _newest(session: Session, article_id: int) -> RenderingRow | None:
    rows = select(RenderingRow).where(col(RenderingRow.article_id) == article_id)
    return session.exec(rows.order_by(col(RenderingRow.id).desc()).limit(1)).first()


class RenderingRepository(Repository):
    """What readers see of articles."""

    @reads
    def newest(self, session: Session, article: Article) -> RenderedFacts | None:
        """Read what readers saw when an article was rendered last; Corrupt when the text is damaged."""
        owner_id = row_id(session, article)
        row = _newest(session, owner_id)
        if row is None:
            return None
        touched = session.exec(select(ArticleRow.touched).where(col(ArticleRow.id) == owner_id)).one()
        text = texts.decode(texts.load_text(session, row.text_id).body)
        return to_record(RenderedFacts, row, touched=touched or "", text=text)

    @writes
    def save(self, session: Session, article: Article, facts: RenderedFacts) -> None:
        """Store what readers see now, where nothing is to be told."""
        save(session, row_id(session, article), facts)

    @writes
    def mark_rendered(self, session: Session, article: Article, touched: str) -> None:
        """Record that an article shows the same although the wiki has declared it out of date."""
        update_articles(session, [article], {"touched": touched})
