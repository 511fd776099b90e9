"""Tune the running process (garbage collection and memory limit), and build commands for child processes.

Nearly all objects of a process stay alive, so cyclic garbage is collected less often than by default. Child processes
read untrusted input within limits.
"""

import gc
import resource
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

# Objects created between two collections; with Python's default of 700, they take a tenth to a seventh of the time.
_THRESHOLDS: Final = (20_000, 20, 20)
# A history keeps the elements of its last 64 texts, which each collection traverses; garbage there is rare.
HISTORY_THRESHOLD: Final = 100_000
_STARTUP_THRESHOLD: Final = 200_000  # objects; most commands create 130,000 to 160,000, of which a thousand are garbage


def collect_rarely() -> None:
    """Collect less often from now on, and not at all during the start, after which most commands soon end."""
    gc.set_threshold(_STARTUP_THRESHOLD, *_THRESHOLDS[1:])
    if _begin not in gc.callbacks:
        gc.callbacks.append(_begin)


def _begin(*_: object) -> None:
    """Exclude all objects that exist at the first collection from this one and all later ones."""
    try:
        gc.callbacks.remove(_begin)
    except ValueError:  # another thread was faster
        return
    gc.freeze()
    gc.set_threshold(*_THRESHOLDS)


@contextmanager
def rare_collections(threshold: int = _THRESHOLDS[0]) -> Iterator[None]:
    """Collect less often within the block: once for every `threshold` new objects."""
    if threshold > _THRESHOLDS[0] and _begin in gc.callbacks:
        _begin()
    before = gc.get_threshold()
    if before[0] >= threshold:  # the process already collects as rarely
        yield
        return
    gc.set_threshold(threshold, *_THRESHOLDS[1:])
    try:
        yield
    finally:
        gc.set_threshold(*before)


# The working folder is not on the path, since a file there may have the name of a module.
_CODE: Final = "import sys; sys.path.append(sys.argv[1]); from {} import main; main(*map(int, sys.argv[2:]))"


def command_of(module: str, *numbers: int) -> list[str]:
    """Return the command that calls `main` of one of our modules with some numbers, in a new interpreter."""
    root = Path(__file__).resolve().parents[1]
    return [sys.executable, "-P", "-c", _CODE.format(module), str(root), *map(str, numbers)]


def limit_memory(growth: int) -> None:
    """Limit the growth of this process's memory to `growth` bytes; do nothing if the system has no such limit."""
    with suppress(OSError, ValueError):
        pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[0])
        limit = pages * resource.getpagesize() + growth
        resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
