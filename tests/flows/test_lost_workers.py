"""Real processes are killed or put to sleep while they hold a page; others take over, and late ones write nothing."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from datetime import timedelta

import pytest

from snapshots import Archive, CheckResult
from tests.flows.harness import CHANGED, WikiHarness
from tests.flows.lost_worker_process import PROCESSES, hold
from watcher.services.leases import PAGE_SECONDS, WIKI_LOCK_SECONDS, Leases


class Holder:
    """A child that holds the page "Tide" and the turn to ask its wiki."""

    def __init__(self, world: WikiHarness, url: str, checked: CheckResult) -> None:
        self.go_on, ready = PROCESSES.Event(), PROCESSES.Event()
        self.written = PROCESSES.SimpleQueue()
        reported = (url, checked.owner, world.clock(), checked, ready, self.go_on, self.written)
        self.child = PROCESSES.Process(target=hold, args=reported)
        self.child.start()
        assert ready.wait(60)

    def send(self, request: signal.Signals) -> None:
        assert self.child.pid
        os.kill(self.child.pid, request)


@pytest.fixture
def archive(either_world: WikiHarness) -> Iterator[Archive]:
    """The memory of a page with a second revision, which is stored and not judged."""
    either_world.check()
    either_world.edit(CHANGED)
    with either_world.services() as services:
        page = either_world.article()
        last = services.archive.revisions.cursor(page)
        services.archive.revisions.store(page, [*services.client("w").revisions_since(page, last)])
        yield services.archive


@pytest.fixture
def holder(either_world: WikiHarness, archive: Archive) -> Iterator[Holder]:
    before, after = archive.revisions.of_article(either_world.article())
    late = CheckResult(
        article=before.article, before=before, after=after, now=either_world.clock(), owner="elsewhere-1-abcd"
    )
    with either_world.services() as services:
        made = Holder(either_world, services.watchlist.database.get_secret_value(), late)
    yield made
    made.child.kill()
    made.child.join(60)


def successor(world: WikiHarness, archive: Archive) -> Leases:
    return Leases(archive, "heir-1-abcd", now=world.clock, sleep=lambda _: None, renew_seconds=3600)


def test_a_killed_workers_page_and_turn_are_anybodys_when_their_time_is_over(
    either_world: WikiHarness, archive: Archive, holder: Holder
):
    holder.send(signal.SIGKILL)
    holder.child.join(60)
    page, begun = either_world.article(), either_world.clock()
    other = successor(either_world, archive)
    assert not other.acquire_page(page)
    either_world.clock.time = begun + timedelta(seconds=WIKI_LOCK_SECONDS - 1)
    assert not archive.leases.acquire_wiki("w", "heir-1-abcd", either_world.clock(), 1)
    either_world.clock.time = begun + timedelta(seconds=WIKI_LOCK_SECONDS)
    assert archive.leases.acquire_wiki("w", "heir-1-abcd", either_world.clock(), 1)
    either_world.clock.time = begun + timedelta(seconds=PAGE_SECONDS)
    assert other.acquire_page(page)
    other.release_page(page)
    other.close()
    assert either_world.check_state() == "alert"


def test_a_worker_that_slept_through_its_lease_writes_nothing(
    either_world: WikiHarness, archive: Archive, holder: Holder
):
    holder.send(signal.SIGSTOP)
    either_world.clock.advance(seconds=PAGE_SECONDS)
    other = successor(either_world, archive)
    assert other.acquire_page(either_world.article())
    holder.send(signal.SIGCONT)
    holder.go_on.set()
    assert holder.written.get() is None
    other.release_page(either_world.article())
    other.close()
    assert either_world.check_state() == "alert"
    assert len(either_world.alerts()) == 1


def test_a_worker_that_kept_its_lease_writes(archive: Archive, holder: Holder):
    holder.go_on.set()
    assert holder.written.get() is not None
    assert archive.deliveries.newest() == ()
