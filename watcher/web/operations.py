"""Checks, failures and the outbox become one page for whoever runs the watching."""

from __future__ import annotations

from typing import Any, Final

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, RedirectResponse

from flows.readiness import unready
from snapshots import Posting, State, tallies
from watcher.report.safety import one_line, web_link
from watcher.web import pages
from watcher.web.dependencies import Admin, Here, Site, Viewer
from watcher.web.lines import moment

_SHOWN: Final = 50
_READ: Final[dict[str, Any]] = {"methods": ["GET", "HEAD"], "response_class": HTMLResponse}
_STATES: Final = {"queued": "Waiting", "sent": "Sent", "dead": "Given up", "replaced": "Replaced by a newer one"}

router = APIRouter()


@router.api_route("/operations", **_READ)
def operations(request: Request, here: Here, reader: Viewer, queued: int | None = None) -> HTMLResponse:
    """Rounds of work, watches in trouble, and the outbox: what is given up, what waits, what went out last."""
    now = here.now()
    status = here.archive.status(now)
    rows = pages.watch_rows(here.services, status, now)
    return HTMLResponse(
        pages.render(
            "operations.html",
            reader=reader,
            reasons=unready(here.archive, here.watchlist, now, alive=request.app.state.alive),
            mistake=here.services.mistake,
            rounds=_rounds(here),
            troubled=[row for row in rows if row.state in ("failing", "overdue")],
            count=len(rows),
            status=status,
            dead=[_delivery(one) for one in here.archive.deliveries(_SHOWN, State.DEAD)],
            waiting=[_delivery(one) for one in here.archive.deliveries(_SHOWN, State.QUEUED)],
            sent=[_delivery(one) for one in here.archive.deliveries(_SHOWN // 2, State.SENT)],
            prefect=web_link(request.app.state.prefect_ui),
            queued=queued,
        )
    )


@router.post("/operations/retry", response_class=RedirectResponse)
def retry(here: Here, reader: Admin) -> RedirectResponse:  # noqa: ARG001  admins only
    """Queue what was given up once more."""
    return RedirectResponse(f"/operations?queued={here.archive.retry_dead(here.now())}", 303)


def _rounds(here: Site) -> list[dict[str, str]]:
    names = {"check": "Checks", "deliver": "Deliveries", "tidy": "Tidying"}
    return [
        {"name": names.get(kind, kind), "at": moment(one.at), "count": f"{one.amount:,.0f}"}
        for one in tallies(here.archive)
        if one.name == "runs" and (kind := one.labels.get("kind", ""))
    ]


def _delivery(one: Posting) -> dict[str, str | int]:
    last = one.log[-1] if one.log else None
    return {
        "id": one.id,
        "title": one.alert.article.title,
        "destination": one.destination,
        "state": _STATES[one.state.value],
        "at": moment(one.done_at or one.queued_at),
        "next": moment(one.not_before),
        "attempts": one.attempts,
        "error": one_line(last.error, 300) if last and last.error else "",
    }
