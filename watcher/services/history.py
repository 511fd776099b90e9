"""Build and update the element history of an article from its stored revisions."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from snapshots.element_history import HistoryBatch, HistoryProgress
from watcher.errors import Corrupt
from watcher.garbage_collection import IN_HISTORIES, rare_collections
from watcher.model import Article, Revision, Snapshot
from watcher.services.backfill import ProgressCallback, no_progress
from watcher.services.context import AppContext

if TYPE_CHECKING:
    from watcher.history.history import HistoryBuilder

BATCH: Final = 2000  # revisions, after which entries and state are stored; at 1,000 that takes a tenth of the time
_MOST_ENTRIES: Final = 50_000  # of a batch; a table whose numbers all change with every edit has thousands in each
_AT_ONCE: Final = 50  # revisions with their texts, of which a large page has 300 KB in memory for each
_LONG: Final = 300  # revisions; with fewer, the start of other processes would take longer than they save


def build_history(
    services: AppContext,
    article: Article,
    progress: ProgressCallback = no_progress,
    *,
    batch_size: int = BATCH,
    processes: int = 1,
) -> None:
    """Parse the revisions stored since the last run, and store what each of them did to the elements.

    Everything is parsed again where another version of the parser did it, or where revisions were added in between, as
    by an import. A killed run is continued from its last batch; of two runs at once, one continues the other's.
    With several `processes` a long history is compared by all of them. Raises StoreError, Corrupt.
    """
    with rare_collections(IN_HISTORIES):
        while not _HistoryBuilder(services, article, progress, processes).run(batch_size):
            pass


def update_history(services: AppContext, article: Article) -> None:
    """Update the history after a check, where one was built before."""
    if services.archive.history.progress(article) is not None:
        build_history(services, article)


class _HistoryBuilder:
    """One pass over the new revisions; `before` is the progress that it continues."""

    def __init__(self, services: AppContext, article: Article, progress: ProgressCallback, processes: int) -> None:
        from watcher.history.history import HISTORY_VERSION

        self.processes = processes
        self.version: Final = HISTORY_VERSION
        self.services, self.archive, self.article, self.progress = services, services.archive, article, progress
        self.before: HistoryProgress | None = None
        self.last: Revision | None = None
        self.parsed = 0
        self.builder: HistoryBuilder | None = None
        known = self.archive.history.progress(article)
        if known is not None and known.parser_version == self.version and not self._has_new_older_texts(known):
            self.before, self.parsed = known, known.parsed_revisions
            self.last = self.archive.revisions.snapshot(article.wiki, known.revision_id).revision

    def _has_new_older_texts(self, known: HistoryProgress) -> bool:
        """Return whether texts were added among the parsed revisions; retention may have removed some."""
        return self.archive.history.count_parsed(self.article, known.revision_id) > known.parsed_revisions

    def run(self, length: int) -> bool:
        """Parse the new revisions, saving after every `length`; False where another run was faster."""
        group = self._read(self.last)
        if not group:
            return True
        if not self._resume_or_restart():
            group = self._read(None)
        assert self.builder is not None
        total = sum(self.archive.revisions.ids(self.article).values())
        processes = self.processes if total - self.parsed >= _LONG else 1
        unwritten = 0
        with closing(self.builder.add_all(self._from(group), processes)) as added:
            for snapshot in added:
                self.last, self.parsed, unwritten = snapshot.revision, self.parsed + 1, unwritten + 1
                self.progress(self.parsed, total)
                if unwritten == length or self._has_many_entries(unwritten):
                    if not self._save_batch():
                        return False
                    unwritten = 0
        return not unwritten or self._save_batch()

    def _has_many_entries(self, unwritten: int) -> bool:
        assert self.builder is not None
        return unwritten % _AT_ONCE == 0 and self.builder.count_entries() >= _MOST_ENTRIES

    def _read(self, after: Revision | None) -> Sequence[Snapshot]:
        return self.archive.revisions.with_text(self.article, after=after, limit=_AT_ONCE)

    def _from(self, group: Sequence[Snapshot]) -> Iterator[Snapshot]:
        while group:
            last = group[-1].revision
            yield from group
            group = ()  # before the next texts are read
            group = self._read(last)

    def _resume_or_restart(self) -> bool:
        """Continue where the last run stopped; False where all is to be parsed from the first text."""
        from watcher.history.history import HistoryBuilder

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
        started, self.before, self.last, self.parsed = self.last is None, None, None, 0
        return started

    def _save_batch(self) -> bool:
        """Store the entries since the last batch; False where another run stored one meanwhile."""
        assert self.last is not None
        assert self.builder is not None
        batch = HistoryBatch(
            before=self.before,
            revision_id=self.last.id,
            parsed_revisions=self.parsed,
            parser_version=self.version,
            entries=self.builder.drain_entries(),
            current_elements=self.builder.current_elements(),
            state=self.builder.checkpoint(),
        )
        saved = self.archive.history.append(self.article, batch, self.services.now())
        # The state of a long history is some megabytes, and only a start reads it.
        self.before = None if saved is None else replace(saved, state=b"")
        return saved is not None
