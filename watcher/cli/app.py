"""Run the `watcher` command: all commands in one Typer application, every error in one line with an exit code."""

from __future__ import annotations

import atexit
import gc
import logging
import os
import sys
from collections.abc import Iterator, Mapping, Sequence
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Final

import typer
import typer.core
import typer.main
from typer import Abort, Exit
from typer.exceptions import TyperException

from watcher.cli.options import EXIT_RETRY, EXIT_USAGE
from watcher.errors import ConfigError, StoreError, Unavailable, WatcherError
from watcher.garbage_collection import collect_rarely

# Every command with the function or the group that makes it, in the order in which `watcher --help` lists them.
COMMANDS: Final = {
    "demo": "status.demo",
    "init": "watchlist.init",
    "add": "watchlist.add",
    "remove": "watchlist.remove",
    "pin": "watchlist.pin",
    "unpin": "watchlist.unpin",
    "check": "check.check",
    "preview": "history.preview",
    "diff": "diff.diff",
    "facts": "diff.facts",
    "explain": "history.explain",
    "history": "history.history",
    "blame": "history.blame",
    "status": "status.status",
    "deliver": "check.deliver",
    "notify": "check.notify",
    "mute": "rules.mute",
    "unmute": "rules.unmute",
    "rules": "rules.rules",
    "rejudge": "rules.rejudge",
    "contradictions": "rules.contradictions",
    "serve": "serve.serve",
    "stream": "check.stream",
    "web": "serve.web",
    "migrate": "database.migrate",
    "backup": "database.backup",
    "restore": "database.restore",
    "verify": "database.verify",
    "tidy": "database.tidy",
    "export": "watchlist.export",
    "doctor": "status.doctor",
    "reap": "status.reap",
    "watchdog": "status.watchdog",
    "deploy": "status.deploy",
    "list": "watchlist.list_watches",
    "import": "watchlist.import_list",
    "user": "accounts.users",
    "token": "accounts.tokens",
}


class _Commands(Mapping[str, Any]):
    """The commands by name, each imported when it is looked up: to make all takes longer than most of them run."""

    def __getitem__(self, name: str) -> Any:
        module, _, attribute = COMMANDS[name].partition(".")
        target = getattr(import_module(f"watcher.cli.{module}"), attribute)
        if not isinstance(target, typer.Typer):
            function, target = target, typer.Typer(add_completion=False, rich_markup_mode=None)
            target.command(name)(function)
        return typer.main.get_command(target)

    def __iter__(self) -> Iterator[str]:
        return iter(COMMANDS)

    def __len__(self) -> int:
        return len(COMMANDS)


class _CommandGroup(typer.core.TyperGroup):
    def __init__(self, **settings: Any) -> None:
        super().__init__(**settings | {"commands": _Commands()})


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
    version: bool = typer.Option(
        False, "--version", callback=_version, is_eager=True, help="Show the version and exit."
    ),
    debug: bool = typer.Option(False, "--debug", help="Show the traceback of an error."),
) -> None:
    pass


def main(arguments: list[str] | None = None) -> None:
    """Run the command that `arguments` (default: the process's) name, and exit with its code."""
    words = sys.argv[1:] if arguments is None else arguments
    if arguments is None:  # the garbage collector belongs to no other caller
        collect_rarely()  # what is imported stays
        # Nor is there anything to find at the end, where Python looks at all that was imported: a tenth of a command.
        atexit.register(gc.freeze)
    # Pydantic would look for plugins in the metadata of every installed distribution; we have none.
    os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__")
    debug = "--debug" in words or bool(os.environ.get("WATCHER_DEBUG"))
    try:
        assert_own_packages()
        # What the services log of a defect in one article's check, which stops nothing else; only their logger:
        # libraries log statements and addresses, which may hold secrets.
        log = logging.getLogger("watcher.services")
        if debug and not log.handlers:
            log.addHandler(logging.StreamHandler())
            log.setLevel(logging.DEBUG)
        code = app(args=[word for word in words if word != "--debug"], prog_name="watcher", standalone_mode=False)
    except Exit as request:
        code = request.exit_code
    except TyperException as error:
        context = getattr(error, "ctx", None)
        # The plain message of a wrong or missing value does not name what it is about.
        text = error.format_message().replace("Value error, ", "").removesuffix(".")
        where = context.command_path if context else "watcher"
        code = _print_error(f"{text}. See `{where} --help`.", error, debug=debug)
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


def _print_error(message: str, error: BaseException | None, *, debug: bool, code: int = EXIT_USAGE) -> int:
    """Write a line to standard error, whatever the message holds, for a watchlist one a mistake; the exit code."""
    if debug and error is not None:
        raise error
    from watcher.services.logs import report

    mistakes = message.splitlines() if isinstance(error, ConfigError) else [message]
    for mistake in mistakes:
        report(f"watcher: {' '.join(mistake.split())}", error=True)
    return code
