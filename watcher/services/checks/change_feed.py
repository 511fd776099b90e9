"""Follow a wiki's event stream or recent changes, and mark the watched pages that appear there as due."""

from __future__ import annotations

import logging
import random
import threading
import traceback
from array import array
from bisect import bisect_left
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from itertools import chain
from pathlib import Path
from time import monotonic
from typing import Final

from watcher.backoff import Backoff
from watcher.errors import Unavailable, WatcherError
from watcher.fetch import ChangeEvent, EventStream, RecentChanges

Key = tuple[str, str]
"""A wiki's name and the title of a watch."""


class DueQueue:
    """A thread-safe queue of pages by due time, without duplicates; `clock` returns monotonic seconds."""

    def __init__(self, *, clock: Callable[[], float] = monotonic) -> None:
        self._clock = clock
        self._due: dict[Key, float] = {}
        self._changed = threading.Condition()
        self._closed = False

    def add(self, keys: Iterable[Key], after: float = 0.0) -> None:
        """Make pages due in `after` seconds, unless they are already due sooner."""
        at = self._clock() + after
        with self._changed:
            for key in keys:
                self._due[key] = min(at, self._due.get(key, at))
            self._changed.notify_all()

    def take(self, timeout: float, most: int | None = None) -> list[Key]:
        """Wait until pages are due, then remove and return at most `most` of them; [] after `timeout` s or `close`."""
        end = self._clock() + timeout
        with self._changed:
            while not self._closed:
                now = self._clock()
                due = sorted((at, key) for key, at in self._due.items() if at <= now)[:most]
                if due:
                    for _, key in due:
                        del self._due[key]
                    return [key for _, key in due]
                until = min([end, *self._due.values()])
                if now >= end:
                    return []
                self._changed.wait(max(until - now, 0.001))
            return []

    def close(self) -> None:
        """End every wait; from now on nothing is due."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()


DEBOUNCE: Final = 0.3  # s: one edit often makes several entries
_BACKOFF: Final = Backoff(first=1.0, longest=120.0)
_MAX_RETRY_AFTER: Final = 3_600.0  # s; a longer Retry-After is cut, since timers have their own limits
# Seconds. After a short break the server repeats the missed events; after a longer one all its pages are checked.
_LONG_BREAK: Final = 60.0

_MAX_JOINED: Final = 5_000  # pages; if more join a list at once, the rest are checked at their usual intervals

_LOG = logging.getLogger("watcher")


class TitleIndex:
    """An index of watches by the current and former titles of their pages: (wiki, title) → (wiki, title of the watch).

    For the members of lists, perhaps a million, only a 64-bit hash is kept, which takes eight megabytes. A page that
    was found by its hash must be looked up in the database before it is checked.
    """

    def __init__(self, names: Mapping[Key, Key] | None = None) -> None:
        self._watches = dict(names or {})
        self._moved: dict[Key, Key] = {}
        self._members: array[int] = array("q")

    def set_members(self, keys: Iterable[Key]) -> list[Key]:
        """Replace the indexed members of lists, whose watches have the titles of their pages.

        Return the members that were not indexed before, at most a few thousand.
        """
        numbers, joined = array("q"), list[Key]()
        for key in keys:
            numbers.append(hash(key))
            if len(joined) < _MAX_JOINED and not self._is_member(key):
                joined.append(key)
        self._members = array("q", sorted(numbers))
        self._moved = {name: key for name, key in self._moved.items() if key in self._watches}
        return joined

    def add(self, name: Key, key: Key) -> None:
        """Index a watch under its page's current title, too, unless that is the title of another watch.

        The watch of a list's member always has its page's title, so a moved member is found under its new title.
        """
        if name != key:
            self._moved |= {name: key} if key in self._watches else {name: name, key: name}

    def find(self, wiki: str, title: str) -> Key | None:
        """Return the key of the watch for a title; None if no watch has it."""
        name = wiki, title.replace("_", " ")
        return self._watches.get(name) or self._moved.get(name) or (name if self._is_member(name) else None)

    def _is_member(self, name: Key) -> bool:
        number, members = hash(name), self._members
        at = bisect_left(members, number)
        return at < len(members) and members[at] == number

    def of(self, wikis: Iterable[str]) -> list[Key]:
        """Return all watches of some wikis, without members of lists, which are checked at their usual intervals."""
        requested = set(wikis)
        return list(dict.fromkeys(key for key in self._watches.values() if key[0] in requested))


@dataclass(slots=True, kw_only=True)
class ChangeListener:
    """The state that sources of changes share: due queue, title index and stop event; `jitter` returns 0..1.

    `last_change_at` is the time of the last change reported by each source.
    """

    due_queue: DueQueue
    titles: TitleIndex
    last_change_at: dict[object, datetime] = field(default_factory=dict)
    stop: threading.Event = field(default_factory=threading.Event)
    jitter: Callable[[], float] = random.random
    clock: Callable[[], float] = monotonic

    def on_change(self, wikis: Collection[str], event: ChangeEvent, source: object = None) -> None:
        """Make the watches of a changed page due, if it has any; `wikis` are the wikis that it may belong to."""
        if event.at is not None:
            self.last_change_at[source] = event.at
        if keys := [key for wiki in wikis if (key := self.titles.find(wiki, event.title))]:
            self.due_queue.add(keys, DEBOUNCE)

    def back_off(self, tries: int, retry_after: float | None) -> None:
        """Wait before the next attempt, longer each time, unless stopped."""
        self.stop.wait(min(_BACKOFF.delay(tries, self.jitter(), retry_after), _MAX_RETRY_AFTER))


def keep_following(listener: ChangeListener, name: str, follow: Callable[[], None]) -> None:
    """Follow a source until stopped; start again after an unexpected error.

    A thread that ended without a trace would look like a wiki without edits.
    """
    tries = 0
    while not listener.stop.is_set():
        began = listener.clock()
        try:
            follow()
        except Exception as error:  # noqa: BLE001  a source that stays silent would be worse than any error
            tries = 1 if listener.clock() - began > _LONG_BREAK else tries + 1
            # Only the location is logged: the text of an unexpected error may contain anything that the server sent.
            location = traceback.extract_tb(error.__traceback__)[-1]
            kind = f"{type(error).__name__} at {Path(location.filename).name}:{location.lineno}"
            _LOG.warning("%s was stopped by an unexpected %s; it is followed again, please report this", name, kind)
            listener.back_off(tries, None)


def follow_stream(listener: ChangeListener, stream: EventStream, hosts: Mapping[str, Collection[str]]) -> None:
    """Make due the pages that a stream reports for these hosts (host → its wikis); reconnect until stopped."""
    tries = 0
    alive_at: float | None = None

    def opened() -> None:
        nonlocal alive_at
        now = listener.clock()
        if alive_at is None or not stream.last_id or now - alive_at > _LONG_BREAK:
            listener.due_queue.add(listener.titles.of(chain.from_iterable(hosts.values())))
        alive_at = now

    while not listener.stop.is_set():
        retry_after, began = stream.retry, listener.clock()
        try:
            for event in stream.events(opened):
                tries, alive_at = 0, listener.clock()
                if listener.stop.is_set():
                    return
                listener.on_change(hosts.get(event.host or "", ()), event, stream)
            reported = "the stream was ended by its server; it is opened again"
        except Unavailable as error:
            reported, retry_after = str(error), error.retry_after or stream.retry
        if not listener.stop.is_set():
            # Back off if the connection ended soon: a web page in place of the stream would be requested each second.
            tries = 1 if listener.clock() - began > _LONG_BREAK else tries + 1
            _LOG.info("%s", reported)
            listener.back_off(tries, retry_after)


def follow_changes(listener: ChangeListener, changes: RecentChanges, wiki: str, every: float) -> None:
    """Make due the pages in a wiki's recent changes, which are polled every `every` seconds until stopped."""
    tries = 0
    listener.due_queue.add(listener.titles.of([wiki]))
    while not listener.stop.is_set():
        try:
            for event in changes.poll():
                listener.on_change([wiki], event, changes)
        except WatcherError as error:
            tries += 1
            _LOG.info("%s", error)
            listener.back_off(tries, error.retry_after if isinstance(error, Unavailable) else _BACKOFF.longest)
        else:
            tries = 0
            listener.stop.wait(every)
