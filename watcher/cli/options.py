"""Define what commands share: exit codes, options, signals, and printing text by strangers."""

from __future__ import annotations

import signal
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final, Literal

import typer

from watcher.errors import ConfigError

if TYPE_CHECKING:
    from watcher.services.context import AppContext
    from watcher.services.ledger import ProgressCallback

EXIT_USAGE: Final = 2  # wrong input or configuration
EXIT_RETRY: Final = 3  # something could not be fetched or delivered
MAX_ID: Final = 2**63 - 1  # the largest integer that both databases take
MAX_PORT: Final = 65_535
_LINE_EVERY: Final = 50  # of what is counted, where no bar can be shown

WatchlistOption = Annotated[
    Path, typer.Option("--watchlist", envvar="WATCHER_WATCHLIST", help="The watchlist file.", show_default=True)
]
DEFAULT_WATCHLIST: Final = Path("watchlist.toml")


FormatOption = Annotated[Literal["text", "json"], typer.Option("--format", help="The format of the output.")]


def print_line(text: str, *, err: bool = False) -> None:
    """Print a line in which nothing can steer the terminal; what is for standard error is logged where that is JSON."""
    from watcher.services.logs import report
    from watcher.text import escape_control_characters

    if err:
        report(text, error=True)
    else:
        typer.echo(escape_control_characters(text))


def print_lines(lines: Iterable[str], otherwise: str = "") -> None:
    """Print lines as `print_line` does; another one where there are none."""
    printed = False
    for line in lines:
        print_line(line)
        printed = True
    if otherwise and not printed:
        print_line(otherwise)


def utc(at: datetime | None) -> str:
    """Return a time as lines show it: `2026-11-03 14:44 UTC`."""
    return f"{at:%Y-%m-%d %H:%M} UTC" if at else "never"


def duration_option(option: str, text: str) -> timedelta:
    """Parse a length of time; ConfigError names the option."""
    from watcher.config import duration

    try:
        return duration(text)
    except ValueError as error:
        raise ConfigError(f"{option} {text}: {error}") from None


def open_context(watchlist: Path) -> AbstractContextManager[AppContext]:
    """Open the services of a watchlist; they are imported by the commands that need them."""
    from watcher.services.startup import open_context

    return open_context(watchlist)


@contextmanager
def handle_stop_signals(handler: Callable[[int, object], object]) -> Iterator[None]:
    """Call the handler on SIGTERM and SIGINT while the body runs."""
    before = {number: signal.signal(number, handler) for number in (signal.SIGTERM, signal.SIGINT)}
    try:
        yield
    finally:
        for number, action in before.items():
            signal.signal(number, action)


@contextmanager
def progress(what: str, unit: str = "revisions") -> Iterator[ProgressCallback]:
    """Provide a bar on a terminal, a line each tenth elsewhere, both on standard error."""
    last = 0

    def line(done: int, total: int) -> None:
        nonlocal last
        if done == total or done - last >= max(_LINE_EVERY, total // 10):
            last = done
            typer.echo(f"{what}: {done:,} of {total:,} {unit}", err=True)

    if not sys.stderr.isatty():
        yield line
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, ProgressColumn, Task, TextColumn
    from rich.progress import TimeRemainingColumn as Left
    from rich.text import Text

    class Rate(ProgressColumn):
        def render(self, task: Task) -> Text:
            speed = task.finished_speed or task.speed
            return Text("" if speed is None else f"{speed:,.0f} a second")

    columns = (TextColumn(what), BarColumn(), MofNCompleteColumn(), Rate(), Left(), TextColumn("left"))
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(what, total=None)
        yield lambda done, total: bar.update(task, completed=done, total=total)
