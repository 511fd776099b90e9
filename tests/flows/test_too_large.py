"""A text that no wiki page is as large as is recorded and told once, and what comes after it is compared again."""

from __future__ import annotations

from flows.backfill import backfill
from flows.overseeing import oversee
from tests.flows.world import CHANGED, TEXT, World
from watcher.model.limits import MAX_TEXT_BYTES

HUGE = "It stood by the river for 5 years.\n\n" * (MAX_TEXT_BYTES // 30)


def overseen(world: World) -> list[tuple[str, str]]:
    with world.services() as services:
        oversee(services)
    return [(one.destination, notice.summary) for one in world.alerts() for notice in one.alert.notices]


def test_text_that_is_too_large_is_an_event_and_its_revision_is_recorded(world: World) -> None:
    world.told()
    huge = world.edit(HUGE)
    (outcome,) = world.check()
    assert (outcome.state.value, outcome.error) == ("settling", None)
    assert world.events() == ["too-large"]
    assert world.stored()[-1] == huge
    with world.archive() as archive:
        kept = archive.snapshot("w", huge)
    assert kept.wikitext is None
    assert (kept.revision.size or 0) > MAX_TEXT_BYTES


def test_smaller_text_is_compared_with_the_last_one_that_was_read(world: World) -> None:
    world.told()
    world.edit(HUGE)
    world.told()
    world.edit(HUGE + "More.")
    world.told()
    after = world.edit(CHANGED)
    (outcome,) = world.check()
    assert outcome.state.value == "alert"
    assert outcome.comparison is not None
    assert [one.summary.split(",")[0] for one in outcome.comparison.findings][:1] == [
        "21 million → 25 million boats (+19 %)"
    ]
    assert world.stored()[-1] == after
    assert world.events() == ["too-large", "comparable"]


def test_page_that_begins_too_large_has_its_baseline_later(world: World) -> None:
    world.edit(HUGE)
    assert world.told() == "settling"
    world.edit(TEXT)
    assert world.told() == "baseline"


def test_maintainers_hear_once_that_a_text_is_not_compared(world: World) -> None:
    world.told()
    for more in ("", "More.", "Much more."):
        world.edit(HUGE + more)
        world.told()
        told = overseen(world)
    ((destination, summary),) = told
    assert destination == "inbox"
    assert "too large to compare" in summary


def test_backfill_passes_over_a_text_that_is_too_large_and_does_not_ask_again(world: World) -> None:
    world.edit(HUGE)
    world.edit(CHANGED)
    world.told()
    with world.services() as services:
        (watch,) = services.watchlist.watches
        first, second = backfill(services, watch), backfill(services, watch)
    assert len(world.stored()) == 3
    assert (first.fetched, second.fetched) == (2, 0)
