"""`watcher stream`: check pages as they are edited, a line for each check."""

from __future__ import annotations

import logging
import threading
from typing import TYPE_CHECKING, Annotated

import typer

from watcher.cli.options import DEFAULT_WATCHLIST, WatchlistOption, print_line

if TYPE_CHECKING:
    from watcher.services.outcome import CheckOutcome


def stream(
    poll: Annotated[
        bool, typer.Option("--poll/--no-poll", help="Also check each page at its own interval, as a safety net.")
    ] = True,
    watchlist: WatchlistOption = DEFAULT_WATCHLIST,
) -> None:
    """Check pages within seconds of their edits, and deliver, until stopped.

    Edits are seen in Wikimedia's event stream or, on other wikis, in the list of recent changes.

    Example: watcher stream
    """
    from watcher.cli.serve import handle_stop_signals
    from watcher.services.stream import StreamCallbacks
    from watcher.services.stream import stream as follow

    def trouble(line: str) -> None:
        print_line(f"✗ {line}", err=True)

    log = logging.getLogger("watcher")
    handler = logging.Handler()
    handler.emit = lambda record: trouble(record.getMessage())  # type: ignore[method-assign]  # in the form of all else
    log.addHandler(handler)
    log.setLevel(logging.INFO)
    stop = threading.Event()  # what is being checked is finished first
    with handle_stop_signals(lambda *_: stop.set()):
        typer.echo(f"following the edits of {watchlist}; stop: Ctrl-C")
        follow(watchlist, stop, StreamCallbacks(outcome=_show, problem=trouble), polling=poll)


def _show(outcome: CheckOutcome) -> None:
    """Print a line for everything but unchanged pages, of which there may be ten thousand."""
    from watcher.cli.check import outcome_lines
    from watcher.services.outcome import CheckState

    if outcome.state is not CheckState.UNCHANGED:
        for line in outcome_lines(outcome):
            typer.echo(line, err=outcome.failed)
