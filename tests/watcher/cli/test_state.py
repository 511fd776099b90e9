"""`watcher status` tells who was checked and what waits, and ends with three when somebody should look."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tests.flows.world import CHANGED, World


def test_a_checked_watch_is_well(watcher: Callable[..., Any], world: World):
    assert world.path.exists()
    watcher("check")
    answer = watcher("status")
    assert answer.code == 0
    assert answer.out.startswith("✓ Tide: checked 20")
    assert answer.out.endswith(" UTC, revision 1\nOutbox: empty\n")


def test_a_watch_that_nobody_checked_for_long_is_overdue(watcher: Callable[..., Any], world: World):
    world.check()  # by the clock of the test, which is months behind
    answer = watcher("status")
    assert answer.code == 3
    assert answer.out.startswith("✗ Tide: overdue, last checked 2026-03-04")


def test_a_failing_watch_says_why(watcher: Callable[..., Any], world: World):
    watcher("check")
    del world.shelf.by_title["Tide"]
    watcher("check")
    answer = watcher("status")
    assert answer.code == 3
    assert answer.out.startswith("✗ Tide: 1 failed checks in a row: ")


def test_a_message_that_waits_is_counted(watcher: Callable[..., Any], world: World):
    world.inbox = "json://127.0.0.1:9/"
    world.watch("Tide")
    watcher("check")
    world.edit(CHANGED)
    watcher("check")
    assert "Outbox: 1 queued" in watcher("status").out
