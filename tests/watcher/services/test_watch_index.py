"""Test that a watch and its article are matched by page id, whatever the page is called by now."""

from dataclasses import replace

import pytest

from tests.flows.harness import CHANGED, TEXT, WikiHarness
from watcher.errors import ConfigError
from watcher.services.checks.check import check_titles
from watcher.services.operations.probes import Level, run_checks
from watcher.services.watchlist import add_entries


@pytest.fixture
def moved(either_world: WikiHarness) -> WikiHarness:
    """The watched page "Tide" is called "Tides" since the last check."""
    either_world.check()
    either_world.store.move("Tide", "Tides")
    either_world.check()
    return either_world


def test_every_title_that_a_page_ever_had_finds_its_watch(moved: WikiHarness):
    moved.store.move("Tides", "Rise and fall of the sea")
    moved.check()
    with moved.services() as services:
        (watch,) = services.watchlist.watches
        for title in ("Tide", "Tides", "Rise and fall of the sea", "Rise_and_fall_of_the_sea"):
            assert services.index.find(title) == (watch,)
        article = services.index.article_of(watch)
        assert article is not None
        assert article.title == "Rise and fall of the sea"
        assert services.index.watch_of(article) == watch
        assert services.index.poll_states()["w", "Tide"].article == article


def test_a_title_that_is_not_watched_is_refused_with_the_closest_one(moved: WikiHarness):
    with moved.services() as services, pytest.raises(ConfigError, match='did you mean "Tide"'):
        services.index.find("Tida")


def test_an_article_of_another_wiki_has_no_watch(moved: WikiHarness):
    with moved.services() as services:
        (watch,) = services.watchlist.watches
        article = services.index.article_of(watch)
        assert article is not None
        assert services.index.watch_of(replace(article, wiki="other")) is None
        with pytest.raises(ConfigError):
            services.index.find("Tide", "other")


def test_the_new_title_of_a_watched_page_is_not_added_a_second_time(moved: WikiHarness):
    before = moved.path.read_text()
    with pytest.raises(ConfigError, match="is watched already as 'Tide'"):
        list(add_entries(moved.path, ["Tides"], None, lambda *_: False))
    assert moved.path.read_text() == before


@pytest.mark.parametrize("title", ["Tide", "Tides"], ids=["the old title", "the new title"])
def test_the_end_of_a_mute_queues_what_it_kept_back_after_a_move(moved: WikiHarness, title: str):
    mute = moved.begin_mute(wiki="w", title=title)
    assert moved.state_after(CHANGED, "Tides") == "quiet"
    assert moved.end_mute(mute) == 1
    assert [row.alert.topic.value for row in moved.alerts()] == ["catch-up"]


def test_two_titles_of_one_page_are_checked_once_and_the_settings_of_the_first_hold(moved: WikiHarness):
    moved.watch("Tide", "Tides")
    text = moved.path.read_text()
    moved.path.write_text(text.replace('title = "Tide"\n', 'title = "Tide"\nthreshold = "critical"\n', 1))
    moved.edit(CHANGED, "Tides")
    first, second = moved.check()
    assert (first.watch.title, first.state.value) == ("Tide", "quiet")
    assert (second.watch.title, second.state.value) == ("Tides", "unchanged")
    assert "is the page of 'Tide'" in second.line
    moved.edit(TEXT, "Tides")
    with moved.services() as services:
        (alone,) = check_titles(services, ["Tides"])
        assert (alone.watch.title, alone.state.value) == ("Tide", "quiet")
        assert {title: watch.title for (_, title), watch in services.index.duplicates().items()} == {"Tides": "Tide"}
    warnings = [result for result in run_checks(moved.path, {}, now=moved.clock) if result.level is Level.WARN]
    assert "'Tides' and 'Tide' are one page: it is checked once, with the settings of 'Tide'" in [
        item.message for item in warnings
    ]
