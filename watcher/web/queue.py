"""Stored findings become the queue: what nobody has decided about yet, the worst first."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter
from fastapi.responses import HTMLResponse

from watcher.web import pages
from watcher.web.dependencies import Here, Viewer

_RECENT = 50
_EACH = 3
_READ: dict[str, Any] = {"methods": ["GET", "HEAD"], "response_class": HTMLResponse}

router = APIRouter()


@router.api_route("/", **_READ)
def queue(here: Here, reader: Viewer) -> HTMLResponse:  # noqa: ARG001  may read
    """Recent findings of all articles, and how every watch is doing."""
    decisions = here.archive.recent(_RECENT)
    status = here.archive.status(here.now())
    page = pages.render(
        "queue.html",
        entries=pages.entries(decisions, here.archive.headlines([one.id for one in decisions], _EACH)),
        watches=pages.watch_rows(here.watchlist, status, here.now()),
        status=status,
        states=pages.STATES,
    )
    return HTMLResponse(page)
