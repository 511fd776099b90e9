"""Test what a comparison of consecutive texts remembers of the texts before."""

from __future__ import annotations

from watcher.history.comparison import KEPT_BLOCKS, BlockReader
from watcher.model import Dialect

ENGLISH = Dialect()


def test_blocks_that_no_text_has_any_more_are_forgotten_once_they_are_many():
    reader, unchanged = BlockReader(), "A paragraph that stays."
    first = reader(unchanged, ENGLISH)
    for number in range(KEPT_BLOCKS):
        reader(f"Paragraph {number}.", ENGLISH)
    reader.forget(unchanged, f"{unchanged}\n\nParagraph 7.")
    assert len(reader) == 2
    assert reader(unchanged, ENGLISH) is first
