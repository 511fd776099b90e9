"""Test that pages are followed through moves, deletions and reverts, each recorded once."""

from __future__ import annotations

from tests.cases import parametrize_each
from tests.flows.harness import CHANGED, COPY_EDITED, TEXT, WikiHarness
from watcher.services.outcome import CheckState


def moved_without_redirect(world: WikiHarness, source: str, target: str) -> None:
    world.clock.advance(minutes=1)
    world.store.move(source, target)
    world.store.delete(source)


def test_a_moved_page_is_followed_under_the_old_title_of_the_watchlist(either_world: WikiHarness):
    either_world.check()
    moved_without_redirect(either_world, "Tide", "Tides")
    (outcome,) = either_world.check()
    assert (outcome.state, outcome.text.rpartition("; ")[2]) == (CheckState.QUIET, "the page is called 'Tides'")
    either_world.edit(CHANGED, "Tides")
    assert [either_world.check_state(), either_world.check_state()] == ["alert", "unchanged"]
    assert either_world.alerts()[0].alert.article.title == "Tides"
    assert either_world.events() == ["moved"]


def test_another_page_under_the_watched_title_is_named_once_and_not_taken_for_the_one_that_was_moved(
    world: WikiHarness,
):
    world.check()
    moved_without_redirect(world, "Tide", "Tides")
    world.check()
    world.edit("'''Tide''' may mean many things.", "Tide")
    assert [world.check_state(), world.check_state()] == ["unchanged", "unchanged"]
    assert world.state_after(CHANGED, "Tides") == "alert"
    assert world.events() == ["moved", "impostor"]


def test_a_page_moved_out_of_its_namespace_is_named(world: WikiHarness):
    world.check()
    moved_without_redirect(world, "Tide", "User:Ada/Tide")
    world.check()
    assert "moved-away" in world.events()


def test_titles_that_differ_in_case_only_are_not_mistaken_for_each_other(world: WikiHarness):
    world.edit(TEXT + "Shouted.", "TIDE")
    world.watch("Tide", "TIDE").check()
    moved_without_redirect(world, "Tide", "Tides")
    world.check()
    assert (world.article("Tide").title, world.article("TIDE").title) == ("Tides", "TIDE")


def test_a_page_deleted_and_written_again_is_watched_from_a_new_baseline(either_world: WikiHarness):
    either_world.check()
    old = either_world.article()
    either_world.store.delete("Tide")
    assert either_world.check_state() == "failed"
    (outcome,) = either_world.edit_and_check(COPY_EDITED)
    new = either_world.article()
    assert (outcome.state, new.page_id == old.page_id) == (CheckState.BASELINE, False)
    assert either_world.events() == ["successor"]
    assert either_world.state_after(CHANGED) == "alert"
    with either_world.archive() as archive:
        assert [event.kind for event in archive.events.of_article(old)] == ["deleted"]


def test_a_page_replaced_between_two_checks_is_watched_without_a_failed_check(world: WikiHarness):
    world.check()
    world.store.delete("Tide")
    world.edit(CHANGED)
    assert [world.check_state(), world.check_state()] == ["baseline", "unchanged"]


def test_a_page_moved_then_deleted_and_written_again_is_found_at_its_last_title(world: WikiHarness):
    world.check()
    moved_without_redirect(world, "Tide", "Tides")
    world.check()
    world.store.delete("Tides")
    world.edit(TEXT, "Tides")
    assert [world.check_state(), world.check_state()] == ["baseline", "unchanged"]
    assert world.state_after(CHANGED, "Tides") == "alert"


def test_edits_made_before_a_restoration_are_judged_after_it(world: WikiHarness):
    world.check()
    leaf = world.store.delete("Tide")
    world.check()
    world.store.restore(leaf)
    assert world.state_after(CHANGED) == "alert"


def test_an_article_that_becomes_a_redirect_is_reported_and_recorded_once_and_so_is_its_return(world: WikiHarness):
    world.edit_and_check(TEXT, "Sea")
    world.edit("#REDIRECT [[Sea]]")
    (first,), (second,) = world.check(), world.check()
    assert first.text == second.text == "Tide on w: it is a redirect to 'Sea'; watch that page instead"
    assert world.state_after(TEXT) == "quiet"
    assert world.events() == ["redirect", "cancelled-out", "unredirected"]
    assert world.stored() == [1, 3, 4]


def test_a_watch_that_names_a_redirect_follows_its_target(world: WikiHarness):
    world.edit("#REDIRECT [[Tide]]", "Flood")
    world.watch("Flood")
    assert world.check_state() == "baseline"
    world.edit(CHANGED)
    assert [world.check_state(), world.check_state()] == ["alert", "unchanged"]
    assert world.article("Flood").title == "Tide"
    assert world.events() == ["followed"]


@parametrize_each(("title", "reason"))
def test_a_title_without_an_article_fails_with_what_to_do(world: WikiHarness, title: str, reason: str):
    world.edit("{}", "User:Ada/table.json")
    world.edit("#REDIRECT [[Circle]]", "Circle")
    world.watch(title, "Tide")
    wrong, right = world.check()
    assert (wrong.state, right.state) == (CheckState.FAILED, CheckState.BASELINE)
    assert wrong.text == f"{title} on w: {reason}"
