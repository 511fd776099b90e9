"""Test that a text beyond the size limit is recorded and alerted once, and that later edits are compared."""

from __future__ import annotations

from tests.flows.harness import CHANGED, TEXT, WikiHarness
from watcher.model.revisions import MAX_TEXT_BYTES
from watcher.services.backfill import backfill
from watcher.services.operator_alerts import queue_operator_alerts

HUGE = "It stood by the river for 5 years.\n\n" * (MAX_TEXT_BYTES // 30)


def overseen(world: WikiHarness) -> list[tuple[str, str]]:
    with world.services() as services:
        queue_operator_alerts(services)
    return [(delivery.destination, notice.summary) for delivery in world.alerts() for notice in delivery.alert.notices]


def test_text_that_is_too_large_is_an_event_and_its_revision_is_recorded(world: WikiHarness) -> None:
    world.check_state()
    huge = world.edit(HUGE)
    (outcome,) = world.check()
    assert (outcome.state.value, outcome.error) == ("settling", None)
    assert world.events() == ["too-large"]
    assert world.stored()[-1] == huge
    with world.archive() as archive:
        kept = archive.revisions.snapshot("w", huge)
    assert kept.wikitext is None
    assert (kept.revision.size or 0) > MAX_TEXT_BYTES


def test_smaller_text_is_compared_with_the_last_one_that_was_read(world: WikiHarness) -> None:
    world.check_state()
    world.edit(HUGE)
    world.check_state()
    world.edit(HUGE + "More.")
    world.check_state()
    after = world.edit(CHANGED)
    (outcome,) = world.check()
    assert outcome.state.value == "alert"
    assert outcome.comparison is not None
    assert [finding.summary.split(",")[0] for finding in outcome.comparison.findings][:1] == [
        "21 million → 25 million boats (+19 %)"
    ]
    assert world.stored()[-1] == after
    assert world.events() == ["too-large", "comparable"]


def test_page_that_begins_too_large_has_its_baseline_later(world: WikiHarness) -> None:
    world.edit(HUGE)
    assert world.check_state() == "settling"
    world.edit(TEXT)
    assert world.check_state() == "baseline"


def test_maintainers_hear_once_that_a_text_is_not_compared(world: WikiHarness) -> None:
    world.check_state()
    for more in ("", "More.", "Much more."):
        world.edit(HUGE + more)
        world.check_state()
        reported = overseen(world)
    ((destination, summary),) = reported
    assert destination == "inbox"
    assert "too large to compare" in summary


def test_backfill_passes_over_a_text_that_is_too_large_and_does_not_ask_again(world: WikiHarness) -> None:
    world.edit(HUGE)
    world.edit(CHANGED)
    world.check_state()
    with world.services() as services:
        (watch,) = services.watchlist.watches
        first, second = backfill(services, watch), backfill(services, watch)
    assert len(world.stored()) == 3
    assert (first.fetched, second.fetched) == (2, 0)
