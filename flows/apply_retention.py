"""Prefect flow: remove what is older than the watchlist's `[keep]` retention periods."""

from __future__ import annotations

from prefect import flow

from watcher.services.installation import run_step
from watcher.services.retention import RetentionReport, apply_retention_periods


@flow(name="apply-retention", timeout_seconds=3600, persist_result=False)
async def apply_retention() -> RetentionReport:
    """Remove what is too old; without `[keep]` in the watchlist that is nothing."""
    return await run_step(apply_retention_periods, apply=True)
