"""Let Python look for cyclic garbage less often than by default, where nearly all that is made stays."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager
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
