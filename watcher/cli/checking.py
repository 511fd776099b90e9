"""`watcher check` and `watcher deliver`: a pass over the watchlist → a line an article, and the exit code."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Sequence
from pathlib import Path

import typer

from flows.delivery import DeliveryReport
from flows.outcome import Outcome, State
from flows.posting import post
from flows.services import Services, open_services
from flows.steps import check
from flows.terminal import printable
from watcher.cli.entry import UNDONE
from watcher.config import Watch

_SIGNS = {
    State.BASELINE: "+",
    State.UNCHANGED: "=",
    State.SETTLING: "…",
    State.QUIET: "·",
    State.ALERT: "!",
    State.BUSY: "~",
    State.FAILED: "✗",
}


def run(path: Path, titles: Sequence[str]) -> int:
    """Check the watches of these titles (all without any), then deliver; 3 if something was not done."""
    with open_services(path) as services:
        watches = chosen(services, titles)
        failed = False
        for outcome in _progress(services, watches):
            failed = failed or outcome.failed
            for line in lines(outcome):
                typer.echo(line, err=outcome.failed)
        report = _deliver(services)
    return UNDONE if failed or report.errors else 0


def run_delivery(path: Path, *, retry_dead: bool) -> int:
    """Deliver what is queued; 3 if a message was not accepted."""
    with open_services(path) as services:
        if retry_dead:
            typer.echo(f"{services.archive.retry_dead(services.now())} dead deliveries queued again")
        report = _deliver(services)
    return UNDONE if report.errors else 0


def show_log(path: Path) -> int:
    """Print what became of the last messages."""
    from watcher.cli.postal import log_lines

    with open_services(path) as services:
        lines = list(log_lines(services))
    for line in lines or ["nothing was ever queued"]:
        typer.echo(line)
    return 0


def chosen(services: Services, titles: Sequence[str]) -> list[Watch]:
    """The watches of these titles, former ones too; all without any. ConfigError for a title that is not watched."""
    if not titles:
        return list(services.watchlist.watches)
    found = {watch for title in titles for watch in services.index.find(title)}
    return [watch for watch in services.watchlist.watches if watch in found]


def _progress(services: Services, watches: Sequence[Watch]) -> Iterable[Outcome]:
    outcomes = check(services, watches)
    if not sys.stderr.isatty() or len(watches) < 2:  # noqa: PLR2004  one article needs no bar
        return outcomes
    from rich.console import Console
    from rich.progress import track

    return track(outcomes, total=len(watches), description="Checking", console=Console(stderr=True), transient=True)


def lines(outcome: Outcome) -> list[str]:
    """What to say of an article: how it ended, then each finding that reaches its threshold."""
    return [f"{_SIGNS[outcome.state]} {outcome.line}", *(f"    {line}" for line in outcome.findings)]


def _deliver(services: Services) -> DeliveryReport:
    report = post(services)
    for mistake in report.mistakes:
        typer.echo(f"✗ {printable(mistake)}", err=True)
    if report.sent:
        typer.echo(f"{report.sent} message{'s' * (report.sent > 1)} sent")
    for error in report.errors:
        typer.echo(f"✗ {printable(error)}", err=True)
    return report
