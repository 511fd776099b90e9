"""`watcher mute` and `watcher unmute`: what nobody wants to hear of for a while, and the catch-up at its end."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from watcher.cli.watch import MAX_ID, ListFile
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
    watchlist: ListFile = _DEFAULT,
) -> None:
    """Keep findings back until a date or for good; without arguments, list what is muted.

    Example: watcher mute "Human trafficking" --figure "victims of forced labour" --until 7d
    """
    from flows.services import open_services

    with open_services(watchlist) as services:
        now = services.now()
        if title is None and rule is None and figure is None:
            if until is not None:
                raise ConfigError("--until: name an article, a --rule or a --figure to mute until then")
            for line in [described(one) for one in services.archive.mutes()] or ["nothing is muted"]:
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
    typer.echo(f"muted {described(made)}; lift it with `watcher unmute {made.id}`")


def unmute(
    number: Annotated[
        int, typer.Argument(metavar="NUMBER", min=1, max=MAX_ID, help="The mute's number, as `watcher mute` lists it.")
    ],
    watchlist: ListFile = _DEFAULT,
) -> None:
    """Lift a mute; what it kept back and still holds is queued as a summary.

    Example: watcher unmute 3
    """
    from flows.muting import end_mute
    from flows.services import open_services

    with open_services(watchlist) as services:
        found = next((one for one in services.archive.mutes() if one.id == number), None)
        if found is None:
            raise Missing(f"mute {number}: there is none; `watcher mute` lists them")
        count = end_mute(services, found)
    kept = f"{count} summar{'y' if count == 1 else 'ies'} queued" if count else "nothing was kept back that still holds"
    typer.echo(f"lifted {described(found)}; {kept}")


def described(one: Mute) -> str:
    """A mute in a line: number, what it covers, how long."""
    from flows.terminal import printable

    parts = [one.title or "all articles"]
    if one.rule:
        parts.append(f"rule {one.rule}")
    if one.words:
        parts.append(f"“{one.words}”")
    until = f"until {one.until:%Y-%m-%d %H:%M} UTC" if one.until else "for good"
    return printable(f"{one.id}: {', '.join(parts)}, {until}")


def _rule(name: str) -> str:
    from fnmatch import filter as matching

    from watcher.config import closest
    from watcher.judge import RULES
    from watcher.model import Kind

    known = [rule.__name__ for rule in RULES] + [kind.value for kind in Kind]
    if not matching(known, name):
        raise ConfigError(f"--rule {name}: names no rule and no kind of change{closest(name, known)}")
    return name


def _words(figure: str) -> str:
    words = " ".join(figure.split())
    if len(words) < 3:  # noqa: PLR2004  two letters stand in every sentence
        raise ConfigError("--figure: is too short; give some words of the statistic's sentence")
    return words


def _until(text: str, now: datetime) -> datetime:
    """A moment from a date, a time or a duration; it must lie ahead."""
    moment = now + _length(text) if text[-1:].isalpha() else _date(text)
    if moment <= now:
        raise ConfigError(f"--until {text}: is over; give a day to come")
    return moment


def _length(text: str) -> timedelta:
    from watcher.config import duration

    try:
        return duration(text)
    except ValueError as error:
        raise ConfigError(f"--until {text}: {error}") from None


def _date(text: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
        return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    except (ValueError, OverflowError):  # an offset can lead out of the years that there are
        raise ConfigError(f'--until {text}: is no date; write "2026-04-01", or how long, "7d"') from None
