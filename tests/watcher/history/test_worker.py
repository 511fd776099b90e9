from __future__ import annotations

import os
import select
import signal
import subprocess
import sys
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.waiting import wait_until
from tests.watcher.history_helpers import ENGLISH
from watcher.history.comparison import Comparer, Edit
from watcher.history.worker import Worker, load

ROOT = Path(__file__).resolve().parents[3]
START = "In 2012, 21 million victims were counted in 5 countries."
EDITS = (
    Edit(9, len(START) - 11, "25", digest=b"", is_compared=True),
    None,
    Edit(9, len(START) - 11, "27", digest=b"", is_compared=True),
)


@contextmanager
def started() -> Iterator[Worker]:
    worker = Worker(ENGLISH)
    try:
        yield worker
    finally:
        worker.end()
    assert worker.process.returncode is not None


def test_a_worker_compares_what_it_is_sent_in_that_order():
    results: list[bytes] = []
    with started() as worker:
        worker.compare(START, EDITS)
        worker.compare("", [])
        assert wait_until(lambda: results.extend(worker.results()) or len(results) == 2)
    expected, read = Comparer(ENGLISH).edits(START, EDITS)
    assert [len(mapping.rows) for mapping in expected if mapping] == [1, 1]
    (compared, blocks), last = map(load, results)
    assert compared == expected
    assert [*blocks] == [*read] == [START.replace("21", "27")]
    assert last == ([], {})


def test_a_killed_worker_is_noticed():
    with started() as worker:
        worker.process.kill()
        worker.process.wait()
        worker.compare(START, EDITS)
        with pytest.raises((OSError, EOFError)):
            deque(worker.results())


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
