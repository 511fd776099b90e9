"""Hash and verify passwords with Argon2, in the same time whether the user exists or not."""

from __future__ import annotations

import asyncio
import os
import unicodedata
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from functools import cached_property
from threading import Lock
from typing import TypeVar

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

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
        self._lock = Lock()
        self._pending = 0

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

        Raises Busy, at once, when too many are waiting; there is more room for who is `known`, from whose browser
        or address the user has signed in before.
        """
        with self._lock:
            if self._pending >= _AT_ONCE + (_WAITING_KNOWN if known else _WAITING):
                raise Busy
            self._pending += 1
        future = self._pool.submit(call)
        future.add_done_callback(self._release)
        return await asyncio.wrap_future(future)

    def _release(self, _: Future[T]) -> None:
        with self._lock:
            self._pending -= 1

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
