"""The flow that sends what is queued; the outbox decides what that is."""

from __future__ import annotations

import asyncio
from pathlib import Path

from prefect import flow, task
from prefect.cache_policies import NO_CACHE

from flows.delivery import DeliveryReport
from flows.installation import installed_watchlist
from flows.posting import post
from flows.services import open_services


@task(name="deliver-due", persist_result=False, cache_policy=NO_CACHE)
async def deliver_due() -> DeliveryReport:
    """Send what is due; a message that fails is tried again by the outbox, not by Prefect."""
    return await asyncio.to_thread(deliver_now, installed_watchlist())


def deliver_now(watchlist: Path) -> DeliveryReport:
    """The work of the flow, without Prefect."""
    with open_services(watchlist) as services:
        return post(services)


@flow(name="deliver-alerts", timeout_seconds=1800, persist_result=False)
async def deliver_alerts() -> DeliveryReport:
    """Send every alert that is due."""
    return await deliver_due()
