from __future__ import annotations

from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.cases import for_each
from watcher.errors import Corrupt
from watcher.fetch.pages import (
    BATCH,
    LONGEST_QUERY,
    PageLookup,
    batches,
    follow_redirects,
    normalize_title,
    page_of_title,
)


def test_batches_hold_fifty_values() -> None:
    assert [len(batch) for batch in batches(str(number) for number in range(101))] == [50, 50, 1]


def test_a_value_asked_twice_is_sent_once() -> None:
    assert list(batches(["a", "b", "a"])) == [("a", "b")]


def test_nothing_makes_no_batch() -> None:
    assert list(batches([])) == []


@given(st.lists(st.text(max_size=255)))
def test_batches_lose_nothing_and_fit_a_request_line(values: list[str]) -> None:
    sent = [value for value in values if normalize_title(value) is not None]
    got = list(batches(sent))
    assert [value for batch in got for value in batch] == list(dict.fromkeys(sent))
    assert all(len(batch) <= BATCH for batch in got)
    assert all(len(batch) == 1 or len(quote("|".join(batch), safe="")) <= LONGEST_QUERY for batch in got)


@for_each("title", ["", "  ", "a|b", "a\x1fb", "a\nb", "a\x00", "a\x7f", "\ud800"])
def test_a_title_that_no_wiki_can_have_is_not_sent(title: str) -> None:
    assert normalize_title(title) is None


@pytest.mark.parametrize(("title", "sent"), [("Cafe\u0301", "Café"), ("C++", "C++"), ("Wer_weiß?", "Wer_weiß?")])
def test_a_title_is_sent_in_composed_form(title: str, sent: str) -> None:
    assert normalize_title(title) == sent


@for_each(
    ("redirects", "end"),
    [
        ({}, ("A", False)),
        ({"A": "B"}, ("B", False)),
        ({"A": "B", "B": "C"}, ("C", False)),
        ({"A": "B", "B": "A"}, ("B", True)),
        ({"A": "B", "B": "C", "C": "B"}, ("B", True)),
        ({"A": "A"}, ("A", True)),
    ],
)
def test_redirects_are_followed_to_their_end_or_known_as_a_circle(
    redirects: dict[str, str], end: tuple[str, bool]
) -> None:
    assert follow_redirects("A", redirects) == end


def test_a_title_that_the_answer_does_not_mention_is_an_error() -> None:
    page_lookup = PageLookup(normalized={}, redirects={}, interwiki=frozenset(), by_title={}, by_id={})
    with pytest.raises(Corrupt, match="says nothing of 'Lost'"):
        page_of_title("here", "Lost", "Lost", page_lookup)
