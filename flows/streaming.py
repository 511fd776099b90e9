"""Edits as they happen → checks within seconds: the loop behind `watcher stream`, which needs no Prefect."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from pathlib import Path
from time import monotonic
from typing import Final
from urllib.parse import urlsplit

from flows.nudges import Key, Nudges
from flows.outcome import Outcome, State
from flows.posting import post
from flows.services import Services, clock, open_services, read_watchlist
from flows.sources import Titles, Watchpost, follow_changes, follow_stream, keep_following
from flows.steps import check
from watcher.config import Watch
from watcher.errors import ConfigError, StoreError, Unavailable
from watcher.fetch import EventStream, RecentChanges

RECENT_EVERY: Final = 3.0  # s between two looks at a wiki's recent changes
_DELIVER_EVERY: Final = 60.0  # s: for what was put off
_BUSY_WAIT: Final = 5.0
_FAILED_WAIT: Final = 30.0
_TURN: Final = 1.0  # s after which a stop or another watchlist is noticed
_CLOSING: Final = 5.0

_LOG = logging.getLogger("watcher")


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """Where the loop says what it does: each check's outcome, and what the deliveries ran into."""

    outcome: Callable[[Outcome], None]
    trouble: Callable[[str], None]


def stream(
    watchlist: Path,
    stop: threading.Event,
    told: Told,
    *,
    polling: bool = True,
    now: Callable[[], datetime] = clock,
) -> None:
    """Check pages when they are edited, and deliver, until `stop` is set; a changed watchlist is read again.

    With `polling` each page is also checked once in its own interval, so that nothing depends on the stream.
    Raises ConfigError and StoreError at the start; later ones are told, and tried again.
    """
    started = False
    while not stop.is_set():
        try:
            with open_services(watchlist, now=now) as services:
                started = True
                _Loop(services, stop, told, polling=polling).run()
        except (ConfigError, StoreError) as error:
            if not started:
                raise
            told.trouble(f"{error}; it is tried again")
            stop.wait(_FAILED_WAIT)


class _Loop:
    """The life of one reading of the watchlist."""

    def __init__(self, services: Services, stop: threading.Event, told: Told, *, polling: bool) -> None:
        self._services = services
        self._stop = stop
        self._told = told
        self._watches = {(watch.wiki, watch.title): watch for watch in services.watchlist.watches}
        self._post = Watchpost(nudges=Nudges(), titles=Titles())
        self._polled_at: dict[Key, float] = {} if polling else dict.fromkeys(self._watches, float("inf"))
        self._delivered_at = float("-inf")
        self._version = _version(services.watchlist.path)

    def run(self) -> None:
        """Look at what is due until the stop, or until the watchlist has changed."""
        self._learn()
        with _sources(self._services, self._post):
            while not self._stop.is_set() and not self._outdated():
                self._poll()
                keys = self._post.nudges.take(_TURN)
                try:
                    self._turn([self._watches[key] for key in keys if key in self._watches])
                except StoreError as error:
                    self._told.trouble(str(error))
                    self._post.nudges.add(keys, _FAILED_WAIT)
                    self._stop.wait(_BUSY_WAIT)

    def _poll(self) -> None:
        """The safety net: every page in its own interval, whatever the sources tell."""
        now = monotonic()
        due = [
            key
            for key, watch in self._watches.items()
            if now - self._polled_at.get(key, float("-inf")) >= watch.every.total_seconds()
        ]
        self._polled_at.update(dict.fromkeys(due, now))
        self._post.nudges.add(due)

    def _turn(self, watches: list[Watch]) -> None:
        for outcome in check(self._services, watches) if watches else ():
            self._told.outcome(outcome)
            again = _again(outcome, self._services)
            if again is not None:
                self._post.nudges.add([(outcome.watch.wiki, outcome.watch.title)], again)
        if watches:
            self._learn()
        if watches or monotonic() - self._delivered_at >= _DELIVER_EVERY:
            self._delivered_at = monotonic()
            report = post(self._services)
            for line in (*report.mistakes, *report.errors):
                self._told.trouble(line)

    def _learn(self) -> None:
        """Know pages by the titles that they have now, too."""
        names = {key: key for key in self._watches}
        articles = self._services.index.articles()
        for key in self._watches:
            article = articles.get(key)
            if article is not None:
                names.setdefault((article.wiki, article.title), key)
        self._post.titles.learn(names)

    def _outdated(self) -> bool:
        """Whether the watchlist is another one now; one with a mistake is told of once, and the old one kept."""
        path = self._services.watchlist.path
        version = _version(path)
        if version == self._version:
            return False
        self._version = version
        try:
            read_watchlist(path)
        except ConfigError as error:
            self._told.trouble(f"{error}; the watchlist that was read before is kept")
            return False
        return True


def _version(path: Path) -> object:
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_mtime_ns, found.st_size, found.st_ino


def _again(outcome: Outcome, services: Services) -> float | None:
    """In how many seconds a page is worth another look that nobody will nudge for."""
    if outcome.until is not None:
        return max((outcome.until - services.now()).total_seconds(), 0.0) + 1.0
    if outcome.state is State.BUSY:
        return _BUSY_WAIT
    return _FAILED_WAIT if isinstance(outcome.error, Unavailable) else None


@contextmanager
def _sources(services: Services, watchpost: Watchpost) -> Iterator[None]:
    """A thread for each stream and each list of recent changes, for as long as the body runs."""
    streams: dict[str, dict[str, str]] = {}
    jobs: list[tuple[str, Callable[[], None]]] = []
    for wiki in dict.fromkeys(watch.wiki for watch in services.watchlist.watches):
        site = services.watchlist.wiki(wiki)
        address = site.stream
        if address == "recent-changes":
            changes = RecentChanges(services.client(wiki).recent)
            follow = partial(follow_changes, watchpost, changes, wiki, RECENT_EVERY)
            jobs.append((f"the list of recent changes of {wiki}", follow))
        elif address != "off":
            streams.setdefault(address, {})[(urlsplit(site.api).hostname or "").lower()] = wiki
    opened = {
        address: EventStream(
            address,
            contact=services.watchlist.contact,
            allowed_hosts=services.watchlist.allowed_hosts,
            now=services.now,
        )
        for address in streams
    }
    for address, events in opened.items():
        follow = partial(follow_stream, watchpost, events, streams[address])
        jobs.append((f"the stream at {urlsplit(address).hostname}", follow))
    threads = [threading.Thread(target=keep_following, args=(watchpost, *job), daemon=True) for job in jobs]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        watchpost.stop.set()
        watchpost.nudges.close()
        for events in opened.values():
            events.close()
        for thread in threads:
            thread.join(_CLOSING)
