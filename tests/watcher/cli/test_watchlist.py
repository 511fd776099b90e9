"""Test that the commands for a watchlist start from nothing, and overwrite nothing."""

from __future__ import annotations

import re
import sys
from pathlib import Path

import pytest

from tests.cases import for_each
from tests.flows.harness import WikiHarness
from tests.shared_data import ARTICLE, article
from tests.watcher.cli.conftest import Watcher
from watcher.config import default_watchlist, load
from watcher.pipeline import missing_pins


def test_init_writes_the_first_watchlist_and_touches_no_file_that_is_there(
    watcher: Watcher, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
):
    answer = watcher("init")
    assert answer.code == 0
    assert "watcher check" in answer.out
    assert [watch.title for watch in load(tmp_path / "watchlist.toml", environ={}).watches] == ["Human trafficking"]
    (tmp_path / "watchlist.toml").write_text("mine")
    assert watcher("init").refuses("was not changed")
    assert (tmp_path / "watchlist.toml").read_text() == "mine"
    assert watcher("init", "--watchlist", "absent/watchlist.toml").refuses("cannot be written")
    monkeypatch.setenv("WATCHER_WATCHLIST", "named.toml")
    assert watcher("init").code == 0
    assert (tmp_path / "named.toml").exists()


@for_each(("words", "expected"))
def test_what_is_not_in_the_watchlist_is_refused_without_asking_a_wiki(
    watcher: Watcher, tmp_path: Path, words: list[str], expected: str
):
    (tmp_path / "watchlist.toml").write_text(default_watchlist())
    assert watcher(*words).refuses(expected)
    assert (tmp_path / "watchlist.toml").read_text() == default_watchlist()


def test_a_list_is_read_by_the_check_another_one_is_named_and_it_can_be_removed(
    watcher: Watcher, world: WikiHarness, monkeypatch: pytest.MonkeyPatch
):
    (world.folder / "titles.txt").write_text("Tide\n")
    world.path.write_text(world.path.read_text() + '\n[[watch]]\nwiki = "w"\nfile = "titles.txt"\n')
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    checked = watcher("check")
    assert checked.code == 0
    assert "≡ file:titles.txt" in checked.out
    assert watcher("list", "file:titles.txt").out == "Tide\n"
    assert watcher("list", "file:others.txt").refuses("is no list of")
    assert "file:titles.txt" in watcher("remove", "file:titles.txt").out
    assert "titles.txt" not in watcher("list").out


def test_the_list_shows_the_settings_that_are_not_the_default_ones(watcher: Watcher, world: WikiHarness):
    world.extra_settings = '[[destination]]\nname = "second"\nurl = "json://127.0.0.1:9/2"\n'
    world.watch("Tide", settle="10m")
    assert watcher("list").out == "w  Tide\n"
    ignored, named = {"bots": True, "editors": ["*Bot"]}, {"label": "boats", "low": "20 million", "change": "10 %"}
    world.watch("Tide", settle="2h", threshold="high", destinations=["second"], ignore=ignored, statistic=[named])
    assert watcher("list").out == (
        'w  Tide  threshold = "high", settle = "2h", destinations = ["second"], '
        'ignore = { editors = ["*Bot"], bots = true }, '
        'statistic = [{ label = "boats", low = "20000000", change = "10 %" }]\n'
    )


def test_the_sample_of_a_pinned_sentence_is_in_the_article_that_the_first_watchlist_watches():
    if not ARTICLE.exists():
        pytest.skip(f"{ARTICLE} is not there")
    (pinned,) = re.findall(r'^# claims = \["(.+)"\]$', default_watchlist(), re.MULTILINE)
    assert missing_pins(article(), [pinned]) == ()


def test_a_pin_of_a_member_of_a_list_says_what_to_do(watcher: Watcher, world: WikiHarness):
    (world.folder / "titles.txt").write_text("Tide\n")
    world.path.write_text(world.path.read_text().replace('title = "Tide"', 'file = "titles.txt"'))
    watcher("check")
    sentence = "In 2012, the survey counted 21 million boats in all harbours."
    refused = watcher("pin", "Tide", sentence)
    assert refused.code == 2
    assert "Tide: has no [[watch]] of its own, and a sentence is pinned in that" in refused.err
    command = refused.err.partition("first run: watcher ")[2].split()
    assert watcher(*command).code == 0
    watcher("check")
    assert watcher("pin", "Tide", sentence).code == 0
