"""Parse the review form, and build the confirmation shown after it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Annotated, Final

from fastapi import Depends, Form

from snapshots import ReviewAction, ReviewDecision, ReviewedFinding, ReviewEvent, Scope
from watcher.errors import InputError
from watcher.web.api.models import decision_of
from watcher.web.dependencies import Context, WebContext
from watcher.web.pages.filters import parse_number
from watcher.web.view_models import OUTCOMES, decision_summary

Text = Annotated[str, Form(max_length=4000)]
Conflicts = tuple[tuple[ReviewedFinding, ReviewEvent], ...]
"""Findings that somebody else had decided, each with the last decision about it."""
_MOST_CONFLICTS: Final = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class SubmittedDecision:
    """What a review form asks for, as it was sent; without a `decision`, `problem` says what is missing.

    `target` is the finding (`f12`) or the edit (`e12`) whose own button was pressed; "" for what is ticked. `as_of`
    is the newest event that the page had shown; None where decisions of others may be overwritten.
    """

    button: str
    target: str = ""
    note: str = ""
    assignee: str = ""
    as_of: int | None = None
    answers: int | None = None
    decision: ReviewDecision | None = None
    problem: str = ""
    field: str = "decision"
    """The field beside which the problem is shown."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FormNotice:
    """What a form did: in words, with the number under which it can be undone (0: it cannot).

    After something was undone, that number is the decision before it (`undoes_earlier`). `conflicts` are findings that
    somebody else had decided meanwhile, with that decision; `retry` is the button that decides them all the same.
    """

    message: str
    batch: int = 0
    conflicts: Conflicts = ()
    retry: SubmittedDecision | None = None
    is_problem: bool = False
    undoes_earlier: bool = False


def reviewers(context: WebContext) -> tuple[str, ...]:
    """Return the names to which a finding can be assigned: everybody who may decide."""
    user = context.user
    names = [account.name for account in context.archive.accounts.users() if account.scope.includes(Scope.REVIEW)]
    return tuple(dict.fromkeys([*names, *([user.name] if user.has_scope(Scope.REVIEW) else [])]))


def parse_decision(
    context: Context,
    decision: Text = "",
    assignee: Text = "",
    note: Text = "",
    as_of: Annotated[int | None, Form(ge=0, lt=2**63)] = None,
    answers: Annotated[int | None, Form(gt=0, lt=2**63)] = None,
) -> SubmittedDecision:
    """Return the decision in the fields of a form."""
    button, _, target = decision.partition(".")
    name = context.user.name if button == "assign-me" else assignee.strip()
    form = SubmittedDecision(button=button, target=target, note=note, assignee=name, as_of=as_of, answers=answers)
    outcome = OUTCOMES.get(button)
    action = outcome.action.value if outcome else button.removesuffix("-me")
    if action == ReviewAction.ASSIGN and name and name not in reviewers(context):
        return replace(form, problem=f"Nobody who may decide is named {name}.", field="assignee")
    fields = {"action": action, "reason": outcome.reason if outcome else None, "assignee": name, "note": note.strip()}
    try:
        made = decision_of(fields | {"answers": answers})
    except InputError as error:
        message = str(error)
        field = "decision" if button != "note" else f"answer-{answers}" if answers else "note"
        return replace(form, problem=f"{message[0].upper()}{message[1:]}.", field=field)
    return replace(form, decision=made)


DecisionForm = Annotated[SubmittedDecision, Depends(parse_decision)]


def last_decision_notice(context: WebContext) -> FormNotice | None:
    """Return the confirmation after a form, from the address that the form led to."""
    asked = context.request.query_params
    batch = parse_number(asked.get("done", ""), least=0)
    kept = [number for text in asked.get("kept", "").split(",") if (number := parse_number(text))]
    conflicts = conflicts_of(context, kept)
    if batch is None and not conflicts:
        return None
    retry = SubmittedDecision(button=asked.get("decision", ""))
    return notice_of(context, batch or 0, conflicts, retry if retry.button in OUTCOMES else None)


def notice_of(
    context: WebContext,
    batch: int,
    conflicts: Conflicts = (),
    retry: SubmittedDecision | None = None,
) -> FormNotice | None:
    """Put into words what was done under a number, and what was left as somebody else had decided it."""
    steps = context.archive.reviews.events_of_batch(batch) if batch else ()
    if batch and not steps:
        return None
    me = context.user.name
    undoable = any(event.action is not ReviewAction.UNDO and not event.undone and event.by == me for event in steps)
    undone = bool(steps) and all(event.action is ReviewAction.UNDO and event.by == me for event in steps)
    earlier = context.archive.reviews.last_batch_of(me) if undone else 0
    nothing = "Nothing was changed" if conflicts else "Nothing was left to undo"
    return FormNotice(
        message=decision_summary(steps) or nothing,
        batch=batch if undoable else earlier,
        undoes_earlier=bool(earlier),
        conflicts=conflicts,
        retry=retry if conflicts else None,
    )


def conflicts_of(context: WebContext, finding_ids: Sequence[int]) -> Conflicts:
    """Return findings that somebody else decided, with the last decision about each."""
    findings = context.archive.findings.load(finding_ids[:_MOST_CONFLICTS])
    decisions = ((finding, context.archive.reviews.last_decision(finding.id)) for finding in findings)
    return tuple((finding, decision) for finding, decision in decisions if decision)
