"""Test that an installation is ready while its work is done, and says why when it is not."""

from __future__ import annotations

from datetime import timedelta

from tests.flows.harness import TEXT, WikiHarness
from watcher.services.delivery import deliver_due
from watcher.services.dispatch import due_watches, plan_dispatch
from watcher.services.probes import Installation
from watcher.services.probes import reasons as reasons_of


def reasons(world: WikiHarness) -> str:
    with world.services() as services:
        return " / ".join(
            reasons_of(
                Installation(
                    watchlist=services.watchlist,
                    archive=services.archive,
                    now=services.now,
                    environ={},
                    prefect=lambda: "",
                )
            )
        )


def rounds(world: WikiHarness) -> None:
    world.check()
    world.deliver_due()


def test_a_fresh_installation_is_not_ready_before_its_first_rounds(either_world: WikiHarness):
    assert reasons(either_world) == "no round of checks has ended yet / no round of deliveries has ended yet"
    rounds(either_world)
    assert reasons(either_world) == ""


def test_a_dispatch_that_found_nothing_to_hand_out_is_a_round_of_checks(world: WikiHarness):
    rounds(world)
    world.clock.advance(minutes=50)
    with world.services() as services:
        assert plan_dispatch(services, due_watches, batch_size=25, reservation=timedelta(minutes=5)).batches == ()
        deliver_due(services)
    assert reasons(world) == ""


def test_a_failed_check_is_a_round_all_the_same_and_the_only_page_that_fails_is_named(either_world: WikiHarness):
    world = either_world
    rounds(world)
    world.wiki.close()
    world.clock.advance(hours=2)
    rounds(world)
    assert reasons(world).startswith("the last check of the only page failed: ")


def test_pages_that_all_fail_are_reported_and_one_that_succeeds_is_enough(world: WikiHarness):
    world.edit(TEXT, "Ebb")
    world.watch("Tide", "Ebb")
    rounds(world)
    with world.services() as services:
        articles = services.archive.articles.list_all()
        services.archive.articles.record_checks(articles, services.now(), "no such \x1b host")
    assert reasons(world) == "the last check of all 2 pages failed: no such \\u001b host"
    with world.services() as services:
        services.archive.articles.record_check(articles[0], services.now(), None)
    assert reasons(world) == ""


def test_pages_that_are_no_longer_watched_do_not_count(world: WikiHarness):
    world.edit(TEXT, "Ebb")
    world.watch("Ebb")
    rounds(world)
    world.watch("Tide")
    world.clock.advance(hours=2)
    world.wiki.close()
    rounds(world)
    assert "the last check of the only page failed" in reasons(world)


def test_nothing_watched_is_nothing_to_wait_for(world: WikiHarness):
    world.watch()
    assert reasons(world) == ""
