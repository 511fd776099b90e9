"""Record in the ledger what edits did to the elements of articles, from the stored revisions."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime
from functools import lru_cache
from itertools import chain
from typing import TYPE_CHECKING, Final

from snapshots import Archive
from snapshots.ledger import LEDGER_VERSION, LedgerBatch, LedgerProgress
from watcher.config import Watch, policy_of
from watcher.errors import Corrupt, Missing
from watcher.model import Article, Dialect, Revision, Snapshot
from watcher.model.ledger import LedgerEdit, Timeline, build_timelines
from watcher.processes import IN_HISTORIES, rare_collections
from watcher.services.context import AppContext

if TYPE_CHECKING:
    from watcher.ledger.recorder import PairedTexts, Recorder

_LOG: Final = logging.getLogger(__name__)
BATCH: Final = 2000  # revisions, after which edits and head are stored
_MOST_ENTRIES: Final = 50_000  # of a batch; a table whose numbers all change with every edit has thousands in each
_AT_ONCE: Final = 50  # revisions with their texts, of which a large page has 300 KB in memory for each
_MOST_SECONDS: Final = 2.0  # of a check that records what an earlier release stored
MOST_PENDING: Final = 500
"""Edits that one check records, at 5 ms each; what is left after an outage is recorded later."""
_LONGEST_REMEMBERED: Final = 50_000  # characters of a text; 500 pairs of these take 60 MB
MAX_SECONDS: Final = 10.0
"""Time for them: a hostile text can take seconds to compare, and its editor can save it fifty times."""


ProgressCallback = Callable[[int, int], None]  # how many revisions are stored, of how many


def no_progress(done: int, total: int) -> None:
    """Ignore the progress."""


def read_timelines(archive: Archive, article: Article, dialect: Dialect) -> tuple[Timeline, ...]:
    """Return the timelines of all elements of an article, but those of less than a day. Raises Missing, Corrupt."""
    from watcher.ledger.head import Head
    from watcher.ledger.recorder import with_current
    from watcher.parse import parse

    with archive.database.view():
        edits, known = archive.ledger.edits(article), archive.ledger.progress(article)
        if known is None or not edits:
            return ()
        newest = archive.revisions.snapshot(article.wiki, known.revision_id)
    timelines = [timeline for timeline in build_timelines(edits) if not timeline.is_transient]
    document = parse(newest.wikitext or "", dialect)
    return with_current(timelines, Head.load(known.head), document, edits[0][0])


def record_history(
    archive: Archive,
    article: Article,
    dialect: Dialect,
    now: datetime,
    progress: ProgressCallback = no_progress,
    *,
    batch_size: int = BATCH,
) -> None:
    """Record what each revision did that was stored since the last run.

    Everything is recorded again where another version did it, or where revisions were added in between, as by an
    import. A killed run is continued from its last batch; of two runs at once, one continues the other's.
    Raises StoreError, Corrupt.
    """
    with rare_collections(IN_HISTORIES):
        while not _Run(archive, article, dialect, now, progress).record(batch_size):
            pass


def fill_ledgers(services: AppContext, articles: Iterable[Article]) -> None:
    """Record what the stored revisions of some articles did, for a few seconds at most.

    The next checks take the others. Raises StoreError.
    """
    end = time.monotonic() + _MOST_SECONDS
    for article in articles:
        if time.monotonic() >= end:
            return
        try:
            record_history(services.archive, article, services.dialect(article.wiki), services.now())
        except Corrupt as error:
            _LOG.warning("the history of %s was not recorded: %s", article.title, error)


class _Run:
    """One pass over the new revisions; `before` is the progress that it continues."""

    def __init__(
        self, archive: Archive, article: Article, dialect: Dialect, now: datetime, progress: ProgressCallback
    ) -> None:
        self.archive, self.article, self.dialect, self.now, self.progress = archive, article, dialect, now, progress
        self.before = self.archive.ledger.progress(article)
        # What another version recorded is recorded again, and all where texts came in between; some may have been
        # removed by retention since.
        if (known := self.before) and (
            known.version != LEDGER_VERSION or archive.ledger.count_texts(article, known.revision_id) > known.texts
        ):
            self.before = None
        self.texts = self.before.texts if self.before else 0
        self.edits: list[LedgerEdit] = []
        self.entries = 0

    def record(self, length: int) -> bool:
        """Record the new revisions, storing after every `length`; False where another run was faster."""
        from watcher.ledger.recorder import Recorder

        at = recorder = None
        if self.before is not None:
            with suppress(Missing):
                at = self.archive.revisions.snapshot(self.article.wiki, self.before.revision_id)
        texts = texts_after(self.archive, self.article, at.revision if at else None)
        first = next(texts, None)
        if first is None:
            return True
        if at is not None and self.before is not None:
            recorder = open_recorder(at, self.before, self.dialect)
        texts = chain([first], texts)
        if recorder is None:
            texts, self.before, self.texts = texts_after(self.archive, self.article), None, 0
        total = sum(self.archive.revisions.ids(self.article).values())
        last, unwritten = first.revision, 0
        for snapshot in texts:
            if recorder is None:
                recorder = Recorder(self.dialect)
                (oldest,) = self.archive.revisions.of_article(self.article, limit=1)
                # Where the first text, or a hidden one before it, made the page, all of it was added.
                edit = recorder.add(snapshot) if oldest.parent_id == 0 else recorder.begin(snapshot)
            else:
                edit = recorder.add(snapshot)
            if edit is not None:
                self.edits.append(edit)
                self.entries += len(edit.entries)
            last, self.texts, unwritten = snapshot.revision, self.texts + 1, unwritten + 1
            self.progress(self.texts, total)
            if unwritten == length or self.entries >= _MOST_ENTRIES:
                if not self._store(recorder, last):
                    return False
                unwritten = 0
        return not unwritten or recorder is None or self._store(recorder, last)

    def _store(self, recorder: Recorder, last: Revision) -> bool:
        """Store the edits since the last batch; False where another run stored one meanwhile."""
        batch = LedgerBatch(
            before=self.before,
            revision_id=last.id,
            texts=self.texts,
            head=recorder.head.dump(),
            edits=_worth_storing(self.edits),
            replaces=True,
        )
        saved = self.archive.ledger.append(self.article, batch, self.now)
        self.edits, self.entries = [], 0
        self.before = None if saved is None else replace(saved, head=b"")
        return saved is not None


@lru_cache(maxsize=MOST_PENDING)
def _read_and_pair(old: str, new: str, dialect: Dialect, pinned: tuple[str, ...]) -> PairedTexts:
    """Read two texts as the comparison of them does, once for all comparisons with an earlier text."""
    from watcher.ledger.recorder import read_and_pair
    from watcher.pipeline import read_pair

    # By position as the comparison calls it: by keyword, it would be read again.
    return read_and_pair(old, new, dialect, lambda *texts: read_pair(*texts, pinned))


def open_recorder(
    at: Snapshot, known: LedgerProgress, dialect: Dialect, read: Callable[..., PairedTexts] | None = None
) -> Recorder | None:
    """Return a recorder that goes on from the revision up to which a ledger goes; None where it cannot."""
    from watcher.ledger.head import Head
    from watcher.ledger.recorder import Recorder

    if at.wikitext is None or known.version != LEDGER_VERSION:
        return None
    try:
        head = Head.load(known.head)
    except Corrupt:
        return None
    return Recorder(dialect, head, at.wikitext, **({"read": read} if read else {}))


@dataclass(frozen=True, slots=True, kw_only=True)
class PendingEdits:
    """The revisions between two sides of a comparison, without the first, and what those that can be read did.

    `batch` is to be stored with the comparison, where the ledger goes as far as its older side. `is_complete` is False
    where there are more edits than could be compared.
    """

    revisions: tuple[Revision, ...]
    edits: tuple[LedgerEdit, ...] = ()
    batch: LedgerBatch | None = None
    is_complete: bool = True


def record_pending(
    services: AppContext, watch: Watch, before: Snapshot, after: Snapshot, *, is_stored: bool = False
) -> PendingEdits:
    """Compare the revisions from one to another edit by edit.

    Nothing is written; where it `is_stored` by the caller, the result has what is to be written. Raises StoreError.
    """
    from watcher.ledger.recorder import Recorder

    begin, newest = before.revision, after.revision
    # The wiki's own word that no edit lies between saves a statement with most edits.
    is_next = newest.parent_id == begin.id
    if is_next and not is_stored:
        return PendingEdits(revisions=(newest,))
    dialect, pinned = services.dialect(watch.wiki), policy_of(watch).pinned

    def read(old: str, new: str, wiki: Dialect) -> PairedTexts:
        # What lies between two texts is asked for again with each alert that waits; a single edit is not.
        again = not is_next and max(len(old), len(new)) <= _LONGEST_REMEMBERED
        return (_read_and_pair if again else _read_and_pair.__wrapped__)(old, new, wiki, pinned)

    recorder, known, has_older = None, None, True
    if is_stored:
        known, has_older = services.archive.ledger.progress_at(before.revision)
    if known is not None and known.revision_id == before.revision.id:
        recorder = open_recorder(before, known, dialect, read)
    base = known if recorder else None
    edits, texts = list[LedgerEdit](), base.texts if base else 1
    if recorder is None:
        recorder = Recorder(dialect, read=read)
        edits.append(recorder.begin(before))
    later = () if is_next else services.archive.revisions.of_article(newest.article, after=begin)
    # Where a part of the history was restored, what readers see lies before other stored revisions.
    pending = (*(edit for edit in later if (edit.at, edit.id) < (newest.at, newest.id)), newest)
    last, end = before.revision, time.monotonic() + MAX_SECONDS
    for snapshot in _texts(services, before.revision, pending[:MOST_PENDING], after):
        if time.monotonic() >= end:
            break
        if (edit := recorder.add(snapshot)) is not None:
            edits.append(edit)
        texts, last = texts + 1, snapshot.revision
    batch = None
    # Where older texts are stored, or the ledger lags, it is written from there on in the background.
    if base or (known is None and not has_older):
        batch = LedgerBatch(
            before=base, revision_id=last.id, texts=texts, head=recorder.head.dump(), edits=_worth_storing(edits)
        )
    return PendingEdits(
        revisions=pending,
        edits=tuple(edit for edit in edits if edit.revision != before.revision),
        batch=batch,
        is_complete=last == after.revision,
    )


def texts_after(archive: Archive, article: Article, after: Revision | None = None) -> Iterator[Snapshot]:
    """Yield the stored revisions of a page, after one where it is given, that have a text; a few are read at a time."""
    group: Sequence[Snapshot] | None = None
    while group is None or len(group) == _AT_ONCE:
        group = ()  # before the next texts are read
        group = archive.revisions.with_text(article, after=after, limit=_AT_ONCE)
        after = group[-1].revision if group else None
        yield from group


def _texts(services: AppContext, before: Revision, pending: Sequence[Revision], after: Snapshot) -> Iterator[Snapshot]:
    """Yield the pending revisions that have a text."""
    missing = {revision.id for revision in pending if revision != after.revision}
    for snapshot in texts_after(services.archive, before.article, before) if missing else ():
        if snapshot.revision.id in missing:
            missing.discard(snapshot.revision.id)
            yield snapshot
            if not missing:
                break
    if after.revision in pending:
        yield after


def _worth_storing(edits: Sequence[LedgerEdit]) -> list[LedgerEdit]:
    """Leave out the edits that did nothing, but the first of a ledger, which says where it begins."""
    return [edit for at, edit in enumerate(edits) if edit.entries or edit.reverted_to or at == 0]
