"""Identify the current user by a session cookie, a token or a link, and declare the scope that each route requires.

Password guessing is limited by increasing waits. Attempts from unknown browsers are counted by address and by user
name. A browser from which the user has signed in before has its own counter, which attempts from elsewhere do not
change, so that nobody can lock another user out:
https://owasp.org/www-community/Slow_Down_Online_Guessing_Attacks_with_Device_Cookies
"""

from __future__ import annotations

import asyncio
import base64
import binascii
import hmac
import ipaddress
import math
import os
import re
import secrets
import unicodedata
from collections.abc import Callable, Iterator, MutableMapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cached_property
from hashlib import sha256
from threading import BoundedSemaphore, Lock
from typing import Any, Final, TypeVar
from urllib.parse import urlsplit

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from fastapi import HTTPException, Request
from fastapi.dependencies.models import Dependant
from fastapi.routing import iter_route_contexts
from starlette.datastructures import Headers
from starlette.requests import HTTPConnection
from starlette.routing import BaseRoute

from snapshots import AccountRepository, Principal, Scope
from snapshots.accounts import hash_token
from watcher.backoff import Backoff
from watcher.errors import InputError
from watcher.urls import ip_address, is_loopback

T = TypeVar("T")

MIN_PASSWORD_LENGTH = 8
"""Characters; NIST SP 800-63B §5.1.1.1 requires this length, and no rules about the kinds of characters."""
MAX_PASSWORD_LENGTH = 1024
# Each hash takes 64 MiB and a core for a while: more at once would allow a denial of service.
_MAX_AT_ONCE = max(1, min(2, (os.cpu_count() or 1) // 2))
_MAX_WAITING = 8  # about a second of work; further attempts are refused immediately
_MAX_WAITING_KNOWN = 16  # a separate queue for known browsers, which unknown ones cannot fill


class Busy(Exception):
    """Too many passwords are waiting to be checked."""


class Passwords:
    """Hashes and verifies passwords, by default with the parameters of RFC 9106 (second choice: 64 MiB)."""

    def __init__(self, hasher: PasswordHasher | None = None) -> None:
        self._hasher = hasher or PasswordHasher()
        self._slots = {False: BoundedSemaphore(_MAX_AT_ONCE + _MAX_WAITING), True: BoundedSemaphore(_MAX_WAITING_KNOWN)}

    def hash(self, password: str) -> str:
        """Return the hash to store; raise InputError if the password is too short or too long."""
        if not MIN_PASSWORD_LENGTH <= len(password) <= MAX_PASSWORD_LENGTH:
            lengths = f"{MIN_PASSWORD_LENGTH} to {MAX_PASSWORD_LENGTH}"
            raise InputError(f"the password must have {lengths} characters; choose another one")
        return self._hasher.hash(_normalized(password))

    def verify(self, password: str, stored: str | None) -> bool:
        """Return whether the password matches the hash; without a hash, do the same work and return False."""
        try:
            return self._hasher.verify(stored or self._dummy_hash, _normalized(password)) and stored is not None
        except (VerificationError, InvalidHashError):
            return False

    async def in_pool(self, call: Callable[[], T], *, known_browser: bool = False) -> T:
        """Run `hash` or `verify` in a thread pool of their own, so that no other request waits for them.

        Raises Busy immediately if too many are waiting. Attempts from a `known_browser`, from which the user has signed
        in before, have a queue of their own.
        """
        slots = self._slots[known_browser]
        if not slots.acquire(blocking=False):
            raise Busy
        try:
            return await asyncio.get_running_loop().run_in_executor(self._pool, call)
        finally:
            slots.release()

    @cached_property
    def _pool(self) -> ThreadPoolExecutor:
        return ThreadPoolExecutor(_MAX_AT_ONCE, thread_name_prefix="argon2")

    def needs_rehash(self, stored: str) -> bool:
        """Return whether a hash was made with other parameters than the current ones."""
        return self._hasher.check_needs_rehash(stored)

    @cached_property
    def _dummy_hash(self) -> str:
        return self._hasher.hash("nobody has this password")


def _normalized(password: str) -> bytes:
    """Return a password in NFC (RFC 8265 §4.2), since keyboards compose accents differently, with lone surrogates."""
    return unicodedata.normalize("NFC", password).encode("utf-8", "surrogatepass")


# Attackers can invent names and addresses, so the number of counters is fixed. Python's hash of strings, whose key only
# this process knows, assigns the counter, so that nobody can aim at the counter of another name.
_COUNTERS: Final = 65_536


# Attempts without a wait; each further one doubles the wait, up to a maximum. A day without attempts resets it.
PER_ADDRESS: Final = 10
PER_NAME: Final = 5
PER_DEVICE: Final = 10
_BACKOFF: Final = Backoff(first=1.0, longest=15 * 60.0)
_FORGOTTEN_AFTER: Final = timedelta(hours=24)


@dataclass(frozen=True, slots=True, kw_only=True)
class SignInAttempt:
    """An attempt to sign in as `name`; `device` identifies a browser where the user has signed in before, else ""."""

    address: str
    name: str
    device: str = ""


class SignInRateLimiter:
    """Counts attempts in a fixed number of counters; all methods are thread-safe."""

    def __init__(self, per_address: int = PER_ADDRESS, per_name: int = PER_NAME) -> None:
        self._per_address, self._per_name = per_address, per_name
        self._counters: dict[int, tuple[int, datetime]] = {}
        self._lock = Lock()

    def begin(self, attempt: SignInAttempt, now: datetime) -> int | None:
        """Count an attempt before its password is checked; return None, or the seconds to wait before it is allowed.

        An attempt that has to wait is not counted.
        """
        with self._lock:
            states = {counter: self._count_and_wait(counter, free, now) for counter, free in self._counters_of(attempt)}
            wait = max(wait for _, wait in states.values())
            if wait:
                return math.ceil(wait.total_seconds())
            self._counters |= {counter: (count + 1, now) for counter, (count, _) in states.items()}
            return None

    def succeed(self, attempt: SignInAttempt) -> None:
        """Reset the user's own counter after a correct password.

        Other attempts from the same address stay counted, since an attacker may have an account, too.
        """
        self.withdraw(attempt)
        with self._lock:
            own, _ = next(self._counters_of(attempt))
            self._counters.pop(own, None)

    def withdraw(self, attempt: SignInAttempt) -> None:
        """Uncount an attempt whose password was not checked after all."""
        with self._lock:
            for counter, _ in self._counters_of(attempt):
                if counter in self._counters:
                    count, at = self._counters[counter]
                    self._counters[counter] = (max(0, count - 1), at)

    def _counters_of(self, attempt: SignInAttempt) -> Iterator[tuple[int, int]]:
        """Yield the counters of an attempt with their numbers of free attempts, the user's own first."""
        if attempt.device:
            yield hash(("device", attempt.name, attempt.device)) % _COUNTERS, PER_DEVICE
            return
        yield hash(("name", attempt.name)) % _COUNTERS, self._per_name
        yield hash(("address", _network(attempt.address))) % _COUNTERS, self._per_address

    def _count_and_wait(self, counter: int, free: int, now: datetime) -> tuple[int, timedelta]:
        """Return the attempts that still count, and the wait before the next, which a clock set back cannot extend."""
        count, at = self._counters.get(counter, (0, now))
        count = count if now - at < _FORGOTTEN_AFTER else 0
        wait = timedelta(seconds=_BACKOFF.ceiling(count - free + 1) if count >= free else 0)
        return count, max(timedelta(), min(wait, at + wait - now))


def _network(address: str) -> str:
    """Return an address, or the /64 network of an IPv6 address, since every owner has at least that many."""
    parsed = ip_address(address.partition("%")[0])
    if not isinstance(parsed, ipaddress.IPv6Address):
        return str(parsed or address)
    # An IPv4-mapped IPv6 address (RFC 4291 §2.5.5.2) is a single address; all of them are in one /64 network.
    return str(parsed.ipv4_mapped or ipaddress.ip_network((int(parsed), 64), strict=False))


@dataclass(frozen=True, slots=True, kw_only=True)
class CurrentUser:
    """The user of a request; `token` is the value of the hidden field `token` in every form that changes something.

    `via` is nobody, session or token. An anonymous user may read on this machine, or has no access at all.
    """

    scope: Scope | None = None
    name: str = ""
    token: str = ""
    via: str = "nobody"

    def has_scope(self, scope: Scope) -> bool:
        """Return whether the user has this scope, or one that includes it."""
        return self.scope is not None and self.scope.includes(scope)

    @property
    def signed_in(self) -> bool:
        """Return whether a session or a token identifies the user."""
        return self.via != "nobody"


ANONYMOUS: Final = CurrentUser()
"""A user without any access."""
LOCAL_USER: Final = CurrentUser(scope=Scope.ADMIN, name="reviewer", via="session")
"""The user of a one-time link: the person at this machine, as long as there are no accounts."""


SESSION_LENGTH = timedelta(days=7)
LINK_LENGTH = timedelta(minutes=15)
SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
_FORWARDED = ("forwarded", "x-forwarded-for", "x-real-ip", "via")


def new_token() -> str:
    """Return 256 random bits as text."""
    return secrets.token_urlsafe(32)


@dataclass(slots=True, kw_only=True)
class Authenticator:
    """Identifies the users of requests.

    With `loopback_only`, requests to a loopback name may read without signing in, unless they come through a proxy,
    whose requests all seem to come from this machine. `base_url` is the public URL of the pages; if it is https,
    cookies are Secure. `behind_proxy` is true if the watchlist names proxies.
    """

    accounts: AccountRepository
    now: Callable[[], datetime]
    loopback_only: bool = True
    base_url: str | None = None
    behind_proxy: bool = False
    passwords: Passwords = field(default_factory=Passwords)
    rate_limiter: SignInRateLimiter = field(default_factory=SignInRateLimiter)
    new_token: Callable[[], str] = new_token
    _links: dict[bytes, datetime] = field(default_factory=dict, init=False)

    def new_link(self) -> str:
        """Return a key that opens one session within LINK_LENGTH; only its digest is kept, in this process."""
        key = self.new_token()
        self._links[hash_token(key)] = self.now() + LINK_LENGTH
        return key

    def use_link(self, key: str) -> bool:
        """Return whether the key was valid, and invalidate it."""
        until = self._links.pop(hash_token(key), None)
        return until is not None and self.now() < until

    def is_https(self, scope: MutableMapping[str, Any]) -> bool:
        """Return whether the browser uses https, either to this server or to the proxy of `base_url`."""
        outer = urlsplit(self.base_url or "")
        return scope.get("scheme") == "https" or (outer.scheme == "https" and _host(scope) == outer.hostname)

    def cookie_name(self, scope: MutableMapping[str, Any], kind: str) -> str:
        """Return a cookie's name; `__Host-` keeps other hosts of the domain from setting it (RFC 6265bis §4.1.3.2)."""
        return f"{'__Host-' if self.is_https(scope) else ''}watcher_{kind}"

    def authenticate(self, scope: MutableMapping[str, Any]) -> CurrentUser | None:
        """Return the user of a request: anonymous without credentials, None if they are wrong. Raises StoreError."""
        authorization = Headers(scope=scope).get("authorization")
        if authorization is not None:
            person = self._bearer(authorization, str(scope["method"]))
            return CurrentUser(scope=person.scope, name=person.name, via="token") if person else None
        cookies = HTTPConnection(scope).cookies
        secret = cookies.get(self.cookie_name(scope, "session"))
        person = self.accounts.session(secret, self.now()) if secret else None
        if secret and person:
            name, token = person.name or LOCAL_USER.name, csrf_token(secret)
            return CurrentUser(scope=person.scope, name=name, via="session", token=token)
        form = cookies.get(self.cookie_name(scope, "form"))
        may = Scope.READ if self.allows_anonymous_read(scope) else None
        return CurrentUser(scope=may, token=csrf_token(form) if form else "")

    def allows_anonymous_read(self, scope: MutableMapping[str, Any]) -> bool:
        """Return whether a request seems to come from this machine, and may read without signing in."""
        # With a public `base_url`, a proxy such as nginx may pass on all requests with Host 127.0.0.1.
        elsewhere = self.behind_proxy or (self.base_url is not None and not is_loopback(_hostname(self.base_url)))
        if not self.loopback_only or elsewhere or any(name in Headers(scope=scope) for name in _FORWARDED):
            return False
        return is_loopback(_host(scope))

    def _bearer(self, authorization: str, method: str) -> Principal | None:
        kind, _, credentials = authorization.partition(" ")
        if kind.lower() == "bearer":
            return self.accounts.token(credentials.strip())
        # Browsers send Basic credentials with requests from any site, so they only allow reading (for feed readers).
        if kind.lower() == "basic" and method in SAFE:
            try:
                _, _, password = base64.b64decode(credentials.strip(), validate=True).decode().partition(":")
            except (binascii.Error, UnicodeDecodeError):
                return None
            return self.accounts.token(password)
        return None


def csrf_token(secret: str) -> str:
    """Return the CSRF token of a session, derived from its cookie, which other sites cannot read."""
    digest = hmac.new(secret.encode("utf-8", "replace"), b"csrf", sha256).digest()
    return base64.urlsafe_b64encode(digest).decode().rstrip("=")


def _host(scope: MutableMapping[str, Any]) -> str:
    """Return the host name in the Host header, without the port."""
    return _hostname(f"//{Headers(scope=scope).get('host', '')}")


def _hostname(address: str) -> str:
    try:
        return urlsplit(address).hostname or ""
    except ValueError:
        return ""


Declared = TypeVar("Declared", bound=Callable[..., Any])
_DECLARED: Final = "watcher_needs"


def require(scope: Scope | None, what: Declared) -> Declared:
    """Declare the scope that an endpoint, or a dependency of endpoints, requires; None if it requires none."""
    setattr(what, _DECLARED, scope)
    return what


def public(endpoint: Declared) -> Declared:
    """Declare that an endpoint is open to everybody."""
    return require(None, endpoint)


class RoutePermission:
    """The permission of a route: whether it is `declared`, and the scope that it `needs` (None if it needs none).

    That is the highest scope that the endpoint or one of its dependencies declares.
    """

    def __init__(self, route: Any) -> None:
        calls = [route.endpoint, *_dependencies(getattr(route, "dependant", None))]
        declared = [getattr(call, _DECLARED) for call in calls if hasattr(call, _DECLARED)]
        scopes = [scope for scope in declared if scope is not None]
        self.path: str = route.path or ""
        self.pattern: re.Pattern[str] = route.path_regex
        self.methods = frozenset[str](route.methods or ())
        self.endpoint: Callable[..., Any] | None = route.endpoint
        self.declared = bool(declared)
        self.needs: Scope | None = next(
            (scope for scope in scopes if all(scope.includes(other) for other in scopes)), None
        )


def route_permissions(routes: Sequence[BaseRoute]) -> tuple[RoutePermission, ...]:
    """Return the permissions of all routes, in the order in which they match."""
    return tuple(map(RoutePermission, iter_route_contexts(routes)))


def _dependencies(dependant: Dependant | None) -> Iterator[Callable[..., Any] | None]:
    for item in dependant.dependencies if dependant else ():
        yield item.call
        yield from _dependencies(item)


def permission_for(rules: Sequence[RoutePermission], path: str, method: str) -> RoutePermission | None:
    """Return the permission of the first matching route; None if the response is 404 or 405 anyway."""
    # A mounted application lists no methods, since it handles all; its declaration is checked, too.
    matching = (rule for rule in rules if rule.pattern.match(path) and (method in rule.methods or not rule.methods))
    return next(matching, None)


def assert_authorized(request: Request) -> None:
    """Respond with 403 unless the endpoint is the one that AuthMiddleware authorized.

    Every route depends on this, so that no endpoint runs if router and middleware match a request differently.
    """
    if request.scope.get("endpoint") is not getattr(request.state, "admitted", None):
        raise HTTPException(403)
