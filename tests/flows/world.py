"""A wiki on loopback, a clock and a watchlist: what a check needs, with short words for what happens there."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from flows.outcome import Outcome
from flows.services import Services, open_services
from flows.steps import check
from snapshots import Archive, Event, Posting
from watcher.demo.replay import ReplayWiki
from watcher.demo.shelf import Shelf
from watcher.model import Article

START = datetime(2026, 3, 4, 5, 6, tzinfo=UTC)
SOURCE = "<ref>{{cite web |title=Tidal survey |url=https://survey.example.org/1}}</ref>"
TEXT = f"""'''Tide''' is the rise and fall of the sea.

== Harbours ==
In 2012, the survey counted 21 million boats in all harbours.{SOURCE}

Every harbour keeps a table of its own on the wall.
"""
CHANGED = TEXT.replace("21 million", "25 million")
COPY_EDITED = TEXT.replace("a table of its own on the wall", "a table of its own on a wall")
VANDALISED = "boats are FAKE"
CRITICAL = TEXT.replace("the survey counted 21 million boats", "the survey counted 900 million boats")


class Clock:
    """A clock that the test sets."""

    def __init__(self) -> None:
        self.time = START

    def __call__(self) -> datetime:
        return self.time

    def pass_by(self, **length: float) -> None:
        self.time += timedelta(**length)


class World:
    """One wiki whose pages the test edits, and the watchlist in `folder` that watches some of them."""

    def __init__(self, folder: Path, wiki: ReplayWiki, clock: Clock, database: str = "sqlite:///watcher.db") -> None:
        self.folder, self.wiki, self.clock, self.database = folder, wiki, clock, database
        self.shelf: Shelf = wiki.shelf
        self.path = folder / "watchlist.toml"
        self.inbox = "json://127.0.0.1:9/"  # nothing listens there: a check alone sends nothing
        self.hosts = [f"127.0.0.1:{wiki.port}"]
        self.stream = ""  # where the wiki's edits are streamed, if not to the list of recent changes
        self.wishes = ""  # more lines of the destination, and more destinations
        self.watch("Tide")

    def watch(self, *titles: str, settle: str = "0", **more: Any) -> None:
        """Write the watchlist anew: these titles, each with the same wishes."""
        wishes = "".join(f"{name} = {_toml(value)}\n" for name, value in more.items())
        watches = "".join(
            f'\n[[watch]]\nwiki = "w"\ntitle = {_toml(title)}\nsettle = "{settle}"\n{wishes}' for title in titles
        )
        self.path.write_text(
            f'[watcher]\ncontact = "mailto:tests@example.org"\ndatabase = "{self.database}"\n'
            f"allowed_hosts = {_toml(self.hosts)}\n\n"
            f'[[wiki]]\nname = "w"\napi = "{self.wiki.api_url}"\nlanguage = "en"\n'
            f"{f'stream = {_toml(self.stream)}' if self.stream else ''}\n"
            f'{watches}\n[[destination]]\nname = "inbox"\nurl = "{self.inbox}"\n{self.wishes}',
            encoding="utf-8",
        )

    def edit(self, text: str, title: str = "Tide", **more: Any) -> int:
        """Save a revision a minute later; its id."""
        self.clock.pass_by(minutes=1)
        return self.shelf.edit(title, text, **more)

    @contextmanager
    def services(self) -> Iterator[Services]:
        """The services of one run, which never wait and try once."""
        with open_services(self.path, {}, now=self.clock, sleep=lambda _: None, attempts=1) as services:
            yield services

    def check(self) -> list[Outcome]:
        """One pass, a minute later."""
        self.clock.pass_by(minutes=1)
        with self.services() as services:
            return list(check(services, services.watchlist.watches))

    def told(self) -> str:
        """One pass over one watch: how it ended."""
        (outcome,) = self.check()
        return outcome.state.value

    @contextmanager
    def archive(self) -> Iterator[Archive]:
        with self.services() as services:
            yield services.archive

    def article(self, title: str = "Tide") -> Article:
        with self.archive() as archive:
            found = archive.known_as("w", title)
        assert found, title
        return found

    def events(self, title: str = "Tide") -> list[str]:
        """The kinds of what happened to a page, oldest first."""
        return [event.kind for event in self.happened(title)]

    def happened(self, title: str = "Tide") -> list[Event]:
        with self.archive() as archive:
            return list(archive.events(self.article(title)))[::-1]

    def stored(self, title: str = "Tide") -> list[int]:
        """The ids of the stored revisions of a page, oldest first."""
        with self.archive() as archive:
            return [revision.id for revision in archive.revisions(self.article(title))]

    def alerts(self) -> list[Posting]:
        """What is queued or sent, oldest first."""
        with self.archive() as archive:
            return list(archive.deliveries())[::-1]

    def set_back(self, text: str, title: str = "Tide", **earlier: float) -> int:
        """Save a newest revision with a time before the one it follows, as a server with a wrong clock does."""
        number = self.edit(text, title)
        leaf = self.shelf.by_title[title]
        leaf.revisions[-1] = replace(leaf.revisions[-1], at=leaf.revisions[-2].at - timedelta(**earlier))
        return number


def _toml(value: object) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, list):
        return f"[{', '.join(map(_toml, value))}]"
    return '"' + str(value).replace("\\", "\\\\").replace('"', '\\"') + '"'
