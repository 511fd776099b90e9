"""Mark Prefect runs whose worker has died as Crashed, and free the concurrency slots that they held."""

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
PENDING_TIMEOUT: Final = timedelta(minutes=5)  # a living worker starts a run's process within a minute
_MIN_TIMEOUT: Final = timedelta(minutes=2)
_MAX_SKEW: Final = timedelta(days=1)
_AT_ONCE: Final = 200
_SLOT_STATES: Final = (StateType.RUNNING, StateType.PENDING, StateType.CANCELLING)


# What Prefect's client raises: httpx's errors, also for statuses; its own for 404 and 409; and parser errors if
# something other than Prefect answers, for example a proxy.
_CLIENT_ERRORS: Final = (httpx.HTTPError, httpx.InvalidURL, PrefectException, JSONDecodeError, ValidationError)


def reap_once(heartbeat_timeout: timedelta | None = None, pending: timedelta = PENDING_TIMEOUT) -> list[str]:
    """Mark lost runs on the server at PREFECT_API_URL as Crashed, and return a line for each change.

    `heartbeat_timeout` is by default the time of three missed heartbeats, but at least two minutes. Raises ConfigError
    if PREFECT_API_URL is not set, Unavailable if the server does not answer.
    """
    if not get_current_settings().api.url:
        raise ConfigError("PREFECT_API_URL is not set: name Prefect's server, as in deploy/env.several.example")

    async def reap() -> list[str]:
        async with get_client() as client:
            # Prefect's server gives the time, since a machine whose clock is ahead would give up living runs. Without
            # a clock it sends no Date header (RFC 9110 §6.6.1).
            answer = await client.hello()
            now = parse_http_date(answer.headers.get("date")) or clock()
            every = get_current_settings().flows.heartbeat_frequency or 0
            timeout = heartbeat_timeout or max(_MIN_TIMEOUT, timedelta(seconds=3 * every + 30))
            return await mark_crashed(client, now=now, heartbeat_timeout=timeout, pending=pending)

    try:
        return asyncio.run(reap())
    except _CLIENT_ERRORS as error:
        # The error's own text may contain the URL with a password.
        reported = f"Prefect's server did not answer ({type(error).__name__}): is it running? See PREFECT_API_URL"
        raise Unavailable(reported) from error


async def mark_crashed(
    client: PrefectClient, *, now: datetime, heartbeat_timeout: timedelta, pending: timedelta
) -> list[str]:
    """Mark runs as Crashed that are Running without a heartbeat for `heartbeat_timeout`, or Pending for `pending`.

    Return a line for each of them, and for each deployment whose slots were freed. Prefect leaves such runs as they are
    forever if a worker is killed, or even restarted, during a run. Their work is dispatched again from our database.
    """
    runs = await _runs(client)
    lost = [run for run in runs if await _is_lost(client, run, now, heartbeat_timeout, pending)]
    for run in lost:
        state: RunState[Any] = Crashed(message="its worker sent no heartbeat; marked by `watcher reap`")
        await client.set_flow_run_state(run.id, state, force=True)
    lines = [f"{run.name}: was {run.state_name} without a worker, and is now Crashed" for run in lost]
    # The limits are read before the runs, so that a new run is counted.
    deployments = await _all_pages(client.read_deployments)
    tracked = Counter(run.deployment_id for run in await _runs(client))
    for item in deployments:
        active = item.global_concurrency_limit.active_slots if item.global_concurrency_limit else 0
        unused = active - tracked[item.id]
        if unused > 0:
            update = GlobalConcurrencyLimitUpdate(active_slots=tracked[item.id])
            await client.update_global_concurrency_limit(f"deployment:{item.id}", update)
            lines.append(f"{item.name}: {unused} of {active} used slots belonged to no run and were released")
    return lines


async def _runs(client: PrefectClient) -> list[FlowRun]:
    requested = FlowRunFilter(state=FlowRunFilterState(type=FlowRunFilterStateType(any_=[*_SLOT_STATES])))
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
    # The time of occurrence is by the worker's clock, which may be wrong; `received` is by the server's.
    requested = EventFilter(
        occurred=EventOccurredFilter.model_validate({"since": now - _MAX_SKEW, "until": now + _MAX_SKEW}),
        event=EventNameFilter(name=["prefect.flow-run.heartbeat"]),  # other events come from the server itself
        resource=EventResourceFilter(id=[f"prefect.flow-run.{run.id}"]),
    )
    newest = (await client.read_events(requested, limit=1)).events
    return not newest or now - newest[0].received > heartbeat_timeout
