"""`watcher mute` and `watcher unmute`: suppress findings for a while."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from watcher.cli.watchlist import MAX_ID, WatchlistOption
from watcher.errors import ConfigError, Missing

if TYPE_CHECKING:
    from snapshots import Mute

_DEFAULT = Path("watchlist.toml")


def mute(
    title: Annotated[str | None, typer.Argument(help="A watched article (default: all of them).")] = None,
    rule: Annotated[
        str | None, typer.Option("--rule", help='A rule as `watcher explain` names it, or kinds ("reference.*").')
    ] = None,
    figure: Annotated[
        str | None, typer.Option("--figure", help="One statistic: words that stand in its sentence.")
    ] = None,
    until: Annotated[
        str | None, typer.Option("--until", help='A date ("2026-04-01") or how long ("7d"); default: for good.')
    ] = None,
    watchlist: WatchlistOption = _DEFAULT,
) -> None:
    """Keep findings back until a date or for good; without arguments, list what is muted.

    Example: watcher mute "Human trafficking" --figure "victims of forced labour" --until 7d
    """
    from watcher.services.context import open_context

    with open_context(watchlist) as services:
        now = services.now()
        if title is None and rule is None and figure is None:
            if until is not None:
                raise ConfigError("--until: name an article, a --rule or a --figure to mute until then")
            for line in [format_mute(mute) for mute in services.archive.mutes()] or ["nothing is muted"]:
                typer.echo(line)
            return
        watch = services.index.find(title)[0] if title else None
        made = services.archive.mute(
            now,
            wiki=watch.wiki if watch else None,
            title=watch.title if watch else None,
            rule=_rule(rule) if rule else None,
            words=_words(figure) if figure else None,
            until=_until(until, now) if until else None,
        )
    typer.echo(f"muted {format_mute(made)}; lift it with `watcher unmute {made.id}`")


def unmute(
    number: Annotated[
        int, typer.Argument(metavar="NUMBER", min=1, max=MAX_ID, help="The mute's number, as `watcher mute` lists it.")
    ],
    watchlist: WatchlistOption = _DEFAULT,
) -> None:
    """Lift a mute; what it kept back and still holds is queued as a summary.

    Example: watcher unmute 3
    """
    from watcher.services.context import open_context
    from watcher.services.mutes import end_mute

    with open_context(watchlist) as services:
        mute = next((mute for mute in services.archive.mutes() if mute.id == number), None)
        if mute is None:
            raise Missing(f"mute {number}: there is none; `watcher mute` lists them")
        count = end_mute(services, mute)
    kept = f"{count} summar{'y' if count == 1 else 'ies'} queued" if count else "nothing was kept back that still holds"
    typer.echo(f"lifted {format_mute(mute)}; {kept}")


def format_mute(mute: Mute) -> str:
    """A mute in a line: number, what it covers, how long."""
    from watcher.text import escape_control_characters

    parts = [mute.title or "all articles"]
    if mute.rule:
        parts.append(f"rule {mute.rule}")
    if mute.words:
        parts.append(f"“{mute.words}”")
    until = f"until {mute.until:%Y-%m-%d %H:%M} UTC" if mute.until else "for good"
    return escape_control_characters(f"{mute.id}: {', '.join(parts)}, {until}")


def _rule(name: str) -> str:
    from fnmatch import filter as matching

    from watcher.config import did_you_mean
    from watcher.judge import RULES
    from watcher.model import Kind

    known = [rule.__name__ for rule in RULES] + [kind.value for kind in Kind]
    if not matching(known, name):
        raise ConfigError(f"--rule {name}: names no rule and no kind of change{did_you_mean(name, known)}")
    return name


def _words(figure: str) -> str:
    words = " ".join(figure.split())
    if len(words) < 3:  # noqa: PLR2004  two letters stand in every sentence
        raise ConfigError("--figure: is too short; give some words of the statistic's sentence")
    return words


def _until(text: str, now: datetime) -> datetime:
    """A moment from a date, a time or a duration; it must lie ahead."""
    timestamp = now + _length(text) if text[-1:].isalpha() else _date(text)
    if timestamp <= now:
        raise ConfigError(f"--until {text}: is over; give a day to come")
    return timestamp


def _length(text: str) -> timedelta:
    from watcher.config import duration

    try:
        return duration(text)
    except ValueError as error:
        raise ConfigError(f"--until {text}: {error}") from None


def _date(text: str) -> datetime:
    try:
        timestamp = datetime.fromisoformat(text)
        return timestamp.replace(tzinfo=UTC) if timestamp.tzinfo is None else timestamp.astimezone(UTC)
    except (ValueError, OverflowError):  # an offset can lead out of the years that there are
        raise ConfigError(f'--until {text}: is no date; write "2026-04-01", or how long, "7d"') from None
