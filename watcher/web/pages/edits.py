"""Build the rows of the review queue: edits with their worst finding, opened into all of their findings."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse

from snapshots import FindingFilter, ReviewedEdit, ReviewedFinding
from watcher.errors import Missing
from watcher.model import Severity
from watcher.report.cards import RevisionInfo, revision_info
from watcher.report.links import file_url, revision_url
from watcher.web import rendering
from watcher.web.auth.authentication import CurrentUser
from watcher.web.dependencies import PAGE, READ, Context, Id, User, WebContext
from watcher.web.pages.decision_form import FormNotice, last_decision_notice, reviewers
from watcher.web.pages.filters import Filters
from watcher.web.pages.wiki_actions import Actions, editor_urls, section_context, wiki_actions

MOST_OPENED: Final = 100
"""Findings of an edit that are listed in place: a page that was blanked can have thousands."""

router = APIRouter(dependencies=[READ])


@dataclass(frozen=True, slots=True, kw_only=True)
class EditRow:
    """A row of the queue. `decided` says that a filter which it matched does not choose any of its findings now."""

    edit: ReviewedEdit
    made_by: RevisionInfo
    candidates: int
    decided: bool = False
    opened: tuple[ReviewedFinding, ...] = ()
    diff_url: str | None = None
    actions: Actions = field(default_factory=dict)

    @property
    def left_out(self) -> int:
        """How many findings are not listed in the opened row."""
        return max(0, self.edit.findings - len(self.opened)) if self.opened else 0


def lowest_severity(context: WebContext) -> Severity:
    """Return the lowest alert threshold of all watches: every alerted finding must be in the queue."""
    return min((watch.threshold for watch in context.watchlist.entries), default=Severity.MEDIUM)


def query_of(context: WebContext, filters: Filters, user: CurrentUser) -> FindingFilter:
    """Return the query for the archive that the filters of a page mean for a user."""
    seen = context.archive.reviews.last_seen(user.name) if filters.new else None
    return filters.to_query(user, seen, lowest_severity(context))


def edit_row(context: WebContext, edit: ReviewedEdit) -> EditRow:
    """Return the closed row of an edit."""
    edits = edit.worst.edits
    index = context.index_urls.get(edit.worst.article.wiki)
    return EditRow(
        edit=edit,
        made_by=revision_info(edits[-1]),
        candidates=len(edits),
        diff_url=edit_url(index, edit.worst) if index else None,
    )


def edit_url(index_url: str, finding: ReviewedFinding) -> str:
    """Return the address of what made a finding: the difference of an edit, or the page of an uploaded file."""
    file = finding.uploaded_file
    return revision_url(index_url, finding.edits[-1]) if file is None else file_url(index_url, file)


def rows_of(
    context: WebContext, query: FindingFilter, ids: Sequence[int], opened: Collection[int] = ()
) -> list[EditRow]:
    """Return the rows of these edits as they are now, also of those whose findings are all decided.

    An opened row lists what is decided as well: it keeps its place while one finding after the other is decided.
    """
    left = context.archive.findings.edits(replace(query, edits=tuple(ids)), limit=len(ids)).edits if ids else ()
    known = {edit.id for edit in left}
    anything = replace(query, states=(), edits=tuple(number for number in ids if number not in known))
    done = context.archive.findings.edits(anything, limit=len(ids)).edits if anything.edits else ()
    rows = [edit_row(context, edit) for edit in left]
    rows += [replace(edit_row(context, edit), decided=True) for edit in done]
    return [_opened(context, query, row) if row.edit.id in opened else row for row in rows]


def _opened(context: WebContext, query: FindingFilter, row: EditRow) -> EditRow:
    everything = replace(query, states=(), edits=(row.edit.id,))
    finding, index = row.edit.worst, context.index_urls.get(row.edit.worst.article.wiki)
    return replace(
        row,
        opened=context.archive.findings.search(everything, limit=MOST_OPENED),
        actions={"Edit": {}, "Article": {}, "Editor": {}}
        | wiki_actions(index, finding, section_context(context, finding))
        if row.edit.articles == 1
        else {"Editor": editor_urls(index, row.made_by.revision.editor)},
    )


def list_values(context: WebContext, filters: Filters, user: CurrentUser) -> dict[str, Any]:
    """Return what the list of edits is rendered from, beside its rows."""
    return {
        "user": user,
        "filters": filters,
        "now": context.now(),
        "seen": context.archive.reviews.last_seen(user.name),
        "as_of": context.archive.reviews.last_event_id(),
        "people": reviewers(context, user),
        "languages": context.languages,
    }


def render_rows(
    context: WebContext, filters: Filters, user: CurrentUser, rows: Sequence[EditRow], notice: FormNotice | None
) -> HTMLResponse:
    """Return the rows alone, each to be put in the place of its former self, with a notice of what was done."""
    return rendering.page("rows.html", rows=rows, done=notice, out_of_band=True, **list_values(context, filters, user))


@router.api_route("/edit/{number}", **PAGE)
def edit(number: Id, request: Request, context: Context, user: User, back: str | None = None) -> HTMLResponse:
    """Return the findings of an edit under the filters of the queue: its row where a script asks, else a page."""
    filters = Filters.read(request.url.query if back is None else back)
    query = query_of(context, filters, user)
    rows = rows_of(context, query, [number], () if "closed" in request.query_params else {number})
    if not rows:
        raise Missing(f"no finding of edit {number} matches")
    values = list_values(context, filters, user)
    if "hx-request" in request.headers:
        return rendering.page("rows.html", rows=rows, done=None, out_of_band=False, **values)
    return rendering.page("edit.html", rows=rows, done=last_decision_notice(context, request, user), **values)
