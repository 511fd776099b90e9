"""Prefect flows: remove what is old, of the product and of Prefect, and alert operators about what is wrong."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from prefect import flow
from prefect.client.orchestration import PrefectClient, get_client
from prefect.client.schemas.filters import (
    ArtifactFilter,
    ArtifactFilterFlowRunId,
    FlowRunFilter,
    FlowRunFilterEndTime,
    FlowRunFilterState,
    FlowRunFilterStateType,
)
from prefect.client.schemas.objects import StateType
from prefect.client.schemas.sorting import FlowRunSort
from prefect.exceptions import ObjectNotFound

from watcher.services.check import Hours, RunCount
from watcher.services.context import clock
from watcher.services.maintenance import RetentionReport, apply_retention_periods
from watcher.services.operator_alerts import queue_operator_alerts
from watcher.services.startup import run_step

_ENDED: Final = [StateType.COMPLETED, StateType.FAILED, StateType.CRASHED, StateType.CANCELLED]
_AT_ONCE: Final = 100
_MAX_CONCURRENCY: Final = 5  # requests at a time: the server has other work


@dataclass(frozen=True, slots=True, kw_only=True)
class PruneResult:
    """How many runs and artifacts are gone."""

    runs: int = 0
    artifacts: int = 0


async def prune(client: PrefectClient, before: datetime, most: int) -> PruneResult:
    """Delete at most `most` runs that ended before a time, in any order; the next run of the flow continues.

    The server deletes a run's logs, task runs and states with it, but not its artifacts. It deletes events after
    PREFECT_SERVER_EVENTS_RETENTION_PERIOD: its API cannot.
    """
    requested = FlowRunFilter(
        state=FlowRunFilterState(type=FlowRunFilterStateType(any_=_ENDED)),
        end_time=FlowRunFilterEndTime.model_validate({"before_": before}),
    )
    runs = artifacts = 0
    while runs < most:
        size = min(_AT_ONCE, most - runs)
        page = await client.read_flow_runs(flow_run_filter=requested, sort=FlowRunSort.ID_DESC, limit=size)
        if not page:
            break
        ids = [run.id for run in page]
        left = ArtifactFilter(flow_run_id=ArtifactFilterFlowRunId(any_=ids))
        while made := await client.read_artifacts(artifact_filter=left, limit=_AT_ONCE):
            await _each(client.delete_artifact, [item.id for item in made])
            artifacts += len(made)
        await _each(client.delete_flow_run, ids)
        runs += len(ids)
    return PruneResult(runs=runs, artifacts=artifacts)


async def _each(delete: Callable[[UUID], Awaitable[None]], ids: list[UUID]) -> None:
    """Delete a few at a time; what somebody else has deleted meanwhile is gone as well."""
    slots = asyncio.Semaphore(_MAX_CONCURRENCY)

    async def delete_one(number: UUID) -> None:
        async with slots:
            with suppress(ObjectNotFound):
                await delete(number)

    await asyncio.gather(*(delete_one(number) for number in ids))


@flow(name="prune-runs", timeout_seconds=1800, persist_result=False)
async def prune_runs(keep_hours: Hours = 72, most: RunCount = 20_000) -> PruneResult:
    """Delete Prefect's runs that ended more than `keep_hours` ago, with their logs and artifacts."""
    async with get_client() as client:
        return await prune(client, clock() - timedelta(hours=keep_hours), most)


@flow(name="apply-retention", timeout_seconds=3600, persist_result=False)
async def apply_retention() -> RetentionReport:
    """Remove what is too old; without `[keep]` in the watchlist that is nothing."""
    return await run_step(apply_retention_periods, apply=True)


@flow(name="watchdog", timeout_seconds=600, persist_result=False)
async def watchdog() -> None:
    """Queue an alert for operators about everything that is wrong and that they do not know yet."""
    await run_step(queue_operator_alerts)
