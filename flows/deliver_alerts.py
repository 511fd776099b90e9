"""Prefect flow: send the deliveries that are due; the outbox decides which."""

from __future__ import annotations

from prefect import flow

from watcher.services.delivery import DeliveryReport, deliver_due
from watcher.services.startup import run_step


@flow(name="deliver-alerts", timeout_seconds=1800, persist_result=False)
async def deliver_alerts() -> DeliveryReport:
    """Send every alert that is due; a message that fails is tried again by the outbox, not by Prefect."""
    return await run_step(deliver_due)
