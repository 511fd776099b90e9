"""The stored revisions of an article, those not read yet → the lives of its figures, claims, sources and pictures."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from flows.services import Services
from snapshots.lives import Chapter, Followed
from watcher.chronicle import READER, Chronicle
from watcher.errors import Corrupt
from watcher.model import Article, Revision

CHAPTER: Final = 500  # revisions, after which what was found is stored and memory is free again
_AT_ONCE: Final = 50  # revisions with their texts

Told = Callable[[int, int], None]  # how many revisions were read, of how many


def _silent(done: int, total: int) -> None:
    """Nobody looks on."""


def follow(services: Services, article: Article, told: Told = _silent, *, chapter: int = CHAPTER) -> None:
    """Read what was stored since the last time, and store what each revision did.

    Everything is read anew where another version read it, or where revisions or texts came into the middle of what
    was read. Killed, it goes on from the last chapter; where two do it at once, one goes on from what the other wrote.
    Raises StoreError, Corrupt.
    """
    while not _Following(services, article, told).run(chapter):
        pass


def keep_up(services: Services, article: Article) -> None:
    """The same after a check, only for an article whose history was followed before."""
    if services.archive.followed(article) is not None:
        follow(services, article)


class _Following:
    """One pass over the revisions that were not read; `before` is what was followed by then."""

    def __init__(self, services: Services, article: Article, told: Told) -> None:
        self.services, self.archive, self.article, self.told = services, services.archive, article, told
        self.before: Followed | None = None
        self.last: Revision | None = None
        self.readings = 0
        self.chronicle: Chronicle | None = None
        known = self.archive.followed(article)
        if known is not None and known.reader == READER and not self.filled_in(known):
            self.before, self.readings = known, known.readings
            self.last = self.archive.snapshot(article.wiki, known.revision_id).revision

    def filled_in(self, known: Followed) -> bool:
        """Whether there are texts now, among those read, that were not there then; fewer were tidied away."""
        return self.archive.readings(self.article, known.revision_id) > known.readings

    def run(self, length: int) -> bool:
        """Read on, a chapter each `length` revisions; False where somebody else was faster."""
        total = unwritten = 0
        while some := self.archive.readable(self.article, after=self.last, limit=min(_AT_ONCE, length - unwritten)):
            total = total or sum(self.archive.revision_ids(self.article).values())
            if self.chronicle is None and not self.begin():
                continue
            assert self.chronicle is not None
            for snapshot in some:
                self.chronicle.add(snapshot)
                self.last, self.readings = snapshot.revision, self.readings + 1
                self.told(self.readings, total)
            unwritten += len(some)
            if unwritten == length:
                if not self.write():
                    return False
                unwritten = 0
        return not unwritten or self.write()

    def begin(self) -> bool:
        """Go on where the last one stopped; False where that cannot be, and all is to be read from the first text."""
        dialect = self.services.dialect(self.article.wiki)
        if self.before is not None and self.last is not None:
            text = self.archive.snapshot(self.article.wiki, self.last.id).wikitext
            try:
                self.chronicle = None if text is None else Chronicle.resume(self.before.state, text, dialect)
            except Corrupt:
                self.chronicle = None
            if self.chronicle is not None:
                return True
        self.chronicle = Chronicle(dialect)
        started, self.before, self.last, self.readings = self.last is None, None, None, 0
        return started

    def write(self) -> bool:
        """Store what was found since the last chapter; False where somebody else wrote one meanwhile."""
        assert self.last is not None
        assert self.chronicle is not None
        chapter = Chapter(
            before=self.before,
            revision_id=self.last.id,
            readings=self.readings,
            reader=READER,
            notes=self.chronicle.take(),
            presents=self.chronicle.presents(),
            state=self.chronicle.kept(),
        )
        self.before = self.archive.follow(self.article, chapter, self.services.now())
        return self.before is not None
