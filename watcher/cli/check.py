"""`watcher check`, `deliver`, `stream` and `notify --test`: check now or as pages are edited, and send alerts."""

from __future__ import annotations

import logging
import os
import sys
import threading
from collections.abc import Iterable
from typing import TYPE_CHECKING, Annotated, Final

import typer
from typer import Argument, Option

from watcher.cli import app
from watcher.errors import ConfigError, InputError

if TYPE_CHECKING:
    from watcher.config import Watchlist
    from watcher.services.alerting.delivery import DeliveryReport
    from watcher.services.checks.outcome import CheckOutcome
    from watcher.services.checks.stream import Outcomes, Problems
    from watcher.services.context import AppContext


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
    titles: Annotated[list[str] | None, Argument(metavar="[TITLE]...", help="Only these articles.")] = None,
    watchlist: app.WatchlistOption = app.DEFAULT_WATCHLIST,
) -> None:
    """Make one pass now: fetch, compare, store, queue and deliver; prints a line for each article.

    Example: watcher check "Human trafficking"
    """
    from datetime import timedelta

    from watcher.services.alerting import delivery, mutes
    from watcher.services.checks import page_lists
    from watcher.services.checks.check import check_batches
    from watcher.services.operations import startup

    failures: dict[str, list[str]] = {}  # reasons and titles: a common cause, such as a wrong password, is one line
    failed = False
    with app.open_context(watchlist) as services:
        # Send all messages at the end of the pass, without waiting for intervals: the user asked for it.
        services.watchlist = delivery.limit_group_times(services.watchlist, timedelta(), timedelta())
        for result in () if titles else page_lists.refresh_lists(services):
            failed = failed or result.error is not None
            app.print_line(f"{'✗' if result.error else '≡'} {result.line}", err=result.error is not None)
        order = {watch: position for position, watch in enumerate(services.watchlist.watches)}
        requested = dict.fromkeys(
            watch for title in titles or () for watch in services.index.find(title)
        )  # former titles too
        named = sorted(requested, key=lambda watch: order.get(watch, len(order)))
        asleep = ((watch, "is paused" if watch.paused else "has expired") for watch in named)
        app.print_lines(f"- {watch.title}: {state}" for watch, state in asleep if not watch.is_active(services.now()))
        # Looking for pinned sentences takes 20 ms a page: done only if the watchlist or the text changed.
        edited = startup.changed_since(watchlist, services.archive.articles.last_check())
        examined = dict.fromkeys(named or services.watchlist.watches) if edited else {}
        outcomes: Iterable[CheckOutcome] = check_batches(services, iter([named]) if named else services.index.batches())
        total = len(services.watchlist.watches) + sum(source.members for source in services.archive.members.sources())
        if sys.stderr.isatty() and total > 1:  # one article needs no bar
            from rich.console import Console
            from rich.progress import track

            console = Console(stderr=True)
            outcomes = track(outcomes, total=total, description="Checking", console=console, transient=True)
        for outcome in outcomes:
            examined |= {outcome.watch: None} if outcome.comparison else {}
            if outcome.failed:
                failures.setdefault(outcome.text, []).append(outcome.watch.title)
            for line in () if outcome.failed else outcome_lines(outcome):
                typer.echo(line)
        for text, failed_titles in failures.items():
            more = f" and {len(failed_titles) - 1:,} more" if len(failed_titles) > 1 else ""
            app.print_line(f"{_MARKS['failed']} {failed_titles[0]}{more}: {text}", err=True)
        missing_items = mutes.find_missing(services.index, examined)
        app.print_lines(f"! {missing.watch.title}: {missing.message}" for missing in missing_items)
        report = _deliver(services)
    raise typer.Exit(app.EXIT_RETRY if failed or failures or report.errors else 0)


def deliver(
    retry_dead: Annotated[bool, Option("--retry-dead", help="Queue failed deliveries again.")] = False,
    discard_dead: Annotated[
        str | None, Option(metavar="DESTINATION", help="Discard the failed deliveries of a destination permanently.")
    ] = None,
    log: Annotated[bool, Option("--log", help="List the attempts at the last messages; send nothing.")] = False,
    watchlist: app.WatchlistOption = app.DEFAULT_WATCHLIST,
) -> None:
    """Send the queued messages that are due.

    Example: watcher deliver --retry-dead
    """
    from watcher.cli.status import log_lines
    from watcher.report.labels import counted

    if log and (retry_dead or discard_dead is not None):
        raise InputError("deliver: give either --log, which sends nothing, or --retry-dead or --discard-dead")
    with app.open_context(watchlist) as services:
        if log:
            app.print_lines(log_lines(services), "no message was ever queued")
            return
        if discard_dead is not None:
            discarded = services.archive.outbox.discard_dead(discard_dead, services.now())
            if not discarded:  # those of a destination that was removed can be discarded
                _require_destination(services.watchlist, discard_dead)
            typer.echo(f"{counted(discarded, 'dead message')} discarded")
        if retry_dead:
            typer.echo(f"{counted(services.archive.outbox.retry_dead(services.now()), 'dead message')} queued again")
        report = _deliver(services)
    raise typer.Exit(app.EXIT_RETRY if report.errors else 0)


