"""Serve the operations page: checks, failures and the outbox."""

from __future__ import annotations

from typing import Any, Final

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, RedirectResponse

from snapshots import DeliveryRecord, DeliveryState
from watcher.services.health import readiness_problems
from watcher.text import single_line
from watcher.urls import web_link
from watcher.web import rendering
from watcher.web.dependencies import AdminAccess, Context, ReadAccess, WebContext
from watcher.web.view_models import format_timestamp

_SHOWN: Final = 50
_READ: Final[dict[str, Any]] = {"methods": ["GET", "HEAD"], "response_class": HTMLResponse}
_STATES: Final = {"queued": "Waiting", "sent": "Sent", "dead": "Given up", "replaced": "Replaced by a newer one"}

router = APIRouter()


@router.api_route("/operations", **_READ)
def operations(request: Request, context: Context, reader: ReadAccess, queued: int | None = None) -> HTMLResponse:
    """Rounds of work, watches in trouble, and the outbox: what is given up, what waits, what went out last."""
    now = context.now()
    status = context.archive.metrics.status(now)
    rows = rendering.watch_rows(context.services, status, now)
    return HTMLResponse(
        rendering.render(
            "operations.html",
            reader=reader,
            reasons=readiness_problems(context.archive, context.watchlist, now, alive=request.app.state.alive),
            mistake=context.services.watchlist_error,
            rounds=_rounds(context),
            troubled=[row for row in rows if row.state in ("failing", "overdue")],
            count=len(rows),
            status=status,
            dead=[_delivery(delivery) for delivery in context.archive.deliveries.newest(_SHOWN, DeliveryState.DEAD)],
            waiting=[
                _delivery(delivery) for delivery in context.archive.deliveries.newest(_SHOWN, DeliveryState.QUEUED)
            ],
            sent=[
                _delivery(delivery) for delivery in context.archive.deliveries.newest(_SHOWN // 2, DeliveryState.SENT)
            ],
            prefect=web_link(request.app.state.prefect_ui),
            queued=queued,
        )
    )


@router.post("/operations/retry", response_class=RedirectResponse)
def retry(context: Context, reader: AdminAccess) -> RedirectResponse:  # noqa: ARG001  admins only
    """Queue what was given up once more."""
    return RedirectResponse(f"/operations?queued={context.archive.outbox.retry_dead(context.now())}", 303)


def _rounds(context: WebContext) -> list[dict[str, str]]:
    names = {"check": "Checks", "deliver": "Deliveries", "tidy": "Tidying"}
    return [
        {
            "name": names.get(kind, kind),
            "at": format_timestamp(shared_counter.at),
            "count": f"{shared_counter.amount:,.0f}",
        }
        for shared_counter in context.archive.metrics.counters()
        if shared_counter.name == "runs" and (kind := shared_counter.labels.get("kind", ""))
    ]


def _delivery(delivery: DeliveryRecord) -> dict[str, str | int]:
    last = delivery.log[-1] if delivery.log else None
    return {
        "id": delivery.id,
        "title": delivery.alert.article.title,
        "destination": delivery.destination,
        "state": _STATES[delivery.state.value],
        "at": format_timestamp(delivery.done_at or delivery.queued_at),
        "next": format_timestamp(delivery.not_before),
        "attempts": delivery.attempts,
        "error": single_line(last.error, 300) if last and last.error else "",
    }
