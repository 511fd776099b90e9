"""Parse the review form, and build the confirmation shown after redirect."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import Depends, Form, Request
from starlette.exceptions import HTTPException

from snapshots import Dismissal, ReviewAction, ReviewDecision
from watcher.web.auth.authentication import CurrentUser
from watcher.web.dependencies import WebContext
from watcher.web.view_models import decision_summary

Text = Annotated[str, Form(max_length=4000)]


def parse_decision(decision: Text = "", reason: Text = "", assignee: Text = "", note: Text = "") -> ReviewDecision:
    """The decision in the fields of a form."""
    return decision_from_form(decision, reason, assignee, note)


DecisionForm = Annotated[ReviewDecision, Depends(parse_decision)]


def decision_from_form(decision: str, reason: str, assignee: str, note: str) -> ReviewDecision:
    """The decision in the fields of a form; 400 where it is incomplete."""
    actions = {
        item.value: item
        for item in (ReviewAction.ACKNOWLEDGE, ReviewAction.DISMISS, ReviewAction.ASSIGN, ReviewAction.NOTE)
    }
    reasons = {dismissal.value: dismissal for dismissal in Dismissal}
    review_action = actions.get(decision)
    if review_action is None:
        raise HTTPException(400, "Choose what to do with the finding.")
    if review_action is ReviewAction.DISMISS and reason not in reasons:
        raise HTTPException(400, "Choose a reason to dismiss the finding for.")
    if review_action is ReviewAction.NOTE and not note.strip():
        raise HTTPException(400, "Write a note first.")
    return ReviewDecision(
        action=review_action,
        reason=reasons[reason] if review_action is ReviewAction.DISMISS else None,
        assignee=assignee.strip() if review_action is ReviewAction.ASSIGN else None,
        note=note,
    )


def last_decision_notice(context: WebContext, request: Request, user: CurrentUser) -> dict[str, Any] | None:
    """The confirmation after a form: in words, with the number under which it can be undone."""
    number = request.query_params.get("done", "")
    if not (number.isascii() and number.isdigit() and len(number) < 19):  # noqa: PLR2004  64 bits
        return None
    steps = context.archive.reviews.events_of_batch(int(number))
    if not steps:
        return {"message": "Nothing was left to undo", "batch": None} if number == "0" else None
    undoable = any(
        event.action is not ReviewAction.UNDO and not event.undone and event.by == user.name for event in steps
    )
    return {"message": decision_summary(steps), "batch": int(number) if undoable else None}
