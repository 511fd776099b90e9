"""Hash and verify passwords, and limit attempts to guess them by growing waits.

Strangers are counted by address and by the name that they try. A browser from which that user has signed in before has
a counter of its own, which no attempt from elsewhere moves, so that others cannot lock a user out:
https://owasp.org/www-community/Slow_Down_Online_Guessing_Attacks_with_Device_Cookies
"""

from __future__ import annotations

import asyncio
import ipaddress
import math
import os
import unicodedata
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property
from threading import BoundedSemaphore, Lock
from typing import Final, TypeVar

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from watcher.backoff import Backoff
from watcher.errors import InputError

T = TypeVar("T")

SHORTEST = 8
"""Characters; NIST SP 800-63B §5.1.1.1 asks for as many, and for no rules about which."""
LONGEST = 1024
# Each takes 64 MiB and a core for a while: more at once would be a way to stop the server.
_AT_ONCE = max(1, min(2, (os.cpu_count() or 1) // 2))
_WAITING = 8  # a second of work; whoever comes after that is sent away at once
_WAITING_KNOWN = 16  # users have room of their own behind a crowd of strangers


class Busy(Exception):
    """More passwords are waiting than the server can check soon."""


class Passwords:
    """Hashes by the parameters of RFC 9106 (second choice: 64 MiB), unless another hasher is given."""

    def __init__(self, hasher: PasswordHasher | None = None) -> None:
        self._hasher = hasher or PasswordHasher()
        self._room = {False: BoundedSemaphore(_AT_ONCE + _WAITING), True: BoundedSemaphore(_WAITING_KNOWN)}

    def hash(self, password: str) -> str:
        """Return the hash to keep; InputError for a password that is too short or too long."""
        if not SHORTEST <= len(password) <= LONGEST:
            raise InputError(f"the password must have {SHORTEST} to {LONGEST} characters; choose another one")
        return self._hasher.hash(_normal(password))

    def verify(self, password: str, known: str | None) -> bool:
        """Whether the password is the one of that hash; without a hash the same work is done for nothing."""
        try:
            return self._hasher.verify(known or self._nobodys, _normal(password)) and known is not None
        except (VerificationError, InvalidHashError):
            return False

    async def in_pool(self, call: Callable[[], T], *, known: bool = False) -> T:
        """Run `hash` or `verify` in threads that do nothing else, so that no other request waits for them.

        Raises Busy, at once, when too many are waiting; there is other room for who is `known`, from whose browser the
        user has signed in before.
        """
        room = self._room[known]
        if not room.acquire(blocking=False):
            raise Busy
        try:
            return await asyncio.get_running_loop().run_in_executor(self._pool, call)
        finally:
            room.release()

    @cached_property
    def _pool(self) -> ThreadPoolExecutor:
        return ThreadPoolExecutor(_AT_ONCE, thread_name_prefix="argon2")

    def needs_rehash(self, known: str) -> bool:
        """Whether a hash was made with weaker parameters than today's."""
        return self._hasher.check_needs_rehash(known)

    @cached_property
    def _nobodys(self) -> str:
        return self._hasher.hash("nobody has this password")


def _normal(password: str) -> bytes:
    """RFC 8265 §4.2: keyboards compose accents differently, so NFC; lone surrogates are what they are."""
    return unicodedata.normalize("NFC", password).encode("utf-8", "surrogatepass")


# Names and addresses are the attacker's to invent: each falls into one of so many counters, by Python's hash of texts,
# whose key only this process knows, so that nobody can aim at the counter of another name.
_COUNTERS: Final = 65_536


@dataclass(frozen=True, slots=True, kw_only=True)
class Waits:
    """How many attempts are free, how long the waits after them may grow, and after which rest they are forgotten."""

    free: int
    longest: timedelta = timedelta(minutes=15)
    forgotten: timedelta = timedelta(hours=24)

    def after(self, attempts: int) -> timedelta:
        """Return the wait after so many attempts: a second, then twice as long each time."""
        if attempts < self.free:
            return timedelta()
        backoff = Backoff(first=1.0, longest=self.longest.total_seconds())
        return timedelta(seconds=backoff.ceiling(attempts - self.free + 1))


PER_ADDRESS: Final = Waits(free=10)
PER_NAME: Final = Waits(free=5)
PER_DEVICE: Final = Waits(free=10)


@dataclass(frozen=True, slots=True, kw_only=True)
class SignInAttempt:
    """An attempt to sign in as `name`; `device` is what a browser that has done so before is known by, else empty."""

    address: str
    name: str
    device: str = ""


class SignInRateLimiter:
    """Counts attempts in a memory that does not grow; all methods may be called from several threads."""

    def __init__(self, per_address: Waits = PER_ADDRESS, per_name: Waits = PER_NAME) -> None:
        self._per_address, self._per_name = per_address, per_name
        self._counters: dict[int, tuple[int, datetime]] = {}
        self._lock = Lock()

    def begin(self, attempt: SignInAttempt, now: datetime) -> int | None:
        """Count an attempt before its password is checked; None when it may be, else after how many seconds it may.

        An attempt that has to wait is not counted.
        """
        with self._lock:
            known = {counter: self._state(counter, limit, now) for counter, limit in self._counters_of(attempt)}
            wait = max(wait for _, wait in known.values())
            if wait:
                return math.ceil(wait.total_seconds())
            self._counters |= {counter: (count + 1, now) for counter, (count, _) in known.items()}
            return None

    def succeed(self, attempt: SignInAttempt) -> None:
        """Forget the attempts of whoever knew the password.

        What else came from the same address stays counted: an attacker may have an account of their own.
        """
        self.withdraw(attempt)
        with self._lock:
            for counter, limit in self._counters_of(attempt):
                if limit is not self._per_address:
                    self._counters.pop(counter, None)

    def withdraw(self, attempt: SignInAttempt) -> None:
        """Take back an attempt whose password was not checked after all."""
        with self._lock:
            for counter, _ in self._counters_of(attempt):
                if counter in self._counters:
                    count, at = self._counters[counter]
                    self._counters[counter] = (max(0, count - 1), at)

    def _counters_of(self, attempt: SignInAttempt) -> Iterator[tuple[int, Waits]]:
        """Yield the counters that an attempt moves, each with its limit."""
        if attempt.device:
            yield hash(("device", attempt.name, attempt.device)) % _COUNTERS, PER_DEVICE
            return
        yield hash(("address", _network(attempt.address))) % _COUNTERS, self._per_address
        yield hash(("name", attempt.name)) % _COUNTERS, self._per_name

    def _state(self, counter: int, limit: Waits, now: datetime) -> tuple[int, timedelta]:
        """Return the attempts that still count, and the wait before the next; no more where the clock was set back."""
        count, at = self._counters.get(counter, (0, now))
        count = count if now - at < limit.forgotten else 0
        wait = limit.after(count)
        return count, max(timedelta(), min(wait, at + wait - now))


def _network(address: str) -> str:
    """Return an address, or the /64 network that a single owner of IPv6 addresses has at least."""
    try:
        known = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return address
    if isinstance(known, ipaddress.IPv4Address):
        return str(known)
    # An IPv4 address in IPv6's notation (RFC 4291 §2.5.5.2) is one address, not a part of one network.
    return str(known.ipv4_mapped or ipaddress.ip_network((int(known), 64), strict=False))
