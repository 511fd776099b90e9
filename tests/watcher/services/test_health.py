"""How each watch stands, whatever its page is called by now."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tests.cases import for_each
from tests.flows.harness import START, WikiHarness
from watcher.config import Watch
from watcher.services.health import Health, LastCheck, status_json, watch_health

WATCH = Watch(wiki="w", title="Tide", every=timedelta(minutes=15))


@for_each(
    ("minutes", "failures", "health"),
    [
        (None, 0, Health.NEW),
        (0, 0, Health.OK),
        (45, 0, Health.OK),
        (46, 0, Health.OVERDUE),
        (1, 1, Health.FAILING),
        (99, 2, Health.FAILING),
    ],
)
def test_a_watch_is_late_after_three_of_its_intervals(minutes: int | None, failures: int, health: Health):
    checked_at = None if minutes is None else START - timedelta(minutes=minutes)
    assert LastCheck(watch=WATCH, checked_at=checked_at, failures=failures).health_at(START) is health


def test_a_page_that_moved_is_the_same_watch(world: WikiHarness):
    world.check()
    world.store.move("Tide", "Tides")
    world.check()
    with world.services() as services:
        now = services.now()
        [item] = watch_health(services, services.archive.metrics.status(now), now)
        reported = status_json([item], services.archive.metrics.status(now), now)
    assert item.health is Health.OK
    assert reported["watches"][0]["title"] == "Tide"  # type: ignore[index]
    assert reported["watches"][0]["page"] == "Tides"  # type: ignore[index]


@pytest.mark.parametrize("minutes", [None, 0, 9999])
def test_a_watch_that_is_paused_is_neither_late_nor_failing(minutes: int | None):
    checked_at = None if minutes is None else START - timedelta(minutes=minutes)
    paused = WATCH.model_copy(update={"paused": True})
    assert LastCheck(watch=paused, checked_at=checked_at, failures=3).health_at(START) is Health.PAUSED
