"""`watcher export` and `watcher import`: the watchlist with its mutes → a file, and into another installation."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from watcher.cli.watch import ListFile

_DEFAULT = Path("watchlist.toml")


def export(watchlist: ListFile = _DEFAULT) -> None:
    """Print wikis, watches, destinations and mutes as JSON; addresses only where they are env:NAME.

    Example: watcher export > watchlist.json
    """
    from flows.exchange import exported
    from flows.services import open_services

    with open_services(watchlist) as services:
        typer.echo(exported(services), nl=False)


def import_list(
    file: Annotated[str, typer.Argument(metavar="FILE", help="What `watcher export` printed; - for standard input.")],
    watchlist: ListFile = _DEFAULT,
) -> None:
    """Add what an exported watchlist has and this one has not; what is here stays as it is.

    Example: watcher import watchlist.json
    """
    from flows.exchange import imported
    from flows.services import open_services
    from flows.terminal import printable
    from watcher.cli.files import read_text

    text = read_text(file)
    with open_services(watchlist) as services:
        lines = imported(services, text, file)
    for line in lines or ("nothing to add",):
        typer.echo(printable(line))
