"""Test what a comparison of consecutive texts remembers of the texts before."""

from __future__ import annotations

import pytest

from watcher.history.comparison import KEPT_BLOCKS, BlockReader, Comparer, Edit
from watcher.history.worker import load, pack
from watcher.model import Dialect
from watcher.parse import parse

ENGLISH = Dialect()


def test_blocks_that_no_text_has_any_more_are_forgotten_once_they_are_many():
    reader, unchanged = BlockReader(), "A paragraph that stays."
    first = reader(unchanged, ENGLISH)
    for number in range(KEPT_BLOCKS):
        reader(f"Paragraph {number}.", ENGLISH)
    reader.forget(unchanged, f"{unchanged}\n\nParagraph 7.")
    assert len(reader) == 2
    assert reader(unchanged, ENGLISH) is first


def added(text: str, paragraph: str) -> Edit:
    return Edit(len(text), 0, f"\n\n{paragraph}", digest=b"", is_compared=True)


def test_what_is_read_of_the_last_text_is_told_once():
    comparer, first = Comparer(ENGLISH), "In 2012, 21 million victims were counted."
    _, read = comparer.edits("", [added("", first), added(f"\n\n{first}", "Gone."), added(f"\n\n{first}", "There.")])
    assert "Gone." not in [*read]
    assert next(iter(read)) == first
    text = "\n\n".join(("", *read))
    assert [*comparer.edits(text, [added(text, "New in 2013.")])[1]] == ["New in 2013."]


def test_what_another_process_has_read_is_not_read_again():
    text = "In 2012, 21 million victims<ref>[http://example.org/a Report]</ref> were counted.\n\n* [[Peru]]: 5 camps"
    read = load(pack(Comparer(ENGLISH).edits("", [added("", text)])))[1]
    reader = BlockReader()
    reader.learn(read, "")
    assert len(reader) == len(read) == 2
    assert [reader(block, ENGLISH) for block in read] == [*map(BlockReader(), read, [ENGLISH, ENGLISH])]
    assert parse(text, ENGLISH, analysed=reader) == parse(text, ENGLISH)
    assert len(reader) == 2


def test_what_others_read_is_forgotten_like_what_this_process_read():
    reader = BlockReader()
    for number in range(4):
        others = {f"Paragraph {number}-{other}.": b"" for other in range(KEPT_BLOCKS)}
        reader.learn({**others, f"Paragraph {number}.": b""}, f"Paragraph {number - 1}.")
    assert len(reader) < 3 * KEPT_BLOCKS


@pytest.mark.parametrize(
    ("text", "is_compared", "differ"),
    [
        ("The union was the largest of all the unions in Spain", False, False),  # only its full stop went
        ("The union was not the largest of all the unions in Spain.", True, True),
        ("The union was the smallest of those that four of the towns had.", False, True),  # the words tell enough
    ],
)
def test_claims_are_compared_where_their_words_do_not_tell_whether_they_are_the_same(text, is_compared, differ):
    comparer = Comparer(ENGLISH)
    (row,) = comparer.texts("The union was the largest of all the unions in Spain.", text).rows
    assert (row.claim_changed is not None) is is_compared
    assert comparer.claims_differ(row) is differ
