"""Serve operations as JSON: the current user, deliveries, and retries of dead letters."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Query

from snapshots import DeliveryState
from snapshots.accounts import Scope
from watcher.web.api.responses import CurrentUserResponse, DeliveryResponse, RequeuedResponse
from watcher.web.dependencies import AdminAccess, Context, ReadAccess, needs

router = APIRouter(tags=["operating"], dependencies=[Depends(needs(Scope.READ))])
States = Literal["queued", "sent", "dead", "replaced"]


@router.get("/me")
def me(reader: ReadAccess) -> CurrentUserResponse:
    """Who you are here, and what you may do."""
    scopes = [scope.value for scope in Scope if reader.has_scope(scope)]
    return CurrentUserResponse(name=reader.name, signed_in=reader.signed_in, scopes=scopes)


@router.get("/deliveries")
def deliveries(
    context: Context, state: States | None = None, limit: Annotated[int, Query(ge=1, le=200)] = 50
) -> list[DeliveryResponse]:
    """The newest messages of the outbox with every attempt."""
    result = context.archive.deliveries.newest(limit, DeliveryState(state) if state else None)
    return [DeliveryResponse.from_record(delivery) for delivery in result]


@router.post("/deliveries/retry", status_code=202)
def retry(context: Context, reader: AdminAccess) -> RequeuedResponse:  # noqa: ARG001  admins only
    """Queue what was given up once more."""
    return RequeuedResponse(queued=context.archive.outbox.retry_dead(context.now()))
