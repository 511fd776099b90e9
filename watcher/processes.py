"""Tune the process that runs: how often it collects garbage, how much memory it may take, and how it starts another.

Nearly all that a process makes stays, so Python looks for cyclic garbage less often than by default. Another process
works on what strangers send, within bounds.
"""

import gc
import resource
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

# Objects made between two collections; with Python's default (700) a tenth to a seventh of the time goes into them.
_THRESHOLDS: Final = (20_000, 20, 20)
# A history keeps the elements of its last 64 texts, which each collection goes through; garbage there is rare.
IN_HISTORIES: Final = 100_000
_MADE_BY_A_START: Final = 200_000  # objects: of most commands 130,000 to 160,000, of which a thousand are garbage


def collect_rarely() -> None:
    """Collect less often from now on in this process, and nothing of what its start makes: most commands end then."""
    gc.set_threshold(_MADE_BY_A_START, *_THRESHOLDS[1:])
    if _begin not in gc.callbacks:
        gc.callbacks.append(_begin)


def _begin(*_: object) -> None:
    """Leave all that was made up to the first collection out of that one and of all later ones."""
    try:
        gc.callbacks.remove(_begin)
    except ValueError:  # another thread was faster
        return
    gc.freeze()
    gc.set_threshold(*_THRESHOLDS)


@contextmanager
def rare_collections(made: int = _THRESHOLDS[0]) -> Iterator[None]:
    """Collect less often within the block: once so many objects were made."""
    if made > _THRESHOLDS[0] and _begin in gc.callbacks:
        _begin()
    before = gc.get_threshold()
    if before[0] >= made:  # as in the whole process
        yield
        return
    gc.set_threshold(made, *_THRESHOLDS[1:])
    try:
        yield
    finally:
        gc.set_threshold(*before)


# Without the working folder on the path, where a file may be named like a module.
_CODE: Final = "import sys; sys.path.append(sys.argv[1]); from {} import main; main(*map(int, sys.argv[2:]))"


def command_of(module: str, *numbers: int) -> list[str]:
    """Return the command that calls `main` of one of our modules with some numbers, in an interpreter of its own."""
    root = Path(__file__).resolve().parents[1]
    return [sys.executable, "-P", "-c", _CODE.format(module), str(root), *map(str, numbers)]


def limit_memory(growth: int) -> None:
    """Limit the growth of this process to `growth` bytes; where the system has no such limit, nothing is done."""
    with suppress(OSError, ValueError):
        pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[0])
        most = pages * resource.getpagesize() + growth
        resource.setrlimit(resource.RLIMIT_AS, (most, most))
