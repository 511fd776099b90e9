"""Middleware: known host names, security headers, authentication, authorization and CSRF check, in that order.

No route decides any of them again.
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
"""Scripts and styles are files of this server; an answer may ask for a stricter policy of its own."""


def policy_with_images(scheme: str, hosts: Sequence[str]) -> str:
    """Return the same policy for a page that shows images of some hosts, which an operator has named."""
    return POLICY.replace(
        "img-src 'self' data:", " ".join(["img-src 'self' data:", *(f"{scheme}://{host}" for host in hosts)])
    )


LOOPBACK = frozenset({"127.0.0.1", "localhost", "[::1]"})
# RFC 9110 §7.2: uri-host with an optional port; IPv6 stands in brackets.
_HOST = re.compile(r"(\[[0-9a-f:.]+\]|[a-z0-9.-]+)(?::\d{1,5})?", re.IGNORECASE)


class SecurityHeadersMiddleware:
    """Answers 421 to any other Host (a rebound DNS name must not read this machine), and adds headers to the rest."""

    def __init__(self, app: ASGIApp, hosts: Iterable[str]) -> None:
        self._app = app
        self._hosts = frozenset(host.lower() for host in hosts) | LOOPBACK
        # Served on all addresses, it is asked by any of them; a name that was rebound is none.
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
        """Pass on HTTP requests to a known host, and the start and end of the server; nothing else."""
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

    def is_allowed_host(self, given: list[str]) -> bool:
        """Whether there is exactly one Host, and it is ours."""
        if len(given) != 1 or not (named := _HOST.fullmatch(given[0])):
            return False
        host = named[1].lower()
        return host in self._hosts or (self._by_any_address and ip_address(host) is not None)


MISDIRECTED_RESPONSE = PlainTextResponse("This server does not answer to that name: open it by its own address.\n", 421)


LARGEST_BODY = 256 * 1024
MOST_FIELDS = 1000
_NULL = "A request must not contain a null character."  # PostgreSQL stores none in a text
_LENGTH_DIGITS = 12  # of a Content-Length; int() refuses thousands of them with an error
_FORM = "application/x-www-form-urlencoded"


class AuthMiddleware:
    """Lets through only what a declared route allows this user; `routes` are read at the first request."""

    def __init__(self, app: ASGIApp, authenticator: access.Authenticator, routes: Callable[[], Sequence[Any]]) -> None:
        self._app = app
        self._authenticator = authenticator
        self._routes = routes

    @cached_property
    def _rules(self) -> tuple[access.RoutePermission, ...]:
        return access.route_permissions(self._routes())

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request that is refused; pass on all others with `user` and `admitted` in their state."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        rule = access.permission_for(self._rules, scope["path"], scope["method"])
        state = scope.setdefault("state", {})
        state["user"], state["admitted"] = access.ANONYMOUS, rule.endpoint if rule else None
        refused: Response | None = None
        if rule is not None:
            refused = await self._authorize(scope, rule)
            if refused is None and scope["method"] not in access.SAFE:
                body = await _read(scope, receive)
                if isinstance(body, int):
                    refused = error_response(scope["path"], body, _UNREAD[body])
                else:
                    refused = _check_body(scope, body, state["user"])
                    receive = _once_more(body, receive)
        await (refused or self._app)(scope, receive, send)

    async def _authorize(self, scope: Scope, rule: access.RoutePermission) -> Response | None:
        """Find out who asks and whether they may, the only place that decides; the answer when not."""
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
        # Who may read without signing in must not leave anything behind.
        nameless = method not in access.SAFE and not user.signed_in
        if rule.needs is not None and (nameless or not user.has_scope(rule.needs)):
            if not user.signed_in:
                by_script = "hx-request" in Headers(scope=scope)
                return unauthenticated(path, scope["query_string"].decode("latin-1"), method, by_script=by_script)
            message = f"This needs the scope {rule.needs}; yours is {user.scope or 'none'}."
            return error_response(path, 403, message, user=user)
        has_null = "\0" in path or b"%00" in scope["query_string"]
        return error_response(path, 400, _NULL) if has_null else None


def _once_more(body: bytes, receive: Receive) -> Receive:
    """Return what receives a body that was read once more, then what comes after it."""
    rest: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]

    async def again() -> Message:
        return rest.pop() if rest else await receive()

    return again


def _check_body(scope: Scope, body: bytes, user: access.CurrentUser) -> Response | None:
    path, headers, token = scope["path"], Headers(scope=scope), ""
    is_form = headers.get("content-type", "").partition(";")[0].strip().lower() == _FORM
    if b"\0" in body or (is_form and b"%00" in body):
        return error_response(path, 400, _NULL)
    if is_form:
        try:
            fields = parse_qsl(body.decode("utf-8"), keep_blank_values=True, max_num_fields=MOST_FIELDS)
        except ValueError:
            return error_response(path, 400, f"A form may have at most {MOST_FIELDS} fields, in UTF-8.")
        token = dict(fields).get("token", "")
    problem = csrf_problem(headers, token, user)
    return error_response(path, 403, problem, user=user) if problem else None


_UNREAD: Final = {
    400: "This request ended before its body was complete, so nothing was done.",
    413: f"A request may have at most {LARGEST_BODY // 1024} KiB.",
}


async def _read(scope: Scope, receive: Receive) -> bytes | int:
    """Return the whole body, or the status of a refusal: a body announced as larger than LARGEST_BODY is not read.

    A connection that ended early leaves half a form, which may mean something else (RFC 9112 §8).
    """
    announced = Headers(scope=scope).get("content-length", "0")
    if not (announced.isascii() and announced.isdecimal() and len(announced) <= _LENGTH_DIGITS):
        return 413
    if int(announced) > LARGEST_BODY:
        return 413
    body, more = bytearray(), True
    while more:
        message = await receive()
        if message["type"] != "http.request":
            return 400
        body += message.get("body", b"")
        if len(body) > LARGEST_BODY:
            return 413
        more = message.get("more_body", False)
    return bytes(body) if len(body) >= int(announced) else 400


CROSS_SITE = "This request comes from another site, so nothing was done."
STALE_TOKEN = "This form is not from this page, or too old: open the page again and retry."  # noqa: S105  a message


def csrf_problem(headers: Headers, form_token: str, user: access.CurrentUser) -> str | None:
    """Why an unsafe request may be forged; None when it is not.

    It must come from a page of this server or from no page at all, and carry the token of its session. A bearer token
    needs none: no browser sends it by itself.
    """
    if not is_same_origin(headers):
        return CROSS_SITE
    sent = headers.get("x-csrf-token") or form_token
    good = bool(user.token) and hmac.compare_digest(user.token.encode(), sent.encode("utf-8", "replace"))
    return None if user.via == "token" or good else STALE_TOKEN


def is_same_origin(headers: Headers) -> bool:
    """Whether a browser says that the request comes from this server, or no browser says anything."""
    site, origin = headers.get("sec-fetch-site"), headers.get("origin")
    if site is not None:
        return site in ("same-origin", "none")
    # Under our own `referrer-policy: no-referrer` a form's Origin is "null" where there is no Fetch Metadata
    # (plain http): then its token alone must speak for it.
    if origin in (None, "null"):
        return True
    try:
        return urlsplit(origin).netloc.lower() == headers.get("host", "").lower()
    except ValueError:  # `http://[` is no address
        return False
