"""Name what tests of flows use of Prefect: the process that runs them alone loads it."""
# ruff: noqa: E402, F401  Prefect reads its settings when it is imported; what is named is used there

from typing import Any

from flows.prefect_settings import configure_prefect

configure_prefect()

from prefect import flow, get_client, settings, states
from prefect.client.schemas import actions, filters
from prefect.client.schemas.sorting import FlowRunSort
from prefect.events import emit_event
from prefect.events.filters import EventFilter
from prefect.events.worker import EventsWorker
from prefect.flow_engine import run_flow_async
from prefect.logging.handlers import APILogWorker

from flows import deployments as schedule
from flows.crashed_runs import mark_crashed, reap_once
from flows.deployments import (
    DispatchSummary,
    apply_retention,
    backfill_article,
    check_batch_task,
    check_pages,
    deliver_alerts,
    dispatch_checks,
    fetch_history,
)


@flow(name="of-old", persist_result=False)
async def of_old() -> None:
    """A flow whose runs are made by hand."""


async def a_run(client: Any, state: Any) -> Any:
    """A run in a state that it came into just now."""
    return await client.create_flow_run(of_old, state=state)
