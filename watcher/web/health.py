"""The state of the archive becomes an answer for whoever watches this server."""

from __future__ import annotations

from fastapi import APIRouter
from fastapi.responses import JSONResponse, Response

from watcher.errors import StoreError
from watcher.web.dependencies import Here

router = APIRouter()


@router.api_route("/healthz", methods=["GET", "HEAD"], response_model=None)
def health(here: Here) -> Response:
    """Whether the archive can be read: 200, or 503 with the reason. Open to everybody who reaches this server."""
    try:
        here.archive.articles()
    except StoreError as error:
        return JSONResponse({"status": "unavailable", "reason": str(error)}, status_code=503)
    return JSONResponse({"status": "ok"})
