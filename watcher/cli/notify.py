"""`watcher notify --test`: send a sample alert to one destination or to all."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING, Annotated

import typer

from watcher.cli.options import DEFAULT_WATCHLIST, EXIT_RETRY, WatchlistOption, print_line
from watcher.errors import ConfigError, DeliveryError

if TYPE_CHECKING:
    from datetime import datetime

    from watcher.config import Destination, Watchlist
    from watcher.model import Alert


def notify(
    name: Annotated[str | None, typer.Argument(metavar="[NAME]", help="One destination (default: all).")] = None,
    test: Annotated[bool, typer.Option("--test", help="Send a sample that is marked as a test.")] = False,
    watchlist: WatchlistOption = DEFAULT_WATCHLIST,
) -> None:
    """Send a sample alert and print whether each destination accepted it; exit 3 when one did not.

    Example: watcher notify --test team
    """
    from watcher.notify import MessageRenderer
    from watcher.services.context import clock, load_watchlist
    from watcher.services.delivery import receiver_of

    if not test:
        raise ConfigError("notify: give --test; alerts themselves are sent by `watcher deliver`")
    settings = load_watchlist(watchlist)
    renderer = MessageRenderer(settings.templates)
    alert = sample(clock(), secrets.token_hex(8))
    failed = False
    for destination in _chosen(settings, name):
        try:
            renderer.notify(alert, receiver_of(destination), f"{alert.key}-{destination.name}")
        except DeliveryError as error:
            failed = True
            print_line(f"✗ {destination.name}: {error}", err=True)
        else:
            typer.echo(f"✓ {destination.name}: accepted")
    for problem in renderer.template_errors:
        print_line(f"✗ {problem}", err=True)
    raise typer.Exit(EXIT_RETRY if failed or renderer.template_errors else 0)


def _chosen(watchlist: Watchlist, name: str | None) -> list[Destination]:
    from watcher.config import did_you_mean

    names = [destination.name for destination in watchlist.destinations]
    if not names:
        raise ConfigError(f"{watchlist.path.name}: has no [[destination]]; add one, as `watcher init` shows it")
    if name is not None and name not in names:
        raise ConfigError(f"{name!r}: no [[destination]] has this name{did_you_mean(name, names)}")
    return [destination for destination in watchlist.destinations if name in (None, destination.name)]


def sample(now: datetime, key: str) -> Alert:
    """Return an alert about an article that does not exist."""
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
