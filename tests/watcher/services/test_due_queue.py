"""Test that pages are due once, in time and in order."""

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
    queue = DueQueue()
    for _ in range(1000):
        queue.add([TIDE])
    assert queue.take(0) == [TIDE]
    assert queue.take(0) == []


def test_a_page_is_due_when_its_earliest_entry_is() -> None:
    clock = Seconds()
    queue = DueQueue(clock=clock)
    queue.add([TIDE], 30)
    queue.add([TIDE], 5)
    queue.add([TIDE], 60)
    assert queue.take(0) == []
    clock.time += 5
    assert queue.take(0) == [TIDE]


def test_the_longest_waiting_comes_first() -> None:
    clock = Seconds()
    queue = DueQueue(clock=clock)
    queue.add([TIDE], 2)
    queue.add([MOON], 1)
    clock.time += 3
    assert (queue.take(0, 1), queue.take(0)) == ([MOON], [TIDE])


def test_whoever_waits_is_woken_by_the_first_entry() -> None:
    queue = DueQueue()
    waiter = threading.Thread(target=lambda: queue.add([TIDE], 0.01))
    waiter.start()
    assert queue.take(30) == [TIDE]
    waiter.join()


def test_closing_wakes_whoever_waits() -> None:
    queue = DueQueue()
    closer = threading.Thread(target=queue.close)
    closer.start()
    assert queue.take(30) == []
    closer.join()
    queue.add([TIDE])
    assert queue.take(30) == []
