"""Attempts to sign in become waits: so many an address, so many a name, in a memory that does not grow."""

from __future__ import annotations

import ipaddress
from hashlib import sha256

from limits import RateLimitItem, RateLimitItemPerMinute
from limits.storage import MemoryStorage
from limits.strategies import MovingWindowRateLimiter

# Names and addresses are the attacker's to invent; each falls into one of so many counters.
_COUNTERS = 4096


class Throttle:
    """Counts attempts in a moving window; `per_address` and `per_name` are (attempts, minutes)."""

    def __init__(self, per_address: tuple[int, int] = (10, 5), per_name: tuple[int, int] = (20, 60)) -> None:
        self._limiter = MovingWindowRateLimiter(MemoryStorage())
        self._per_address = RateLimitItemPerMinute(*per_address)
        self._per_name = RateLimitItemPerMinute(*per_name)

    def wait(self, address: str, name: str) -> int | None:
        """Count an attempt; None when it may be made, else in how many seconds at the latest it may be."""
        wishes: tuple[tuple[RateLimitItem, str], ...] = (
            (self._per_address, _counter("address", _network(address))),
            (self._per_name, _counter("name", name)),
        )
        for limit, counter in wishes:
            if not self._limiter.hit(limit, counter):
                return limit.get_expiry()
        return None

    def forgive(self, name: str) -> None:
        """Forget the attempts on a name that has signed in now."""
        self._limiter.clear(self._per_name, _counter("name", name))


def _counter(sort: str, text: str) -> str:
    number = int.from_bytes(sha256(text.encode("utf-8", "replace")).digest()[:4], "big") % _COUNTERS
    return f"{sort}-{number}"


def _network(address: str) -> str:
    """An address, or the /64 network that a single owner of IPv6 addresses has at least."""
    try:
        known = ipaddress.ip_address(address)
    except ValueError:
        return address
    return str(ipaddress.ip_network((known, 64), strict=False)) if known.version == 6 else str(known)  # noqa: PLR2004  IPv6
