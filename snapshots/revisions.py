"""Store each revision and each text once, and read them back as snapshots."""

from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cache
from typing import Any, Final

from sqlalchemy import bindparam, func
from sqlalchemy import select as select_columns
from sqlalchemy.orm import aliased
from sqlmodel import Session, col, select, update

from snapshots import queries, texts
from snapshots.articles import check_columns, register_all
from snapshots.database import Repository, insert_or_ignore, insert_or_ignore_row, reads, writes
from snapshots.events import record_reached
from snapshots.records import ImageDigests
from snapshots.tables import ArticleRow, ImageRow, RevisionRow, UnreachedWatch
from watcher.errors import Corrupt, Missing
from watcher.model import Article, Revision, Snapshot

_SHOWN_LATER: Final = ("editor", "comment", "bot", "new_account", "groups")
_OLDEST_FIRST: Final = col(RevisionRow.at), col(RevisionRow.revision_id)
_NEWEST_FIRST: Final = tuple(column.desc() for column in _OLDEST_FIRST)

# The statements of a check are built once: building one takes several times as long as running it.
_COLUMNS: Final = (
    *queries.all_columns(RevisionRow),
    *map(col, (ArticleRow.page_id, ArticleRow.title, ArticleRow.cursor)),
)
_OWNER: Final[Any] = aliased(ArticleRow)
_JUDGED: Final[Any] = aliased(RevisionRow)
_PAGE: Final = col(RevisionRow.article_id) == bindparam("page")
_WITH_PAGES: Final = select_columns(*_COLUMNS).join(ArticleRow, col(ArticleRow.id) == col(RevisionRow.article_id))
_OF_PAGE: Final = _WITH_PAGES.where(_PAGE)
_CURSOR: Final = (
    select_columns(*_COLUMNS)
    .join(
        ArticleRow,
        (col(ArticleRow.wiki) == col(RevisionRow.wiki)) & (col(ArticleRow.cursor) == col(RevisionRow.revision_id)),
    )
    .where(col(ArticleRow.id) == bindparam("page"))
)
_BY_IDS: Final = _WITH_PAGES.where(*queries.HAVE_REVISION_IDS)
_UNTIL: Final = (
    select_columns(col(RevisionRow.revision_id), col(RevisionRow.text_id))
    .where(_PAGE, queries.time_order() <= queries.POINT)
    .order_by(*_NEWEST_FIRST)
    .limit(bindparam("most"))
)
_OLDEST_PARENT: Final = select_columns(col(RevisionRow.parent_id)).where(_PAGE).order_by(*_OLDEST_FIRST).limit(1)
_OWN: Final = _PAGE, col(RevisionRow.editor) == bindparam("editor"), queries.time_order() < queries.POINT
_TEXTS: Final = select_columns(col(RevisionRow.text_id)).where(_PAGE, col(RevisionRow.text_id).is_not(None)).limit(1)
_NEAREST_TEXT: Final = _TEXTS.where(queries.time_order() < queries.POINT).order_by(*_NEWEST_FIRST)
_FIRST_TEXT: Final = _TEXTS.order_by(*_OLDEST_FIRST)
_NEWEST: Final = _OF_PAGE.order_by(*_NEWEST_FIRST).limit(1)
_EARLIER_EDITS: Final = select_columns(
    _OLDEST_PARENT.scalar_subquery(),
    select_columns(func.count())
    .select_from(select_columns(col(RevisionRow.id)).where(*_OWN).limit(2).subquery())
    .scalar_subquery(),
)
_SINCE_CURSOR: Final = _OF_PAGE.where(
    queries.time_order()
    >= select_columns(_JUDGED.at, _JUDGED.revision_id)
    .where(_JUDGED.wiki == _OWNER.wiki, _JUDGED.revision_id == _OWNER.cursor, _OWNER.id == bindparam("page"))
    .scalar_subquery()
).order_by(*_OLDEST_FIRST)
_NEAREST_CHAIN: Final = texts.chain_to(_NEAREST_TEXT.scalar_subquery())
_FREE: Final = (
    select_columns(col(ArticleRow.id), col(ArticleRow.page_id), col(ArticleRow.title))
    .where(
        col(ArticleRow.id).in_(bindparam("numbers", expanding=True)),
        col(ArticleRow.cursor).is_(None),
        queries.lease_expired(ArticleRow, bindparam("now"), bindparam("latest")),
    )
    .order_by(col(ArticleRow.id))
    .with_for_update()
)
_UNREACHED: Final = select_columns(col(UnreachedWatch.id)).where(col(UnreachedWatch.wiki) == bindparam("wiki")).limit(1)


