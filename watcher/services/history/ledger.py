"""Record in the ledger what each stored revision did to the elements of its article."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime
from functools import lru_cache
from itertools import chain
from typing import TYPE_CHECKING, Any, Final

from snapshots import Archive
from snapshots.ledger import LEDGER_VERSION, LedgerBatch, LedgerProgress
from watcher.config import Watch, policy_of
from watcher.errors import Corrupt, Missing
from watcher.model import Article, Dialect, Revision, Snapshot
from watcher.model.changes import editor_names
from watcher.model.ledger import LedgerEdit, Timeline, build_timelines
from watcher.model.revisions import is_size_too_large, restorations
from watcher.processes import HISTORY_THRESHOLD, rare_collections
from watcher.services.context import AppContext

if TYPE_CHECKING:
    from watcher.ledger.recorder import PairedTexts, Recorder

_LOG: Final = logging.getLogger(__name__)
BATCH: Final = 2000  # revisions, after which edits and head are stored
_MAX_BATCH_ENTRIES: Final = 50_000  # in a batch; an edit that changes all numbers of a table has thousands
_AT_ONCE: Final = 50  # revisions read with their texts; one of a large page takes 300 KB of memory
_MAX_FILL_SECONDS: Final = 2.0  # for each check, to record the revisions that an earlier release stored
MAX_PENDING: Final = 500
"""Edits that one check records, at 5 ms each; any others, as after an outage, are recorded later."""
_MAX_CACHED_LENGTH: Final = 50_000  # characters of a cached text; 500 pairs of these take 60 MB
MAX_SECONDS: Final = 10.0
"""Time limit for these edits: a hostile text can take seconds to compare and be saved fifty times."""


ProgressCallback = Callable[[int, int], None]  # takes the number of revisions done and their total


def no_progress(done: int, total: int) -> None:
    """Ignore the progress."""


def read_timelines(archive: Archive, article: Article, dialect: Dialect) -> tuple[Timeline, ...]:
    """Return the timelines of an article's elements but those undone within a day. Raises Missing, Corrupt."""
    from watcher.ledger.head import Head
    from watcher.ledger.recorder import MAX_RECENT, with_current
    from watcher.parse import parse

    with archive.database.view():
        edits, known = archive.ledger.edits(article), archive.ledger.progress(article)
        if known is None or not edits:
            return ()
        newest = archive.revisions.snapshot(article.wiki, known.revision_id)
        revisions, has_text = archive.revisions.of_article(article), archive.revisions.ids(article, include_pruned=True)
        with_parents = _with_deleted_parents(archive, article, revisions)
    # A revision after ones without a readable text is compared with the last readable text, so its entries may be the
    # work of any editor in between.
    editors, waiting = dict[int, str](), list[Revision]()
    for revision in with_parents:
        waiting.append(revision)
        if has_text.get(revision.id) and not is_size_too_large(revision.size):
            if len(waiting) > 1:
                editors[revision.id] = " or ".join(editor_names(waiting)[-5:])
            waiting.clear()
    # A check records one edit after the other: it does not know the texts from before.
    restored = {revisions[later].id: revisions[earlier].id for earlier, later in restorations(revisions, MAX_RECENT)}
    edits = tuple(
        (
            replace(made, editor=editors.get(made.id, made.editor)),
            replace(edit, reverted_to=edit.reverted_to or restored.get(made.id, 0)),
        )
        for made, edit in edits
    )
    timelines = [timeline for timeline in build_timelines(edits) if not timeline.is_transient]
    document = parse(newest.wikitext or "", dialect)
    return with_current(timelines, Head.load(known.head), document, edits[0][0])


