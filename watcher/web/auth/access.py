"""Identify the current user from a session cookie, a token or a link, and declare the scope that every route needs."""

from __future__ import annotations

import base64
import binascii
import hmac
import re
import secrets
from collections.abc import Callable, Iterator, MutableMapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any, Final, TypeVar
from urllib.parse import urlsplit

from fastapi import HTTPException, Request
from fastapi.dependencies.models import Dependant
from fastapi.routing import iter_route_contexts
from starlette.datastructures import Headers
from starlette.requests import HTTPConnection
from starlette.routing import BaseRoute

from snapshots import AccountRepository, Principal, Scope
from snapshots.accounts import hash_token
from watcher.urls import is_loopback
from watcher.web.auth.passwords import Passwords, SignInRateLimiter


@dataclass(frozen=True, slots=True, kw_only=True)
class CurrentUser:
    """The user of a request; `token` goes into the hidden field `token` of every form that changes something.

    `via` is nobody, session or token: an anonymous user may read on this machine, or nothing at all.
    """

    scope: Scope | None = None
    name: str = ""
    token: str = ""
    via: str = "nobody"

    def has_scope(self, scope: Scope) -> bool:
        """Whether the user has this scope, or one that includes it."""
        return self.scope is not None and self.scope.includes(scope)

    @property
    def signed_in(self) -> bool:
        """Whether a session or a token identifies the user."""
        return self.via != "nobody"


ANONYMOUS: Final = CurrentUser()
"""A user who may do nothing."""
LOCAL_USER: Final = CurrentUser(scope=Scope.ADMIN, name="reviewer", via="session")
"""The user of a one-time link: whoever sits at this machine while nobody can sign in yet."""


SESSION_LENGTH = timedelta(days=7)
LINK_LENGTH = timedelta(minutes=15)
SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
_FORWARDED = ("forwarded", "x-forwarded-for", "x-real-ip", "via")


def new_token() -> str:
    """256 random bits as text."""
    return secrets.token_urlsafe(32)


