"""Mark Prefect runs whose worker is gone as Crashed, and free the concurrency slots they held."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from functools import partial
from json import JSONDecodeError
from typing import Any, Final, TypeVar

import httpx
from prefect.client.orchestration import PrefectClient, get_client
from prefect.client.schemas.actions import GlobalConcurrencyLimitUpdate
from prefect.client.schemas.filters import FlowRunFilter, FlowRunFilterState, FlowRunFilterStateType
from prefect.client.schemas.objects import FlowRun, StateType
from prefect.client.schemas.objects import State as RunState
from prefect.events.filters import EventFilter, EventNameFilter, EventOccurredFilter, EventResourceFilter
from prefect.exceptions import PrefectException
from prefect.settings import get_current_settings
from prefect.states import Crashed
from pydantic import ValidationError

from watcher.backoff import parse_http_date
from watcher.errors import ConfigError, Unavailable
from watcher.services.context import clock

T = TypeVar("T")
PENDING_TIMEOUT: Final = timedelta(minutes=5)  # a worker has a run's process up within a minute, or is gone
_SHORTEST_TIMEOUT: Final = timedelta(minutes=2)
_MOST_SKEW: Final = timedelta(days=1)
_AT_ONCE: Final = 200
_HOLDING: Final = (StateType.RUNNING, StateType.PENDING, StateType.CANCELLING)


# What Prefect's client raises: httpx's errors, also for statuses; its own for 404 and 409; and where something else
# than Prefect answers, a proxy for one, those of reading that.
_NO_ANSWER: Final = (httpx.HTTPError, httpx.InvalidURL, PrefectException, JSONDecodeError, ValidationError)


def reap_once(heartbeat_timeout: timedelta | None = None, pending: timedelta = PENDING_TIMEOUT) -> list[str]:
    """Reap on the server of PREFECT_API_URL; raises ConfigError without it, Unavailable when it does not answer.

    Without `heartbeat_timeout`, that is the time of three missed heartbeats, two minutes at least.
    """
    if not get_current_settings().api.url:
        raise ConfigError("PREFECT_API_URL is not set: name Prefect's server, as in deploy/env.several.example")

    async def reap() -> list[str]:
        async with get_client() as client:
            # A machine whose clock is ahead would give up runs that go on: the time is that of Prefect's server, which
            # has no Date header where it has no clock (RFC 9110 §6.6.1).
            answer = await client.hello()
            now = parse_http_date(answer.headers.get("date")) or clock()
            every = get_current_settings().flows.heartbeat_frequency or 0
            timeout = heartbeat_timeout or max(_SHORTEST_TIMEOUT, timedelta(seconds=3 * every + 30))
            return await mark_crashed(client, now=now, heartbeat_timeout=timeout, pending=pending)

    try:
        return asyncio.run(reap())
    except _NO_ANSWER as error:
        # Its own words may hold the address with a password.
        reported = f"Prefect's server did not answer ({type(error).__name__}): is it running? See PREFECT_API_URL"
        raise Unavailable(reported) from error


async def mark_crashed(
    client: PrefectClient, *, now: datetime, heartbeat_timeout: timedelta, pending: timedelta
) -> list[str]:
    """Mark as Crashed the runs that are Running without a heartbeat for `heartbeat_timeout`, or Pending for `pending`.

    Return a line for each of them, and one for each deployment whose slots were set free.

    Prefect leaves such runs as they are forever when a worker is killed or even restarted during a run. Their work is
    not lost: it is dispatched again from our own database.
    """
    runs = await _runs(client)
    lost = [run for run in runs if await _is_lost(client, run, now, heartbeat_timeout, pending)]
    for run in lost:
        state: RunState[Any] = Crashed(message="its worker sent no heartbeat; marked by `watcher reap`")
        await client.set_flow_run_state(run.id, state, force=True)
    lines = [f"{run.name}: was {run.state_name} without a worker, Crashed now" for run in lost]
    # The limits are read before the runs, so that a new run is counted.
    deployments = await _all_pages(client.read_deployments)
    tracked = Counter(run.deployment_id for run in await _runs(client))
    for item in deployments:
        taken = item.global_concurrency_limit.active_slots if item.global_concurrency_limit else 0
        unheld = taken - tracked[item.id]
        if unheld > 0:
            update = GlobalConcurrencyLimitUpdate(active_slots=tracked[item.id])
            await client.update_global_concurrency_limit(f"deployment:{item.id}", update)
            lines.append(f"{item.name}: {unheld} of {taken} taken slots belonged to no run, free now")
    return lines


async def _runs(client: PrefectClient) -> list[FlowRun]:
    requested = FlowRunFilter(state=FlowRunFilterState(type=FlowRunFilterStateType(any_=[*_HOLDING])))
    return await _all_pages(partial(client.read_flow_runs, flow_run_filter=requested))


async def _all_pages(read: Callable[..., Awaitable[list[T]]]) -> list[T]:
    result: list[T] = []
    while len(page := await read(limit=_AT_ONCE, offset=len(result))) == _AT_ONCE:
        result += page
    return result + page


async def _is_lost(
    client: PrefectClient, run: FlowRun, now: datetime, heartbeat_timeout: timedelta, pending: timedelta
) -> bool:
    state = run.state
    if state is None:
        return False
    if state.type is StateType.PENDING:
        return now - state.timestamp > pending
    if now - state.timestamp <= heartbeat_timeout:
        return False
    # When it occurred is by the worker's clock, which may be wrong.
    requested = EventFilter(
        occurred=EventOccurredFilter.model_validate({"since": now - _MOST_SKEW, "until": now + _MOST_SKEW}),
        event=EventNameFilter(name=["prefect.flow-run.heartbeat"]),  # the others are of the server's clock
        resource=EventResourceFilter(id=[f"prefect.flow-run.{run.id}"]),
    )
    newest = (await client.read_events(requested, limit=1)).events
    return not newest or now - newest[0].received > heartbeat_timeout
