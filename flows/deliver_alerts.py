"""Prefect flow: send the deliveries that are due; the outbox decides which."""

from __future__ import annotations

from prefect import flow, task
from prefect.cache_policies import NO_CACHE

from watcher.services.delivery import DeliveryReport, deliver_due
from watcher.services.installation import run_step


@task(name="deliver-due", persist_result=False, cache_policy=NO_CACHE)
async def send_due_alerts() -> DeliveryReport:
    """Send what is due; a message that fails is tried again by the outbox, not by Prefect."""
    return await run_step(deliver_due)


@flow(name="deliver-alerts", timeout_seconds=1800, persist_result=False)
async def deliver_alerts() -> DeliveryReport:
    """Send every alert that is due."""
    return await send_due_alerts()
