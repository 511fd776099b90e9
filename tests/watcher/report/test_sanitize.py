import json
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from watcher.report.sanitize import escape_invisible, inline_text, json_safe, single_line, truncate, web_link

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


def test_a_run_keeps_the_blanks_at_its_ends():
    assert inline_text(" a\n") == " a "


@given(ANY)
def test_what_is_shown_has_one_line_and_no_control(text: str):
    shown = single_line(text, 40)
    assert not {unicodedata.category(character) for character in shown} & {"Cc", "Cs", "Zl", "Zp"}
    assert len(shown) <= 80
    shown.encode()


def test_a_long_text_ends_in_an_ellipsis():
    assert truncate("abcdef", 4) == "abc…"
    assert truncate("abcd", 4) == "abcd"


@given(ANY)
def test_json_says_the_same_after_it_was_made_safe(text: str):
    safe = json_safe(json.dumps({"text": text}, ensure_ascii=False))
    assert json.loads(safe) == {"text": text}
    assert not {unicodedata.category(character) for character in safe} & {"Cc", "Cs"}


@pytest.mark.parametrize(
    "url",
    [
        "javascript:alert(1)",
        "JaVaScRiPt:alert(1)",
        "java\tscript:alert(1)",
        " javascript:alert(1)",
        "data:text/html,x",
        "vbscript:x",
        "file:///etc/passwd",
        "ftp://example.org",
        "//example.org/x",
        "/relative",
        "https:",
        "https://",
        "https:///path",
        "http://[",
        "https://evil.example\\@good.example/",
        "https://user:secret@example.org/",
        "https://example.org/a b",
        "https://example.org/\u202egnp.exe",
        "https://example.org/" + "a" * 3000,
        "",
        None,
    ],
)
def test_only_a_plain_web_address_becomes_a_link(url: str | None):
    assert web_link(url) is None


@pytest.mark.parametrize(
    "url", ["https://example.org/a?b=c&d=é#f", "HTTP://Example.org", "http://[::1]:8080/x", "https://例え.jp/"]
)
def test_a_web_address_is_a_link(url: str):
    assert web_link(url) == url
