"""Choose where a wiki's edits can be followed as they happen."""

from __future__ import annotations

from collections.abc import Collection
from typing import Final
from urllib.parse import urlsplit

from watcher.config import addresses

RECENT: Final = "recent-changes"
"""The list that every MediaWiki has, asked every few seconds."""
OFF: Final = "off"

# https://wikitech.wikimedia.org/wiki/Event_Platform/EventStreams_HTTP_Service
WIKIMEDIA: Final = "https://stream.wikimedia.org/v2/stream/recentchange"
_WIKIMEDIA_HOST: Final = "stream.wikimedia.org"
_DOMAINS: Final = (
    "wikipedia.org", "wiktionary.org", "wikinews.org", "wikiquote.org", "wikibooks.org", "wikisource.org",
    "wikiversity.org", "wikivoyage.org", "wikidata.org", "wikimedia.org", "mediawiki.org", "wikifunctions.org",
)  # fmt: skip


def validate_stream(value: str) -> str:
    """Return the address of an event stream, "recent-changes" or "off"; ValueError for anything else."""
    if value in (RECENT, OFF):
        return value
    try:
        return addresses.web_address(value, query=True)
    except ValueError as error:
        raise ValueError(f'{error}, or be "{RECENT}" or "{OFF}"') from error


def is_wikimedia(api: str) -> bool:
    """Whether a wiki's edits are in Wikimedia's own stream."""
    host = (urlsplit(api).hostname or "").lower()
    return any(host == domain or host.endswith(f".{domain}") for domain in _DOMAINS)


def default_stream(api: str, hosts: Collection[str]) -> str:
    """Wikimedia's stream for its wikis where its host is allowed, else recent changes."""
    return WIKIMEDIA if is_wikimedia(api) and _WIKIMEDIA_HOST in hosts else RECENT


def hosts_of(api: str) -> tuple[str, ...]:
    """Return the host that a wiki's edits are streamed from, where it is not the wiki's own."""
    return (_WIKIMEDIA_HOST,) if is_wikimedia(api) else ()
