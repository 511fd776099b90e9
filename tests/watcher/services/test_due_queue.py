"""Pages become due once, in time and in order."""

from __future__ import annotations

import threading

from watcher.services.change_feed import DueQueue

TIDE, MOON = ("w", "Tide"), ("w", "Moon")


class Seconds:
    """A clock that the test sets."""

    def __init__(self) -> None:
        self.time = 100.0

    def __call__(self) -> float:
        return self.time


def test_a_page_named_many_times_is_due_once() -> None:
    nudges = DueQueue()
    for _ in range(1000):
        nudges.add([TIDE])
    assert nudges.take(0) == [TIDE]
    assert nudges.take(0) == []


def test_a_page_is_due_when_its_earliest_nudge_is() -> None:
    clock = Seconds()
    nudges = DueQueue(clock=clock)
    nudges.add([TIDE], 30)
    nudges.add([TIDE], 5)
    nudges.add([TIDE], 60)
    assert nudges.take(0) == []
    clock.time += 5
    assert nudges.take(0) == [TIDE]


def test_the_longest_waiting_comes_first() -> None:
    clock = Seconds()
    nudges = DueQueue(clock=clock)
    nudges.add([TIDE], 2)
    nudges.add([MOON], 1)
    clock.time += 3
    assert nudges.take(0) == [MOON, TIDE]


def test_whoever_waits_is_woken_by_the_first_nudge() -> None:
    nudges = DueQueue()
    waiter = threading.Thread(target=lambda: nudges.add([TIDE], 0.01))
    waiter.start()
    assert nudges.take(30) == [TIDE]
    waiter.join()


def test_closing_wakes_whoever_waits() -> None:
    nudges = DueQueue()
    closer = threading.Thread(target=nudges.close)
    closer.start()
    assert nudges.take(30) == []
    closer.join()
    nudges.add([TIDE])
    assert nudges.take(30) == []
