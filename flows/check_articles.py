"""The flow that checks the watchlist, a chunk of articles a task; all decisions are made by the plain steps."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

from prefect import flow, task
from prefect.artifacts import acreate_markdown_artifact
from prefect.cache_policies import NO_CACHE
from prefect.client.schemas.objects import State as RunState
from prefect.client.schemas.objects import TaskRun
from prefect.tasks import exponential_backoff

from flows.outcome import Outcome
from flows.services import open_services, read_watchlist
from flows.steps import check
from flows.terminal import printable
from watcher.config import Watch
from watcher.errors import Unavailable
from watcher.report import report

CHUNK = 50  # pages: one poll of the wiki asks for as many


@dataclass(frozen=True, slots=True, kw_only=True)
class ChunkResult:
    """What a chunk came to: a line an article and a line a finding, the comparisons in Markdown, how many failed."""

    lines: tuple[str, ...]
    told: tuple[str, ...]
    failed: int


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
async def check_chunk(watchlist: str, titles: list[str]) -> ChunkResult:
    """Check some watched articles; what the wiki could not answer is raised, so that the task is tried again."""
    return await asyncio.to_thread(check_now, Path(watchlist), titles)


def check_now(watchlist: Path, titles: Sequence[str]) -> ChunkResult:
    """The work of a chunk, without Prefect.

    Raises Unavailable when nothing could be fetched for that reason. Where only some articles failed, what the
    others came to is told now, and the failed ones are made up by the next run.
    """
    with open_services(watchlist) as services:
        wanted = set(titles)
        watches = [watch for watch in services.watchlist.watches if watch.title in wanted]
        outcomes = tuple(check(services, watches))
    unavailable = [outcome.error for outcome in outcomes if isinstance(outcome.error, Unavailable)]
    if unavailable and len(unavailable) == len(outcomes):
        raise unavailable[0]
    return ChunkResult(
        lines=tuple(line for one in outcomes for line in (f"{one.state.value} {one.line}", *one.findings)),
        told=tuple(_markdown(one) for one in outcomes if one.comparison and one.comparison.findings),
        failed=sum(one.failed for one in outcomes),
    )


def _markdown(outcome: Outcome) -> str:
    assert outcome.comparison
    return report(outcome.comparison, "markdown", threshold=outcome.watch.threshold)


@flow(name="check-articles", timeout_seconds=3600, persist_result=False)
async def check_articles(watchlist: str = "watchlist.toml", chunk: int = CHUNK) -> ChunkResult:
    """Check every watched article: a task a chunk, one chunk of a wiki after the other.

    Leaves a Markdown artifact with the summary of each comparison. Fails when a chunk failed, after all were tried.
    """
    watches = read_watchlist(Path(watchlist)).watches
    done: list[ChunkResult] = []
    for titles in chunks(watches, chunk):
        try:
            done.append(await check_chunk(watchlist, titles))
        except Unavailable as error:
            lost = tuple(printable(f"failed {title}: {error}") for title in titles)
            done.append(ChunkResult(lines=lost, told=(), failed=len(titles)))
    result = ChunkResult(
        lines=tuple(line for one in done for line in one.lines),
        told=tuple(text for one in done for text in one.told),
        failed=sum(one.failed for one in done),
    )
    if result.told:
        await acreate_markdown_artifact(markdown="\n\n---\n\n".join(result.told), key="comparisons")
    if result.failed:
        raise Unavailable(
            f"{result.failed} of {len(watches)} articles were not checked; the next run goes on with them"
        )
    return result


def chunks(watches: Sequence[Watch], size: int) -> Iterator[list[str]]:
    """Titles in groups of at most `size`, each of one wiki.

    A title watched on two wikis is in a chunk of either, and checking it a second time finds nothing to do.
    """
    for wiki in dict.fromkeys(watch.wiki for watch in watches):
        rest = iter([watch.title for watch in watches if watch.wiki == wiki])
        while group := list(islice(rest, max(size, 1))):
            yield group
