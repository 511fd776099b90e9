"""An address or a title becomes one more watch, if the wiki has the page; else the file stays as it is."""

from __future__ import annotations

import pytest

from tests.flows.harness import TEXT, WikiHarness
from watcher.config import load
from watcher.errors import ConfigError, Missing, Refused, WatcherError
from watcher.services.watchlist import add_article


@pytest.fixture
def ebb(world: WikiHarness) -> WikiHarness:
    """The wiki has one more page."""
    world.edit(TEXT, "Low tide")
    return world


def titles(world: WikiHarness) -> list[str]:
    return [watch.title for watch in load(world.path, environ={}).watches]


@pytest.mark.parametrize(
    "article",
    ["Low tide", "Low_tide", " low tide ", "{wiki}/wiki/Low_tide", "{wiki}/w/index.php?title=Low_tide&action=history"],
)
def test_a_page_is_found_by_its_title_and_by_its_address(ebb: WikiHarness, article: str):
    text = add_article(ebb.path, article.format(wiki=ebb.wiki.url), None)
    assert "watching 'Low tide' on w" in text
    assert titles(ebb) == ["Tide", "Low tide"]


def test_a_redirect_is_followed_to_the_page_itself(ebb: WikiHarness):
    ebb.edit("#REDIRECT [[Low tide]]", "Ebb")
    assert "(from 'Ebb')" in add_article(ebb.path, "Ebb", None)
    assert titles(ebb) == ["Tide", "Low tide"]


@pytest.mark.parametrize(
    ("article", "wiki", "error"),
    [
        ("No such page", None, Missing),
        ("Tide", None, ConfigError),
        ("Low tide", "other", ConfigError),
        ("https://evil.example/wiki/Low_tide", None, Refused),
        ("{wiki}/wiki/", None, ConfigError),
        ("{wiki}/", None, ConfigError),
        ("A[b]", None, WatcherError),
    ],
)
def test_what_cannot_be_watched_is_refused_and_the_file_left_alone(
    ebb: WikiHarness, article: str, wiki: str | None, error: type[Exception]
):
    before = ebb.path.read_text()
    with pytest.raises(error):
        add_article(ebb.path, article.format(wiki=ebb.wiki.url), wiki)
    assert ebb.path.read_text() == before
    assert sorted(path.name for path in ebb.path.parent.iterdir() if path.suffix == ".new") == []


def test_all_that_stood_in_the_file_stays(ebb: WikiHarness):
    before = "# mine\n" + ebb.path.read_text()
    ebb.path.write_text(before)
    add_article(ebb.path, "Low tide", None)
    assert ebb.path.read_text().startswith(before)
