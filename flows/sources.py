"""A wiki's stream, or its list of recent changes → nudges for the watched pages among what passes by, until stopped."""

from __future__ import annotations

import logging
import random
import threading
import traceback
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from time import monotonic
from typing import Final, Protocol

from flows.nudges import Key, Nudges
from watcher.errors import Unavailable, WatcherError
from watcher.fetch import EventStream, Sighting

DEBOUNCE: Final = 0.3  # s: one edit often makes several entries
_FIRST_WAIT: Final = 1.0  # s
_LONGEST_WAIT: Final = 120.0
_LONGEST_ASKED: Final = 3_600.0  # s that a server may ask to be left alone; a timer has its own limits
# What a server gives again after a break reaches back a while; after a longer one all its pages are looked at.
_LONG_BREAK: Final = 60.0

_LOG = logging.getLogger("watcher")


class Titles:
    """Under which titles the watched pages of each wiki pass by; replaced as a whole when pages move."""

    def __init__(self, names: Mapping[Key, Key] | None = None) -> None:
        self._names: Mapping[Key, Key] = names or {}

    def learn(self, names: Mapping[Key, Key]) -> None:
        """Take (wiki, title on the wiki) → (wiki, title of the watch) in the place of what was known."""
        self._names = dict(names)

    def find(self, wiki: str, title: str) -> Key | None:
        """The watch that a title is of."""
        return self._names.get((wiki, title.replace("_", " ")))

    def of(self, wikis: Iterable[str]) -> list[Key]:
        """All watches of some wikis."""
        wanted = set(wikis)
        return list(dict.fromkeys(key for key in self._names.values() if key[0] in wanted))


@dataclass(slots=True, kw_only=True)
class Watchpost:
    """What a source needs: whom to nudge, which titles matter, and when to stop. `jitter` gives 0..1."""

    nudges: Nudges
    titles: Titles
    stop: threading.Event = field(default_factory=threading.Event)
    jitter: Callable[[], float] = random.random
    clock: Callable[[], float] = monotonic

    def saw(self, wiki: str | None, sighting: Sighting) -> None:
        """Nudge the watch of a page that passed by, if there is one."""
        key = self.titles.find(wiki, sighting.title) if wiki else None
        if key:
            self.nudges.add([key], DEBOUNCE)

    def rest(self, tries: int, asked: float | None) -> None:
        """Wait before the next try, longer each time; a stop ends it."""
        wait = min(_LONGEST_WAIT, _FIRST_WAIT * 2.0 ** min(tries - 1, 10)) * (0.5 + self.jitter() / 2)
        self.stop.wait(min(max(wait, asked or 0.0), _LONGEST_ASKED))


class Changes(Protocol):
    """The part of `watcher.fetch.RecentChanges` that is needed."""

    def poll(self) -> Iterable[Sighting]:
        """What came since the last poll."""


def keep_following(post: Watchpost, name: str, follow: Callable[[], None]) -> None:
    """Follow a source until stopped; after an error that nobody expected, begin again.

    A thread that ended by itself would look like a wiki without edits.
    """
    tries = 0
    while not post.stop.is_set():
        began = post.clock()
        try:
            follow()
        except Exception as error:  # noqa: BLE001  whatever it is, a source that is silent from now on is worse
            tries = 1 if post.clock() - began > _LONG_BREAK else tries + 1
            # Its place alone: the text of an unexpected error may hold anything that the server sent.
            place = traceback.extract_tb(error.__traceback__)[-1]
            kind = f"{type(error).__name__} at {Path(place.filename).name}:{place.lineno}"
            _LOG.warning("%s was stopped by an unexpected %s; it is followed again, report this", name, kind)
            post.rest(tries, None)


def follow_stream(post: Watchpost, stream: EventStream, hosts: Mapping[str, str]) -> None:
    """Nudge for what a stream tells of the wikis at these hosts (host → wiki), through all breaks, until stopped."""
    tries = 0
    alive_at: float | None = None

    def opened() -> None:
        nonlocal tries, alive_at
        now = post.clock()
        if alive_at is None or not stream.last_id or now - alive_at > _LONG_BREAK:
            post.nudges.add(post.titles.of(hosts.values()))
        tries, alive_at = 0, now

    while not post.stop.is_set():
        asked = stream.retry
        try:
            for sighting in stream.sightings(opened):
                alive_at = post.clock()
                if post.stop.is_set():
                    return
                post.saw(hosts.get(sighting.host or ""), sighting)
            told = "the stream was ended by its server; it is opened again"
        except Unavailable as error:
            told, asked = str(error), error.retry_after or stream.retry
        if not post.stop.is_set():
            tries += 1
            _LOG.info("%s", told)
            post.rest(tries, asked)


def follow_changes(post: Watchpost, changes: Changes, wiki: str, every: float) -> None:
    """Nudge for what a wiki's list of recent changes tells, asked every so many seconds, until stopped."""
    tries = 0
    post.nudges.add(post.titles.of([wiki]))
    while not post.stop.is_set():
        try:
            for sighting in changes.poll():
                post.saw(wiki, sighting)
        except WatcherError as error:
            tries += 1
            _LOG.info("%s", error)
            post.rest(tries, error.retry_after if isinstance(error, Unavailable) else _LONGEST_WAIT)
        else:
            tries = 0
            post.stop.wait(every)
