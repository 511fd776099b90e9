"""Serve the page of a finding with its forms, and the reports of comparisons and of any two revisions."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from typing import Annotated, Final
from urllib.parse import urlsplit

from fastapi import Form
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from snapshots import ComparisonRecord, FindingFilter, ReviewAction, SortOrder
from watcher.errors import Corrupt, InputError, Missing
from watcher.judge import SCORE, EditCounts, explain
from watcher.model import Comparison, Severity, Snapshot
from watcher.model.changes import edits_from_dict
from watcher.report import ReportOptions, as_html, labels
from watcher.report.page import NO_COMPARISON, finding_from_dict, same_finding, stored_card
from watcher.services.alerting import alerts, mutes
from watcher.services.checks import check
from watcher.web import rendering
from watcher.web.auth.middleware import policy_with_images
from watcher.web.dependencies import REVIEW, Context, Id, PageRouter, WebContext
from watcher.web.pages import forms
from watcher.web.pages.article import series_and_sparkline
from watcher.web.pages.queue import EditRow, list_values, query_of, rows_of
from watcher.web.pages.wiki_actions import LABELS, article_context, copy_texts, wiki_actions
from watcher.web.rendering import OUTCOMES, article_key, audit_trail
from watcher.wikitext_diff import diff_wikitext

MUTE_DURATIONS: Final = {"7d": ("a week", 7), "30d": ("30 days", 30), "90d": ("90 days", 90), "": ("permanently", None)}
MuteWords = Annotated[str, Form(max_length=300)]

router = PageRouter()


@router.page("/finding/{number}")
def finding(number: Id, context: Context) -> HTMLResponse:
    """Return the page that an alert links to: the finding, its history and the forms to decide about it.

    The URL may contain filters of the queue, which determine the next finding.
    """
    return _page(number, context, forms.last_decision_notice(context))


def _page(
    number: Id, context: WebContext, done: forms.FormNotice | None, form: forms.SubmittedDecision | None = None
) -> HTMLResponse:
    """Return the page of a finding; a refused `form` is shown as it was sent, with the problem beside its field.

    The finding is shown as it was stored. The texts are compared again, unless one is hidden or damaged, to show what
    the current rules say about the change.
    """
    archive, filters = context.archive, forms.Filters.read(context.request.url.query)
    finding = archive.findings.get(number)
    article, site = finding.article, context.site(finding.article.wiki)
    index = context.watchlist.index_urls.get(article.wiki)
    change = finding_from_dict(finding.body)
    both = Comparison(article=article, before=finding.before, after=finding.after, findings=(change,))
    links = context.links(both)
    if index and finding.uploaded_file:
        links = replace(links, diff_url=labels.file_url(index, finding.uploaded_file))
    if site is not None and site.image_hosts and change.change.kind.subject == "figure":
        links = replace(links, image_hosts=site.image_hosts)
    compared = NO_COMPARISON
    with suppress(Corrupt):
        before, after = context.archive.revisions.pair(article.wiki, finding.before.id, finding.after.id)
        if before.wikitext is not None and after.wikitext is not None:
            compared = context.compare_again(before, after)
    again = same_finding(finding.body, compared)
    counts = EditCounts([other.change for other in compared.findings])
    traces = explain(again.change, context.policy(article), counts) if again else ()
    columns = {"kind": finding.kind, "severity": finding.severity.label, "section": list(finding.section)}
    card = stored_card({**finding.body, **columns, "summary": finding.summary}, finding.position + 1, compared)
    where = article_context(context, finding)
    card.edits, card.filtered = finding.edits, finding.filtered
    series, spark = series_and_sparkline(context, article, finding.after, finding.body)
    answer = context.page(
        "finding.html",
        200 if form is None else 422 if form.problem else 409,
        filters=filters,
        finding=finding,
        card=card,
        where=where,
        actions=wiki_actions(index, finding, where),
        copies=copy_texts(finding, context.now(), site),
        copy_labels=LABELS,
        traces=[trace for trace in traces if trace.severity is not None or trace.rule == SCORE],
        page={"links": links},
        report=f"/comparison/{finding.comparison_id}?finding={finding.position + 1}#finding-{finding.position + 1}",
        series=series,
        spark=spark,
        history=audit_trail(archive.reviews.events_of(finding.id)),
        undoable=archive.reviews.last_event(finding.id),
        following=_following(context, filters, finding.id),
        done=done,
        form=form,
        as_of=archive.reviews.last_event_id(),
        people=forms.reviewers(context),
        durations={value: name for value, (name, _) in MUTE_DURATIONS.items()},
        muting=next((mute for mute in archive.mutes.list_open() if mute.id == finding.muted_by), None),
        mute_words=form.words if form and form.button == "mute" else mutes.suggest_mute_words(finding.body) or "",
    )
    if site is not None and links.image_hosts:
        answer.headers["content-security-policy"] = policy_with_images(urlsplit(site.api).scheme, links.image_hosts)
    return answer


def _following(context: WebContext, filters: forms.Filters, number: int) -> int | None:
    """Return the id of the next finding under the filters, None after the last."""
    query, order = query_of(context, filters), SortOrder(filters.order)
    following = context.archive.findings.search(query, order=order, limit=1, after=number)
    return following[0].id if following else None


@router.form("/finding/{number}", REVIEW)
def decide(number: Id, context: Context, form: forms.DecisionForm) -> Response:
    """Decide, assign or note. A decision redirects to the next finding, other actions and conflicts to this one.

    If something is missing in the form, the page of the finding says so.
    """
    filters, reviews = forms.Filters.read(context.request.url.query), context.archive.reviews
    if form.decision is None:
        return _page(number, context, None, form)
    following = _following(context, filters, number) if form.button in OUTCOMES else None
    result = reviews.decide([number], form.decision, context.user.name, context.now(), as_of=form.as_of)
    if result.conflicts:  # at once, for a page that it led to would not have the note
        done = forms.notice_of(context, result.batch, forms.conflicts_of(context, [number], form), form)
        return _page(number, context, done, form)
    fragment = f"#event-{result.batch}" if form.button == "note" else ""
    return forms.finding_page(following or number, filters, fragment, done=result.batch)


@router.form("/finding/{number}/mute", REVIEW)
def mute(number: Id, context: Context, words: MuteWords = "", until: forms.Text = "") -> Response:
    """Mute the statistic of a finding in its article by words, or without words, the finding's rule there."""
    refused = forms.SubmittedDecision(
        button="mute", words=words, until=until, problem="Choose for how long.", field="until"
    )
    if until not in MUTE_DURATIONS:
        return _page(number, context, None, refused)
    days, reviews = MUTE_DURATIONS[until][1], context.archive.reviews
    length = None if days is None else timedelta(days)
    finding = context.archive.findings.get(number)
    try:
        mutes.mute_finding(context.services, finding, context.user.name, words=words, until=length)
    except InputError as error:
        problem = f"{str(error)[0].upper()}{str(error)[1:]}."
        return _page(number, context, None, replace(refused, problem=problem, field="words"))
    step = next(event for event in reviews.events_of(number)[::-1] if event.action is ReviewAction.MUTE)
    return forms.finding_page(number, forms.Filters.read(context.request.url.query), "#mute", done=step.batch)


