"""Define the commands around a watchlist: init, add, check, explain, status, deliver, serve."""

from __future__ import annotations

import os
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Final

import typer

from watcher.errors import ConfigError

MAX_ID: Final = 2**63 - 1
"""The largest integer that both databases take."""
MAX_PORT: Final = 65_535

WatchlistOption = Annotated[
    Path, typer.Option("--watchlist", envvar="WATCHER_WATCHLIST", help="The watchlist file.", show_default=True)
]
DEFAULT_WATCHLIST = Path("watchlist.toml")


class StatusFormat(StrEnum):
    """How the state is written."""

    TEXT = "text"
    JSON = "json"


def init(watchlist: WatchlistOption = DEFAULT_WATCHLIST) -> None:
    """Write a commented watchlist.toml that watches "Human trafficking" on English Wikipedia.

    Example: watcher init
    """
    from watcher.config import default_watchlist
    from watcher.private_files import create_file

    try:
        with os.fdopen(create_file(watchlist), "w", encoding="utf-8") as file:
            file.write(default_watchlist())
    except FileExistsError:
        raise ConfigError(f"{watchlist}: is there already and was not touched; edit it, or name another file") from None
    except OSError as error:
        raise ConfigError(f"{watchlist}: cannot be written ({error.strerror}); choose another folder") from None
    typer.echo(f"{watchlist}: written. Put your address into `contact`, then: watcher check")


def add(
    article: Annotated[str, typer.Argument(metavar="URL_OR_TITLE", help="The article's address or title.")],
    wiki: Annotated[
        str | None, typer.Option("--wiki", help="The wiki's name in the watchlist (default: the first).")
    ] = None,
    watchlist: WatchlistOption = DEFAULT_WATCHLIST,
) -> None:
    """Add an article to the watchlist after looking that it exists.

    Example: watcher add https://en.wikipedia.org/wiki/Forced_labour
    """
    from watcher.services.watchlist import add_article

    typer.echo(add_article(watchlist, article, wiki))


def check(
    titles: Annotated[list[str] | None, typer.Argument(metavar="[TITLE]...", help="Only these articles.")] = None,
    watchlist: WatchlistOption = DEFAULT_WATCHLIST,
) -> None:
    """Make one pass now: fetch, compare, store, queue and deliver; a line an article.

    Example: watcher check "Human trafficking"
    """
    from watcher.cli.check import run_check

    raise typer.Exit(run_check(watchlist, titles or []))


def explain(
    title: Annotated[str, typer.Argument(help="A watched article.")],
    old_rev: Annotated[int, typer.Argument(metavar="OLD_REV", min=1, max=MAX_ID, help="Revision id before.")],
    new_rev: Annotated[int, typer.Argument(metavar="NEW_REV", min=1, max=MAX_ID, help="Revision id after.")],
    watchlist: WatchlistOption = DEFAULT_WATCHLIST,
) -> None:
    """Show every change with what every rule said of it.

    Example: watcher explain "Human trafficking" 1290000001 1290000002
    """
    from watcher.cli.explain import run_explain

    for line in run_explain(watchlist, title, old_rev, new_rev):
        typer.echo(line)


def status(
    form: Annotated[StatusFormat, typer.Option("--format", help="How to write it.")] = StatusFormat.TEXT,
    watchlist: WatchlistOption = DEFAULT_WATCHLIST,
) -> None:
    """Show watches, last checks, and queued and failed deliveries; exit 3 if overdue or undelivered.

    Example: watcher status --format json
    """
    from watcher.cli.status import print_status

    raise typer.Exit(print_status(watchlist, form))


def deliver(
    retry_dead: Annotated[bool, typer.Option("--retry-dead", help="Queue what was given up once more.")] = False,
    log: Annotated[bool, typer.Option("--log", help="Show each attempt at the last messages; send nothing.")] = False,
    watchlist: WatchlistOption = DEFAULT_WATCHLIST,
) -> None:
    """Send what is queued now.

    Example: watcher deliver --retry-dead
    """
    from watcher.cli.check import run_delivery, show_log

    raise typer.Exit(show_log(watchlist) if log else run_delivery(watchlist, retry_dead=retry_dead))


def serve(
    port: Annotated[
        int, typer.Option("--port", min=1, max=MAX_PORT, help="Where the review pages listen, on loopback.")
    ] = 8765,
    watchlist: WatchlistOption = DEFAULT_WATCHLIST,
) -> None:
    """Run the schedule and the review pages on this machine until stopped.

    Example: watcher serve --port 8765
    """
    from watcher.cli.serve import serve as run

    raise typer.Exit(run(watchlist, port=port))


_DEFAULT = Path("watchlist.toml")


def export(watchlist: WatchlistOption = _DEFAULT) -> None:
    """Print wikis, watches, destinations and mutes as JSON; addresses only where they are env:NAME.

    Example: watcher export > watchlist.json
    """
    from watcher.services.context import open_context
    from watcher.services.watchlist import export_json

    with open_context(watchlist) as services:
        typer.echo(export_json(services), nl=False)


def import_list(
    file: Annotated[str, typer.Argument(metavar="FILE", help="What `watcher export` printed; - for standard input.")],
    watchlist: WatchlistOption = _DEFAULT,
) -> None:
    """Add what an exported watchlist has and this one has not; what is here stays as it is.

    Example: watcher import watchlist.json
    """
    from watcher.cli.diff import read_text
    from watcher.services.context import open_context
    from watcher.services.watchlist import import_json
    from watcher.text import escape_control_characters

    text = read_text(file)
    with open_context(watchlist) as services:
        lines = import_json(services, text, file)
    for line in lines or ("nothing to add",):
        typer.echo(escape_control_characters(line))
