"""Test that leases of killed workers are released at once, and those of living ones are not."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from datetime import timedelta

import pytest

from snapshots.members import RefreshResult
from tests.flows.harness import CHANGED, WikiHarness
from watcher.model import Article
from watcher.services.sources import definition_of, refresh_lists
from watcher.services.startup import is_running, new_worker_id, release_leases_of_dead_workers

HOST = socket.gethostname()


@pytest.fixture
def gone() -> int:
    """The id of a process that has ended."""
    with subprocess.Popen([sys.executable, "-c", ""]) as child:
        child.wait()
        return child.pid


def test_no_two_runs_of_one_process_have_the_same_name():
    assert len({new_worker_id() for _ in range(100)}) == 100


def test_a_process_is_running_until_it_has_ended(gone: int):
    assert (is_running(os.getpid()), is_running(gone), is_running(2**80)) == (True, False, True)


def test_a_killed_workers_page_is_checked_by_the_next_run(each_world: WikiHarness, gone: int):
    each_world.check()
    each_world.edit(CHANGED)
    with each_world.archive() as archive:
        archive.leases.acquire_page(each_world.article(), f"{HOST}-{gone}-abcd", each_world.clock(), 900)
    assert each_world.check_state() == "alert"


def test_a_list_whose_reader_was_killed_is_read_again_and_nobody_has_left(each_world: WikiHarness, gone: int):
    world = each_world
    (world.folder / "list.txt").write_text("Tide\n")
    world.watch("Tide", extra_settings='[[watch]]\nfile = "list.txt"\nrefresh = "1h"\n')
    with world.services() as services:
        assert [refreshed.result.joined for refreshed in refresh_lists(services) if refreshed.result] == [1]
        source = definition_of(services.watchlist.sources[0])
    world.clock.advance(hours=2)
    now = world.clock()
    with world.archive() as archive:
        killed = archive.members.claim(source, f"{HOST}-{gone}-abcd", now, now + timedelta(minutes=1), timedelta())
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


def test_a_killed_deliverers_messages_are_due_at_once(each_world: WikiHarness, gone: int):
    each_world.check()
    each_world.edit_and_check(CHANGED)
    with each_world.archive() as archive:
        assert len(archive.outbox.claim(each_world.clock(), lease_seconds=600, owner=f"{HOST}-{gone}-abcd")) == 1
    with each_world.services() as services:
        assert len(services.archive.outbox.claim(each_world.clock(), owner="heir")) == 1


@pytest.mark.parametrize(
    "owner",
    ["elsewhere-{gone}-abcd", "{host}-{living}-abcd", "{host}-one-abcd", "a word", "{host}--abcd"],
)
def test_a_worker_that_may_live_keeps_its_lease(world: WikiHarness, gone: int, owner: str):
    world.check()
    name = owner.format(gone=gone, host=HOST, living=os.getpid())
    with world.archive() as archive:
        archive.leases.acquire_page(world.article(), name, world.clock(), 900)
        assert release_leases_of_dead_workers(archive) == ()
        assert archive.leases.owners() == (name,)


def test_a_host_name_with_dashes_is_read_from_the_end(world: WikiHarness, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(socket, "gethostname", lambda: "node-7-b")
    world.check()
    with world.archive() as archive:
        archive.leases.acquire_page(world.article(), "node-7-b-4711-abcd", world.clock(), 900)
        assert release_leases_of_dead_workers(archive, alive=lambda pid: pid != 4711) == ("node-7-b-4711-abcd",)
        assert archive.leases.owners() == ()
