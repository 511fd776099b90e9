"""Test that hostile text is shown as text."""

import json
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.cases import for_each
from watcher.text import (
    error_line,
    escape_control_characters,
    escape_invisible,
    inline_text,
    message_line,
    shorten,
    single_line,
    spreadsheet_cell,
    to_json,
    truncate,
)

ANY = st.text(st.characters(), max_size=60)


def test_a_direction_override_is_spelled_out():
    assert escape_invisible("gnp\u202eexe") == "gnp⟨U+202E⟩exe"


@pytest.mark.parametrize(
    "mark", ["\x1b", "\x00", "\x9b", "\u2066", "\u200b", "\ufeff", "\ud800", "\U000e0041", "\u2028", "\r"]
)
def test_no_steering_character_stays(mark: str):
    assert mark not in escape_invisible(f"a{mark}b")


@pytest.mark.parametrize(
    "text", ["می\u200cخواهم", "👩\u200d🔬", "naïve – “quoted” 21\u202f000", "人身売買", "tab\tand\nline"]
)
def test_ordinary_writing_stays_as_it_is(text: str):
    assert escape_invisible(text) == text


def test_lines_and_tabs_become_one_space():
    assert single_line(" a\r\n\tb ") == "a b"
    assert single_line("\u202e" * 40, 10) == "⟨U+202E⟩⟨…"


def test_a_run_keeps_the_blanks_at_its_ends():
    assert inline_text(" a\n") == " a "


@given(ANY)
def test_what_is_shown_has_one_line_and_no_control(text: str):
    shown = single_line(text, 40)
    assert not {unicodedata.category(character) for character in shown} & {"Cc", "Cs", "Zl", "Zp"}
    assert len(shown) <= 40
    shown.encode()


def test_a_long_text_ends_in_an_ellipsis():
    assert truncate("abcdef", 4) == "abc…"
    assert truncate("abcd", 4) == "abcd"


@given(ANY)
def test_json_says_the_same_after_it_was_made_safe(text: str):
    safe = to_json({"text": text}, None)
    assert json.loads(safe) == {"text": text}
    assert not {unicodedata.category(character) for character in safe} & {"Cc", "Cs"}


@given(st.text())
def test_nothing_that_is_left_can_steer_a_terminal(text: str):
    assert escape_control_characters(text).isprintable()


@for_each(("text", "shown"))
def test_text_from_a_wiki_cannot_steer_the_terminal(text: str, shown: str):
    assert escape_control_characters(text) == shown


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("a\nb\tc\r\n", "a b c"),
        ("a\x00\x07\x1b[31mb", "a[31mb"),
        ("\u202egpj.exe\u202c", "gpj.exe"),
        ("a\u200bb\ufeffc\u2066d", "abcd"),
        ("lone \ud800 surrogate", "lone surrogate"),
        ("1\u00a0000\u202f000", "1 000 000"),
        ("tags\U000e0041", "tags"),
    ],
)
def test_only_visible_characters_are_left(text: str, shown: str):
    assert message_line(text) == shown


@pytest.mark.parametrize("formula", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "＝1+1", "＋1", "－1", "＠x"])
def test_a_spreadsheet_takes_no_text_of_a_stranger_for_a_formula(formula: str):
    assert spreadsheet_cell(formula).startswith("'")


def test_a_cell_keeps_numbers_and_plain_text():
    assert [*map(spreadsheet_cell, (-5, None, "5 = five", "a\nb"))] == ["-5", "", "5 = five", "a b"]


def test_an_error_is_one_line_of_at_most_200_characters():
    assert error_line("a\n  b") == "a b"
    assert len(error_line("a" * 500)) == 200


def test_long_text_is_cut_at_a_word():
    assert shorten("one two three", 9) == "one two…"
    assert shorten(None) == ""
