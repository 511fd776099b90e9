"""Test that the first watchlist is valid, and that adding a watch leaves the rest of the file unchanged."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.cases import parametrize_each
from watcher.config import add_watch, default_watchlist, load
from watcher.errors import ConfigError


@pytest.fixture
def titles(tmp_path: Path):
    """The titles that a text watches."""

    def of(text: str) -> Any:
        path = tmp_path / "watchlist.toml"
        path.write_text(text, encoding="utf-8", newline="")
        return [watch.title for watch in load(path, environ={}).watches]

    return of


def test_the_template_watches_human_trafficking_on_english_wikipedia(tmp_path: Path):
    path = tmp_path / "watchlist.toml"
    path.write_text(default_watchlist(), encoding="utf-8")
    watchlist = load(path, environ={})
    assert [(watch.wiki, watch.title) for watch in watchlist.watches] == [("enwiki", "Human trafficking")]
    assert watchlist.wiki("enwiki").api == "https://en.wikipedia.org/w/api.php"


def test_what_the_template_offers_in_comments_is_valid_too(tmp_path: Path):
    offered = [
        line.removeprefix("# ")
        if line.startswith(
            (
                "# [[",
                "# name =",
                "# url =",
                "# thre",
                "# kinds",
                "# claims",
                "# category",
                "# depth",
                "# user",
                "# pass",
            )
        )
        else line
        for line in default_watchlist().splitlines()
    ]
    path = tmp_path / "watchlist.toml"
    path.write_text("\n".join(offered), encoding="utf-8")
    watchlist = load(path, environ={"TEAM_URL": "json://127.0.0.1:9", "WIKI_PASSWORD": "secret"})
    assert (watchlist.sources[0].source, watchlist.wikis[0].signs_in) == ("category:Human rights abuses", True)
    assert [destination.name for destination in watchlist.destinations] == ["team"]
    assert watchlist.watches[0].claims


@pytest.mark.parametrize("title", ["Forced labour", 'Say "no"', "C:\\path", "Ångström", "100% effort", "AC/DC"])
def test_an_added_title_is_watched(titles: Callable[[str], list[str]], title: str):
    assert titles(add_watch(default_watchlist(), "enwiki", title)) == ["Human trafficking", title]


def test_adding_keeps_every_line_and_comment():
    assert add_watch(default_watchlist(), "enwiki", "Tide").startswith(default_watchlist())


def test_adding_keeps_windows_line_ends(titles: Callable[[str], list[str]]):
    longer = add_watch(default_watchlist().replace("\n", "\r\n"), "enwiki", "Tide")
    assert "\n" not in longer.replace("\r\n", "")
    assert titles(longer) == ["Human trafficking", "Tide"]


def test_a_file_without_a_last_line_end_can_be_added_to(titles: Callable[[str], list[str]]):
    assert titles(add_watch(default_watchlist().rstrip() + "\n# end", "enwiki", "Tide"))[-1] == "Tide"


@parametrize_each(("wiki", "title", "expected"))
def test_a_watch_that_cannot_be_added_is_reported_in_one_line(wiki: str, title: str, expected: str):
    with pytest.raises(ConfigError) as caught:
        add_watch(default_watchlist(), wiki, title)
    assert expected in str(caught.value)
    assert "\n" not in str(caught.value)


def test_watches_in_an_inline_list_cannot_be_added_to():
    text = 'watch = [{wiki = "w", title = "A"}]\n[[wiki]]\nname = "w"\n'
    with pytest.raises(ConfigError, match=r"\[\[watch\]\]"):
        add_watch(text, "w", "B")