@dataclass(frozen=True, slots=True, kw_only=True)
class PendingRevisions:
    """The revisions of a page to judge: those after `cursor`, the last judged one (None before the first check).

    `stored` is the number of newly stored ones. `texts` are the snapshots of the cursor and of the only revision after
    it, if that was stored now; `is_new_text` says that its text was not stored before.
    """

    cursor: Revision | None
    revisions: tuple[Revision, ...] = ()
    stored: int = 0
    texts: tuple[Snapshot, Snapshot] | None = None
    is_new_text: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Baseline:
    """The first stored revision of a page, with which the next one is compared, and the images that it shows."""

    snapshot: Snapshot
    protection: str
    images: ImageDigests


def store(
    session: Session,
    article: Article,
    snapshots: Sequence[Snapshot],
    now: datetime,
    owner: Any = None,
    rows: Mapping[int, Any] | None = None,
) -> int:
    """Store the revisions and texts that are not stored yet; return the number of new revisions.

    `owner` is the row of the page, if it is locked already. `rows` are the rows of those revisions that are stored
    already, if they were read under that lock.
    """
    if not snapshots:
        return 0
    owner = owner or queries.get_row(session, article, lock=True)
    unique = {snapshot.revision.id: snapshot for snapshot in snapshots}
    ordered = sorted(unique.values(), key=lambda snapshot: snapshot.revision.order)
    if rows is None:
        rows = queries.revision_rows(session, article.wiki, [snapshot.revision.id for snapshot in ordered])
    text_ids = _store_texts(session, owner.id, ordered)
    fresh = []
    for snapshot in ordered:
        revision = snapshot.revision
        text_id = text_ids.get(revision.id)
        if (row := rows.get(revision.id)) is None:
            fresh.append(columns_of(revision, owner.id, text_id, now))
            continue
        # Update what the wiki hid before and shows now, the page (histories may be merged), and the editor's account.
        # A stored text is never dropped.
        news: dict[str, Any] = {"article_id": owner.id, "text_hidden": revision.text_hidden}
        shown = {"text_id": text_id} | {name: getattr(revision, name) for name in _SHOWN_LATER}
        news |= {name: value for name, value in shown.items() if getattr(row, name) is None and value is not None}
        if any(getattr(row, name) != value for name, value in news.items()):
            known = update(RevisionRow).where(col(RevisionRow.id) == bindparam("row"))
            session.connection().execute(known, {"row": row.id, **news})
    insert_or_ignore(session, RevisionRow, fresh)
    return len(fresh)


def _store_texts(session: Session, page: int, ordered: list[Snapshot]) -> dict[int, int]:
    """Store the texts, each packed against the one before it; map revision ids to text ids."""
    bodies = {s.revision.id: texts.encode(s.wikitext) for s in ordered if s.wikitext is not None}
    digests = {revision_id: texts.digest(body) for revision_id, body in bodies.items()}
    stored = texts.existing_ids(session, list(set(digests.values())))
    text_ids: dict[int, int] = {}
    previous: texts.StoredText | None = None
    packed: dict[bytes, texts.StoredText] = {}  # texts stored by this batch, which later edits in it may restore
    for snapshot in ordered:
        revision_id = snapshot.revision.id
        if revision_id not in bodies:
            continue
        key = digests[revision_id]
        if key in stored:
            # Unpacked only if a new text follows, so that a batch that is stored already costs no unpacking.
            previous = packed.get(key)
        else:
            base = previous
            if base is None:  # use the last text of this batch, else the nearest stored one of the page
                point = {"page": page, "at": snapshot.revision.at, "number": revision_id}
                execute = session.connection().execute
                # A history that is backfilled from its start finds only later texts, which serve as well.
                text_id = (
                    next(reversed(text_ids.values()), None)
                    or execute(_NEAREST_TEXT, point).scalar()
                    or execute(_FIRST_TEXT, point).scalar()
                )
                # A damaged text must not prevent storing new ones: they start with a keyframe then.
                with suppress(Corrupt):
                    base = None if text_id is None else texts.load_text(session, text_id)
            packed[key] = previous = texts.store_text(session, bodies[revision_id], base, key)
            stored[key] = previous.id
        text_ids[revision_id] = stored[key]
    return text_ids


