"""Serve the pages Operations (checks, failures, the outbox), Mutes and Rules, and health for monitoring."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, time, timedelta
from typing import Annotated, Final
from urllib.parse import quote

from fastapi import APIRouter, Form
from fastapi.responses import HTMLResponse, JSONResponse, RedirectResponse, Response

from snapshots import DeliveryState, Mute
from snapshots.accounts import Scope
from snapshots.review_records import RuleOutcomes
from snapshots.upgrade import HEAD
from watcher.config.validators import day
from watcher.errors import Missing, StoreError, WatcherError
from watcher.judge import RULES
from watcher.services.check import end_mute
from watcher.services.delivery import send_sample
from watcher.services.health import last_rounds
from watcher.services.mutes import begin_mute, mutes_of_rules
from watcher.services.probes import Installation, reasons
from watcher.urls import web_link
from watcher.web.auth.access import public
from watcher.web.dependencies import ADMIN, REVIEW, Context, PageRouter, WebContext

_SHOWN: Final = 50
_TITLES: Final = 1_000  # that a browser completes
_RULES: Final = tuple(rule.__name__ for rule in RULES)
_DONE: Final = {
    "begun": "It is muted from the next check on",
    "ended": "The mute has ended. An alert will summarize what it suppressed, if anything still stands",
}
Words = Annotated[str, Form(max_length=300)]
_NOTHING: Final = dict.fromkeys(("title", "rule", "words", "until"), "")
_ROUNDS: Final = {"check": "Checks", "deliver": "Deliveries", "tidy": "Clean-ups"}

router = PageRouter()
monitoring = APIRouter()


# Not in one transaction: one of the reasons is asked of Prefect's server.
@router.api_route("/operations", methods=["GET", "HEAD"], response_class=HTMLResponse)
def operations(context: Context, queued: int | None = None) -> HTMLResponse:
    """Show rounds of work, failing and overdue watches, destinations, and the outbox: failed, waiting, newest sent."""
    return _operations(context, queued=queued)


def _operations(context: WebContext, queued: int | None = None, tested: str = "", refused: str = "") -> HTMLResponse:
    rows, newest = context.watch_rows(), context.archive.outbox.newest
    return context.page(
        "operations.html",
        reasons=reasons(_installation(context)),
        mistake=context.services.watchlist_error,
        rounds=[(_ROUNDS.get(kind, kind), at) for kind, at in last_rounds(context.archive).items()],
        troubled=[row for row in rows if row.needs_attention],
        count=len(rows),
        status=context.archive.metrics.outbox(context.now()),
        dead=newest(_SHOWN, DeliveryState.DEAD),
        waiting=newest(_SHOWN, DeliveryState.QUEUED),
        sent=newest(_SHOWN // 2, DeliveryState.SENT),
        prefect=web_link(context.request.app.state.prefect_ui),
        destinations=context.watchlist.destinations,
        queued=queued,
        tested=tested,
        refused=refused,
    )


@router.form("/operations/test", ADMIN)
def send_test(context: Context, name: Words = "") -> HTMLResponse:
    """Send a destination a sample that is marked as a test, and say whether it was accepted."""
    destination = next((each for each in context.watchlist.destinations if each.name == name), None)
    if destination is None:
        raise Missing(f"no destination is named {name!r}")
    problem, template_errors = send_sample(context.watchlist, destination, context.now())
    refused = "; ".join([*([problem] if problem else []), *template_errors])
    return _operations(context, tested=name, refused=refused)


@router.form("/operations/retry", ADMIN)
def retry(context: Context) -> RedirectResponse:
    """Queue the failed messages again."""
    return RedirectResponse(f"/operations?queued={context.archive.outbox.retry_dead(context.now())}", 303)


@router.page("/mutes")
def mutes(context: Context, did: str = "") -> HTMLResponse:
    """List the open mutes: what raises no alert now, until when, and what it has suppressed."""
    return _mutes(context, did=_DONE.get(did, ""))


def _mutes(
    context: WebContext, *, did: str = "", problem: str = "", entered: Mapping[str, str] = _NOTHING
) -> HTMLResponse:
    rows = [(mute, context.archive.mutes.suppressed(mute)) for mute in context.archive.mutes.list_open()]
    titles = sorted({watch.title for watch in context.watchlist.watches})[:_TITLES]
    values = {"rows": rows, "rules": _RULES, "titles": titles, "did": did, "problem": problem, "entered": entered}
    return context.page("mutes.html", 422 if problem else 200, **values)


@router.form("/mutes", ADMIN)
def begin(context: Context, title: Words = "", rule: Words = "", words: Words = "", until: Words = "") -> Response:
    """Mute an article, a rule, or what has some words, until the end of a day or until the mute is ended."""
    try:
        last = day(until) if until else None
        ends = datetime.combine(last, time(), UTC) + timedelta(days=1) if last else None
        begin_mute(context.services, title=title.strip(), rule=rule, words=words, until=ends)
    except (WatcherError, ValueError, OverflowError) as error:
        entered = {"title": title, "rule": rule, "words": words, "until": until}
        return _mutes(context, problem=str(error), entered=entered)
    return RedirectResponse("/mutes?did=begun", 303)


@router.page("/rules")
def rules(context: Context) -> HTMLResponse:
    """Show how many findings of each rule reviewers called right, wrong or no fact, and whether it is on."""
    outcomes = {row.rule: row for row in context.archive.reviews.outcomes_by_rule()}
    rows = [outcomes.get(name) or RuleOutcomes(rule=name) for name in dict.fromkeys([*outcomes, *_RULES])]
    off = mutes_of_rules(context.archive.mutes.list_open(), [row.rule for row in rows])
    return context.page("rules.html", rows=rows, off=off)


@router.form("/rules/{name}/off", ADMIN)
def turn_off(name: str, context: Context) -> RedirectResponse:
    """Let a rule raise no alert in any article: a mute without an end."""
    if not mutes_of_rules(context.archive.mutes.list_open(), [name]):
        begin_mute(context.services, rule=name)
    return RedirectResponse(f"/rules#{quote(name)}", 303)


@router.form("/rules/{name}/on", ADMIN)
def turn_on(name: str, context: Context) -> RedirectResponse:
    """End the mute of a rule; what it suppressed is summarized in an alert for each article."""
    _end(context, [mute for mute in context.archive.mutes.list_open() if mute.rule == name and mute.is_of_whole_rule])
    return RedirectResponse(f"/rules#{quote(name)}", 303)


@router.form("/mutes/{number}/end", REVIEW)
def end(number: int, context: Context) -> RedirectResponse:
    """End a mute now; what it suppressed is summarized in an alert for each article."""
    _end(context, [mute for mute in context.archive.mutes.list_open() if mute.id == number])
    return RedirectResponse("/mutes?did=ended", 303)


def _end(context: WebContext, mutes: Iterable[Mute]) -> None:
    for mute in mutes:
        with context.wiki_lock:
            end_mute(context.services, mute)


def _installation(context: WebContext) -> Installation:
    return Installation(
        watchlist=context.watchlist,
        archive=context.archive,
        now=context.now,
        prefect=context.request.app.state.scheduler,
    )


@monitoring.api_route("/livez", methods=["GET", "HEAD"], response_model=None)
@public
def liveness() -> Response:
    """Whether this process answers, whatever its database does: a restart would not bring that back."""
    return JSONResponse({"status": "ok"})


@monitoring.api_route("/healthz", methods=["GET", "HEAD"], response_model=None)
@public
def health(context: Context) -> Response:
    """Whether the database can be read: 200, or 503 with the reason. Open to everybody who reaches this server.

    It takes the same time whatever the database holds: a probe that gets slower with it would restart what works.
    """
    try:
        schema = context.archive.schema_version()
        reason = "" if schema == HEAD else f"the database has schema {schema or 'none'}, this program {HEAD}"
    except StoreError as error:
        reason = str(error) if context.user.has_scope(Scope.READ) else "the database cannot be read"
    if reason:
        return JSONResponse({"status": "unavailable", "reason": reason}, status_code=503)
    return JSONResponse({"status": "ok"})


@monitoring.api_route("/readyz", methods=["GET", "HEAD"], response_model=None)
@public
def readiness(context: Context) -> Response:
    """Whether the work is done, in any process: 200, or 503 with all reasons; with names of hosts for readers alone."""
    stated = reasons(_installation(context), details=context.user.has_scope(Scope.READ))
    return JSONResponse({"ready": not stated, "reasons": list(stated)}, status_code=503 if stated else 200)
