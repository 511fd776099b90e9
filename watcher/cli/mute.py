"""`watcher mute` and `watcher unmute`: suppress findings for a while."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated

import typer

from watcher.cli.options import DEFAULT_WATCHLIST, MAX_ID, WatchlistOption, duration_option, print_line, utc
from watcher.errors import ConfigError

if TYPE_CHECKING:
    from snapshots import Mute


def mute(
    title: Annotated[str | None, typer.Argument(help="A watched article (default: all of them).")] = None,
    rule: Annotated[
        str | None, typer.Option("--rule", help='A rule as `watcher explain` names it, or kinds ("reference.*").')
    ] = None,
    figure: Annotated[str | None, typer.Option("--figure", help="One statistic: words of its sentence.")] = None,
    wiki: Annotated[str | None, typer.Option("--wiki", help="The wiki's name, where several have the title.")] = None,
    until: Annotated[
        str | None, typer.Option("--until", help='A date ("2026-04-01") or how long ("7d"); default: permanently.')
    ] = None,
    watchlist: WatchlistOption = DEFAULT_WATCHLIST,
) -> None:
    """Suppress findings until a date or permanently; without arguments, list the mutes.

    Example: watcher mute "Human trafficking" --figure "victims of forced labour" --until 7d
    """
    from watcher.services.mutes import begin_mute
    from watcher.services.startup import open_context

    with open_context(watchlist) as services:
        now = services.now()
        if title is None and rule is None and figure is None:
            if until is not None:
                raise ConfigError("--until: name an article, a --rule or a --figure to mute until then")
            for line in [format_mute(mute) for mute in services.archive.mutes.list_open()] or ["nothing is muted"]:
                print_line(line)
            return
        ends = _until(until, now) if until else None
        made = begin_mute(services, title=title or "", wiki=wiki, rule=rule or "", words=figure or "", until=ends)
    print_line(f"muted {format_mute(made)}; end it with `watcher unmute {made.id}`")


def unmute(
    number: Annotated[
        int, typer.Argument(metavar="NUMBER", min=1, max=MAX_ID, help="The mute's number, as `watcher mute` lists it.")
    ],
    watchlist: WatchlistOption = DEFAULT_WATCHLIST,
) -> None:
    """End a mute; a summary of the suppressed findings that are still current is queued.

    Example: watcher unmute 3
    """
    from watcher.services.catch_up import end_mute
    from watcher.services.mutes import open_mute
    from watcher.services.startup import open_context

    with open_context(watchlist) as services:
        mute = open_mute(services, number)
        count = end_mute(services, mute)
    summary = (
        f"{count} summar{'y' if count == 1 else 'ies'} queued" if count else "no suppressed finding is still current"
    )
    print_line(f"ended: {format_mute(mute)}; {summary}")


def format_mute(mute: Mute) -> str:
    """Return a mute in a line: number, what it covers, how long."""
    parts = [mute.title or "all articles"]
    if mute.rule:
        parts.append(f"rule {mute.rule}")
    if mute.words:
        parts.append(f"“{mute.words}”")
    until = f"until {utc(mute.until)}" if mute.until else "permanently"
    return f"{mute.id}: {', '.join(parts)}, {until}"


def _until(text: str, now: datetime) -> datetime:
    """Return a time in the future, from a date, a time or a duration."""
    try:
        timestamp = now + duration_option("--until", text) if text[-1:].isalpha() else datetime.fromisoformat(text)
        timestamp = timestamp.replace(tzinfo=UTC) if timestamp.tzinfo is None else timestamp.astimezone(UTC)
    except (ValueError, OverflowError):  # an offset can lead out of the years that there are
        raise ConfigError(f'--until {text}: is no date; write "2026-04-01", or how long, "7d"') from None
    if timestamp <= now:
        raise ConfigError(f"--until {text}: is in the past; give a later time")
    return timestamp
