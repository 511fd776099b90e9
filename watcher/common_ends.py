"""Tell how much two texts share at their ends: most edits leave all but a small part between them as it was."""

from collections.abc import Callable
from typing import Any, TypeVar

_Sliced = TypeVar("_Sliced", str, bytes, list[Any])


def common_ends(old: _Sliced, new: _Sliced) -> tuple[int, int]:
    """Return how long the common beginning of two texts is, and the common end of what follows it.

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
    """Return up to where two texts are equal, halving what is unknown: slices are compared at the speed of memory."""
    low, high = 0, most
    while low < high:
        middle = (low + high + 1) // 2
        if are_equal(low, middle):
            low = middle
        else:
            high = middle - 1
    return low
