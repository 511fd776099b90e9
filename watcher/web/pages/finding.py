"""Serve the page of a finding: what changed, what was decided, and the forms to decide."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from typing import Annotated, Final
from urllib.parse import urlsplit

from fastapi import Form
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from snapshots import ReviewAction, SortOrder
from watcher.errors import Corrupt
from watcher.judge import SCORE, Surroundings, explain
from watcher.model import Comparison
from watcher.report.cards import NO_COMPARISON, finding_from_dict, revision_info, same_finding, stored_card
from watcher.report.links import file_url
from watcher.services.catch_up import undo_decisions
from watcher.services.mutes import mute_finding, suggest_mute_words
from watcher.web.auth.middleware import policy_with_images
from watcher.web.dependencies import REVIEW, Context, Id, PageRouter, WebContext
from watcher.web.pages.decision_form import (
    DecisionForm,
    FormNotice,
    SubmittedDecision,
    Text,
    last_decision_notice,
    reviewers,
)
from watcher.web.pages.filters import Filters, finding_page
from watcher.web.pages.queue import query_of
from watcher.web.pages.timeline import course_and_sparkline
from watcher.web.pages.wiki_actions import article_context, copy_texts, wiki_actions
from watcher.web.view_models import OUTCOMES, audit_trail

MUTE_DURATIONS: Final = {"7d": ("a week", 7), "30d": ("30 days", 30), "90d": ("90 days", 90), "": ("permanently", None)}
MuteWords = Annotated[str, Form(max_length=300)]

router = PageRouter()


@router.page("/finding/{number}")
def finding(number: Id, context: Context) -> HTMLResponse:
    """Return the page that an alert links to: the finding, its history and the forms to decide about it.

    Under the filters of the queue in its address, the next finding is the next one there.
    """
    return _page(number, context, last_decision_notice(context))


def _page(
    number: Id, context: WebContext, done: FormNotice | None, form: SubmittedDecision | None = None
) -> HTMLResponse:
    """Return the page of a finding; a refused `form` is shown as it was sent, with what is missing beside its field.

    The texts are compared again, unless one is hidden or damaged, for what the rules say of the change now; what was
    found is shown as it was stored.
    """
    archive, filters = context.archive, Filters.read(context.request.url.query)
    finding = archive.findings.get(number)
    article, site = finding.article, context.site(finding.article.wiki)
    index = context.index_urls.get(article.wiki)
    change = finding_from_dict(finding.body)
    both = Comparison(article=article, before=finding.before, after=finding.after, findings=(change,))
    links = context.links(both)
    if index and finding.uploaded_file:
        links = replace(links, diff_url=file_url(index, finding.uploaded_file))
    if site is not None and site.image_hosts and change.change.kind.subject == "figure":
        links = replace(links, image_hosts=site.image_hosts)
    compared = NO_COMPARISON
    with suppress(Corrupt):
        before, after = context.snapshots(article.wiki, finding.before.id, finding.after.id)
        if before.wikitext is not None and after.wikitext is not None:
            compared = context.compare_again(before, after)
    again = same_finding(finding.body, compared)
    around = Surroundings([other.change for other in compared.findings])
    traces = explain(again.change, context.policy(article), around) if again else ()
    columns = {"kind": finding.kind, "severity": finding.severity.label, "section": list(finding.section)}
    card = stored_card({**finding.body, **columns, "summary": finding.summary}, finding.position + 1, compared)
    where = article_context(context, finding)
    course, spark = course_and_sparkline(context, article, finding.after, finding.body)
    answer = context.page(
        "finding.html",
        422 if form else 200,
        filters=filters,
        finding=finding,
        card=replace(card, edits=tuple(map(revision_info, finding.edits)), filtered=finding.filtered),
        where=where,
        actions=wiki_actions(index, finding, where),
        copies=copy_texts(finding, context.now(), site),
        traces=[trace for trace in traces if trace.severity is not None or trace.rule == SCORE],
        page={"links": links},
        report=f"/comparison/{finding.comparison_id}?finding={finding.position + 1}#finding-{finding.position + 1}",
        course=course,
        spark=spark,
        history=audit_trail(archive.reviews.events_of(finding.id)),
        undoable=archive.reviews.last_undoable(finding.id),
        following=_following(context, filters, finding.id),
        done=done,
        form=form,
        as_of=archive.reviews.last_event_id(),
        people=reviewers(context),
        durations={value: name for value, (name, _) in MUTE_DURATIONS.items()},
        muting=next((mute for mute in archive.mutes.list_open() if mute.id == finding.muted_by), None),
        mute_words=suggest_mute_words(finding.body) or "",
    )
    if site is not None and links.image_hosts:
        answer.headers["content-security-policy"] = policy_with_images(urlsplit(site.api).scheme, links.image_hosts)
    return answer


def _following(context: WebContext, filters: Filters, number: int) -> int | None:
    """Return the finding that comes after one under the filters; None after the last."""
    query, order = query_of(context, filters), SortOrder(filters.order)
    following = context.archive.findings.search(query, order=order, limit=1, after=number)
    return following[0].id if following else None


@router.form("/finding/{number}", REVIEW)
def decide(number: Id, context: Context, form: DecisionForm) -> Response:
    """Decide, assign or note. A decision leads to the next finding, anything else back to this one, with what was done.

    What is missing is said on the page; so is what somebody else has decided meanwhile.
    """
    filters, reviews = Filters.read(context.request.url.query), context.archive.reviews
    if form.decision is None:
        return _page(number, context, None, form)
    following = _following(context, filters, number) if form.button in OUTCOMES else None
    result = reviews.decide([number], form.decision, context.user.name, context.now(), as_of=form.as_of)
    if result.conflicts:
        return finding_page(number, filters, done=result.batch, kept=number, decision=form.button)
    fragment = f"#event-{result.batch}" if form.button == "note" else ""
    return finding_page(following or number, filters, fragment, done=result.batch)


@router.form("/finding/{number}/mute", REVIEW)
def mute(number: Id, context: Context, words: MuteWords = "", until: Text = "") -> Response:
    """Mute the statistic of the finding in its article; without words, the rule of the finding."""
    refused = SubmittedDecision(button="mute", problem="Choose for how long.", field="until")
    if until not in MUTE_DURATIONS:
        return _page(number, context, None, refused)
    days, reviews = MUTE_DURATIONS[until][1], context.archive.reviews
    length = None if days is None else timedelta(days)
    finding = context.archive.findings.get(number)
    try:
        mute_finding(context.services, finding, context.user.name, words=words, until=length)
    except ValueError as error:
        problem = f"{str(error)[0].upper()}{str(error)[1:]}."
        return _page(number, context, None, replace(refused, problem=problem, field="words"))
    step = next(event for event in reviews.events_of(number)[::-1] if event.action is ReviewAction.MUTE)
    return finding_page(number, Filters.read(context.request.url.query), "#mute", done=step.batch)


@router.form("/finding/{number}/undo", REVIEW)
def undo(number: Id, context: Context) -> RedirectResponse:
    """Undo the newest decision."""
    step = context.archive.reviews.last_undoable(number)
    batch = undo_decisions(context.services, [step], context.user.name) if step else 0
    return finding_page(number, Filters.read(context.request.url.query), done=batch)
