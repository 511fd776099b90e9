"""Have other processes compare texts that lie ahead of the one that follows the elements."""

from __future__ import annotations

import logging
from collections import OrderedDict, deque
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import Final

from watcher.common_ends import common_ends
from watcher.history.comparison import Blocks, Edit, Mappings, text_digest
from watcher.history.tracker import remember_text
from watcher.history.worker import Worker, load
from watcher.model import Dialect, Revision, Snapshot
from watcher.model.history import ElementMapping

# Revisions that a worker compares at once: few at first, so that all soon have some, then more, for at the beginning of
# a slice it must parse what another process did.
_SMALLEST_SLICE, _LARGEST_SLICE = 16, 64
_SENT: Final = 4  # slices that a worker has, so that it has some while the other process stores a batch
_LOG: Final = logging.getLogger("watcher")
_AHEAD: Final = 6  # slices for each process; with less, the workers run out of them


@dataclass(slots=True)
class _Slice:
    """Consecutive revisions, with the edits that made their texts; None for what is hidden.

    Of the texts it holds the one before its first: a large page has 300 KB in memory for each text.
    """

    start: str
    revisions: Sequence[tuple[Revision, Edit | None]]
    is_sent: bool = False
    result: bytes | None = None
    mappings: Mappings = field(default_factory=list)

    def mapping(self, number: int) -> ElementMapping | None:
        """Return what a worker compared; None where it did not yet."""
        return self.mappings[number] if self.mappings else None


def _ignore(*_: object) -> None:
    pass


class ParallelComparison:
    """Reads ahead of the process that follows the elements, and has others compare what it will need last.

    They never make it wait: what they have not compared when its turn comes, it compares itself, also what they were
    sent, or had begun when they were killed.
    """

    def __init__(self, dialect: Dialect, processes: int, start: Callable[[Dialect], Worker] = Worker) -> None:
        self._dialect, self._processes, self._start = dialect, processes, start
        self._waiting: deque[_Slice] = deque()
        self._sent: dict[Worker, deque[_Slice]] = {}

    def run(
        self,
        snapshots: Iterable[Snapshot],
        before: str,
        recent: Iterable[bytes],
        learn: Callable[[Blocks, str], None] = _ignore,
    ) -> Generator[tuple[Snapshot, ElementMapping | None]]:
        """Yield each revision with its mapping; None where it needs none, or nobody has compared it.

        `before` is the text before the first, `recent` the digests of the texts that an edit may restore as a whole.
        `learn` is called with what a worker has read, and the newest text that this process has.
        """
        slices = _slices(snapshots, before, OrderedDict.fromkeys(recent))
        try:
            self._start_workers()
            while self._read_ahead(slices):
                current, text = self._waiting[0], self._waiting[0].start
                for number, (revision, edit) in enumerate(current.revisions):
                    self._exchange()
                    if current.result is not None:
                        current.mappings, read = load(current.result)
                        current.result = None
                        learn(read, text)
                    text = edit.text(text) if edit else text
                    yield _snapshot(revision, edit, text), current.mapping(number)
                self._waiting.popleft()
        finally:
            for worker in self._sent:
                worker.end()

    def _start_workers(self) -> None:
        try:
            for _ in range(self._processes - 1):
                self._sent[self._start(self._dialect)] = deque()
        except OSError as error:  # no memory, or no more processes: those that run do the work
            _LOG.warning("a process that compares revisions cannot be started (%s)", type(error).__name__)

    def _read_ahead(self, slices: Iterator[_Slice]) -> bool:
        """Fill the queue; return whether anything is left."""
        self._waiting.extend(islice(slices, _AHEAD * self._processes - len(self._waiting)))
        return bool(self._waiting)

    def _exchange(self) -> None:
        """Take what the workers have compared, and send them what is furthest ahead."""
        for worker, sent in [*self._sent.items()]:
            try:
                for result in worker.results():
                    sent.popleft().result = result
                while len(sent) < _SENT and (free := self._furthest()):
                    worker.compare(free.start, [edit for _, edit in free.revisions])
                    free.is_sent = True
                    sent.append(free)
            except (OSError, EOFError):  # it was killed, perhaps for want of memory
                _LOG.warning("a process that compares revisions has ended; the others do its work")
                worker.end()
                del self._sent[worker]
                for unfinished in sent:
                    unfinished.is_sent = False

    def _furthest(self) -> _Slice | None:
        own = self._waiting[0]  # its texts are compared now
        return next((item for item in reversed(self._waiting) if item is not own and not item.is_sent), None)


def _slices(snapshots: Iterable[Snapshot], text: str, recent: OrderedDict[bytes, None]) -> Iterator[_Slice]:
    """Yield the revisions in slices, as edits."""
    start, size = text, _SMALLEST_SLICE
    group: list[tuple[Revision, Edit | None]] = []
    for snapshot in snapshots:
        old, new = text, snapshot.wikitext
        if new is None:
            group.append((snapshot.revision, None))
        else:
            before, after = common_ends(old, new)
            digest = snapshot.digest or text_digest(new)
            is_compared = new != old and _is_new(recent, digest)
            edit = Edit(before, after, new[before : len(new) - after], digest, is_compared)
            group.append((snapshot.revision, edit))
            text = new
        if len(group) >= size:
            yield _Slice(start, group)
            start, size, group = text, min(2 * size, _LARGEST_SLICE), []
    if group:
        yield _Slice(start, group)


def _snapshot(revision: Revision, edit: Edit | None, text: str) -> Snapshot:
    if edit is None:
        return Snapshot(revision=revision, wikitext=None)
    return Snapshot(revision=revision, wikitext=text, digest=edit.digest)


def _is_new(recent: OrderedDict[bytes, None], digest: bytes) -> bool:
    """Return whether a text is none of the last ones, and remember it."""
    is_new = digest not in recent
    remember_text(recent, digest, None)
    return is_new
