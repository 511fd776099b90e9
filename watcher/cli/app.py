"""Run the `watcher` command: all commands in one Typer application, every error in one line with an exit code.

It also has what commands share: exit codes, options, signal handling, and safe printing of untrusted text.
"""

from __future__ import annotations

import atexit
import gc
import io
import logging
import os
import signal
import sys
import traceback
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from datetime import datetime, timedelta
from importlib import import_module
from importlib.util import find_spec
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final, Literal

import typer
import typer.core
import typer.main
from typer import Abort, Exit, Option
from typer.exceptions import TyperException

from watcher.errors import ConfigError, InputError, StoreError, Unavailable, WatcherError
from watcher.processes import collect_rarely

if TYPE_CHECKING:
    from watcher.services.context import AppContext
    from watcher.services.history.ledger import ProgressCallback

EXIT_USAGE: Final = 2  # wrong input or configuration
EXIT_RETRY: Final = 3  # something could not be fetched or delivered
MAX_ID: Final = 2**63 - 1  # the largest integer that both databases can store
MAX_PORT: Final = 65_535
_LINE_EVERY: Final = 50  # items at least between two lines of progress, if no bar can be shown

WatchlistOption = Annotated[
    Path, Option("--watchlist", envvar="WATCHER_WATCHLIST", help="The watchlist file.", show_default=True)
]
DEFAULT_WATCHLIST: Final = Path("watchlist.toml")


FormatOption = Annotated[Literal["text", "json"], Option("--format", help="The format of the output.")]


def print_line(text: str, *, err: bool = False) -> None:
    """Print a line without control characters; lines to standard error are log records if the log is JSON."""
    from watcher.services.operations.logs import report
    from watcher.text import escape_control_characters

    if err:
        report(text, error=True)
    else:
        typer.echo(escape_control_characters(text))


def print_lines(lines: Iterable[str], otherwise: str = "", *, err: bool = False) -> None:
    """Print each line with `print_line`; print `otherwise` if there are none."""
    printed = False
    for line in lines:
        print_line(line, err=err)
        printed = True
    if otherwise and not printed:
        print_line(otherwise, err=err)


def utc(at: datetime | None) -> str:
    """Return a time such as `2026-11-03 14:44 UTC`; "never" for None."""
    return f"{at:%Y-%m-%d %H:%M} UTC" if at else "never"


SECOND: Final = timedelta(seconds=1)


def duration_option(option: str, text: str, shortest: timedelta = timedelta()) -> timedelta:
    """Parse a duration; raise ConfigError, which names the option, if it is invalid or too short."""
    from watcher.config import duration

    try:
        length = duration(text)
    except ValueError as error:
        raise ConfigError(f"{option} {text}: {error}") from None
    if length < shortest:
        raise ConfigError(f"{option} {text}: is too short; give {shortest.total_seconds():g}s or more")
    return length


def open_context(watchlist: Path, *, attempts: int = 5) -> AbstractContextManager[AppContext]:
    """Open the services of a watchlist; imported here, since many commands do not need them."""
    from watcher.services.operations.startup import open_context

    return open_context(watchlist, attempts=attempts)


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
    """Yield a callback that shows progress on standard error: a bar on a terminal, else a line per tenth."""
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
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn
    from rich.progress import TimeRemainingColumn as Left

    columns = (TextColumn(what), BarColumn(), MofNCompleteColumn(), Left(), TextColumn("left"))
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(what, total=None)
        yield lambda done, total: bar.update(task, completed=done, total=total)


# The commands in the order of `watcher --help`, after the module that defines them. If the function or group of a
# command has another name, it follows an equals sign.
_LISTED: Final = """
    status: demo
    watchlist: init add remove pin unpin
    check: check
    history: preview
    diff: diff facts
    history: explain history blame
    status: status
    check: deliver notify
    watchlist: mute unmute
    history: rules rejudge contradictions
    serve: serve
    check: stream
    serve: web
    administration: migrate backup restore verify tidy
    watchlist: export
    status: doctor reap watchdog deploy
    watchlist: list=list_watches import=import_list
    administration: user=users token=tokens
"""
COMMANDS: Final = {
    word.partition("=")[0]: f"{module.strip()}.{word.rpartition('=')[2]}"
    for module, _, words in (line.partition(":") for line in _LISTED.strip().splitlines())
    for word in words.split()
}


class _CommandGroup(typer.core.TyperGroup):
    """All commands, each imported when it is looked up: importing all takes longer than most of them run."""

    def __init__(self, **settings: Any) -> None:
        super().__init__(**settings | {"commands": dict.fromkeys(COMMANDS)})  # the names alone

    def get_command(self, ctx: Any, cmd_name: str) -> Any:  # noqa: ARG002  as Typer calls it
        """Import and return a command; None if there is none with this name."""
        module, _, attribute = COMMANDS.get(cmd_name, "").partition(".")
        if not module:
            return None
        target = getattr(import_module(f"watcher.cli.{module}"), attribute)
        if not isinstance(target, typer.Typer):
            function, target = target, typer.Typer(add_completion=False, rich_markup_mode=None)
            target.command(cmd_name)(function)
        return typer.main.get_command(target)


