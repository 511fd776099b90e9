"""`watcher stream`: check pages as they are edited, a line for each check."""

from __future__ import annotations

import logging
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from watcher.cli.watchlist import WatchlistOption

if TYPE_CHECKING:
    from watcher.services.outcome import CheckOutcome


def stream(
    poll: Annotated[
        bool, typer.Option("--poll/--no-poll", help="Check each page in its own interval as well, as a safety net.")
    ] = True,
    watchlist: WatchlistOption = Path("watchlist.toml"),
) -> None:
    """Check pages within seconds of their edits, and deliver, until stopped.

    Edits are seen in Wikimedia's event stream or, on other wikis, in the list of recent changes.

    Example: watcher stream
    """
    from watcher.services.stream import StreamCallbacks
    from watcher.services.stream import stream as follow
    from watcher.text import escape_control_characters

    def trouble(line: str) -> None:
        typer.echo(f"✗ {escape_control_characters(line)}", err=True)

    log = logging.getLogger("watcher")
    log.addHandler(_Lines(trouble))
    log.setLevel(logging.INFO)
    with _stop_on_signal() as stop:
        typer.echo(f"following the edits of {watchlist}; stop: Ctrl-C")
        follow(watchlist, stop, StreamCallbacks(outcome=_show, trouble=trouble), polling=poll)


def _show(outcome: CheckOutcome) -> None:
    """A line for whatever is not as it was; ten thousand unchanged pages are no news."""
    from watcher.cli.check import outcome_lines
    from watcher.services.outcome import CheckState

    if outcome.state is not CheckState.UNCHANGED:
        for line in outcome_lines(outcome):
            typer.echo(line, err=outcome.failed)


class _Lines(logging.Handler):
    """Log records as lines of the same form as everything else."""

    def __init__(self, print_line: object) -> None:
        super().__init__()
        assert callable(print_line)
        self._print = print_line

    def emit(self, record: logging.LogRecord) -> None:
        self._print(record.getMessage())


@contextmanager
def _stop_on_signal() -> Iterator[threading.Event]:
    """An event that SIGINT and SIGTERM set: what is being checked is finished first."""
    stop = threading.Event()
    before = {request: signal.signal(request, lambda *_: stop.set()) for request in (signal.SIGTERM, signal.SIGINT)}
    try:
        yield stop
    finally:
        for wish, action in before.items():
            signal.signal(wish, action)
