"""Reasons to look at a page, from several threads → the pages that are due, each once however often it was named."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable
from time import monotonic

Key = tuple[str, str]
"""A wiki's name and the title of a watch."""


class Nudges:
    """Which pages are due when; as many as there are watches at most. `clock` gives seconds that never go back."""

    def __init__(self, *, clock: Callable[[], float] = monotonic) -> None:
        self._clock = clock
        self._due: dict[Key, float] = {}
        self._changed = threading.Condition()
        self._closed = False

    def add(self, keys: Iterable[Key], after: float = 0.0) -> None:
        """Have pages looked at in so many seconds, or sooner where they are due sooner."""
        at = self._clock() + after
        with self._changed:
            for key in keys:
                self._due[key] = min(at, self._due.get(key, at))
            self._changed.notify_all()

    def take(self, timeout: float) -> list[Key]:
        """Wait until a page is due; all that are, the longest waiting first.

        Empty when `timeout` seconds are over, and after `close`.
        """
        end = self._clock() + timeout
        with self._changed:
            while not self._closed:
                now = self._clock()
                due = sorted((at, key) for key, at in self._due.items() if at <= now)
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
        """Wake whoever waits; nothing is due any more."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()
