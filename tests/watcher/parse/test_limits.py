"""Test enormous edits: as much is reported as a person would read, and what was left out is named."""

import pytest

from watcher.model import Sentence, TextKind
from watcher.parse import parse_pair
from watcher.parse.document import MOST_OF_A_SECTION, SentenceLimit
from watcher.parse.pair import limit_blocks, limit_sections
from watcher.parse.wikitext.sections import Block, split_sections


def blocks(path: str, count: int, start: int = 0) -> list[Block]:
    return [Block(text="Words.", start=start + 10 * n, path=(path,)) for n in range(count)]


def sentence(text: str, **fields: object) -> Sentence:
    return Sentence(text=text, where=TextKind.PROSE, **fields)  # type: ignore[arg-type]


def admitted(sentence_limit: SentenceLimit, texts: list[str], path: str = "A") -> list[str]:
    block = Block(text="", start=0, path=(path,))
    return [text for text in texts if sentence_limit.accepts(sentence(text), block)]


def test_few_blocks_are_all_read() -> None:
    few = blocks("A", 2_000)
    assert limit_blocks(few, set()) == (few, ())


def test_of_a_flooded_section_the_first_blocks_are_read_and_all_of_the_others() -> None:
    flood, after = blocks("Flood", 5_000), blocks("Rest", 3, start=60_000)
    result, unread = limit_blocks([*flood, *after], {("Flood",), ("Rest",)})
    assert result == [*flood[:2_000], *after]
    assert [(unread.reason, unread.location.start) for unread in unread] == [
        ("more than 2,000 changed paragraphs or list items", flood[2_000].start)
    ]


def test_new_sections_leave_room_for_those_that_both_texts_have() -> None:
    flood = [block for n in range(9_000) for block in blocks(f"New {n}", 1, start=10 * n)]
    rest = blocks("Rest", 2, start=100_000)
    result, _ = limit_blocks([*flood, *rest], {("Rest",)})
    assert result[-2:] == rest


def test_of_many_new_sections_the_first_are_reported() -> None:
    parts = split_sections("Lead.\n" + "".join(f"== S{n} ==\nx\n" for n in range(1_500)))
    result, unread = limit_sections(parts, {(), ("S1499",)})
    assert len(result) == 1_002
    assert result[-1].path == ("S1499",)
    assert [unread.reason for unread in unread] == ["more than 1,000 sections added or removed"]


def test_sections_that_are_not_reported_are_not_read_either() -> None:
    new = "Lead.\n" + "".join(f"== Part {number} ==\nIt has {number} boats.\n" for number in range(1_010))
    _, document = parse_pair("Lead.\n", new)
    assert len(document.sections) == len(document.sentences) == 1_000
    assert [unread.reason for unread in document.unread] == ["more than 1,000 sections added or removed"]


def test_sentences_that_only_one_text_has_are_reported_up_to_a_number() -> None:
    texts = [f"Sentence {n}." for n in range(MOST_OF_A_SECTION + 50)]
    sentence_limit = SentenceLimit([], [], {("A",)})
    assert admitted(sentence_limit, texts) == texts[:MOST_OF_A_SECTION]
    assert [unread.reason for unread in sentence_limit.unread] == ["more than 1,500 changed sentences"]


def test_a_sentence_counts_as_much_as_the_numbers_in_it() -> None:
    numbers = " ".join(str(number) for number in range(40))
    texts = [f"Row {n}: {numbers}." for n in range(MOST_OF_A_SECTION)]
    assert len(admitted(SentenceLimit([], [], {("A",)}), texts)) == MOST_OF_A_SECTION // 11


def test_flood_in_new_sections_leaves_room_for_the_others() -> None:
    sentence_limit = SentenceLimit([], [], {("A",)})
    for n in range(10):
        admitted(sentence_limit, [f"Sentence {n} {m}." for m in range(1_000)], path=f"New {n}")
    assert admitted(sentence_limit, ["One."]) == ["One."]


@pytest.mark.slow
@pytest.mark.parametrize(("times", "reported"), [(9_000, 9_000), (11_000, 0)])
def test_of_very_many_common_sentences_none_is_needed(times: int, reported: int) -> None:
    common = [(("A",), sentence(f"Sentence {n}.")) for n in range(times)]
    sentence_limit = SentenceLimit(common, [*common, (("A",), sentence("New."))], set())
    assert len(admitted(sentence_limit, [sentence.text for _, sentence in common])) == reported
    assert sentence_limit.unread == ()


def test_common_sentence_with_another_support_is_reported() -> None:
    own = [(("A",), sentence(f"Sentence {n}.")) for n in range(11_000)]
    other = [*own[:-1], (("A",), sentence("Sentence 10999.", cites=("a",)))]
    assert admitted(SentenceLimit(own, other, set()), [sentence.text for _, sentence in own]) == ["Sentence 10999."]


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
    assert "The harbour handled 300 ships." in [sentence.text for sentence in before.sentences]
    assert "The harbour handled 400 ships." in [sentence.text for sentence in after.sentences]
    assert len(after.sentences) <= 2_001
    assert after.unread
