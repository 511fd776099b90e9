"""Test that the commands for a watchlist start from nothing, and overwrite nothing."""

import re
from pathlib import Path

import pytest

from tests.cases import for_each
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


def test_the_sample_of_a_pinned_sentence_is_in_the_article_that_the_first_watchlist_watches():
    if not ARTICLE.exists():
        pytest.skip(f"{ARTICLE} is not there")
    (pinned,) = re.findall(r'^# claims = \["(.+)"\]$', default_watchlist(), re.MULTILINE)
    assert missing_pins(article(), [pinned]) == ()
