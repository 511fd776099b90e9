"""Build and update the element history of an article from its stored revisions."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from snapshots.element_history import HistoryBatch, HistoryProgress
from watcher.errors import Corrupt
from watcher.history.history import HISTORY_VERSION, HistoryBuilder
from watcher.model import Article, Revision
from watcher.services.context import AppContext

BATCH: Final = 500  # revisions, after which what was found is stored and memory is free again
_AT_ONCE: Final = 50  # revisions with their texts

ProgressCallback = Callable[[int, int], None]  # how many revisions were read, of how many


def _no_progress(done: int, total: int) -> None:
    """Nobody looks on."""


def build_history(
    services: AppContext, article: Article, progress: ProgressCallback = _no_progress, *, batch_size: int = BATCH
) -> None:
    """Read what was stored since the last time, and store what each revision did.

    Everything is read anew where another version read it, or where revisions or texts came into the middle of what
    was read. Killed, it goes on from the last chapter; where two do it at once, one goes on from what the other wrote.
    Raises StoreError, Corrupt.
    """
    while not _HistoryBuilder(services, article, progress).run(batch_size):
        pass


def update_history(services: AppContext, article: Article) -> None:
    """The same after a check, only for an article whose history was followed before."""
    if services.archive.history.progress(article) is not None:
        build_history(services, article)


class _HistoryBuilder:
    """One pass over the revisions that were not read; `before` is what was followed by then."""

    def __init__(self, services: AppContext, article: Article, progress: ProgressCallback) -> None:
        self.services, self.archive, self.article, self.progress = services, services.archive, article, progress
        self.before: HistoryProgress | None = None
        self.last: Revision | None = None
        self.readings = 0
        self.builder: HistoryBuilder | None = None
        known = self.archive.history.progress(article)
        if known is not None and known.parser_version == HISTORY_VERSION and not self._has_new_older_texts(known):
            self.before, self.readings = known, known.parsed_revisions
            self.last = self.archive.revisions.snapshot(article.wiki, known.revision_id).revision

    def _has_new_older_texts(self, known: HistoryProgress) -> bool:
        """Whether there are texts now, among those read, that were not there then; fewer were tidied away."""
        return self.archive.history.count_parsed(self.article, known.revision_id) > known.parsed_revisions

    def run(self, length: int) -> bool:
        """Read on, a chapter each `length` revisions; False where somebody else was faster."""
        total = unwritten = 0
        while group := self.archive.revisions.with_text(
            self.article, after=self.last, limit=min(_AT_ONCE, length - unwritten)
        ):
            total = total or sum(self.archive.revisions.ids(self.article).values())
            if self.builder is None and not self._resume_or_restart():
                continue
            assert self.builder is not None
            for snapshot in group:
                self.builder.add(snapshot)
                self.last, self.readings = snapshot.revision, self.readings + 1
                self.progress(self.readings, total)
            unwritten += len(group)
            if unwritten == length:
                if not self._save_batch():
                    return False
                unwritten = 0
        return not unwritten or self._save_batch()

    def _resume_or_restart(self) -> bool:
        """Go on where the last one stopped; False where that cannot be, and all is to be read from the first text."""
        dialect = self.services.dialect(self.article.wiki)
        if self.before is not None and self.last is not None:
            text = self.archive.revisions.snapshot(self.article.wiki, self.last.id).wikitext
            try:
                self.builder = None if text is None else HistoryBuilder.resume(self.before.state, text, dialect)
            except Corrupt:
                self.builder = None
            if self.builder is not None:
                return True
        self.builder = HistoryBuilder(dialect)
        started, self.before, self.last, self.readings = self.last is None, None, None, 0
        return started

    def _save_batch(self) -> bool:
        """Store what was found since the last chapter; False where somebody else wrote one meanwhile."""
        assert self.last is not None
        assert self.builder is not None
        chapter = HistoryBatch(
            before=self.before,
            revision_id=self.last.id,
            parsed_revisions=self.readings,
            parser_version=HISTORY_VERSION,
            entries=self.builder.drain_entries(),
            current_elements=self.builder.current_elements(),
            state=self.builder.checkpoint(),
        )
        self.before = self.archive.history.append(self.article, chapter, self.services.now())
        return self.before is not None
