"""Prefect flow: check the watchlist on one machine, with one task for each batch of changed pages."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final

from prefect import flow, task
from prefect.artifacts import acreate_markdown_artifact
from prefect.cache_policies import NO_CACHE
from prefect.client.schemas.objects import State as RunState
from prefect.client.schemas.objects import TaskRun
from prefect.tasks import exponential_backoff

from watcher.errors import Unavailable
from watcher.report import ReportOptions, report
from watcher.services.check import ChunkSize, active_watches, check_titles, plan_dispatch
from watcher.services.outcome import CheckOutcome
from watcher.services.startup import run_step
from watcher.text import escape_control_characters

BATCH_SIZE: Final = 50  # pages: one poll of the wiki asks for as many
_RESERVATION: Final = timedelta(minutes=5)


@flow(name="check-articles", timeout_seconds=3600, persist_result=False)
async def check_articles(batch_size: ChunkSize = BATCH_SIZE) -> BatchResult:
    """Check every watched article: 50 a request where nothing moved, one task for each batch of the others.

    Leaves a Markdown artifact with the summary of each comparison. Fails when a batch failed, after all were tried.
    """
    plan = await run_step(plan_dispatch, active_watches, batch_size=batch_size, reservation=_RESERVATION)
    result = summarize(plan.outcomes)
    for batch in plan.batches:
        try:
            result += await check_batch_task([*batch.titles], batch.wiki)
        except Unavailable as error:
            lost = tuple(escape_control_characters(f"failed {title}: {error}") for title in batch.titles)
            result += BatchResult(lines=lost, failed=len(lost))
    return await publish_artifact(result, len(plan.outcomes) + sum(len(batch.titles) for batch in plan.batches))


@dataclass(frozen=True, slots=True, kw_only=True)
class BatchResult:
    """The result of a run: a line for each article and finding, the comparisons in Markdown, how many failed."""

    lines: tuple[str, ...] = ()
    reports: tuple[str, ...] = ()
    failed: int = 0

    def __add__(self, other: BatchResult) -> BatchResult:
        return BatchResult(
            lines=self.lines + other.lines, reports=self.reports + other.reports, failed=self.failed + other.failed
        )


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
    return summarize(await run_step(check_titles, titles, wiki))


def summarize(outcomes: Iterable[CheckOutcome]) -> BatchResult:
    """Summarize outcomes as the result of a flow run."""
    each = tuple(outcomes)
    return BatchResult(
        lines=tuple(line for outcome in each for line in (f"{outcome.state.value} {outcome.line}", *outcome.findings)),
        reports=tuple(
            report(outcome.comparison, "markdown", ReportOptions(threshold=outcome.watch.threshold))
            for outcome in each
            if outcome.comparison and outcome.comparison.findings
        ),
        failed=sum(outcome.failed for outcome in each),
    )


async def publish_artifact(result: BatchResult, count: int) -> BatchResult:
    """Create the artifact with the comparisons; Unavailable when some of the `count` articles were not checked."""
    if result.reports:
        await acreate_markdown_artifact(markdown="\n\n---\n\n".join(result.reports), key="comparisons")
    if result.failed:
        raise Unavailable(f"{result.failed} of {count} articles were not checked; the next run goes on with them")
    return result