app = typer.Typer(
    name="watcher",
    help="Learn within minutes that a figure or a key claim in a wiki article has quietly changed.",
    cls=_CommandGroup,
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)


def _version(value: bool) -> None:
    if value:
        from watcher.version import version

        typer.echo(version())
        raise typer.Exit


@app.callback()
def _options(
    version: bool = Option(False, "--version", callback=_version, is_eager=True, help="Show the version and exit."),
    debug: bool = Option(False, "--debug", help="Show the traceback of an error."),
) -> None:
    pass


def main(arguments: list[str] | None = None) -> None:
    """Run the command given by `arguments` (default: those of the process), and exit with its code."""
    words = sys.argv[1:] if arguments is None else arguments
    if arguments is None:  # only then do we own the process and its garbage collector
        collect_rarely()  # imported modules are never garbage
        # The collection at exit would examine all imported modules, which takes a tenth of a command's time.
        atexit.register(gc.freeze)
    # Pydantic would look for plugins in the metadata of every installed distribution; we have none.
    os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__")
    sys.stdin = sys.stdin or io.TextIOWrapper(io.BytesIO())  # None if it is closed, as by `<&-`
    debug = "--debug" in words or os.environ.get("WATCHER_DEBUG", "0") not in ("", "0")
    try:
        assert_own_packages()
        # Show defects in the check of one article, which the services only log. Only their logger: libraries log
        # statements and URLs, which may contain secrets.
        log = logging.getLogger("watcher.services")
        if debug and not log.handlers:
            log.addHandler(logging.StreamHandler())
            log.setLevel(logging.DEBUG)
        refuse_empty(words)
        code = app(args=[word for word in words if word != "--debug"], prog_name="watcher", standalone_mode=False)
    except Exit as request:
        code = request.exit_code
    except TyperException as error:
        context = getattr(error, "ctx", None)
        # The plain message for a wrong or missing value does not name the option.
        text = error.format_message().replace("Value error, ", "").removesuffix(".")
        where = context.command_path if context else "watcher"
        code = _print_error(f"{text}. See `{where} --help`.", error, debug=debug)
    except (Abort, KeyboardInterrupt):
        code = _print_error("stopped; what was stored is complete, run it again to continue", None, debug=False)
    except (StoreError, Unavailable) as error:
        # The command itself is correct and may work later.
        code = _print_error(str(error), error, debug=debug, code=EXIT_RETRY)
    except WatcherError as error:
        code = _print_error(str(error), error, debug=debug)
    except BrokenPipeError:
        # The reader of our output has closed it; nothing more may be written, not even at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        code = 0
    except OSError as error:
        where = error.filename or "standard output or input"
        code = _print_error(f"{where}: {error.strerror or error}; fix that and run it again", error, debug=debug)
    except Exception as error:  # noqa: BLE001  the user gets one line; --debug gives the traceback
        code = _print_error(
            f"{type(error).__name__}: {error}; run again with --debug and report it", error, debug=debug
        )
    sys.exit(code or 0)


def refuse_empty(words: Sequence[str]) -> None:
    """Raise InputError for an empty value: without it, the command would do more, such as mute permanently."""
    for before, word in pairwise(("watcher", *words)):
        option, has_value, value = word.partition("=") if word.startswith("--") else (before, "=", word)
        if has_value and not value.strip():
            raise InputError(f"the value after {option} is empty; give one, or leave it out (is a variable not set?)")


def assert_own_packages(names: Sequence[str] = ("flows", "snapshots")) -> None:
    """Raise ConfigError if Python would import one of our top-level packages from somewhere else.

    Their names are common: another distribution may install such a package, or the working directory of
    `python -m watcher` may contain such a folder.
    """
    home = Path(__file__).resolve().parents[2]
    for name in names:
        spec = find_spec(name)
        folder = Path(spec.origin).resolve().parent if spec and spec.origin else None
        if folder != home / name:
            raise ConfigError(
                f"the Python package `{name}` of Article Watcher is hidden by another of that name in "
                f"{folder or 'a folder without __init__.py'}: install Article Watcher in an environment of its own, or "
                "run `watcher` in another folder"
            )


def _print_error(message: str, error: BaseException | None, *, debug: bool, code: int = EXIT_USAGE) -> int:
    """Write a message to standard error as one line, or a line per problem of a ConfigError; return `code`."""
    if debug and error is not None:
        traceback.print_exception(error)
    from watcher.services.operations.logs import report

    problems = message.splitlines() if isinstance(error, ConfigError) else [message]
    for problem in problems:
        report(f"watcher: {' '.join(problem.split())}", error=True)
    return code
