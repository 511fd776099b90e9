"""Store revisions and their texts, each once, and read them back as snapshots."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any, Final

from sqlmodel import Session, col, select, update

from snapshots import texts
from snapshots.database import Database, Repository, insert_or_ignore, reads, writes
from snapshots.rows import (
    AT_ONCE,
    get_row,
    is_page,
    revision_rows,
    row_id,
    shared_names,
    time_order,
    to_article,
    to_revision,
    with_page,
)
from snapshots.tables import ArticleRow, RevisionRow
from watcher.batching import batched
from watcher.errors import Corrupt, Missing
from watcher.model import Article, Revision, Snapshot

_OLDEST_FIRST: Final = col(RevisionRow.at), col(RevisionRow.revision_id)
_NEWEST_FIRST: Final = tuple(column.desc() for column in _OLDEST_FIRST)


def store(
    session: Session, article: Article, snapshots: Sequence[Snapshot], now: datetime, owner: ArticleRow | None = None
) -> int:
    """Store the revisions and texts that are not stored yet; return how many revisions were new.

    `owner` is the row of the page, where it is locked already.
    """
    if not snapshots:
        return 0
    owner = owner or get_row(session, article, lock=True)
    unique = {snapshot.revision.id: snapshot for snapshot in snapshots}
    ordered = sorted(unique.values(), key=lambda snapshot: (snapshot.revision.at, snapshot.revision.id))
    rows = revision_rows(session, owner.wiki, [snapshot.revision.id for snapshot in ordered])
    text_ids = _store_texts(session, owner, ordered)
    fresh = []
    for snapshot in ordered:
        revision = snapshot.revision
        text_id = text_ids.get(revision.id)
        if (row := rows.get(revision.id)) is None:
            fresh.append(columns_of(revision, owner, text_id, now))
        else:
            _update_row(session, row, owner, revision, text_id)
    insert_or_ignore(session, RevisionRow, fresh)
    return len(fresh)


def _store_texts(session: Session, owner: ArticleRow, ordered: list[Snapshot]) -> dict[int, int]:
    """Store the texts, each packed against the one before; return the text id of each revision id."""
    bodies = {s.revision.id: texts.encode(s.wikitext) for s in ordered if s.wikitext is not None}
    digests = {revision_id: texts.digest(body) for revision_id, body in bodies.items()}
    stored = texts.existing_ids(session, list(set(digests.values())))
    text_ids: dict[int, int] = {}
    previous: texts.StoredText | None = None
    packed: dict[bytes, texts.StoredText] = {}  # what this batch stored, to which edits after it may go back
    for snapshot in ordered:
        revision_id = snapshot.revision.id
        if revision_id not in bodies:
            continue
        key = digests[revision_id]
        if key in stored:
            # Read only when a new text follows: a batch that is stored already costs no unpacking.
            previous = packed.get(key)
        else:
            base = previous or _base_text(session, owner, snapshot.revision, text_ids)
            packed[key] = previous = texts.store_text(session, bodies[revision_id], base)
            stored[key] = previous.id
        text_ids[revision_id] = stored[key]
    return text_ids


def _base_text(
    session: Session, owner: ArticleRow, revision: Revision, batch: dict[int, int]
) -> texts.StoredText | None:
    """Return the text to pack against: the last of this batch, else the nearest stored one of the page."""
    text_id = next(reversed(batch.values()), None) or _nearest_text(session, owner, revision)
    try:
        return None if text_id is None else texts.load_text(session, text_id)
    except Corrupt:  # a damaged text must not keep new ones from being stored: they start with a keyframe
        return None


def _nearest_text(session: Session, owner: ArticleRow, revision: Revision) -> int | None:
    of_page = select(RevisionRow.text_id).where(
        col(RevisionRow.article_id) == owner.id, col(RevisionRow.text_id).is_not(None)
    )
    earlier = of_page.where(time_order() < (revision.at, revision.id)).order_by(*_NEWEST_FIRST)
    # A history that is backfilled from its start finds only later texts, which do as well.
    return session.exec(earlier.limit(1)).first() or session.exec(of_page.order_by(*_OLDEST_FIRST).limit(1)).first()


def columns_of(revision: Revision, owner: ArticleRow, text_id: int | None, now: datetime) -> dict[str, Any]:
    """Return the columns of a revision that is stored for the first time."""
    own = {"wiki": owner.wiki, "article_id": owner.id, "revision_id": revision.id, "text_id": text_id, "seen_at": now}
    return {name: getattr(revision, name) for name in shared_names(Revision, RevisionRow, ("id",))} | own


def _update_row(session: Session, row: RevisionRow, owner: ArticleRow, revision: Revision, text_id: int | None) -> None:
    """Store what the wiki hid before and shows now, the page, for histories are merged, and the editor's account.

    Never drop a text.
    """
    news: dict[str, Any] = {"article_id": owner.id, "text_hidden": revision.text_hidden}
    shown: dict[str, Any] = {"text_id": text_id, "editor": revision.editor, "comment": revision.comment}
    shown |= {"bot": revision.bot, "new_account": revision.new_account, "groups": revision.groups}
    news |= {name: value for name, value in shown.items() if getattr(row, name) is None and value is not None}
    if any(getattr(row, name) != value for name, value in news.items()):
        session.connection().execute(update(RevisionRow).where(col(RevisionRow.id) == row.id).values(news))


def _of_page(article: Article, after: Revision | None) -> Any:
    """Select the revisions of a page with its row, those after `after` where it is given, oldest first."""
    rows = with_page(article).order_by(*_OLDEST_FIRST)
    return rows if after is None else rows.where(time_order() > (after.at, after.id))


def _listed(session: Session, both: Any) -> tuple[Revision, ...]:
    return tuple(to_revision(row, to_article(owner)) for row, owner in session.exec(both))


def _first(session: Session, article: Article, both: Any) -> Revision | None:
    result = session.exec(both.limit(1)).first()
    if result is None:
        row_id(session, article)
        return None
    return to_revision(result[0], to_article(result[1]))


def _snapshots(session: Session, wiki: str, ids: Sequence[int]) -> list[Snapshot]:
    both = select(RevisionRow, ArticleRow).join(ArticleRow, col(ArticleRow.id) == col(RevisionRow.article_id))
    rows = session.exec(both.where(col(RevisionRow.wiki) == wiki, col(RevisionRow.revision_id).in_(ids))).all()
    result = {snapshot.revision.id: snapshot for snapshot in _with_texts(session, rows)}
    for revision_id in ids:
        if revision_id not in result:
            raise Missing(f"revision {revision_id} of {wiki} is not stored: run `watcher check` or `watcher history`")
    return [result[revision_id] for revision_id in ids]


def _with_texts(session: Session, rows: Sequence[tuple[RevisionRow, ArticleRow]]) -> tuple[Snapshot, ...]:
    text_ids = {row.text_id for row, _ in rows if row.text_id is not None}
    bodies = texts.load_texts(session, text_ids) if text_ids else {}
    return tuple(
        Snapshot(
            revision=to_revision(row, to_article(owner)),
            wikitext=None if row.text_id is None else texts.decode(bodies[row.text_id]),
        )
        for row, owner in rows
    )


class RevisionRepository(Repository):
    """Revisions of pages with their texts."""

    def __init__(self, database: Database, now: Callable[[], datetime]) -> None:
        super().__init__(database)
        self._now = now

    @reads
    def newest(self, session: Session, article: Article) -> Revision | None:
        """Return the last stored revision by time, then id."""
        return _first(session, article, with_page(article).order_by(*_NEWEST_FIRST))

    @reads
    def cursor(self, session: Session, article: Article) -> Revision | None:
        """Return the last judged revision, None before the first check."""
        judged = (
            select(RevisionRow, ArticleRow)
            .join(ArticleRow, col(ArticleRow.wiki) == col(RevisionRow.wiki))
            .where(*is_page(article.wiki, article.page_id), col(RevisionRow.revision_id) == col(ArticleRow.cursor))
        )
        return _first(session, article, judged)

    @writes
    def store(self, session: Session, article: Article, snapshots: Sequence[Snapshot]) -> int:
        """Store revisions and texts, each once; return how many revisions were new."""
        return store(session, article, snapshots, self._now())

    @writes
    def store_after(
        self, session: Session, article: Article, snapshots: Sequence[Snapshot], after: Revision
    ) -> tuple[int, tuple[Revision, ...]]:
        """Store revisions as `store` does; also return those of the page that are stored after `after` now."""
        count = store(session, article, snapshots, self._now())
        return count, _listed(session, _of_page(article, after))

    @reads
    def stored_ids(self, session: Session, wiki: str, ids: Sequence[int]) -> frozenset[int]:
        """Return which of these revisions are stored, of whatever page."""
        own = select(RevisionRow.revision_id).where(col(RevisionRow.wiki) == wiki)
        parts = (session.exec(own.where(col(RevisionRow.revision_id).in_(part))) for part in batched(ids, AT_ONCE))
        return frozenset(number for part in parts for number in part)

    @reads
    def snapshot(self, session: Session, wiki: str, revision_id: int) -> Snapshot:
        """Read a revision with its text; Missing when it is not stored."""
        return _snapshots(session, wiki, [revision_id])[0]

    @reads
    def pair(self, session: Session, wiki: str, before_id: int, after_id: int) -> tuple[Snapshot, Snapshot]:
        """Read two revisions with their texts, of which one is mostly packed on the other; Missing, Corrupt."""
        before, after = _snapshots(session, wiki, [before_id, after_id])
        return before, after

    @reads
    def of_article(
        self, session: Session, article: Article, *, after: Revision | None = None, limit: int | None = None
    ) -> tuple[Revision, ...]:
        """List the revisions of a page, those after `after` where it is given, oldest first."""
        row_id(session, article)
        return _listed(session, _of_page(article, after).limit(limit))

    @reads
    def earlier_edits(self, session: Session, edit: Revision) -> int | None:
        """Count the edits of the same editor before this one, up to two; None where older revisions are not stored."""
        of_page = col(RevisionRow.article_id) == row_id(session, edit.article)
        oldest = select(RevisionRow.parent_id).where(of_page).order_by(*_OLDEST_FIRST).limit(1)
        if edit.editor is None or session.exec(oldest).first() != 0:
            return None
        own = of_page, col(RevisionRow.editor) == edit.editor, time_order() < (edit.at, edit.id)
        return len(session.exec(select(RevisionRow.id).where(*own).limit(2)).all())

    @reads
    def history(self, session: Session, edit: Revision, limit: int) -> tuple[Revision, ...]:
        """List up to `limit` stored revisions of the page before an edit, oldest first."""
        before = with_page(edit.article).where(time_order() < (edit.at, edit.id))
        return _listed(session, before.order_by(*_NEWEST_FIRST).limit(limit))[::-1]

    @reads
    def restored(self, session: Session, article: Article, revision: Revision, *, reach: int) -> Revision | None:
        """Find the newest of the `reach` stored revisions before `revision` that has the very same text.

        None where that text was replaced meanwhile by a still older one: putting it in again is a change again.
        """
        of_page = col(RevisionRow.article_id) == row_id(session, article)
        until = select(RevisionRow.revision_id, RevisionRow.text_id).where(
            of_page, time_order() <= (revision.at, revision.id)
        )
        newest = session.exec(until.order_by(*_NEWEST_FIRST).limit(reach + 1)).all()
        ids, text_ids = [number for number, _ in newest], [text_id for _, text_id in newest]
        if ids[:1] != [revision.id] or text_ids[0] is None or text_ids[0] not in text_ids[1:]:
            return None
        index = text_ids.index(text_ids[0], 1)
        if not set(text_ids[1:index]).isdisjoint(text_ids[index + 1 :]):
            return None
        return _first(session, article, with_page(article).where(col(RevisionRow.revision_id) == ids[index]))

    @reads
    def with_text(
        self, session: Session, article: Article, *, after: Revision | None = None, limit: int = 50
    ) -> tuple[Snapshot, ...]:
        """Read the next revisions after `after` that have a text, oldest first; each text is unpacked once."""
        requested = _of_page(article, after).where(col(RevisionRow.text_id).is_not(None))
        return _with_texts(session, session.exec(requested.limit(limit)).all())

    @reads
    def ids(self, session: Session, article: Article, *, include_pruned: bool = False) -> dict[int, bool]:
        """Map the ids of a page's revisions to whether the text is stored (`include_pruned`: or once was)."""
        columns = select(RevisionRow.revision_id, RevisionRow.text_id, RevisionRow.text_hidden)
        rows = session.exec(columns.where(col(RevisionRow.article_id) == row_id(session, article)))
        return {
            revision_id: text_id is not None or (include_pruned and not text_hidden)
            for revision_id, text_id, text_hidden in rows
        }

    @reads
    def find_corrupt_texts(self, session: Session) -> tuple[str, ...]:
        """Read every stored text, about 500 a second; return a line for each that is damaged."""
        return tuple(texts.find_corrupt_texts(session))
