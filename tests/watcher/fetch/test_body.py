"""Test that a body is decompressed in steps, never beyond the limit."""

from __future__ import annotations

import gzip
import tracemalloc
from collections.abc import Sequence

import pytest

from tests.cases import for_each
from watcher.errors import Corrupt
from watcher.fetch.wire import Body

TEXT = b"tide and ebb " * 1_000


def read(packed: bytes, encodings: Sequence[str] = ("gzip",), most: int = 1 << 20, step: int = 100) -> bytes:
    body = Body("w", encodings, most)
    for start in range(0, len(packed), step):
        body.add(packed[start : start + step])
    return body.whole()


@pytest.mark.parametrize("step", [1, 100, 1 << 20])
def test_a_body_is_the_same_in_pieces_of_any_size(step: int) -> None:
    assert read(gzip.compress(TEXT), step=step) == TEXT
    assert read(TEXT, ("",), step=step) == TEXT


def test_a_body_of_exactly_the_size_allowed_is_read_and_one_byte_more_is_not() -> None:
    packed = gzip.compress(TEXT)
    assert read(packed, most=len(TEXT)) == TEXT
    with pytest.raises(Corrupt, match="exceeds"):
        read(packed, most=len(TEXT) - 1)


def test_a_bomb_takes_no_more_memory_than_is_allowed() -> None:
    bomb = gzip.compress(bytes(200 << 20), compresslevel=9)
    tracemalloc.start()
    try:
        with pytest.raises(Corrupt, match="exceeds 1 MiB"):
            read(bomb, step=len(bomb))
        assert tracemalloc.get_traced_memory()[1] < 10 << 20
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize(
    "packed",
    [gzip.compress(TEXT)[:-1], b"no gzip at all", gzip.compress(TEXT)[:10]],
    ids=["the last byte is missing", "no gzip", "a header alone"],  # gzip writes the time of day into its header
)
def test_what_cannot_be_unpacked_whole_is_corrupt(packed: bytes) -> None:
    with pytest.raises(Corrupt, match="w: the compressed answer"):
        read(packed)


def test_an_answer_without_a_body_may_name_an_encoding() -> None:
    assert read(b"") == b""


@for_each("encodings", [["zstd"], ["gzip", "gzip"], ["br"], ["gzip", "br"], ["x" * 10_000]])
def test_an_encoding_that_was_not_asked_for_is_named_in_a_short_line(encodings: list[str]) -> None:
    with pytest.raises(Corrupt, match="which was not asked for") as caught:
        Body("w", encodings, 1 << 20)
    assert len(str(caught.value)) < 350
