"""Test that hostile text is made harmless and short."""

import re

from hypothesis import given
from hypothesis import strategies as st

from tests.cases import for_each
from watcher.notify.sanitize import (
    changed_span,
    defang,
    markdown,
    own_link,
    shorter_link,
    span_of,
    truncate_bytes,
    utf8_length,
)
from watcher.text import message_line


@for_each(("text", "shown"))
def test_what_a_chat_service_would_bring_to_life_is_broken(text: str, shown: str):
    assert defang(text) == shown
    assert markdown("[a](b) *c* <d> @e") == "\\[a\\]\u200b\\(b\\) \\*c\\* ‹d› @\u200be"


@for_each(("url", "link"))
def test_only_a_plain_web_address_becomes_a_link(url: str, link: str):
    assert own_link(url) == (link or None)
    assert own_link("https://w.org/" + "a" * 3000) is own_link(None) is None


@for_each(("url", "shorter"))
def test_a_diff_is_found_without_its_title(url: str, shorter: str):
    assert shorter_link(url) == shorter


@for_each(("old", "new", "before", "after"))
def test_the_words_that_changed_are_found_whole(old: str, new: str, before: str, after: str):
    (old_start, old_end), (new_start, new_end) = changed_span(new, old), changed_span(old, new)
    assert (old[old_start:old_end], new[new_start:new_end]) == (before, after)


def test_a_number_is_found_in_its_sentence():
    sentence = "In 2012 there were 21 million of them."
    start, end = span_of("21 million of them were added in 2012", sentence)
    assert sentence[start:end] == "21 million"


LONG = (
    "One reads in many places, of which some are old, that 25 million people were counted in that year by the office."
)


@for_each("room", range(20, 115))
def test_an_excerpt_keeps_what_changed_and_its_room(room: int):
    short = truncate_bytes(LONG, room, changed_span(LONG.replace("25", "21"), LONG))
    assert "25 million" in short
    assert utf8_length(short) <= room


@for_each("number")
def test_a_number_is_shown_whole_or_not_at_all(number: str):
    for before in ("", "x", "xx", "some words ", "値"):
        text = f"{before} {number} and more words"
        for room in range(3, utf8_length(text) + 1):
            short = truncate_bytes(text, room)
            assert number in short or not any(map(str.isdigit, short))


def test_a_decimal_after_groups_set_apart_by_blanks_is_a_part_of_its_number():
    assert truncate_bytes("of 1 234 567.89 it is", 20, (14, 15)) == "of 1 234 567.89…"
    assert truncate_bytes("1 234 567.89", 8, (11, 12)) == "…"
    assert truncate_bytes("9" * 5000, 100) == "…"
    assert utf8_length(truncate_bytes("漢" * 5000, 100)) in range(90, 101)


@given(st.text(), st.text(), st.integers(0, 200))
def test_an_excerpt_never_exceeds_its_room(old: str, new: str, room: int):
    old, new = defang(old), defang(new)
    assert defang(new) == new
    assert utf8_length(truncate_bytes(new, room, changed_span(old, new))) <= room


@given(st.text(st.sampled_from("ab0123456789,.  %"), max_size=80), st.integers(3, 60), st.integers(0, 80))
def test_no_excerpt_ends_or_starts_inside_a_number(text: str, room: int, at: int):
    text = message_line(text)
    short = truncate_bytes(text, room, (at, at + 1)).strip("…")
    runs = re.findall(r"\d+(?:[.,]\d+)*", text)
    assert all(run in runs for run in re.findall(r"\d+(?:[.,]\d+)*", short))
