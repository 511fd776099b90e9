"""The flow that checks the watchlist on one machine: a poll, then a task a chunk of what moved."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from pathlib import Path
from typing import Final

from prefect import flow

from flows.chunk import ChunkResult, check_chunk, show, summed
from flows.dispatching import Plan, plan
from flows.installation import installed_watchlist
from flows.parameters import ChunkSize
from flows.services import open_services
from flows.terminal import printable
from watcher.errors import Unavailable

CHUNK: Final = 50  # pages: one poll of the wiki asks for as many
_PATIENCE: Final = timedelta(minutes=5)


def plan_now(watchlist: Path, size: int) -> Plan:
    """Poll every watch that is not paused; what is left to do."""
    with open_services(watchlist) as services:
        awake = [watch for watch in services.watchlist.watches if not watch.paused]
        return plan(services, awake, size=size, patience=_PATIENCE)


@flow(name="check-articles", timeout_seconds=3600, persist_result=False)
async def check_articles(chunk: ChunkSize = CHUNK) -> ChunkResult:
    """Check every watched article: 50 a request where nothing moved, a task a chunk of the others.

    Leaves a Markdown artifact with the summary of each comparison. Fails when a chunk failed, after all were tried.
    """
    found = await asyncio.to_thread(plan_now, installed_watchlist(), chunk)
    result = summed(found.outcomes)
    for group in found.chunks:
        try:
            result += await check_chunk([*group.titles], group.wiki)
        except Unavailable as error:
            lost = tuple(printable(f"failed {title}: {error}") for title in group.titles)
            result += ChunkResult(lines=lost, failed=len(lost))
    return await show(result, len(found.outcomes) + sum(len(group.titles) for group in found.chunks))
