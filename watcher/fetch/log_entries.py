"""Read a wiki's log: who deleted, moved, protected or hid a page, and why."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from watcher.fetch.json_fields import iter_objects, maybe_name, query_part, require, timestamp


@dataclass(frozen=True, slots=True, kw_only=True)
class LogEntry:
    """An entry of the log, such as `delete/restore`; what the wiki hides of it is None."""

    id: int
    action: str
    at: datetime
    user: str | None
    comment: str | None


def parse_log_entries(where: str, answer: dict[str, Any]) -> Iterator[LogEntry]:
    """Yield the entries of an answer to list=logevents, newest first; Corrupt where one lacks its id or time."""
    for entry in iter_objects(where, query_part(where, answer), "logevents"):
        kind, action = require(where, entry, "type", str), require(where, entry, "action", str)
        yield LogEntry(
            id=require(where, entry, "logid", int),
            action=f"{kind}/{action}",
            at=timestamp(where, require(where, entry, "timestamp", str)),
            user=maybe_name(entry.get("user")),
            comment=maybe_name(entry.get("comment")),
        )
