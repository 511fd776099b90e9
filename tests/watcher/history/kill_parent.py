"""Compare revisions with a worker process, and tell of it; a program of its own, to be killed.

python -m tests.watcher.history.kill_parent

Prints the id of the worker once it has compared something, then waits for the end of its standard input.
"""

from __future__ import annotations

import multiprocessing
import sys

from tests.watcher.history_generator import Saga
from watcher.history.history import HistoryBuilder


def main() -> None:
    """Stop after the first revision."""
    saga = Saga(seed=3)
    saga.play(150)
    added = HistoryBuilder().add_all(saga.snapshots(), processes=2)
    next(added)
    print(*(process.pid for process in multiprocessing.active_children()), flush=True)
    sys.stdin.read()


if __name__ == "__main__":
    main()
