"""`watcher web`: the review pages alone, without a schedule, until told to stop."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated

import typer

from watcher.cli.watch import MAX_PORT, ListFile

_DEFAULT = Path("watchlist.toml")


def web(
    port: Annotated[int, typer.Option("--port", min=0, max=MAX_PORT, help="Where the review pages listen.")] = 8765,
    host: Annotated[
        str, typer.Option("--host", help="The address to listen on; others than loopback need a user.")
    ] = "127.0.0.1",
    watchlist: ListFile = _DEFAULT,
) -> None:
    """Serve the review pages alone until stopped; `watcher serve` has the schedule too.

    Example: watcher web --port 8765
    """
    from flows.services import clock, open_services
    from watcher.cli.serving import until_told
    from watcher.web import app, first_link, serve

    with open_services(watchlist, attempts=2) as services, until_told():
        site = app(
            services.archive,
            services.watchlist,
            now=clock,
            services=services,
            prefect_ui=os.environ.get("PREFECT_UI_URL"),
        )
        serve(site, host=host, port=port, ready=lambda taken: _say(host, taken, first_link(site, host, taken)))


def _say(host: str, port: int, link: str | None) -> None:
    typer.echo(f"review pages: http://{f'[{host}]' if ':' in host else host}:{port}/   stop: Ctrl-C")
    if link:
        typer.echo(f"nobody can sign in yet; this opens them for deciding, once, within 15 minutes: {link}")
        typer.echo("for later: watcher user add NAME --scope admin")
