"""Compare consecutive texts of a history, in this process or in several at once.

Which elements of a text continue in the next is a question of these two texts alone, and takes four fifths of the
time; what became of each element over all texts is then followed in order, by one process.
"""

from __future__ import annotations

import multiprocessing
import os
import pickle
import signal
import threading
from collections import OrderedDict, deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, InvalidStateError, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import suppress
from dataclasses import dataclass, fields, is_dataclass
from functools import cache
from hashlib import sha256
from io import BytesIO
from operator import attrgetter
from types import MappingProxyType
from typing import Any, Final

from watcher.common_ends import common_ends
from watcher.diff.element_mapping import map_elements
from watcher.errors import WatcherError
from watcher.garbage_collection import collect_rarely
from watcher.history.statements import states_facts
from watcher.history.tracker import remember_text
from watcher.model import Claim, Dialect, Document, Revision, Sentence, Snapshot, Statistic
from watcher.model.history import ElementMapping
from watcher.parse import parse_pair
from watcher.parse.analysis import facts_of
from watcher.parse.document import clear_caches, clear_text_caches

# Comparisons after which the parser's caches are cleared: of whole texts, of which the next comparison needs one and 64
# of a large page take 40 MB; and of their pieces, which come again when an edit is undone.
_CLEAR_TEXTS_EVERY: Final = 32
_CLEAR_EVERY: Final = 400


def _without_bases(statistics: Sequence[Statistic]) -> tuple[Statistic, ...]:
    """Leave out the bases of rates: "3 per 100,000 people" is one fact, whose unit has the 100,000."""
    rates = {
        (statistic.location, statistic.sentence, unit.rpartition("per ")[2])
        for statistic in statistics
        if "per " in (unit := statistic.quantity.unit or "")
    }
    return tuple(
        statistic
        for statistic in statistics
        if statistic.quantity.value is None
        or (statistic.location, statistic.sentence, f"{statistic.quantity.value:,f}") not in rates
    )


def text_digest(text: str) -> bytes:
    """Return what identifies a text; JSON may bring lone surrogates."""
    return sha256(text.encode("utf-8", "surrogatepass")).digest()


class Comparer:
    """Compares texts; what the parser remembers between two comparisons is bounded."""

    def __init__(self, dialect: Dialect) -> None:
        self._dialect = dialect
        self._compared = 0

    def texts(self, old: str, new: str) -> ElementMapping:
        """Map the elements of a text to those of the next."""
        self._compared += 1
        if self._compared % _CLEAR_EVERY == 0:
            clear_caches()
        elif self._compared % _CLEAR_TEXTS_EVERY == 0:
            clear_text_caches()
        return map_elements(*parse_pair(old, new, self._dialect, with_facts=False), self._facts)

    def sentences(self, old: Iterable[Sentence], new: Iterable[Sentence]) -> ElementMapping:
        """Map what removed sentences stated to what others state."""
        return map_elements(Document(sentences=tuple(old)), Document(sentences=tuple(new)), self._facts)

    def _facts(self, sentences: Iterable[Sentence]) -> tuple[tuple[Statistic, ...], tuple[Claim, ...]]:
        statistics, claims = facts_of(filter(states_facts, sentences), self._dialect.language)
        return _without_bases(statistics), claims


# Revisions that a process compares before it is given others: few at first, so that all soon have some, then more, for
# at the beginning of a slice it must parse what another process did.
_SMALLEST_SLICE, _LARGEST_SLICE = 16, 128

_Mappings = list[ElementMapping | None]


@dataclass(frozen=True, slots=True)
class _Edit:
    """How a text follows from the one before: what both have at their ends, and what this one has between them."""

    before: int
    after: int
    middle: str
    is_compared: bool  # not: it is hidden, equal to the one before, or one of the last ones

    def text(self, old: str) -> str:
        """Return the text, from the one before."""
        return "".join((old[: self.before], self.middle, old[len(old) - self.after :]))


def cancellable(future: Future[bytes]) -> Future[bytes]:
    """Let a future that was cancelled ignore the exception of a broken pool, as later Pythons do.

    Python 3.11 dies of it in a thread of the pool, and the futures after that one wait for ever.
    """

    def set_exception(exception: BaseException | None) -> None:
        with suppress(InvalidStateError):
            Future.set_exception(future, exception)

    future.set_exception = set_exception  # type: ignore[method-assign]
    return future


@dataclass(slots=True, kw_only=True)
class _Slice:
    """Consecutive revisions with their comparisons: those of a worker process, or `own` ones of this process.

    Of the texts it holds the one before its first and the edits: a large page has 300 KB in memory for each text.
    """

    start: str
    revisions: Sequence[tuple[Revision, _Edit | None]]
    future: Future[bytes]
    own: _Mappings | None = None

    def take_back(self) -> bool:
        """Return whether no worker has begun it, so that it can be compared here."""
        return self.own is None and self.future.cancel()

    def compared(self) -> Iterator[tuple[Snapshot, ElementMapping | None]]:
        """Yield the revisions with their comparisons, of whichever process."""
        if self.own is None:
            self.own = pickle.loads(self.future.result())  # noqa: S301  of a process of ours
        text = self.start
        for (revision, edit), mapping in zip(self.revisions, self.own, strict=True):
            text = edit.text(text) if edit else text
            yield Snapshot(revision=revision, wikitext=text if edit else None), mapping


