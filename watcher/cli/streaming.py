"""`watcher stream`: edits as they happen → a line a check, until told to stop."""

from __future__ import annotations

import logging
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from watcher.cli.watch import ListFile

if TYPE_CHECKING:
    from flows.outcome import Outcome


def stream(
    poll: Annotated[
        bool, typer.Option("--poll/--no-poll", help="Check each page in its own interval as well, as a safety net.")
    ] = True,
    watchlist: ListFile = Path("watchlist.toml"),
) -> None:
    """Check pages within seconds of their edits, and deliver, until stopped.

    Edits are seen in Wikimedia's event stream or, on other wikis, in the list of recent changes.

    Example: watcher stream
    """
    from flows.streaming import Told
    from flows.streaming import stream as follow
    from flows.terminal import printable

    def trouble(line: str) -> None:
        typer.echo(f"✗ {printable(line)}", err=True)

    log = logging.getLogger("watcher")
    log.addHandler(_Lines(trouble))
    log.setLevel(logging.INFO)
    with _until_told() as stop:
        typer.echo(f"following the edits of {watchlist}; stop: Ctrl-C")
        follow(watchlist, stop, Told(outcome=_show, trouble=trouble), polling=poll)


def _show(outcome: Outcome) -> None:
    """A line for whatever is not as it was; ten thousand unchanged pages are no news."""
    from flows.outcome import State
    from watcher.cli.checking import lines

    if outcome.state is not State.UNCHANGED:
        for line in lines(outcome):
            typer.echo(line, err=outcome.failed)


class _Lines(logging.Handler):
    """Log records as lines of the same form as everything else."""

    def __init__(self, say: object) -> None:
        super().__init__()
        assert callable(say)
        self._say = say

    def emit(self, record: logging.LogRecord) -> None:
        self._say(record.getMessage())


@contextmanager
def _until_told() -> Iterator[threading.Event]:
    """An event that SIGINT and SIGTERM set: what is being checked is finished first."""
    stop = threading.Event()
    before = {wish: signal.signal(wish, lambda *_: stop.set()) for wish in (signal.SIGTERM, signal.SIGINT)}
    try:
        yield stop
    finally:
        for wish, action in before.items():
            signal.signal(wish, action)
