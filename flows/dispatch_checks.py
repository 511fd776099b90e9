"""The flows that check the watchlist on many machines: one polls and hands out, the other checks a chunk."""

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

from flows.chunk import ChunkResult, check_chunk, show
from flows.dispatching import Chunk, Plan, due, plan
from flows.installation import installed_watchlist
from flows.parameters import ChunkSize, DeploymentName, PageCount, RunCount, Seconds
from flows.services import open_services

CHUNK: Final = 25  # pages that moved: a run costs two seconds to start, and a lost one is made up by another
PATIENCE: Final = 300  # seconds until pages that were handed out and not checked are handed out again
BACKLOG: Final = 8  # runs that wait for a worker: more would be handed out again before their turn comes
ALONE: Final = 10  # pages
RECEIVER: Final = "check-pages/check-chunk"


@dataclass(frozen=True, slots=True, kw_only=True)
class Dispatched:
    """How many watches were due, how many of them needed no more than the poll, and how many runs have the others."""

    due: int
    settled: int
    failed: int
    chunks: int


def plan_due(watchlist: Path, size: int, patience: int, most: int) -> Plan:
    """Poll the watches whose time has come; what is left to do, in at most so many chunks."""
    with open_services(watchlist) as services:
        return plan(services, due(services), size=size, patience=timedelta(seconds=patience), most=most)


@flow(name="dispatch-checks", timeout_seconds=900, persist_result=False)
async def dispatch_checks(
    chunk: ChunkSize = CHUNK,
    patience: Seconds = PATIENCE,
    backlog: RunCount = BACKLOG,
    alone: PageCount = ALONE,
    receiver: DeploymentName = RECEIVER,
) -> Dispatched:
    """Poll what is due and start a run of `receiver` for each chunk of what moved; without that deployment, check here.

    A run too many finds nothing due. A chunk whose run is lost is handed out again after `patience` seconds. While
    `backlog` runs wait for a worker, no more are started: what they would check stays due, and is polled again.
    Up to `alone` pages are checked here: to start a run takes as long as to check ten of them.
    """
    room = max(0, backlog - await _waiting(receiver))
    found = await asyncio.to_thread(plan_due, installed_watchlist(), chunk, patience, room)
    handed = sum(len(group.titles) for group in found.chunks)
    for group in found.chunks:
        if handed <= alone or not await _handed_out(receiver, group):
            await check_chunk([*group.titles], group.wiki)
    return Dispatched(
        due=len(found.outcomes) + handed,
        settled=len(found.outcomes),
        failed=sum(one.failed for one in found.outcomes),
        chunks=len(found.chunks),
    )


async def _waiting(receiver: str) -> int:
    """How many runs of a deployment no worker has begun with, though their time has come."""
    flow_name, _, name = receiver.partition("/")
    waiting = FlowRunFilterStateType(any_=[StateType.SCHEDULED, StateType.PENDING])
    async with get_client() as client:
        return await client.count_flow_runs(
            flow_filter=FlowFilter(name=FlowFilterName(any_=[flow_name])),
            deployment_filter=DeploymentFilter(name=DeploymentFilterName(any_=[name])),
            flow_run_filter=FlowRunFilter(state=FlowRunFilterState(type=waiting)),
        )


async def _handed_out(receiver: str, group: Chunk) -> bool:
    """Whether a run of the deployment was created; it is nobody's child, so that it outlives this one."""
    try:
        await arun_deployment(
            receiver,
            parameters={"wiki": group.wiki, "titles": [*group.titles]},
            flow_run_name=f"{len(group.titles)} of {group.wiki}",
            timeout=0,
            as_subflow=False,
        )
    except ObjectNotFound:
        return False
    return True


@flow(name="check-pages", timeout_seconds=3600, persist_result=False)
async def check_pages(wiki: str, titles: list[str]) -> ChunkResult:
    """Check some watched articles of one wiki; fails when one of them failed, after all were tried."""
    return await show(await check_chunk(titles, wiki), len(titles))
