"""Serve the list of an article's stored revisions: what came of each, and any two of them to compare."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Final

from fastapi import APIRouter, Query
from fastapi.responses import HTMLResponse, RedirectResponse

from snapshots import ReviewedFinding, ReviewState
from watcher.model import Severity
from watcher.report.cards import RevisionInfo, revision_info
from watcher.report.labels import SEVERITIES
from watcher.text import single_line
from watcher.web import rendering
from watcher.web.dependencies import PAGE, READ, AddressedArticle, Context, User
from watcher.web.view_models import article_key, finding_title

_ROWS: Final = 50
RevisionId = Annotated[int, Query(gt=0, lt=2**63)]

router = APIRouter(dependencies=[READ])


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedRevision:
    """A revision with what a check made of it; without `comparison_id` it was compared together with a later one."""

    info: RevisionInfo
    outcome: str
    comparison_id: int | None = None
    finding: ReviewedFinding | None = None


@router.api_route("/article/{wiki}/{page_id}/revisions", **PAGE)
def revisions(known: AddressedArticle, context: Context, user: User, before: RevisionId | None = None) -> HTMLResponse:
    """List the stored revisions of an article, newest first, from the one before `before` on."""
    with context.view():
        archive, threshold = context.archive, context.policy(known).threshold
        newest = archive.revisions.newest(known) if before is None else None
        start = newest or (archive.revisions.snapshot(known.wiki, before).revision if before else None)
        older = archive.revisions.history(start, _ROWS) if start else ()
        shown = [*reversed(older), *([newest] if newest else [])] if newest is None else [newest, *reversed(older)]
        compared = archive.comparisons.worst_findings(known, [revision.id for revision in shown])
        findings = {each.id: each for each in archive.findings.load([item for _, item in compared.values() if item])}
    rows = []
    for revision in shown:
        number, worst = compared.get(revision.id, (None, None))
        finding = findings.get(worst or 0)
        alone = "the first: later ones are compared with it" if not revision.parent_id else "not compared by itself"
        outcome = _outcome(finding, threshold) if number else alone
        rows.append(
            ListedRevision(info=revision_info(revision), outcome=outcome, comparison_id=number, finding=finding)
        )
    return rendering.page(
        "revisions.html",
        user=user,
        article=known,
        key=article_key(known),
        rows=rows,
        following=shown[-1].id if len(older) == _ROWS else None,
        index_url=context.index_urls.get(known.wiki, ""),
        language=context.languages.get(known.wiki, ""),
    )


@router.get("/article/{wiki}/{page_id}/compare", response_class=RedirectResponse)
def compare(known: AddressedArticle, old: RevisionId, new: RevisionId) -> RedirectResponse:
    """Lead to the report between two revisions that were chosen in the list, the older one first."""
    first, last = sorted((old, new))
    return RedirectResponse(f"/compare/{known.wiki}/{first}/{last}", 303)


def _outcome(finding: ReviewedFinding | None, threshold: Severity) -> str:
    """Say what came of a comparison with this worst finding, which tells why there was no alert."""
    if finding is None:
        return "no change of substance"
    if finding.state is ReviewState.MUTED:
        return "muted"
    if finding.filtered:
        return f"filtered: {single_line(finding.filtered, 120)}"
    outcome = "alerted" if finding.severity >= threshold else "below threshold"
    undone = ", undone" if finding.state is ReviewState.RESOLVED else ""
    return f"{outcome}{undone}: {SEVERITIES[finding.severity].lower()}, {finding_title(finding)}"
