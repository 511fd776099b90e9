"""A password becomes an Argon2 hash, and is compared with one in the same time whether there is such a user or not."""

from __future__ import annotations

import unicodedata
from functools import cached_property
from threading import Semaphore

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from watcher.errors import InputError

SHORTEST = 8
"""Characters; NIST SP 800-63B §5.1.1.1 asks for as many, and for no rules about which."""
LONGEST = 1024
_AT_ONCE = 2  # each takes 64 MiB and a core for a while: more at once would be a way to stop the server


class Passwords:
    """Hashes by the parameters of RFC 9106 (second choice: 64 MiB), unless another hasher is given."""

    def __init__(self, hasher: PasswordHasher | None = None) -> None:
        self._hasher = hasher or PasswordHasher()
        self._room = Semaphore(_AT_ONCE)

    def hashed(self, password: str) -> str:
        """The hash to keep; InputError for a password that is too short or too long."""
        if not SHORTEST <= len(password) <= LONGEST:
            raise InputError(f"the password must have {SHORTEST} to {LONGEST} characters; choose another one")
        with self._room:
            return self._hasher.hash(_normal(password))

    def match(self, password: str, known: str | None) -> bool:
        """Whether the password is the one of that hash; without a hash the same work is done for nothing."""
        with self._room:
            try:
                return self._hasher.verify(known or self._nobodys, _normal(password)) and known is not None
            except (VerificationError, InvalidHashError):
                return False

    def stale(self, known: str) -> bool:
        """Whether a hash was made with weaker parameters than today's."""
        return self._hasher.check_needs_rehash(known)

    @cached_property
    def _nobodys(self) -> str:
        return self._hasher.hash("nobody has this password")


def _normal(password: str) -> bytes:
    """RFC 8265 §4.2: keyboards compose accents differently, so NFC; lone surrogates are what they are."""
    return unicodedata.normalize("NFC", password).encode("utf-8", "surrogatepass")
