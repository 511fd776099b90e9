"""Test that one worker at a time sends requests to a wiki, and that a lost worker's lock expires."""

from __future__ import annotations

import pytest

from snapshots import Archive
from tests.snapshots.builders import NOW, later
from tests.snapshots.workers import PROCESSES, run, take_turns_at_once

pytestmark = pytest.mark.dialect


def test_a_turn_is_one_workers_until_it_ends(archive: Archive):
    assert archive.leases.acquire_wiki("en", "one", NOW, 60)
    assert not archive.leases.acquire_wiki("en", "two", later(59), 60)
    archive.leases.release_wiki("en", "one")
    assert archive.leases.acquire_wiki("en", "two", later(59), 60)


def test_the_turn_of_a_lost_worker_ends_by_itself(archive: Archive):
    archive.leases.acquire_wiki("en", "one", NOW, 60)
    assert archive.leases.acquire_wiki("en", "two", later(60), 60)
    assert not archive.leases.acquire_wiki("en", "one", later(61), 60)


def test_a_turn_can_be_prolonged_and_ended_by_its_owner_alone(archive: Archive):
    archive.leases.acquire_wiki("en", "one", NOW, 60)
    assert archive.leases.acquire_wiki("en", "one", later(30), 60)
    archive.leases.release_wiki("en", "two")
    assert not archive.leases.acquire_wiki("en", "two", later(89), 60)


def test_each_wiki_has_a_turn_of_its_own(archive: Archive):
    assert archive.leases.acquire_wiki("en", "one", NOW, 60)
    assert archive.leases.acquire_wiki("de", "two", NOW, 60)


def test_of_many_processes_that_ask_at_once_one_has_the_turn(url: str, archive: Archive):
    start, taken = PROCESSES.Barrier(4), PROCESSES.SimpleQueue()
    run(take_turns_at_once, *[(url, f"worker {number}", start, taken) for number in range(4)])
    assert sorted(taken.get() for _ in range(4)) == [False, False, False, True]
    assert len(archive.leases.owners()) == 1
