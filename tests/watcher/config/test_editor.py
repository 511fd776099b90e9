"""Test that editing a watch or appending entries leaves the rest of the file unchanged, whatever the values hold."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.cases import for_each, parametrize_each
from watcher.config import append_entries, check_entry, default_watchlist, edit_watch, load
from watcher.errors import ConfigError, InputError, Missing
from watcher.model import Severity

TITLE = "Human trafficking"


def read(text: str, tmp_path: Path) -> Any:
    path = tmp_path / "watchlist.toml"
    path.write_text(text, encoding="utf-8", newline="")
    return load(path, environ={}).watches[0]


def test_settings_are_changed_added_and_taken_out(tmp_path: Path):
    settings = {"threshold": "high", "settle": None, "paused": True, "tags": ["law"], "claims": ['Say "no".']}
    watch = read(edit_watch(default_watchlist(), "enwiki", TITLE, settings), tmp_path)
    assert (watch.threshold, watch.paused, watch.tags, watch.claims) == (
        Severity.HIGH,
        True,
        ("law",),
        ('Say "no".',),
    )
    assert watch.settle.total_seconds() == 600


def test_every_comment_and_every_other_line_stays():
    changed = edit_watch(default_watchlist(), "enwiki", TITLE, {"threshold": "high"})
    assert changed == default_watchlist().replace('threshold = "medium"', 'threshold = "high"', 1)


def test_what_is_set_already_changes_nothing():
    assert (
        edit_watch(default_watchlist(), "enwiki", TITLE, {"threshold": "medium", "tags": None}) == default_watchlist()
    )


def test_windows_line_ends_stay():
    changed = edit_watch(default_watchlist().replace("\n", "\r\n"), "enwiki", TITLE, {"paused": True})
    assert "\n" not in changed.replace("\r\n", "")
    assert "paused = true\r\n" in changed


@parametrize_each("text")
def test_a_watch_is_found_however_it_is_written(text: str):
    changed = tomllib.loads(edit_watch(text, "w", "Low tide", {"paused": True}))["watch"]
    assert [watch.get("paused", False) for watch in changed] == [*[False] * (len(changed) - 1), True]


@pytest.mark.parametrize(("wiki", "title"), [("enwiki", "Tide"), ("dewiki", TITLE)])
def test_a_watch_that_is_gone_is_missing(wiki: str, title: str):
    with pytest.raises(Missing, match=r"no \[\[watch\]\] of its own in watchlist\.toml"):
        edit_watch(default_watchlist(), wiki, title, {"paused": True})


def test_only_settings_of_a_watch_can_be_changed():
    with pytest.raises(ConfigError, match="database, title: is no setting"):
        edit_watch(default_watchlist(), "enwiki", TITLE, {"title": "Tide", "database": "sqlite:///x"})


def test_a_file_that_is_no_toml_is_named_with_its_line():
    with pytest.raises(ConfigError, match=r"watchlist\.toml:2: not valid TOML"):
        edit_watch("[watcher]\n???\n", "enwiki", TITLE, {})


def test_tables_of_a_watch_are_written_into_it_and_leave_the_next_entry_alone():
    text = '[[wiki]]\nname = "w"\n\n[[watch]]\ntitle = "A"\n\n# the other one\n[[watch]]\ntitle = "B"\n'
    changed = edit_watch(text, "w", "A", {"ignore": {"bots": True}, "statistic": [{"label": "x", "low": 3}]})
    changed = edit_watch(changed, "w", "A", {"paused": True, "only": {"groups": ["sysop"]}})
    first, second = tomllib.loads(changed)["watch"]
    assert second == {"title": "B"}
    assert first == {
        "title": "A", "ignore": {"bots": True}, "statistic": [{"label": "x", "low": 3}], "paused": True,
        "only": {"groups": ["sysop"]},
    }  # fmt: skip
    assert "ignore = {bots = true}\n" in changed
    assert "statistic" not in edit_watch(changed, "w", "A", {"statistic": None})


OTHER = '[watcher]\ncontact = "mailto:a@example.org"\n\n[[watch]]\ntitle = "Tide"\n# mine\n'


def test_what_stands_there_is_kept_and_the_entries_follow():
    longer = append_entries(OTHER, {"wiki": [{"name": "w"}], "watch": [{"title": "Ebb", "tags": ["a"]}]})
    assert longer.startswith(OTHER)
    content = tomllib.loads(longer)
    assert content["watch"] == [{"title": "Tide"}, {"title": "Ebb", "tags": ["a"]}]
    assert content["wiki"] == [{"name": "w"}]


def test_tables_within_an_entry_are_written_too():
    watch = {"title": "Ebb", "statistic": [{"label": "x", "low": 3}], "ignore": {"bots": True}, "paused": True}
    assert tomllib.loads(append_entries(OTHER, {"watch": [watch]}))["watch"][1] == watch


def test_an_entry_of_endless_depth_is_refused():
    deep: object = "x"
    for _ in range(900):
        deep = [deep]
    with pytest.raises(InputError, match="that no watchlist can hold"):
        check_entry("watch", {"title": "Ebb", "ignore": deep})


def test_nothing_to_add_changes_nothing():
    assert append_entries(OTHER, {"watch": []}) == OTHER


def test_line_ends_stay_those_of_the_file():
    longer = append_entries(OTHER.replace("\n", "\r\n"), {"watch": [{"title": "Ebb"}]})
    assert longer.count("\n") == longer.count("\r\n")


@for_each("key", ["links_to", "keep", "a = 1\n[keep]", "", "title "])
def test_a_key_that_the_table_does_not_have_is_refused(key: str):
    with pytest.raises(InputError, match="which no watchlist has"):
        check_entry("watch", {"title": "Ebb", key: "x"})


@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_any_text_comes_back_as_it_went_in(text: str):
    content = tomllib.loads(append_entries(OTHER, {"watch": [{"title": text, "claims": [text]}]}))
    assert content["watch"][1] == {"title": text, "claims": [text]}
    assert set(content) == {"watcher", "watch"}
