"""Decide which addresses of cited pages may be asked: anybody can cite one, and a wiki's text is no reason to trust it.

What is refused is where the request would go, not what the address looks like: a name may lead anywhere (server-side
request forgery, CWE-918), so each address that a name has is looked at when the connection is made.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable, Collection
from typing import Final
from urllib.parse import SplitResult, urlsplit

from watcher.model.source_checks import Problem
from watcher.source_check.page import Unreadable
from watcher.urls import web_link

_PORTS: Final = {"http": 80, "https": 443}
# NAT64 (RFC 6052), 6to4 (RFC 3056) and Teredo (RFC 4380) carry an IPv4 address, which may be a private one.
_TUNNELS: Final = tuple(map(ipaddress.ip_network, ("64:ff9b::/96", "64:ff9b:1::/48", "2002::/16", "2001::/32")))
# Wayback Machine and pywb: `/web/20120601000000/https://…` is the copy in the archive's frame, `…id_/` the copy itself.
_ARCHIVED: Final = re.compile(r"(https?://[^/?#]+/(?:[\w-]+/)*\d{4,14})/(https?://.*)", re.DOTALL)


def is_public(address: str) -> bool:
    """Return whether an IP address is one of the public internet.

    >>> is_public("93.184.215.14"), is_public("127.0.0.1"), is_public("::ffff:10.0.0.1"), is_public("169.254.169.254")
    (True, False, False, False)
    """
    try:
        parsed = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return False
    if isinstance(parsed, ipaddress.IPv6Address):
        if parsed.ipv4_mapped is not None:
            return is_public(str(parsed.ipv4_mapped))
        if any(parsed in network for network in _TUNNELS):
            return False
    return parsed.is_global and not parsed.is_multicast


def require_port(url: str, hosts: Collection[str]) -> SplitResult:
    """Return the parts of an address that may be asked; raises Unreadable for another scheme or port.

    `hosts` are the entries `host:port` that the installation allows besides: of another port, or in its own network.
    """
    link = web_link(url)
    if link is None:
        raise Unreadable(Problem.ADDRESS)
    parts = urlsplit(link)
    try:
        port = parts.port
    except ValueError:
        raise Unreadable(Problem.ADDRESS) from None
    usual = _PORTS[parts.scheme.lower()]
    if port not in (None, usual) and not _is_listed(parts.hostname or "", port or usual, hosts):
        raise Unreadable(Problem.ADDRESS)
    return parts


def permits(hosts: Collection[str]) -> Callable[[str, int, str], None]:
    """Return the check of each connection, by host, port and IP address; it raises Unreadable."""

    def check(host: str, port: int, address: str) -> None:
        if not is_public(address) and not _is_listed(host, port, hosts):
            raise Unreadable(Problem.ADDRESS)

    return check


def _is_listed(host: str, port: int, hosts: Collection[str]) -> bool:
    name = f"[{host}]" if ":" in host else host
    return f"{name}:{port}".lower() in {entry.lower() for entry in hosts}


def unwrapped(url: str) -> str:
    """Return the address of an archived copy without the archive's frame; any other address as it is.

    >>> unwrapped("https://web.archive.org/web/20120601000000/http://example.org/a")
    'https://web.archive.org/web/20120601000000id_/http://example.org/a'
    """
    archived = _ARCHIVED.fullmatch(url)
    return f"{archived[1]}id_/{archived[2]}" if archived else url
