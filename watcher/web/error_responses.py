"""Build error responses: a page, problem+json (RFC 9457), or a challenge for a feed reader."""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any
from urllib.parse import quote

from fastapi import Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import HTMLResponse, JSONResponse, PlainTextResponse, RedirectResponse, Response
from starlette.exceptions import HTTPException

from watcher.errors import (
    ConfigError,
    Conflict,
    Corrupt,
    InputError,
    Missing,
    Refused,
    StoreError,
    Unavailable,
    WatcherError,
)
from watcher.web import rendering
from watcher.web.auth.authentication import ANONYMOUS, CurrentUser

API = "/api/"
FEED = "/atom.xml"
_REALM = 'realm="Article Watcher", charset="UTF-8"'


def _user(request: Request) -> CurrentUser:
    user: CurrentUser = getattr(request.state, "user", ANONYMOUS)
    return user


def error_response(
    path: str, status: int, message: str, headers: Mapping[str, str] | None = None, user: CurrentUser = ANONYMOUS
) -> Response:
    """Return the answer to a refused request for `path` by a user."""
    if path.startswith(API):
        return problem(status, message, headers)
    if path.endswith(FEED):
        return PlainTextResponse(f"{message}\n", status, headers)
    # The page whose form was sent to this address: a refused form is no dead end.
    page = path.rpartition("/")[0] if path.endswith(("/mute", "/undo", "/pin")) else path
    back = page if page.startswith(("/finding/", "/article/")) else "/watches" if page.startswith("/watches") else "/"
    values = {"status": status, "message": message, "user": user, "back": back}
    return HTMLResponse(rendering.render("trouble.html", **values), status, headers)


def problem(status: int, detail: str, headers: Mapping[str, str] | None = None, **more: Any) -> Response:
    """Return a problem document of RFC 9457."""
    body = {"type": "about:blank", "title": HTTPStatus(status).phrase, "status": status, "detail": detail, **more}
    return JSONResponse(body, status, headers, media_type="application/problem+json")


def unauthenticated(path: str, query: str, method: str) -> Response:
    """Return the answer to an anonymous request: pages redirect to the sign-in, programs get a challenge."""
    if path.startswith(API):
        return problem(401, "Sign in, or send a token: Authorization: Bearer …", {"www-authenticate": "Bearer"})
    if path.endswith(FEED):
        return error_response(path, 401, "Give a token as the password.", {"www-authenticate": f"Basic {_REALM}"})
    if method in ("GET", "HEAD"):
        current = path + (f"?{query}" if query else "")
        return RedirectResponse(f"/sign-in?next={quote(current, safe='')}", 303)
    return error_response(path, 401, "Sign in first.")


_STATUS: tuple[tuple[type[WatcherError], int], ...] = (
    (Missing, 404),
    (Conflict, 409),
    (ConfigError, 422),
    (InputError, 422),
    (Refused, 422),
    (StoreError, 503),
    (Unavailable, 503),
    (Corrupt, 502),
)


def handle_app_error(request: Request, error: Exception) -> Response:
    """Return the answer to an error of this application."""
    return error_response(request.url.path, status_of(error), str(error), user=_user(request))


def status_of(error: Exception) -> int:
    """Return the status by the caller's next move."""
    return next((status for kind, status in _STATUS if isinstance(error, kind)), 500)


_MESSAGES = {
    403: "You do not have permission to do this.",
    404: "There is no page at this address.",
    405: "This page can only be read.",
    413: "This is too large.",
}


def handle_http_error(request: Request, error: Exception) -> Response:
    """Return the answer to a request that no route matches, or that a route refuses."""
    assert isinstance(error, HTTPException)
    message = _MESSAGES.get(error.status_code, "This request was refused.")
    if error.status_code == HTTPStatus.BAD_REQUEST:  # our own routes say what is wrong
        message = str(error.detail)
    return error_response(request.url.path, error.status_code, message, error.headers, _user(request))


def handle_validation_error(request: Request, error: Exception) -> Response:
    """Return the answer to an invalid request; what was sent is not repeated."""
    assert isinstance(error, RequestValidationError)
    wrong = [{"where": [str(part) for part in item["loc"]], "what": str(item["msg"])} for item in error.errors()]
    path = request.url.path
    if path.startswith(API):
        return problem(422, "This is not of the form that is described at /api/v1/openapi.json.", errors=wrong)
    if any(item["where"][:1] == ["path"] for item in wrong):
        return error_response(path, 404, _MESSAGES[404], user=_user(request))  # a number that is none
    message = "; ".join(f"{item['where'][-1]}: {item['what']}" for item in wrong[:5])
    return error_response(path, 400, f"A field of the form is invalid: {message}", user=_user(request))
