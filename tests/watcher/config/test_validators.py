"""Test the validators of single entries: a value, or a ValueError that says what to write."""

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.cases import for_each
from watcher.config import validators
from watcher.model import Kind, Severity


@for_each(("written", "seconds"))
def test_a_duration_is_read(written: Any, seconds: int):
    assert validators.duration(written) == timedelta(seconds=seconds)


@for_each(
    "written", ["", "m", "ten", "-1", "1.5h", "10 months", "10 mm", "1  h", "1e3", "٣m", "9" * 30, 1.5, True, None, []]
)
def test_what_is_no_duration_is_refused(written: Any):
    with pytest.raises(ValueError, match=r"duration|longer than a year"):
        validators.duration(written)


@given(st.text() | st.integers() | st.floats() | st.booleans())
def test_any_duration_is_read_or_refused_with_advice(written: Any):
    text = ""
    length = timedelta(0)
    try:
        length = validators.duration(written)
    except ValueError as error:
        text = str(error)
    assert timedelta(0) <= length <= timedelta(days=366)
    assert not text or "write" in text


@for_each(
    ("written", "title"),
    [
        ("Human_trafficking", "Human trafficking"),
        ("  a \u00a0 b  ", "a b"),
        ("Cafe\u0301", "Café"),
        ("C++", "C++"),
        ("AC/DC", "AC/DC"),
        ("Who?", "Who?"),
        ("Talk:Tide", "Talk:Tide"),
        ("100% wool", "100% wool"),
        ("R&B", "R&B"),
        ("...", "..."),
        ("\u200eTide\u200f", "Tide"),
        ("ä" * 127, "ä" * 127),
    ],
)
def test_a_title_has_the_normal_form_of_the_wiki(written: str, title: str):
    assert validators.title(written) == title


@for_each(
    "written",
    [
        "",
        "_",
        "a\nb",
        "a|b",
        "{{a}}",
        "<a>",
        "a#b",
        "a~~~b",
        "a%41b",
        "a&amp;b",
        "a&#65;b",
        ".",
        "..",
        "./a",
        "a/../b",
        ":a",
        "a�",
        "a\x7f",
        "https://w.org/wiki/A",
        "ä" * 128,
    ],
)
def test_what_no_page_can_be_called_is_refused(written: str):
    with pytest.raises(ValueError, match=r"title|address|empty"):
        validators.title(written)


@given(st.text(max_size=300))
def test_a_title_that_was_read_is_read_the_same_again(written: str):
    try:
        title = validators.title(written)
    except ValueError:
        return
    assert validators.title(title) == title


@pytest.mark.parametrize(
    ("written", "host"), [("W.org", "w.org"), ("w.org.", "w.org"), ("127.0.0.1:81", "127.0.0.1:81"), ("[::1]", "[::1]")]
)
def test_a_host_is_in_lower_case(written: str, host: str):
    assert validators.host(written) == host


@for_each(
    "written",
    [
        "",
        "*",
        "*.w.org",
        "w.org/",
        "w.org:x",
        "https://w.org",
        "a..b",
        "-a",
        "a b",
        "a" * 254,
        "w.org:0",
        "w.org:65536",
    ],
)
def test_what_is_no_host_is_refused(written: str):
    with pytest.raises(ValueError, match="a host alone"):
        validators.host(written)


@for_each(("entry", "address", "listed"))
def test_an_allowed_host_may_name_its_port(entry: str, address: str, listed: object):
    assert validators.host_matches(entry, address) is listed


@for_each("level", list(Severity))
def test_every_severity_is_known_by_its_label(level: Severity):
    assert validators.severity(level.label) is level


@for_each("kind", [kind.value for kind in Kind] + ["*", "statistic.*", "*.removed"])
def test_every_kind_and_pattern_over_kinds_is_known(kind: str):
    assert validators.kinds(kind) == kind


@pytest.mark.parametrize(
    ("value", "text"),
    [("plain", "plain"), ("env:A", "from outside"), ("environment", "environment")],
)
def test_a_secret_stands_in_the_file_or_the_environment(value: str, text: str):
    assert validators.secret(value, {"A": " from outside\n"}).get_secret_value() == text


@for_each("value", ["env:B", "env:", "env:A B", "env:EMPTY", 5, None])
def test_a_secret_that_is_not_there_is_refused(value: Any):
    with pytest.raises(ValueError, match=r"env|environment"):
        validators.secret(value, {"A": "x", "EMPTY": " "})


@pytest.mark.parametrize(
    ("word", "known", "expected"),
    [
        ("treshold", ["threshold", "title"], '; did you mean "threshold"?'),
        ("zzz", ["b", "a"], "; known: a, b"),
        ("zzz", [], ""),
    ],
)
def test_the_nearest_word_is_offered_else_all(word: str, known: list[str], expected: str):
    assert validators.did_you_mean(word, known) == expected


@for_each(("written", "days"), [("90d", 90), ("1y", 365), ("10 years", 3650), ("52w", 364), ("36h", 1.5)])
def test_an_age_may_be_given_in_years(written: str, days: float):
    assert validators.age(written) == timedelta(days=days)


@for_each("written", ["2h", "0", "0y", "100y", "y", "-1y", "400d", None, True])
def test_what_is_no_age_to_keep_something_is_refused(written: Any):
    with pytest.raises(ValueError, match=r"is (shorter|longer|not)"):
        validators.age(written)


@pytest.mark.parametrize("written", ["999999999w", "999999999w999999999w", "53w"])
def test_a_duration_that_no_calendar_holds_is_refused_as_too_long(written: str):
    with pytest.raises(ValueError, match="longer than a year"):
        validators.duration(written)


@pytest.mark.parametrize(("seconds", "words"), [(0, "0"), (90, "1m30s"), (600, "10m"), (93_784, "1d2h3m4s")])
def test_a_length_is_reported_as_the_file_has_it(seconds: int, words: str):
    assert validators.format_duration(timedelta(seconds=seconds)) == words


@given(st.integers(min_value=0, max_value=366 * 86_400))
def test_what_is_reported_reads_back_as_the_same(seconds: int):
    assert validators.duration(validators.format_duration(timedelta(seconds=seconds))) == timedelta(seconds=seconds)
