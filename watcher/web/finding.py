"""A stored finding becomes a page of its own: what changed, what was decided, and what can be decided."""

from __future__ import annotations

from fastapi import APIRouter
from fastapi.responses import RedirectResponse

from watcher.web.dependencies import Here, Viewer, stored_id

router = APIRouter()


@router.api_route("/finding/{number}", methods=["GET", "HEAD"], response_class=RedirectResponse)
def finding(number: int, here: Here, reader: Viewer) -> RedirectResponse:  # noqa: ARG001  may read
    """Where an alert points: the finding on the page of its comparison."""
    found = here.archive.headline(stored_id(number))
    return RedirectResponse(f"/comparison/{found.comparison_id}#finding-{found.position + 1}")
