"""Allow only requests to listed hosts over https."""

from __future__ import annotations

from collections.abc import Collection

import httpx

from watcher.errors import Refused
from watcher.urls import is_loopback


def require_allowed(url: str, hosts: Collection[str]) -> httpx.URL:
    """Parse `url` if its host is one of `hosts` and the connection is safe; raises Refused otherwise.

    An entry of `hosts` is a host name, or `host:port` to allow that port alone. Plain http is for
    loopback only; user names in the URL are refused, because they can disguise the host.
    """
    try:
        parsed = httpx.URL(url)
        host = parsed.host
    except (httpx.InvalidURL, ValueError) as error:
        raise Refused(f"{url!r} is not a URL ({error}): correct the API URL of the wiki") from error
    if parsed.scheme not in ("http", "https") or not host:
        raise Refused(f"{url!r} is not a web address: the API URL of a wiki begins with https://")
    if parsed.userinfo:
        raise Refused(f"the API URL at {host} holds a user name: remove it")
    if not any(_matches(parsed, entry) for entry in hosts):
        raise Refused(f"host {host!r} is not on the allow-list: add it to the watchlist's allowed hosts to ask it")
    if parsed.scheme == "http" and not is_loopback(host):
        raise Refused(f"{url!r} is not encrypted: use https:// (plain http is for loopback only)")
    return parsed


def same_origin(first: httpx.URL, other: httpx.URL) -> bool:
    """Return whether a redirect from `first` to `other` stays on the same server; a step up to https counts."""
    if _bare(first.host) != _bare(other.host):
        return False
    upgraded = (first.scheme, other.scheme, first.port, other.port) == ("http", "https", None, None)
    return upgraded or (first.scheme == other.scheme and _port(first) == _port(other))


def _matches(url: httpx.URL, entry: str) -> bool:
    try:
        # Parsing the entry as a URL too gives both sides the same spelling (case, IDNA, brackets).
        listed = httpx.URL(f"{url.scheme}://{entry.strip()}")
        same = _bare(listed.host) == _bare(url.host)
    except (httpx.InvalidURL, ValueError):
        return False
    names_a_port = entry.rpartition("]")[2].rpartition(":")[2].strip().isdecimal() and ":" in entry.rpartition("]")[2]
    return same and (not names_a_port or _port(listed) == _port(url))


def _bare(host: str) -> str:
    return host.lower().rstrip(".")


def _port(url: httpx.URL) -> int:
    return url.port or (443 if url.scheme == "https" else 80)
