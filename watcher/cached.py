"""Load data files and word lists once, when first asked for."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import ParamSpec, TypeVar

P = ParamSpec("P")
T = TypeVar("T")


def load_once(make: Callable[P, T]) -> Callable[P, T]:
    """Compute a value once for each set of positional arguments, and keep it for the life of the process.

    For word lists and other files of ours: unlike a `functools` cache it has no `cache_clear`, so that clearing caches
    to measure the work does not measure the reading of files.
    """
    kept: dict[tuple[object, ...], T] = {}

    @wraps(make)
    def value(*args: P.args, **kwargs: P.kwargs) -> T:
        try:
            return kept[args]
        except KeyError:
            return kept.setdefault(args, make(*args, **kwargs))

    return value
