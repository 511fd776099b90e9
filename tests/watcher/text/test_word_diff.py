from itertools import combinations, pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.cases import for_each
from watcher.text.word_diff import Piece, differing_blocks, reads_inline, rising_chain, word_pieces

WORDS = st.lists(st.sampled_from(["a", "b", "c", "1,000", "21", "%", " ", "million"]), max_size=30).map("".join)


@for_each(("old", "new", "marked"))
def test_only_the_words_that_differ_are_marked(old: str, new: str, marked: str):
    marks = {"same": "%s", "old": "[-%s-]", "new": "{+%s+}"}
    assert "".join(marks[piece.kind] % piece.text for piece in word_pieces(old, new)) == marked


@given(WORDS | st.text(), WORDS | st.text())
def test_the_pieces_give_both_texts_back(old: str, new: str):
    pieces = word_pieces(old, new)
    assert "".join(piece.text for piece in pieces if piece.kind != "new") == old
    assert "".join(piece.text for piece in pieces if piece.kind != "old") == new


@given(st.lists(st.integers(0, 9).map(str), max_size=60), st.lists(st.integers(0, 9).map(str), max_size=60))
def test_what_lies_between_the_blocks_is_equal(a: list[str], b: list[str]):
    i = j = 0
    for i1, i2, j1, j2 in differing_blocks(a, b):
        assert a[i:i1] == b[j:j1]
        assert i1 < i2 or j1 < j2
        i, j = i2, j2
    assert a[i:] == b[j:]


def test_a_moved_line_among_thousands_is_one_removal_and_one_addition():
    lines = [f"line {number}" for number in range(5000)]
    moved = [*lines[:10], *lines[11:4000], lines[10], *lines[4000:]]
    assert differing_blocks(lines, moved) == [(10, 11, 10, 10), (4000, 4000, 3999, 4000)]


def test_a_gap_too_large_to_compare_is_replaced_whole():
    a, b = ["x", *(["p", "q"] * 300)], ["y", *(["q", "p"] * 300)]
    assert differing_blocks(a, b) == [(0, len(a), 0, len(b))]


def test_what_shares_only_blanks_is_another_text():
    assert word_pieces("one two three", "four five six") == (
        Piece("old", "one two three"),
        Piece("new", "four five six"),
    )
    assert differing_blocks(["a", " ", "b"], ["c", " ", "d"]) == [(0, 3, 0, 3)]
    assert differing_blocks(["a", "", "b"], ["c", "", "d"]) == [(0, 1, 0, 1), (2, 3, 2, 3)]


@pytest.mark.parametrize(
    ("pieces", "inline"),
    [
        ((Piece("same", "mostly the same words "), Piece("new", "now")), True),
        ((Piece("same", "a"), Piece("old", "quite different"), Piece("new", "other words")), False),
        ((Piece("same", "count from this source: "), Piece("new", "https://a.example/" + "x" * 90)), True),
        ((), True),
    ],
)
def test_sentences_that_share_little_are_not_mixed(pieces: tuple[Piece, ...], inline: bool):  # noqa: FBT001  a table
    assert reads_inline(pieces) is inline


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
