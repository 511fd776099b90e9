"""Test that what differs between two renderings of the same sources is learned, and no change afterwards."""

import json

from hypothesis import given
from hypothesis import strategies as st

from tests.cases import for_each, table
from watcher import compare_wikitext
from watcher.parse.rendered import mask_volatile, without_volatile

PAGE: str = table(__file__, "page")
NOW = table(__file__, "now")
LATER = {**NOW, "years": 76, "day": "Friday, 16 October", "time": "9:30 (autumn)", "age": 11}
MUCH_LATER = {**NOW, "years": 81, "day": "Sunday, 1 June", "time": "0:00", "age": 16}

TICKING = mask_volatile(PAGE.format_map(NOW), PAGE.format_map(LATER))


def test_ticking_values_never_differ_once_they_are_learned() -> None:
    now, later = (without_volatile(PAGE.format_map(values), TICKING) for values in (NOW, MUCH_LATER))
    assert now == later
    assert "opened in 1950, … years ago. It has 12 ships." in now
    assert json.loads(json.dumps(TICKING)) == [*TICKING]


@for_each("name, value", [("opened", 1951), ("berths", 44), ("crew", 33)])
def test_other_values_beside_them_stay_facts(name: str, value: int) -> None:
    old, new = (without_volatile(PAGE.format_map(values), TICKING) for values in (NOW, {**MUCH_LATER, name: value}))
    changes = [finding.change for finding in compare_wikitext(old, new).findings]
    assert changes
    assert all(str(value) in str(change.new) for change in changes)


def test_equal_renderings_teach_nothing() -> None:
    text = PAGE.format_map(NOW)
    assert mask_volatile(text, text) == ()
    assert without_volatile(text, ()) == text


def test_a_bare_number_without_words_or_headers_is_not_taken_for_volatile() -> None:
    table = "{{|\n| {}\n|}}"
    assert mask_volatile(table.format(5), table.format(6)) == ()


@given(st.text(max_size=80), st.text(max_size=80), st.lists(st.text(max_size=30), max_size=3))
def test_any_texts_and_addresses_are_accepted(first: str, second: str, addresses: list[str]) -> None:
    mask_volatile(first, second)
    assert isinstance(without_volatile(first, tuple(addresses)), str)
