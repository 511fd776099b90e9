"""Share servers between the processes of a test run: PostgreSQL, Prefect's server, a MediaWiki."""

import fcntl
import os
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

import pytest


def run_folder(factory: pytest.TempPathFactory) -> Path:
    """Return the temporary folder that all workers of this run share."""
    own = factory.getbasetemp()
    return own.parent if "PYTEST_XDIST_WORKER" in os.environ else own


@contextmanager
def shared(folder: Path, name: str, start: Callable[[], AbstractContextManager[str]]) -> Iterator[str]:
    """Provide what `start` provides: the first process starts it, and ends it when no other process uses it.

    A process holds its lock for as long as it uses the thing; the kernel releases it when the process is killed.
    """
    record = folder / f"{name}.txt"
    with (folder / f"{name}.start").open("w") as door, (folder / f"{name}.users").open("w") as users:
        fcntl.flock(door, fcntl.LOCK_EX)
        fcntl.flock(users, fcntl.LOCK_SH)
        if record.exists():
            fcntl.flock(door, fcntl.LOCK_UN)
            yield record.read_text()
            return
        with start() as text:
            record.write_text(text)
            fcntl.flock(door, fcntl.LOCK_UN)
            try:
                yield text
            finally:
                fcntl.flock(door, fcntl.LOCK_EX)
                record.unlink()
                fcntl.flock(door, fcntl.LOCK_UN)
                fcntl.flock(users, fcntl.LOCK_EX)
