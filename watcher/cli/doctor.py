"""`watcher doctor`: an installation → a line for everything that it stands on, and the exit code."""

from __future__ import annotations

import json
from dataclasses import asdict
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from watcher.cli.watch import ListFile

_DEFAULT = Path("watchlist.toml")
_SIGNS = {"ok": "✓", "warn": "?", "fail": "✗"}


class DoctorFormat(StrEnum):
    """How the findings are written."""

    TEXT = "text"
    JSON = "json"


def doctor(
    form: Annotated[DoctorFormat, typer.Option("--format", help="How to write it.")] = DoctorFormat.TEXT,
    watchlist: ListFile = _DEFAULT,
) -> None:
    """Examine configuration, database, wikis, destinations, clock, disk and schedule; exit 3 when one is wrong.

    Example: watcher doctor
    """
    from flows.examining import Level, examine
    from flows.terminal import printable
    from watcher.cli.entry import UNDONE

    found = []
    for one in examine(watchlist):
        found.append(one)
        if form is DoctorFormat.TEXT:
            advice = f" – {one.advice}" if one.advice and one.level is not Level.OK else ""
            typer.echo(printable(f"{_SIGNS[one.level]} {one.level:4} {one.subject}: {one.says}{advice}"))
    if form is DoctorFormat.JSON:
        typer.echo(json.dumps([asdict(one) for one in found], indent=2))
    raise typer.Exit(UNDONE if any(one.level is Level.FAIL for one in found) else 0)
