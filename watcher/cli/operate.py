"""`watcher doctor`, `demo` and `reap`: check an installation, show it, and clean up after crashed workers."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from watcher.cli.options import (
    DEFAULT_WATCHLIST,
    EXIT_RETRY,
    FormatOption,
    TextOrJson,
    WatchlistOption,
    duration_option,
    print_line,
)

_SIGNS = {"ok": "✓", "warn": "?", "fail": "✗"}


def doctor(
    form: FormatOption = TextOrJson.TEXT,
    watchlist: WatchlistOption = DEFAULT_WATCHLIST,
) -> None:
    """Check configuration, database, wikis, destinations, clock, disk and schedule; exit 3 when one fails.

    Example: watcher doctor
    """
    from watcher.services.doctor import CheckLevel, run_checks

    results = []
    for result in run_checks(watchlist):
        results.append(result)
        if form is TextOrJson.TEXT:
            advice = f" – {result.advice}" if result.advice and result.level is not CheckLevel.OK else ""
            print_line(f"{_SIGNS[result.level]} {result.level:4} {result.subject}: {result.message}{advice}")
    if form is TextOrJson.JSON:
        typer.echo(json.dumps([asdict(result) for result in results], indent=2))
    raise typer.Exit(EXIT_RETRY if any(result.level is CheckLevel.FAIL for result in results) else 0)


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
    silent_for = duration_option("--silence", silence) if silence else None
    pending_for = duration_option("--pending", pending)
    from flows.prefect_settings import configure_prefect

    configure_prefect()  # Prefect reads its settings when it is imported
    from flows.crashed_runs import reap_once

    reap_result = reap_once(silent_for, pending_for)
    for line in (*reap_result.runs, *reap_result.slots):
        print_line(line)
    if not reap_result.runs and not reap_result.slots:
        typer.echo("nothing to reap")
