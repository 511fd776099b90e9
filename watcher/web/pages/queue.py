"""Serve the review queue: edits with undecided findings, the most severe first, and the decisions about them.

For other programs, serve the newest findings as an Atom feed (RFC 4287), and the findings of any filter as CSV.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from hashlib import sha256
from typing import Annotated, Any, Final
from uuid import NAMESPACE_URL, uuid5

from fastapi import Depends, Form, Query
from fastapi.responses import HTMLResponse, RedirectResponse, Response, StreamingResponse
from starlette.exceptions import HTTPException

from snapshots import FindingFilter, ReviewedEdit, ReviewedFinding, ReviewEvent, ReviewState, SortOrder
from snapshots.findings import MAX_PAGE_VALUES
from snapshots.reviews import AT_ONCE
from watcher.errors import Missing
from watcher.model import Severity
from watcher.report.labels import SEVERITIES, editor_name, file_url, revision_url, section_label
from watcher.services.checks.check import undo_decisions
from watcher.services.operations.health import count_watches
from watcher.text import single_line, spreadsheet_cell
from watcher.web import rendering
from watcher.web.api.models import Number, Timestamp
from watcher.web.dependencies import REVIEW, AddressedArticle, Context, Id, PageRouter, WebContext
from watcher.web.pages import forms
from watcher.web.pages.wiki_actions import Actions, editor_urls, section_context, wiki_actions
from watcher.web.rendering import sentence_of, state_label

MOST_OPENED: Final = 100
"""The number of findings listed in an opened row: an edit that blanked a page can have thousands."""
PAGE_SIZE: Final = 40
_LONGEST_FILTER_NAME: Final = 60
_MOST_FILTERS: Final = 30
ENTRIES: Final = 50
MOST_ROWS: Final = 10_000
"""The number of findings in one CSV file."""
_ROWS_AT_ONCE: Final = 500
_LONGEST_CELL: Final = 2000
_COLUMNS: Final = (
    "finding", "found", "severity", "kind", "wiki", "article", "section", "summary", "before", "after", "revision",
    "editor", "edited", "edit summary", "state", "assignee", "address",
)  # fmt: skip
_READ: Final[dict[str, Any]] = {"methods": ["GET", "HEAD"], "response_class": Response}
# https://www.w3.org/TR/xml/#charsets: characters that XML does not allow, even escaped.
_NO_XML: Final = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_SIDES: Final = (("old", "Before"), ("new", "After"))
_FEED_STATES: Final = (ReviewState.OPEN, ReviewState.ACKNOWLEDGED, ReviewState.DISMISSED, ReviewState.RESOLVED)

router = PageRouter()


class EditRow:
    """A row of the queue, closed at first; it links to the diff on the wiki, or to the page of an uploaded file.

    `decided` is true if the filters no longer match any of its findings; `left_out` is the number of findings that the
    opened row does not list.
    """

    def __init__(self, context: WebContext, edit: ReviewedEdit, *, decided: bool = False) -> None:
        worst, edits, index = edit.worst, edit.worst.edits, context.watchlist.index_urls.get(edit.worst.article.wiki)
        self.edit, self.made_by, self.candidates, self.decided = edit, edits[-1], len(edits), decided
        self.diff_url = index and revision_url(index, edits[-1])
        if index and worst.uploaded_file:
            self.diff_url = file_url(index, worst.uploaded_file)
        self.opened: Sequence[ReviewedFinding] = ()
        self.actions: Actions = {}
        self.left_out = 0


def query_of(context: WebContext, filters: forms.Filters) -> FindingFilter:
    """Return the query for the archive for the filters of a page and the current user."""
    seen = context.archive.reviews.last_seen(context.user.name) if filters.new else None
    return filters.to_query(context.user, seen, context.lowest_severity)


def rows_of(
    context: WebContext, query: FindingFilter, ids: Sequence[int], opened: Collection[int] = ()
) -> list[EditRow]:
    """Return the current rows of these edits, including those whose findings are all decided.

    An opened row also lists decided findings, so that they keep their places while a reviewer goes through them. If
    there are too many, the next matching ones are added.
    """
    findings = context.archive.findings
    left = findings.edits(replace(query, edits=tuple(ids)), limit=len(ids)).edits if ids else ()
    known = {edit.id for edit in left}
    anything = replace(query, states=(), edits=tuple(number for number in ids if number not in known))
    done = findings.edits(anything, limit=len(ids)).edits if anything.edits else ()
    rows = [*(EditRow(context, edit) for edit in left), *(EditRow(context, edit, decided=True) for edit in done)]
    for row in (row for row in rows if row.edit.id in opened):
        finding, index = row.edit.worst, context.watchlist.index_urls.get(row.edit.worst.article.wiki)
        row.actions = {"Editor": editor_urls(index, row.made_by.editor)}
        if row.edit.articles == 1:
            where = section_context(context, finding)
            row.actions = {"Edit": {}, "Article": {}, "Editor": {}} | wiki_actions(index, finding, where)
        own = replace(query, edits=(row.edit.id,))
        first, matching = (findings.search(replace(own, states=each), limit=MOST_OPENED) for each in ((), query.states))
        shown = {finding.id for finding in first}
        row.opened = [*first, *(finding for finding in matching if finding.id not in shown)]
        row.left_out = max(0, row.edit.findings - len(first if row.decided else matching))
    return rows


def list_values(context: WebContext, filters: forms.Filters) -> dict[str, Any]:
    """Return the template values for the list of edits, except its rows."""
    return {
        "user": context.user,
        "filters": filters,
        "now": context.now(),
        "seen": context.archive.reviews.last_seen(context.user.name),
        "as_of": context.archive.reviews.last_event_id(),
        "people": forms.reviewers(context),
        "languages": context.watchlist.languages,
    }


def _rendered(
    context: WebContext, template: str, filters: forms.Filters, status_code: int = 200, **values: Any
) -> HTMLResponse:
    return context.page(template, status_code, **list_values(context, filters), **values)


@router.page("/edit/{number}")
def edit(number: Id, context: Context, back: str | None = None) -> HTMLResponse:
    """Return the findings of an edit under the filters of the queue: as a row for a script, else as a page."""
    request = context.request
    filters = forms.Filters.read(request.url.query if back is None else back)
    rows = rows_of(context, query_of(context, filters), [number], () if "closed" in request.query_params else {number})
    if not rows:
        raise Missing(f"no finding of edit {number} matches")
    if "hx-request" in request.headers:
        return _rendered(context, "rows.html", filters, rows=rows, done=None, out_of_band=False)
    return _rendered(context, "edit.html", filters, rows=rows, done=forms.last_decision_notice(context))


@router.page("/")
def queue(context: Context) -> HTMLResponse:
    """Return a page of edits, with counts, filters and the form for decisions about several at once."""
    return _queue(context, forms.Filters.read(context.request.url.query), forms.last_decision_notice(context))


def _queue(
    context: WebContext, filters: forms.Filters, done: forms.FormNotice | None, status: int = 200
) -> HTMLResponse:
    archive, user = context.archive, context.user
    with archive.database.view():
        requested = archive.findings.narrowed(query_of(context, filters))
        page = archive.findings.edits(
            requested,
            order=SortOrder(filters.order),
            limit=PAGE_SIZE,
            after=forms.parse_cursor(filters.after),
            before=forms.parse_cursor(filters.before),
        )
        if not page.edits and (filters.after or filters.before):  # all of this page are decided; others may not be
            return _queue(context, replace(filters, after="", before=""), done, status)
        edits, counts, newest = page.edits, archive.findings.facet_counts(requested), archive.findings.newest_id()
        key = forms.parse_article_key(filters.article)
        article = archive.articles.by_page_id(*key) if key else None
        level = context.lowest_severity
        shown_whole = filters.severity or filters.minimum_severity or level is Severity.INFO
        return _rendered(
            context,
            "queue.html",
            filters,
            status,
            rows=[EditRow(context, edit) for edit in edits],
            page=page,
            earlier=filters.url(before=forms.cursor_of(edits[0].position)) if edits and page.first > 1 else None,
            later=filters.url(after=forms.cursor_of(edits[-1].position)) if edits and page.last < page.total else None,
            counts=counts,
            states=forms.options_of(filters, counts, user, "state"),
            levels=forms.options_of(filters, counts, user, "severity"),
            facets=forms.facets_of(filters, counts, user),
            active_filters=forms.active_filters(filters, counts, article),
            hidden_below=None if shown_whole else level,
            saved=[(name, forms.Filters.read(saved).url()) for name, saved in archive.reviews.saved_filters(user.name)],
            newest=newest,
            first_run=not newest and not filters.is_filtered,
            done=done,
            watches=() if newest else context.watch_rows(),
            watched=count_watches(context.services.index, context.now())[0],
            status=archive.metrics.outbox(context.now()),
        )


@router.get("/news", response_class=HTMLResponse)
def new_edit_count(context: Context, than: Annotated[int, Query(ge=0, lt=2**63)] = 0, back: str = "") -> HTMLResponse:
    """Return how many edits with findings newer than id `than` the filters match; an empty text if there are none."""
    filters = forms.Filters.read(back)
    query = replace(query_of(context, filters), newer_than=than)
    return context.page("news.html", count=context.archive.findings.edits(query, limit=1).total, href=filters.url())


@router.form("/filters")
def save_filter(context: Context, name: forms.Text = "", back: forms.Text = "", remove: forms.Text = "") -> Response:
    """Save the filters of a page under a name, or remove a saved filter, and show the page again."""
    user, reviews = context.user, context.archive.reviews
    if not user.signed_in:
        raise HTTPException(403)
    filters = forms.Filters.read(back)
    if remove:
        reviews.delete_filter(user.name, remove)
        return RedirectResponse(filters.url(), 303)
    named = single_line(name, _LONGEST_FILTER_NAME)
    if not named or len(dict(reviews.saved_filters(user.name)).keys() | {named}) > _MOST_FILTERS:
        problem = f"Give the filter a name; at most {_MOST_FILTERS} can be kept."
        return _queue(context, filters, forms.FormNotice(message=problem, is_problem=True), 422)
    reviews.save_filter(user.name, named, filters.url().partition("?")[2], context.now())
    return RedirectResponse(filters.url(), 303)


@router.page("/filter/{name}")
def filter_values(name: str, context: Context, find: str = "") -> HTMLResponse:
    """List the values of one facet whose names contain the words `find`, with their counts."""
    if name not in forms.FACETS:
        raise HTTPException(404)
    filters, words = forms.Filters.read(context.request.url.query), find.strip()[:200]
    column = "article_id" if name == "article" else name
    counts = context.archive.findings.facet_counts(query_of(context, filters), facet=column, containing=words)
    facet = forms.Facet(name, forms.FACETS[name], forms.options_of(filters, counts, context.user, name))
    return context.page("filter.html", filters=filters, facet=facet, find=words, most=MAX_PAGE_VALUES)


FormId = Annotated[int, Form(gt=0, lt=2**63)]
FormIds = Annotated[tuple[Number, ...], Form(max_length=AT_ONCE)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """The findings (`ids`), edits and opened rows chosen in a form on the page with the query string `back`.

    `everything` means all findings that the filters of the page match, except those with an id above `newest`, since
    the reviewer has not seen them.
    """

    ids: FormIds = ()
    edits: FormIds = ()
    opened: Annotated[tuple[int, ...], Form(max_length=AT_ONCE)] = ()
    everything: Annotated[bool, Form(alias="all")] = False
    newest: Annotated[int, Form(ge=0, lt=2**63)] = 2**63 - 1
    back: forms.Text = ""

    @property
    def opened_rows(self) -> frozenset[int]:
        """Return the opened rows; every page sends a 0, too, so that scripts always find a field."""
        return frozenset(self.opened) - {0}

    @property
    def filters(self) -> forms.Filters:
        """Return the filters of the page."""
        return forms.Filters.read(self.back)


ChosenRows = Annotated[Choice, Depends(Choice)]


@router.form("/decide", REVIEW)
def decide(context: Context, form: forms.DecisionForm, choice: ChosenRows) -> Response:
    """Make the same decision about all chosen findings, and show the queue again, or what is missing."""
    archive, filters = context.archive, choice.filters
    findings, edits = (choice.ids, choice.edits) if not form.target else ((), ())
    if number := forms.parse_number(form.target[1:]):
        findings, edits = ((number,), ()) if form.target[0] == "f" else ((), (number,))
    query, chosen = query_of(context, filters), list(dict.fromkeys(findings))
    if choice.everything and not form.target:
        chosen = [number for number in archive.findings.ids(query, AT_ONCE + 1) if number <= choice.newest]
    elif edits:  # includes findings that others decided after the page was rendered, which may conflict
        of_edits = archive.findings.ids(replace(query, edits=edits), AT_ONCE + 1)
        decided = archive.findings.ids(replace(query, edits=edits, states=()), AT_ONCE + 1)
        since = () if form.as_of is None else archive.reviews.decided_since(decided, form.as_of, context.user.name)
        chosen = list(dict.fromkeys([*findings, *of_edits, *(event.finding_id for event in since)]))
    problem = form.problem
    if not 0 < len(chosen) <= AT_ONCE:
        problem = f"Choose at least one finding, and at most {AT_ONCE:,} at once."
    if problem or form.decision is None:
        notice = forms.FormNotice(message=problem, is_problem=True)
        if "hx-request" in context.request.headers:
            return _rendered(context, "rows.html", filters, 422, rows=[], done=notice, out_of_band=True)
        return _queue(context, filters, notice, 422)
    result = archive.reviews.decide(chosen, form.decision, context.user.name, context.now(), as_of=form.as_of)
    return _response(context, choice, chosen, result.batch, tuple(event.finding_id for event in result.conflicts), form)


def _response(
    context: WebContext,
    choice: Choice,
    findings: Sequence[int],
    batch: int,
    kept: Sequence[int] = (),
    form: forms.SubmittedDecision | None = None,
) -> Response:
    """Show what was done about findings, and which were `kept` because somebody else had decided them.

    A script gets only the rows, which replace those on the page. Other clients are redirected to the queue, or to the
    page of the edit with the form; with conflicts, they get the queue at once, since a URL cannot hold their note.
    """
    filters, edits = choice.filters, context.archive.findings.edits_of(findings)
    by_script = "hx-request" in context.request.headers
    notice = forms.notice_of(context, batch, forms.conflicts_of(context, kept, form), form)
    if by_script and (kept or len(edits) <= PAGE_SIZE):
        rows = rows_of(context, query_of(context, filters), edits[:PAGE_SIZE], choice.opened_rows)
        answer = _rendered(context, "rows.html", filters, rows=rows, done=notice, out_of_band=True)
        answer.headers["hx-trigger-after-settle"] = "decided"
        return answer
    if kept:
        return _queue(context, filters, notice, 409)
    where = filters.url(after=filters.after, before=filters.before)
    if len(choice.opened_rows) == 1 and not by_script:
        where = f"/edit/{min(choice.opened_rows)}{where[1:]}"
    url = f"{where}{'&' if '?' in where else '?'}done={batch}"
    return Response(headers={"hx-redirect": url}) if by_script else RedirectResponse(url, 303)


@router.form("/undo", REVIEW)
def undo(
    context: Context, batch: FormId, choice: ChosenRows, finding: Annotated[int, Form(ge=0, lt=2**63)] = 0
) -> Response:
    """Undo the decisions of a batch, and redirect to the finding or to the queue."""
    events = context.archive.reviews.events_of_batch(batch)
    number = undo_decisions(context.services, events, context.user.name)
    if finding:
        return forms.finding_page(events[0].finding_id if events else finding, choice.filters, done=number)
    return _response(context, choice, [event.finding_id for event in events], number)


@router.form("/seen")
def seen(context: Context, until: Annotated[Timestamp, Form()], back: forms.Text = "") -> RedirectResponse:
    """Record that the user has seen all findings up to the time when the page was rendered."""
    if not context.user.signed_in:
        raise HTTPException(403)
    context.archive.reviews.mark_seen(context.user.name, min(until, context.now()))
    return RedirectResponse(forms.Filters.read(back).url(new=False), 303)


@router.page("/help")
def help_page(context: Context) -> HTMLResponse:
    """Return the page with keyboard shortcuts and terms."""
    return context.page("help.html")


@router.api_route("/atom.xml", **_READ)
def global_feed(context: Context) -> Response:
    """Return the newest findings that the filters of the queue match, in any state but muted unless one is given.

    Without filters, these are the findings of all articles from the lowest alert threshold on. With an assignee, they
    are in the order of assignment, the latest first, with the assigning user.
    """
    filters = forms.Filters.read(context.request.url.query)
    query = query_of(context, filters)
    if "state" not in context.request.query_params:
        query = replace(query, states=_FEED_STATES)
    if not query.assignee:
        return _feed(context, "Article Watcher: findings", query)
    assigned = context.archive.reviews.assignments(query.assignee, ENTRIES)
    least = query.minimum_severity if filters.minimum_severity else None  # also assigned ones below the threshold
    query = replace(query, findings=tuple(assigned) or (0,), minimum_severity=least)
    return _feed(context, f"Article Watcher: assigned to {query.assignee}", query, assigned)


@router.api_route("/article/{wiki}/{page_id}/atom.xml", **_READ)
def article_feed(article: AddressedArticle, context: Context) -> Response:
    """Return the newest findings of one article."""
    key, least = (article.wiki, article.page_id), context.lowest_severity
    filters = FindingFilter(states=_FEED_STATES, minimum_severity=least, article=key)
    return _feed(context, f"Article Watcher: {article.title}", filters)


def _base(context: WebContext) -> str:
    return context.watchlist.base_url or str(context.request.base_url).rstrip("/")


@router.api_route("/findings.csv", **_READ)
def csv_file(context: Context) -> Response:
    """Return the findings that the queue's filters match as CSV (RFC 4180); a last row says if some are left out."""
    filters, base = forms.Filters.read(context.request.url.query), _base(context)
    query, order = query_of(context, filters), SortOrder(filters.order)

    def cells(finding: ReviewedFinding) -> Iterable[object]:
        edit, article = finding.edits[-1], finding.article
        yield from (finding.id, finding.at.isoformat(), SEVERITIES[finding.severity], finding.kind)
        yield from (article.wiki, article.title, section_label(finding.section), finding.summary)
        yield from (_text_of(finding, "old"), _text_of(finding, "new"))
        yield from (edit.id, editor_name(edit.editor), edit.at.isoformat(), edit.comment or "")
        yield from (state_label(finding), finding.assignee or "", f"{base}/finding/{finding.id}")

    def rows() -> Iterator[str]:
        yield "\ufeff"  # without a byte order mark, Excel takes a file that is opened from a browser for Windows-1252
        yield _csv([_COLUMNS])
        after: int | None = None
        for _ in range(MOST_ROWS // _ROWS_AT_ONCE):
            findings, after = context.find_findings(query, order, _ROWS_AT_ONCE, after)
            yield _csv(map(cells, findings))
            if after is None:
                return
        words = f"Only the first {MOST_ROWS:,} findings are in this file: choose fewer by the filters of the queue."
        yield _csv([[words if name == "summary" else "" for name in _COLUMNS]])

    headers = {"content-disposition": 'attachment; filename="findings.csv"'}
    return StreamingResponse(rows(), media_type="text/csv; charset=utf-8", headers=headers)


def _csv(rows: Iterable[Iterable[object]]) -> str:
    written = io.StringIO()
    csv.writer(written).writerows([spreadsheet_cell(value, _LONGEST_CELL) for value in row] for row in rows)
    return written.getvalue()


def _feed(
    context: WebContext, title: str, filters: FindingFilter, assigned: Mapping[int, ReviewEvent] | None = None
) -> Response:
    """Return the feed; its ids are derived from the wiki's revisions, so that they are the same on every server."""
    request, steps, base = context.request, assigned or {}, _base(context)
    findings: Sequence[ReviewedFinding] = context.archive.findings.search(
        filters, order=SortOrder.NEWEST, limit=ENTRIES
    )
    findings = sorted(findings, key=lambda finding: steps[finding.id].id, reverse=True) if steps else findings
    address = f"{base}{request.url.path}{'?' * bool(request.url.query)}{request.url.query}"
    apis = {site.name: site.api for site in context.watchlist.wikis}
    entries = []
    for finding in findings:
        api, step = apis.get(finding.article.wiki, finding.article.wiki), steps.get(finding.id)
        revisions = f"{api}#{finding.before.id}:{finding.after.id}:{finding.position}"
        sides = [f"{label}: {text}" for side, label in _SIDES if (text := _text_of(finding, side))]
        content = [section_label(finding.section), *sides, *([step.note] if step and step.note else [])]
        entries.append(
            {"id": uuid5(NAMESPACE_URL, revisions).urn, "finding": finding, "step": step, "content": "\n".join(content)}
        )
    times = [(steps.get(finding.id) or finding).at for finding in findings]
    updated, feed_id = max(times, default=datetime(1970, 1, 1, tzinfo=UTC)), uuid5(NAMESPACE_URL, address).urn
    text = rendering.render(
        "atom.xml", id=feed_id, title=title, updated=updated, address=address, base=base, entries=entries
    )
    body = _NO_XML.sub("\ufffd", text).encode()
    tag = f'"{sha256(body).hexdigest()[:32]}"'
    headers = {"etag": tag, "cache-control": "private, no-cache"}
    known = [item.strip().removeprefix("W/") for item in request.headers.get("if-none-match", "").split(",")]
    if tag in known or known == ["*"]:
        return Response(status_code=304, headers=headers)
    return Response(body, media_type="application/atom+xml; charset=utf-8", headers=headers)


def _text_of(finding: ReviewedFinding, side: str) -> str:
    """Return the sentence on one side of a finding, else the text of the changed element."""
    return sentence_of(finding.body, side) or str((finding.body.get(side) or {}).get("text") or "")
