"""`watcher init`, `add`, `remove`, `list`, `pin`, `export` and `import`: write the watchlist and print it."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING, Annotated

import typer

from watcher.cli.app import DEFAULT_WATCHLIST, WatchlistOption, open_context, print_line, print_lines
from watcher.errors import ConfigError

if TYPE_CHECKING:
    from watcher.config import Watch, Watchlist


WikiOption = Annotated[str | None, typer.Option("--wiki", help="The wiki's name, where several have the title.")]


def init(watchlist: WatchlistOption = DEFAULT_WATCHLIST) -> None:
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
    articles: Annotated[list[str], typer.Argument(metavar="URL_OR_TITLE...", help="Addresses or titles of pages.")],
    wiki: Annotated[
        str | None, typer.Option("--wiki", help="The wiki's name in the watchlist (default: the first).")
    ] = None,
    members: Annotated[
        bool | None,
        typer.Option("--members/--page", help="Watch the pages in the category, or linked from the page; or itself."),
    ] = None,
    watchlist: WatchlistOption = DEFAULT_WATCHLIST,
) -> None:
    """Add articles to the watchlist after checking that they exist, or the members of a category.

    Of a category it asks which is meant, unless an option says so. An address with #Heading watches that section.

    Example: watcher add https://en.wikipedia.org/wiki/Forced_labour
    """
    from watcher.services.watchlist import add_entries

    def choose(title: str, is_category: bool) -> bool | None:
        if members is not None or not is_category:
            return bool(members)
        return typer.confirm(f"{title}: watch its members (y), or the page itself (n)?") if sys.stdin.isatty() else None

    print_lines(add_entries(watchlist, articles, wiki, choose))


def remove(
    names: Annotated[list[str], typer.Argument(metavar="NAME...", help="Titles, or lists as `watcher list` has them.")],
    wiki: WikiOption = None,
    watchlist: WatchlistOption = DEFAULT_WATCHLIST,
) -> None:
    """Take articles or lists out of the watchlist; what is stored of them stays.

    Example: watcher remove "Human trafficking"
    """
    from watcher.services.watchlist import remove_entries

    print_lines(remove_entries(watchlist, names, wiki))


def list_watches(
    name: Annotated[str | None, typer.Argument(metavar="[LIST]", help="Print the members of this list.")] = None,
    watchlist: WatchlistOption = DEFAULT_WATCHLIST,
) -> None:
    """Print what is watched, with the settings that are not the default ones; or the members of one list.

    Example: watcher list
    """
    from watcher.report.labels import counted

    with open_context(watchlist) as services:
        if name is not None:
            sources = [watch for watch in services.watchlist.sources if watch.source == name]
            if not sources:
                raise ConfigError(f"{name!r}: is no list of {watchlist}; `watcher list` prints them")
            print_lines(services.index.member_titles(sources[0]))
            return
        stored = {(source.wiki, source.key): source for source in services.archive.members.sources()}
        for watch in services.watchlist.watches:
            print_line("  ".join(filter(None, (watch.wiki, watch.title, _own_settings(services.watchlist, watch)))))
        for watch in services.watchlist.sources:
            source = stored.get((watch.wiki, watch.source))
            count = counted(source.members if source else 0, "member")
            parts = (watch.wiki, watch.source, count, _own_settings(services.watchlist, watch))
            print_line("  ".join(filter(None, parts)))


def _own_settings(watchlist: Watchlist, watch: Watch) -> str:
    """Return the settings of a watch that are not the default ones, as the file has them."""
    from watcher.config import toml_value
    from watcher.config.settings import WATCH_SETTINGS

    usual = type(watch).model_construct(destinations=tuple(each.name for each in watchlist.destinations))
    names = [name for name in WATCH_SETTINGS if getattr(watch, name) != getattr(usual, name)]
    return ", ".join(f"{name} = {toml_value(getattr(watch, name))}" for name in names)


def pin(
    title: Annotated[str, typer.Argument(metavar="TITLE", help="A watched article.")],
    sentence: Annotated[str, typer.Argument(metavar="SENTENCE", help="A sentence, or five or more words of one.")],
    instead_of: Annotated[
        str | None, typer.Option("--instead-of", help="Words of a pinned sentence whose place it takes.")
    ] = None,
    wiki: WikiOption = None,
    watchlist: WatchlistOption = DEFAULT_WATCHLIST,
) -> None:
    """Pin a sentence of an article: every change to it is reported.

    Where the article has no such sentence, nothing is pinned, and the closest one is shown. With --instead-of a new
    wording is accepted in one step.

    Example: watcher pin "Human trafficking" "trade of humans for the purpose of forced labour"
    """
    from watcher.services.watchlist import pin_sentence

    with open_context(watchlist) as services:
        watches = services.index.find(title, wiki)
        print_lines(pin_sentence(services, watch, sentence, instead_of=instead_of) for watch in watches)


def unpin(
    title: Annotated[str, typer.Argument(metavar="TITLE", help="A watched article.")],
    words: Annotated[str, typer.Argument(metavar="WORDS", help="A pinned sentence, or words that only it has.")],
    wiki: WikiOption = None,
    watchlist: WatchlistOption = DEFAULT_WATCHLIST,
) -> None:
    """Take a pinned sentence out of the watchlist; its changes are judged like others from then on.

    Example: watcher unpin "Human trafficking" "trade of humans"
    """
    from watcher.services.watchlist import unpin_sentence

    with open_context(watchlist) as services:
        print_lines(unpin_sentence(services, watch, words) for watch in services.index.find(title, wiki))


def export(watchlist: WatchlistOption = DEFAULT_WATCHLIST) -> None:
    """Print wikis, watches, destinations and mutes as JSON; addresses only where they are env:NAME.

    Example: watcher export > watchlist.json
    """
    from watcher.services.watchlist import export_json

    with open_context(watchlist) as services:
        typer.echo(export_json(services), nl=False)


def import_list(
    file: Annotated[str, typer.Argument(metavar="FILE", help="The output of `watcher export`; - for standard input.")],
    watchlist: WatchlistOption = DEFAULT_WATCHLIST,
) -> None:
    """Add the entries of an exported watchlist that this one lacks; existing entries are not changed.

    Example: watcher import watchlist.json
    """
    from watcher.cli.diff import read_text
    from watcher.services.watchlist import import_json

    text = read_text(file)
    with open_context(watchlist) as services:
        lines = import_json(services, text, file)
    print_lines(lines, "nothing to add")
