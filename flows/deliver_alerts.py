"""Prefect flow: send the deliveries that are due; the outbox decides which."""

from __future__ import annotations

import asyncio
from pathlib import Path

from prefect import flow, task
from prefect.cache_policies import NO_CACHE

from watcher.services.context import open_context
from watcher.services.delivery import DeliveryReport, deliver_due
from watcher.services.installation import installed_watchlist


@task(name="deliver-due", persist_result=False, cache_policy=NO_CACHE)
async def send_due_alerts() -> DeliveryReport:
    """Send what is due; a message that fails is tried again by the outbox, not by Prefect."""
    return await asyncio.to_thread(deliver_once, installed_watchlist())


def deliver_once(watchlist: Path) -> DeliveryReport:
    """The work of the flow, without Prefect."""
    with open_context(watchlist) as services:
        return deliver_due(services)


@flow(name="deliver-alerts", timeout_seconds=1800, persist_result=False)
async def deliver_alerts() -> DeliveryReport:
    """Send every alert that is due."""
    return await send_due_alerts()