def columns_of(revision: Revision, page: int, text_id: int | None, now: datetime) -> dict[str, Any]:
    """Return the column values of a new revision of the page with the row id `page`."""
    wiki = revision.article.wiki
    own = {"wiki": wiki, "article_id": page, "revision_id": revision.id, "text_id": text_id, "seen_at": now}
    return queries.to_columns(revision, RevisionRow, ("id",)) | own


@cache
def _of_page(*, after: bool = False, before: bool = False, with_text: bool = False, limited: bool = False) -> Any:
    """Select revisions of a page: all, or those `after` one, oldest first; or those `before` one, newest first."""
    rows = _OF_PAGE.order_by(*(_NEWEST_FIRST if before else _OLDEST_FIRST))
    rows = rows.where(queries.time_order() > queries.POINT) if after else rows
    rows = rows.where(queries.time_order() < queries.POINT) if before else rows
    rows = rows.where(col(RevisionRow.text_id).is_not(None)) if with_text else rows
    return rows.limit(bindparam("most")) if limited else rows


def _rows(session: Session, statement: Any, article: Article, at: Revision | None = None, **more: Any) -> Any:
    """Read rows of `_COLUMNS` of a page, from or up to the revision `at`; raise Missing if it is not registered."""
    point = {} if at is None else {"at": at.at, "number": at.id}
    return session.connection().execute(statement, {"page": queries.row_id(session, article), **point, **more}).all()


def _to_revision(row: Any) -> Revision:
    return queries.to_revision(row, queries.to_article(row))


def _first(rows: Iterable[Any]) -> Revision | None:
    return next(map(_to_revision, rows), None)


def _snapshots(session: Session, wiki: str, ids: Sequence[int]) -> list[Snapshot]:
    rows = session.connection().execute(_BY_IDS, {"wiki": wiki, "numbers": ids}).all()
    result = {snapshot.revision.id: snapshot for snapshot in _with_texts(session, rows)}
    for revision_id in ids:
        if revision_id not in result:
            raise Missing(f"revision {revision_id} of {wiki} is not stored: run `watcher check` or `watcher history`")
    return [result[revision_id] for revision_id in ids]


def _with_texts(session: Session, rows: Sequence[Any]) -> tuple[Snapshot, ...]:
    text_ids = {row.text_id for row in rows if row.text_id is not None}
    loaded = texts.load_texts(session, text_ids) if text_ids else {}
    bodies = ((row, *loaded.get(row.text_id, (None, None))) for row in rows)
    return tuple(
        Snapshot(revision=_to_revision(row), wikitext=None if body is None else texts.decode(body), digest=digest)
        for row, body, digest in bodies
    )


