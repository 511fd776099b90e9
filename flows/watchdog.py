"""Prefect flow: alert operators about overdue checks, stuck deliveries and failing wikis."""

from __future__ import annotations

import asyncio
from pathlib import Path

from prefect import flow

from watcher.services.context import open_context
from watcher.services.installation import installed_watchlist
from watcher.services.operator_alerts import queue_operator_alerts


def queue_alerts(watchlist: Path) -> None:
    """The work of the flow, without Prefect."""
    with open_context(watchlist) as services:
        queue_operator_alerts(services)


@flow(name="watchdog", timeout_seconds=600, persist_result=False)
async def watchdog() -> None:
    """Queue an alert for operators about all that goes wrong and that they do not know yet."""
    await asyncio.to_thread(queue_alerts, installed_watchlist())
