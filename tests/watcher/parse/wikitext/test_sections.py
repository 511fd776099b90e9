from hypothesis import given
from hypothesis import strategies as st

from tests.cases import for_each
from watcher.parse.wikitext.sections import blocks, heading_with_reference, split_sections

PIECES = st.lists(
    st.sampled_from(
        ["== A ==\n", "=== B ===\n", "\n", "Words. ", "* item\n", "{{", "}}", "{|\n", "\n|}", "<!--", "-->", "<ref>",
         "</ref>", "<ref name=x /> ", "More. ", "''", "[[File:A.jpg|", "]]", "<nowiki>", "</nowiki>", "=", "é", "\n\n"]
    ),
    max_size=40,
).map("".join)  # fmt: skip


def paths(text: str) -> list[tuple[str, ...]]:
    return [part.path for part in split_sections(text)]


def texts(body: str) -> list[str]:
    return [block.text for part in split_sections(body) for block in blocks(part)]


@for_each(("line", "level", "heading"))
def test_heading_line_has_level_and_plain_words(line: str, level: int, heading: str) -> None:
    part = split_sections(f"Lead.\n{line}\nText.\n")[1]
    assert (part.level, part.path) == (level, (heading,))


@for_each("line", ["== Crew", "Crew ==", " == Crew ==", "== Crew == more", "==", "="])
def test_other_lines_with_signs_are_text(line: str) -> None:
    assert paths(f"Lead.\n{line}\nText.\n") == [()]


@for_each("around")
def test_heading_inside_other_markup_is_none(around: str) -> None:
    hidden = around.replace("{}", "== Hidden ==").replace("{{{{", "{{").replace("}}}}", "}}")
    assert ("Hidden",) not in paths(f"Lead.\n{hidden}\n== Real ==\nText.\n") or "File" in around
    assert paths(f"Lead.\n{hidden}\n== Real ==\nText.\n")[-1] == ("Real",)


@for_each("opener", ["{{note|", "[[File:A.jpg|", "<ref>", "{|", "<pre", "<div>"])
def test_opener_that_never_closes_hides_no_heading(opener: str) -> None:
    assert paths(f"Lead.\n{opener}\n== Real ==\nText.\n") == [(), ("Real",)]


def test_comment_that_never_closes_hides_the_rest() -> None:
    assert paths("Lead.\n<!-- \n== Hidden ==\nText.\n") == [()]


def test_path_follows_levels_even_where_one_is_left_out() -> None:
    assert paths("== A ==\n==== B ====\n=== C ===\n== D ==\n") == [(), ("A",), ("A", "B"), ("A", "C"), ("D",)]


def test_text_may_begin_with_a_heading() -> None:
    lead, part = split_sections("== A ==\nText.")
    assert (lead.wikitext, part.body) == ("", "\nText.")
    (lead,) = split_sections("Lead.")
    assert (lead.level, lead.body) == (0, "Lead.")


@given(PIECES)
def test_parts_are_the_whole_text_in_order(text: str) -> None:
    parts = split_sections(text)
    assert "".join(part.wikitext for part in parts) == text
    assert all(text[part.location.start :].startswith(part.wikitext) for part in parts)


@given(PIECES)
def test_blocks_slice_back_and_leave_out_blank_lines_only(text: str) -> None:
    for part in split_sections(text):
        result = [*blocks(part)]
        at = part.location.end - len(part.body)
        for block in result if not heading_with_reference(part) else result[1:]:
            assert text[block.start : block.start + len(block.text)] == block.text
            assert not text[at : block.start].strip("\n")
            at = block.start + len(block.text)
        assert not text[at : part.location.end].strip("\n")


@for_each(("body", "expected"))
def test_block_ends_where_something_new_begins(body: str, expected: tuple[str, ...]) -> None:
    assert texts(body) == [*expected]


SENTENCE = "The harbour was dug by hand over nine long winters in the frozen ground of the island" * 4


def test_long_paragraph_is_cut_after_a_footnote_that_closes_a_sentence() -> None:
    first, second = f"{SENTENCE}.<ref>A log</ref><ref name=b /> ", f"Then {SENTENCE}."
    assert texts(first + second) == [first, second]


@for_each("between")
def test_paragraph_stays_whole_where_a_cut_would_part_a_sentence(between: str) -> None:
    text = f"{SENTENCE}{between} {SENTENCE}."
    assert texts(text) == [text]


def test_reference_in_a_heading_is_a_block() -> None:
    assert texts("== A<ref>Log</ref> ==\nText.\n") == ["== A<ref>Log</ref> ==", "Text."]


def test_a_flood_of_items_is_one_piece_past_a_number_however_it_is_parted() -> None:
    many = "* a\n" * 40_000
    assert len(texts(many * 2)) == len(texts(f"{many}\n\n{many}")) == 60_001
