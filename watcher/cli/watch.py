"""The commands around a watchlist: init, add, check, explain, status, deliver, serve."""

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

ListFile = Annotated[
    Path, typer.Option("--watchlist", envvar="WATCHER_WATCHLIST", help="The watchlist file.", show_default=True)
]
_DEFAULT = Path("watchlist.toml")


class StatusFormat(StrEnum):
    """How the state is written."""

    TEXT = "text"
    JSON = "json"


def init(watchlist: ListFile = _DEFAULT) -> None:
    """Write a commented watchlist.toml that watches "Human trafficking" on English Wikipedia.

    Example: watcher init
    """
    from watcher.config import template
    from watcher.private_files import create_file

    try:
        with os.fdopen(create_file(watchlist), "w", encoding="utf-8") as file:
            file.write(template())
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
    watchlist: ListFile = _DEFAULT,
) -> None:
    """Add an article to the watchlist after looking that it exists.

    Example: watcher add https://en.wikipedia.org/wiki/Forced_labour
    """
    from flows.adding import add_article

    typer.echo(add_article(watchlist, article, wiki))


def check(
    titles: Annotated[list[str] | None, typer.Argument(metavar="[TITLE]...", help="Only these articles.")] = None,
    watchlist: ListFile = _DEFAULT,
) -> None:
    """Make one pass now: fetch, compare, store, queue and deliver; a line an article.

    Example: watcher check "Human trafficking"
    """
    from watcher.cli.checking import run

    raise typer.Exit(run(watchlist, titles or []))


def explain(
    title: Annotated[str, typer.Argument(help="A watched article.")],
    old_rev: Annotated[int, typer.Argument(metavar="OLD_REV", min=1, max=MAX_ID, help="Revision id before.")],
    new_rev: Annotated[int, typer.Argument(metavar="NEW_REV", min=1, max=MAX_ID, help="Revision id after.")],
    watchlist: ListFile = _DEFAULT,
) -> None:
    """Show every change with what every rule said of it.

    Example: watcher explain "Human trafficking" 1290000001 1290000002
    """
    from watcher.cli.explaining import run

    for line in run(watchlist, title, old_rev, new_rev):
        typer.echo(line)


def status(
    form: Annotated[StatusFormat, typer.Option("--format", help="How to write it.")] = StatusFormat.TEXT,
    watchlist: ListFile = _DEFAULT,
) -> None:
    """Show watches, last checks, and queued and failed deliveries; exit 3 if overdue or undelivered.

    Example: watcher status --format json
    """
    from watcher.cli.state import run

    raise typer.Exit(run(watchlist, form))


def deliver(
    retry_dead: Annotated[bool, typer.Option("--retry-dead", help="Queue what was given up once more.")] = False,
    log: Annotated[bool, typer.Option("--log", help="Show each attempt at the last messages; send nothing.")] = False,
    watchlist: ListFile = _DEFAULT,
) -> None:
    """Send what is queued now.

    Example: watcher deliver --retry-dead
    """
    from watcher.cli.checking import run_delivery, show_log

    raise typer.Exit(show_log(watchlist) if log else run_delivery(watchlist, retry_dead=retry_dead))


def serve(
    port: Annotated[
        int, typer.Option("--port", min=1, max=MAX_PORT, help="Where the review pages listen, on loopback.")
    ] = 8765,
    watchlist: ListFile = _DEFAULT,
) -> None:
    """Run the schedule and the review pages on this machine until stopped.

    Example: watcher serve --port 8765
    """
    from watcher.cli.serving import serve as run

    raise typer.Exit(run(watchlist, port=port))
