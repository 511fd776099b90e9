"""`watcher init`, `add`, `remove`, `list`, `pin`, `mute`, `export` and `import`: what is watched, and what is muted."""

from __future__ import annotations

import os
import sys
from contextlib import suppress
from datetime import UTC, datetime, time, timedelta
from typing import TYPE_CHECKING, Annotated

import typer
from typer import Argument, Option

from watcher.cli import app
from watcher.errors import ConfigError

if TYPE_CHECKING:
    from snapshots import Mute
    from watcher.config import Watch, Watchlist


WikiOption = Annotated[str | None, Option("--wiki", help="The name of the wiki, if several have the title.")]


def init(watchlist: app.WatchlistOption = app.DEFAULT_WATCHLIST) -> None:
    """Write a commented watchlist.toml that watches "Human trafficking" on English Wikipedia.

    Example: watcher init
    """
    from watcher.config import default_watchlist
    from watcher.private_files import create_file

    try:
        with os.fdopen(create_file(watchlist), "w", encoding="utf-8") as file:
            file.write(default_watchlist())
    except FileExistsError:
        raise ConfigError(f"{watchlist}: exists already and was not changed; edit it, or name another file") from None
    except OSError as error:
        raise ConfigError(f"{watchlist}: cannot be written ({error.strerror}); choose another folder") from None
    typer.echo(f"{watchlist}: written. Put your address into `contact`, then: watcher check")


def add(
    articles: Annotated[list[str], Argument(metavar="URL_OR_TITLE...", help="Addresses or titles of pages.")],
    wiki: Annotated[str | None, Option(help="The wiki's name in the watchlist (default: the first).")] = None,
    members: Annotated[
        bool | None,
        Option("--members/--page", help="Watch the pages of the category, or linked from it; or the page itself."),
    ] = None,
    watchlist: app.WatchlistOption = app.DEFAULT_WATCHLIST,
) -> None:
    """Add articles to the watchlist after checking that they exist, or the members of a category.

    For a category, it asks which is meant, unless an option says so. A URL with #Heading watches that section.

    Example: watcher add https://en.wikipedia.org/wiki/Forced_labour
    """
    from watcher.services.watchlist import add_entries

    def choose(title: str, is_category: bool) -> bool | None:
        if members is not None or not is_category:
            return bool(members)
        return typer.confirm(f"{title}: watch its members (y), or the page itself (n)?") if sys.stdin.isatty() else None

    app.print_lines(add_entries(watchlist, articles, wiki, choose))


def remove(
    names: Annotated[list[str], Argument(metavar="NAME...", help="Titles, or lists as `watcher list` prints them.")],
    wiki: WikiOption = None,
    watchlist: app.WatchlistOption = app.DEFAULT_WATCHLIST,
) -> None:
    """Remove articles or lists from the watchlist; their stored data is kept.

    Example: watcher remove "Human trafficking"
    """
    from watcher.services.watchlist import remove_entries

    app.print_lines(remove_entries(watchlist, names, wiki))


def list_watches(
    name: Annotated[str | None, Argument(metavar="[LIST]", help="Print the members of this list.")] = None,
    watchlist: app.WatchlistOption = app.DEFAULT_WATCHLIST,
) -> None:
    """Print what is watched, with the settings that differ from the defaults; or the members of one list.

    Example: watcher list
    """
    from watcher.report.labels import counted

    with app.open_context(watchlist) as services:
        if name is not None:
            sources = [watch for watch in services.watchlist.sources if watch.source == name]
            if not sources:
                raise ConfigError(f"{name!r}: is not a list in {watchlist}; `watcher list` prints them")
            app.print_lines(services.index.member_titles(sources[0]))
            return
        stored = {(source.wiki, source.key): source for source in services.archive.members.sources()}
        for watch in services.watchlist.watches:
            app.print_line("  ".join(filter(None, (watch.wiki, watch.title, _own_settings(services.watchlist, watch)))))
        for watch in services.watchlist.sources:
            source = stored.get((watch.wiki, watch.source))
            count = counted(source.members if source else 0, "member")
            parts = (watch.wiki, watch.source, count, _own_settings(services.watchlist, watch))
            app.print_line("  ".join(filter(None, parts)))


def _own_settings(watchlist: Watchlist, watch: Watch) -> str:
    """Return the settings of a watch that differ from the defaults, in TOML."""
    from watcher.config import toml_value
    from watcher.config.settings import WATCH_SETTINGS

    usual = type(watch).model_construct(destinations=tuple(each.name for each in watchlist.destinations))
    names = [name for name in WATCH_SETTINGS if getattr(watch, name) != getattr(usual, name)]
    return ", ".join(f"{name} = {toml_value(getattr(watch, name))}" for name in names)


def pin(
    title: Annotated[str, Argument(metavar="TITLE", help="A watched article.")],
    sentence: Annotated[str, Argument(metavar="SENTENCE", help="A sentence, or five or more words of one.")],
    instead_of: Annotated[str | None, Option(help="Words of a pinned sentence that it replaces.")] = None,
    wiki: WikiOption = None,
    watchlist: app.WatchlistOption = app.DEFAULT_WATCHLIST,
) -> None:
    """Pin a sentence of an article: every change to it is reported.

    If the article has no such sentence, nothing is pinned, and the closest one is shown. With --instead-of, a new
    wording is accepted in one step.

    Example: watcher pin "Human trafficking" "trade of humans for the purpose of forced labour"
    """
    from watcher.services.watchlist import pin_sentence

    with app.open_context(watchlist) as services:
        watches = services.index.find(title, wiki)
        app.print_lines(pin_sentence(services, watch, sentence, instead_of=instead_of) for watch in watches)


