"""`watcher status`: print how checks and deliveries are going."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import typer

from snapshots import DeliveryRecord, DeliveryState, SystemStatus
from watcher.cli.entry_point import EXIT_RETRY
from watcher.cli.mute import format_mute
from watcher.cli.watchlist import StatusFormat
from watcher.services.context import AppContext, open_context
from watcher.services.failing import recent_failures
from watcher.services.health import Health, WatchHealth, is_ok, status_json, watch_health
from watcher.text import escape_control_characters

_MOST_FAILED = 10


def print_status(path: Path, form: StatusFormat = StatusFormat.TEXT) -> int:
    """Print the state; 3 when a watch is overdue or failing, or a delivery is dead or late."""
    with open_context(path) as services:
        now = services.now()
        status = services.archive.status(now)
        failed = recent_failures(services.archive, now)
        result = watch_health(services, status, now)
        postal = tuple(outbox_lines(services)) if form is StatusFormat.TEXT else ()
    if form is StatusFormat.JSON:
        typer.echo(json.dumps(status_json(result, status, now, failed), indent=2))
    else:
        for item in result:
            typer.echo(escape_control_characters(_line(item)))
        for event in failed[:_MOST_FAILED]:
            typer.echo(
                escape_control_characters(
                    f"! {event.article.title}: {event.event.detail}; read that difference on the wiki"
                )
            )
        typer.echo(_outbox(status))
        for line in postal:
            typer.echo(line)
    return 0 if is_ok(result, status) else EXIT_RETRY


def _line(watch_health: WatchHealth) -> str:
    title, seen = watch_health.watch.title, watch_health.check_state
    if watch_health.health is Health.PAUSED:
        return f"- {title}: paused"
    if seen is None or watch_health.health is Health.NEW:
        return f"? {title}: not checked yet; run `watcher check`"
    where = f"revision {seen.cursor.id}" if seen.cursor else "no revision yet"
    match watch_health.health:
        case Health.FAILING:
            return f"✗ {title}: {seen.failures} failed checks in a row: {seen.error or ''}"
        case Health.OVERDUE:
            return f"✗ {title}: overdue, last checked {seen.checked_at:%Y-%m-%d %H:%M} UTC, {where}"
        case _:
            return f"✓ {title}: checked {seen.checked_at:%Y-%m-%d %H:%M} UTC, {where}"


def _outbox(status: SystemStatus) -> str:
    if not status.queued and not status.dead:
        return "Outbox: empty"
    oldest = f", the oldest since {status.oldest_queued:%Y-%m-%d %H:%M} UTC" if status.oldest_queued else ""
    return f"Outbox: {status.queued} queued ({status.due} due){oldest}, {status.dead} dead"


LOGGED = 100  # messages
_MOST = 20


def outbox_lines(services: AppContext) -> Iterator[str]:
    """A line for each dead delivery, each one that waits for another attempt, and each mute, newest trouble last."""
    archive = services.archive
    for delivery in archive.deliveries(limit=_MOST, state=DeliveryState.DEAD):
        yield _delivery_line(
            "✗", delivery, f"given up after {delivery.attempts} attempt{'s' * (delivery.attempts != 1)}"
        )
    for delivery in archive.retrying_deliveries(limit=_MOST):
        yield _delivery_line(
            "…", delivery, f"attempt {delivery.attempts} failed, next after {delivery.not_before:%Y-%m-%d %H:%M} UTC"
        )
    for mute in archive.mutes():
        yield f"Muted {format_mute(mute)}"


def log_lines(services: AppContext, limit: int = LOGGED) -> Iterator[str]:
    """A line for each attempt at the last messages, the newest last, then those that wait for their first."""
    rows = services.archive.deliveries(limit=limit)[::-1]
    tries = sorted(((line, delivery) for delivery in rows for line in delivery.log), key=lambda pair: pair[0].at)
    for line, row in tries:
        error = f": {line.error}" if line.error else ""
        yield escape_control_characters(
            f"{line.at:%Y-%m-%d %H:%M:%S} UTC  {line.outcome:7} {_what(row)}, attempt {line.number}{error}"
        )
    for row in rows:
        if row.state is DeliveryState.QUEUED and not row.attempts:
            digest = ", in a digest" if row.batch is not None else ""
            yield escape_control_characters(f"{row.not_before:%Y-%m-%d %H:%M:%S} UTC  due     {_what(row)}{digest}")


def _what(delivery: DeliveryRecord) -> str:
    alert = delivery.alert
    return f"{delivery.destination}: {alert.article.title} ({alert.topic.value}), key {delivery.message_key}"


def _delivery_line(sign: str, delivery: DeliveryRecord, what: str) -> str:
    last = delivery.log[-1] if delivery.log else None
    error = f": {last.error}" if last and last.error else ""
    return escape_control_characters(f"{sign} {delivery.destination}: {delivery.alert.article.title}: {what}{error}")
