"""Prefect flow: check the watchlist on one machine, with one task for each batch of changed pages."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any, Final

from prefect import flow, task
from prefect.artifacts import acreate_markdown_artifact
from prefect.cache_policies import NO_CACHE
from prefect.client.schemas.objects import State as RunState
from prefect.client.schemas.objects import TaskRun
from prefect.tasks import exponential_backoff

from watcher.errors import Unavailable
from watcher.report import report
from watcher.services.check import check
from watcher.services.context import open_context
from watcher.services.dispatch import DispatchPlan, plan_dispatch
from watcher.services.installation import installed_watchlist
from watcher.services.outcome import CheckOutcome
from watcher.services.parameters import ChunkSize
from watcher.text import escape_control_characters

BATCH_SIZE: Final = 50  # pages: one poll of the wiki asks for as many
_RESERVATION: Final = timedelta(minutes=5)


def plan_checks(watchlist: Path, size: int) -> DispatchPlan:
    """Poll every watch that is not paused; what is left to do."""
    with open_context(watchlist) as services:
        awake = [watch for watch in services.watchlist.watches if not watch.paused]
        return plan_dispatch(services, awake, batch_size=size, reservation=_RESERVATION)


@flow(name="check-articles", timeout_seconds=3600, persist_result=False)
async def check_articles(batch_size: ChunkSize = BATCH_SIZE) -> BatchResult:
    """Check every watched article: 50 a request where nothing moved, a task a chunk of the others.

    Leaves a Markdown artifact with the summary of each comparison. Fails when a chunk failed, after all were tried.
    """
    dispatch_plan = await asyncio.to_thread(plan_checks, installed_watchlist(), batch_size)
    result = summarize(dispatch_plan.outcomes)
    for group in dispatch_plan.batches:
        try:
            result += await check_batch_task([*group.titles], group.wiki)
        except Unavailable as error:
            lost = tuple(escape_control_characters(f"failed {title}: {error}") for title in group.titles)
            result += BatchResult(lines=lost, failed=len(lost))
    return await publish_artifact(
        result, len(dispatch_plan.outcomes) + sum(len(group.titles) for group in dispatch_plan.batches)
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class BatchResult:
    """What some pages came to: a line an article and a line a finding, the comparisons in Markdown, how many failed."""

    lines: tuple[str, ...] = ()
    reports: tuple[str, ...] = ()
    failed: int = 0

    def __add__(self, other: BatchResult) -> BatchResult:
        return BatchResult(
            lines=self.lines + other.lines, reports=self.reports + other.reports, failed=self.failed + other.failed
        )


async def is_retryable(_task: object, _run: TaskRun, state: RunState[Any]) -> bool:
    """Whether trying again can help: only where the wiki or the network was unavailable."""
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
    """Check some watched articles; what the wiki could not answer is raised, so that the task is tried again."""
    return await asyncio.to_thread(check_batch, installed_watchlist(), titles, wiki)


def check_batch(watchlist: Path, titles: Sequence[str], wiki: str | None = None) -> BatchResult:
    """The work of a chunk, without Prefect.

    Raises Unavailable when nothing could be fetched for that reason. Where only some articles failed, what the
    others came to is told now, and the failed ones are made up by the next run.
    """
    location = {title: at for at, title in enumerate(titles)}
    with open_context(watchlist) as services:
        watches = [
            watch for watch in services.watchlist.watches if watch.title in location and wiki in (None, watch.wiki)
        ]
        outcomes = tuple(check(services, sorted(watches, key=lambda watch: location[watch.title])))
    unavailable = [outcome.error for outcome in outcomes if isinstance(outcome.error, Unavailable)]
    if unavailable and len(unavailable) == len(outcomes):
        raise unavailable[0]
    return summarize(outcomes)


def summarize(outcomes: Iterable[CheckOutcome]) -> BatchResult:
    """Outcomes in the words of a flow run's result."""
    each = tuple(outcomes)
    return BatchResult(
        lines=tuple(line for outcome in each for line in (f"{outcome.state.value} {outcome.line}", *outcome.findings)),
        reports=tuple(_markdown(outcome) for outcome in each if outcome.comparison and outcome.comparison.findings),
        failed=sum(outcome.failed for outcome in each),
    )


def _markdown(outcome: CheckOutcome) -> str:
    assert outcome.comparison
    return report(outcome.comparison, "markdown", threshold=outcome.watch.threshold)


async def publish_artifact(result: BatchResult, count: int) -> BatchResult:
    """Leave an artifact with the comparisons; Unavailable when some of the `count` articles were not checked."""
    if result.reports:
        await acreate_markdown_artifact(markdown="\n\n---\n\n".join(result.reports), key="comparisons")
    if result.failed:
        raise Unavailable(f"{result.failed} of {count} articles were not checked; the next run goes on with them")
    return result
