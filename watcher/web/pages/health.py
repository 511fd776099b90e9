"""Serve health and readiness for monitoring."""

from __future__ import annotations

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse, Response

from watcher.errors import StoreError
from watcher.services.health import readiness_problems
from watcher.web.auth.authorization import public
from watcher.web.dependencies import Context

router = APIRouter()


@router.api_route("/healthz", methods=["GET", "HEAD"], response_model=None)
@public
def health(context: Context) -> Response:
    """Whether the archive can be read: 200, or 503 with the reason. Open to everybody who reaches this server."""
    try:
        context.archive.articles.list_all()
    except StoreError as error:
        return JSONResponse({"status": "unavailable", "reason": str(error)}, status_code=503)
    return JSONResponse({"status": "ok"})


@router.api_route("/readyz", methods=["GET", "HEAD"], response_model=None)
@public
def readiness(context: Context, request: Request) -> Response:
    """Whether the work is being done, in whichever process: 200, or 503 with all reasons. Open to everybody."""
    reasons = readiness_problems(context.archive, context.watchlist, context.now(), alive=request.app.state.alive)
    return JSONResponse({"ready": not reasons, "reasons": list(reasons)}, status_code=503 if reasons else 200)
