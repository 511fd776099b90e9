"""The state of the archive becomes an answer for whoever watches this server."""

from __future__ import annotations

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse, Response

from flows.readiness import unready
from watcher.errors import StoreError
from watcher.web.access import public
from watcher.web.dependencies import Here

router = APIRouter()


@router.api_route("/healthz", methods=["GET", "HEAD"], response_model=None)
@public
def health(here: Here) -> Response:
    """Whether the archive can be read: 200, or 503 with the reason. Open to everybody who reaches this server."""
    try:
        here.archive.articles()
    except StoreError as error:
        return JSONResponse({"status": "unavailable", "reason": str(error)}, status_code=503)
    return JSONResponse({"status": "ok"})


@router.api_route("/readyz", methods=["GET", "HEAD"], response_model=None)
@public
def readiness(here: Here, request: Request) -> Response:
    """Whether the work is being done, in whichever process: 200, or 503 with all reasons. Open to everybody."""
    reasons = unready(here.archive, here.watchlist, here.now(), alive=request.app.state.alive)
    return JSONResponse({"ready": not reasons, "reasons": list(reasons)}, status_code=503 if reasons else 200)
