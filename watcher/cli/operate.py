"""`watcher doctor`: check everything that an installation depends on."""

from __future__ import annotations

import json
from dataclasses import asdict
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from watcher.cli.watchlist import WatchlistOption
from watcher.errors import ConfigError

if TYPE_CHECKING:
    from datetime import timedelta


_DEFAULT = Path("watchlist.toml")
_SIGNS = {"ok": "✓", "warn": "?", "fail": "✗"}


class DoctorFormat(StrEnum):
    """How the findings are written."""

    TEXT = "text"
    JSON = "json"


def doctor(
    form: Annotated[DoctorFormat, typer.Option("--format", help="How to write it.")] = DoctorFormat.TEXT,
    watchlist: WatchlistOption = _DEFAULT,
) -> None:
    """Examine configuration, database, wikis, destinations, clock, disk and schedule; exit 3 when one is wrong.

    Example: watcher doctor
    """
    from watcher.cli.entry_point import EXIT_RETRY
    from watcher.services.doctor import CheckLevel, run_checks
    from watcher.text import escape_control_characters

    result = []
    for check_result in run_checks(watchlist):
        result.append(check_result)
        if form is DoctorFormat.TEXT:
            advice = (
                f" – {check_result.advice}" if check_result.advice and check_result.level is not CheckLevel.OK else ""
            )
            typer.echo(
                escape_control_characters(
                    f"{_SIGNS[check_result.level]} {check_result.level:4} "
                    f"{check_result.subject}: {check_result.message}{advice}"
                )
            )
    if form is DoctorFormat.JSON:
        typer.echo(json.dumps([asdict(check_result) for check_result in result], indent=2))
    raise typer.Exit(EXIT_RETRY if any(check_result.level is CheckLevel.FAIL for check_result in result) else 0)


def demo(
    folder: Annotated[Path, typer.Option("--folder", help="Where the demo writes.")] = Path("demo"),
) -> None:
    """Show the whole product offline: a small wiki, the real flow, alerts in an inbox, a report.

    Example: watcher demo
    """
    from flows.demo import run_demo

    raise typer.Exit(run_demo(folder))


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
    from flows.prefect_settings import configure_prefect

    configure_prefect()  # Prefect reads its settings when it is imported
    from flows.crashed_runs import reap_once
    from watcher.text import escape_control_characters

    reap_result = reap_once(quiet, starting)
    for line in (*reap_result.runs, *reap_result.slots):
        typer.echo(escape_control_characters(line))
    if not reap_result.runs and not reap_result.slots:
        typer.echo("nothing to reap")


def _duration(option: str, text: str) -> timedelta:
    from watcher.config import duration

    try:
        return duration(text)
    except ValueError as error:
        raise ConfigError(f"{option} {text}: {error}") from None
