from __future__ import annotations

import itertools
import multiprocessing
import os
import select
import signal
import subprocess
import sys
from collections import deque
from concurrent.futures import Future
from concurrent.futures.process import BrokenProcessPool
from pathlib import Path

import pytest

from tests.watcher.history_generator import Saga
from tests.watcher.history_helpers import ENGLISH, build_timelines
from watcher.errors import WatcherError
from watcher.history.comparison import Comparer, ParallelComparison, cancellable, text_digest
from watcher.history.history import HistoryBuilder
from watcher.model import Snapshot

ROOT = Path(__file__).resolve().parents[3]


def played(seed: int, edits: int) -> list[Snapshot]:
    saga = Saga(seed=seed)
    saga.play(edits)
    return list(saga.snapshots())


def test_the_lives_are_the_same_however_many_processes_compare():
    snapshots = played(31, 120)
    builder = HistoryBuilder()
    assert list(builder.add_all(snapshots, processes=2)) == snapshots
    assert builder.timelines() == build_timelines(snapshots)


def test_a_restored_text_is_compared_by_nobody_and_every_other_change_by_a_process():
    saga = Saga(seed=4)
    saga.play(3)
    first, second, *_ = saga.snapshots()
    series = [first, second, second, first, second]
    run = ParallelComparison(Comparer(ENGLISH), ENGLISH, 2).run(series, "", [text_digest(second.wikitext or "")])
    compared = [mapping is not None for _, mapping in run]
    assert compared == [True, False, False, False, False]


def test_a_killed_process_is_told_in_one_line():
    # Without an end: where the worker had a late start, nothing of the first revisions depends on it any more.
    added = HistoryBuilder().add_all(itertools.cycle(played(5, 150)), processes=2)
    next(added)
    for process in multiprocessing.active_children():
        process.kill()
    with pytest.raises(WatcherError, match=r"^a process that compared revisions was killed.*run the command again"):
        deque(itertools.islice(added, 200_000), maxlen=0)
    assert not multiprocessing.active_children()


def test_a_slice_that_was_taken_back_ignores_a_broken_pool():
    taken, awaited = (cancellable(Future()) for _ in range(2))
    assert taken.cancel()
    for future in (taken, awaited):
        future.set_exception(BrokenProcessPool("killed"))
    assert taken.cancelled()
    assert isinstance(awaited.exception(), BrokenProcessPool)


def test_whoever_stops_early_leaves_no_process():
    added = HistoryBuilder().add_all(played(5, 150), processes=3)
    next(added)
    assert multiprocessing.active_children()
    added.close()
    assert not multiprocessing.active_children()


def test_a_killed_parent_leaves_no_process():
    with subprocess.Popen(
        [sys.executable, "-m", "tests.watcher.history.kill_parent"],
        cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    ) as parent:  # fmt: skip
        assert parent.stdout is not None
        worker = os.pidfd_open(int(parent.stdout.readline()))
        try:
            parent.send_signal(signal.SIGKILL)
            ended, _, _ = select.select([worker], [], [], 60)
        finally:
            os.close(worker)
    assert ended, "the worker outlived its parent by a minute"
