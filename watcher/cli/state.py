"""`watcher status`: the memory → how the watches go and what is still to be sent, and the exit code."""

from __future__ import annotations

import json
from pathlib import Path

import typer

from flows.failing import recent_failures
from flows.health import Health, WatchHealth, is_well, to_dict, watch_health
from flows.services import open_services
from flows.terminal import printable
from snapshots import Status
from watcher.cli.entry import UNDONE
from watcher.cli.postal import postal_lines
from watcher.cli.watch import StatusFormat

_MOST_FAILED = 10


def run(path: Path, form: StatusFormat = StatusFormat.TEXT) -> int:
    """Print the state; 3 when a watch is overdue or failing, or a delivery is dead or late."""
    with open_services(path) as services:
        now = services.now()
        status = services.archive.status(now)
        failed = recent_failures(services.archive, now)
        found = watch_health(services, status, now)
        postal = tuple(postal_lines(services)) if form is StatusFormat.TEXT else ()
    if form is StatusFormat.JSON:
        typer.echo(json.dumps(to_dict(found, status, now, failed), indent=2))
    else:
        for one in found:
            typer.echo(printable(_line(one)))
        for event in failed[:_MOST_FAILED]:
            typer.echo(printable(f"! {event.article.title}: {event.event.detail}; read that difference on the wiki"))
        typer.echo(_outbox(status))
        for line in postal:
            typer.echo(line)
    return 0 if is_well(found, status) else UNDONE


def _line(one: WatchHealth) -> str:
    title, seen = one.watch.title, one.seen
    if one.health is Health.PAUSED:
        return f"- {title}: paused"
    if seen is None or one.health is Health.NEW:
        return f"? {title}: not checked yet; run `watcher check`"
    where = f"revision {seen.cursor.id}" if seen.cursor else "no revision yet"
    match one.health:
        case Health.FAILING:
            return f"✗ {title}: {seen.failures} failed checks in a row: {seen.error or ''}"
        case Health.OVERDUE:
            return f"✗ {title}: overdue, last checked {seen.checked_at:%Y-%m-%d %H:%M} UTC, {where}"
        case _:
            return f"✓ {title}: checked {seen.checked_at:%Y-%m-%d %H:%M} UTC, {where}"


def _outbox(status: Status) -> str:
    if not status.queued and not status.dead:
        return "Outbox: empty"
    oldest = f", the oldest since {status.oldest_queued:%Y-%m-%d %H:%M} UTC" if status.oldest_queued else ""
    return f"Outbox: {status.queued} queued ({status.due} due){oldest}, {status.dead} dead"
