"""A queue of alerts becomes delivered ones although each deliverer is killed; a program of its own.

Apprise keeps threads, which do not survive a fork: the children here descend from a process that
has sent nothing itself. Prints JSON: how many kills, and the key of each request in order.
"""

from __future__ import annotations

import json
import os
import random
import signal
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from flows.delivery import LEASE_SECONDS, deliver
from snapshots import Archive, State
from watcher.config import Destination, Secret
from watcher.demo.inbox import Inbox
from watcher.notify import valid_url

# Each child begins when the lease of the one before has run out.
STEP = timedelta(seconds=LEASE_SECONDS + 1)
SEED = 20260304


def forked(work: Callable[[], None], awaited: Callable[[], object], seconds: float) -> bool:
    """Whether `work` had to be killed, `seconds` after what was awaited."""
    child = os.fork()
    if child == 0:
        work()
        os._exit(0)
    awaited()
    time.sleep(seconds)  # the moment of the kill is the matter of the test
    os.kill(child, signal.SIGKILL)
    return os.WIFSIGNALED(os.waitpid(child, 0)[1])


def main(database: str) -> None:
    """Kill until nothing is queued any more."""
    lottery, kills, now = random.Random(SEED), 0, datetime(2026, 3, 4, 5, 6, tzinfo=UTC)
    with Inbox() as box:
        place = [Destination(name="a", url=Secret(box.url))]
        assert valid_url(box.url)  # loads Apprise once, not in every child

        def work() -> None:
            with Archive(database) as own:
                deliver(own, place, now=lambda: now, owner=str(os.getpid()))

        while queued(database):
            # every other child lives until its first message has arrived, so that there is progress
            letters = len(box.letters) + 1 if kills % 2 else 0
            kills += forked(work, lambda letters=letters: box.wait_for(letters, 10), lottery.uniform(0.0, 0.1))
            now += STEP
        keys = [letter.header("X-Idempotency-Key") for letter in box.letters]
    print(json.dumps({"kills": kills, "keys": keys}))


def queued(database: str) -> bool:
    """Whether something waits; the connection is closed before the next fork."""
    with Archive(database) as archive:
        return bool(archive.deliveries(1, State.QUEUED))


if __name__ == "__main__":
    main(sys.argv[1])
