"""Serve the page of a finding: what changed, what was decided, and the forms to decide."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Annotated, Final
from urllib.parse import urlsplit

from fastapi import APIRouter, Form, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from snapshots import ReviewAction, ReviewedFinding, SortOrder
from watcher.errors import Corrupt
from watcher.judge import SCORE, RuleTrace, Surroundings, explain
from watcher.model import Comparison
from watcher.report.cards import NO_COMPARISON, Card, finding_from_dict, revision_info, same_finding, stored_card
from watcher.report.links import file_url
from watcher.services.reviews import mute_finding, suggest_mute_words, undo_decisions
from watcher.web import rendering
from watcher.web.auth.authentication import CurrentUser
from watcher.web.auth.middleware import policy_with_images
from watcher.web.dependencies import PAGE, READ, Context, Id, ReviewAccess, User, WebContext
from watcher.web.pages.decision_form import (
    DecisionForm,
    FormNotice,
    SubmittedDecision,
    Text,
    last_decision_notice,
    reviewers,
)
from watcher.web.pages.edits import query_of
from watcher.web.pages.filters import Filters, finding_page
from watcher.web.pages.wiki_actions import article_context, copy_texts, wiki_actions
from watcher.web.timelines import TimelineReader, Timelines
from watcher.web.view_models import OUTCOMES, audit_trail

MUTE_DURATIONS: Final = {"7d": ("a week", 7), "30d": ("30 days", 30), "90d": ("90 days", 90), "": ("permanently", None)}

router = APIRouter(dependencies=[READ])


@router.api_route("/finding/{number}", **PAGE)
def finding(number: Id, request: Request, context: Context, known: Timelines, user: User) -> HTMLResponse:
    """Return the page that an alert links to: the finding, its history and the forms to decide about it.

    Under the filters of the queue in its address, the next finding is the next one there.
    """
    filters = Filters.read(request.url.query)
    return _page(number, filters, context, known, user, last_decision_notice(context, request, user))


def _page(
    number: Id,
    filters: Filters,
    context: WebContext,
    known: TimelineReader,
    user: CurrentUser,
    done: FormNotice | None,
    form: SubmittedDecision | None = None,
) -> HTMLResponse:
    """Return the page of a finding; a refused `form` is shown as it was sent, with what is missing beside its field."""
    finding = context.archive.findings.get(number)
    index = context.index_urls.get(finding.article.wiki)
    change = finding_from_dict(finding.body)
    both = Comparison(article=finding.article, before=finding.before, after=finding.after, findings=(change,))
    links = context.links(both)
    if index and finding.uploaded_file:
        links = replace(links, diff_url=file_url(index, finding.uploaded_file))
    site = context.site(finding.article.wiki)
    if site is not None and site.image_hosts and change.change.kind.subject == "figure":
        links = replace(links, image_hosts=site.image_hosts)
    compared, where = _compared(context, finding), article_context(context, finding)
    answer = rendering.page(
        "finding.html",
        422 if form else 200,
        user=user,
        filters=filters,
        finding=finding,
        card=_card(finding, compared),
        where=where,
        actions=wiki_actions(index, finding, where),
        copies=copy_texts(finding, context.now(), site),
        traces=_traces(context, finding, compared),
        page={"links": links},
        report=f"/comparison/{finding.comparison_id}?finding={finding.position + 1}#finding-{finding.position + 1}",
        course=known.course(finding.article, finding.after, finding.body),
        spark=known.sparkline(finding.article, finding.after, finding.body),
        history=audit_trail(context.archive.reviews.events_of(finding.id)),
        undoable=context.archive.reviews.last_undoable(finding.id),
        following=_following(context, user, filters, finding.id),
        done=done,
        form=form,
        as_of=context.archive.reviews.last_event_id(),
        people=reviewers(context, user),
        durations={value: name for value, (name, _) in MUTE_DURATIONS.items()},
        muting=next((mute for mute in context.archive.mutes.list_open() if mute.id == finding.muted_by), None),
        mute_words=suggest_mute_words(finding.body) or "",
    )
    if site is not None and links.image_hosts:
        answer.headers["content-security-policy"] = policy_with_images(urlsplit(site.api).scheme, links.image_hosts)
    return answer


def _following(context: WebContext, user: CurrentUser, filters: Filters, number: int) -> int | None:
    """Return the finding that comes after one under the filters; None after the last."""
    query, order = query_of(context, filters, user), SortOrder(filters.order)
    following = context.archive.findings.search(query, order=order, limit=1, after=number)
    return following[0].id if following else None


def _card(finding: ReviewedFinding, compared: Comparison) -> Card:
    """Return the card of the finding as it was stored."""
    columns = {
        "kind": finding.kind,
        "severity": finding.severity.label,
        "section": list(finding.section),
        "summary": finding.summary,
    }
    card = stored_card({**finding.body, **columns}, finding.position + 1, compared)
    return replace(card, edits=tuple(map(revision_info, finding.edits)), filtered=finding.filtered)


def _traces(context: WebContext, finding: ReviewedFinding, compared: Comparison) -> tuple[RuleTrace, ...]:
    """Return what the rules that speak of the change say of it now, as `watcher explain` shows it."""
    again = same_finding(finding.body, compared)
    if again is None:
        return ()
    around = Surroundings([other.change for other in compared.findings])
    traces = explain(again.change, context.policy(finding.article), around)
    return tuple(trace for trace in traces if trace.severity is not None or trace.rule == SCORE)


def _compared(context: WebContext, finding: ReviewedFinding) -> Comparison:
    """Compare the two stored texts again; nothing where one is hidden or damaged."""
    try:
        before, after = context.snapshots(finding.article.wiki, finding.before.id, finding.after.id)
    except Corrupt:
        return NO_COMPARISON
    if before.wikitext is None or after.wikitext is None:
        return NO_COMPARISON
    return context.compare_again(before, after)


@router.post("/finding/{number}", response_class=RedirectResponse)
def decide(
    number: Id, request: Request, context: Context, known: Timelines, user: ReviewAccess, form: DecisionForm
) -> Response:
    """Decide, assign or note. A decision leads to the next finding, anything else back to this one, with what was done.

    What is missing is said on the page; so is what somebody else has decided meanwhile.
    """
    filters = Filters.read(request.url.query)
    if form.decision is None:
        return _page(number, filters, context, known, user, None, form)
    following = _following(context, user, filters, number) if form.button in OUTCOMES else None
    result = context.archive.reviews.decide([number], form.decision, user.name, context.now(), as_of=form.as_of)
    if result.conflicts:
        return finding_page(number, filters, done=result.batch, kept=number, decision=form.button)
    fragment = f"#event-{result.batch}" if form.button == "note" else ""
    return finding_page(following or number, filters, fragment, done=result.batch)


@router.post("/finding/{number}/mute", response_class=RedirectResponse)
def mute(
    number: Id,
    request: Request,
    context: Context,
    known: Timelines,
    user: ReviewAccess,
    words: Annotated[str, Form(max_length=300)] = "",
    until: Text = "",
) -> Response:
    """Mute the statistic of the finding in its article; without words, the rule of the finding."""
    filters = Filters.read(request.url.query)
    refused = SubmittedDecision(button="mute")
    if until not in MUTE_DURATIONS:
        refused = replace(refused, problem="Choose for how long.", field="until")
        return _page(number, filters, context, known, user, None, refused)
    days = MUTE_DURATIONS[until][1]
    finding = context.archive.findings.get(number)
    try:
        mute_finding(context.services, finding, user.name, words=words, until=None if days is None else timedelta(days))
    except ValueError as error:
        refused = replace(refused, problem=f"{str(error)[0].upper()}{str(error)[1:]}.", field="words")
        return _page(number, filters, context, known, user, None, refused)
    step = next(event for event in context.archive.reviews.events_of(number)[::-1] if event.action is ReviewAction.MUTE)
    return finding_page(number, filters, "#mute", done=step.batch)


@router.post("/finding/{number}/undo", response_class=RedirectResponse)
def undo(number: Id, request: Request, context: Context, user: ReviewAccess) -> RedirectResponse:
    """Undo the newest decision."""
    step = context.archive.reviews.last_undoable(number)
    batch = undo_decisions(context.services, [step], user.name) if step else 0
    return finding_page(number, Filters.read(request.url.query), done=batch)
