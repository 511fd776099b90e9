"""Test that leases last while a worker lives, end when it was killed, and that one worker asks a wiki at a time."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta

import pytest

from snapshots import Archive
from snapshots.members import RefreshResult
from snapshots.queries import LeaseRepository
from tests.flows.harness import WikiHarness
from watcher.errors import Unavailable
from watcher.model import Article
from watcher.services.checks.page_lists import definition_of, refresh_lists
from watcher.services.context import WIKI_LOCK_SECONDS, Leases
from watcher.services.operations.startup import new_worker_id


class Sleeper:
    """Time that passes only in the clock of the test, when somebody waits."""

    def __init__(self, world: WikiHarness) -> None:
        self.world, self.slept = world, 0.0

    def __call__(self, seconds: float) -> None:
        self.slept += seconds
        self.world.clock.advance(seconds=seconds)


@pytest.fixture
def archive(either_world: WikiHarness) -> Iterator[Archive]:
    either_world.check()
    with either_world.archive() as opened:
        yield opened


@pytest.fixture
def sleeper(either_world: WikiHarness) -> Sleeper:
    return Sleeper(either_world)


@contextmanager
def leases(archive: Archive, sleeper: Sleeper, owner: str, renew_seconds: float = 3600) -> Iterator[Leases]:
    made = Leases(archive, owner, now=sleeper.world.clock, sleep=sleeper, renew_seconds=renew_seconds)
    yield made
    made.close()


def test_a_thread_renews_by_itself(archive: Archive, sleeper: Sleeper, either_world: WikiHarness):
    renewed = threading.Event()

    class ObservedLeases(LeaseRepository):
        """Leases that report each renewal."""

        def renew(self, owner: str, now: datetime, seconds: float) -> int:
            renewed.set()
            return super().renew(owner, now, seconds)

    archive.leases = ObservedLeases(archive.database)
    with leases(archive, sleeper, "one", renew_seconds=0.01) as item:
        item.acquire_page(either_world.article())
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


def test_a_turn_that_never_comes_is_not_waited_for_for_ever(archive: Archive, sleeper: Sleeper):
    archive.leases.acquire_wiki("w", "others", sleeper.world.clock(), 86_000)
    with (
        leases(archive, sleeper, "one") as item,
        pytest.raises(Unavailable, match="other workers"),
        item.wiki_lock("w"),
    ):
        pass


@pytest.mark.parametrize(
    ("asker", "asked", "waited"),
    [("two", None, False), ("two", 30.0, True), ("two", 4000.0, False), ("one", 30.0, False)],
)
def test_nobody_but_the_client_that_was_asked_to_asks_while_the_wiki_wants_a_pause(
    archive: Archive, sleeper: Sleeper, *, asker: str, asked: float | None, waited: bool
):
    with leases(archive, sleeper, "one") as item, leases(archive, sleeper, "two") as two:
        with pytest.raises(Unavailable), item.wiki_lock("w"):
            raise Unavailable("busy", retry_after=asked)
        with (item if asker == "one" else two).wiki_lock("w"):
            assert (sleeper.slept >= 30) is waited
            assert sleeper.slept == 0 or waited


def test_no_two_runs_of_one_process_have_the_same_name():
    assert len({new_worker_id() for _ in range(100)}) == 100


def test_a_list_whose_reader_was_killed_is_read_again_and_nobody_has_left(each_world: WikiHarness):
    world = each_world
    (world.folder / "list.txt").write_text("Tide\n")
    world.watch("Tide", extra_settings='[[watch]]\nfile = "list.txt"\nrefresh = "1h"\n')
    with world.services() as services:
        assert [refreshed.result.joined for refreshed in refresh_lists(services) if refreshed.result] == [1]
        source = definition_of(services.watchlist.sources[0])
    world.clock.advance(hours=2)
    now = world.clock()
    with world.archive() as archive:
        killed = archive.members.claim(source, "killed", now, now + timedelta(minutes=1), timedelta())
        assert killed
        archive.members.stage(killed, [Article(wiki="w", page_id=77, title="Half of it")], now)
    world.clock.advance(seconds=1)
    with world.services() as services:
        assert refresh_lists(services) == ()
    world.clock.advance(minutes=10)
    with world.services() as services:
        (refreshed,) = refresh_lists(services)
        assert [*services.index.member_titles(services.watchlist.sources[0])] == ["Tide"]
    assert refreshed.result == RefreshResult(members=1, joined=0, returned=0, left=0)