class ParallelComparison:
    """Reads ahead of the process that follows the elements, and has other processes compare the texts.

    While it waits, this process compares as well: with `processes` 2 there is one worker. Workers end with their
    parent, however that ends.
    """

    def __init__(self, comparer: Comparer, dialect: Dialect, processes: int) -> None:
        self._comparer, self._dialect, self._processes = comparer, dialect, processes

    def run(
        self, snapshots: Iterable[Snapshot], before: str, recent: Iterable[bytes]
    ) -> Iterator[tuple[Snapshot, ElementMapping | None]]:
        """Yield each revision with its mapping, None where it needs none.

        `before` is the text before the first, `recent` the digests of the texts that an edit may restore as a whole.
        Raises WatcherError when a worker was killed.
        """
        slices = _slices(snapshots, before, OrderedDict.fromkeys(recent))
        pool = ProcessPoolExecutor(
            self._processes - 1, multiprocessing.get_context("spawn"), _begin_worker, (self._dialect,)
        )
        waiting: deque[_Slice] = deque()
        try:
            while True:
                # An executor hands out one slice more than it has workers; the others are left for this process, which
                # ran out of them with two less: 11 to 12 s for 3,000 revisions in place of 9 to 11.
                while len(waiting) < 2 * self._processes + 2 and (following := next(slices, None)):
                    start, revisions = following
                    future = cancellable(pool.submit(_compare, start, [edit for _, edit in revisions]))
                    waiting.append(_Slice(start=start, revisions=revisions, future=future))
                if not waiting:
                    return
                self._compare_while_waiting(waiting)
                yield from waiting.popleft().compared()
        except BrokenProcessPool:
            raise WatcherError(
                "a process that compared revisions was killed, perhaps for want of memory; what was stored before "
                "stays: run the command again to go on, with --processes 1 to need less"
            ) from None
        finally:
            pool.shutdown(cancel_futures=True)

    def _compare_while_waiting(self, waiting: Iterable[_Slice]) -> None:
        first, *_ = waiting
        while first.own is None and not first.future.done():
            free = next((item for item in waiting if item.take_back()), None)
            if free is None:
                return
            free.own = _mapped(self._comparer, free.start, [edit for _, edit in free.revisions])


def _slices(
    snapshots: Iterable[Snapshot], text: str, recent: OrderedDict[bytes, None]
) -> Iterator[tuple[str, list[tuple[Revision, _Edit | None]]]]:
    """Yield groups of revisions as edits, with the text before the first; None for what is hidden."""
    start, size = text, _SMALLEST_SLICE
    group: list[tuple[Revision, _Edit | None]] = []
    for snapshot in snapshots:
        old, new = text, snapshot.wikitext
        if new is None:
            group.append((snapshot.revision, None))
        else:
            before, after = common_ends(old, new)
            edit = _Edit(before, after, new[before : len(new) - after], new != old and _is_new(recent, new))
            group.append((snapshot.revision, edit))
            text = new
        if len(group) >= size:
            yield start, group
            start, size, group = text, min(2 * size, _LARGEST_SLICE), []
    if group:
        yield start, group


def _is_new(recent: OrderedDict[bytes, None], text: str) -> bool:
    """Return whether a text is none of the last ones, and remember it."""
    digest = text_digest(text)
    is_new = digest not in recent
    remember_text(recent, digest, None)
    return is_new


def _mapped(comparer: Comparer, text: str, edits: Iterable[_Edit | None]) -> _Mappings:
    mappings: _Mappings = []
    for edit in edits:
        old, text = text, edit.text(text) if edit else text
        mappings.append(comparer.texts(old, text) if edit and edit.is_compared else None)
    return mappings


# In a worker process


class _Worker:
    """What a worker process keeps between two slices."""

    comparer = Comparer(Dialect())


def _begin_worker(dialect: Dialect) -> None:
    """Prepare a worker process: it ends when its parent does, and leaves Ctrl-C to it."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with_parent, daemon=True).start()
    collect_rarely()
    _Worker.comparer = Comparer(dialect)


def _end_with_parent() -> None:
    # An executor's workers wait on a pipe that they hold open themselves: of a killed parent they would never hear.
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)


def _compare(start: str, edits: Sequence[_Edit | None]) -> bytes:
    """Compare a slice; as bytes, the result takes a tenth of the memory until its turn comes."""
    body = BytesIO()
    _MappingPickler(body, pickle.HIGHEST_PROTOCOL).dump(_mapped(_Worker.comparer, start, edits))
    return body.getvalue()


class _MappingPickler(pickle.Pickler):
    """Takes the fields of frozen dataclasses at once: pickle would read and write each of them in Python."""

    def reducer_override(self, value: Any) -> Any:
        kind: Any = type(value)
        if (values := _values_of(kind)) is not None:
            return _restore, (kind, *values(value))
        return (_read_only, (dict(value),)) if kind is MappingProxyType else NotImplemented


def _read_only(values: dict[Any, Any]) -> MappingProxyType[Any, Any]:
    return MappingProxyType(values)


@cache
def _values_of(kind: type[Any]) -> Callable[[Any], tuple[Any, ...]] | None:
    return attrgetter(*(item.name for item in fields(kind))) if is_dataclass(kind) else None


@cache
def _setters_of(kind: type[Any]) -> tuple[Callable[[Any, Any], None], ...]:
    return tuple(getattr(kind, item.name).__set__ for item in fields(kind))


def _restore(kind: Any, *values: object) -> object:
    made: object = object.__new__(kind)
    for set_field, value in zip(_setters_of(kind), values, strict=True):
        set_field(made, value)
    return made
