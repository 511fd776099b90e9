"""`watcher web`: serve the review pages alone, without a schedule."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated

import typer

from watcher.cli.watchlist import MAX_PORT, WatchlistOption

_DEFAULT = Path("watchlist.toml")


def web(
    port: Annotated[int, typer.Option("--port", min=0, max=MAX_PORT, help="Where the review pages listen.")] = 8765,
    host: Annotated[
        str, typer.Option("--host", help="The address to listen on; others than loopback need a user.")
    ] = "127.0.0.1",
    watchlist: WatchlistOption = _DEFAULT,
) -> None:
    """Serve the review pages alone until stopped; `watcher serve` has the schedule too.

    Example: watcher web --port 8765
    """
    from watcher.cli.serve import until_signalled
    from watcher.services.context import clock, open_context
    from watcher.web import bootstrap_link, create_app, serve

    with open_context(watchlist, attempts=2) as services, until_signalled():
        site = create_app(
            services.archive,
            services.watchlist,
            now=clock,
            services=services,
            prefect_ui=os.environ.get("PREFECT_UI_URL"),
        )
        serve(
            site,
            host=host,
            port=port,
            ready=lambda taken: _print_address(host, taken, bootstrap_link(site, host, taken)),
        )


def _print_address(host: str, port: int, link: str | None) -> None:
    typer.echo(f"review pages: http://{f'[{host}]' if ':' in host else host}:{port}/   stop: Ctrl-C")
    if link:
        typer.echo(f"nobody can sign in yet; this opens them for deciding, once, within 15 minutes: {link}")
        typer.echo("for later: watcher user add NAME --scope admin")
