"""Have a worker process compare, and report it; a program of its own, to be killed.

python -m tests.watcher.history.kill_parent

Prints the id of the worker once it has compared something, then waits for the end of its standard input.
"""

from __future__ import annotations

import sys

from tests.waiting import wait_until
from watcher.history.worker import Worker
from watcher.model import Dialect


def main() -> None:
    """Stop after the first result."""
    worker = Worker(Dialect())
    worker.compare("", [])
    wait_until(lambda: list(worker.results()))
    print(worker.process.pid, flush=True)
    sys.stdin.read()


if __name__ == "__main__":
    main()
