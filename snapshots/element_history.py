"""Store what every revision did to an article's statistics and claims, and read it back as timelines."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import zstandard
from sqlmodel import Session, and_, col, delete, func, or_, select, update

from snapshots.database import Repository, reads, writes
from snapshots.rows import get_row, to_article, to_revision
from snapshots.tables import ArticleRow, HistoryBatchRow, HistoryProgressRow, RevisionRow
from watcher.batching import batched
from watcher.errors import Corrupt
from watcher.model import Article, Revision
from watcher.model.codec import Codec
from watcher.model.history import (
    SERIALIZABLE,
    CurrentElement,
    Episode,
    HistoryEntries,
    HistoryEntry,
    TextGap,
    Timeline,
    build_timeline,
)

_CODEC: Final = Codec(SERIALIZABLE)
_LEVEL: Final = 9  # of zstd; 19 makes a chapter 6 % smaller in ten times the time
_LARGEST: Final = 1 << 30  # bytes; a damaged header must not make us reserve more


@dataclass(frozen=True, slots=True, kw_only=True)
class HistoryProgress:
    """How far an article was followed: the last revision, how many with a text there were up to it, by whom.

    `state` is what following goes on from; the memory does not look into it.
    """

    revision_id: int
    parsed_revisions: int
    batches: int
    parser_version: str
    state: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class HistoryBatch:
    """What a stretch of revisions did, to be added to what was `before` (None: in place of all that is there)."""

    before: HistoryProgress | None
    revision_id: int
    parsed_revisions: int
    parser_version: str
    state: bytes
    entries: tuple[HistoryEntries, ...]
    current_elements: tuple[CurrentElement, ...]


def _newest(element: CurrentElement, known: Mapping[int, Revision]) -> Timeline:
    episode = Episode(
        verb=element.verb,
        revision=known[element.revision],
        origin=known[element.origin],
        source_origin=known[element.source_origin],
        element=element.element,
        sentence=element.sentence,
        section=element.location.section,
        sources=element.sources,
    )
    return Timeline(
        number=element.number,
        subject=element.subject,
        episodes=(episode,),
        location=element.location,
        sentence=element.sentence,
    )


class _Revisions:
    """The revisions of a page by their ids, each read once."""

    def __init__(self, session: Session, owner: ArticleRow) -> None:
        self._session, self._wiki, self._article = session, owner.wiki, to_article(owner)
        self._known: dict[int, Revision] = {}

    def __call__(self, ids: Iterable[int]) -> Mapping[int, Revision]:
        fresh = sorted(set(ids) - self._known.keys())
        for batch in batched(fresh, 500):
            rows = select(RevisionRow).where(
                col(RevisionRow.wiki) == self._wiki, col(RevisionRow.revision_id).in_(batch)
            )
            self._known.update((row.revision_id, to_revision(row, self._article)) for row in self._session.exec(rows))
        return self._known


def _row(session: Session, owner: ArticleRow) -> HistoryProgressRow | None:
    return session.exec(select(HistoryProgressRow).where(col(HistoryProgressRow.article_id) == owner.id)).first()


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
        """The lives of all that an article ever said, in the order in which they began."""
        owner = get_row(session, article)
        row = _row(session, owner)
        if row is None:
            return ()
        revisions = _Revisions(session, owner)
        notes: dict[int, list[HistoryEntry | TextGap]] = {}
        subjects: dict[int, str] = {}
        chapters = (
            select(HistoryBatchRow.body)
            .where(col(HistoryBatchRow.article_id) == owner.id)
            .order_by(col(HistoryBatchRow.number))
        )
        for body in session.exec(chapters):
            for item in _loaded(body, revisions):
                subjects[item.number] = item.subject
                notes.setdefault(item.number, []).extend(item.entries)
        now = {item.number: item for item in _loaded(row.current, revisions)}
        return tuple(
            build_timeline(number, subjects[number], notes[number], now.get(number)) for number in sorted(notes)
        )

    @reads
    def current(self, session: Session, article: Article) -> tuple[Timeline, ...]:
        """What an article says now, in the order of its text: of each life the newest episode alone."""
        owner = get_row(session, article)
        row = _row(session, owner)
        if row is None:
            return ()
        revisions = _Revisions(session, owner)
        now: tuple[CurrentElement, ...] = _loaded(row.current, revisions)
        known = revisions(
            frozenset(n for element in now for n in (element.revision, element.origin, element.source_origin))
        )
        return tuple(
            _newest(element, known)
            for element in sorted(now, key=lambda element: (element.location.start, element.number))
        )

    @reads
    def progress(self, session: Session, article: Article) -> HistoryProgress | None:
        """How far the history of an article was followed; None where it never was."""
        row = _row(session, get_row(session, article))
        if row is None:
            return None
        try:
            state = _unpacked(row.state)
        except Corrupt:  # nothing goes on from there: the texts are read anew
            state = b""
        return HistoryProgress(
            revision_id=row.revision_id,
            parsed_revisions=row.parsed_revisions,
            batches=row.batches,
            parser_version=row.parser_version,
            state=state,
        )

    @reads
    def count_parsed(self, session: Session, article: Article, revision_id: int) -> int:
        """How many stored revisions with a text there are up to one, 0 where that is not stored."""
        owner = get_row(session, article)
        of_page = col(RevisionRow.article_id) == owner.id
        last = session.exec(select(RevisionRow.at).where(of_page, col(RevisionRow.revision_id) == revision_id)).first()
        if last is None:
            return 0
        earlier = or_(
            col(RevisionRow.at) < last,
            and_(col(RevisionRow.at) == last, col(RevisionRow.revision_id) <= revision_id),
        )
        counted = (
            select(func.count()).select_from(RevisionRow).where(of_page, earlier, col(RevisionRow.text_id).is_not(None))
        )
        return session.exec(counted).one()

    @writes
    def append(self, session: Session, article: Article, batch: HistoryBatch, now: datetime) -> HistoryProgress | None:
        """Add what a stretch of revisions did; None, and nothing written, where somebody else did so meanwhile."""
        owner = get_row(session, article, lock=True)
        row = _row(session, owner)
        before = batch.before
        if before is not None and (
            row is None or (row.revision_id, row.batches) != (before.revision_id, before.batches)
        ):
            return None
        number = before.batches if before else 0
        if before is None:
            session.exec(delete(HistoryBatchRow).where(col(HistoryBatchRow.article_id) == owner.id))
        session.add(HistoryBatchRow(article_id=owner.id, number=number, body=_packed(_CODEC.dump(batch.entries))))
        columns: dict[str, Any] = {
            "revision_id": batch.revision_id,
            "parsed_revisions": batch.parsed_revisions,
            "batches": number + 1,
            "parser_version": batch.parser_version,
            "state": _packed(batch.state),
            "current": _packed(_CODEC.dump(batch.current_elements)),
            "at": now,
        }
        if row is None:
            session.add(HistoryProgressRow(article_id=owner.id, **columns))
        else:
            session.exec(update(HistoryProgressRow).where(col(HistoryProgressRow.id) == row.id).values(**columns))
        return HistoryProgress(
            revision_id=batch.revision_id,
            parsed_revisions=batch.parsed_revisions,
            batches=number + 1,
            parser_version=batch.parser_version,
            state=batch.state,
        )
