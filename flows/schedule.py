"""Run Prefect's schedules in this process by the watchlist's intervals, for one machine alone.

Prefect's own runner starts a process of 150 MB for each run, which takes two seconds to find that nothing is due.
"""

from __future__ import annotations

import asyncio
import logging
import os
import threading
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any, Final, cast
from uuid import UUID

from prefect import Flow
from prefect.client.orchestration import get_client
from prefect.client.schemas.objects import FlowRun
from prefect.deployments.runner import RunnerDeployment
from prefect.flow_engine import run_flow_async
from prefect.schedules import Interval

from flows.deployments import apply_retention, deliver_alerts, dispatch_checks
from watcher.services.context import clock
from watcher.services.startup import WATCHLIST_VARIABLE, load_watchlist

_DELIVER: Final = timedelta(minutes=1)
_TIDY: Final = timedelta(days=1)
_TIDY_FIRST: Final = timedelta(minutes=10)  # after the load of a start
_LOOK_AHEAD: Final = timedelta(seconds=30)  # so soon a run is seen that somebody starts on Prefect's pages
_SHORTEST_LOOK: Final = timedelta(seconds=5)

_LOG = logging.getLogger("watcher")


def run(watchlist: Path, stop: threading.Event) -> None:
    """Check at the shortest interval of the watches, deliver every minute and apply retention daily, until stopped.

    An edit is fetched within one interval; a run that finds nothing to do costs one request for 50 pages. What is
    running when `stop` is set is not waited for.
    """
    every = min((watch.every for watch in load_watchlist(watchlist).entries), default=timedelta(minutes=15))
    # No parameter of a run is a path: flows find the watchlist there.
    os.environ[WATCHLIST_VARIABLE] = str(watchlist.resolve())
    now = clock()
    schedules: dict[str, tuple[Flow[..., Any], Any]] = {
        "check": (dispatch_checks, Interval(every, anchor_date=now + every)),
        "deliver": (deliver_alerts, Interval(_DELIVER, anchor_date=now + _DELIVER)),
        "tidy": (apply_retention, Interval(_TIDY, anchor_date=now + _TIDY_FIRST)),
    }
    asyncio.run(_follow(schedules, stop))


async def _follow(schedules: Mapping[str, tuple[Flow[..., Any], Any]], stop: threading.Event) -> None:
    """Register the deployments, and run what is scheduled of them, each flow once at a time."""
    async with get_client() as client:
        flows: dict[UUID, Flow[..., Any]] = {}
        for name, (flow, schedule) in schedules.items():
            # The stubs promise a deployment or a coroutine; inside a running event loop it is the latter.
            deployment = cast("RunnerDeployment", await cast("Any", flow.ato_deployment(name, schedule=schedule)))
            flows[await deployment.aapply()] = flow
        running: dict[UUID, asyncio.Task[None]] = {}
        while not stop.is_set():
            running = {number: task for number, task in running.items() if not task.done()}
            now, pause = clock(), _SHORTEST_LOOK if running else _LOOK_AHEAD
            try:
                idle, soon = [*flows.keys() - running.keys()], now + _LOOK_AHEAD
                for flow_run in (
                    await client.get_scheduled_flow_runs_for_deployments(idle, scheduled_before=soon) if idle else ()
                ):
                    number, at = flow_run.deployment_id, flow_run.next_scheduled_start_time or now
                    if at > now:
                        pause = min(pause, at - now)
                    elif number is not None and number not in running:
                        pause = _SHORTEST_LOOK
                        running[number] = asyncio.create_task(_run(flows[number], flow_run))
            except Exception as error:  # noqa: BLE001  Prefect's server may be away for a while; its end ends us, too
                _LOG.warning("Prefect's server does not answer (%s); it is asked again", type(error).__name__)
                pause = _SHORTEST_LOOK
            await asyncio.to_thread(stop.wait, max(pause, _SHORTEST_LOOK).total_seconds())
        for task in running.values():
            task.cancel()


async def _run(flow: Flow[..., Any], flow_run: FlowRun) -> None:
    """Run a flow; how it ends is in its run and in the log."""
    try:
        await run_flow_async(flow, flow_run=flow_run, parameters=flow_run.parameters, return_type="state")
    except Exception as error:  # noqa: BLE001  one run that cannot be recorded must not end the schedule
        _LOG.warning("a run of %s ended with %s", flow.name, type(error).__name__)
