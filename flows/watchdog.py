"""Prefect flow: alert operators about overdue checks, stuck deliveries and failing wikis."""

from __future__ import annotations

from prefect import flow

from watcher.services.installation import run_step
from watcher.services.operator_alerts import queue_operator_alerts


@flow(name="watchdog", timeout_seconds=600, persist_result=False)
async def watchdog() -> None:
    """Queue an alert for operators about everything that is wrong and that they do not know yet."""
    await run_step(queue_operator_alerts)
