"""Run the `watcher` command: all commands in one Typer application, every error in one line with an exit code."""

from __future__ import annotations

import gc
import logging
import os
import sys
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path

import typer
from typer import Abort, Exit
from typer.exceptions import TyperException

from watcher.cli import accounts, check, database, deploy, diff, history, mute, rules, serve, status, watchlist
from watcher.cli.options import EXIT_RETRY, EXIT_USAGE
from watcher.errors import ConfigError, StoreError, Unavailable, WatcherError
from watcher.text import escape_control_characters

app = typer.Typer(
    name="watcher",
    help="Learn within minutes that a figure or a key claim in a wiki article has quietly changed.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)


def _version(value: bool) -> None:
    if value:
        from importlib.metadata import version

        typer.echo(version("article-watcher"))
        raise typer.Exit


@app.callback()
def _options(
    version: bool = typer.Option(
        False, "--version", callback=_version, is_eager=True, help="Show the version and exit."
    ),
    debug: bool = typer.Option(False, "--debug", help="Show the traceback of an error."),
) -> None:
    pass


for command in (
    status.demo,
    watchlist.init,
    watchlist.add,
    watchlist.remove,
    watchlist.pin,
    check.check,
    diff.diff,
    diff.facts,
    history.explain,
    history.history,
    history.blame,
    status.status,
    check.deliver,
    check.notify,
    mute.mute,
    mute.unmute,
    rules.rules,
    rules.rejudge,
    serve.serve,
    check.stream,
    serve.web,
    database.migrate,
    database.backup,
    database.restore,
    database.verify,
    database.tidy,
    watchlist.export,
    status.doctor,
    status.reap,
    status.watchdog,
    deploy.deploy,
):
    app.command()(command)
app.command("list")(watchlist.list_watches)
app.command("import")(watchlist.import_list)  # no function can have these names
app.add_typer(accounts.users)
app.add_typer(accounts.tokens)


def main(arguments: list[str] | None = None) -> None:
    """Run the command that `arguments` (default: the process's) name, and exit with its code."""
    words = sys.argv[1:] if arguments is None else arguments
    # With Python's default, collections take a seventh of the start and find nothing: what is imported stays.
    gc.set_threshold(20_000, 20, 20)
    debug = "--debug" in words or bool(os.environ.get("WATCHER_DEBUG"))
    try:
        assert_own_packages()
        _configure_debug_logging(debug=debug)
        code = app(args=[word for word in words if word != "--debug"], prog_name="watcher", standalone_mode=False)
    except Exit as request:
        code = request.exit_code
    except TyperException as error:
        code = _print_error(_usage(error), error, debug=debug)
    except (Abort, KeyboardInterrupt):
        code = _print_error("stopped; what was stored is complete, run the command again to go on", None, debug=False)
    except (StoreError, Unavailable) as error:
        # Nothing is wrong with what was asked for: the same command may work later.
        code = _print_error(str(error), error, debug=debug, code=EXIT_RETRY)
    except WatcherError as error:
        code = _print_error(str(error), error, debug=debug)
    except BrokenPipeError:
        # Whoever read our output has enough; nothing more may be written, not even at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        code = 0
    except Exception as error:  # noqa: BLE001  the user gets one line; --debug gives the traceback
        code = _print_error(
            f"{type(error).__name__}: {error}; run again with --debug and report it", error, debug=debug
        )
    sys.exit(code or 0)


def assert_own_packages(names: Sequence[str] = ("flows", "snapshots")) -> None:
    """Raise ConfigError where Python would take one of our top-level packages from somewhere else.

    Their names are common: another distribution may install one of them, or a folder of that name stand in the
    working directory of `python -m watcher`.
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


def _configure_debug_logging(*, debug: bool) -> None:
    """Write what the services log of a defect in one article's check, which stops nothing else, to standard error.

    Only their logger: libraries log statements and addresses, which may hold secrets.
    """
    log = logging.getLogger("watcher.services")
    if debug and not log.handlers:
        log.addHandler(logging.StreamHandler())
        log.setLevel(logging.DEBUG)


def _usage(error: TyperException) -> str:
    context = getattr(error, "ctx", None)
    where = context.command_path if context else "watcher"
    # The plain message of a wrong or missing value does not name what it is about.
    text = error.format_message().replace("Value error, ", "")
    return f"{text.removesuffix('.')}. See `{where} --help`."


def _print_error(message: str, error: BaseException | None, *, debug: bool, code: int = EXIT_USAGE) -> int:
    """Write one line to standard error, whatever the message holds; the exit code."""
    if debug and error is not None:
        raise error
    line = " ".join(message.split())
    print(f"watcher: {escape_control_characters(line)}", file=sys.stderr)
    return code