def _require_destination(watchlist: Watchlist, name: str) -> None:
    from watcher.config import did_you_mean

    names = [destination.name for destination in watchlist.destinations]
    if name not in names:
        raise ConfigError(f"{name!r}: no [[destination]] has this name{did_you_mean(name, names)}")


def outcome_lines(outcome: CheckOutcome) -> list[str]:
    """Return a line for the result of an article, and one for each finding that reaches its threshold."""
    return [f"{_MARKS[outcome.state]} {outcome.line}", *(f"    {line}" for line in outcome.findings)]


def _deliver(services: AppContext) -> DeliveryReport:
    from watcher.services.alerting.delivery import deliver_due

    report = deliver_due(services)
    app.print_lines((f"✗ {problem}" for problem in report.template_errors), err=True)
    if report.sent:
        typer.echo(f"{report.sent} message{'s' * (report.sent > 1)} sent")
    app.print_lines((f"✗ {error}" for error in report.errors), err=True)
    return report


def stream(
    poll: Annotated[
        bool, Option("--poll/--no-poll", help="Also check each page at its own interval, as a safety net.")
    ] = True,
    watchlist: app.WatchlistOption = app.DEFAULT_WATCHLIST,
) -> None:
    """Check pages within seconds of their edits, and deliver, until stopped.

    Edits are seen in Wikimedia's event stream or, on other wikis, in the list of recent changes.

    Example: watcher stream
    """
    from watcher.services.checks.stream import stream as follow
    from watcher.services.operations.logs import configure_logging, report

    stop = threading.Event()  # checks in progress are finished first
    with app.handle_stop_signals(lambda *_: stop.set()):
        configure_logging(os.environ)
        report(f"following the edits of {watchlist}; stop: Ctrl-C")
        follow(watchlist, stop, *stream_callbacks(), polling=poll)


def stream_callbacks(*, err: bool = False) -> tuple[Outcomes, Problems]:
    """Return callbacks that print outcomes, except of unchanged pages (maybe ten thousand), and problems.

    If the log is JSON, outcomes are not printed: they and our modules' messages are in the log already.
    """
    from watcher.services.checks.outcome import CheckState
    from watcher.services.operations.logs import writes_json

    def show(outcome: CheckOutcome) -> None:
        for line in outcome_lines(outcome) if outcome.state is not CheckState.UNCHANGED else ():
            typer.echo(line, err=err or outcome.failed)

    def trouble(line: str) -> None:
        app.print_line(f"✗ {line}", err=True)

    if writes_json():
        return lambda _: None, trouble
    log = logging.getLogger("watcher")
    handler = logging.Handler()
    handler.emit = lambda record: trouble(record.getMessage())  # type: ignore[method-assign]  # in the same format
    log.addHandler(handler)
    log.setLevel(logging.INFO)
    return show, trouble


def notify(
    name: Annotated[str | None, Argument(metavar="[NAME]", help="One destination (default: all).")] = None,
    test: Annotated[bool, Option("--test", help="Send a sample that is marked as a test.")] = False,
    watchlist: app.WatchlistOption = app.DEFAULT_WATCHLIST,
) -> None:
    """Send a sample alert and print whether each destination accepted it; exit 3 when one did not.

    Example: watcher notify --test team
    """
    from watcher.services.alerting.delivery import send_sample
    from watcher.services.context import clock
    from watcher.services.operations.startup import load_watchlist

    if not test:
        raise ConfigError("notify: give --test; alerts themselves are sent by `watcher deliver`")
    settings = load_watchlist(watchlist)
    if not settings.destinations:
        raise ConfigError(f"{watchlist.name}: has no [[destination]]; add one, as `watcher init` shows it")
    if name is not None:
        _require_destination(settings, name)
    failed, template_errors = False, dict[str, None]()
    for destination in settings.destinations:
        if name not in (None, destination.name):
            continue
        problem, errors = send_sample(settings, destination, clock())
        template_errors |= dict.fromkeys(errors)
        if problem:
            failed = True
            app.print_line(f"✗ {destination.name}: {problem}", err=True)
        else:
            typer.echo(f"✓ {destination.name}: accepted")
    app.print_lines((f"✗ {error}" for error in template_errors), err=True)
    raise typer.Exit(app.EXIT_RETRY if failed or template_errors else 0)
