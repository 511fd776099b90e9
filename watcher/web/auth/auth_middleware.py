"""Middleware: authentication, authorization and CSRF check, in that order; no route decides any of them again."""

from __future__ import annotations

from collections.abc import Callable, MutableMapping, Sequence
from functools import cached_property
from typing import Any, Final
from urllib.parse import parse_qsl

from fastapi.responses import Response
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import Headers

from watcher.errors import StoreError
from watcher.web.auth.authentication import ANONYMOUS, SAFE, Authenticator, CurrentUser
from watcher.web.auth.authorization import RoutePermission, permission_for, route_permissions
from watcher.web.auth.csrf import csrf_problem
from watcher.web.auth.security_headers import Application, Receive, Scope, Send
from watcher.web.error_responses import error_response, unauthenticated

LARGEST_BODY = 256 * 1024
MOST_FIELDS = 1000
_NULL = "A request must not contain a null character."  # PostgreSQL stores none in a text
_LENGTH_DIGITS = 12  # of a Content-Length; int() refuses thousands of them with an error
_FORM = "application/x-www-form-urlencoded"


class AuthMiddleware:
    """Lets through only what a declared route allows this user; `routes` are read at the first request."""

    def __init__(self, app: Application, authenticator: Authenticator, routes: Callable[[], Sequence[Any]]) -> None:
        self._app = app
        self._authenticator = authenticator
        self._routes = routes

    @cached_property
    def _rules(self) -> tuple[RoutePermission, ...]:
        return route_permissions(self._routes())

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request that is refused; pass on all others with `user` and `admitted` in their state."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        rule = permission_for(self._rules, scope["path"], scope["method"])
        state = scope.setdefault("state", {})
        state["user"], state["admitted"] = ANONYMOUS, rule.endpoint if rule else None
        refused: Response | None = None
        if rule is not None:
            refused = await self._authenticate(scope) or _authorize(scope, rule, state["user"])
            if refused is None and ("\0" in scope["path"] or b"%00" in scope["query_string"]):
                refused = error_response(scope["path"], 400, _NULL)
            if refused is None and scope["method"] not in SAFE:
                body = await _read(scope, receive)
                if isinstance(body, int):
                    refused = error_response(scope["path"], body, _UNREAD[body])
                else:
                    refused = _check_body(scope, body, state["user"])
                    receive = _replay_body(body, receive)
        await (refused or self._app)(scope, receive, send)

    async def _authenticate(self, scope: Scope) -> Response | None:
        """Find out who asks; the answer to wrong credentials."""
        path = scope["path"]
        try:
            user = await run_in_threadpool(self._authenticator.authenticate, scope)
        except StoreError as error:
            return error_response(path, 503, str(error))
        if user is None:
            return error_response(path, 401, "This token or password is not known.", {"www-authenticate": "Bearer"})
        scope["state"]["user"] = user
        return None


def _authorize(scope: Scope, rule: RoutePermission, user: CurrentUser) -> Response | None:
    """Decide whether the user may make this request, the only place that does; the answer when not."""
    path = scope["path"]
    if not rule.declared:
        return error_response(path, 403, "Nobody may use this address.")
    # Who may read without signing in must not leave anything behind.
    nameless = scope["method"] not in SAFE and not user.signed_in
    if rule.needs is None or (user.has_scope(rule.needs) and not nameless):
        return None
    if not user.signed_in:
        return unauthenticated(path, scope["query_string"].decode("latin-1"), scope["method"])
    return error_response(path, 403, f"This needs the scope {rule.needs}; yours is {user.highest_scope}.", user=user)


def _check_body(scope: Scope, body: bytes, user: CurrentUser) -> Response | None:
    path, headers = scope["path"], Headers(scope=scope)
    if b"\0" in body or (_is_form(headers) and b"%00" in body):
        return error_response(path, 400, _NULL)
    try:
        problem = csrf_problem(headers, _field(headers, body, "token"), user)
    except ValueError:
        return error_response(path, 400, f"A form may have at most {MOST_FIELDS} fields, in UTF-8.")
    return error_response(path, 403, problem, user=user) if problem else None


def _is_form(headers: Headers) -> bool:
    return headers.get("content-type", "").partition(";")[0].strip().lower() == _FORM


def _field(headers: Headers, body: bytes, name: str) -> str:
    """Return a field of a form; ValueError for one with too many fields or broken text."""
    if not _is_form(headers):
        return ""
    pairs = parse_qsl(body.decode("utf-8"), keep_blank_values=True, max_num_fields=MOST_FIELDS)
    return dict(pairs).get(name, "")


_UNREAD: Final = {
    400: "This request ended before its body was complete, so nothing was done.",
    413: f"A request may have at most {LARGEST_BODY // 1024} KiB.",
}


async def _read(scope: Scope, receive: Receive) -> bytes | int:
    """Return the whole body, or the status of a refusal: a body announced as larger than LARGEST_BODY is not read.

    A connection that ended early leaves half a form, which may mean something else (RFC 9112 §8).
    """
    length = Headers(scope=scope).get("content-length")
    if length is not None and not (length.isascii() and length.isdecimal() and len(length) <= _LENGTH_DIGITS):
        return 413
    if length is not None and int(length) > LARGEST_BODY:
        return 413
    body = bytearray()
    more = True
    while more:
        message = await receive()
        if message["type"] != "http.request":
            return 400
        body += message.get("body", b"")
        if len(body) > LARGEST_BODY:
            return 413
        more = message.get("more_body", False)
    return 400 if length is not None and len(body) < int(length) else bytes(body)


def _replay_body(body: bytes, receive: Receive) -> Receive:
    """Make a body that was read readable again."""
    rest: list[MutableMapping[str, Any]] = [{"type": "http.request", "body": body, "more_body": False}]

    async def replay() -> MutableMapping[str, Any]:
        return rest.pop() if rest else await receive()

    return replay
