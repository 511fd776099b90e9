"""Test the longest increasing subsequence against a search of all subsequences."""

from __future__ import annotations

from itertools import combinations, pairwise

from hypothesis import given
from hypothesis import strategies as st

from tests.cases import for_each
from watcher.text.word_diff import rising_chain


def kept_of(row: list[int]) -> set[int]:
    return {value for _, value in rising_chain([*enumerate(row)])}


def longest_of_all(row: list[int]) -> int:
    """The length of the longest rising part, by trying all."""
    for size in range(len(row), 0, -1):
        if any(all(a < b for a, b in pairwise(part)) for part in combinations(row, size)):
            return size
    return 0


@given(st.permutations(range(8)).flatmap(lambda row: st.integers(0, 8).map(lambda size: list(row[:size]))))
def test_it_is_as_long_as_any_and_rises(row: list[int]):
    kept = kept_of(row)
    in_order = [value for value in row if value in kept]
    assert in_order == sorted(in_order)
    assert len(kept) == longest_of_all(row)


@for_each(("row", "kept"), [([], set()), ([4], {4}), ([0, 1, 2], {0, 1, 2}), ([1, 2, 3, 0], {1, 2, 3})])
def test_what_did_not_move_is_kept(row: list[int], kept: set[int]):
    assert kept_of(row) == kept


def test_a_long_row_costs_little_more_than_its_length():
    assert len(kept_of([*range(50_000, 100_000), *range(50_000)])) == 50_000
