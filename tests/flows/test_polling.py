"""Pages are followed through what happens to them, and each thing that happens is recorded once."""

from __future__ import annotations

import pytest

from flows.outcome import State
from tests.flows.world import CHANGED, COPY_EDITED, TEXT, World


def moved_without_redirect(world: World, source: str, target: str) -> None:
    world.clock.pass_by(minutes=1)
    world.shelf.move(source, target)
    world.shelf.delete(source)


def test_a_moved_page_is_followed_under_the_old_title_of_the_watchlist(either_world: World):
    either_world.check()
    moved_without_redirect(either_world, "Tide", "Tides")
    (outcome,) = either_world.check()
    assert (outcome.state, outcome.text.rpartition("; ")[2]) == (State.QUIET, "the page is called 'Tides'")
    either_world.edit(CHANGED, "Tides")
    assert [either_world.told(), either_world.told()] == ["alert", "unchanged"]
    assert either_world.alerts()[0].alert.article.title == "Tides"
    assert either_world.events() == ["moved"]


def test_a_page_moved_twice_is_followed_still(world: World):
    world.check()
    for source, target in (("Tide", "Tides"), ("Tides", "Tidal cycle")):
        moved_without_redirect(world, source, target)
        world.check()
    world.edit(CHANGED, "Tidal cycle")
    assert world.told() == "alert"
    assert world.events() == ["moved", "moved"]


def test_a_moved_page_is_not_mistaken_for_what_is_written_at_its_old_title(world: World):
    world.check()
    moved_without_redirect(world, "Tide", "Tides")
    world.check()
    world.edit("'''Tide''' may mean many things.", "Tide")
    assert world.told() == "unchanged"
    world.edit(CHANGED, "Tides")
    assert world.told() == "alert"


def test_titles_that_differ_in_case_only_are_not_mistaken_for_each_other(world: World):
    world.edit(TEXT + "Shouted.", "TIDE")
    world.watch("Tide", "TIDE")
    world.check()
    moved_without_redirect(world, "Tide", "Tides")
    world.check()
    assert (world.article("Tide").title, world.article("TIDE").title) == ("Tides", "TIDE")


def test_a_page_deleted_and_written_anew_is_watched_from_a_new_baseline(either_world: World):
    either_world.check()
    old = either_world.article()
    either_world.shelf.delete("Tide")
    assert either_world.told() == "failed"
    either_world.edit(COPY_EDITED)
    (outcome,) = either_world.check()
    new = either_world.article()
    assert (outcome.state, new.page_id == old.page_id) == (State.BASELINE, False)
    assert either_world.events() == ["successor"]
    either_world.edit(CHANGED)
    assert either_world.told() == "alert"
    with either_world.archive() as archive:
        assert [event.kind for event in archive.events(old)] == ["deleted"]


def test_a_page_replaced_between_two_checks_is_watched_without_a_failed_check(world: World):
    world.check()
    world.shelf.delete("Tide")
    world.edit(CHANGED)
    assert [world.told(), world.told()] == ["baseline", "unchanged"]


def test_a_page_moved_then_deleted_and_written_anew_is_found_at_its_last_title(world: World):
    world.check()
    moved_without_redirect(world, "Tide", "Tides")
    world.check()
    world.shelf.delete("Tides")
    world.edit(TEXT, "Tides")
    assert [world.told(), world.told()] == ["baseline", "unchanged"]
    world.edit(CHANGED, "Tides")
    assert world.told() == "alert"


def test_a_deletion_is_recorded_once_and_so_is_the_restoration(world: World):
    world.check()
    leaf = world.shelf.delete("Tide")
    assert [world.told() for _ in range(3)] == ["failed"] * 3
    world.shelf.restore(leaf)
    assert [world.told(), world.told()] == ["unchanged", "unchanged"]
    assert [kind for kind in world.events() if kind not in ("fetch-failed", "recovered")] == ["deleted", "restored"]


def test_edits_made_before_a_restoration_are_judged_after_it(world: World):
    world.check()
    leaf = world.shelf.delete("Tide")
    world.check()
    world.shelf.restore(leaf)
    world.edit(CHANGED)
    assert world.told() == "alert"


def test_an_article_that_becomes_a_redirect_is_told_and_recorded_once_and_so_is_its_return(world: World):
    world.edit(TEXT, "Sea")
    world.check()
    world.edit("#REDIRECT [[Sea]]")
    (first,), (second,) = world.check(), world.check()
    assert first.text == second.text == "Tide on w: it is a redirect to 'Sea'; watch that page instead"
    world.edit(TEXT)
    assert world.told() == "quiet"
    assert world.events() == ["redirect", "cancelled-out", "unredirected"]
    assert world.stored() == [1, 3, 4]


def test_a_watch_that_names_a_redirect_follows_its_target(world: World):
    world.edit("#REDIRECT [[Tide]]", "Flood")
    world.watch("Flood")
    assert world.told() == "baseline"
    world.edit(CHANGED)
    assert [world.told(), world.told()] == ["alert", "unchanged"]
    assert world.article("Flood").title == "Tide"
    assert world.events() == ["followed"]


@pytest.mark.parametrize(
    ("title", "reason"),
    [
        ("No such page", "there is no such page; correct the title in the watchlist"),
        ("Special:Version", "it is made by the wiki's software and has no text; watch another page"),
        ("User:Ada/table.json", "it is not wikitext, which is all that can be compared; watch another page"),
        ("Circle", "it is a redirect that leads nowhere; correct the title in the watchlist"),
    ],
)
def test_a_title_without_an_article_fails_with_what_to_do(world: World, title: str, reason: str):
    world.edit("{}", "User:Ada/table.json")
    world.edit("#REDIRECT [[Circle]]", "Circle")
    world.watch(title, "Tide")
    wrong, right = world.check()
    assert (wrong.state, right.state) == (State.FAILED, State.BASELINE)
    assert wrong.text == f"{title} on w: {reason}"


def test_sixty_pages_are_polled_with_two_requests(world: World):
    titles = [f"Harbour {number}" for number in range(60)]
    for title in titles:
        world.edit(TEXT, title)
    world.watch(*titles)
    world.check()
    world.wiki.asked.clear()
    assert {outcome.state for outcome in world.check()} == {State.UNCHANGED}
    assert len(world.wiki.asked) == 2
