"""Run workers that are lost in the middle of a page; the functions here run in child processes."""

from __future__ import annotations

import time
from datetime import datetime
from multiprocessing.queues import SimpleQueue
from multiprocessing.synchronize import Event

from snapshots import Archive, CheckResult
from tests.snapshots.workers import PROCESSES
from watcher.services.context import Leases

__all__ = ["PROCESSES", "hold"]


def hold(
    url: str,
    owner: str,
    now: datetime,
    checked: CheckResult,
    ready: Event,
    go_on: Event,
    written: SimpleQueue[int | None],
) -> None:
    """Take the page and the turn to ask its wiki, say so, and renew both and write when told to.

    Who is stopped in the middle of a renewal keeps the database locked: before it is told to go on, it makes none.
    """
    with Archive(url) as archive:
        leases = Leases(archive, owner, now=lambda: now, sleep=time.sleep, renew_seconds=3600)
        assert leases.acquire_page(checked.article)
        with leases.wiki_lock(checked.article.wiki):
            ready.set()
            go_on.wait(60)
            leases.renew()
            written.put(archive.comparisons.commit(checked))
        leases.close()
