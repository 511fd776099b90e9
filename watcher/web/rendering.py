"""Render the review pages, and serve their style sheet and script."""

from __future__ import annotations

import json
from functools import cache
from hashlib import sha256
from importlib.resources import files
from typing import Any

from fastapi import APIRouter
from fastapi.responses import Response
from jinja2 import Environment, PackageLoader
from starlette.exceptions import HTTPException

from watcher.report.as_html import hardened, shared
from watcher.services.health import Health
from watcher.web import view_models
from watcher.web.auth.authorization import public

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
