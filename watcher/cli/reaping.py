"""`watcher reap`: Prefect's runs without a worker → marked as Crashed, a line each."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from watcher.errors import ConfigError

if TYPE_CHECKING:
    from datetime import timedelta


def reap(
    silence: Annotated[
        str | None,
        typer.Option(metavar="DURATION", help="How long a run may give no sign of life (default: three heartbeats)."),
    ] = None,
    pending: Annotated[str, typer.Option(metavar="DURATION", help="How long a run may be Pending.")] = "5m",
) -> None:
    """Mark runs of Prefect whose worker is gone as Crashed, and free their slots; needs PREFECT_API_URL.

    Example: watcher reap --silence 3m
    """
    quiet = _duration("--silence", silence) if silence else None
    starting = _duration("--pending", pending)
    from flows.quiet import settle_prefect

    settle_prefect()  # Prefect reads its settings when it is imported
    from flows.reaping import reap_now
    from flows.terminal import printable

    found = reap_now(quiet, starting)
    for line in (*found.runs, *found.slots):
        typer.echo(printable(line))
    if not found.runs and not found.slots:
        typer.echo("nothing to reap")


def _duration(option: str, text: str) -> timedelta:
    from watcher.config import duration

    try:
        return duration(text)
    except ValueError as error:
        raise ConfigError(f"{option} {text}: {error}") from None
