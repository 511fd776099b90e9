"""Test the health of each watch, also after its page was moved."""

from collections import deque
from datetime import timedelta
from math import inf

from snapshots import PollState
from tests.cases import for_each
from tests.flows.harness import START, TEXT, WikiHarness
from watcher.config import Watch
from watcher.model import Article
from watcher.services.checks.check import check
from watcher.services.checks.page_lists import refresh_lists
from watcher.services.operations.health import Health, classify, count_watches, list_health, status_json, watch_health

WATCH = Watch(wiki="w", title="Tide", every=timedelta(minutes=15))


@for_each("paused, minutes, failures, health")
def test_a_watch_is_late_after_three_of_its_intervals(*, paused: bool, minutes: float, failures: int, health: str):
    assert classify(WATCH.model_copy(update={"paused": paused}), a_state(minutes, failures), START) == health
    assert classify(WATCH, None, START) is Health.NEW


def a_state(minutes: float, failures: int) -> PollState:
    """The state of a page that was checked so many minutes ago, or for an infinite time not."""
    checked_at = None if minutes == inf else START - timedelta(minutes=minutes)
    article = Article(wiki="w", page_id=1, title="Tide")
    return PollState(article, checked_at, failures, "no answer" if failures else None, None)


def test_a_page_that_moved_is_the_same_watch_and_paused_nobody_waits_for_it(world: WikiHarness):
    world.check()
    world.store.move("Tide", "Tides")
    world.check()
    with world.services() as services:
        now = services.now()
        [item] = watch_health(services.index, now)
        reported = status_json([item], services.archive.metrics.outbox(now), now)
    assert item.health is Health.OK
    assert [reported["watches"][0][key] for key in ("title", "page")] == ["Tide", "Tides"]  # type: ignore[index]
    with world.watch("Tide", paused=True).services() as services:
        assert count_watches(services.index, now)[1] is None


def test_a_page_of_two_lists_and_with_a_watch_of_its_own_counts_once(world: WikiHarness):
    for title in ("Moon", "Sun"):
        world.store.edit(title, TEXT)
    every = "Moon\nSun\nTide\n"
    for name, titles in (("off", every), ("one", "Moon\nTide\n"), ("two", every)):
        (world.folder / f"{name}.txt").write_text(titles)
        world.extra_settings += f'[[watch]]\nwiki = "w"\nfile = "{name}.txt"\n'
    world.watch("Tide")
    with world.services() as services:
        refresh_lists(services)
    world.extra_settings = world.extra_settings.replace('off.txt"', 'off.txt"\npaused = true')
    world.watch("Tide")
    with world.services() as services:
        refresh_lists(services)
        deque(check(services, [*services.index.select("w", ["Tide", "Moon"])]), 0)
        counts, oldest = count_watches(services.index, services.now())
        assert [listed.members.members for listed in list_health(services.index, services.now())] == [3, 2, 3]
    assert {health: count for health, count in counts.items() if count} == {Health.OK: 2, Health.NEW: 1}
    assert oldest == world.clock()
