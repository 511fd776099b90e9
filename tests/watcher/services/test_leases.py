"""Test that leases last while a worker lives, and that one worker at a time sends requests to a wiki."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime

import pytest

from snapshots import Archive
from snapshots.leases import LeaseRepository
from tests.flows.harness import WikiHarness
from watcher.errors import Unavailable
from watcher.services.leases import PAGE_SECONDS, WIKI_LOCK_SECONDS, Leases


class Sleeper:
    """Time that passes only in the clock of the test, when somebody waits."""

    def __init__(self, world: WikiHarness) -> None:
        self.world, self.slept = world, 0.0

    def __call__(self, seconds: float) -> None:
        self.slept += seconds
        self.world.clock.advance(seconds=seconds)


@pytest.fixture
def archive(each_world: WikiHarness) -> Iterator[Archive]:
    each_world.check()
    with each_world.archive() as opened:
        yield opened


@pytest.fixture
def sleeper(each_world: WikiHarness) -> Sleeper:
    return Sleeper(each_world)


@contextmanager
def leases(archive: Archive, sleeper: Sleeper, owner: str, renew_seconds: float = 3600) -> Iterator[Leases]:
    made = Leases(archive, owner, now=sleeper.world.clock, sleep=sleeper, renew_seconds=renew_seconds)
    yield made
    made.close()


def test_what_is_renewed_lasts_and_what_is_not_ends(archive: Archive, sleeper: Sleeper, each_world: WikiHarness):
    page = each_world.article()
    with leases(archive, sleeper, "one") as item, leases(archive, sleeper, "two") as two:
        item.acquire_page(page)
        sleeper(PAGE_SECONDS - 1)
        item.renew()
        sleeper(PAGE_SECONDS - 1)
        assert not two.acquire_page(page)
        sleeper(1)
        assert two.acquire_page(page)
        item.renew()
        assert archive.leases.owners() == ("two",)


def test_a_thread_renews_by_itself(archive: Archive, sleeper: Sleeper, each_world: WikiHarness):
    renewed = threading.Event()

    class ObservedLeases(LeaseRepository):
        """Leases that report each renewal."""

        def renew(self, owner: str, now: datetime, seconds: float) -> int:
            renewed.set()
            return super().renew(owner, now, seconds)

    archive.leases = ObservedLeases(archive.database)
    with leases(archive, sleeper, "one", renew_seconds=0.01) as item:
        item.acquire_page(each_world.article())
        assert renewed.wait(180)


def test_the_second_worker_asks_when_the_first_has_its_answer(archive: Archive, sleeper: Sleeper):
    order: list[str] = []
    begun, waiting = threading.Event(), threading.Event()

    def pause(_: float) -> None:
        waiting.set()

    def second() -> None:
        begun.wait(180)
        late = Leases(archive, "two", now=sleeper.world.clock, sleep=pause, renew_seconds=3600)
        with late.wiki_lock("w"):
            order.append("two")
        late.close()

    thread = threading.Thread(target=second)
    thread.start()
    with leases(archive, sleeper, "one") as item, item.wiki_lock("w"):
        begun.set()
        assert waiting.wait(180)
        order.append("one")
    thread.join(180)
    assert order == ["one", "two"]


def test_a_lost_workers_turn_is_waited_out(archive: Archive, sleeper: Sleeper):
    archive.leases.acquire_wiki("w", "lost", sleeper.world.clock(), WIKI_LOCK_SECONDS)
    with leases(archive, sleeper, "one") as item, item.wiki_lock("w"):
        assert WIKI_LOCK_SECONDS <= sleeper.slept < WIKI_LOCK_SECONDS + 1


@pytest.mark.parametrize("each_world", ["sqlite"], indirect=True)  # it asks some hundred times
def test_a_turn_that_never_comes_is_not_waited_for_for_ever(archive: Archive, sleeper: Sleeper):
    archive.leases.acquire_wiki("w", "others", sleeper.world.clock(), 86_000)
    with (
        leases(archive, sleeper, "one") as item,
        pytest.raises(Unavailable, match="other workers"),
        item.wiki_lock("w"),
    ):
        pass


@pytest.mark.parametrize(("asked", "waited"), [(None, False), (30.0, True), (4000.0, False)])
def test_nobody_asks_while_the_wiki_wants_a_pause(
    archive: Archive, sleeper: Sleeper, *, asked: float | None, waited: bool
):
    with leases(archive, sleeper, "one") as item, leases(archive, sleeper, "two") as two:
        with pytest.raises(Unavailable), item.wiki_lock("w"):
            raise Unavailable("busy", retry_after=asked)
        with two.wiki_lock("w"):
            assert (sleeper.slept >= 30) is waited


def test_the_client_that_was_asked_to_pause_may_ask_again(archive: Archive, sleeper: Sleeper):
    with leases(archive, sleeper, "one") as item:
        with pytest.raises(Unavailable), item.wiki_lock("w"):
            raise Unavailable("busy", retry_after=30)
        with item.wiki_lock("w"):
            assert sleeper.slept == 0
