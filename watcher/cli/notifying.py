"""`watcher notify --test`: a sample alert to one destination or to all → how each took it."""

from __future__ import annotations

import secrets
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from watcher.cli.entry import UNDONE
from watcher.cli.watch import ListFile
from watcher.errors import ConfigError, DeliveryError

if TYPE_CHECKING:
    from datetime import datetime

    from watcher.config import Destination, Watchlist
    from watcher.model import Alert
    from watcher.notify import Wording

_DEFAULT = Path("watchlist.toml")


def notify(
    name: Annotated[str | None, typer.Argument(metavar="[NAME]", help="One destination (default: all).")] = None,
    test: Annotated[bool, typer.Option("--test", help="Send a sample, which is marked as a test.")] = False,
    watchlist: ListFile = _DEFAULT,
) -> None:
    """Send a sample alert and print how each destination took it; exit 3 when one did not.

    Example: watcher notify --test team
    """
    from flows.services import clock, read_watchlist
    from watcher.notify import Wording

    if not test:
        raise ConfigError("notify: give --test; alerts themselves are sent by `watcher deliver`")
    settings = read_watchlist(watchlist)
    wording = Wording(settings.templates)
    alert = sample(clock(), secrets.token_hex(8))
    failed = False
    for place in _chosen(settings, name):
        line, bad = _tried(wording, place, alert)
        failed = failed or bad
        typer.echo(line, err=bad)
    for mistake in wording.mistakes:
        typer.echo(f"✗ {mistake}", err=True)
    raise typer.Exit(UNDONE if failed or wording.mistakes else 0)


def _chosen(watchlist: Watchlist, name: str | None) -> list[Destination]:
    from watcher.config import closest

    names = [place.name for place in watchlist.destinations]
    if not names:
        raise ConfigError(f"{watchlist.path.name}: has no [[destination]]; add one, as `watcher init` shows it")
    if name is not None and name not in names:
        raise ConfigError(f"{name!r}: no [[destination]] has this name{closest(name, names)}")
    return [place for place in watchlist.destinations if name in (None, place.name)]


def _tried(wording: Wording, place: Destination, alert: Alert) -> tuple[str, bool]:
    from flows.terminal import printable

    try:
        wording.notify(alert, place.url.reveal(), f"{alert.key}-{place.name}")
    except DeliveryError as error:
        return printable(f"✗ {place.name}: {error}"), True
    return f"✓ {place.name}: accepted", False


def sample(now: datetime, key: str) -> Alert:
    """An alert about an article that does not exist."""
    from watcher.model import Alert, Article, Kind, Notice, Revision, Severity, Topic

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
        key=key, article=article, before=nothing, after=nothing, notices=(notice,), diff_url="", topic=Topic.TEST
    )
