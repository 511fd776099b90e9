"""Stored findings become the queue: what nobody has decided about yet, the worst first, several decided at once."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Any, Final

from fastapi import APIRouter, Form, Request
from fastapi.responses import HTMLResponse, RedirectResponse
from starlette.exceptions import HTTPException

from flows.reviewing import take_back
from snapshots import Order
from snapshots.reviews import AT_ONCE
from watcher.model import Severity
from watcher.web import facets, pages
from watcher.web.deciding import Text, Wish, done
from watcher.web.dependencies import Here, Reviewer, Site, Viewer
from watcher.web.filters import Filters
from watcher.web.lines import REASONS, line, moment

PAGE: Final = 40
_READ: dict[str, Any] = {"methods": ["GET", "HEAD"], "response_class": HTMLResponse}

router = APIRouter()


def least_told(site: Site) -> Severity:
    """The lowest severity that any watch tells of: what alerts are about must be in the queue."""
    return min((watch.threshold for watch in site.watchlist.watches), default=Severity.MEDIUM)


@router.api_route("/", **_READ)
def queue(request: Request, here: Here, reader: Viewer) -> HTMLResponse:
    """A page of findings with counts, filters and the forms to decide about several at once."""
    filters = Filters.read(request.url.query)
    seen = here.archive.last_seen(reader.name)
    wanted = filters.wanted(reader, seen, least_told(here))
    found = here.archive.reviews(wanted, order=Order(filters.order), limit=PAGE + 1, after=filters.after)
    counts = here.archive.counts(wanted)
    status = here.archive.status(here.now())
    return HTMLResponse(
        pages.render(
            "queue.html",
            reader=reader,
            filters=filters,
            lines=[line(one, seen) for one in found[:PAGE]],
            until=here.now().isoformat(),
            following=filters.address(after=found[PAGE - 1].id) if len(found) > PAGE else None,
            counts=counts,
            states=facets.states(filters, counts),
            levels=facets.severities(filters, counts),
            facets=facets.facets(filters, counts, reader),
            removable=facets.removable(filters, counts),
            hidden_below=_hidden_below(here, filters),
            done=done(here, request, reader),
            seen=seen and moment(seen),
            reasons=REASONS,
            watches=pages.watch_rows(here.services, status, here.now()),
            status=status,
        )
    )


def _hidden_below(here: Site, filters: Filters) -> Severity | None:
    """The severity below which nothing is shown; None where everything is."""
    level = least_told(here)
    shown_whole = filters.severity or filters.least or level is Severity.INFO
    return None if shown_whole else level


@router.post("/decide", response_class=RedirectResponse)
def decide(
    here: Here,
    reader: Reviewer,
    wish: Wish,
    ids: Annotated[list[int] | None, Form()] = None,
    back: Text = "",
) -> RedirectResponse:
    """Decide the same about all ticked findings; then back to the queue as it was."""
    chosen = ids or []
    if not 0 < len(chosen) <= AT_ONCE or not all(0 < number < 2**63 for number in chosen):
        raise HTTPException(400, f"Choose at least one finding, and at most {AT_ONCE} at once.")
    batch = here.archive.act(chosen, wish, reader.name, here.now())
    return RedirectResponse(_with(Filters.read(back), batch), 303)


def _with(filters: Filters, batch: int) -> str:
    """The queue as it was, with a word about what was done."""
    address = filters.address(after=filters.after)
    return f"{address}{'&' if '?' in address else '?'}done={batch}"


@router.post("/undo", response_class=RedirectResponse)
def undo(
    here: Here,
    reader: Reviewer,
    batch: Annotated[int, Form(gt=0, lt=2**63)],
    back: Text = "",
    finding: Annotated[int, Form(ge=0, lt=2**63)] = 0,
) -> RedirectResponse:
    """Take back what was done at once under a number; then back to the finding or to the queue."""
    number = take_back(here.services, here.archive.batch(batch), reader.name)
    if finding:
        return RedirectResponse(f"/finding/{finding}?done={number}", 303)
    return RedirectResponse(_with(Filters.read(back), number), 303)


@router.post("/seen", response_class=RedirectResponse)
def seen(here: Here, reader: Viewer, until: Text = "", back: Text = "") -> RedirectResponse:
    """Note that the reader has seen all that was found `until` the page was made, now at the latest."""
    if not reader.signed_in:
        raise HTTPException(403)
    here.archive.seen(reader.name, min(_moment(until) or here.now(), here.now()))
    return RedirectResponse(Filters.read(back).address(new=False), 303)


def _moment(text: str) -> datetime | None:
    try:
        at = datetime.fromisoformat(text)
        return at.astimezone(UTC) if at.tzinfo else None
    except (ValueError, OverflowError):  # an offset can lead out of the years that there are
        return None


@router.api_route("/help", **_READ)
def sheet(reader: Viewer) -> HTMLResponse:
    """The keys and the words of these pages."""
    return HTMLResponse(pages.render("help.html", reader=reader, reasons=REASONS))
