"""Store revisions and their texts, each once, and read them back as snapshots."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

from sqlmodel import Session, and_, col, or_, select, update

from snapshots import texts
from snapshots.database import Database, Repository, insert_or_ignore, reads, writes
from snapshots.rows import get_row, to_article, to_revision
from snapshots.tables import ArticleRow, RevisionRow
from watcher.batching import batched
from watcher.errors import Corrupt, Missing
from watcher.model import Article, Revision, Snapshot


def store(session: Session, article: Article, snapshots: Sequence[Snapshot], now: datetime) -> int:
    """Store those revisions and texts that are not there yet; how many revisions were new."""
    if not snapshots:
        return 0
    owner = get_row(session, article, lock=True)
    ordered = sorted({snapshot.revision.id: snapshot for snapshot in snapshots}.values(), key=_time)
    rows = _stored_rows(session, article.wiki, [snapshot.revision.id for snapshot in ordered])
    text_ids = _store_texts(session, owner, ordered)
    fresh = []
    for snapshot in ordered:
        revision = snapshot.revision
        text_id = text_ids.get(revision.id)
        if (row := rows.get(revision.id)) is None:
            fresh.append(_columns(revision, owner, text_id, now))
        else:
            _update_row(session, row, owner, revision, text_id)
    insert_or_ignore(session, RevisionRow, fresh)
    return len(fresh)


def _time(snapshot: Snapshot) -> tuple[datetime, int]:
    return snapshot.revision.at, snapshot.revision.id


def _stored_rows(session: Session, wiki: str, ids: list[int]) -> dict[int, RevisionRow]:
    result: dict[int, RevisionRow] = {}
    for batch in batched(ids, 500):
        group = select(RevisionRow).where(col(RevisionRow.wiki) == wiki, col(RevisionRow.revision_id).in_(batch))
        result.update((row.revision_id, row) for row in session.exec(group))
    return result


def _store_texts(session: Session, owner: ArticleRow, ordered: list[Snapshot]) -> dict[int, int]:
    """Store the texts of `ordered`, each packed against the one before; revision id → text id."""
    bodies = {s.revision.id: texts.encode(s.wikitext) for s in ordered if s.wikitext is not None}
    digests = {revision_id: texts.digest(body) for revision_id, body in bodies.items()}
    stored = texts.existing_ids(session, list(set(digests.values())))
    text_ids: dict[int, int] = {}
    previous: texts.StoredText | None = None
    for snapshot in ordered:
        revision_id = snapshot.revision.id
        if revision_id not in bodies:
            continue
        key = digests[revision_id]
        if key in stored:
            # Read only when a new text follows: a batch that is stored already costs no unpacking.
            previous = None
        else:
            base = previous or _base_text(session, owner, snapshot.revision, text_ids)
            previous = texts.store_text(session, bodies[revision_id], base)
            stored[key] = previous.id
        text_ids[revision_id] = stored[key]
    return text_ids


def _base_text(
    session: Session, owner: ArticleRow, revision: Revision, batch: dict[int, int]
) -> texts.StoredText | None:
    """The text that stands before `revision`: the last of this batch, else the nearest stored one of the page."""
    text_id = next(reversed(batch.values()), None) or _nearest_text(session, owner, revision)
    try:
        return None if text_id is None else texts.load_text(session, text_id)
    except Corrupt:  # what is damaged must not stop what is new: it starts with a keyframe
        return None


def _nearest_text(session: Session, owner: ArticleRow, revision: Revision) -> int | None:
    of_page = select(RevisionRow.text_id).where(
        col(RevisionRow.article_id) == owner.id, col(RevisionRow.text_id).is_not(None)
    )
    at, revision_id = col(RevisionRow.at), col(RevisionRow.revision_id)
    earlier = of_page.where(_before(revision)).order_by(at.desc(), revision_id.desc())
    # A history that is filled in from its start finds only later texts, and those help too.
    return session.exec(earlier.limit(1)).first() or session.exec(of_page.order_by(at, revision_id).limit(1)).first()


def _before(revision: Revision) -> Any:
    at, revision_id = col(RevisionRow.at), col(RevisionRow.revision_id)
    return or_(at < revision.at, and_(at == revision.at, revision_id < revision.id))


def _columns(revision: Revision, owner: ArticleRow, text_id: int | None, now: datetime) -> dict[str, Any]:
    return {
        "wiki": owner.wiki,
        "revision_id": revision.id,
        "article_id": owner.id,
        "parent_id": revision.parent_id,
        "at": revision.at,
        "editor": revision.editor,
        "comment": revision.comment,
        "minor": revision.minor,
        "tags": list(revision.tags),
        "size": revision.size,
        "sha1": revision.sha1,
        "content_model": revision.content_model,
        "text_hidden": revision.text_hidden,
        "text_id": text_id,
        "seen_at": now,
    }


def _update_row(session: Session, row: RevisionRow, owner: ArticleRow, revision: Revision, text_id: int | None) -> None:
    """Take what the wiki shows now and hid before, and the page when histories were merged; never lose a text."""
    news: dict[str, Any] = {"article_id": owner.id, "text_hidden": revision.text_hidden}
    shown = {"text_id": text_id, "editor": revision.editor, "comment": revision.comment}
    news |= {name: value for name, value in shown.items() if getattr(row, name) is None and value is not None}
    if any(getattr(row, name) != value for name, value in news.items()):
        session.exec(update(RevisionRow).where(col(RevisionRow.id) == row.id).values(news))


class RevisionRepository(Repository):
    """Revisions of pages with their texts."""

    def __init__(self, database: Database, now: Callable[[], datetime]) -> None:
        super().__init__(database)
        self._now = now

    @reads
    def newest(self, session: Session, article: Article) -> Revision | None:
        """The last stored revision by time, then id."""
        owner = get_row(session, article)
        last = (
            select(RevisionRow)
            .where(col(RevisionRow.article_id) == owner.id)
            .order_by(col(RevisionRow.at).desc(), col(RevisionRow.revision_id).desc())
            .limit(1)
        )
        row = session.exec(last).first()
        return None if row is None else to_revision(row, to_article(owner))

    @reads
    def cursor(self, session: Session, article: Article) -> Revision | None:
        """The last judged revision."""
        owner = get_row(session, article)
        if owner.cursor is None:
            return None
        row = _stored_rows(session, owner.wiki, [owner.cursor]).get(owner.cursor)
        return None if row is None else to_revision(row, to_article(owner))

    @writes
    def store(self, session: Session, article: Article, snapshots: Sequence[Snapshot]) -> int:
        """Store revisions and texts, each once; how many revisions were new."""
        return store(session, article, snapshots, self._now())

    @reads
    def snapshot(self, session: Session, wiki: str, revision_id: int) -> Snapshot:
        """A stored revision with its text; Missing when it is unknown."""
        both = (
            select(RevisionRow, ArticleRow)
            .join(ArticleRow, col(ArticleRow.id) == col(RevisionRow.article_id))
            .where(col(RevisionRow.wiki) == wiki, col(RevisionRow.revision_id) == revision_id)
        )
        result = session.exec(both).first()
        if result is None:
            raise Missing(f"revision {revision_id} of {wiki} is not stored: run `watcher check` or `watcher history`")
        row, owner = result
        text = None if row.text_id is None else texts.decode(texts.load_text(session, row.text_id).body)
        return Snapshot(revision=to_revision(row, to_article(owner)), wikitext=text)

    @reads
    def of_article(
        self, session: Session, article: Article, *, after: Revision | None = None, limit: int | None = None
    ) -> tuple[Revision, ...]:
        """The stored revisions of a page after `after`, oldest first."""
        owner = get_row(session, article)
        at, revision_id = col(RevisionRow.at), col(RevisionRow.revision_id)
        requested = select(RevisionRow).where(col(RevisionRow.article_id) == owner.id).order_by(at, revision_id)
        if after is not None:
            requested = requested.where(or_(at > after.at, and_(at == after.at, revision_id > after.id)))
        return tuple(to_revision(row, to_article(owner)) for row in session.exec(requested.limit(limit)))

    @reads
    def restored(self, session: Session, article: Article, revision: Revision, *, reach: int) -> Revision | None:
        """Find the newest of the `reach` stored revisions before `revision` that has the very same text.

        None where that text was taken back meanwhile for a still older one: who puts it in again makes the change anew.
        """
        owner = get_row(session, article)
        at, revision_id = col(RevisionRow.at), col(RevisionRow.revision_id)
        row = _stored_rows(session, owner.wiki, [revision.id]).get(revision.id)
        if row is None or row.text_id is None:
            return None
        requested = select(RevisionRow).where(col(RevisionRow.article_id) == owner.id, _before(revision))
        rows = session.exec(requested.order_by(at.desc(), revision_id.desc()).limit(reach)).all()
        keys = [item.text_id for item in rows]
        if row.text_id not in keys:
            return None
        at_row = keys.index(row.text_id)
        if not set(keys[:at_row]).isdisjoint(keys[at_row + 1 :]):
            return None
        return to_revision(rows[at_row], to_article(owner))

    @reads
    def with_text(
        self, session: Session, article: Article, *, after: Revision | None = None, limit: int = 50
    ) -> tuple[Snapshot, ...]:
        """The next revisions after one of which there is a text, oldest first; each text is unpacked once."""
        owner = get_row(session, article)
        at, revision_id = col(RevisionRow.at), col(RevisionRow.revision_id)
        requested = select(RevisionRow).where(
            col(RevisionRow.article_id) == owner.id, col(RevisionRow.text_id).is_not(None)
        )
        if after is not None:
            requested = requested.where(or_(at > after.at, and_(at == after.at, revision_id > after.id)))
        rows = session.exec(requested.order_by(at, revision_id).limit(limit)).all()
        bodies = texts.load_texts(session, {row.text_id for row in rows if row.text_id is not None})
        return tuple(
            Snapshot(revision=to_revision(row, to_article(owner)), wikitext=texts.decode(bodies[row.text_id]))
            for row in rows
            if row.text_id is not None
        )

    @reads
    def ids(self, session: Session, article: Article, *, include_pruned: bool = False) -> dict[int, bool]:
        """Map the ids of a page's stored revisions to whether the text is stored (`include_pruned`: or was once)."""
        owner = get_row(session, article)
        columns = select(RevisionRow.revision_id, RevisionRow.text_id, RevisionRow.text_hidden)
        rows = session.exec(columns.where(col(RevisionRow.article_id) == owner.id))
        return {
            revision_id: text_id is not None or (include_pruned and not text_hidden)
            for revision_id, text_id, text_hidden in rows
        }

    @reads
    def find_corrupt_texts(self, session: Session) -> tuple[str, ...]:
        """Read every stored text (about 500 a second): a line for each that is damaged."""
        return tuple(texts.find_corrupt_texts(session))
