"""The flows that check the watchlist on many machines: one polls and hands out, the other checks a chunk."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Final

from prefect import flow
from prefect.deployments import arun_deployment
from prefect.exceptions import ObjectNotFound

from flows.chunk import ChunkResult, check_chunk, show
from flows.dispatching import Chunk, Plan, due, plan
from flows.services import open_services

CHUNK: Final = 25  # pages that moved: a run costs two seconds to start, and a lost one is made up by another
PATIENCE: Final = 300  # seconds until pages that were handed out and not checked are handed out again
RECEIVER: Final = "check-pages/check-chunk"


@dataclass(frozen=True, slots=True, kw_only=True)
class Dispatched:
    """How many watches were due, how many of them needed no more than the poll, and how many runs have the others."""

    due: int
    settled: int
    failed: int
    chunks: int


def plan_due(watchlist: Path, size: int, patience: int) -> Plan:
    """Poll the watches whose time has come; what is left to do."""
    with open_services(watchlist) as services:
        return plan(services, due(services), size=size, patience=timedelta(seconds=patience))


@flow(name="dispatch-checks", timeout_seconds=900, persist_result=False)
async def dispatch_checks(
    watchlist: str = "watchlist.toml", chunk: int = CHUNK, patience: int = PATIENCE, receiver: str = RECEIVER
) -> Dispatched:
    """Poll what is due and start a run of `receiver` for each chunk of what moved; without that deployment, check here.

    A run too many finds nothing due. A chunk whose run is lost is handed out again after `patience` seconds.
    """
    found = await asyncio.to_thread(plan_due, Path(watchlist), chunk, patience)
    for group in found.chunks:
        if not await _handed_out(receiver, watchlist, group):
            await check_chunk(watchlist, [*group.titles], group.wiki)
    handed = sum(len(group.titles) for group in found.chunks)
    return Dispatched(
        due=len(found.outcomes) + handed,
        settled=len(found.outcomes),
        failed=sum(one.failed for one in found.outcomes),
        chunks=len(found.chunks),
    )


async def _handed_out(receiver: str, watchlist: str, group: Chunk) -> bool:
    """Whether a run of the deployment was created; it is nobody's child, so that it outlives this one."""
    try:
        await arun_deployment(
            receiver,
            parameters={"watchlist": watchlist, "wiki": group.wiki, "titles": [*group.titles]},
            flow_run_name=f"{len(group.titles)} of {group.wiki}",
            timeout=0,
            as_subflow=False,
        )
    except ObjectNotFound:
        return False
    return True


@flow(name="check-pages", timeout_seconds=3600, persist_result=False)
async def check_pages(wiki: str, titles: list[str], watchlist: str = "watchlist.toml") -> ChunkResult:
    """Check some watched articles of one wiki; fails when one of them failed, after all were tried."""
    return await show(await check_chunk(watchlist, titles, wiki), len(titles))
