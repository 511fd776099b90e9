"""A row of positions → the longest part of it that kept its order."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence


def longest_rising(row: Sequence[int]) -> set[int]:
    """The values of a longest rising subsequence, in n log n.

    >>> sorted(longest_rising([2, 0, 1, 3]))
    [0, 1, 3]
    """
    tails: list[int] = []
    at: list[int] = []
    before: list[int] = []
    for index, value in enumerate(row):
        position = bisect_left(tails, value)
        before.append(at[position - 1] if position else -1)
        if position == len(tails):
            tails.append(value)
            at.append(index)
        else:
            tails[position], at[position] = value, index
    kept: set[int] = set()
    index = at[-1] if at else -1
    while index >= 0:
        kept.add(row[index])
        index = before[index]
    return kept