@router.form("/finding/{number}/undo", REVIEW)
def undo(number: Id, context: Context, step: Annotated[int, Form(ge=0, lt=2**63)] = 0) -> RedirectResponse:
    """Undo the decision `step`, which the page showed as the latest, or without it the latest of all."""
    reviews = context.archive.reviews
    last = None if step else reviews.last_event(number)
    shown = [last] if last else [event for event in reviews.events_of(number) if event.id == step]
    batch = check.undo_decisions(context.services, shown, context.user.name)
    return forms.finding_page(number, forms.Filters.read(context.request.url.query), done=batch)


VIEWS: Final = {"inline": "One column", "columns": "Two columns"}
"""The layouts of a wikitext diff: their names in URLs and their labels."""

LONGEST_DIFFERENCE: Final = 400_000
"""The number of characters of a diff on one page: an article of 150 KB in which everything changed."""

_MOST_EDITS: Final = 40  # edits whose findings can be decided on the page of a comparison


@router.page("/comparison/{number}")
def comparison(number: Id, context: Context, finding: int | None = None) -> HTMLResponse:
    """Return the report of a stored comparison, compared again from the stored texts, focused on `finding` if given."""
    stored = context.archive.comparisons.get(number)
    before, after = context.archive.revisions.pair(stored.article.wiki, stored.before.id, stored.after.id)
    if before.wikitext is None or after.wikitext is None or stored.before.id == stored.after.id:
        return _without_texts(context, stored)
    return _report(context, before, after, finding)


