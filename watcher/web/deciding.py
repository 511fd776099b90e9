"""The fields of a form become a decision; what was decided becomes the words about it on the next page."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import Depends, Form, Request
from starlette.exceptions import HTTPException

from snapshots import Action, Deed, Dismissal
from watcher.web.dependencies import Site
from watcher.web.lines import batch_says
from watcher.web.readers import Reader

Text = Annotated[str, Form(max_length=4000)]


def wished(deed: Text = "", reason: Text = "", assignee: Text = "", note: Text = "") -> Action:
    """The action that the fields of a form ask for."""
    return action(deed, reason, assignee, note)


Wish = Annotated[Action, Depends(wished)]


def action(deed: str, reason: str, assignee: str, note: str) -> Action:
    """What the fields of a form ask for; 400 where they do not say all of it."""
    deeds = {one.value: one for one in (Deed.ACKNOWLEDGE, Deed.DISMISS, Deed.ASSIGN, Deed.NOTE)}
    reasons = {one.value: one for one in Dismissal}
    wish = deeds.get(deed)
    if wish is None:
        raise HTTPException(400, "Choose what to do with the finding.")
    if wish is Deed.DISMISS and reason not in reasons:
        raise HTTPException(400, "Choose a reason to dismiss the finding for.")
    if wish is Deed.NOTE and not note.strip():
        raise HTTPException(400, "Write a note first.")
    return Action(
        deed=wish,
        reason=reasons[reason] if wish is Deed.DISMISS else None,
        assignee=assignee.strip() if wish is Deed.ASSIGN else None,
        note=note,
    )


def done(here: Site, request: Request, reader: Reader) -> dict[str, Any] | None:
    """What the last form did, told after it: in words, with the number under which it can be taken back."""
    number = request.query_params.get("done", "")
    if not (number.isascii() and number.isdigit() and len(number) < 19):  # noqa: PLR2004  64 bits
        return None
    steps = here.archive.batch(int(number))
    if not steps:
        return {"says": "Nothing was left to take back", "batch": None} if number == "0" else None
    undoable = any(one.deed is not Deed.UNDO and not one.undone and one.by == reader.name for one in steps)
    return {"says": batch_says(steps), "batch": int(number) if undoable else None}
