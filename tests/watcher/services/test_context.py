"""Test that a run's context is opened from the watchlist and closed completely."""

import os
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from snapshots import Archive
from tests.flows.harness import START, WikiHarness
from tests.postgres import Cluster
from watcher.errors import ConfigError, Unavailable
from watcher.model import Article
from watcher.services.context import Lookups, clock
from watcher.services.operations.startup import DatabaseClock, installed_watchlist, load_watchlist, open_context


def test_a_wiki_has_one_client_and_is_asked_for_its_names_once(world: WikiHarness):
    with world.services() as services:
        assert services.client("w") is services.client("w")
        assert services.dialect("w") is services.dialect("w")
        assert "file" in services.dialect("w").file_namespaces


def test_a_wiki_that_cannot_say_its_names_has_the_usual_ones_for_five_minutes(world: WikiHarness):
    world.wiki.refuse(10**9)
    with world.services() as services:
        assert services.dialect("w").language == "en"
        services.client("w").close()
        world.path.write_text(world.path.read_text().replace('language = "en"', 'language = "de"'))
        services.reload_watchlist()
        for minutes, is_builtin in ((0, True), (4, True), (1, False)):
            world.clock.advance(minutes=minutes)
            assert ("datei" in services.dialect("w").file_namespaces) == is_builtin
            world.wiki.recover()


def test_the_language_that_the_operator_writes_is_that_of_the_articles(world: WikiHarness):
    written = world.path.read_text()
    for setting, language in (('language = "fr"\n', "fr"), ("", "en")):  # the wiki says "en"
        world.path.write_text(written.replace('language = "en"\n', setting))
        with world.services() as services:
            assert services.dialect("w").language == language


def test_a_name_is_asked_about_once_an_hour_and_five_minutes_after_a_failure():
    lookups, asked = Lookups[int](), list[list[str]]()

    def ask(names: list[str]) -> dict[str, int]:
        asked.append(names)
        return {name: len(asked) for name in names}

    def fail(names: list[str]) -> dict[str, int]:
        asked.append(names)
        raise Unavailable("the wiki is busy")

    def at(minutes: int) -> datetime:
        return START + timedelta(minutes=minutes)

    assert lookups.find("w", ["Ben", "Ann"], at(0), ask) == {"Ben": 1, "Ann": 1}
    assert lookups.find("w", ["Ann"], at(60), fail) == {"Ann": 1}
    assert lookups.find("w", ["Ann", "Cem"], at(61), fail) == {"Ann": 1, "Cem": None}
    assert lookups.find("w", ["Cem"], at(66), fail) == {"Cem": None}
    assert lookups.find("w", ["Cem"], at(67), ask) == {"Cem": 3}
    assert lookups.find("other", ["Ann"], at(67), ask) == {"Ann": 4}
    assert asked == [["Ann", "Ben"], ["Ann", "Cem"], ["Cem"], ["Ann"]]


def test_a_name_that_is_known_is_answered_also_when_others_are_forgotten():
    lookups = Lookups[int]()
    for first in range(0, 12_000, 499):
        names = {"Ann", *map(str, range(first, first + 499))}
        assert {*lookups.find("w", names, START, dict.fromkeys)} == names


def test_destinations_have_addresses_of_known_services_and_secrets_of_the_environment(world: WikiHarness):
    for url, problem in (("env:TEAM_URL", "TEAM_URL is not set"), ("gopher://127.0.0.1/", r"destination\[1\].url")):
        world.receiver = url
        world.watch("Tide")
        with pytest.raises(ConfigError, match=problem):
            load_watchlist(world.path, {})
    world.receiver = "env:TEAM_URL"
    world.watch("Tide")
    with open_context(world.path, {"TEAM_URL": "json://127.0.0.1/"}) as services:
        assert "127.0.0.1" not in repr(services.watchlist.destinations)


def test_destinations_are_asked_about_again_only_when_the_file_has_changed(world: WikiHarness):
    world.watch("Tide")
    with world.services() as services:
        article = Article(wiki="w", page_id=1, title="Tide")
        services.archive.articles.register(article, world.clock())
        services.archive.articles.record_checks([article], world.clock())
    text = world.path.read_text()
    assert "json://" in text
    world.path.write_text(text.replace("json://", "gopher://"))
    seen = world.clock().timestamp()
    os.utime(world.path, (seen - 60, seen - 60))
    with world.services() as services:
        assert services.watchlist.destinations
    os.utime(world.path, (seen + 60, seen + 60))
    with pytest.raises(ConfigError, match=r"destination\[1\].url"), world.services():
        pass


def test_a_connection_of_the_same_process_does_not_need_the_file(world: WikiHarness):
    world.watch("Tide")
    with world.services() as services:
        world.path.write_text("???")
        with open_context(world.path, {}, now=world.clock, loaded=services.watchlist) as other:
            assert other.watchlist is services.watchlist
            assert other.archive.articles.last_check() is None


def test_who_lives_long_takes_over_what_was_written_into_the_file(world: WikiHarness):
    with world.services() as services:
        known = services.watchlist
        services.reload_watchlist()
        assert services.watchlist is known
        world.watch("Tide", "Low tide")
        services.reload_watchlist()
        assert [watch.title for watch in services.watchlist.watches] == ["Tide", "Low tide"]


def test_a_file_with_a_mistake_is_not_taken_over(world: WikiHarness):
    with world.services() as services:
        known = services.watchlist
        world.path.write_text(world.path.read_text() + "???")
        services.reload_watchlist()
        assert services.watchlist is known
        assert services.watchlist_error is not None
        assert "not valid TOML" in services.watchlist_error
        world.path.unlink()
        services.reload_watchlist()
        assert services.watchlist is known


@pytest.mark.postgres
def test_workers_take_the_time_of_the_database(postgres: Cluster):
    ahead = timedelta(minutes=10)
    fast = DatabaseClock(lambda: clock() + ahead)
    assert fast() - clock() > timedelta(minutes=9)
    with postgres.migrated() as url, Archive(url) as archive:
        fast.synchronize(archive)
        assert abs(fast() - clock()) < timedelta(seconds=30)
        ahead = timedelta()  # the machine's clock is set right
        assert abs(fast() - clock()) < timedelta(seconds=30)


@pytest.mark.parametrize(
    ("environ", "path"),
    [
        ({"WATCHER_WATCHLIST": "/etc/article-watcher/watchlist.toml"}, Path("/etc/article-watcher/watchlist.toml")),
        ({"WATCHER_WATCHLIST": ""}, Path("watchlist.toml")),
        ({}, Path("watchlist.toml")),
    ],
)
def test_flows_take_the_watchlist_that_the_environment_names(environ: dict[str, str], path: Path):
    assert installed_watchlist(environ) == path
