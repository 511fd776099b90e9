"""The titles of a chunk → its pages checked, as one task of Prefect that is tried again where that can help."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from prefect import task
from prefect.artifacts import acreate_markdown_artifact
from prefect.cache_policies import NO_CACHE
from prefect.client.schemas.objects import State as RunState
from prefect.client.schemas.objects import TaskRun
from prefect.tasks import exponential_backoff

from flows.installation import installed_watchlist
from flows.outcome import Outcome
from flows.services import open_services
from flows.steps import check
from watcher.errors import Unavailable
from watcher.report import report


@dataclass(frozen=True, slots=True, kw_only=True)
class ChunkResult:
    """What some pages came to: a line an article and a line a finding, the comparisons in Markdown, how many failed."""

    lines: tuple[str, ...] = ()
    told: tuple[str, ...] = ()
    failed: int = 0

    def __add__(self, other: ChunkResult) -> ChunkResult:
        return ChunkResult(
            lines=self.lines + other.lines, told=self.told + other.told, failed=self.failed + other.failed
        )


async def may_pass(_task: object, _run: TaskRun, state: RunState[Any]) -> bool:
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
    retry_condition_fn=may_pass,
    persist_result=False,
    cache_policy=NO_CACHE,
)
async def check_chunk(titles: list[str], wiki: str | None = None) -> ChunkResult:
    """Check some watched articles; what the wiki could not answer is raised, so that the task is tried again."""
    return await asyncio.to_thread(check_now, installed_watchlist(), titles, wiki)


def check_now(watchlist: Path, titles: Sequence[str], wiki: str | None = None) -> ChunkResult:
    """The work of a chunk, without Prefect.

    Raises Unavailable when nothing could be fetched for that reason. Where only some articles failed, what the
    others came to is told now, and the failed ones are made up by the next run.
    """
    place = {title: at for at, title in enumerate(titles)}
    with open_services(watchlist) as services:
        watches = [one for one in services.watchlist.watches if one.title in place and wiki in (None, one.wiki)]
        outcomes = tuple(check(services, sorted(watches, key=lambda one: place[one.title])))
    unavailable = [outcome.error for outcome in outcomes if isinstance(outcome.error, Unavailable)]
    if unavailable and len(unavailable) == len(outcomes):
        raise unavailable[0]
    return summed(outcomes)


def summed(outcomes: Iterable[Outcome]) -> ChunkResult:
    """Outcomes in the words of a flow run's result."""
    each = tuple(outcomes)
    return ChunkResult(
        lines=tuple(line for one in each for line in (f"{one.state.value} {one.line}", *one.findings)),
        told=tuple(_markdown(one) for one in each if one.comparison and one.comparison.findings),
        failed=sum(one.failed for one in each),
    )


def _markdown(outcome: Outcome) -> str:
    assert outcome.comparison
    return report(outcome.comparison, "markdown", threshold=outcome.watch.threshold)


async def show(result: ChunkResult, count: int) -> ChunkResult:
    """Leave an artifact with the comparisons; Unavailable when some of the `count` articles were not checked."""
    if result.told:
        await acreate_markdown_artifact(markdown="\n\n---\n\n".join(result.told), key="comparisons")
    if result.failed:
        raise Unavailable(f"{result.failed} of {count} articles were not checked; the next run goes on with them")
    return result
