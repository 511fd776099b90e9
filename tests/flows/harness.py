"""Provide a wiki on loopback, a clock and a watchlist for checks, with short names for what happens there."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Self

from snapshots import Archive, DeliveryRecord, FindingFilter, Mute, NewMute, PageEvent, ReviewedFinding, ReviewState
from tests.databases import empty_database
from tests.simulators import FakeWikiServer, WikiStore
from watcher.model import Article
from watcher.private_files import create_file
from watcher.services.alerting.delivery import DeliveryReport, deliver, deliver_due
from watcher.services.alerting.operator_alerts import queue_operator_alerts
from watcher.services.checks.check import check, end_mute
from watcher.services.checks.outcome import CheckOutcome, save_round
from watcher.services.context import AppContext
from watcher.services.operations.startup import open_context

START = datetime(2026, 3, 4, 5, 6, tzinfo=UTC)
SOURCE = "<ref>{{cite web |title=Tidal survey |url=https://survey.example.org/1}}</ref>"
TEXT = f"""'''Tide''' is the rise and fall of the sea.

== Harbours ==
In 2012, the survey counted 21 million boats in all harbours.{SOURCE}

Every harbour keeps a table of its own on the wall.
"""
CHANGED = TEXT.replace("21 million", "25 million")
COPY_EDITED = TEXT.replace("a table of its own on the wall", "a table of its own on a wall")
DATABASE = "sqlite:///watcher.db"
VANDALISED = "boats are FAKE"
CRITICAL = TEXT.replace("the survey counted 21 million boats", "the survey counted 900 million boats")


class Clock:
    """A clock that the test sets."""

    def __init__(self) -> None:
        self.time = START

    def __call__(self) -> datetime:
        return self.time

    def advance(self, **length: float) -> None:
        self.time += timedelta(**length)


class WikiHarness:
    """One wiki whose pages the test edits, and the watchlist in `folder` that watches some of them."""

    def __init__(self, folder: Path, wiki: FakeWikiServer, clock: Clock, database: str = DATABASE) -> None:
        self.folder, self.wiki, self.clock, self.database = folder, wiki, clock, database
        self.store: WikiStore = wiki.store
        self.path = folder / "watchlist.toml"
        self.receiver = "json://127.0.0.1:9/"  # nothing listens there: a check alone sends nothing
        self.hosts = [f"127.0.0.1:{wiki.port}"]
        self.grouping = "group_by = []"  # lines of [watcher]: what else is about grouping says so
        self.stream = ""  # where the wiki's edits are streamed, if not to the list of recent changes
        self.wiki_settings = ""  # more lines of the wiki
        self.extra_settings = ""  # more lines of the destination, and more destinations
        self.watch("Tide")
        self.database_file = folder / "watcher.db"
        if database == DATABASE and not self.database_file.exists():
            with os.fdopen(create_file(self.database_file), "wb") as file:
                file.write(empty_database())

    def watch(self, *titles: str, settle: str = "0", extra_settings: str | None = None, **more: Any) -> Self:
        """Write the watchlist anew: these titles, each with the same wishes."""
        if extra_settings is not None:
            self.extra_settings = extra_settings
        settings = "".join(f"{name} = {_toml(value)}\n" for name, value in more.items())
        watches = "".join(
            f'\n[[watch]]\nwiki = "w"\ntitle = {_toml(title)}\nsettle = "{settle}"\n{settings}' for title in titles
        )
        self.path.write_text(
            f'[watcher]\ncontact = "mailto:tests@example.org"\ndatabase = "{self.database}"\n'
            f"allowed_hosts = {_toml(self.hosts)}\n{self.grouping}\n\n"
            f'[[wiki]]\nname = "w"\napi = "{self.wiki.api_url}"\nlanguage = "en"\n'
            f"{f'stream = {_toml(self.stream)}' if self.stream else ''}\n{self.wiki_settings}\n"
            f'{watches}\n[[destination]]\nname = "inbox"\nurl = "{self.receiver}"\n{self.extra_settings}',
            encoding="utf-8",
        )
        # Written at the wiki's time: the first check validates the URLs, the next find a file older than that check.
        os.utime(self.path, (self.clock.time.timestamp(),) * 2)
        return self

    def edit(self, text: str, title: str = "Tide", **more: Any) -> int:
        """Save a revision a minute later; its id."""
        self.clock.advance(minutes=1)
        return self.store.edit(title, text, **more)

    def edit_and_check(self, text: str, title: str = "Tide", **more: Any) -> list[CheckOutcome]:
        """Save a revision, and make one pass after it."""
        self.edit(text, title, **more)
        return self.check()

    @contextmanager
    def services(self) -> Iterator[AppContext]:
        """The services of one run, which never wait and try once."""
        with open_context(self.path, {}, now=self.clock, sleep=lambda _: None, attempts=1) as services:
            yield services

    def check(self) -> list[CheckOutcome]:
        """One pass, a minute later."""
        self.clock.advance(minutes=1)
        with self.services() as services:
            return list(check(services, services.watchlist.watches))

    def deliver(self, **senders: Any) -> DeliveryReport:
        """Send what is due."""
        with self.services() as services:
            outbox, destinations = services.archive.outbox, services.watchlist.destinations
            return deliver(outbox, destinations, now=self.clock, owner="one", **senders)

    def deliver_due(self) -> DeliveryReport:
        """Send what is due as a run does."""
        with self.services() as services:
            return deliver_due(services)

    def alert_operators(self) -> None:
        with self.services() as services:
            queue_operator_alerts(services)

    def begin_mute(self, **parts: Any) -> Mute:
        with self.archive() as archive:
            return archive.mutes.begin(NewMute(**parts), self.clock())

    def end_mute(self, mute: Mute) -> int:
        with self.services() as services:
            return end_mute(services, mute)

    def findings(self, *states: ReviewState) -> list[ReviewedFinding]:
        """The stored findings in these states, by default in all, oldest first."""
        with self.archive() as archive:
            stored = archive.findings.search(FindingFilter(states=states), limit=99)
        return sorted(stored, key=lambda finding: finding.id)

    def make_empty_round(self) -> None:
        """A round of checks that reached no page."""
        with self.services() as services:
            save_round(services.archive, services.counts, "check", services.now())

    def check_state(self) -> str:
        """One pass over one watch: how it ended."""
        (outcome,) = self.check()
        return outcome.state.value

    def state_after(self, text: str, title: str = "Tide", **more: Any) -> str:
        """Save a revision, and make one pass over one watch: how it ended."""
        self.edit(text, title, **more)
        return self.check_state()

    def archive(self) -> Archive:
        """The database as another process opens it; a context closes it."""
        kind, _, name = self.database.partition("sqlite:///")
        return Archive(f"sqlite:///{self.folder / name}" if name else kind, now=self.clock)

    def article(self, title: str = "Tide") -> Article:
        with self.archive() as archive:
            article = archive.articles.find_by_title_or_former_title("w", title)
        assert article, title
        return article

    def events(self, title: str = "Tide") -> list[str]:
        """The kinds of what happened to a page, oldest first."""
        return [event.kind for event in self.happened(title)]

    def happened(self, title: str = "Tide") -> list[PageEvent]:
        with self.archive() as archive:
            return list(archive.events.of_article(self.article(title)))[::-1]

    def stored(self, title: str = "Tide") -> list[int]:
        """The ids of the stored revisions of a page, oldest first."""
        with self.archive() as archive:
            return [revision.id for revision in archive.revisions.of_article(self.article(title))]

    def alerts(self) -> list[DeliveryRecord]:
        """What is queued or sent, oldest first."""
        with self.archive() as archive:
            return list(archive.outbox.newest())[::-1]

    def set_back(self, text: str, title: str = "Tide", **earlier: float) -> int:
        """Save a newest revision with a time before the one it follows, as a server with a wrong clock does."""
        number = self.edit(text, title)
        leaf = self.store.by_title[title]
        leaf.revisions[-1] = replace(leaf.revisions[-1], at=leaf.revisions[-2].at - timedelta(**earlier))
        return number


@contextmanager
def small_wiki(folder: Path, database: str = DATABASE) -> Iterator[WikiHarness]:
    """A wiki with one page, "Tide", which is watched and was not checked yet."""
    clock = Clock()
    with FakeWikiServer(WikiStore(now=clock)) as wiki:
        made = WikiHarness(folder, wiki, clock, database)
        made.edit(TEXT)
        yield made


def _toml(value: object) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, dict):
        return f"{{ {', '.join(f'{key} = {_toml(item)}' for key, item in value.items())} }}"
    if isinstance(value, list):
        return f"[{', '.join(map(_toml, value))}]"
    return '"' + str(value).replace("\\", "\\\\").replace('"', '\\"') + '"'


def end_leases(archive: Archive, owner: str) -> None:
    """End all leases of a process that was killed, as time would."""
    with archive.database.connection() as connection:
        for table in ("article", "delivery", "watch_source", "wiki_lock"):
            connection.exec_driver_sql(
                f"UPDATE {table} SET lease_owner = NULL, lease_until = NULL WHERE lease_owner = '{owner}'"
            )
