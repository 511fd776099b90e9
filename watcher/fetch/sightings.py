"""What passes by in a wiki's recent changes in, the pages that it is about out."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from watcher.fetch.shapes import dicts, loads, maybe_int, maybe_str, moment, need, page_title, queried

# What can make a check worth while; others (categorize, external) follow from an edit elsewhere.
KINDS = frozenset({"edit", "new", "log"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Sighting:
    """A change of a page seen passing by: on which host, to which title, and the id that it has in its stream.

    `host` is a name as in the address of the wiki; None where the wiki itself was asked.
    """

    host: str | None
    title: str
    id: str
    revision_id: int | None = None


def sighting(text: str, event_id: str) -> Sighting | None:
    """The page of one event of a `recentchange` stream, None where it is about none or cannot be read.

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
    return Sighting(host=host.lower(), title=title, id=event_id, revision_id=number)


def recent(where: str, got: dict[str, Any]) -> Iterator[tuple[datetime, Sighting]]:
    """The entries of an answer to list=recentchanges, in the order given; Corrupt where one lacks its id or time."""
    for entry in dicts(where, queried(where, got), "recentchanges"):
        if entry.get("title"):  # absent where the entry's page is hidden
            yield (
                moment(where, need(where, entry, "timestamp", str)),
                Sighting(
                    host=None,
                    title=page_title(where, entry),
                    id=str(need(where, entry, "rcid", int)),
                    revision_id=maybe_int(entry.get("revid")) or None,
                ),
            )
