"""Prefect flow: remove what is older than the watchlist's `[keep]` retention periods."""

from __future__ import annotations

import asyncio
from pathlib import Path

from prefect import flow

from watcher.services.context import open_context
from watcher.services.installation import installed_watchlist
from watcher.services.retention import RetentionReport, apply_retention_periods


def remove_expired(watchlist: Path) -> RetentionReport:
    """The work of the flow, without Prefect."""
    with open_context(watchlist) as services:
        return apply_retention_periods(services, apply=True)


@flow(name="apply-retention", timeout_seconds=3600, persist_result=False)
async def apply_retention() -> RetentionReport:
    """Remove what is too old; without `[keep]` in the watchlist that is nothing."""
    return await asyncio.to_thread(remove_expired, installed_watchlist())
