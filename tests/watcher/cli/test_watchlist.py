"""Test that the commands for a watchlist and its mutes start from nothing, overwrite nothing, and say what is wrong."""

import re
from datetime import UTC, datetime
from pathlib import Path

import pytest

from snapshots import Mute
from tests.cases import for_each
from tests.shared_data import ARTICLE, article
from tests.watcher.cli.conftest import Watcher
from watcher.cli.app import print_line
from watcher.cli.watchlist import format_mute
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


@pytest.fixture
def run(watcher):
    """Runs a command on a fresh watchlist that watches "Human trafficking"."""
    watcher("init")
    return watcher


@for_each(("words", "expected"))
def test_a_mistake_is_named_with_what_to_do(run, words: list[str], expected: str):
    assert run(*words).refuses(expected)


def test_a_mute_is_described_without_what_could_steer_a_terminal(capsys: pytest.CaptureFixture[str]):
    at = datetime(2026, 3, 4, tzinfo=UTC)
    print_line(format_mute(Mute(id=1, wiki="w", title="T\x1b[2J", rule=None, words=None, until=at, at=at)))
    assert capsys.readouterr().out == "1: T\\u001b[2J, until 2026-03-04 00:00 UTC\n"
