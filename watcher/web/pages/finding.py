"""Serve the page of a finding: what changed, what was decided, and the forms to decide."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from typing import Annotated, Final

from fastapi import APIRouter, Form, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from snapshots import FindingFilter, ReviewAction, ReviewedFinding
from watcher.errors import Corrupt
from watcher.judge import RuleTrace, explain
from watcher.model import Comparison, Finding
from watcher.report.cards import Card, card_at, revision_info, stored_card
from watcher.services.reviews import mute_finding, suggest_mute_words, undo_decisions
from watcher.web import rendering
from watcher.web.auth.authentication import CurrentUser
from watcher.web.dependencies import PAGE, READ, Context, Id, ReviewAccess, User, WebContext
from watcher.web.history_cache import History, HistoryCache
from watcher.web.pages.decision_form import (
    DecisionForm,
    FormNotice,
    SubmittedDecision,
    Text,
    last_decision_notice,
    reviewers,
)
from watcher.web.pages.edits import lowest_severity
from watcher.web.pages.wiki_actions import action_urls, article_context, copy_texts
from watcher.web.view_models import audit_trail

MUTE_DURATIONS: Final = {"7d": ("a week", 7), "30d": ("30 days", 30), "90d": ("90 days", 90), "": ("permanently", None)}
MAX_REVISIONS_PER_REQUEST: Final = 40  # read by one page for its sparkline

router = APIRouter(dependencies=[READ])


@router.api_route("/finding/{number}", **PAGE)
def finding(number: Id, request: Request, context: Context, known: History, user: User) -> HTMLResponse:
    """Return the page that an alert links to: the finding, its history and the forms to decide about it."""
    return _page(number, context, known, user, last_decision_notice(context, request, user))


def _page(
    number: Id,
    context: WebContext,
    known: HistoryCache,
    user: CurrentUser,
    done: FormNotice | None,
    form: SubmittedDecision | None = None,
) -> HTMLResponse:
    """Return the page of a finding; a refused `form` is shown as it was sent, with what is missing beside its field."""
    finding = context.archive.findings.get(number)
    if finding.kind.startswith("statistic."):
        with suppress(Corrupt):  # a damaged text has no history to show
            known.read(finding.article, MAX_REVISIONS_PER_REQUEST)
    index = context.index_urls.get(finding.article.wiki)
    both = Comparison(article=finding.article, before=finding.before, after=finding.after)
    compared, where = _compared(context, finding), article_context(context, finding)
    following = context.archive.findings.search(
        FindingFilter(minimum_severity=lowest_severity(context)), limit=1, after=finding.id
    )
    return rendering.page(
        "finding.html",
        422 if form else 200,
        user=user,
        finding=finding,
        card=_card(finding, compared),
        where=where,
        actions=action_urls(index, finding, where),
        copies=copy_texts(finding, context.now()),
        traces=_traces(context, finding, compared),
        page={"links": context.links(both)},
        report=f"/comparison/{finding.comparison_id}?finding={finding.position + 1}#finding-{finding.position + 1}",
        course=known.course(finding.article, finding.after, finding.body),
        spark=known.sparkline(finding.article, finding.after, finding.body),
        history=audit_trail(context.archive.reviews.events_of(finding.id)),
        undoable=context.archive.reviews.last_undoable(finding.id),
        following=following[0].id if following else None,
        done=done,
        form=form,
        as_of=context.archive.reviews.last_event_id(),
        people=reviewers(context, user),
        durations={value: name for value, (name, _) in MUTE_DURATIONS.items()},
        muting=next((mute for mute in context.archive.mutes.list_open() if mute.id == finding.muted_by), None),
        mute_words=suggest_mute_words(finding.body) or "",
    )


def _card(finding: ReviewedFinding, compared: Comparison | None) -> Card:
    """Return the card as in the report; from the stored finding where comparing again finds something else."""
    number = finding.position + 1
    if compared is not None and _again(finding, compared):
        edits = tuple(map(revision_info, finding.edits))
        return replace(card_at(compared, number), edits=edits, filtered=finding.filtered)
    columns = {
        "kind": finding.kind,
        "severity": finding.severity.label,
        "section": finding.section,
        "summary": finding.summary,
    }
    return replace(stored_card({**finding.body, **columns}, number), edits=tuple(map(revision_info, finding.edits)))


def _again(finding: ReviewedFinding, compared: Comparison) -> Finding | None:
    """Return the finding as comparing again gives it; None where it gives something else."""
    again = compared.findings[finding.position] if finding.position < len(compared.findings) else None
    same = again and (again.summary, again.change.kind.value) == (finding.summary, finding.kind)
    return again if same else None


def _traces(context: WebContext, finding: ReviewedFinding, compared: Comparison | None) -> tuple[RuleTrace, ...]:
    """Return what every rule says of the change, as `watcher explain` shows it."""
    again = compared and _again(finding, compared)
    return explain(again.change, context.policy(finding.article)) if again else ()


def _compared(context: WebContext, finding: ReviewedFinding) -> Comparison | None:
    """Compare the two stored texts again; None where one is hidden or damaged."""
    try:
        before, after = context.snapshots(finding.article.wiki, finding.before.id, finding.after.id)
    except Corrupt:
        return None
    if before.wikitext is None or after.wikitext is None:
        return None
    return context.compare_again(before, after)


@router.post("/finding/{number}", response_class=RedirectResponse)
def decide(number: Id, context: Context, known: History, user: ReviewAccess, form: DecisionForm) -> Response:
    """Decide, assign or note; then show the finding with a confirmation, or with what is missing."""
    if form.decision is None:
        return _page(number, context, known, user, None, form)
    result = context.archive.reviews.decide([number], form.decision, user.name, context.now(), as_of=form.as_of)
    kept = f"&kept={number}&decision={form.button}" if result.conflicts else ""
    fragment = f"#event-{result.batch}" if form.button == "note" else ""
    return RedirectResponse(f"/finding/{number}?done={result.batch}{kept}{fragment}", 303)


@router.post("/finding/{number}/mute", response_class=RedirectResponse)
def mute(
    number: Id,
    context: Context,
    known: History,
    user: ReviewAccess,
    words: Annotated[str, Form(max_length=300)] = "",
    until: Text = "",
) -> Response:
    """Mute the statistic of the finding in its article; without words, the rule of the finding."""
    refused = SubmittedDecision(button="mute")
    if until not in MUTE_DURATIONS:
        refused = replace(refused, problem="Choose for how long.", field="until")
        return _page(number, context, known, user, None, refused)
    days = MUTE_DURATIONS[until][1]
    finding = context.archive.findings.get(number)
    try:
        mute_finding(context.services, finding, user.name, words=words, until=None if days is None else timedelta(days))
    except ValueError as error:
        refused = replace(refused, problem=f"{str(error)[0].upper()}{str(error)[1:]}.", field="words")
        return _page(number, context, known, user, None, refused)
    step = next(event for event in context.archive.reviews.events_of(number)[::-1] if event.action is ReviewAction.MUTE)
    return RedirectResponse(f"/finding/{number}?done={step.batch}#mute", 303)


@router.post("/finding/{number}/undo", response_class=RedirectResponse)
def undo(number: Id, context: Context, user: ReviewAccess) -> RedirectResponse:
    """Undo the newest decision."""
    step = context.archive.reviews.last_undoable(number)
    batch = undo_decisions(context.services, [step], user.name) if step else 0
    return RedirectResponse(f"/finding/{number}?done={batch}", 303)
