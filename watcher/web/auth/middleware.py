"""Check host names, add security headers, authenticate, authorize and check CSRF tokens, in this order, for all routes.

Routes do not repeat these checks.
"""

from __future__ import annotations

import hmac
import re
from collections.abc import Callable, Iterable, Sequence
from functools import cached_property
from typing import Any, Final
from urllib.parse import parse_qsl, urlsplit

from fastapi.responses import Response
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import ClientDisconnect, Request
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from watcher.errors import StoreError
from watcher.urls import ip_address
from watcher.web.auth import access
from watcher.web.rendering import error_response, unauthenticated

POLICY = (
    "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; img-src 'self' data:; "
    "base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
)
"""The default Content-Security-Policy: scripts and styles are files of this server. A response may set its own."""


def policy_with_images(scheme: str, hosts: Sequence[str]) -> str:
    """Return the policy for a page that also shows images from `hosts`, which the operator has configured."""
    return POLICY.replace(
        "img-src 'self' data:", " ".join(["img-src 'self' data:", *(f"{scheme}://{host}" for host in hosts)])
    )


LOOPBACK = frozenset({"127.0.0.1", "localhost", "[::1]"})
# RFC 9110 §7.2: uri-host with an optional port; IPv6 addresses are in brackets.
_HOST = re.compile(r"(\[[0-9a-f:.]+\]|[a-z0-9.-]+)(?::\d{1,5})?", re.IGNORECASE)


