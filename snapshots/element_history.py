"""Store what every revision did to an article's statistics and claims, and read it back as timelines."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any, Final

import zstandard
from sqlalchemy import bindparam
from sqlalchemy import select as select_columns
from sqlmodel import Session, col, delete, func, select, update

from snapshots.database import Repository, reads, writes
from snapshots.element_tables import HistoryBatchRow, HistoryProgressRow
from snapshots.rows import all_columns, get_row, revision_rows, row_id, time_order, to_article, to_record, to_revision
from snapshots.tables import ArticleRow, RevisionRow
from watcher.errors import Corrupt
from watcher.model import Article, Revision
from watcher.model.history import (
    SERIALIZABLE,
    CurrentElement,
    HistoryEntries,
    HistoryEntry,
    TextGap,
    Timeline,
    build_timeline,
)
from watcher.model.serialization import Codec

_CODEC: Final = Codec(SERIALIZABLE)
_LEVEL: Final = 9  # of zstd; 19 makes a batch 6 % smaller in ten times the time
_LARGEST: Final = 1 << 30  # bytes; a damaged header must not make us reserve more

# Built once: each check asks whether the page has a history.
_PROGRESS: Final = select_columns(*all_columns(HistoryProgressRow)).where(
    col(HistoryProgressRow.article_id) == bindparam("page")
)


@dataclass(frozen=True, slots=True, kw_only=True)
class HistoryProgress:
    """How far the history of an article was built: up to which revision, from how many texts, by which parser.

    `state` is what the history builder resumes from; it is opaque to the storage.
    """

    revision_id: int
    parsed_revisions: int
    batches: int
    parser_version: str
    state: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class HistoryBatch:
    """What a series of revisions did, to be added to what was `before` (None: in place of all that is stored)."""

    before: HistoryProgress | None
    revision_id: int
    parsed_revisions: int
    parser_version: str
    state: bytes
    entries: tuple[HistoryEntries, ...]
    current_elements: tuple[CurrentElement, ...]


class _Revisions:
    """The revisions of a page by their ids, each read once."""

    def __init__(self, session: Session, owner: ArticleRow) -> None:
        self._session, self._article = session, to_article(owner)
        self._known: dict[int, Revision] = {}

    def __call__(self, ids: Iterable[int]) -> Mapping[int, Revision]:
        rows = revision_rows(self._session, self._article.wiki, sorted(set(ids) - self._known.keys()))
        self._known.update((number, to_revision(row, self._article)) for number, row in rows.items())
        return self._known


def _row(session: Session, article_id: int) -> Any:
    return session.connection().execute(_PROGRESS, {"page": article_id}).first()


def _loaded(body: bytes, revisions: _Revisions) -> Any:
    return _CODEC.load(_unpacked(body), revisions)


def _packed(body: bytes) -> bytes:
    return zstandard.ZstdCompressor(level=_LEVEL, write_content_size=True).compress(body)


def _unpacked(packed: bytes) -> bytes:
    try:
        if zstandard.frame_content_size(packed) > _LARGEST:
            raise Corrupt("what is stored of a history has an impossible size: restore a backup")
        return zstandard.ZstdDecompressor().decompress(packed)
    except zstandard.ZstdError as error:
        raise Corrupt(f"what is stored of a history cannot be unpacked ({error}): restore a backup") from error


class HistoryRepository(Repository):
    """Followed histories of elements; () and None for an article whose history was never followed."""

    @reads
    def timelines(self, session: Session, article: Article) -> tuple[Timeline, ...]:
        """Read the histories of all elements that an article ever had, in the order in which they began."""
        owner = get_row(session, article)
        row = _row(session, owner.id)
        if row is None:
            return ()
        revisions = _Revisions(session, owner)
        notes: dict[int, list[HistoryEntry | TextGap]] = {}
        subjects: dict[int, str] = {}
        bodies = select(HistoryBatchRow.body).where(col(HistoryBatchRow.article_id) == owner.id)
        for body in session.exec(bodies.order_by(col(HistoryBatchRow.number))):
            for item in _loaded(body, revisions):
                subjects[item.number] = item.subject
                notes.setdefault(item.number, []).extend(item.entries)
        now = {item.number: item for item in _loaded(row.current, revisions)}
        timelines = (
            build_timeline(number, subjects[number], notes[number], now.get(number)) for number in sorted(notes)
        )
        return tuple(timeline for timeline in timelines if not timeline.is_transient)

    @reads
    def progress(self, session: Session, article: Article) -> HistoryProgress | None:
        """Read how far the history of an article was built; None where it never was."""
        row = _row(session, row_id(session, article))
        if row is None:
            return None
        try:
            state = _unpacked(row.state)
        except Corrupt:  # nothing can resume from it: the texts are parsed again
            state = b""
        return to_record(HistoryProgress, row, table=HistoryProgressRow, state=state)

    @reads
    def count_parsed(self, session: Session, article: Article, revision_id: int) -> int:
        """Count the stored revisions with a text up to one, 0 where that is not stored."""
        owner = get_row(session, article)
        of_page = col(RevisionRow.article_id) == owner.id
        last = session.exec(select(RevisionRow.at).where(of_page, col(RevisionRow.revision_id) == revision_id)).first()
        if last is None:
            return 0
        counted = of_page, time_order() <= (last, revision_id), col(RevisionRow.text_id).is_not(None)
        return session.exec(select(func.count()).select_from(RevisionRow).where(*counted)).one()

    @writes
    def append(self, session: Session, article: Article, batch: HistoryBatch, now: datetime) -> HistoryProgress | None:
        """Add what a series of revisions did; None, and nothing is written, when another process did so meanwhile."""
        owner = get_row(session, article, lock=True)
        row = _row(session, owner.id)
        before = batch.before
        if before is not None and (
            row is None or (row.revision_id, row.batches) != (before.revision_id, before.batches)
        ):
            return None
        number = before.batches if before else 0
        if before is None:
            session.exec(delete(HistoryBatchRow).where(col(HistoryBatchRow.article_id) == owner.id))
        session.add(HistoryBatchRow(article_id=owner.id, number=number, body=_packed(_CODEC.dump(batch.entries))))
        progress = HistoryProgress(
            revision_id=batch.revision_id,
            parsed_revisions=batch.parsed_revisions,
            batches=number + 1,
            parser_version=batch.parser_version,
            state=batch.state,
        )
        current = _packed(_CODEC.dump(batch.current_elements))
        columns = asdict(progress) | {"state": _packed(batch.state), "current": current, "at": now}
        if row is None:
            session.add(HistoryProgressRow(article_id=owner.id, **columns))
        else:
            session.exec(update(HistoryProgressRow).where(col(HistoryProgressRow.id) == row.id).values(**columns))
        return progress
