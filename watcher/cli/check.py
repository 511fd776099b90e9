"""`watcher check` and `watcher deliver`: check the watchlist once, print a line for each article."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Annotated, Final

import typer

from watcher.cli.options import DEFAULT_WATCHLIST, EXIT_RETRY, WatchlistOption, print_line

if TYPE_CHECKING:
    from watcher.config import Watch
    from watcher.services.context import AppContext
    from watcher.services.delivery import DeliveryReport
    from watcher.services.outcome import CheckOutcome

_MARKS: Final = {
    "baseline": "+",
    "unchanged": "=",
    "settling": "…",
    "quiet": "·",
    "alert": "!",
    "busy": "~",
    "failed": "✗",
}


def check(
    titles: Annotated[list[str] | None, typer.Argument(metavar="[TITLE]...", help="Only these articles.")] = None,
    watchlist: WatchlistOption = DEFAULT_WATCHLIST,
) -> None:
    """Make one pass now: fetch, compare, store, queue and deliver; prints a line for each article.

    Example: watcher check "Human trafficking"
    """
    from watcher.services.context import open_context

    failed = False
    with open_context(watchlist) as services:
        for outcome in _with_progress(services, select_watches(services, titles or [])):
            failed = failed or outcome.failed
            for line in outcome_lines(outcome):
                typer.echo(line, err=outcome.failed)
        report = _deliver(services)
    raise typer.Exit(EXIT_RETRY if failed or report.errors else 0)


def deliver(
    retry_dead: Annotated[bool, typer.Option("--retry-dead", help="Queue failed deliveries again.")] = False,
    log: Annotated[bool, typer.Option("--log", help="List the attempts at the last messages; send nothing.")] = False,
    watchlist: WatchlistOption = DEFAULT_WATCHLIST,
) -> None:
    """Send the queued messages that are due.

    Example: watcher deliver --retry-dead
    """
    from watcher.cli.status import log_lines
    from watcher.services.context import open_context

    with open_context(watchlist) as services:
        if log:
            for line in list(log_lines(services)) or ["nothing was ever queued"]:
                typer.echo(line)
            return
        if retry_dead:
            typer.echo(f"{services.archive.outbox.retry_dead(services.now())} dead deliveries queued again")
        report = _deliver(services)
    raise typer.Exit(EXIT_RETRY if report.errors else 0)


def select_watches(services: AppContext, titles: Sequence[str]) -> list[Watch]:
    """Return the watches of these titles, former ones too, or all; ConfigError for a title that is not watched."""
    if not titles:
        return list(services.watchlist.watches)
    result = {watch for title in titles for watch in services.index.find(title)}
    return [watch for watch in services.watchlist.watches if watch in result]


def _with_progress(services: AppContext, watches: Sequence[Watch]) -> Iterable[CheckOutcome]:
    from watcher.services.check import check as check_watches

    outcomes = check_watches(services, watches)
    if not sys.stderr.isatty() or len(watches) < 2:  # noqa: PLR2004  one article needs no bar
        return outcomes
    from rich.console import Console
    from rich.progress import track

    return track(outcomes, total=len(watches), description="Checking", console=Console(stderr=True), transient=True)


def outcome_lines(outcome: CheckOutcome) -> list[str]:
    """Return the result for an article, then each finding that reaches its threshold."""
    return [f"{_MARKS[outcome.state]} {outcome.line}", *(f"    {line}" for line in outcome.findings)]


def _deliver(services: AppContext) -> DeliveryReport:
    from watcher.services.delivery import deliver_due

    report = deliver_due(services)
    for problem in report.template_errors:
        print_line(f"✗ {problem}", err=True)
    if report.sent:
        typer.echo(f"{report.sent} message{'s' * (report.sent > 1)} sent")
    for error in report.errors:
        print_line(f"✗ {error}", err=True)
    return report
