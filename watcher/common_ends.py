"""Measure how much two texts share at their ends, since most edits change only a small part in between."""

from collections.abc import Callable
from typing import Any, TypeVar

_Sliced = TypeVar("_Sliced", str, bytes, list[Any])


def common_ends(old: _Sliced, new: _Sliced) -> tuple[int, int]:
    """Return the length of two texts' common beginning, and that of the common end of the rest.

    >>> common_ends("21 million victims", "25 million victims")
    (1, 16)
    """
    shorter = min(len(old), len(new))
    before = _shared(shorter, lambda low, high: old[low:high] == new[low:high])
    own, other = len(old), len(new)
    return before, _shared(
        shorter - before, lambda low, high: old[own - high : own - low] == new[other - high : other - low]
    )


def _shared(most: int, are_equal: Callable[[int, int], bool]) -> int:
    """Return the length up to which two texts are equal, by bisection, since slices are compared very fast."""
    low, high = 0, most
    while low < high:
        middle = (low + high + 1) // 2
        if are_equal(low, middle):
            low = middle
        else:
            high = middle - 1
    return low
