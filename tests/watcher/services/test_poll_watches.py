"""Pages that have not moved cost a fiftieth of a request, and a wiki that is away is asked once."""

from __future__ import annotations

import pytest

from tests.flows.harness import CHANGED, TEXT, WikiHarness
from watcher.services.check import check_batches, poll_watches
from watcher.services.outcome import CheckOutcome, CheckState


def sown(world: WikiHarness, count: int) -> list[str]:
    """So many pages, watched and judged."""
    world.store.sow(count, lambda _: TEXT)
    titles = [f"Sample {number}" for number in range(1, count + 1)]
    world.watch(*titles)
    assert {outcome.state for outcome in world.check()} == {CheckState.BASELINE}
    return titles


def test_idle_pages_are_asked_for_by_fifties(world: WikiHarness):
    sown(world, 60)
    world.wiki.requests.clear()
    world.edit(CHANGED, "Sample 7")
    outcomes = world.check()
    assert [outcome.state for outcome in outcomes].count(CheckState.UNCHANGED) == 59
    assert outcomes[6].state is CheckState.ALERT
    assert outcomes[59].text == "nothing since revision 61"
    polls = [item for item in world.wiki.requests if item.get("prop") == "info"]
    assert len(polls) == 2


def test_idle_pages_are_noted_as_checked(world: WikiHarness):
    sown(world, 3)
    world.check()
    with world.archive() as archive:
        states = archive.articles.last_checks([("w", f"Sample {number}") for number in (1, 2, 3)])
    assert [state.checked_at for state in states.values()] == [world.clock()] * 3


def test_an_idle_page_under_another_title_says_so(world: WikiHarness):
    world.edit("#REDIRECT [[Tide]]", "Flood")
    world.watch("Flood")
    world.check()
    assert world.check()[0].line == "Flood: nothing since revision 1; the page is called 'Tide'"


@pytest.mark.parametrize("trouble", ["deleted", "overdue", "hidden"])
def test_a_page_whose_trouble_is_over_is_not_idle_once(world: WikiHarness, trouble: str):
    world.check()
    with world.archive() as archive:
        archive.events.record(world.article(), trouble, "it was", world.clock())
    kinds = []
    for _ in range(2):
        with world.services() as services:
            kinds += [type(result) is CheckOutcome for _, result in poll_watches(services, services.watchlist.watches)]
        world.check()
    assert kinds == [False, True]
    assert len(world.events()) == 2


def test_a_wiki_that_is_away_is_given_up_once_for_all_its_pages(world: WikiHarness):
    world.watch(*(f"Sample {number}" for number in range(510)))  # more than are asked for at once
    world.wiki.refuse(2)
    assert {outcome.state for outcome in world.check()} == {CheckState.FAILED}
    assert world.wiki.refusals_left == 1


def test_checks_that_fail_again_and_again_are_an_event_of_each_page(world: WikiHarness):
    sown(world, 2)
    world.wiki.refuse(4)
    for _ in range(4):
        world.check()
    assert [world.events(f"Sample {number}") for number in (1, 2)] == [["fetch-failed"]] * 2
    world.check()
    assert world.events("Sample 1") == ["fetch-failed", "recovered"]


def test_a_wiki_that_was_away_for_a_batch_is_not_asked_about_the_next_ones(world: WikiHarness):
    sown(world, 4)
    world.wiki.refuse(10**9)
    with world.services() as services:
        watches = services.watchlist.watches
        outcomes = [*check_batches(services, [watches[:2], watches[2:]])]
        assert [outcome.watch for outcome in outcomes] == [*watches[:2]]
        assert {outcome.state for outcome in outcomes} == {CheckState.FAILED}
        world.wiki.recover()
        assert len([*check_batches(services, [watches[:2], watches[2:]])]) == 4