@router.page("/compare/{wiki}/{old}/{new}")
def pair(wiki: str, old: Id, new: Id, context: Context, finding: str = "") -> Response:
    """Return the report between any two stored revisions of one article; alerts link to it.

    With the token of a stored `finding`, redirect to the page of that finding. Findings between revisions that were
    reported together, but never compared directly, are not stored.
    """
    stored = context.archive.comparisons.between(wiki, old, new)
    for item in context.archive.comparisons.findings(stored.id) if finding and stored else ():
        if alerts.finding_token(item.get("kind", ""), item.get("section", ()), item["summary"]) == finding:
            return RedirectResponse(f"/finding/{item['id']}", 303)
    before, after = context.archive.revisions.pair(wiki, old, new)
    article = after.revision.article
    if before.revision.article.page_id != article.page_id:
        raise Missing(f"revisions {old} and {new} are not of one article")
    hidden = before.wikitext is None or after.wikitext is None
    if hidden and stored is None:  # else an empty page would claim that nothing changed
        raise Missing(f"the wiki hides the text of revision {old} or {new}, and no findings are stored for them")
    if stored is not None and (hidden or old == new):
        return _without_texts(context, stored)
    edits = context.archive.comparisons.edits_between(article, before.revision, after.revision)
    return _report(context, before, after, rows=rows_of(context, FindingFilter(states=()), edits[:_MOST_EDITS]))


@router.page("/comparison/{number}/wikitext")
def wikitext(number: Id, context: Context, view: str = "inline", finding: int | None = None) -> Response:
    """Return the wikitext diff of a comparison, in one column or two.

    With the number of a `finding`, redirect to its line in the new text, or in the old one if it was removed.
    """
    stored = context.archive.comparisons.get(number)
    before, after = context.archive.revisions.pair(stored.article.wiki, stored.before.id, stored.after.id)
    if before.wikitext is None or after.wikitext is None or stored.before.id == stored.after.id:
        return _without_texts(context, stored)
    diff = diff_wikitext(before.wikitext, after.wikitext, LONGEST_DIFFERENCE)
    if finding is not None:
        address = f"/comparison/{number}/wikitext{'?view=columns' * (view == 'columns')}"
        findings = context.compare_again(before, after).findings
        change = findings[finding - 1].change if 0 < finding <= len(findings) else None
        if change and (element := change.new or change.old):
            side, text = ("new", after.wikitext) if change.new else ("old", before.wikitext)
            span = element.location.start, element.location.end
            first, last = (text.count("\n", 0, at) + 1 for at in span)
            rows = (row for hunk in diff.hunks for row in hunk.rows if row.kind != "same")
            lines = {row.new_line if change.new else row.old_line for row in rows}
            # The location of an image may begin with its infobox, whose first lines may be unchanged.
            address += f"#{side}-{next((line for line in range(first, last + 1) if line in lines), first)}"
        return RedirectResponse(address, 303)
    return context.page(
        "wikitext.html",
        known=stored,
        view=view if view in VIEWS else "inline",
        views=VIEWS,
        diff=diff,
        links=context.links(Comparison(article=stored.article, before=stored.before, after=stored.after)),
    )


def _without_texts(context: WebContext, stored: ComparisonRecord) -> HTMLResponse:
    findings = context.archive.comparisons.findings(stored.id)
    return context.page("stored.html", known=stored, article=stored.article, findings=findings)


def _report(
    context: WebContext, before: Snapshot, after: Snapshot, focus: int | None = None, rows: Sequence[EditRow] = ()
) -> HTMLResponse:
    """Return the report between two texts, with the `rows` of the queue for the edits between them.

    If the new comparison has the same findings as the stored one, it gets what only the check knew (the edits that
    made them, and why filters left them out) and links to the review pages.
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
    filters = forms.Filters(article=article_key(article), state=forms.ALL, minimum_severity=Severity.INFO.label)
    values = list_values(context, filters) | {"article": article, "rows": rows, "in_frame": True}
    return HTMLResponse(
        as_html.fit_size(compared, options, lambda page: rendering.render("comparison.html", page=page, **values))
    )
