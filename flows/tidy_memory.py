"""The flow that removes what is older than the watchlist's `[keep]` says."""

from __future__ import annotations

import asyncio
from pathlib import Path

from prefect import flow

from flows.installation import installed_watchlist
from flows.services import open_services
from flows.tidying import TidyReport, tidy_up


def tidy_now(watchlist: Path) -> TidyReport:
    """The work of the flow, without Prefect."""
    with open_services(watchlist) as services:
        return tidy_up(services, apply=True)


@flow(name="tidy-memory", timeout_seconds=3600, persist_result=False)
async def tidy_memory() -> TidyReport:
    """Remove what is too old; without `[keep]` in the watchlist that is nothing."""
    return await asyncio.to_thread(tidy_now, installed_watchlist())
