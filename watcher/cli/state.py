"""`watcher status`: the memory → how the watches go and what is still to be sent, and the exit code."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import typer

from flows.services import open_services
from flows.terminal import printable
from snapshots import Status, Watched
from watcher.cli.entry import UNDONE
from watcher.cli.postal import postal_lines
from watcher.config import Watch

_LATE = 3  # missed intervals after which a watch is overdue


def run(path: Path) -> int:
    """Print the state; 3 when a watch is overdue or failing, or a delivery is dead or late."""
    with open_services(path) as services:
        now = services.now()
        status = services.archive.status(now)
        postal = tuple(postal_lines(services))
        seen = {one.article: one for one in status.articles}
        troubled = False
        for watch in services.watchlist.watches:
            article = services.archive.known_as(watch.wiki, watch.title)
            line, bad = _line(watch, seen.get(article) if article else None, now)
            troubled = troubled or bad
            typer.echo(printable(line))
    typer.echo(_outbox(status))
    for line in postal:
        typer.echo(line)
    return UNDONE if troubled or status.dead or status.due else 0


def _line(watch: Watch, seen: Watched | None, now: datetime) -> tuple[str, bool]:
    if seen is None or seen.checked_at is None:
        return f"? {watch.title}: not checked yet; run `watcher check`", False
    ago = now - seen.checked_at
    where = f"revision {seen.cursor.id}" if seen.cursor else "no revision yet"
    if seen.failures:
        return f"✗ {watch.title}: {seen.failures} failed checks in a row: {seen.error or ''}", True
    if ago > _LATE * watch.every:
        return f"✗ {watch.title}: overdue, last checked {seen.checked_at:%Y-%m-%d %H:%M} UTC, {where}", True
    return f"✓ {watch.title}: checked {seen.checked_at:%Y-%m-%d %H:%M} UTC, {where}", False


def _outbox(status: Status) -> str:
    if not status.queued and not status.dead:
        return "Outbox: empty"
    oldest = f", the oldest since {status.oldest_queued:%Y-%m-%d %H:%M} UTC" if status.oldest_queued else ""
    return f"Outbox: {status.queued} queued ({status.due} due){oldest}, {status.dead} dead"