def _with_deleted_parents(archive: Archive, article: Article, edits: Sequence[Revision]) -> tuple[Revision, ...]:
    """Add, before each edit but the first, its parent if that was deleted before it was stored.

    The parent is represented by a hidden revision: it may have made the changes.
    """
    missing = {edit.parent_id for edit in edits} - {edit.id for edit in edits}
    stored = archive.revisions.stored_ids(article.wiki, [*missing]) | {edit.id for edit in edits}
    hidden: dict[str, Any] = {"parent_id": 0, "editor": None, "comment": None, "text_hidden": True}
    later = (
        each
        for edit in edits[1:]
        for each in (Revision(article=article, id=edit.parent_id, at=edit.at, **hidden), edit)
        if each is edit or (edit.parent_id > edits[0].id and edit.parent_id not in stored)
    )
    return (*edits[:1], *later)


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

    Everything is recorded again if another version recorded it, or if revisions were inserted, for example by an
    import. A run continues from the last stored batch, which may be that of a killed or concurrent run. Raises
    StoreError, Corrupt.
    """
    with rare_collections(HISTORY_THRESHOLD):
        while not _Run(archive, article, dialect, now, progress).record(batch_size):
            pass


def fill_ledgers(services: AppContext, articles: Iterable[Article]) -> None:
    """Record what the stored revisions of some articles did, for a few seconds; later checks do the rest.

    Raises StoreError.
    """
    end = time.monotonic() + _MAX_FILL_SECONDS
    for article in articles:
        if time.monotonic() >= end:
            return
        try:
            record_history(services.archive, article, services.dialect(article.wiki), services.now())
        except Corrupt as error:
            _LOG.warning("the history of %s was not recorded: %s", article.title, error)


def _lost_revisions(archive: Archive, article: Article) -> frozenset[int]:
    """Return the stored revisions that were deleted on the wiki before the next edit, or before it was checked again.

    They lie between a revision and its parent, or between two that were compared because the wiki showed the older one.
    """
    cursor, stored = archive.revisions.cursor(article), archive.revisions.ids(article)
    # If retention has removed texts, recording again would lose the entries of their edits.
    if cursor is None or not stored or stored != archive.revisions.ids(article, include_pruned=True):
        return frozenset()
    compared = archive.comparisons.of_article(article, 20, until=cursor)
    shown_again = (each.before.order for each in compared if each.before.id > cursor.id == each.after.id)
    last = max(shown_again, default=cursor.order)
    revisions = archive.revisions.of_article(article)
    lost = {each.id for each in revisions if cursor.order < each.order <= last}
    positions = {edit.id: position for position, edit in enumerate(revisions)}
    child = revisions[-1]
    while (at := positions.get(child.parent_id)) is not None and at < positions[child.id]:
        between = revisions[at + 1 : positions[child.id]]
        # Revisions that were imported between the two have higher ids, or lower ones if they come from another page.
        lost |= {each.id for each in between if child.parent_id < each.id < child.id}
        child = revisions[at]
    return frozenset(lost)


class _Run:
    """One pass over the new revisions; `before` is the progress that it continues."""

    def __init__(
        self, archive: Archive, article: Article, dialect: Dialect, now: datetime, progress: ProgressCallback
    ) -> None:
        self.archive, self.article, self.dialect, self.now, self.progress = archive, article, dialect, now, progress
        self.before, self.gone = self.archive.ledger.progress(article), _lost_revisions(archive, article)
        # Start over if another version recorded it, if texts were inserted since, so that there are more of them than
        # were recorded, or if revisions were lost. There may also be fewer, as retention removes texts.
        if (known := self.before) and (
            known.version != LEDGER_VERSION
            or archive.ledger.count_texts(article, known.revision_id, self.gone) > known.texts
            or known.revision_id in self.gone
        ):
            self.before = None
        self.texts = self.before.texts if self.before else 0
        self.edits: list[LedgerEdit] = []
        self.entries = 0

    def record(self, length: int) -> bool:
        """Record the new revisions and store them after every `length`; return False if another run was faster."""
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
        stored = self.archive.revisions.ids(self.article)
        total = sum(has_text and number not in self.gone for number, has_text in stored.items())
        last, unwritten = first.revision, 0
        for snapshot in filter(lambda each: each.revision.id not in self.gone, texts):
            if recorder is None:
                recorder = Recorder(self.dialect)
                (oldest,) = self.archive.revisions.of_article(self.article, limit=1)
                # If the page was created by this revision, or by a hidden one before it, all its text was added.
                is_new = oldest.parent_id == 0 and (oldest.text_hidden or oldest.id == snapshot.revision.id)
                edit = recorder.add(snapshot) if is_new else recorder.begin(snapshot)
            else:
                edit = recorder.add(snapshot)
            if edit is not None:
                self.edits.append(edit)
                self.entries += len(edit.entries)
            last, self.texts, unwritten = snapshot.revision, self.texts + 1, unwritten + 1
            self.progress(self.texts, total)
            if unwritten == length or self.entries >= _MAX_BATCH_ENTRIES:
                if not self._store(recorder, last):
                    return False
                unwritten = 0
        return not unwritten or recorder is None or self._store(recorder, last)

    def _store(self, recorder: Recorder, last: Revision) -> bool:
        """Store the edits since the last batch; return False if another run stored a batch meanwhile."""
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


@lru_cache(maxsize=MAX_PENDING)
def _read_and_pair(old: str, new: str, dialect: Dialect, pinned: tuple[str, ...]) -> PairedTexts:
    """Parse and pair two texts as their comparison does, once for all comparisons with earlier texts."""
    from watcher.ledger.recorder import read_and_pair
    from watcher.pipeline import read_pair

    # The arguments are positional, as in the comparison's call: otherwise its cache would not be hit.
    return read_and_pair(old, new, dialect, lambda *texts: read_pair(*texts, pinned))


def open_recorder(
    at: Snapshot, known: LedgerProgress, dialect: Dialect, read: Callable[..., PairedTexts] | None = None
) -> Recorder | None:
    """Return a recorder that continues a ledger at its last revision; None if its head or text cannot be used."""
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
    """The revisions of a comparison after its older side, and the edits of those whose text can be read.

    `batch` is to be stored with the comparison if the ledger ends at its older side, else None. `is_complete` is False
    if not all edits could be compared within the limits.
    """

    revisions: tuple[Revision, ...]
    edits: tuple[LedgerEdit, ...] = ()
    batch: LedgerBatch | None = None
    is_complete: bool = True


def record_pending(
    services: AppContext, watch: Watch, before: Snapshot, after: Snapshot, *, is_stored: bool = False
) -> PendingEdits:
    """Compare the revisions between two snapshots edit by edit.

    Nothing is written. If the caller will store the comparison (`is_stored`), the result has the batch to store with
    it. Raises StoreError.
    """
    from watcher.ledger.recorder import Recorder

    begin, newest = before.revision, after.revision
    # For most edits, the parent id already shows that no edit lies between, which saves a query.
    is_next = newest.parent_id == begin.id
    if is_next and not is_stored:
        return PendingEdits(revisions=(newest,))
    dialect, pinned = services.dialect(watch.wiki), policy_of(watch).pinned

    def read(old: str, new: str, wiki: Dialect) -> PairedTexts:
        # A series of edits is compared again with each queued alert; a single edit is not, so it is not cached.
        again = not is_next and max(len(old), len(new)) <= _MAX_CACHED_LENGTH
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
        made = recorder.add(before) if begin.parent_id == 0 and not has_older else None  # by it, all was added
        edits.append(made or recorder.begin(before))
    pending = (newest,) if is_next else _between(services, begin, newest)
    last, end = before.revision, time.monotonic() + MAX_SECONDS
    for snapshot in _texts(services, before.revision, pending[:MAX_PENDING], after):
        if time.monotonic() >= end:
            break
        if (edit := recorder.add(snapshot)) is not None:
            edits.append(edit)
        texts, last = texts + 1, snapshot.revision
    batch = None
    # If older texts are stored, the ledger lags, or revisions were lost, it is filled at the end of the round.
    if newest.order > begin.order and (base or (known is None and not has_older)):
        batch = LedgerBatch(
            before=base, revision_id=last.id, texts=texts, head=recorder.head.dump(), edits=_worth_storing(edits)
        )
    if is_stored and (batch is None or last != after.revision):
        services.round.lagging.append(newest.article)
    return PendingEdits(
        revisions=pending,
        edits=tuple(edit for edit in edits if edit.revision != before.revision),
        batch=batch,
        is_complete=last == after.revision,
    )


def _between(services: AppContext, begin: Revision, newest: Revision) -> tuple[Revision, ...]:
    """Return the revisions after `begin` up to `newest`, oldest first.

    If the parents of `newest` lead to `begin`, it is they: others were deleted before the next edit, or imported later.
    """
    later = services.archive.revisions.of_article(newest.article, after=begin)
    parents, chain = {edit.id: edit for edit in later}, [newest]
    while parent := parents.pop(chain[-1].parent_id, None):
        chain.append(parent)
    if chain[-1].parent_id == begin.id:
        return tuple(reversed(chain))
    # After part of the history was restored, the newest revision may lie before other stored ones.
    pending = (*(edit for edit in later if edit.order < newest.order), newest)
    return _with_deleted_parents(services.archive, newest.article, (begin, *pending))[1:]


def texts_after(archive: Archive, article: Article, after: Revision | None = None) -> Iterator[Snapshot]:
    """Yield the stored revisions of a page that have a text, optionally `after` one; they are read in small groups."""
    group: Sequence[Snapshot] | None = None
    while group is None or len(group) == _AT_ONCE:
        group = ()  # frees the memory before the next texts are read
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
    """Return the edits that changed something, and the first one, which marks where the ledger begins."""
    return [edit for at, edit in enumerate(edits) if edit.entries or edit.reverted_to or at == 0]
