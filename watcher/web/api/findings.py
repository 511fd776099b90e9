"""Serve findings as JSON: the queue by pages, single findings, their history, and decisions."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated

from fastapi import APIRouter
from pydantic import Field

from watcher.errors import InputError
from watcher.services.reviews import mute_finding, undo_decisions
from watcher.web.api.requests import BulkDecisionRequest, DecisionRequest, FindingsQuery, RequestModel
from watcher.web.api.responses import DecisionResponse, FindingResponse, MuteResponse, PageResponse, ReviewEventResponse
from watcher.web.dependencies import READ, Context, Id, ReviewAccess

router = APIRouter(tags=["findings"], dependencies=[READ])


class FindingMute(RequestModel):
    """Mute the statistic of a finding by words of its sentence, or without words the rule that found it there."""

    words: Annotated[str, Field(max_length=300)] | None = None
    days: Annotated[int, Field(ge=1, le=3660)] | None = Field(default=None, description="null: permanently.")


@router.get("/findings")
def findings(context: Context, query: FindingsQuery) -> PageResponse[FindingResponse]:
    """Pages of findings: the most severe first, within a severity by what the edit's context adds, or the newest."""
    result, following = context.find_findings(query.to_filter(), query.order, query.limit, query.after)
    return PageResponse(items=[FindingResponse.from_record(finding) for finding in result], next=following)


@router.get("/findings/{number}")
def finding(number: Id, context: Context) -> FindingResponse:
    """One finding."""
    return FindingResponse.from_record(context.archive.findings.get(number))


@router.get("/findings/{number}/history")
def history(number: Id, context: Context) -> list[ReviewEventResponse]:
    """Return the decisions about a finding, the oldest first."""
    context.archive.findings.get(number)
    return [ReviewEventResponse.from_record(event) for event in context.archive.reviews.events_of(number)]


@router.post("/findings/{number}/decisions", status_code=201)
def decide(number: Id, body: DecisionRequest, context: Context, user: ReviewAccess) -> DecisionResponse:
    """Acknowledge, dismiss, assign or note."""
    result = context.archive.reviews.decide([number], body.decision(), user.name, context.now())
    return DecisionResponse(batch=result.batch)


@router.post("/findings/{number}/mute", status_code=201)
def mute(number: Id, body: FindingMute, context: Context, user: ReviewAccess) -> MuteResponse:
    """Mute from a finding; the mute is in the finding's history and can be undone there."""
    until = timedelta(days=body.days) if body.days else None
    finding = context.archive.findings.get(number)
    try:
        return MuteResponse.from_record(
            mute_finding(context.services, finding, user.name, words=body.words, until=until)
        )
    except ValueError as error:
        raise InputError(str(error)) from None


@router.post("/decisions", status_code=201)
def decide_all(body: BulkDecisionRequest, context: Context, user: ReviewAccess) -> DecisionResponse:
    """Make the same decision about several findings: about all of them, or none where one is not stored."""
    result = context.archive.reviews.decide(body.ids, body.decision(), user.name, context.now())
    return DecisionResponse(batch=result.batch)


@router.post("/decisions/{number}/undo", status_code=201)
def undo(number: Id, context: Context, user: ReviewAccess) -> DecisionResponse:
    """Undo the decisions of this number; 0 when there was nothing left to undo."""
    return DecisionResponse(
        batch=undo_decisions(context.services, context.archive.reviews.events_of_batch(number), user.name)
    )
