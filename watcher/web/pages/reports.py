"""Serve the report of a stored comparison, or of any two stored revisions of an article."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from fastapi.responses import HTMLResponse, RedirectResponse, Response

from snapshots import ComparisonRecord, FindingFilter
from watcher.errors import Missing
from watcher.model import Comparison, Severity, Snapshot
from watcher.model.changes import edits_from_dict
from watcher.report import ReportOptions
from watcher.report.as_html import fitted
from watcher.services.alerts import finding_token
from watcher.web import rendering
from watcher.web.dependencies import Context, Id, PageRouter, WebContext
from watcher.web.pages.filters import ALL, Filters
from watcher.web.pages.queue import EditRow, list_values, rows_of
from watcher.web.view_models import article_key
from watcher.wikitext_diff import diff_wikitext

VIEWS: Final = {"inline": "One column", "columns": "Two columns"}
"""How a difference of wikitexts can be shown: as in an address, and as on the page."""

LONGEST_DIFFERENCE: Final = 400_000
"""Characters of a difference on one page: an article of 150 KB in which everything changed."""

_MOST_EDITS: Final = 40  # whose findings are decided on the page of a comparison

router = PageRouter()


@router.page("/comparison/{number}")
def comparison(number: Id, context: Context, finding: int | None = None) -> HTMLResponse:
    """Get the report of a stored comparison, made again from the two stored texts; that `finding` has a card in it."""
    known = context.archive.comparisons.get(number)
    before, after = context.snapshots(known.article.wiki, known.before.id, known.after.id)
    if before.wikitext is None or after.wikitext is None or known.before.id == known.after.id:
        return _without_texts(context, known)
    return _report(context, before, after, finding)


@router.page("/compare/{wiki}/{old}/{new}")
def pair(wiki: str, old: Id, new: Id, context: Context, finding: str = "") -> Response:
    """Return the report between any two stored revisions of one article: where alerts point.

    With the token of a stored `finding` it leads to the page of that finding; of two edits that were reported at once,
    none is stored.
    """
    known = context.archive.comparisons.between(wiki, old, new)
    for item in context.archive.comparisons.findings(known.id) if finding and known else ():
        if finding_token(item.get("kind", ""), item.get("section", ()), item["summary"]) == finding:
            return RedirectResponse(f"/finding/{item['id']}", 303)
    before, after = context.snapshots(wiki, old, new)
    article = after.revision.article
    if before.revision.article.page_id != article.page_id:
        raise Missing(f"revisions {old} and {new} are not of one article")
    hidden = before.wikitext is None or after.wikitext is None
    if hidden and known is None:  # without findings from when both could be read, no page may say that nothing changed
        raise Missing(f"the wiki hides the text of revision {old} or {new}, and no findings are stored for them")
    if known is not None and (hidden or old == new):
        return _without_texts(context, known)
    edits = context.archive.comparisons.edits_between(article, before.revision, after.revision)
    return _report(context, before, after, rows=rows_of(context, FindingFilter(states=()), edits[:_MOST_EDITS]))


@router.page("/comparison/{number}/wikitext")
def wikitext(number: Id, context: Context, view: str = "inline", finding: int | None = None) -> Response:
    """Return the wikitext that differs, in one column or two.

    With the number of a `finding` it leads to the line that this is about: of the new text, else of the old one.
    """
    known = context.archive.comparisons.get(number)
    before, after = context.snapshots(known.article.wiki, known.before.id, known.after.id)
    if before.wikitext is None or after.wikitext is None or known.before.id == known.after.id:
        return _without_texts(context, known)
    if finding is not None:
        address = f"/comparison/{number}/wikitext{'?view=columns' * (view == 'columns')}"
        findings = context.compare_again(before, after).findings
        change = findings[finding - 1].change if 0 < finding <= len(findings) else None
        if change and (element := change.new or change.old):
            side, text = ("new", after.wikitext) if change.new else ("old", before.wikitext)
            address += f"#{side}-{text.count(chr(10), 0, element.location.start) + 1}"
        return RedirectResponse(address, 303)
    return context.page(
        "wikitext.html",
        known=known,
        view=view if view in VIEWS else "inline",
        views=VIEWS,
        diff=diff_wikitext(before.wikitext, after.wikitext, LONGEST_DIFFERENCE),
        links=context.links(Comparison(article=known.article, before=known.before, after=known.after)),
    )


def _without_texts(context: WebContext, known: ComparisonRecord) -> HTMLResponse:
    findings = context.archive.comparisons.findings(known.id)
    return context.page("stored.html", known=known, article=known.article, findings=findings)


def _report(
    context: WebContext, before: Snapshot, after: Snapshot, focus: int | None = None, rows: Sequence[EditRow] = ()
) -> HTMLResponse:
    """Return the report between two texts, with the `rows` of the queue for what was found between them.

    Where comparing again finds what is stored, it has what only the check knew, the edits that made the findings and
    why filters left them out, and leads to the review pages.
    """
    article, compared = after.revision.article, context.compare_again(before, after)
    known = context.archive.comparisons.between(article.wiki, before.revision.id, after.revision.id)
    stored = context.archive.comparisons.findings(known.id) if known else ()
    review_urls: dict[str, str] = {}
    again = [(finding.change.kind.value, finding.summary) for finding in compared.findings]
    if again == [(item.get("kind"), item["summary"]) for item in stored]:
        review_urls = {f"finding-{number}": f"/finding/{item['id']}" for number, item in enumerate(stored, start=1)}
        findings = (
            replace(finding, edits=edits_from_dict(body, article), filtered=body.get("filtered") or "")
            for finding, body in zip(compared.findings, stored, strict=True)
        )
        compared = replace(compared, findings=tuple(findings))
    options = ReportOptions(
        before_text=before.wikitext,
        after_text=after.wikitext,
        links=replace(context.links(compared), review_urls=review_urls),
        threshold=context.policy(article).threshold,
        focus=focus,
    )
    filters = Filters(article=article_key(article), state=ALL, minimum_severity=Severity.INFO.label)
    values = list_values(context, filters) | {"article": article, "rows": rows, "in_frame": True}
    return HTMLResponse(
        fitted(compared, options, lambda page: rendering.render("comparison.html", page=page, **values))
    )
