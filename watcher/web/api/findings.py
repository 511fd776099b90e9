"""Findings as JSON: the queue by pages, one with its history, and what is decided about them."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated

from fastapi import APIRouter, Depends, Path
from pydantic import Field

from flows.reviewing import mute_finding, take_back
from watcher.errors import InputError
from watcher.web.api.values import BatchOut, FindingOut, MuteOut, Page, StepOut
from watcher.web.api.wishes import BulkWish, DecisionWish, FindingsQuery, Wish
from watcher.web.dependencies import Here, Reviewer, needs
from watcher.web.readers import Scope

router = APIRouter(tags=["findings"], dependencies=[Depends(needs(Scope.READ))])
Id = Annotated[int, Path(gt=0, lt=2**63)]


class FindingMute(Wish):
    """Mute the statistic of a finding by words of its sentence, or without words the rule that found it there."""

    words: Annotated[str, Field(max_length=300)] | None = None
    days: Annotated[int, Field(ge=1, le=3660)] | None = Field(default=None, description="null: for good.")


@router.get("/findings")
def findings(here: Here, wish: FindingsQuery) -> Page[FindingOut]:
    """Findings by pages, the worst first or the newest first."""
    found = here.archive.reviews(wish.wanted(), order=wish.order, limit=wish.limit + 1, after=wish.after)
    following = found[wish.limit - 1].id if len(found) > wish.limit else None
    return Page(items=[FindingOut.of(one) for one in found[: wish.limit]], next=following)


@router.get("/findings/{number}")
def finding(number: Id, here: Here) -> FindingOut:
    """One finding."""
    return FindingOut.of(here.archive.review(number))


@router.get("/findings/{number}/history")
def history(number: Id, here: Here) -> list[StepOut]:
    """Who decided what about a finding, the oldest first."""
    here.archive.review(number)
    return [StepOut.of(one) for one in here.archive.steps(number)]


@router.post("/findings/{number}/decisions", status_code=201)
def decide(number: Id, wish: DecisionWish, here: Here, reader: Reviewer) -> BatchOut:
    """Acknowledge, dismiss, assign or note."""
    return BatchOut(batch=here.archive.act([number], wish.action(), reader.name, here.now()))


@router.post("/findings/{number}/mute", status_code=201)
def mute(number: Id, wish: FindingMute, here: Here, reader: Reviewer) -> MuteOut:
    """Begin a mute from a finding; it stands in the finding's history and can be undone there."""
    until = timedelta(days=wish.days) if wish.days else None
    found = here.archive.review(number)
    try:
        return MuteOut.of(mute_finding(here.services, found, reader.name, words=wish.words, until=until))
    except ValueError as error:
        raise InputError(str(error)) from None


@router.post("/decisions", status_code=201)
def decide_all(wish: BulkWish, here: Here, reader: Reviewer) -> BatchOut:
    """Decide the same about several findings at once: all of them, or none where one is not stored."""
    return BatchOut(batch=here.archive.act(wish.ids, wish.action(), reader.name, here.now()))


@router.post("/decisions/{number}/undo", status_code=201)
def undo(number: Id, here: Here, reader: Reviewer) -> BatchOut:
    """Take back what was decided at once under this number; 0 when there was nothing left to take back."""
    return BatchOut(batch=take_back(here.services, here.archive.batch(number), reader.name))
