"""Serve operations as JSON: the current user, deliveries, and retries of dead letters."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import APIRouter, Query

from snapshots import DeliveryState
from snapshots.accounts import Scope
from watcher.web.api.responses import CurrentUserResponse, DeliveryResponse, RequeuedResponse
from watcher.web.dependencies import ADMIN, READ, Context, User

router = APIRouter(tags=["operating"], dependencies=[READ])
States = Literal["queued", "sent", "dead", "replaced"]


@router.get("/me")
def me(user: User) -> CurrentUserResponse:
    """Return the current user and its scopes."""
    scopes = [scope.value for scope in Scope if user.has_scope(scope)]
    return CurrentUserResponse(name=user.name, signed_in=user.signed_in, scopes=scopes)


@router.get("/deliveries")
def deliveries(
    context: Context, state: States | None = None, limit: Annotated[int, Query(ge=1, le=200)] = 50
) -> list[DeliveryResponse]:
    """Return the newest messages of the outbox with every attempt."""
    result = context.archive.deliveries.newest(limit, DeliveryState(state) if state else None)
    return [DeliveryResponse.from_record(delivery) for delivery in result]


@router.post("/deliveries/retry", status_code=202, dependencies=[ADMIN])
def retry(context: Context) -> RequeuedResponse:
    """Queue the failed messages again."""
    return RequeuedResponse(queued=context.archive.outbox.retry_dead(context.now()))
