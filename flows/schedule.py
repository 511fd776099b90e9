"""Run the flows of one machine in this process.

Prefect's own runner starts a process of 150 MB for each run, which takes two seconds to find that nothing is due.
"""

from __future__ import annotations

import asyncio
import logging
import os
import threading
from datetime import timedelta
from pathlib import Path
from time import monotonic
from typing import Any, Final

from flows.deployments import apply_retention, deliver_alerts, dispatch_checks
from watcher.services.startup import WATCHLIST_VARIABLE, load_watchlist

_MINUTE: Final = timedelta(minutes=1)
_TIDY: Final = timedelta(days=1)
_TIDY_FIRST: Final = timedelta(minutes=10)  # after the load of a start
_RETRY: Final = timedelta(seconds=5)

_LOG = logging.getLogger("watcher")


def run(watchlist: Path, stop: threading.Event) -> None:
    """Check what is due and deliver every minute, and apply retention daily, until stopped.

    By the shortest interval alone, a page that is checked late in a round would not be due in the next one yet, and be
    checked every second time. What is running when `stop` is set is not waited for.
    """
    often = min([_MINUTE, *(watch.every for watch in load_watchlist(watchlist).entries)])
    # No parameter of a run is a path: flows find the watchlist there.
    os.environ[WATCHLIST_VARIABLE] = str(watchlist.resolve())

    async def follow() -> None:
        repeated = [
            asyncio.create_task(_repeat(flow, first, again, stop))
            for flow, first, again in (
                (dispatch_checks, often, often),
                (deliver_alerts, _MINUTE, _MINUTE),
                (apply_retention, _TIDY_FIRST, _TIDY),
            )
        ]
        await asyncio.to_thread(stop.wait)
        for task in repeated:
            task.cancel()

    asyncio.run(follow())


async def _repeat(flow: Any, first: timedelta, every: timedelta, stop: threading.Event) -> None:
    """Run a flow again and again; how each run ends is in Prefect and in the log."""
    pause = first
    while not await asyncio.to_thread(stop.wait, pause.total_seconds()):
        begun = monotonic()
        try:
            await flow(return_state=True)
        except Exception as error:  # noqa: BLE001  Prefect's server may be away for a while; its end ends us, too
            _LOG.warning("a run of %s ended with %s; it is tried again", flow.name, type(error).__name__)
            pause = _RETRY
        else:
            pause = max(every - timedelta(seconds=monotonic() - begun), _RETRY)
