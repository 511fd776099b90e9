"""Define the Prefect flows of deploy/prefect.yaml: check due pages, deliver, apply retention, fetch a whole history.

The watchlist is checked on one machine or on many: one flow polls and dispatches, another checks a batch.
"""

from __future__ import annotations

import asyncio
import logging
import os
import threading
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from time import monotonic
from typing import Any, Final

from prefect import flow, task
from prefect.artifacts import acreate_markdown_artifact
from prefect.cache_policies import NO_CACHE
from prefect.client.orchestration import get_client
from prefect.client.schemas import filters
from prefect.client.schemas.objects import State as RunState
from prefect.client.schemas.objects import StateType, TaskRun
from prefect.deployments import arun_deployment
from prefect.exceptions import ObjectNotFound
from prefect.logging import get_run_logger
from prefect.tasks import exponential_backoff

from watcher.errors import Unavailable, WatcherError
from watcher.report import ReportOptions, report
from watcher.services.alerting import delivery
from watcher.services.checks import check
from watcher.services.context import AppContext
from watcher.services.history import ledger
from watcher.services.operations import maintenance, startup
from watcher.services.operations.startup import load_watchlist
from watcher.text import escape_control_characters


@dataclass(frozen=True, slots=True, kw_only=True)
class BatchResult:
    """The result of a batch: a line for each article and finding, and how many articles failed."""

    lines: tuple[str, ...] = ()
    failed: int = 0


async def is_retryable(_task: object, _run: TaskRun, state: RunState[Any]) -> bool:
    """Return whether a retry can help, which is only so if the wiki or the network was unavailable."""
    # Not `result()`, which returns a coroutine inside an event loop.
    return isinstance(await state.aresult(raise_on_failure=False), Unavailable)


_RETRIED: Final[Any] = {
    "retry_jitter_factor": 0.5,
    "retry_condition_fn": is_retryable,
    "persist_result": False,
    "cache_policy": NO_CACHE,
}


