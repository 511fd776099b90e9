"""Serve the review queue: edits with undecided findings, the most severe first, and the decisions about them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Annotated, Final
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, Form, Query, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from starlette.exceptions import HTTPException

from snapshots import EditPage, SortOrder
from snapshots.findings import MOST_VALUES
from snapshots.reviews import AT_ONCE
from watcher.model import Article, Severity
from watcher.services.reviews import undo_decisions
from watcher.text import single_line
from watcher.web import rendering
from watcher.web.auth.authentication import CurrentUser
from watcher.web.dependencies import PAGE, READ, Context, ReviewAccess, User, WebContext
from watcher.web.pages import facets
from watcher.web.pages.decision_form import (
    DecisionForm,
    FormNotice,
    SubmittedDecision,
    Text,
    conflicts_of,
    last_decision_notice,
    notice_of,
)
from watcher.web.pages.edits import edit_row, list_values, lowest_severity, query_of, render_rows, rows_of
from watcher.web.pages.filters import Filters, address_of, finding_page, parse_article_key, parse_number, position_of

PAGE_SIZE: Final = 40
DENSITIES: Final = ("compact", "comfortable")
_DENSITY_COOKIE: Final = "watcher_density"
_A_YEAR: Final = 365 * 24 * 3600
_LONGEST_FILTER_NAME: Final = 60
_MOST_FILTERS: Final = 30

router = APIRouter(dependencies=[READ])


@router.api_route("/", **PAGE)
def queue(request: Request, context: Context, user: User) -> HTMLResponse:
    """Return a page of edits with counts, filters and the forms to decide about several at once."""
    filters = Filters.read(request.url.query)
    return _queue(request, context, user, filters, last_decision_notice(context, request, user))


def _queue(
    request: Request,
    context: WebContext,
    user: CurrentUser,
    filters: Filters,
    done: FormNotice | None,
    status: int = 200,
) -> HTMLResponse:
    with context.view():
        requested = context.archive.findings.narrowed(query_of(context, filters, user))
        page = context.archive.findings.edits(
            requested,
            order=SortOrder(filters.order),
            limit=PAGE_SIZE,
            after=position_of(filters.after),
            before=position_of(filters.before),
        )
        counts = context.archive.findings.facet_counts(requested)
        newest = context.archive.findings.newest_id()
        return rendering.page(
            "queue.html",
            status,
            **list_values(context, filters, user),
            rows=[edit_row(context, edit) for edit in page.edits],
            page=page,
            earlier=_earlier(filters, page),
            later=_later(filters, page),
            counts=counts,
            states=facets.states(filters, counts),
            levels=facets.severities(filters, counts),
            facets=facets.facets(filters, counts, user),
            active_filters=facets.active_filters(filters, counts, _article(context, filters)),
            hidden_below=_hidden_below(context, filters),
            saved=[
                (name, Filters.read(saved).url()) for name, saved in context.archive.reviews.saved_filters(user.name)
            ],
            newest=newest,
            first_run=not newest and not filters.is_filtered,
            density=_density(request.cookies.get(_DENSITY_COOKIE)),
            densities=DENSITIES,
            done=done,
            watches=rendering.watch_rows(context),
            status=context.archive.metrics.outbox(context.now()),
        )


def _article(context: WebContext, filters: Filters) -> Article | None:
    key = parse_article_key(filters.article)
    return context.archive.articles.by_page_id(*key) if key else None


def _earlier(filters: Filters, page: EditPage) -> str | None:
    return filters.url(before=address_of(page.edits[0].position)) if page.edits and page.first > 1 else None


def _later(filters: Filters, page: EditPage) -> str | None:
    return filters.url(after=address_of(page.edits[-1].position)) if page.edits and page.last < page.total else None


def _density(name: str | None) -> str:
    return name if name in DENSITIES else DENSITIES[0]


def _hidden_below(context: WebContext, filters: Filters) -> Severity | None:
    """Return the severity below which nothing is shown; None where everything is shown."""
    level = lowest_severity(context)
    shown_whole = filters.severity or filters.minimum_severity or level is Severity.INFO
    return None if shown_whole else level


@router.get("/news", response_class=HTMLResponse)
def news(
    context: Context, user: User, than: Annotated[int, Query(ge=0, lt=2**63)] = 0, back: str = ""
) -> HTMLResponse:  # fmt: skip
    """Say how many edits the filters choose that were found after a page was made; nothing where there are none."""
    filters = Filters.read(back)
    query = replace(query_of(context, filters, user), newer_than=than)
    count = context.archive.findings.edits(query, limit=1).total
    return rendering.page("news.html", count=count, href=filters.url())


@router.post("/filters", response_class=RedirectResponse)
def save_filter(
    request: Request, context: Context, user: User, name: Text = "", back: Text = "", remove: Text = ""
) -> Response:  # fmt: skip
    """Keep the filters of a page under a name, or remove them by it; then show the page again."""
    if not user.signed_in:
        raise HTTPException(403)
    filters = Filters.read(back)
    if remove:
        context.archive.reviews.delete_filter(user.name, remove)
        return RedirectResponse(filters.url(), 303)
    named = single_line(name, _LONGEST_FILTER_NAME)
    if not named or len(context.archive.reviews.saved_filters(user.name)) >= _MOST_FILTERS:
        problem = f"Give the filter a name; at most {_MOST_FILTERS} can be kept."
        return _queue(request, context, user, filters, FormNotice(message=problem, is_problem=True), 422)
    query = filters.url().partition("?")[2]
    context.archive.reviews.save_filter(user.name, named, query, context.now())
    return RedirectResponse(filters.url(), 303)


@router.api_route("/filter/{name}", **PAGE)
def filter_values(name: str, request: Request, context: Context, user: User, find: str = "") -> HTMLResponse:
    """List the values of one facet with their counts, those that have some words in their name."""
    if name not in facets.HEADINGS:
        raise HTTPException(404)
    filters, words = Filters.read(request.url.query), find.strip()[:200]
    query = query_of(context, filters, user)
    counts = context.archive.findings.facet_counts(query, facet=facets.COLUMNS.get(name, name), containing=words)
    facet = facets.facet(filters, counts, user, name)
    return rendering.page("filter.html", user=user, filters=filters, facet=facet, find=words, most=MOST_VALUES)


@router.get("/density/{name}", response_class=RedirectResponse)
def density(name: str, request: Request) -> RedirectResponse:
    """Choose how close the rows of the queue are in this browser."""
    filters = Filters.read(request.url.query)
    answer = RedirectResponse(filters.url(after=filters.after, before=filters.before), 303)
    answer.set_cookie(_DENSITY_COOKIE, _density(name), max_age=_A_YEAR, httponly=True, samesite="lax")
    return answer


Id = Annotated[int, Form(gt=0, lt=2**63)]
Ids = Annotated[list[int] | None, Form(max_length=AT_ONCE)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """The findings, edits and opened rows that a form names; `everything` means all that the filters choose."""

    findings: tuple[int, ...]
    edits: tuple[int, ...]
    opened: frozenset[int]
    everything: bool
    back: str


def parse_choice(
    ids: Ids = None,
    edits: Ids = None,
    opened: Ids = None,
    everything: Annotated[bool, Form(alias="all")] = False,  # noqa: FBT002  a field of a form
    back: Text = "",
) -> Choice:
    """Return what is ticked; numbers that no row can have are left out."""
    known = [tuple(number for number in numbers or () if 0 < number < 2**63) for numbers in (ids, edits, opened)]
    return Choice(
        findings=known[0], edits=known[1], opened=frozenset(known[2]), everything=everything, back=back
    )  # fmt: skip


ChosenRows = Annotated[Choice, Depends(parse_choice)]


@router.post("/decide", response_class=RedirectResponse)
def decide(request: Request, context: Context, user: ReviewAccess, form: DecisionForm, choice: ChosenRows) -> Response:
    """Make the same decision about all that is chosen; then show the queue as it was."""
    filters = Filters.read(choice.back)
    chosen = _chosen(context, user, filters, form, choice)
    problem = form.problem
    if not 0 < len(chosen) <= AT_ONCE:
        problem = f"Choose at least one finding, and at most {AT_ONCE:,} at once."
    if problem or form.decision is None:
        return _refused(request, context, user, filters, problem)
    result = context.archive.reviews.decide(chosen, form.decision, user.name, context.now(), as_of=form.as_of)
    batch, kept = result.batch, tuple(event.finding_id for event in result.conflicts)
    edits = context.archive.findings.edits_of(chosen)
    if "hx-request" in request.headers and len(edits) <= PAGE_SIZE:
        notice = notice_of(context, batch, user, conflicts_of(context, kept), form)
        return _rows(context, user, filters, edits, choice, notice)
    return _led_back(request, filters, choice, batch, kept, form.button)


def _chosen(
    context: WebContext, user: CurrentUser, filters: Filters, form: SubmittedDecision, choice: Choice
) -> list[int]:
    """Return the ids of the findings that are meant, those that others decided since the page was made included."""
    findings, edits = (choice.findings, choice.edits) if not form.target else ((), ())
    if number := parse_number(form.target[1:]):
        findings, edits = ((number,), ()) if form.target[0] == "f" else ((), (number,))
    query = query_of(context, filters, user)
    if choice.everything and not form.target:
        return list(context.archive.findings.ids(query, AT_ONCE + 1))
    if not edits:
        return list(dict.fromkeys(findings))
    of_edits = context.archive.findings.ids(replace(query, edits=edits), AT_ONCE + 1)
    decided = context.archive.findings.ids(replace(query, edits=edits, states=()), AT_ONCE + 1)
    meanwhile = context.archive.reviews.decided_since(decided, form.as_of, user.name) if form.as_of is not None else ()
    return list(dict.fromkeys([*findings, *of_edits, *(event.finding_id for event in meanwhile)]))


def _refused(
    request: Request, context: WebContext, user: CurrentUser, filters: Filters, problem: str
) -> Response:  # fmt: skip
    """Say what is missing where it is missing, with the queue as it was."""
    notice = FormNotice(message=problem, is_problem=True)
    if "hx-request" in request.headers:
        answer = render_rows(context, filters, user, [], notice)
        answer.status_code = 422
        return answer
    return _queue(request, context, user, filters, notice, 422)


def _rows(
    context: WebContext,
    user: CurrentUser,
    filters: Filters,
    edits: tuple[int, ...],
    choice: Choice,
    notice: FormNotice | None,
) -> Response:
    rows = rows_of(context, query_of(context, filters, user), edits, choice.opened)
    answer = render_rows(context, filters, user, rows, notice)
    answer.headers["hx-trigger-after-settle"] = "decided"
    return answer


def _led_back(
    request: Request, filters: Filters, choice: Choice, batch: int, kept: tuple[int, ...], button: str
) -> Response:
    """Lead to the queue as it was, or to the edit whose page the form was on, with a confirmation."""
    where = filters.url(after=filters.after, before=filters.before)
    if len(choice.opened) == 1 and "hx-request" not in request.headers:
        where = f"/edit/{min(choice.opened)}{where[1:]}"
    parameters = {"done": batch} | ({"kept": ",".join(map(str, kept[:20])), "decision": button} if kept else {})
    address = f"{where}{'&' if '?' in where else '?'}{urlencode(parameters, safe=',')}"
    if "hx-request" in request.headers:
        return Response(headers={"hx-redirect": address})
    return RedirectResponse(address, 303)


@router.post("/undo", response_class=RedirectResponse)
def undo(
    request: Request,
    context: Context,
    user: ReviewAccess,
    batch: Id,
    choice: ChosenRows,
    finding: Annotated[int, Form(ge=0, lt=2**63)] = 0,
) -> Response:
    """Take back what was done at once under a number; then back to the finding or to the queue."""
    events = context.archive.reviews.events_of_batch(batch)
    number = undo_decisions(context.services, events, user.name)
    filters = Filters.read(choice.back)
    if finding:
        return finding_page(events[0].finding_id if events else finding, filters, done=number)
    edits = context.archive.findings.edits_of([event.finding_id for event in events])
    if "hx-request" in request.headers and len(edits) <= PAGE_SIZE:
        return _rows(context, user, filters, edits, choice, notice_of(context, number, user))
    return _led_back(request, filters, choice, number, (), "")


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
    return rendering.page("help.html", user=user)
