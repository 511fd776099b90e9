"""Pair the elements of two lists: by equal keys, then by likeness."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import TypeVar

T = TypeVar("T")


def pair_equal(
    pairs: dict[int, int],
    old: Sequence[T],
    new: Sequence[T],
    key: Callable[[T], object],
    new_key: Callable[[T], object] | None = None,
) -> None:
    """Pair, in order, the elements not yet paired that have the same key on both sides; None pairs nothing."""
    waiting: dict[object, list[int]] = {}
    for j in sorted({*range(len(new))}.difference(pairs.values()), reverse=True):
        waiting.setdefault((new_key or key)(new[j]), []).append(j)
    for i in [i for i in range(len(old)) if i not in pairs] if waiting else ():
        if (result := key(old[i])) is not None and waiting.get(result):
            pairs[i] = waiting[result].pop()


def pair_alike(pairs: dict[int, int], scored: Iterable[tuple[float, int, int]]) -> None:
    """Pair each element at most once, the highest score first; ties keep the order of `scored`."""
    taken = set(pairs.values())
    for _, i, j in sorted(scored, key=lambda row: -row[0]):
        if i not in pairs and j not in taken:
            pairs[i] = j
            taken.add(j)
