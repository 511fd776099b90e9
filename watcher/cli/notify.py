"""`watcher notify --test`: send a sample alert to one destination or to all."""

from __future__ import annotations

import secrets
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from watcher.cli.entry_point import EXIT_RETRY
from watcher.cli.watchlist import WatchlistOption
from watcher.errors import ConfigError, DeliveryError

if TYPE_CHECKING:
    from datetime import datetime

    from watcher.config import Destination, Watchlist
    from watcher.model import Alert
    from watcher.notify import MessageRenderer

_DEFAULT = Path("watchlist.toml")


def notify(
    name: Annotated[str | None, typer.Argument(metavar="[NAME]", help="One destination (default: all).")] = None,
    test: Annotated[bool, typer.Option("--test", help="Send a sample, which is marked as a test.")] = False,
    watchlist: WatchlistOption = _DEFAULT,
) -> None:
    """Send a sample alert and print how each destination took it; exit 3 when one did not.

    Example: watcher notify --test team
    """
    from watcher.notify import MessageRenderer
    from watcher.services.context import clock, load_watchlist

    if not test:
        raise ConfigError("notify: give --test; alerts themselves are sent by `watcher deliver`")
    settings = load_watchlist(watchlist)
    wording = MessageRenderer(settings.templates)
    alert = sample(clock(), secrets.token_hex(8))
    failed = False
    for destination in _chosen(settings, name):
        line, bad = _tried(wording, destination, alert)
        failed = failed or bad
        typer.echo(line, err=bad)
    for problem in wording.template_errors:
        typer.echo(f"✗ {problem}", err=True)
    raise typer.Exit(EXIT_RETRY if failed or wording.template_errors else 0)


def _chosen(watchlist: Watchlist, name: str | None) -> list[Destination]:
    from watcher.config import did_you_mean

    names = [destination.name for destination in watchlist.destinations]
    if not names:
        raise ConfigError(f"{watchlist.path.name}: has no [[destination]]; add one, as `watcher init` shows it")
    if name is not None and name not in names:
        raise ConfigError(f"{name!r}: no [[destination]] has this name{did_you_mean(name, names)}")
    return [destination for destination in watchlist.destinations if name in (None, destination.name)]


def _tried(wording: MessageRenderer, destination: Destination, alert: Alert) -> tuple[str, bool]:
    from watcher.text import escape_control_characters

    try:
        wording.notify(alert, destination.url.get_secret_value(), f"{alert.key}-{destination.name}")
    except DeliveryError as error:
        return escape_control_characters(f"✗ {destination.name}: {error}"), True
    return f"✓ {destination.name}: accepted", False


def sample(now: datetime, key: str) -> Alert:
    """An alert about an article that does not exist."""
    from watcher.model import Alert, AlertTopic, Article, Kind, Notice, Revision, Severity

    article = Article(wiki="test", page_id=0, title="Sample article")
    nothing = Revision(article=article, id=0, parent_id=0, at=now, editor="Article Watcher", comment=None)
    notice = Notice(
        kind=Kind.STATISTIC_CHANGED,
        severity=Severity.HIGH,
        section=("Figures",),
        summary="21 million → 25 million visitors (+19 %), same source",
        new_sentence="In 2012, an estimated 25 million visitors came.",
        old_sentence="In 2012, an estimated 21 million visitors came.",
        reasons=("source-unchanged",),
    )
    return Alert(
        key=key, article=article, before=nothing, after=nothing, notices=(notice,), diff_url="", topic=AlertTopic.TEST
    )