@dataclass(slots=True, kw_only=True)
class Authenticator:
    """Identifies users.

    With `loopback_only`, requests to a loopback name may read without signing in, unless a proxy shows the pages: it
    passes on everybody's requests as its own. `base_url` is where the pages are shown; its cookies are Secure when it
    is https. `behind_proxy` means that the watchlist names proxies.
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
        """Return a key that opens one session within LINK_LENGTH; it is kept in this process only, as a digest."""
        key = self.new_token()
        self._links[hash_token(key)] = self.now() + LINK_LENGTH
        return key

    def use_link(self, key: str) -> bool:
        """Whether the key was good; it is not any more."""
        until = self._links.pop(hash_token(key), None)
        return until is not None and self.now() < until

    def is_https(self, scope: MutableMapping[str, Any]) -> bool:
        """Whether the browser came by https, to us or to the proxy of `base_url`."""
        outer = urlsplit(self.base_url or "")
        return scope.get("scheme") == "https" or (outer.scheme == "https" and _host(scope) == outer.hostname)

    def cookie_name(self, scope: MutableMapping[str, Any], kind: str) -> str:
        """Name a cookie; `__Host-` keeps other hosts of the domain from setting it (RFC 6265bis §4.1.3.2)."""
        return f"{'__Host-' if self.is_https(scope) else ''}watcher_{kind}"

    def authenticate(self, scope: MutableMapping[str, Any]) -> CurrentUser | None:
        """Return the user of a request; None for wrong credentials, which are worse than none. Raises StoreError."""
        given = Headers(scope=scope).get("authorization")
        if given is not None:
            person = self._bearer(given, str(scope["method"]))
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
        """Whether this request appears to come from this machine, and may read without signing in."""
        # Pages that are meant for other machines: nginx may send them nothing but Host 127.0.0.1.
        elsewhere = self.behind_proxy or (self.base_url is not None and not is_loopback(_hostname(self.base_url)))
        if not self.loopback_only or elsewhere or any(name in Headers(scope=scope) for name in _FORWARDED):
            return False
        return is_loopback(_host(scope))

    def _bearer(self, given: str, method: str) -> Principal | None:
        kind, _, rest = given.partition(" ")
        if kind.lower() == "bearer":
            return self.accounts.token(rest.strip())
        # A browser keeps Basic credentials and sends them along from any page: good for reading alone (feed readers).
        if kind.lower() == "basic" and method in SAFE:
            try:
                _, _, password = base64.b64decode(rest.strip(), validate=True).decode().partition(":")
            except (binascii.Error, UnicodeDecodeError):
                return None
            return self.accounts.token(password)
        return None


def csrf_token(secret: str) -> str:
    """Return the token in the forms of a session: derived from the cookie, which another site cannot read."""
    digest = hmac.new(secret.encode("utf-8", "replace"), b"csrf", sha256).digest()
    return base64.urlsafe_b64encode(digest).decode().rstrip("=")


def _host(scope: MutableMapping[str, Any]) -> str:
    """Return the name in the Host header, without its port."""
    return _hostname(f"//{Headers(scope=scope).get('host', '')}")


def _hostname(address: str) -> str:
    try:
        return urlsplit(address).hostname or ""
    except ValueError:
        return ""


Declared = TypeVar("Declared", bound=Callable[..., Any])
_DECLARED: Final = "watcher_needs"


def require(scope: Scope | None, what: Declared) -> Declared:
    """Declare the scope that an endpoint, or a dependency of endpoints, requires; None for nothing."""
    setattr(what, _DECLARED, scope)
    return what


def public(endpoint: Declared) -> Declared:
    """Let everybody use an endpoint."""
    return require(None, endpoint)


@dataclass(frozen=True, slots=True, kw_only=True)
class RoutePermission:
    """One route: whether it is `declared`, and the scope that it needs (None for nothing)."""

    path: str
    pattern: re.Pattern[str]
    methods: frozenset[str]
    endpoint: Callable[..., Any] | None
    declared: bool
    needs: Scope | None


def route_permissions(routes: Sequence[BaseRoute]) -> tuple[RoutePermission, ...]:
    """Return the permissions of all routes, in the order in which they match.

    A route needs the most that it or one of its dependencies declares.
    """
    rules = []
    for route in iter_route_contexts(routes):
        calls = [route.endpoint, *_dependencies(getattr(route, "dependant", None))]
        declared = [getattr(call, _DECLARED) for call in calls if hasattr(call, _DECLARED)]
        asked = [scope for scope in declared if scope is not None]
        rules.append(
            RoutePermission(
                path=route.path or "",
                pattern=route.path_regex,
                methods=frozenset(route.methods or ()),
                endpoint=route.endpoint,
                declared=bool(declared),
                needs=next((scope for scope in asked if all(scope.includes(other) for other in asked)), None),
            )
        )
    return tuple(rules)


def _dependencies(dependant: Dependant | None) -> Iterator[Callable[..., Any] | None]:
    for item in dependant.dependencies if dependant else ():
        yield item.call
        yield from _dependencies(item)


def permission_for(rules: Sequence[RoutePermission], path: str, method: str) -> RoutePermission | None:
    """Return the first rule that this request falls under; None where the answer is 404 or 405 anyway."""
    for rule in rules:
        # A mounted application names no methods: it answers all, so it is asked for its declaration as well.
        if rule.pattern.match(path) and (method in rule.methods or not rule.methods):
            return rule
    return None


def assert_authorized(request: Request) -> None:
    """Refuse an endpoint that is not the one which AuthMiddleware let the request through to.

    A dependency of every route: should router and middleware ever match a request differently, nothing runs.
    """
    if request.scope.get("endpoint") is not getattr(request.state, "admitted", None):
        raise HTTPException(403)
