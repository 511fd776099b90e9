"""`watcher check` and `watcher deliver`: check the watchlist once, print a line for each article."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Sequence
from pathlib import Path

import typer

from watcher.cli.entry_point import EXIT_RETRY
from watcher.config import Watch
from watcher.services.check import check
from watcher.services.context import AppContext, open_context
from watcher.services.delivery import DeliveryReport, deliver_due
from watcher.services.outcome import CheckOutcome, CheckState
from watcher.text import escape_control_characters

_MARKS = {
    CheckState.BASELINE: "+",
    CheckState.UNCHANGED: "=",
    CheckState.SETTLING: "…",
    CheckState.QUIET: "·",
    CheckState.ALERT: "!",
    CheckState.BUSY: "~",
    CheckState.FAILED: "✗",
}


def run_check(path: Path, titles: Sequence[str]) -> int:
    """Check the watches of these titles (all without any), then deliver; 3 if something was not done."""
    with open_context(path) as services:
        watches = select_watches(services, titles)
        failed = False
        for outcome in _progress(services, watches):
            failed = failed or outcome.failed
            for line in outcome_lines(outcome):
                typer.echo(line, err=outcome.failed)
        report = _deliver(services)
    return EXIT_RETRY if failed or report.errors else 0


def run_delivery(path: Path, *, retry_dead: bool) -> int:
    """Deliver what is queued; 3 if a message was not accepted."""
    with open_context(path) as services:
        if retry_dead:
            typer.echo(f"{services.archive.retry_dead(services.now())} dead deliveries queued again")
        report = _deliver(services)
    return EXIT_RETRY if report.errors else 0


def show_log(path: Path) -> int:
    """Print what became of the last messages."""
    from watcher.cli.status import log_lines

    with open_context(path) as services:
        lines = list(log_lines(services))
    for line in lines or ["nothing was ever queued"]:
        typer.echo(line)
    return 0


def select_watches(services: AppContext, titles: Sequence[str]) -> list[Watch]:
    """The watches of these titles, former ones too; all without any. ConfigError for a title that is not watched."""
    if not titles:
        return list(services.watchlist.watches)
    result = {watch for title in titles for watch in services.index.find(title)}
    return [watch for watch in services.watchlist.watches if watch in result]


def _progress(services: AppContext, watches: Sequence[Watch]) -> Iterable[CheckOutcome]:
    outcomes = check(services, watches)
    if not sys.stderr.isatty() or len(watches) < 2:  # noqa: PLR2004  one article needs no bar
        return outcomes
    from rich.console import Console
    from rich.progress import track

    return track(outcomes, total=len(watches), description="Checking", console=Console(stderr=True), transient=True)


def outcome_lines(outcome: CheckOutcome) -> list[str]:
    """What to say of an article: how it ended, then each finding that reaches its threshold."""
    return [f"{_MARKS[outcome.state]} {outcome.line}", *(f"    {line}" for line in outcome.findings)]


def _deliver(services: AppContext) -> DeliveryReport:
    report = deliver_due(services)
    for problem in report.template_errors:
        typer.echo(f"✗ {escape_control_characters(problem)}", err=True)
    if report.sent:
        typer.echo(f"{report.sent} message{'s' * (report.sent > 1)} sent")
    for error in report.errors:
        typer.echo(f"✗ {escape_control_characters(error)}", err=True)
    return report
