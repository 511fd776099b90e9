"""Serve the pages Operations (checks, failures, the outbox), Mutes and Rules, and health for monitoring."""

from __future__ import annotations

from typing import Final

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, JSONResponse, RedirectResponse, Response

from snapshots import DeliveryState
from snapshots.accounts import Scope
from snapshots.upgrade import HEAD
from watcher.errors import StoreError
from watcher.services.catch_up import end_mute
from watcher.services.probes import Installation, reasons
from watcher.urls import web_link
from watcher.web import rendering
from watcher.web.auth.authorization import public
from watcher.web.dependencies import ADMIN, PAGE, READ, REVIEW, Context, User

_SHOWN: Final = 50
_ROUNDS: Final = {"check": "Checks", "dispatch": "Dispatches to workers", "deliver": "Deliveries", "tidy": "Clean-ups"}

router = APIRouter(dependencies=[READ])
monitoring = APIRouter()


@router.api_route("/operations", **PAGE)
def operations(request: Request, context: Context, user: User, queued: int | None = None) -> HTMLResponse:
    """Show rounds of work, failing and overdue watches, and the outbox: failed, waiting and newest sent messages."""
    now, newest = context.now(), context.archive.deliveries.newest
    rows = rendering.watch_rows(context)
    return rendering.page(
        "operations.html",
        user=user,
        reasons=reasons(_installation(request, context)),
        mistake=context.services.watchlist_error,
        rounds=[
            (_ROUNDS.get(counter.labels["kind"], counter.labels["kind"]), counter)
            for counter in context.archive.metrics.counters()
            if counter.name == "runs" and "kind" in counter.labels
        ],
        troubled=[row for row in rows if row.needs_attention],
        count=len(rows),
        status=context.archive.metrics.outbox(now),
        dead=newest(_SHOWN, DeliveryState.DEAD),
        waiting=newest(_SHOWN, DeliveryState.QUEUED),
        sent=newest(_SHOWN // 2, DeliveryState.SENT),
        prefect=web_link(request.app.state.prefect_ui),
        queued=queued,
    )


@router.post("/operations/retry", response_class=RedirectResponse, dependencies=[ADMIN])
def retry(context: Context) -> RedirectResponse:
    """Queue the failed messages again."""
    return RedirectResponse(f"/operations?queued={context.archive.outbox.retry_dead(context.now())}", 303)


@router.api_route("/mutes", **PAGE)
def mutes(context: Context, user: User, ended: bool = False) -> HTMLResponse:  # noqa: FBT001, FBT002  from the address
    """List the open mutes: what raises no alert now, until when, and what it has suppressed."""
    rows = [(mute, context.archive.mutes.suppressed(mute)) for mute in context.archive.mutes.list_open()]
    return rendering.page("mutes.html", user=user, rows=rows, ended=ended)


@router.api_route("/rules", **PAGE)
def rules(context: Context, user: User) -> HTMLResponse:
    """Show how many findings of each rule reviewers called right, wrong or no fact."""
    return rendering.page("rules.html", user=user, rows=context.archive.reviews.outcomes_by_rule())


@router.post("/mutes/{number}/end", response_class=RedirectResponse, dependencies=[REVIEW])
def end(number: int, context: Context) -> RedirectResponse:
    """End a mute now; what it suppressed is summarized in an alert for each article."""
    for mute in context.archive.mutes.list_open():
        if mute.id == number:
            end_mute(context.services, mute)
    return RedirectResponse("/mutes?ended=1", 303)


def _installation(request: Request, context: Context) -> Installation:
    return Installation(
        watchlist=context.watchlist, archive=context.archive, now=context.now, prefect=request.app.state.scheduler
    )


@monitoring.api_route("/livez", methods=["GET", "HEAD"], response_model=None)
@public
def liveness() -> Response:
    """Whether this process answers, whatever its database does: a restart would not bring that back."""
    return JSONResponse({"status": "ok"})


@monitoring.api_route("/healthz", methods=["GET", "HEAD"], response_model=None)
@public
def health(context: Context, user: User) -> Response:
    """Whether the database can be read: 200, or 503 with the reason. Open to everybody who reaches this server.

    It takes the same time whatever the database holds: a probe that gets slower with it would restart what works.
    """
    try:
        schema = context.archive.schema_version()
        reason = "" if schema == HEAD else f"the database has schema {schema or 'none'}, this program {HEAD}"
    except StoreError as error:
        reason = str(error) if user.has_scope(Scope.READ) else "the database cannot be read"
    if reason:
        return JSONResponse({"status": "unavailable", "reason": reason}, status_code=503)
    return JSONResponse({"status": "ok"})


@monitoring.api_route("/readyz", methods=["GET", "HEAD"], response_model=None)
@public
def readiness(context: Context, request: Request, user: User) -> Response:
    """Whether the work is done, in any process: 200, or 503 with all reasons; with names of hosts for readers alone."""
    stated = reasons(_installation(request, context), details=user.has_scope(Scope.READ))
    return JSONResponse({"ready": not stated, "reasons": list(stated)}, status_code=503 if stated else 200)
