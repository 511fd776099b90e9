"""Prefect flows: send the deliveries that are due, which the outbox decides, and remove what is old."""

from __future__ import annotations

from prefect import flow

from watcher.services.delivery import DeliveryReport, deliver_due
from watcher.services.maintenance import RetentionReport, apply_retention_periods
from watcher.services.startup import run_step


@flow(name="deliver-alerts", timeout_seconds=1800, persist_result=False)
async def deliver_alerts() -> DeliveryReport:
    """Send every alert that is due; a message that fails is tried again by the outbox, not by Prefect."""
    return await run_step(deliver_due)


@flow(name="apply-retention", timeout_seconds=3600, persist_result=False)
async def apply_retention() -> RetentionReport:
    """Remove what is too old; without `[keep]` in the watchlist that is nothing."""
    return await run_step(apply_retention_periods, apply=True)