@task(name="check-chunk", retries=2, retry_delay_seconds=exponential_backoff(backoff_factor=5), **_RETRIED)
async def check_batch_task(titles: list[str], wiki: str | None = None) -> BatchResult:
    """Check some watched articles, and create a Markdown artifact with the summary of each comparison.

    Raises Unavailable if the wiki answered nothing, so that the task is retried.
    """
    each = await startup.run_step(check.check_titles, titles, wiki)
    reports = [
        report(outcome.comparison, "markdown", ReportOptions(threshold=outcome.watch.threshold))
        for outcome in each
        if outcome.comparison and outcome.comparison.findings
    ]
    if reports:
        await acreate_markdown_artifact(markdown="\n\n---\n\n".join(reports), key="comparisons")
    return BatchResult(
        lines=tuple(line for outcome in each for line in (f"{outcome.state.value} {outcome.line}", *outcome.findings)),
        failed=sum(outcome.failed for outcome in each),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class DispatchSummary:
    """How many watches were due, were done after the poll, and failed, and the number of batches for the others."""

    due: int
    settled: int
    failed: int
    batches: int


@flow(name="dispatch-checks", timeout_seconds=3600, persist_result=False)
async def dispatch_checks(
    batch_size: check.ChunkSize = 25,  # starting a run takes two seconds, and a lost one is repeated as a whole
    reservation: check.Seconds = 300,
    max_pending_runs: check.RunCount = 8,  # more would be dispatched again before they start
    inline_limit: check.PageCount = 10,
    worker_deployment: check.DeploymentName = "check-pages/check-chunk",
) -> DispatchSummary:
    """Poll due pages, and start a run of `worker_deployment` for each batch with new revisions; without it, check here.

    A superfluous run finds no new revisions. A batch whose run is lost is dispatched again after `reservation` seconds.
    While `max_pending_runs` runs wait for a worker, no more are started; their pages stay due and are polled again. Up
    to `inline_limit` pages are checked here, because starting a run takes as long as checking ten of them. Raises
    WatcherError if every due page failed.
    """
    flow_name, _, name = worker_deployment.partition("/")
    waiting = filters.FlowRunFilterStateType(any_=[StateType.SCHEDULED, StateType.PENDING])
    async with get_client() as client:
        try:
            await client.read_deployment_by_name(worker_deployment)
            pending = await client.count_flow_runs(
                flow_filter=filters.FlowFilter(name=filters.FlowFilterName(any_=[flow_name])),
                deployment_filter=filters.DeploymentFilter(name=filters.DeploymentFilterName(any_=[name])),
                flow_run_filter=filters.FlowRunFilter(state=filters.FlowRunFilterState(type=waiting)),
            )
            room = max(0, max_pending_runs - pending)
        except ObjectNotFound:  # an installation without other machines
            room = None
    plan = await startup.run_step(
        check.plan_dispatch,
        batch_size=batch_size,
        reservation=timedelta(seconds=reservation),
        max_batches=room,
    )
    dispatched = sum(len(titles) for _, titles in plan.batches)
    failed = sum(outcome.failed for outcome in plan.outcomes)
    for wiki, titles in plan.batches:
        if room is None or dispatched <= inline_limit:
            try:
                failed += (await check_batch_task(titles, wiki)).failed
            except Unavailable:
                failed += len(titles)
        else:
            # Not a subflow, so that it outlives this run. Prefect's client would schedule it by this machine's clock:
            # once, with a clock ten minutes ahead, a run waited for that long and blocked all others.
            await arun_deployment(
                worker_deployment,
                parameters={"wiki": wiki, "titles": titles},
                flow_run_name=f"{len(titles)} of {wiki}",
                scheduled_time=plan.at,
                timeout=0,
                as_subflow=False,
            )
    due = len(plan.outcomes) + dispatched
    if failed and failed == due:
        raise WatcherError(f"{due} of {due} due pages failed; `watcher status` shows why")
    return DispatchSummary(due=due, settled=len(plan.outcomes), failed=failed, batches=len(plan.batches))


@flow(name="check-pages", timeout_seconds=3600, persist_result=False)
async def check_pages(wiki: str, titles: list[str]) -> BatchResult:
    """Check some watched articles of one wiki. Raises Unavailable if one of them failed, after all were tried."""
    result = await check_batch_task(titles, wiki)
    if result.failed:
        raise Unavailable(f"{result.failed} of {len(titles)} articles were not checked; the next run checks them")
    return result


@flow(name="deliver-alerts", timeout_seconds=1800, persist_result=False)
async def deliver_alerts() -> delivery.DeliveryReport:
    """Send all due deliveries; a failed one is retried by the outbox, not by Prefect."""
    return await startup.run_step(delivery.deliver_due)


@flow(name="apply-retention", timeout_seconds=3600, persist_result=False)
async def apply_retention() -> maintenance.RetentionReport:
    """Remove what is older than `[keep]` in the watchlist allows; without `[keep]`, only old report files."""
    return await startup.run_step(maintenance.apply_retention_periods, apply=True)


_LOG = logging.getLogger("watcher")
_DAY: Final = 86_400  # seconds; the longest article of any wiki takes an hour
_LINES: Final = 20  # of progress in a run's log

Log = logging.Logger | logging.LoggerAdapter[logging.Logger]


@task(name="fetch-history", retries=5, retry_delay_seconds=exponential_backoff(backoff_factor=30), **_RETRIED)
async def fetch_history(wiki: str, title: str, dump: str | None = None) -> str:
    """Fetch missing revisions and build the history; if the wiki was unavailable, the task is retried and continues.

    `title` may be any title that the article ever had.
    """
    from watcher.services.history.past import backfill, import_dump, installed_dump  # noqa: PLC0415  loads the parser

    log = get_run_logger()

    def step(services: AppContext) -> str:
        (watch,) = services.index.find(title, wiki)
        if dump is not None:
            import_dump(services, watch, installed_dump(services, dump), _in_log(log, "imported"))
        stored = backfill(services, watch, _in_log(log, "stored"))
        dialect, now = services.dialect(stored.article.wiki), services.now()
        ledger.record_history(services.archive, stored.article, dialect, now, _in_log(log, "recorded"))
        counted = f"{stored.revisions:,} revision{'s' * (stored.revisions != 1)}"
        return escape_control_characters(f"{stored.article.title}: {counted}, {stored.fetched:,} of them fetched now")

    return await startup.run_step(step)


def _in_log(log: Log, what: str) -> ledger.ProgressCallback:
    reported = -1

    def line(done: int, total: int) -> None:
        nonlocal reported
        step = done * _LINES // max(total, 1)
        if step > reported:
            reported = step
            log.info("%s of %s revisions %s", f"{done:,}", f"{total:,}", what)

    return line


@flow(name="backfill-article", timeout_seconds=_DAY, persist_result=False)
async def backfill_article(wiki: str, title: str, dump: str | None = None) -> str:
    """Fetch every revision of a watched article and build its history; the next run continues a killed one."""
    return await fetch_history(wiki, title, dump)


_MINUTE: Final = timedelta(minutes=1)
_TIDY: Final = timedelta(days=1)
_TIDY_FIRST: Final = timedelta(minutes=10)  # after the load of a start
_RETRY: Final = timedelta(seconds=5)


def run_schedule(watchlist: Path, stop: threading.Event) -> None:
    """Check due pages at least every minute, deliver every minute and apply retention daily, until stopped.

    It runs flows in this process: Prefect's own runner starts a process of 150 MB for each run, which takes two seconds
    to find that nothing is due. At the shortest interval instead of every minute, a page that was checked late in one
    round would not yet be due in the next, and would be checked only every second time. When `stop` is set, running
    flows are not waited for.
    """
    often = min([_MINUTE, *(watch.every for watch in load_watchlist(watchlist).entries)])
    # Flows get the watchlist from the environment, because no parameter of a run is a path.
    os.environ[startup.WATCHLIST_VARIABLE] = str(watchlist.resolve())

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
        for each in repeated:
            each.cancel()

    asyncio.run(follow())


async def _repeat(flow: Any, first: timedelta, every: timedelta, stop: threading.Event) -> None:
    """Run a flow again and again; the end of each run is recorded by Prefect and in the log."""
    pause = first
    while not await asyncio.to_thread(stop.wait, pause.total_seconds()):
        begun = monotonic()
        try:
            await flow(return_state=True)
        except Exception as error:  # noqa: BLE001  Prefect's server may be away for a while; if it ends, so do we
            _LOG.warning("a run of %s ended with %s; it will be retried", flow.name, type(error).__name__)
            pause = _RETRY
        else:
            pause = max(every - timedelta(seconds=monotonic() - begun), _RETRY)
