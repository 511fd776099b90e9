"""Test workers that are killed or suspended while they hold a lease: others take over, late writes are refused."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from datetime import timedelta

import pytest

from snapshots import Archive, CheckResult
from tests.flows.harness import CHANGED, WikiHarness
from tests.flows.lost_worker_process import PROCESSES, hold
from watcher.services.context import PAGE_SECONDS, WIKI_LOCK_SECONDS, Leases


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
def archive(each_world: WikiHarness) -> Iterator[Archive]:
    """The memory of a page with a second revision, which is stored and not judged."""
    each_world.check()
    each_world.edit(CHANGED)
    with each_world.services() as services:
        page = each_world.article()
        last = services.archive.revisions.cursor(page)
        services.archive.revisions.store(page, [*services.client("w").revisions_since(page, last)])
        yield services.archive


@pytest.fixture
def holder(each_world: WikiHarness, archive: Archive) -> Iterator[Holder]:
    before, after = archive.revisions.of_article(each_world.article())
    late = CheckResult(
        article=before.article, before=before, after=after, now=each_world.clock(), owner="elsewhere-1-abcd"
    )
    with each_world.services() as services:
        made = Holder(each_world, services.watchlist.database.get_secret_value(), late)
    yield made
    made.child.kill()
    made.child.join(60)


def successor(world: WikiHarness, archive: Archive) -> Leases:
    return Leases(archive, "heir-1-abcd", now=world.clock, sleep=lambda _: None, renew_seconds=3600)


def test_a_killed_workers_page_and_turn_are_anybodys_when_their_time_is_over(
    each_world: WikiHarness, archive: Archive, holder: Holder
):
    holder.send(signal.SIGKILL)
    holder.child.join(60)
    page, begun = each_world.article(), each_world.clock()
    other = successor(each_world, archive)
    assert not other.acquire_page(page)
    each_world.clock.time = begun + timedelta(seconds=WIKI_LOCK_SECONDS - 1)
    assert not archive.leases.acquire_wiki("w", "heir-1-abcd", each_world.clock(), 1)
    each_world.clock.time = begun + timedelta(seconds=WIKI_LOCK_SECONDS)
    assert archive.leases.acquire_wiki("w", "heir-1-abcd", each_world.clock(), 1)
    each_world.clock.time = begun + timedelta(seconds=PAGE_SECONDS)
    assert other.acquire_page(page)
    other.release_page(page)
    other.close()
    assert each_world.check_state() == "alert"


def test_a_worker_that_slept_through_its_lease_writes_nothing(
    each_world: WikiHarness, archive: Archive, holder: Holder
):
    holder.send(signal.SIGSTOP)
    each_world.clock.advance(seconds=PAGE_SECONDS)
    other = successor(each_world, archive)
    assert other.acquire_page(each_world.article())
    holder.send(signal.SIGCONT)
    holder.go_on.set()
    assert holder.written.get() is None
    other.release_page(each_world.article())
    other.close()
    assert each_world.check_state() == "alert"
    assert len(each_world.alerts()) == 1


def test_a_worker_that_kept_its_lease_writes(archive: Archive, holder: Holder):
    holder.go_on.set()
    assert holder.written.get() is not None
    assert archive.outbox.newest() == ()
