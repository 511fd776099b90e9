from __future__ import annotations

from collections.abc import Iterator, Sequence

import pytest

from tests.watcher.history_generator import Saga
from tests.watcher.history_helpers import ENGLISH, build_timelines
from watcher.history.comparison import Comparer, Edit, text_digest
from watcher.history.history import HistoryBuilder
from watcher.history.parallel import ParallelComparison
from watcher.history.worker import Worker, pack
from watcher.model import Dialect, Snapshot


class ImmediateWorker(Worker):
    """Has compared what it is sent before anybody asks."""

    def __init__(self, dialect: Dialect) -> None:
        self.comparer = Comparer(dialect)
        self.compared: list[bytes] = []
        self.ended = False

    def compare(self, start: str, edits: Sequence[Edit | None]) -> None:
        self.compared.append(pack(self.comparer.edits(start, edits)))

    def results(self) -> Iterator[bytes]:
        while self.compared:
            yield self.compared.pop(0)

    def end(self) -> None:
        self.ended = True


class KilledWorker(ImmediateWorker):
    """Ends before it has compared anything."""

    def results(self) -> Iterator[bytes]:
        if self.compared:
            raise EOFError
        return iter(())


def played(seed: int, edits: int) -> list[Snapshot]:
    saga = Saga(seed=seed)
    saga.play(edits)
    return list(saga.snapshots())


def test_the_lives_are_the_same_however_many_processes_compare():
    snapshots = played(31, 120)
    builder = HistoryBuilder()
    assert list(builder.add_all(snapshots, processes=2)) == snapshots
    assert builder.timelines() == build_timelines(snapshots)


def test_what_others_compared_is_what_this_process_would():
    snapshots = played(8, 150)
    compared = [*ParallelComparison(ENGLISH, 2, ImmediateWorker).run(snapshots, "", ())]
    assert [snapshot for snapshot, _ in compared] == snapshots
    comparer, text, by_others = Comparer(ENGLISH), "", 0
    for snapshot, mapping in compared:
        own = comparer.texts(text, snapshot.wikitext or "")
        assert mapping in (None, own)
        by_others += mapping is not None
        text = snapshot.wikitext or ""
    assert by_others > 100  # all but the first slice, and what needs no comparison


def test_a_restored_text_is_compared_by_nobody():
    first, second, *rest = played(4, 40)
    series = [first, second, *[second, first] * 20, *rest]
    compared = [*ParallelComparison(ENGLISH, 2, ImmediateWorker).run(series, "", [text_digest(second.wikitext or "")])]
    assert [mapping for _, mapping in compared[:42]] == [None] * 42
    assert any(mapping for _, mapping in compared[42:])


def test_what_a_killed_process_was_sent_is_left_to_others(caplog: pytest.LogCaptureFixture):
    workers: list[ImmediateWorker] = []

    def start(dialect: Dialect) -> Worker:
        workers.append((ImmediateWorker if workers else KilledWorker)(dialect))
        return workers[-1]

    compared = [*ParallelComparison(ENGLISH, 3, start).run(played(5, 150), "", ())]
    assert sum(mapping is not None for _, mapping in compared) > 100
    assert [worker.ended for worker in workers] == [True, True]
    assert caplog.messages == ["a process that compares revisions has ended; the others do its work"]


def test_a_process_that_cannot_be_started_leaves_its_work_to_those_that_run(caplog: pytest.LogCaptureFixture):
    workers: list[ImmediateWorker] = []

    def start(dialect: Dialect) -> Worker:
        if workers:
            raise BlockingIOError
        workers.append(ImmediateWorker(dialect))
        return workers[-1]

    compared = [*ParallelComparison(ENGLISH, 4, start).run(played(5, 150), "", ())]
    assert sum(mapping is not None for _, mapping in compared) > 100
    assert workers[0].ended
    assert caplog.messages == ["a process that compares revisions cannot be started (BlockingIOError)"]


def test_whoever_stops_early_leaves_no_process():
    workers: list[Worker] = []

    def start(dialect: Dialect) -> Worker:
        workers.append(Worker(dialect))
        return workers[-1]

    run = ParallelComparison(ENGLISH, 3, start).run(played(5, 150), "", ())
    next(run)
    assert [worker.process.returncode for worker in workers] == [None, None]
    run.close()
    assert None not in [worker.process.returncode for worker in workers]
