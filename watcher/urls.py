"""Classify URLs: whether they stay on this machine, and whether a browser may be sent there."""

import ipaddress
import re
from typing import Final
from urllib.parse import urlsplit

from watcher.text import has_hidden_characters

_MAX_LINK_LENGTH: Final = 2000
_UNSAFE: Final = re.compile(r"[ \t\r\n\\]")  # browsers read a backslash as a slash


def is_loopback(host: str) -> bool:
    """Return whether a host name or IP address is this machine, without DNS, whose answer could be forged."""
    address = ip_address(host)
    return host == "localhost" or (address is not None and address.is_loopback)


def ip_address(host: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    """Parse a host as an IP address, IPv6 with or without brackets; return None for a name."""
    try:
        return ipaddress.ip_address(host.strip("[]"))
    except ValueError:
        return None


def url_host(host: str) -> str:
    """Return a host in the form of URLs, which have IPv6 addresses in brackets."""
    return f"[{host}]" if ":" in host else host


def is_loopback_url(address: str) -> bool:
    """Return whether a URL stays on this machine."""
    return is_loopback(urlsplit(address).hostname or "")


def host_matches(entry: str, address: str) -> bool:
    """Return whether an entry of `allowed_hosts`, a host or `host:port`, matches the host of a URL."""
    parts = urlsplit(address)
    name = url_host((parts.hostname or "").rstrip("."))
    return bool(name) and entry in (name, f"{name}:{parts.port or (443 if parts.scheme == 'https' else 80)}")


def web_link(url: str | None) -> str | None:
    """Return `url` if a browser may be sent there (http or https, with a host), else None.

    >>> web_link("https://example.org/a"), web_link("javascript:alert(1)")
    ('https://example.org/a', None)
    """
    if not url or len(url) > _MAX_LINK_LENGTH or has_hidden_characters(url):
        return None
    candidate = url.strip()
    if _UNSAFE.search(candidate):
        return None
    try:
        parts = urlsplit(candidate)
        usable = parts.scheme.lower() in ("http", "https") and bool(parts.hostname) and not parts.username
    except ValueError:  # for example "http://["
        return None
    return candidate if usable else None


def index_php_url(api: str) -> str:
    """Return the URL of the index.php beside an api.php."""
    return api.removesuffix("api.php") + "index.php"
