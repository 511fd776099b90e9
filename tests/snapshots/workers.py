"""Act on a test's archive from other processes; the functions here run in child processes."""

import multiprocessing
import os
from multiprocessing.queues import SimpleQueue
from multiprocessing.synchronize import Barrier, Event
from operator import attrgetter
from typing import Any

from snapshots import Archive
from tests.snapshots.builders import NOW, PAGE, a_check, later

# Children start from a server that has the imports done: 30 ms each instead of a second.
PROCESSES = multiprocessing.get_context("forkserver")
PROCESSES.set_forkserver_preload(["tests.snapshots.workers"])


def commit_for_ever(url: str, ready: Event) -> None:
    """Commit one check after the other, from the cursor on, until killed."""
    archive = Archive(url)
    while True:
        cursor = archive.revisions.cursor(PAGE)
        archive.comparisons.commit(a_check(1 if cursor is None else cursor.id + 1))
        ready.set()


def deliver_for_ever(url: str, first_second: float, receiver: str, ready: Event) -> None:
    """Claim, send (a line in `receiver`) and note it, until killed."""
    archive = Archive(url)
    letters = os.open(receiver, os.O_WRONLY | os.O_APPEND)
    while True:
        while delivery := archive.outbox.claim(later(first_second), owner=f"from {first_second}"):
            os.write(letters, f"{delivery.key}\n".encode())
            archive.outbox.mark_sent(delivery, later(first_second + 1))
            ready.set()


def claim_all(url: str, owner: str, start: Barrier, claimed: SimpleQueue[tuple[str, list[str]]]) -> None:
    """Claim and send until nothing is queued: of a destination one message at a time is on its way."""
    archive = Archive(url)
    start.wait(timeout=180)
    keys: list[str] = []
    while archive.metrics.outbox(later(1)).queued:
        while delivery := archive.outbox.claim(later(1), owner=owner):
            archive.outbox.mark_sent(delivery, later(1))
            keys.append(delivery.key)
    archive.close()
    claimed.put((owner, keys))


def run(target: Any, *arguments: tuple[Any, ...]) -> None:
    """Run `target` in a child for each tuple of arguments, and fail when one of them fails."""
    children = [PROCESSES.Process(target=target, args=each) for each in arguments]
    for child in children:
        child.start()
    for child in children:
        child.join(timeout=120)
    assert [child.exitcode for child in children] == [0] * len(children)


def tally(url: str, start: Barrier) -> None:
    """Count twenty checks, and ten that failed."""
    with Archive(url) as archive:
        start.wait(timeout=180)
        for number in range(20):
            counted: dict[tuple[str, tuple[tuple[str, str], ...]], float] = {("checks", (("state", "quiet"),)): 1}
            if number % 2:
                counted = {("checks", (("state", "failed"),)): 1, **counted}
            archive.metrics.add_counters(counted, NOW)


def at_once(url: str, method: str, *each: tuple[Any, ...]) -> list[Any]:
    """Call a method of an archive ("leases.renew") in as many processes at the same moment; return the results."""
    start, results = PROCESSES.Barrier(len(each)), PROCESSES.SimpleQueue()
    run(_call, *[(url, method, arguments, start, results) for arguments in each])
    return [results.get() for _ in each]


def _call(url: str, method: str, arguments: tuple[Any, ...], start: Barrier, results: SimpleQueue[Any]) -> None:
    # The last waits for all before it, which a busy machine makes long.
    with Archive(url, timeout=180) as archive:
        start.wait(timeout=180)
        results.put(attrgetter(method)(archive)(*arguments))
