"""`watcher preview`: show what a watch would have sent over the last weeks, before anybody trusts it."""

from __future__ import annotations

import os
import sys
from datetime import timedelta
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from watcher.cli.options import DEFAULT_WATCHLIST, WatchlistOption, duration_option, progress
from watcher.errors import ConfigError

if TYPE_CHECKING:
    from watcher.config import Watch, Watchlist
    from watcher.report.preview import Preview
    from watcher.services.past import Past


class PreviewFormat(StrEnum):
    """The formats of a preview."""

    TEXT = "text"
    HTML = "html"
    JSON = "json"


def preview(  # noqa: PLR0913, PLR0917  each is an option of the command
    title: Annotated[str, typer.Argument(help="An article, watched or not, or a watched list of pages.")],
    wiki: Annotated[
        str | None, typer.Option("--wiki", help="The name of its [[wiki]], where there are several.")
    ] = None,
    since: Annotated[str, typer.Option("--since", metavar="LENGTH", help="How far to go back.")] = "90d",
    settle: Annotated[
        str | None, typer.Option("--settle", metavar="LENGTH", help="In place of the settle of the watch.")
    ] = None,
    threshold: Annotated[
        str | None, typer.Option("--threshold", metavar="SEVERITY", help="In place of the threshold of the watch.")
    ] = None,
    members: Annotated[int, typer.Option("--members", min=1, max=100, help="Pages of a list that are played.")] = 5,
    dump: Annotated[
        Path | None, typer.Option("--dump", metavar="FILE", help="Take the revisions of this MediaWiki XML export.")
    ] = None,
    offline: Annotated[bool, typer.Option("--offline", help="Take the revisions that are stored already.")] = False,
    form: Annotated[PreviewFormat, typer.Option("--format", help="The format of the output.")] = PreviewFormat.TEXT,
    watchlist: WatchlistOption = DEFAULT_WATCHLIST,
) -> None:
    """Play the past of an article to the real checks, and show which messages they would have made.

    Nothing is sent, and nothing of the installation changes.

    Example: watcher preview "Human trafficking" --since 90d --settle 1h
    """
    from watcher.report.preview import WRITERS
    from watcher.services.past import choose_watch, offline_past
    from watcher.services.startup import load_watchlist

    length = duration_option("--since", since)
    if length <= timedelta():
        raise ConfigError(f"--since {since}: is no time at all; write for example 90d")
    settings = load_watchlist(watchlist, validate_urls=False)
    watch = choose_watch(settings, title, wiki, {"settle": settle, "threshold": threshold})
    if dump is not None or offline:
        shown = _play(settings, watch, offline_past(settings, watch, dump, length))
    else:
        shown = _fetched(watchlist, settings, watch, length, members)
    sys.stdout.write(WRITERS[form.value](shown))


def _play(watchlist: Watchlist, watch: Watch, past: Past) -> Preview:
    from watcher.services.preview import preview as play

    with progress("Playing", "edits") as report:
        return play(watchlist, watch, past, progress=report)


def _fetched(path: Path, watchlist: Watchlist, watch: Watch, length: timedelta, members: int) -> Preview:
    from watcher.services.past import fetch_past
    from watcher.services.preview import open_preview, preview_list

    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "article-watcher"
    with open_preview(path, watchlist, cache) as services:
        if watch.source:
            with progress("Playing", "pages") as report:
                return preview_list(services, services.archive, watch, length, members, progress=report)
        client, now = services.client(watch.wiki), services.now()
        with progress("Fetching") as report:
            past = fetch_past(client, services.archive, watch.title, since=now - length, until=now, progress=report)
        return _play(watchlist, watch, past)
