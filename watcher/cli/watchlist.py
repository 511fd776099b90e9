"""`watcher init`, `add`, `pin`, `export` and `import`: write the watchlist."""

from __future__ import annotations

import os
from typing import Annotated

import typer

from watcher.cli.options import DEFAULT_WATCHLIST, WatchlistOption, print_line
from watcher.errors import ConfigError


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
    article: Annotated[str, typer.Argument(metavar="URL_OR_TITLE", help="The article's address or title.")],
    wiki: Annotated[
        str | None, typer.Option("--wiki", help="The wiki's name in the watchlist (default: the first).")
    ] = None,
    watchlist: WatchlistOption = DEFAULT_WATCHLIST,
) -> None:
    """Add an article to the watchlist after checking that it exists.

    Example: watcher add https://en.wikipedia.org/wiki/Forced_labour
    """
    from watcher.services.watchlist import add_article

    typer.echo(add_article(watchlist, article, wiki))


def pin(
    title: Annotated[str, typer.Argument(metavar="TITLE", help="A watched article.")],
    sentence: Annotated[str, typer.Argument(metavar="SENTENCE", help="A sentence, or five or more words of one.")],
    wiki: Annotated[str | None, typer.Option("--wiki", help="The wiki's name, where several have the title.")] = None,
    watchlist: WatchlistOption = DEFAULT_WATCHLIST,
) -> None:
    """Pin a sentence of an article: every change to it is reported.

    Where the article has no such sentence, nothing is pinned, and the closest one is shown.

    Example: watcher pin "Human trafficking" "Forced labour is a form of human trafficking."
    """
    from watcher.services.context import open_context
    from watcher.services.pins import pin_sentence

    with open_context(watchlist) as services:
        for watch in services.index.find(title, wiki):
            print_line(pin_sentence(services, watch, sentence))


def export(watchlist: WatchlistOption = DEFAULT_WATCHLIST) -> None:
    """Print wikis, watches, destinations and mutes as JSON; addresses only where they are env:NAME.

    Example: watcher export > watchlist.json
    """
    from watcher.services.context import open_context
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
    from watcher.services.context import open_context
    from watcher.services.watchlist import import_json

    text = read_text(file)
    with open_context(watchlist) as services:
        lines = import_json(services, text, file)
    for line in lines or ("nothing to add",):
        print_line(line)
