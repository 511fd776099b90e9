"""The flow that watches the watching: overdue checks, old messages and failing wikis → alerts for operators."""

from __future__ import annotations

import asyncio
from pathlib import Path

from prefect import flow

from flows.installation import installed_watchlist
from flows.overseeing import oversee
from flows.services import open_services


def oversee_now(watchlist: Path) -> None:
    """The work of the flow, without Prefect."""
    with open_services(watchlist) as services:
        oversee(services)


@flow(name="watchdog", timeout_seconds=600, persist_result=False)
async def keep_watch() -> None:
    """Queue an alert for operators about all that goes wrong and that they do not know yet."""
    await asyncio.to_thread(oversee_now, installed_watchlist())
