"""How each watch stands, whatever its page is called by now."""

from __future__ import annotations

from datetime import timedelta

import pytest

from flows.health import Health, health_of, to_dict, watch_health
from snapshots import Watched
from tests.flows.world import START, World
from watcher.config import Watch
from watcher.model import Article

WATCH = Watch(wiki="w", title="Tide", every=timedelta(minutes=15))


def seen(minutes: int, failures: int = 0) -> Watched:
    return Watched(
        article=Article(wiki="w", page_id=1, title="Tide"),
        checked_at=START - timedelta(minutes=minutes),
        failures=failures,
        error="no answer" if failures else None,
        cursor=None,
    )


@pytest.mark.parametrize(
    ("one", "health"),
    [
        (None, Health.NEW),
        (seen(0), Health.WELL),
        (seen(45), Health.WELL),
        (seen(46), Health.OVERDUE),
        (seen(1, failures=1), Health.FAILING),
        (seen(99, failures=2), Health.FAILING),
    ],
)
def test_a_watch_is_late_after_three_of_its_intervals(one: Watched | None, health: Health):
    assert health_of(WATCH, one, START) is health


def test_a_page_that_moved_is_the_same_watch(world: World):
    world.check()
    world.shelf.move("Tide", "Tides")
    world.check()
    with world.services() as services:
        now = services.now()
        [one] = watch_health(services, services.archive.status(now), now)
        told = to_dict([one], services.archive.status(now), now)
    assert one.health is Health.WELL
    assert told["watches"][0]["title"] == "Tide"  # type: ignore[index]
    assert told["watches"][0]["page"] == "Tides"  # type: ignore[index]
