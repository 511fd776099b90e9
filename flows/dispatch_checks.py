"""Prefect flows: check the watchlist on many machines; one flow polls and dispatches, the other checks a batch."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Final

from prefect import flow
from prefect.client.orchestration import get_client
from prefect.client.schemas.filters import (
    DeploymentFilter,
    DeploymentFilterName,
    FlowFilter,
    FlowFilterName,
    FlowRunFilter,
    FlowRunFilterState,
    FlowRunFilterStateType,
)
from prefect.client.schemas.objects import StateType
from prefect.deployments import arun_deployment
from prefect.exceptions import ObjectNotFound

from flows.check_articles import BatchResult, check_batch_task, publish_artifact
from watcher.services.context import open_context
from watcher.services.dispatch import DispatchPlan, PageBatch, due_watches, plan_dispatch
from watcher.services.installation import installed_watchlist
from watcher.services.parameters import ChunkSize, DeploymentName, PageCount, RunCount, Seconds

BATCH_SIZE: Final = 25  # pages that moved: a run costs two seconds to start, and a lost one is made up by another
RESERVATION_SECONDS: Final = 300  # seconds until pages that were handed out and not checked are handed out again
MAX_PENDING_RUNS: Final = 8  # runs that wait for a worker: more would be handed out again before their turn comes
INLINE_LIMIT: Final = 10  # pages
WORKER_DEPLOYMENT: Final = "check-pages/check-chunk"


@dataclass(frozen=True, slots=True, kw_only=True)
class DispatchSummary:
    """How many watches were due, how many of them needed no more than the poll, and how many runs have the others."""

    due: int
    settled: int
    failed: int
    batches: int


def plan_due(watchlist: Path, batch_size: int, reservation: int, max_batches: int) -> DispatchPlan:
    """Poll the watches whose time has come; what is left to do, in at most so many chunks."""
    with open_context(watchlist) as services:
        return plan_dispatch(
            services,
            due_watches(services),
            batch_size=batch_size,
            reservation=timedelta(seconds=reservation),
            max_batches=max_batches,
        )


@flow(name="dispatch-checks", timeout_seconds=900, persist_result=False)
async def dispatch_checks(
    batch_size: ChunkSize = BATCH_SIZE,
    reservation: Seconds = RESERVATION_SECONDS,
    max_pending_runs: RunCount = MAX_PENDING_RUNS,
    inline_limit: PageCount = INLINE_LIMIT,
    worker_deployment: DeploymentName = WORKER_DEPLOYMENT,
) -> DispatchSummary:
    """Poll what is due and start a run of `worker_deployment` for each batch that moved; without it, check here.

    A run too many finds nothing due. A chunk whose run is lost is handed out again after `reservation` seconds. While
    `max_pending_runs` runs wait for a worker, no more are started: what they would check stays due, and is polled
    again. Up to `inline_limit` pages are checked here: to start a run takes as long as to check ten of them.
    """
    room = max(0, max_pending_runs - await _pending_runs(worker_deployment))
    dispatch_plan = await asyncio.to_thread(plan_due, installed_watchlist(), batch_size, reservation, room)
    handed = sum(len(group.titles) for group in dispatch_plan.batches)
    for group in dispatch_plan.batches:
        if handed <= inline_limit or not await _start_run(worker_deployment, group):
            await check_batch_task([*group.titles], group.wiki)
    return DispatchSummary(
        due=len(dispatch_plan.outcomes) + handed,
        settled=len(dispatch_plan.outcomes),
        failed=sum(outcome.failed for outcome in dispatch_plan.outcomes),
        batches=len(dispatch_plan.batches),
    )


async def _pending_runs(worker_deployment: str) -> int:
    """How many runs of a deployment no worker has begun with, though their time has come."""
    flow_name, _, name = worker_deployment.partition("/")
    waiting = FlowRunFilterStateType(any_=[StateType.SCHEDULED, StateType.PENDING])
    async with get_client() as client:
        return await client.count_flow_runs(
            flow_filter=FlowFilter(name=FlowFilterName(any_=[flow_name])),
            deployment_filter=DeploymentFilter(name=DeploymentFilterName(any_=[name])),
            flow_run_filter=FlowRunFilter(state=FlowRunFilterState(type=waiting)),
        )


async def _start_run(worker_deployment: str, group: PageBatch) -> bool:
    """Whether a run of the deployment was created; it is nobody's child, so that it outlives this one."""
    try:
        await arun_deployment(
            worker_deployment,
            parameters={"wiki": group.wiki, "titles": [*group.titles]},
            flow_run_name=f"{len(group.titles)} of {group.wiki}",
            timeout=0,
            as_subflow=False,
        )
    except ObjectNotFound:
        return False
    return True


@flow(name="check-pages", timeout_seconds=3600, persist_result=False)
async def check_pages(wiki: str, titles: list[str]) -> BatchResult:
    """Check some watched articles of one wiki; fails when one of them failed, after all were tried."""
    return await publish_artifact(await check_batch_task(titles, wiki), len(titles))
