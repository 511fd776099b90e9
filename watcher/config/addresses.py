"""Read configured addresses strictly: what two programs may read as two different hosts is refused.

Which host is asked decides what may be sent and whether it must be encrypted, so the allow-list, the HTTP library and
the person who reads the file have to see the same one. RFC 3986 is laxer than that, and browsers differ from it
(https://url.spec.whatwg.org/#concept-host-parser). Also choose where a wiki's edits can be followed as they happen.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Collection
from typing import Final
from urllib.parse import SplitResult, urlsplit

LAST_PORT: Final = 65_535
_LABEL: Final = r"[A-Za-z0-9_](?:[A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?"
_NAME: Final = re.compile(rf"(?=.{{1,253}}$){_LABEL}(?:\.{_LABEL})*\.?")
# Whole, with what may stand in each part, so that nothing is left to a parser's leniency.
_ADDRESS: Final = re.compile(
    r"(?P<scheme>https?)://(?P<host>\[[0-9A-Fa-f:.]+\]|[^/?#:\[\]@]+)(?::(?P<port>[0-9]{1,5}))?(?P<rest>[/?].*)?",
    re.IGNORECASE,
)
_UNSEEN: Final = re.compile(r"[^\x21-\x7e]|[\\<>\"^`{|}]")
# inet_aton takes 0x7f.1, 2130706433 and 127.1 for addresses; a name whose last label is a number is none.
_NUMBER: Final = re.compile(r"0[xX][0-9A-Fa-f]*|[0-9]+")
# Apprise's services that are given as host and port; with others a number after the host is part of a token.
_BY_HOST: Final = frozenset(
    "json jsons xml xmls form forms mailto mailtos http https ntfy ntfys gotify gotifys".split()
)


def web_address(value: str, *, query: bool = False) -> str:
    """Return an http or https address that can be read in one way only; ValueError says what is wrong with it.

    Path and query are of ASCII as in the address bar of a browser that was copied; `query` says whether there may be
    a query, which nothing that extends a path can have.
    """
    if not value.lower().startswith(("https://", "http://")):
        raise ValueError("must be a web address that starts with https:// or http://")
    authority = re.split(r"[/?#\\]", value.partition("://")[2], maxsplit=1)[0]
    if "@" in authority:
        raise ValueError("must not hold a user name or password; take it out")
    if "#" in value:
        raise ValueError("must not have a fragment (#…), which is never sent; take it out")
    if _UNSEEN.search(value):
        raise ValueError(
            "must be a web address in plain ASCII without blanks and backslashes; other letters in a host are xn--…"
        )
    parts = _ADDRESS.fullmatch(value)
    if parts is None or not _is_host(parts["host"]):
        raise ValueError("must be a web address with a host name or an IP address, and no zone; correct the host")
    if parts["port"] is not None and not 0 < int(parts["port"]) <= LAST_PORT:
        raise ValueError(f"has a port that is none; write 1 to {LAST_PORT}, or leave it out")
    if not query and "?" in value:
        raise ValueError("must not have a query (?…); take it out")
    return value


def check_service(url: str) -> None:
    """Refuse a notification URL with characters that hide its host; ValueError does not repeat it, for it is a secret.

    User names, passwords and fragments are how Apprise takes tokens and channels, except in the host's own place.
    """
    if any(not letter.isprintable() for letter in url) or "\\" in url:
        raise ValueError("has a control character, an invisible one or a backslash; write it percent-encoded")
    scheme, _, rest = url.partition("://")
    if scheme.lower() not in _BY_HOST:
        return
    authority = re.split(r"[/?#]", rest, maxsplit=1)[0]
    if "#" in rest and "@" in rest.partition("#")[2] and "@" not in authority:
        raise ValueError("has its @ behind a #, so its host can be read in two ways; write # as %23")
    try:
        parts: SplitResult | None = urlsplit(url)
        port = parts.port if parts else None
    except ValueError:
        parts, port = None, None
    if parts is None or port == 0 or "%" in (parts.hostname or ""):
        raise ValueError(f"has a host or a port that is none; write a port from 1 to {LAST_PORT}, or leave it out")


def _is_host(host: str) -> bool:
    """Return a name of ASCII labels, an IPv4 address in its four decimal numbers, or an IPv6 address in brackets."""
    try:
        if host.startswith("["):
            ipaddress.IPv6Address(host[1:-1])
            return True
        if _NUMBER.fullmatch(host.rstrip(".").rpartition(".")[2]):
            ipaddress.IPv4Address(host)
            return True
    except ValueError:
        return False
    return _NAME.fullmatch(host) is not None


def database_mistake(url: str) -> str | None:
    """Return what is wrong with the characters or the port of a database's URL, without the URL, which is a secret."""
    if any(not letter.isprintable() for letter in url):
        return "has a control character or an invisible one; write it percent-encoded"
    if url.startswith("sqlite"):
        return None
    authority = re.split(r"[/?]", url.partition("://")[2].rpartition("@")[2], maxsplit=1)[0]
    port = re.search(r":([0-9]+)$", authority)
    if "\\" in authority or "#" in authority or "%" in authority:
        return "has a host that can be read in two ways; write a host name or an IP address, and : and a port"
    if port and not 0 < int(port[1][:6]) <= LAST_PORT:
        return f"has a port that is none; write 1 to {LAST_PORT}, or leave it out"
    return None


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
        return web_address(value, query=True)
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
