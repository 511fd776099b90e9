"""Serve the review queue: undecided findings, the worst first, with bulk decisions."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Final

from fastapi import APIRouter, Form, Request
from fastapi.responses import HTMLResponse, RedirectResponse
from starlette.exceptions import HTTPException

from snapshots import SortOrder
from snapshots.reviews import AT_ONCE
from watcher.model import Severity
from watcher.services.reviews import undo_decisions
from watcher.web import rendering
from watcher.web.dependencies import PAGE, READ, Context, ReviewAccess, User, WebContext
from watcher.web.pages import facets
from watcher.web.pages.decision_form import DecisionForm, Text, last_decision_notice
from watcher.web.pages.filters import Filters

PAGE_SIZE: Final = 40

router = APIRouter(dependencies=[READ])


def alert_threshold(site: WebContext) -> Severity:
    """Return the lowest alert threshold of all watches: every alerted finding must be in the queue."""
    return min((watch.threshold for watch in site.watchlist.watches), default=Severity.MEDIUM)


@router.api_route("/", **PAGE)
def queue(request: Request, context: Context, user: User) -> HTMLResponse:
    """Return a page of findings with counts, filters and the forms to decide about several at once."""
    filters = Filters.read(request.url.query)
    seen = context.archive.reviews.last_seen(user.name)
    requested = filters.to_query(user, seen, alert_threshold(context))
    findings, following = context.find_findings(requested, SortOrder(filters.order), PAGE_SIZE, filters.after)
    counts = context.archive.findings.facet_counts(requested)
    return HTMLResponse(
        rendering.render(
            "queue.html",
            user=user,
            filters=filters,
            findings=findings,
            until=context.now().isoformat(),
            following=filters.url(after=following) if following else None,
            counts=counts,
            states=facets.states(filters, counts),
            levels=facets.severities(filters, counts),
            facets=facets.facets(filters, counts, user),
            active_filters=facets.active_filters(filters, counts),
            hidden_below=_hidden_below(context, filters),
            done=last_decision_notice(context, request, user),
            seen=seen,
            watches=rendering.watch_rows(context),
            status=context.archive.metrics.outbox(context.now()),
        )
    )


def _hidden_below(context: WebContext, filters: Filters) -> Severity | None:
    """Return the severity below which nothing is shown; None where everything is shown."""
    level = alert_threshold(context)
    shown_whole = filters.severity or filters.minimum_severity or level is Severity.INFO
    return None if shown_whole else level


@router.post("/decide", response_class=RedirectResponse)
def decide(
    context: Context,
    user: ReviewAccess,
    decision: DecisionForm,
    ids: Annotated[list[int] | None, Form()] = None,
    back: Text = "",
) -> RedirectResponse:
    """Make the same decision about all ticked findings; then show the queue as it was."""
    chosen = ids or []
    if not 0 < len(chosen) <= AT_ONCE or not all(0 < number < 2**63 for number in chosen):
        raise HTTPException(400, f"Choose at least one finding, and at most {AT_ONCE} at once.")
    batch = context.archive.reviews.decide(chosen, decision, user.name, context.now())
    return RedirectResponse(_with_notice(Filters.read(back), batch), 303)


def _with_notice(filters: Filters, batch: int) -> str:
    """Return the address of the queue as it was, with a confirmation."""
    address = filters.url(after=filters.after)
    return f"{address}{'&' if '?' in address else '?'}done={batch}"


@router.post("/undo", response_class=RedirectResponse)
def undo(
    context: Context,
    user: ReviewAccess,
    batch: Annotated[int, Form(gt=0, lt=2**63)],
    back: Text = "",
    finding: Annotated[int, Form(ge=0, lt=2**63)] = 0,
) -> RedirectResponse:
    """Take back what was done at once under a number; then back to the finding or to the queue."""
    number = undo_decisions(context.services, context.archive.reviews.events_of_batch(batch), user.name)
    if finding:
        return RedirectResponse(f"/finding/{finding}?done={number}", 303)
    return RedirectResponse(_with_notice(Filters.read(back), number), 303)


@router.post("/seen", response_class=RedirectResponse)
def seen(context: Context, user: User, until: Text = "", back: Text = "") -> RedirectResponse:
    """Record that the user has seen all findings until the page was made."""
    if not user.signed_in:
        raise HTTPException(403)
    context.archive.reviews.mark_seen(user.name, min(_parse_timestamp(until) or context.now(), context.now()))
    return RedirectResponse(Filters.read(back).url(new=False), 303)


def _parse_timestamp(text: str) -> datetime | None:
    try:
        at = datetime.fromisoformat(text)
        return at.astimezone(UTC) if at.tzinfo else None
    except (ValueError, OverflowError):  # an offset can lead out of the years that exist
        return None


@router.api_route("/help", **PAGE)
def help_page(user: User) -> HTMLResponse:
    """Keyboard shortcuts and terms."""
    return HTMLResponse(rendering.render("help.html", user=user))
