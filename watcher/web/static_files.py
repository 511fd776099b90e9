"""The style sheet and the scripts of the pages become answers under /static, by name."""

from __future__ import annotations

from functools import cache
from hashlib import sha256
from importlib.resources import files

from fastapi import APIRouter
from fastapi.responses import Response
from starlette.exceptions import HTTPException

from watcher.web.access import public

router = APIRouter()
_TYPES = {"watcher.css": "text/css; charset=utf-8", "review.js": "text/javascript; charset=utf-8"}


@cache
def content(name: str) -> bytes:
    """A file by name; the style sheet is that of reports with what only the pages need."""
    own = files("watcher.web").joinpath("static", name).read_bytes()
    if name != "watcher.css":
        return own
    reports = files("watcher.report").joinpath("templates")
    return b"".join(reports.joinpath(sheet).read_bytes() for sheet in ("style.css", "charts.css")) + own


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
