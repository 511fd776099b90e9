"""Prefect flows: check the watchlist on many machines; one flow polls and dispatches, the other checks a batch."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
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
from watcher.errors import WatcherError
from watcher.services.check import (
    ChunkSize,
    DeploymentName,
    PageBatch,
    PageCount,
    RunCount,
    Seconds,
    due_watches,
    plan_dispatch,
)
from watcher.services.startup import run_step

BATCH_SIZE: Final = 25  # pages that moved: a run costs two seconds to start, and a lost one is made up by another
RESERVATION_SECONDS: Final = 300  # seconds until pages that were dispatched and not checked are dispatched again
MAX_PENDING_RUNS: Final = 8  # runs that wait for a worker: more would be dispatched again before their turn comes
INLINE_LIMIT: Final = 10  # pages
WORKER_DEPLOYMENT: Final = "check-pages/check-chunk"


@dataclass(frozen=True, slots=True, kw_only=True)
class DispatchSummary:
    """How many watches were due, needed only the poll, and failed, and how many batches the others make."""

    due: int
    settled: int
    failed: int
    batches: int


@flow(name="dispatch-checks", timeout_seconds=900, persist_result=False)
async def dispatch_checks(
    batch_size: ChunkSize = BATCH_SIZE,
    reservation: Seconds = RESERVATION_SECONDS,
    max_pending_runs: RunCount = MAX_PENDING_RUNS,
    inline_limit: PageCount = INLINE_LIMIT,
    worker_deployment: DeploymentName = WORKER_DEPLOYMENT,
) -> DispatchSummary:
    """Poll what is due and start a run of `worker_deployment` for each batch that moved; without it, check here.

    A superfluous run finds nothing due. A batch whose run is lost is dispatched again after `reservation` seconds.
    While `max_pending_runs` runs wait for a worker, no more are started: what they would check stays due, and is
    polled again. Up to `inline_limit` pages are checked here: starting a run takes as long as checking ten of them.
    Raises WatcherError when every page that was due failed.
    """
    flow_name, _, name = worker_deployment.partition("/")
    waiting = FlowRunFilterStateType(any_=[StateType.SCHEDULED, StateType.PENDING])
    async with get_client() as client:
        pending = await client.count_flow_runs(
            flow_filter=FlowFilter(name=FlowFilterName(any_=[flow_name])),
            deployment_filter=DeploymentFilter(name=DeploymentFilterName(any_=[name])),
            flow_run_filter=FlowRunFilter(state=FlowRunFilterState(type=waiting)),
        )
    plan = await run_step(
        plan_dispatch,
        due_watches,
        batch_size=batch_size,
        reservation=timedelta(seconds=reservation),
        max_batches=max(0, max_pending_runs - pending),
    )
    dispatched = sum(len(batch.titles) for batch in plan.batches)
    failed = sum(outcome.failed for outcome in plan.outcomes)
    for batch in plan.batches:
        if dispatched <= inline_limit or not await _start_run(worker_deployment, batch, plan.at):
            failed += (await check_batch_task([*batch.titles], batch.wiki)).failed
    due = len(plan.outcomes) + dispatched
    if failed and failed == due:
        raise WatcherError(f"{due} of {due} due pages failed; `watcher status` says why")
    return DispatchSummary(due=due, settled=len(plan.outcomes), failed=failed, batches=len(plan.batches))


async def _start_run(worker_deployment: str, batch: PageBatch, at: datetime) -> bool:
    """Start a run of the deployment, not as a subflow, so that it outlives this run; False where there is none.

    Prefect's client would take the time from this machine's clock: a run of a worker whose clock is ten minutes ahead
    waited as long, and kept all others from being started.
    """
    try:
        await arun_deployment(
            worker_deployment,
            parameters={"wiki": batch.wiki, "titles": [*batch.titles]},
            flow_run_name=f"{len(batch.titles)} of {batch.wiki}",
            scheduled_time=at,
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
