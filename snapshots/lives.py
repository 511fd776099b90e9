"""What every revision did to an article's figures and claims becomes rows, and comes back as their Timelines."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import zstandard
from sqlmodel import Session, and_, col, delete, func, or_, select, update

from snapshots.articles import article_of, row_of
from snapshots.chronicle_rows import ChapterRow, ChronicleRow
from snapshots.revisions import revision_of
from snapshots.rows import ArticleRow, RevisionRow
from watcher.errors import Corrupt
from watcher.model import Article, Revision
from watcher.model.codec import Codec
from watcher.model.notes import KEPT, Gap, Note, Notes, Present, timeline_of
from watcher.model.timelines import Episode, Timeline

_CODEC: Final = Codec(KEPT)
_LEVEL: Final = 9  # of zstd; 19 makes a chapter 6 % smaller in ten times the time
_LARGEST: Final = 1 << 30  # bytes; a damaged header must not make us reserve more


@dataclass(frozen=True, slots=True, kw_only=True)
class Followed:
    """How far an article was followed: the last revision, how many with a text there were up to it, by whom.

    `state` is what following goes on from; the memory does not look into it.
    """

    revision_id: int
    readings: int
    chapters: int
    reader: str
    state: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Chapter:
    """What a stretch of revisions did, to be added to what was `before` (None: in place of all that is there)."""

    before: Followed | None
    revision_id: int
    readings: int
    reader: str
    state: bytes
    notes: tuple[Notes, ...]
    presents: tuple[Present, ...]


def followed(session: Session, article: Article) -> Followed | None:
    """How far an article was followed; None where it never was."""
    row = _row(session, row_of(session, article))
    if row is None:
        return None
    try:
        state = _unpacked(row.state)
    except Corrupt:  # nothing goes on from there: the texts are read anew
        state = b""
    return Followed(
        revision_id=row.revision_id, readings=row.readings, chapters=row.chapters, reader=row.reader, state=state
    )


def readings(session: Session, article: Article, revision_id: int) -> int:
    """How many stored revisions with a text there are up to one, 0 where that is not stored."""
    owner = row_of(session, article)
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


def add(session: Session, article: Article, chapter: Chapter, now: datetime) -> Followed | None:
    """Add what a stretch of revisions did; None, and nothing written, where somebody else followed meanwhile."""
    owner = row_of(session, article, lock=True)
    row = _row(session, owner)
    before = chapter.before
    if before is not None and (row is None or (row.revision_id, row.chapters) != (before.revision_id, before.chapters)):
        return None
    number = before.chapters if before else 0
    if before is None:
        session.exec(delete(ChapterRow).where(col(ChapterRow.article_id) == owner.id))
    session.add(ChapterRow(article_id=owner.id, number=number, body=_packed(_CODEC.dump(chapter.notes))))
    columns: dict[str, Any] = {
        "revision_id": chapter.revision_id,
        "readings": chapter.readings,
        "chapters": number + 1,
        "reader": chapter.reader,
        "state": _packed(chapter.state),
        "present": _packed(_CODEC.dump(chapter.presents)),
        "at": now,
    }
    if row is None:
        session.add(ChronicleRow(article_id=owner.id, **columns))
    else:
        session.exec(update(ChronicleRow).where(col(ChronicleRow.id) == row.id).values(**columns))
    return Followed(
        revision_id=chapter.revision_id,
        readings=chapter.readings,
        chapters=number + 1,
        reader=chapter.reader,
        state=chapter.state,
    )


def timelines(session: Session, article: Article) -> tuple[Timeline, ...]:
    """The lives of all that an article ever said, as far as it was followed, in the order in which they began."""
    owner = row_of(session, article)
    row = _row(session, owner)
    if row is None:
        return ()
    revisions = _Revisions(session, owner)
    notes: dict[int, list[Note | Gap]] = {}
    subjects: dict[int, str] = {}
    chapters = select(ChapterRow.body).where(col(ChapterRow.article_id) == owner.id).order_by(col(ChapterRow.number))
    for body in session.exec(chapters):
        for one in _loaded(body, revisions):
            subjects[one.number] = one.subject
            notes.setdefault(one.number, []).extend(one.notes)
    now = {one.number: one for one in _loaded(row.present, revisions)}
    return tuple(timeline_of(number, subjects[number], notes[number], now.get(number)) for number in sorted(notes))


def present(session: Session, article: Article) -> tuple[Timeline, ...]:
    """What an article says now: of each life the newest episode alone, in the order of the text."""
    owner = row_of(session, article)
    row = _row(session, owner)
    if row is None:
        return ()
    revisions = _Revisions(session, owner)
    now: tuple[Present, ...] = _loaded(row.present, revisions)
    known = revisions(frozenset(n for one in now for n in (one.revision, one.origin, one.source_origin)))
    return tuple(_newest(one, known) for one in sorted(now, key=lambda one: (one.place.start, one.number)))


def _newest(one: Present, known: Mapping[int, Revision]) -> Timeline:
    episode = Episode(
        verb=one.verb,
        revision=known[one.revision],
        origin=known[one.origin],
        source_origin=known[one.source_origin],
        element=one.element,
        sentence=one.sentence,
        section=one.place.section,
        sources=one.sources,
    )
    return Timeline(number=one.number, subject=one.subject, episodes=(episode,), place=one.place, sentence=one.sentence)


class _Revisions:
    """The revisions of a page by their ids, each read once."""

    def __init__(self, session: Session, owner: ArticleRow) -> None:
        self._session, self._wiki, self._article = session, owner.wiki, article_of(owner)
        self._known: dict[int, Revision] = {}

    def __call__(self, ids: Iterable[int]) -> Mapping[int, Revision]:
        fresh = sorted(set(ids) - self._known.keys())
        for start in range(0, len(fresh), 500):
            rows = select(RevisionRow).where(
                col(RevisionRow.wiki) == self._wiki, col(RevisionRow.revision_id).in_(fresh[start : start + 500])
            )
            self._known.update((row.revision_id, revision_of(row, self._article)) for row in self._session.exec(rows))
        return self._known


def _row(session: Session, owner: ArticleRow) -> ChronicleRow | None:
    return session.exec(select(ChronicleRow).where(col(ChronicleRow.article_id) == owner.id)).first()


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
