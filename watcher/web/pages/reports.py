"""Serve the report of a stored comparison, or of any two stored revisions of an article."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Any, Final

from fastapi import APIRouter
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from snapshots import ComparisonRecord, FindingFilter
from watcher.errors import Missing
from watcher.model import Comparison, Severity, Snapshot
from watcher.model.changes import edits_from_dict
from watcher.report import ReportOptions
from watcher.report.as_html import fitted
from watcher.services.alerts import finding_token
from watcher.web import rendering
from watcher.web.auth.authentication import CurrentUser
from watcher.web.dependencies import PAGE, READ, Context, Id, User, WebContext
from watcher.web.pages.edits import EditRow, list_values, rows_of
from watcher.web.pages.filters import ALL, Filters
from watcher.web.view_models import article_key
from watcher.wikitext_diff import diff_wikitext

VIEWS: Final = {"inline": "One column", "columns": "Two columns"}
"""How a difference of wikitexts can be shown: as in an address, and as on the page."""

LONGEST_DIFFERENCE: Final = 400_000
"""Characters of a difference on one page: an article of 150 KB in which everything changed."""

_MOST_EDITS: Final = 40  # whose findings are decided on the page of a comparison

router = APIRouter(dependencies=[READ])


@router.api_route("/comparison/{number}", **PAGE)
def comparison(number: Id, context: Context, user: User, finding: int | None = None) -> HTMLResponse:
    """Get the report of a stored comparison, made again from the two stored texts; that `finding` has a card in it."""
    known = context.archive.comparisons.get(number)
    before, after = context.snapshots(known.article.wiki, known.before.id, known.after.id)
    if before.wikitext is None or after.wikitext is None or known.before.id == known.after.id:
        return _without_texts(context, known, user)
    return _report(context, before, after, user, finding)


@router.api_route("/compare/{wiki}/{old}/{new}", **PAGE)
def pair(wiki: str, old: Id, new: Id, context: Context, user: User, finding: str = "") -> Response:
    """Return the report between any two stored revisions of one article: where alerts point.

    With the token of a stored `finding` it leads to the page of that finding.
    """
    if number := _finding_number(context, (wiki, old, new), finding):
        return RedirectResponse(f"/finding/{number}", 303)
    before, after = context.snapshots(wiki, old, new)
    if before.revision.article.page_id != after.revision.article.page_id:
        raise Missing(f"revisions {old} and {new} are not of one article")
    of_one = old == new and context.archive.comparisons.between(wiki, old, new) is not None
    if before.wikitext is None or after.wikitext is None or of_one:
        return _without_texts(context, _judged(context, before, after), user)
    with context.view():
        edits = context.archive.comparisons.edits_between(after.revision.article, before.revision, after.revision)
        rows = rows_of(context, FindingFilter(states=()), edits[:_MOST_EDITS])
        return _report(context, before, after, user, rows=rows)


@router.api_route("/comparison/{number}/wikitext", **PAGE)
def wikitext(number: Id, context: Context, user: User, view: str = "inline", finding: int | None = None) -> Response:
    """Return the wikitext that differs, in one column or two; with the number of a `finding` it leads to its line."""
    known = context.archive.comparisons.get(number)
    before, after = context.snapshots(known.article.wiki, known.before.id, known.after.id)
    if before.wikitext is None or after.wikitext is None or known.before.id == known.after.id:
        return _without_texts(context, known, user)
    if finding is not None:
        line = _finding_line(context.compare_again(before, after), finding, before.wikitext, after.wikitext)
        return RedirectResponse(f"/comparison/{number}/wikitext{'?view=columns' * (view == 'columns')}{line}", 303)
    return rendering.page(
        "wikitext.html",
        user=user,
        known=known,
        view=view if view in VIEWS else "inline",
        views=VIEWS,
        diff=diff_wikitext(before.wikitext, after.wikitext, LONGEST_DIFFERENCE),
        links=context.links(Comparison(article=known.article, before=known.before, after=known.after)),
    )


def _finding_line(compared: Comparison, number: int, before: str, after: str) -> str:
    """Return the fragment of the line that a finding is about: that of the new text, else of the old one."""
    if not 0 < number <= len(compared.findings):
        return ""
    change = compared.findings[number - 1].change
    side, element, text = ("old", change.old, before) if change.new is None else ("new", change.new, after)
    return f"#{side}-{text.count(chr(10), 0, element.location.start) + 1}" if element else ""


def _finding_number(context: WebContext, revisions: tuple[str, int, int], token: str) -> int | None:
    """Return the number of a finding by its token; None where it is not stored: two edits were reported at once."""
    known = context.archive.comparisons.between(*revisions) if token else None
    stored = context.archive.comparisons.findings(known.id) if known else ()
    return next(
        (
            item["id"]
            for item in stored
            if finding_token(item.get("kind", ""), item.get("section", ()), item["summary"]) == token
        ),
        None,
    )


def _judged(context: WebContext, before: Snapshot, after: Snapshot) -> ComparisonRecord:
    """Return the findings from when both texts could be read; without them, no page may say that nothing changed."""
    old, new = before.revision.id, after.revision.id
    known = context.archive.comparisons.between(after.revision.article.wiki, old, new)
    if known is None:
        raise Missing(f"the wiki hides the text of revision {old} or {new}, and no findings are stored for them")
    return known


def _report(
    context: WebContext,
    before: Snapshot,
    after: Snapshot,
    user: CurrentUser,
    focus: int | None = None,
    rows: Sequence[EditRow] = (),
) -> HTMLResponse:
    """Return the report between two texts, with the `rows` of the queue for what was found between them."""
    compared = context.compare_again(before, after)
    stored = _stored_findings(context, compared)
    compared = _as_stored(compared, stored)
    article = after.revision.article
    options = ReportOptions(
        before_text=before.wikitext,
        after_text=after.wikitext,
        links=replace(context.links(compared), review_urls=_review_urls(stored)),
        threshold=context.policy(article).threshold,
        focus=focus,
    )
    filters = Filters(article=article_key(article), state=ALL, minimum_severity=Severity.INFO.label)
    values = list_values(context, filters, user) | {"article": article, "rows": rows, "in_frame": True}
    write = partial(rendering.render, "comparison.html", **values)
    return HTMLResponse(fitted(compared, options, lambda page: write(page=page)))


def _without_texts(context: WebContext, known: ComparisonRecord, user: CurrentUser) -> HTMLResponse:
    findings = context.archive.comparisons.findings(known.id)
    return rendering.page("stored.html", known=known, article=known.article, findings=findings, user=user)


def _stored_findings(context: WebContext, compared: Comparison) -> Sequence[Mapping[str, Any]]:
    """Return the stored findings of a comparison, where comparing again finds the same."""
    before, after = compared.before, compared.after
    known = before and after and context.archive.comparisons.between(after.article.wiki, before.id, after.id)
    if not known:
        return ()
    stored = context.archive.comparisons.findings(known.id)
    again = [(finding.change.kind.value, finding.summary) for finding in compared.findings]
    return stored if again == [(item.get("kind"), item["summary"]) for item in stored] else ()


def _as_stored(compared: Comparison, stored: Sequence[Mapping[str, Any]]) -> Comparison:
    """Add to the findings what only the check knew: the edits that made them, and why filters left them out."""
    if not stored or compared.article is None:
        return compared
    findings = (
        replace(finding, edits=edits_from_dict(body, compared.article), filtered=body.get("filtered") or "")
        for finding, body in zip(compared.findings, stored, strict=True)
    )
    return replace(compared, findings=tuple(findings))


def _review_urls(stored: Sequence[Mapping[str, Any]]) -> dict[str, str]:
    """Return the review pages of the stored findings."""
    return {f"finding-{number}": f"/finding/{item['id']}" for number, item in enumerate(stored, start=1)}