class SecurityHeadersMiddleware:
    """Responds with 421 to unknown hosts (against DNS rebinding), and adds security headers to all responses."""

    def __init__(self, app: ASGIApp, hosts: Iterable[str]) -> None:
        self._app = app
        self._hosts = frozenset(host.lower() for host in hosts) | LOOPBACK
        # If the server listens on all addresses, any IP address is a valid Host; a rebound DNS name is none.
        self._by_any_address = any(each is not None and each.is_unspecified for each in map(ip_address, self._hosts))
        self._headers = {
            "content-security-policy": POLICY,
            "x-content-type-options": "nosniff",
            "x-frame-options": "DENY",
            "referrer-policy": "no-referrer",
            "cross-origin-opener-policy": "same-origin",
            "cross-origin-resource-policy": "same-origin",
            "permissions-policy": "camera=(), geolocation=(), microphone=()",
            "cache-control": "no-store",
        }

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on HTTP requests to a known host and lifespan events, and nothing else."""
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
            return
        if scope["type"] != "http":
            return

        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in self._headers.items():
                    headers.setdefault(name, value)
            await send(message)

        allowed = self.is_allowed_host(Headers(scope=scope).getlist("host"))
        await (self._app if allowed else MISDIRECTED_RESPONSE)(scope, receive, with_headers)

    def is_allowed_host(self, headers: list[str]) -> bool:
        """Return whether there is exactly one Host header, with a known host."""
        if len(headers) != 1 or not (match := _HOST.fullmatch(headers[0])):
            return False
        host = match[1].lower()
        return host in self._hosts or (self._by_any_address and ip_address(host) is not None)


MISDIRECTED_RESPONSE = PlainTextResponse("This server does not answer to that name: open it by its own address.\n", 421)


MAX_BODY = 256 * 1024
MAX_FORM_FIELDS = 1000
_NULL = "A request must not contain a null character."  # PostgreSQL cannot store it in a text
_LENGTH_DIGITS = 12  # in Content-Length; int() raises an error for thousands of digits
_FORM = "application/x-www-form-urlencoded"


class AuthMiddleware:
    """Passes on only requests that a declared route allows the user; `routes` are read at the first request."""

    def __init__(self, app: ASGIApp, authenticator: access.Authenticator, routes: Callable[[], Sequence[Any]]) -> None:
        self._app = app
        self._authenticator = authenticator
        self._routes = routes

    @cached_property
    def _rules(self) -> tuple[access.RoutePermission, ...]:
        return access.route_permissions(self._routes())

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Respond to a refused request; pass on all others with `user` and `admitted` in their state."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        rule = access.permission_for(self._rules, scope["path"], scope["method"])
        state = scope.setdefault("state", {})
        state["user"], state["admitted"] = access.ANONYMOUS, rule.endpoint if rule else None
        refused: Response | None = None
        if rule is None:  # Starlette's Allow has the methods of one of several routes alone
            rules = [each for each in self._rules if each.pattern.match(scope["path"])]
            state["allowed"] = ", ".join(sorted({method for each in rules for method in each.methods}))
        else:
            refused = await self._authorize(scope, rule)
            if refused is None and scope["method"] not in access.SAFE:
                body = await _read_body(scope, receive)
                if isinstance(body, int):
                    refused = error_response(scope["path"], body, _BODY_ERRORS[body])
                else:
                    refused = _check_body(scope, body, state["user"])
                    receive = _replay_body(body, receive)
        await (refused or self._app)(scope, receive, send)

    async def _authorize(self, scope: Scope, rule: access.RoutePermission) -> Response | None:
        """Authenticate and authorize a request, which happens nowhere else; return None, or the refusal."""
        path, method = scope["path"], scope["method"]
        try:
            user = await run_in_threadpool(self._authenticator.authenticate, scope)
        except StoreError as error:
            return error_response(path, 503, str(error))
        if user is None:
            return error_response(path, 401, "This token or password is not known.", {"www-authenticate": "Bearer"})
        scope["state"]["user"] = user
        if not rule.declared:
            return error_response(path, 403, "Nobody may use this address.")
        # Anonymous users who may read must not change anything.
        is_anonymous_write = method not in access.SAFE and not user.signed_in
        if rule.needs is not None and (is_anonymous_write or not user.has_scope(rule.needs)):
            if not user.signed_in:
                by_script = "hx-request" in Headers(scope=scope)
                return unauthenticated(path, scope["query_string"].decode("latin-1"), method, by_script=by_script)
            message = f"This needs the scope {rule.needs}; yours is {user.scope or 'none'}."
            return error_response(path, 403, message, user=user)
        has_null = "\0" in path or b"%00" in scope["query_string"]
        return error_response(path, 400, _NULL) if has_null else None


def _replay_body(body: bytes, receive: Receive) -> Receive:
    """Return a `receive` that first yields the body, which was read already, and then the following messages."""
    pending: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]

    async def again() -> Message:
        return pending.pop() if pending else await receive()

    return again


def _check_body(scope: Scope, body: bytes, user: access.CurrentUser) -> Response | None:
    path, headers, token = scope["path"], Headers(scope=scope), ""
    is_form = headers.get("content-type", "").partition(";")[0].strip().lower() == _FORM
    if b"\0" in body or (is_form and b"%00" in body):
        return error_response(path, 400, _NULL)
    if is_form:
        try:
            fields = parse_qsl(body.decode("utf-8"), keep_blank_values=True, max_num_fields=MAX_FORM_FIELDS)
        except ValueError:
            return error_response(path, 400, f"A form may have at most {MAX_FORM_FIELDS} fields, in UTF-8.")
        token = dict(fields).get("token", "")
    problem = csrf_problem(headers, token, user)
    return error_response(path, 403, problem, user=user) if problem else None


_BODY_ERRORS: Final = {
    400: "This request ended before its body was complete, so nothing was done.",
    413: f"A request may have at most {MAX_BODY // 1024} KiB.",
}


async def _read_body(scope: Scope, receive: Receive) -> bytes | int:
    """Return the whole body, or the status of a refusal; a body announced as larger than MAX_BODY is not read.

    If the connection ended early, the body is refused: half a form may mean something else (RFC 9112 §8).
    """
    announced = Headers(scope=scope).get("content-length", "0")
    is_number = announced.isascii() and announced.isdecimal() and len(announced) <= _LENGTH_DIGITS
    if not is_number or int(announced) > MAX_BODY:
        return 413
    body = bytearray()
    try:
        async for chunk in Request(scope, receive).stream():
            body += chunk
            if len(body) > MAX_BODY:
                return 413
    except ClientDisconnect:
        return 400
    return bytes(body) if len(body) >= int(announced) else 400


CROSS_SITE = "This request comes from another site, so nothing was done."
STALE_TOKEN = "This form is not from this page, or too old: open the page again and retry."  # noqa: S105  a message


def csrf_problem(headers: Headers, form_token: str, user: access.CurrentUser) -> str | None:
    """Return why a request that changes something may be forged, None if it is not.

    It must come from a page of this server or from no page at all, and contain the token of its session. Requests with
    a bearer token need none, since browsers do not send it automatically.
    """
    if not is_same_origin(headers):
        return CROSS_SITE
    sent = headers.get("x-csrf-token") or form_token
    good = bool(user.token) and hmac.compare_digest(user.token.encode(), sent.encode("utf-8", "replace"))
    return None if user.via == "token" or good else STALE_TOKEN


def is_same_origin(headers: Headers) -> bool:
    """Return whether the headers say that a request comes from this server, or from no page at all."""
    site, origin = headers.get("sec-fetch-site"), headers.get("origin")
    if site is not None:
        return site in ("same-origin", "none")
    # With our `referrer-policy: no-referrer`, the Origin of a form is "null", and over plain http there is no Fetch
    # Metadata either: then only its token protects it.
    if origin in (None, "null"):
        return True
    try:
        return urlsplit(origin).netloc.lower() == headers.get("host", "").lower()
    except ValueError:  # `http://[` is no URL
        return False
