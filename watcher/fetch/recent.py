"""A wiki's list of recent changes, asked again and again → each change once."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Final

from watcher.fetch.sightings import Sighting

FULL: Final = 500
"""Entries that an answer has at most."""
WINDOW: Final = timedelta(seconds=30)
"""A change is listed a while after its own time, and so after later ones: the last seconds are asked for again."""
_BEGINNING: Final = datetime(2001, 1, 15, tzinfo=UTC)  # no wiki is older

Ask = Callable[[datetime | None], Sequence[tuple[datetime, Sighting]]]


class RecentChanges:
    """Remembers how far it has seen. `ask` is `WikiClient.recent`, whose errors pass through."""

    def __init__(self, ask: Ask) -> None:
        self._ask = ask
        self._last: datetime | None = None
        self._start = _BEGINNING
        self._seen: dict[str, datetime] = {}

    def poll(self) -> tuple[Sighting, ...]:
        """What came since the last poll, each entry once; the first poll only finds out where the list stands."""
        if self._last is None:
            self._last = max((at for at, _ in self._ask(None)), default=_BEGINNING)
            self._start = self._last - WINDOW
            self._seen = {one.id: at for at, one in self._ask(self._start)}
            return ()
        entries = self._ask(self._start)
        fresh = tuple(one for _, one in entries if one.id not in self._seen)
        self._seen |= {one.id: at for at, one in entries}
        self._move_on(entries, stuck=not fresh and len(entries) >= FULL)
        return fresh

    def _move_on(self, entries: Sequence[tuple[datetime, Sighting]], *, stuck: bool) -> None:
        """Ask from later on, and forget what is before."""
        assert self._last is not None
        reached = max([self._last, *(at for at, _ in entries)])
        # As many changes as fill an answer within the window would be asked for again for ever.
        self._start = max(self._start, self._last if stuck else reached - WINDOW)
        if stuck and self._start == reached:
            self._start += timedelta(seconds=1)
        self._last = reached
        self._seen = {number: at for number, at in self._seen.items() if at >= self._start}
