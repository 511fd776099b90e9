"""Of an edit that no person could read as much is told as one would read, and what was given up is named."""

from __future__ import annotations

import pytest

from watcher.model import Sentence, Where
from watcher.parse import parse_pair
from watcher.parse.flood import MOST_OF_A_SECTION, Telling, first_blocks, first_sections
from watcher.parse.split import Block, outline


def blocks(path: str, count: int, start: int = 0) -> list[Block]:
    return [Block(text="Words.", start=start + 10 * n, path=(path,)) for n in range(count)]


def sentence(text: str, **fields: object) -> Sentence:
    return Sentence(text=text, where=Where.PROSE, **fields)  # type: ignore[arg-type]


def admitted(telling: Telling, texts: list[str], path: str = "A") -> list[str]:
    block = Block(text="", start=0, path=(path,))
    return [text for text in texts if telling.admits(sentence(text), block)]


def test_few_blocks_are_all_read() -> None:
    few = blocks("A", 2_000)
    assert first_blocks(few, set()) == (few, ())


def test_of_a_flooded_section_the_first_blocks_are_read_and_all_of_the_others() -> None:
    flood, after = blocks("Flood", 5_000), blocks("Rest", 3, start=60_000)
    found, unread = first_blocks([*flood, *after], {("Flood",), ("Rest",)})
    assert found == [*flood[:2_000], *after]
    assert [(one.reason, one.place.start) for one in unread] == [
        ("more than 2,000 changed paragraphs or list items", flood[2_000].start)
    ]


def test_new_sections_leave_room_for_those_that_both_texts_have() -> None:
    flood = [one for n in range(9_000) for one in blocks(f"New {n}", 1, start=10 * n)]
    rest = blocks("Rest", 2, start=100_000)
    found, _ = first_blocks([*flood, *rest], {("Rest",)})
    assert found[-2:] == rest


def test_of_many_new_sections_the_first_are_told() -> None:
    parts = outline("Lead.\n" + "".join(f"== S{n} ==\nx\n" for n in range(1_500)))
    found, unread = first_sections(parts, {(), ("S1499",)})
    assert len(found) == 1_002
    assert found[-1].path == ("S1499",)
    assert [one.reason for one in unread] == ["more than 1,000 sections added or removed"]


def test_sentences_that_only_one_text_has_are_told_up_to_a_number() -> None:
    texts = [f"Sentence {n}." for n in range(MOST_OF_A_SECTION + 50)]
    telling = Telling([], [], {("A",)})
    assert admitted(telling, texts) == texts[:MOST_OF_A_SECTION]
    assert [one.reason for one in telling.unread] == ["more than 1,500 changed sentences"]


def test_a_sentence_counts_as_much_as_the_numbers_in_it() -> None:
    numbers = " ".join(str(number) for number in range(40))
    texts = [f"Row {n}: {numbers}." for n in range(MOST_OF_A_SECTION)]
    assert len(admitted(Telling([], [], {("A",)}), texts)) == MOST_OF_A_SECTION // 11


def test_flood_in_new_sections_leaves_room_for_the_others() -> None:
    telling = Telling([], [], {("A",)})
    for n in range(10):
        admitted(telling, [f"Sentence {n} {m}." for m in range(1_000)], path=f"New {n}")
    assert admitted(telling, ["One."]) == ["One."]


@pytest.mark.slow
@pytest.mark.parametrize(("times", "told"), [(9_000, 9_000), (11_000, 0)])
def test_of_very_many_common_sentences_none_is_needed(times: int, told: int) -> None:
    common = [sentence(f"Sentence {n}.") for n in range(times)]
    telling = Telling(common, [*common, sentence("New.")], set())
    assert len(admitted(telling, [one.text for one in common])) == told
    assert telling.unread == ()


def test_common_sentence_with_another_support_is_told() -> None:
    mine = [sentence(f"Sentence {n}.") for n in range(11_000)]
    theirs = [*mine[:-1], sentence("Sentence 10999.", cites=("a",))]
    assert admitted(Telling(mine, theirs, set()), [one.text for one in mine]) == ["Sentence 10999."]


@pytest.mark.slow
@pytest.mark.parametrize(
    "unit",
    ["* item {n}\n", "== Part {n} ==\nWords.\n", "[[File:F{n}.jpg|thumb|View {n}]]\n", "It stood {n} years. "],
    ids=["items", "headings", "figures", "sentences"],
)
def test_beside_a_flood_the_rest_of_the_page_is_compared_and_the_flood_named(unit: str) -> None:
    old, new = (
        f"Intro.\n== Hostile ==\n{''.join(unit.format(n=n) for n in range(start, start + 3_000))}\n"
        f"== Rest ==\nThe harbour handled {ships} ships.\n"
        for start, ships in ((10_000, 300), (20_000, 400))
    )
    before, after = parse_pair(old, new)
    assert "The harbour handled 300 ships." in [one.text for one in before.sentences]
    assert "The harbour handled 400 ships." in [one.text for one in after.sentences]
    assert len(after.sentences) <= 2_001
    assert after.unread