class RevisionRepository(Repository):
    """The revisions of pages and their texts."""

    @reads
    def newest(self, session: Session, article: Article) -> Revision | None:
        """Return the newest stored revision by time, then id; None if there is none."""
        return _first(_rows(session, _NEWEST, article))

    @reads
    def cursor(self, session: Session, article: Article) -> Revision | None:
        """Return the last judged revision; None before the first check."""
        return _first(_rows(session, _CURSOR, article))

    @writes
    def resume(self, session: Session, article: Article, newest: Snapshot | None) -> PendingRevisions:
        """Read the last judged revision of a leased page and those after it; store `newest` if it is the next one."""
        rows = _rows(session, _SINCE_CURSOR, article)
        cursor = _first(rows)
        if cursor is None or rows[0].revision_id != rows[0].cursor:  # none is judged, or it belongs to another page now
            cursor = _first(_rows(session, _CURSOR, article))
            later = _rows(session, _of_page(after=True), article, cursor) if cursor else ()
            return PendingRevisions(cursor=cursor, revisions=tuple(map(_to_revision, later)))
        pending = tuple(map(_to_revision, rows[1:]))
        last, shown = rows[-1], newest and newest.revision
        # The parent id that the wiki gives says that there is no edit in between.
        is_next = shown and shown.parent_id == last.revision_id and shown.order > (last.at, last.revision_id)
        if newest is None or not is_next:
            return PendingRevisions(cursor=cursor, revisions=pending)
        page, revision, now = (
            queries.row_id(session, article),
            replace(newest.revision, article=article),
            self.database.now(),
        )
        text, base = None, None
        if newest.wikitext is not None:
            point = {"page": page, "at": revision.at, "number": revision.id}
            chain = session.connection().execute(_NEAREST_CHAIN, point | {"up_to": texts.KEYFRAME_EVERY}).all()
            with suppress(Corrupt):  # as in `_store_texts`
                base = texts.unpacked(chain, chain[-1].id) if chain else None
            text = texts.store_text(session, texts.encode(newest.wikitext), base)
        columns = columns_of(revision, page, None if text is None else text.id, now)
        row = insert_or_ignore_row(session, RevisionRow, columns)
        if row is None:  # histories were merged: the revision is stored under another page
            count = store(session, article, [newest], now)
            return PendingRevisions(cursor=cursor, revisions=(*pending, revision), stored=count)
        after = queries.to_revision(row, article)
        both = None
        if text is not None and base is not None and not pending and base.id == rows[0].text_id:
            before = Snapshot(revision=cursor, wikitext=texts.decode(base.body))
            both = before, Snapshot(revision=after, wikitext=newest.wikitext)
        is_new = text is not None and not text.existed
        return PendingRevisions(cursor=cursor, revisions=(*pending, after), stored=1, texts=both, is_new_text=is_new)

    @writes
    def store(self, session: Session, article: Article, snapshots: Sequence[Snapshot]) -> int:
        """Store the revisions and texts that are not stored yet; return the number of new revisions.

        The ledger is outdated in the same transaction, since a process that stores a history may be killed before it
        records it.
        """
        from snapshots import ledger  # noqa: PLC0415  most commands do not need it

        count = store(session, article, snapshots, self.database.now())
        if count:
            oldest = min((each.revision for each in snapshots), key=lambda edit: edit.order)
            ledger.outdate(session, queries.row_id(session, article), oldest)
        return count

    @writes
    def store_after(
        self, session: Session, article: Article, snapshots: Sequence[Snapshot], after: Revision
    ) -> tuple[int, tuple[Revision, ...]]:
        """Store revisions as `store` does; also return all stored revisions of the page after the revision `after`."""
        count = store(session, article, snapshots, self.database.now())
        return count, tuple(map(_to_revision, _rows(session, _of_page(after=True), article, after)))

    @writes
    def commit_baselines(self, session: Session, baselines: Sequence[Baseline], now: datetime) -> frozenset[int]:
        """Register pages of one wiki with their first revisions, in a few statements; return their page ids.

        Leave out pages that another worker has leased or judged meanwhile, and those whose revision is stored already.
        """
        if not baselines:
            return frozenset()
        articles = [baseline.snapshot.revision.article for baseline in baselines]
        wiki = articles[0].wiki
        ids = register_all(session, articles, now)
        known = queries.revision_rows(session, wiki, [baseline.snapshot.revision.id for baseline in baselines])
        given = {"numbers": ids, "now": now, "latest": now + queries.MAX_LEASE}
        owners = {row.page_id: row for row in session.connection().execute(_FREE, given)}
        stored = [
            (owner, baseline)
            for baseline in baselines
            if (owner := owners.get(baseline.snapshot.revision.article.page_id))
            and baseline.snapshot.revision.id not in known
        ]
        text_ids = texts.store_keyframes(session, [baseline.snapshot.wikitext or "" for _, baseline in stored])
        revisions: list[dict[str, Any]] = []
        images: list[dict[str, Any]] = []
        pages: list[dict[str, Any]] = []
        for (owner, baseline), text_id in zip(stored, text_ids, strict=True):
            revision = baseline.snapshot.revision
            revisions.append(columns_of(revision, owner.id, text_id, now))
            digests = baseline.images.digests.items()
            images += ({"article_id": owner.id, "file": file, "sha1": sha1} for file, sha1 in digests)
            pages.append({"number": owner.id, "judged": revision.id, "levels": baseline.protection})
        insert_or_ignore(session, RevisionRow, revisions)
        insert_or_ignore(session, ImageRow, images)
        if pages:
            judged: Any = bindparam("judged")
            own = update(ArticleRow).where(col(ArticleRow.id) == bindparam("number"))
            own = own.values(check_columns(now, 0, None) | {"images_checked_at": now})
            stated = own.values(cursor=judged, images_revision_id=judged, protection=bindparam("levels"))
            session.connection().execute(stated, pages)
        if session.connection().execute(_UNREACHED, {"wiki": wiki}).first() is not None:
            record_reached(session, wiki, [owner.title for owner, _ in stored], now)
        return frozenset(owner.page_id for owner, _ in stored)

    @reads
    def stored_ids(self, session: Session, wiki: str, ids: Sequence[int]) -> frozenset[int]:
        """Return which of these revisions are stored, under any page."""
        return frozenset(queries.revision_rows(session, wiki, ids))

    @reads
    def find(self, session: Session, wiki: str, revision_id: int) -> Revision | None:
        """Return a stored revision, even if its text was deleted; None if it is not stored."""
        return _first(session.connection().execute(_BY_IDS, {"wiki": wiki, "numbers": [revision_id]}))

    @reads
    def snapshot(self, session: Session, wiki: str, revision_id: int) -> Snapshot:
        """Read a revision with its text; raise Missing if it is not stored, and Corrupt if its text is damaged."""
        return _snapshots(session, wiki, [revision_id])[0]

    @reads
    def pair(self, session: Session, wiki: str, before_id: int, after_id: int) -> tuple[Snapshot, Snapshot]:
        """Read two revisions as `snapshot` does, but at once: one text is usually packed against the other."""
        before, after = _snapshots(session, wiki, [before_id, after_id])
        return before, after

    @reads
    def of_article(
        self, session: Session, article: Article, *, after: Revision | None = None, limit: int | None = None
    ) -> tuple[Revision, ...]:
        """List the revisions of a page, oldest first; with `after`, only those after that revision."""
        statement = _of_page(after=after is not None, limited=limit is not None)
        return tuple(map(_to_revision, _rows(session, statement, article, after, most=limit)))

    @reads
    def earlier_edits(self, session: Session, edit: Revision) -> int | None:
        """Count earlier edits of an edit's editor, up to two; None if older revisions or the editor are unknown."""
        if edit.editor is None:
            return None
        ((oldest, count),) = _rows(session, _EARLIER_EDITS, edit.article, edit, editor=edit.editor)
        return count if oldest == 0 else None

    @reads
    def history(self, session: Session, edit: Revision, limit: int) -> tuple[Revision, ...]:
        """List the last `limit` stored revisions of the page before an edit, oldest first."""
        rows = _rows(session, _of_page(before=True, limited=True), edit.article, edit, most=limit)
        return tuple(map(_to_revision, rows))[::-1]

    @reads
    def restored(self, session: Session, article: Article, revision: Revision, *, reach: int) -> Revision | None:
        """Return the newest of the last `reach` stored revisions before `revision` that has the same text.

        Return None if there is none, or if a still older text stood in between: then the restoration is a new change.
        """
        newest = _rows(session, _UNTIL, article, revision, most=reach + 1)
        ids, text_ids = [number for number, _ in newest], [text_id for _, text_id in newest]
        if ids[:1] != [revision.id] or text_ids[0] is None or text_ids[0] not in text_ids[1:]:
            return None
        index = text_ids.index(text_ids[0], 1)
        if not set(text_ids[1:index]).isdisjoint(text_ids[index + 1 :]):
            return None
        return _first(session.connection().execute(_BY_IDS, {"wiki": article.wiki, "numbers": [ids[index]]}))

    @reads
    def with_text(
        self, session: Session, article: Article, *, after: Revision | None = None, limit: int = 50
    ) -> tuple[Snapshot, ...]:
        """Read the next `limit` revisions after `after` that have a text, oldest first; each text is unpacked once."""
        statement = _of_page(after=after is not None, with_text=True, limited=True)
        return _with_texts(session, _rows(session, statement, article, after, most=limit))

    @reads
    def ids(self, session: Session, article: Article, *, include_pruned: bool = False) -> dict[int, bool]:
        """Map the ids of a page's revisions to whether the text is stored (with `include_pruned`: or is not hidden)."""
        columns = select(RevisionRow.revision_id, RevisionRow.text_id, RevisionRow.text_hidden)
        rows = session.exec(columns.where(col(RevisionRow.article_id) == queries.row_id(session, article)))
        return {
            revision_id: text_id is not None or (include_pruned and not text_hidden)
            for revision_id, text_id, text_hidden in rows
        }

    @reads
    def find_corrupt_texts(self, session: Session) -> tuple[str, ...]:
        """Read every stored text, about 500 per second; return one line for each damaged text."""
        return tuple(texts.find_corrupt_texts(session))
