"""Decode what action=parse says of a page as readers see it, and of the pages that it was made from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Final

from watcher.fetch.json_fields import iter_objects, maybe_name, page_title, require, timestamp

_MOST_SOURCES: Final = 5_000
# Parser output that is made under another class is neither read from the parser cache nor saved to it
# (ParserOptions::isSafeToCache); the usual class stays beside it.
UNCACHED: Final = "mw-parser-output mw-parser-output-again"
PROPERTIES: Final = "text|templates|revid|properties|limitreportdata"


@dataclass(frozen=True, slots=True, kw_only=True)
class Rendering:
    """A page as readers see it: HTML that strangers wrote, and what it was made from.

    `templates` are the titles of all pages that are transcluded, directly or not, each with its namespace; `item` is
    the page's item of the wiki's data repository. `is_transient` says that the wiki will soon make it anew, because
    it depends on the time. `at` is when it was made, by the wiki's clock.
    """

    revision_id: int
    html: str = field(repr=False)
    templates: Mapping[str, int]
    item: str | None
    is_transient: bool
    at: datetime


def parse_rendering(where: str, answer: dict[str, Any]) -> Rendering:
    """Decode an answer to action=parse."""
    parsed = require(where, answer, "parse", dict)
    templates = {
        page_title(where, entry): require(where, entry, "ns", int) for entry in iter_objects(where, parsed, "templates")
    }
    properties = parsed.get("properties")
    reported = {str(entry.get("name")): entry.get("0") for entry in iter_objects(where, parsed, "limitreportdata")}
    return Rendering(
        revision_id=require(where, parsed, "revid", int),
        html=require(where, parsed, "text", str),
        templates=dict([*templates.items()][:_MOST_SOURCES]),
        item=maybe_name(properties.get("wikibase_item")) if isinstance(properties, dict) else None,
        is_transient=bool(reported.get("cachereport-transientcontent")),
        at=_made_at(where, answer, reported.get("cachereport-timestamp")),
    )


def _made_at(where: str, answer: dict[str, Any], cached: object) -> datetime:
    """Return when a page was rendered: what comes from the parser cache is older than its answer."""
    try:
        return datetime.strptime(str(cached), "%Y%m%d%H%M%S").replace(tzinfo=UTC)
    except ValueError:
        return timestamp(where, require(where, answer, "curtimestamp", str))
