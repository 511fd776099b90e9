"""The stored revisions of an article, those not read yet → the lives of its figures, claims, sources and pictures."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Final

from flows.services import Services
from snapshots.lives import Chapter, Followed
from watcher.chronicle import READER, Chronicle
from watcher.errors import Corrupt
from watcher.model import Article, Revision

CHAPTER: Final = 500  # revisions, after which what was found is stored and memory is free again
_LISTED: Final = 500

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
        self.chronicle = self.begin()

    def begin(self) -> Chronicle:
        """Go on where the last one stopped, if what it wrote still holds; else from the first revision."""
        dialect = self.services.dialect(self.article.wiki)
        known = self.archive.followed(self.article)
        if known is None or known.reader != READER or self.filled_in(known):
            return Chronicle(dialect)
        try:
            last = self.archive.snapshot(self.article.wiki, known.revision_id)
            chronicle = Chronicle.resume(known.state, last.wikitext or "", dialect)
        except Corrupt:
            return Chronicle(dialect)
        self.before, self.last, self.readings = known, last.revision, known.readings
        return chronicle

    def filled_in(self, known: Followed) -> bool:
        """Whether there are texts now, among those read, that were not there then; fewer were tidied away."""
        return self.archive.readings(self.article, known.revision_id) > known.readings

    def run(self, length: int) -> bool:
        """Read on, a chapter each `length` revisions; False where somebody else was faster."""
        readable = {number for number, there in self.archive.revision_ids(self.article).items() if there}
        unwritten = 0
        for revision in self.unread():
            if revision.id not in readable:
                continue
            self.chronicle.add(self.archive.snapshot(self.article.wiki, revision.id))
            self.last, self.readings, unwritten = revision, self.readings + 1, unwritten + 1
            if unwritten == length:
                if not self.write():
                    return False
                unwritten = 0
            self.told(self.readings, len(readable))
        return not unwritten or self.write()

    def unread(self) -> Iterator[Revision]:
        after = self.last
        while some := self.archive.revisions(self.article, after=after, limit=_LISTED):
            yield from some
            after = some[-1]

    def write(self) -> bool:
        """Store what was found since the last chapter; False where somebody else wrote one meanwhile."""
        assert self.last is not None
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
