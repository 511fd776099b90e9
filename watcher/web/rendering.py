"""Render the review pages and the answers to refused requests, and serve the style sheet and the script."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from hashlib import sha256
from http import HTTPStatus
from importlib.resources import files
from typing import Any
from urllib.parse import quote

from fastapi import APIRouter, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import HTMLResponse, JSONResponse, PlainTextResponse, RedirectResponse, Response
from jinja2 import Environment, PackageLoader
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
from watcher.report.as_html import hardened, shared
from watcher.services.health import Health
from watcher.web import view_models
from watcher.web.auth.access import ANONYMOUS, CurrentUser, public

NAVIGATION = (
    ("/", "Findings"),
    ("/watches", "Watches"),
    ("/contradictions", "Contradictions"),
    ("/mutes", "Mutes"),
    ("/rules", "Rules"),
    ("/operations", "Operations"),
    ("/api/v1", "API"),
    ("/help", "Help"),
)
"""Address and name of the pages that the head of every page links to, in order."""

HEALTH = {
    Health.FAILING: "Failing",
    Health.OVERDUE: "Overdue",
    Health.NEW: "Not checked yet",
    Health.OK: "Up to date",
    Health.PAUSED: "Paused",
}
"""The names of the states of watches, in the order in which watches are listed."""
HTMX_CONFIG = json.dumps(
    {
        "allowEval": False,  # our policy has no unsafe-eval
        "includeIndicatorStyles": False,  # nor a style of a script
        "attributesToSettle": [],
        "historyCacheSize": 0,  # pages are not left in the storage of a browser
        "responseHandling": [{"code": "[23]..|422", "swap": True}, {"code": "...", "swap": False, "error": True}],
    }
)
DELIVERIES = {"queued": "waiting", "sent": "sent", "dead": "could not be delivered", "replaced": "replaced"}


def render(template: str, **values: Any) -> str:
    """Get a page of this package, escaped and guarded as reports are; the frame shows who the `user` is, if given."""
    addresses = {
        name: address(f"{name}.{ending}") for name, ending in (("watcher", "css"), ("review", "js"), ("htmx", "min.js"))
    }
    return _environment().get_template(template).render(**values, static=addresses, **shared())


@cache
def _environment() -> Environment:
    made = hardened(PackageLoader("watcher.web"), PackageLoader("watcher.report"))
    made.globals.update(
        navigation=NAVIGATION,
        health_names=HEALTH,
        delivery_names=DELIVERIES,
        state_names=view_models.STATES,
        verb_names=view_models.EDIT_VERBS,
        outcomes=view_models.OUTCOMES,
        htmx_config=HTMX_CONFIG,
    )
    made.filters.update(
        kind=view_models.kind_name,
        reason=view_models.reason_name,
        title=view_models.finding_title,
        thing=view_models.finding_thing,
        key=view_models.article_key,
        words=view_models.sentence_words,
        state=view_models.state_label,
        work_url=view_models.work_url,
        age=view_models.age,
    )
    return made


router = APIRouter()
_SCRIPT = "text/javascript; charset=utf-8"
_TYPES = {"watcher.css": "text/css; charset=utf-8", "review.js": _SCRIPT, "htmx.min.js": _SCRIPT}


@cache
def content(name: str) -> bytes:
    """Return a file by name; the style sheet is that of reports with what only the pages need."""
    own = files("watcher.web").joinpath("static", name).read_bytes()
    if name != "watcher.css":
        return own
    reports = files("watcher.report").joinpath("templates")
    return b"".join(reports.joinpath(sheet).read_bytes() for sheet in ("style.css", "charts.css")) + own


@cache
def address(name: str) -> str:
    """Where a page finds a file: another address after every change, so that browsers may keep it."""
    return f"/static/{name}?v={sha256(content(name)).hexdigest()[:12]}"


@router.api_route("/static/{name}", methods=["GET", "HEAD"], response_model=None)
@public
def static(name: str) -> Response:
    """One of the files; it tells nothing about anybody, so it is open to all."""
    if name not in _TYPES:
        raise HTTPException(404)
    return Response(content(name), media_type=_TYPES[name], headers={"cache-control": "max-age=86400"})


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
    return HTMLResponse(render("trouble.html", **values), status, headers)


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