def unpin(
    title: Annotated[str, Argument(metavar="TITLE", help="A watched article.")],
    words: Annotated[str, Argument(metavar="WORDS", help="A pinned sentence, or words that only it has.")],
    wiki: WikiOption = None,
    watchlist: app.WatchlistOption = app.DEFAULT_WATCHLIST,
) -> None:
    """Remove a pinned sentence from the watchlist; its changes are then judged like others.

    Example: watcher unpin "Human trafficking" "trade of humans"
    """
    from watcher.services.watchlist import unpin_sentence

    with app.open_context(watchlist) as services:
        app.print_lines(unpin_sentence(services, watch, words) for watch in services.index.find(title, wiki))


def mute(
    title: Annotated[str | None, Argument(help="A watched article (default: all of them).")] = None,
    rule: Annotated[str | None, Option(help='A rule as `watcher explain` names it, or kinds ("reference.*").')] = None,
    figure: Annotated[str | None, Option(help="One statistic: words of its sentence.")] = None,
    wiki: WikiOption = None,
    until: Annotated[str | None, Option(help='The last day ("2026-04-01"), a time or how long ("7d").')] = None,
    watchlist: app.WatchlistOption = app.DEFAULT_WATCHLIST,
) -> None:
    """Suppress findings until a date or permanently; without arguments, list the mutes.

    Example: watcher mute "Human trafficking" --figure "victims of forced labour" --until 7d
    """
    from watcher.services.alerting.mutes import begin_mute

    with app.open_context(watchlist) as services:
        now = services.now()
        if title is None and rule is None and figure is None:
            if until is not None:
                raise ConfigError("--until: name an article, a --rule or a --figure to mute until then")
            app.print_lines(map(format_mute, services.archive.mutes.list_open()), "nothing is muted")
            return
        ends = _end_of(until, now) if until else None
        made = begin_mute(services, title=title or "", wiki=wiki, rule=rule or "", words=figure or "", until=ends)
    app.print_line(f"muted {format_mute(made)}; end it with `watcher unmute {made.id}`")


def _end_of(until: str, now: datetime) -> datetime:
    """Return the end of a mute: after a duration, at a time, or at the end of a day or week; UTC without a zone."""
    from watcher.config import last_day

    try:
        if until[-1].isalpha() and until[-1] != "Z":
            ends = now + app.duration_option("--until", until)
        else:
            ends = datetime.fromisoformat(until)
            ends = ends.replace(tzinfo=UTC) if ends.tzinfo is None else ends.astimezone(UTC)
            with suppress(ValueError):
                ends = datetime.combine(last_day(until), time(), UTC) + timedelta(days=1)
    except OverflowError:  # the end of its day, or its time in UTC
        raise ConfigError(f"--until {until}: is beyond the year 9999; leave --until out to mute permanently") from None
    except ValueError:
        raise ConfigError(f'--until {until}: is not a date; write "2026-04-01", or how long, "7d"') from None
    if ends <= now:
        raise ConfigError(f"--until {until}: is in the past; give a later time")
    return ends


def unmute(
    number: Annotated[
        int, Argument(metavar="NUMBER", min=1, max=app.MAX_ID, help="The mute's number, as `watcher mute` lists it.")
    ],
    watchlist: app.WatchlistOption = app.DEFAULT_WATCHLIST,
) -> None:
    """End a mute; a summary of the suppressed findings that are still current is queued.

    Example: watcher unmute 3
    """
    from watcher.services.alerting.mutes import open_mute
    from watcher.services.checks.check import end_mute

    with app.open_context(watchlist) as services:
        mute = open_mute(services, number)
        count = end_mute(services, mute)
    summary = (
        f"{count} summar{'y' if count == 1 else 'ies'} queued" if count else "no suppressed finding is still current"
    )
    app.print_line(f"ended: {format_mute(mute)}; {summary}")


def format_mute(mute: Mute) -> str:
    """Return a mute as one line: its number, what it covers, and its end."""
    parts = [mute.title or "all articles"]
    if mute.rule:
        parts.append(f"rule {mute.rule}")
    if mute.words:
        parts.append(f"“{mute.words}”")
    until = f"until {app.utc(mute.until)}" if mute.until else "permanently"
    return f"{mute.id}: {', '.join(parts)}, {until}"


def export(watchlist: app.WatchlistOption = app.DEFAULT_WATCHLIST) -> None:
    """Print wikis, watches, destinations and mutes as JSON; URLs of destinations only if they are env:NAME.

    Example: watcher export > watchlist.json
    """
    from watcher.services.watchlist import export_json

    with app.open_context(watchlist) as services:
        typer.echo(export_json(services), nl=False)


def import_list(
    file: Annotated[str, Argument(metavar="FILE", help="The output of `watcher export`; - for standard input.")],
    watchlist: app.WatchlistOption = app.DEFAULT_WATCHLIST,
) -> None:
    """Add the entries of an exported watchlist that this one lacks; existing entries are not changed.

    Example: watcher import watchlist.json
    """
    from watcher.cli.diff import read_text
    from watcher.services.watchlist import import_json

    text = read_text(file)
    with app.open_context(watchlist) as services:
        lines = import_json(services, text, file)
    app.print_lines(lines, "nothing to add")
