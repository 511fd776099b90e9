"""Test that imported entries are appended as data: no key or value of theirs is read as TOML syntax."""

from __future__ import annotations

import tomllib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.cases import for_each
from watcher.config import append_entries, check_entry
from watcher.errors import InputError

TEXT = '[watcher]\ncontact = "mailto:a@example.org"\n\n[[watch]]\ntitle = "Tide"\n# mine\n'


def test_what_stands_there_is_kept_and_the_entries_follow():
    longer = append_entries(TEXT, {"wiki": [{"name": "w"}], "watch": [{"title": "Ebb", "tags": ["a"]}]})
    assert longer.startswith(TEXT)
    content = tomllib.loads(longer)
    assert content["watch"] == [{"title": "Tide"}, {"title": "Ebb", "tags": ["a"]}]
    assert content["wiki"] == [{"name": "w"}]


def test_tables_within_an_entry_are_written_too():
    watch = {"title": "Ebb", "statistic": [{"label": "x", "low": 3}], "ignore": {"bots": True}, "paused": True}
    assert tomllib.loads(append_entries(TEXT, {"watch": [watch]}))["watch"][1] == watch


def test_an_entry_of_endless_depth_is_refused():
    deep: object = "x"
    for _ in range(900):
        deep = [deep]
    with pytest.raises(InputError, match="that no watchlist can hold"):
        check_entry("watch", {"title": "Ebb", "ignore": deep})


def test_nothing_to_add_changes_nothing():
    assert append_entries(TEXT, {"watch": []}) == TEXT


def test_line_ends_stay_those_of_the_file():
    longer = append_entries(TEXT.replace("\n", "\r\n"), {"watch": [{"title": "Ebb"}]})
    assert longer.count("\n") == longer.count("\r\n")


@for_each("key", ["links_to", "keep", "a = 1\n[keep]", "", "title "])
def test_a_key_that_the_table_does_not_have_is_refused(key: str):
    with pytest.raises(InputError, match="which no watchlist has"):
        check_entry("watch", {"title": "Ebb", key: "x"})


@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_any_text_comes_back_as_it_went_in(text: str):
    content = tomllib.loads(append_entries(TEXT, {"watch": [{"title": text, "claims": [text]}]}))
    assert content["watch"][1] == {"title": text, "claims": [text]}
    assert set(content) == {"watcher", "watch"}
