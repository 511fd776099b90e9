"""Parse the review form, and build the confirmation shown after redirect."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import Depends, Form, Request
from starlette.exceptions import HTTPException

from snapshots import ReviewAction, ReviewDecision
from watcher.errors import InputError
from watcher.web.api.requests import decision_of
from watcher.web.auth.authentication import CurrentUser
from watcher.web.dependencies import WebContext
from watcher.web.view_models import decision_summary

Text = Annotated[str, Form(max_length=4000)]


def parse_decision(decision: Text = "", reason: Text = "", assignee: Text = "", note: Text = "") -> ReviewDecision:
    """Return the decision in the fields of a form, by the rules of the API; 400 where it is incomplete."""
    chosen = reason or None if decision == ReviewAction.DISMISS else None
    try:
        return decision_of({"action": decision, "reason": chosen, "assignee": assignee, "note": note})
    except InputError as error:
        message = str(error)
        raise HTTPException(400, f"{message[0].upper()}{message[1:]}.") from None


DecisionForm = Annotated[ReviewDecision, Depends(parse_decision)]


def last_decision_notice(context: WebContext, request: Request, user: CurrentUser) -> dict[str, Any] | None:
    """Return the confirmation after a form: in words, with the number under which it can be undone."""
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
