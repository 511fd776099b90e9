"""Prefect flows: check the watchlist, on one machine or on many; one polls and dispatches, the other checks a batch."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from prefect import flow, task
from prefect.artifacts import acreate_markdown_artifact
from prefect.cache_policies import NO_CACHE
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
from prefect.client.schemas.objects import State as RunState
from prefect.client.schemas.objects import StateType, TaskRun
from prefect.deployments import arun_deployment
from prefect.exceptions import ObjectNotFound
from prefect.tasks import exponential_backoff

from watcher.errors import Unavailable, WatcherError
from watcher.report import ReportOptions, report
from watcher.services.check import (
    ChunkSize,
    DeploymentName,
    PageCount,
    RunCount,
    Seconds,
    check_titles,
    plan_dispatch,
)
from watcher.services.startup import run_step


@dataclass(frozen=True, slots=True, kw_only=True)
class BatchResult:
    """The result of a run: a line for each article and finding, the comparisons in Markdown, how many failed."""

    lines: tuple[str, ...] = ()
    reports: tuple[str, ...] = ()
    failed: int = 0


async def is_retryable(_task: object, _run: TaskRun, state: RunState[Any]) -> bool:
    """Return whether a retry can help: only where the wiki or the network was unavailable."""
    try:
        # Not `result()`, which inside an event loop gives a coroutine and so never raises.
        await state.aresult()
    except Unavailable:
        return True
    except Exception:  # noqa: BLE001  any other error would come again
        return False
    return False


@task(
    name="check-chunk",
    retries=2,
    retry_delay_seconds=exponential_backoff(backoff_factor=5),
    retry_jitter_factor=0.5,
    retry_condition_fn=is_retryable,
    persist_result=False,
    cache_policy=NO_CACHE,
)
async def check_batch_task(titles: list[str], wiki: str | None = None) -> BatchResult:
    """Check some watched articles; raises Unavailable where the wiki answered nothing, so that the task is retried."""
    each = await run_step(check_titles, titles, wiki)
    return BatchResult(
        lines=tuple(line for outcome in each for line in (f"{outcome.state.value} {outcome.line}", *outcome.findings)),
        reports=tuple(
            report(outcome.comparison, "markdown", ReportOptions(threshold=outcome.watch.threshold))
            for outcome in each
            if outcome.comparison and outcome.comparison.findings
        ),
        failed=sum(outcome.failed for outcome in each),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class DispatchSummary:
    """How many watches were due, needed only the poll, and failed, and how many batches the others make."""

    due: int
    settled: int
    failed: int
    batches: int


@flow(name="dispatch-checks", timeout_seconds=3600, persist_result=False)
async def dispatch_checks(
    batch_size: ChunkSize = 25,  # a run costs two seconds to start, and a lost one is made up by another
    reservation: Seconds = 300,
    max_pending_runs: RunCount = 8,  # more would be dispatched again before their turn comes
    inline_limit: PageCount = 10,
    worker_deployment: DeploymentName = "check-pages/check-chunk",
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
        try:
            await client.read_deployment_by_name(worker_deployment)
            pending = await client.count_flow_runs(
                flow_filter=FlowFilter(name=FlowFilterName(any_=[flow_name])),
                deployment_filter=DeploymentFilter(name=DeploymentFilterName(any_=[name])),
                flow_run_filter=FlowRunFilter(state=FlowRunFilterState(type=waiting)),
            )
            room = max(0, max_pending_runs - pending)
        except ObjectNotFound:  # no other machine
            room = None
    plan = await run_step(
        plan_dispatch,
        batch_size=batch_size,
        reservation=timedelta(seconds=reservation),
        max_batches=room,
    )
    dispatched = sum(len(batch.titles) for batch in plan.batches)
    failed = sum(outcome.failed for outcome in plan.outcomes)
    for batch in plan.batches:
        if room is None or dispatched <= inline_limit:
            try:
                failed += (await check_batch_task([*batch.titles], batch.wiki)).failed
            except Unavailable:
                failed += len(batch.titles)
        else:
            # No subflow, so that it outlives this run. Prefect's client would take the time from this machine's clock:
            # a run of a worker whose clock is ten minutes ahead waited as long, and kept all others from being started.
            await arun_deployment(
                worker_deployment,
                parameters={"wiki": batch.wiki, "titles": [*batch.titles]},
                flow_run_name=f"{len(batch.titles)} of {batch.wiki}",
                scheduled_time=plan.at,
                timeout=0,
                as_subflow=False,
            )
    due = len(plan.outcomes) + dispatched
    if failed and failed == due:
        raise WatcherError(f"{due} of {due} due pages failed; `watcher status` says why")
    return DispatchSummary(due=due, settled=len(plan.outcomes), failed=failed, batches=len(plan.batches))


@flow(name="check-pages", timeout_seconds=3600, persist_result=False)
async def check_pages(wiki: str, titles: list[str]) -> BatchResult:
    """Check some watched articles of one wiki; Unavailable when one of them failed, after all were tried.

    Leaves a Markdown artifact with the summary of each comparison.
    """
    result = await check_batch_task(titles, wiki)
    if result.reports:
        await acreate_markdown_artifact(markdown="\n\n---\n\n".join(result.reports), key="comparisons")
    if result.failed:
        raise Unavailable(f"{result.failed} of {len(titles)} articles were not checked; the next run goes on with them")
    return result
