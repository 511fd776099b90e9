"""Test that muted findings are suppressed, and that one summary at the end lists those that still hold."""

from datetime import timedelta

import pytest

from snapshots import Mute, NewMute
from tests.cases import for_each
from tests.flows.harness import CHANGED, START, TEXT, WikiHarness
from tests.watcher.services.stories import step, story_test
from watcher import compare_wikitext
from watcher.config import Watch
from watcher.errors import InputError, Unavailable
from watcher.model import Finding
from watcher.services.alerting.alerts import matches, without_muted
from watcher.services.alerting.mutes import begin_mute
from watcher.services.checks.check import check, end_mute, end_mutes

WATCH = Watch(wiki="w", title="Tide")


def a_mute(**parts: str | None) -> Mute:
    empty = {"wiki": None, "title": None, "rule": None, "words": None}
    return Mute(**{"id": 1, "until": None, "at": START, **empty, **parts})  # type: ignore[arg-type]


def a_finding() -> Finding:
    return compare_wikitext(TEXT, CHANGED).findings[0]


@for_each(("parts", "suppressed"))
def test_a_mute_silences_what_all_its_parts_match(parts: dict[str, str], suppressed: object):
    assert matches(a_mute(**parts), WATCH, a_finding()) is suppressed


def test_a_mute_has_run_out_at_its_time():
    assert NewMute(until=START).has_expired(START)
    assert not NewMute(until=START).has_expired(START - timedelta(seconds=1))
    assert not NewMute().has_expired(START)


def test_only_what_would_have_been_reported_counts_as_kept_back():
    comparison = compare_wikitext(TEXT, TEXT.replace("Every harbour", "Each harbour"))
    assert without_muted(comparison, WATCH, [a_mute()])[1] == ()
    assert without_muted(compare_wikitext(TEXT, CHANGED), WATCH, [a_mute()])[1] == (1,)


def begin(world: WikiHarness, **parts: str) -> Mute:
    """A mute as the command begins it."""
    with world.services() as services:
        return begin_mute(services, **parts)  # type: ignore[arg-type]


test_what_a_mute_holds_back_is_summed_up = story_test(__file__)


def test_a_mute_whose_summary_cannot_be_made_now_is_kept_for_the_next_pass(world: WikiHarness):
    world.check()
    made = world.begin_mute(until=world.clock() + timedelta(hours=1))
    step(world, CHANGED)
    with world.services() as services:
        with services.archive.database.write() as session:
            session.connection().exec_driver_sql("UPDATE text SET body = x'00'")
        world.clock.advance(days=1)
        end_mutes(services)
        assert services.archive.mutes.list_open() == (made,)


def test_words_that_no_sentence_has_mute_nothing_and_the_closest_sentence_is_named(world: WikiHarness):
    begin(world, title="Tide", words="words of a page that was not read yet")
    world.check()
    with pytest.raises(InputError, match="no sentence has “boats in every harbour”, nothing was muted; the closest"):
        begin(world, title="Tide", words="boats in every harbour")
    step(world, CHANGED)
    assert begin(world, title="Tide", words="counted 21 million boats"), "a finding that is open has these words"
    assert begin(world, title="Tide", words="boats in ALL  harbours")
    assert begin(world, words="boats in every harbour")


def test_what_a_check_finds_while_a_mute_ends_is_told(world: WikiHarness, monkeypatch: pytest.MonkeyPatch):
    """Neither a check that planned with the mute is committed, nor a summary that was planned without an edit."""
    world.check()
    first, second = (world.begin_mute(wiki="w", title="Tide") for _ in range(2))
    world.edit(CHANGED)
    with world.services() as services:
        end, commit = services.archive.mutes.end, services.archive.comparisons.commit
        monkeypatch.setattr(services.archive.mutes, "end", lambda *a, **b: (world.check(), end(*a, **b))[1])
        monkeypatch.setattr(services.archive.comparisons, "commit", lambda r: (world.end_mute(first), commit(r))[1])
        assert [outcome.state.value for outcome in check(services, services.watchlist.watches)] == ["busy"]
        with pytest.raises(Unavailable, match="is being checked"):
            end_mute(services, second)
    assert world.end_mute(second) == 1
