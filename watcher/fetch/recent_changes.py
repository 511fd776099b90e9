"""Poll a wiki's list of recent changes, giving each change once."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from watcher.fetch.json_fields import (
    iter_objects,
    loads,
    maybe_int,
    maybe_str,
    page_title,
    query_part,
    require,
    timestamp,
)

# Types after which a check is useful; others (categorize, external) follow from an edit elsewhere.
KINDS = frozenset({"edit", "new", "log"})


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeEvent:
    """A change of a page: on which host, to which title, and its id in the stream or list.

    `host` is a name as in the address of the wiki; None where the wiki itself was asked.
    """

    host: str | None
    title: str
    id: str
    revision_id: int | None = None


def parse_event(text: str, event_id: str) -> ChangeEvent | None:
    """Decode an event of a `recentchange` stream; None where it is about no page or cannot be read.

    Schema: https://schema.wikimedia.org/repositories/primary/jsonschema/mediawiki/recentchange
    """
    try:
        got = loads(text)
    except (ValueError, RecursionError):
        return None
    if not isinstance(got, dict) or not isinstance(got.get("type"), str) or got["type"] not in KINDS:
        return None
    host, title = maybe_str(got.get("server_name")), maybe_str(got.get("title"))
    if not host or not title:
        return None
    revision = got.get("revision")
    number = maybe_int(revision.get("new")) if isinstance(revision, dict) else None
    return ChangeEvent(host=host.lower(), title=title, id=event_id, revision_id=number)


def parse_recent_changes(where: str, got: dict[str, Any]) -> Iterator[tuple[datetime, ChangeEvent]]:
    """Decode an answer to list=recentchanges, in order; raises Corrupt where an entry lacks its id or time."""
    for entry in iter_objects(where, query_part(where, got), "recentchanges"):
        if entry.get("title"):  # absent where the entry's page is hidden
            yield (
                timestamp(where, require(where, entry, "timestamp", str)),
                ChangeEvent(
                    host=None,
                    title=page_title(where, entry),
                    id=str(require(where, entry, "rcid", int)),
                    revision_id=maybe_int(entry.get("revid")) or None,
                ),
            )


FULL: Final = 500
"""Entries that an answer has at most."""
OVERLAP: Final = timedelta(seconds=30)
"""A change is listed a while after its own time, and so after later ones: the last seconds are asked for again."""
_BEGINNING: Final = datetime(2001, 1, 15, tzinfo=UTC)  # no wiki is older

Ask = Callable[[datetime | None], Sequence[tuple[datetime, ChangeEvent]]]


class RecentChanges:
    """Polls a wiki's changes, each once. `ask` is `WikiClient.recent`, whose errors pass through."""

    def __init__(self, ask: Ask) -> None:
        self._ask = ask
        self._last: datetime | None = None
        self._start = _BEGINNING
        self._seen: dict[str, datetime] = {}

    def poll(self) -> tuple[ChangeEvent, ...]:
        """Return the changes since the last poll, each once; the first poll only finds the end of the list."""
        if self._last is None:
            self._last = max((at for at, _ in self._ask(None)), default=_BEGINNING)
            self._start = self._last - OVERLAP
            self._seen = {event.id: at for at, event in self._ask(self._start)}
            return ()
        entries = self._ask(self._start)
        fresh = tuple(event for _, event in entries if event.id not in self._seen)
        self._seen |= {event.id: at for at, event in entries}
        self._move_on(entries, stuck=not fresh and len(entries) >= FULL)
        return fresh

    def _move_on(self, entries: Sequence[tuple[datetime, ChangeEvent]], *, stuck: bool) -> None:
        """Move the start of the next request, and forget the entries before it."""
        assert self._last is not None
        reached = max([self._last, *(at for at, _ in entries)])
        # More changes within the overlap than fit an answer would be asked for again forever.
        self._start = max(self._start, self._last if stuck else reached - OVERLAP)
        if stuck and self._start == reached:
            self._start += timedelta(seconds=1)
        self._last = reached
        self._seen = {number: at for number, at in self._seen.items() if at >= self._start}
