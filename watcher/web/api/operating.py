"""Operations as JSON: who asks, what is to be delivered, and what was given up sent once more."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Query

from snapshots import State
from watcher.web.api.values import DeliveryOut, MeOut, QueuedOut
from watcher.web.dependencies import Admin, Here, Viewer, needs
from watcher.web.readers import Scope

router = APIRouter(tags=["operating"], dependencies=[Depends(needs(Scope.READ))])
States = Literal["queued", "sent", "dead", "replaced"]


@router.get("/me")
def me(reader: Viewer) -> MeOut:
    """Who you are here, and what you may do."""
    scopes = [scope.value for scope in Scope if reader.may(scope)]
    return MeOut(name=reader.name, signed_in=reader.signed_in, scopes=scopes)


@router.get("/deliveries")
def deliveries(
    here: Here, state: States | None = None, limit: Annotated[int, Query(ge=1, le=200)] = 50
) -> list[DeliveryOut]:
    """The newest messages of the outbox with every attempt."""
    found = here.archive.deliveries(limit, State(state) if state else None)
    return [DeliveryOut.of(one) for one in found]


@router.post("/deliveries/retry", status_code=202)
def retry(here: Here, reader: Admin) -> QueuedOut:  # noqa: ARG001  admins only
    """Queue what was given up once more."""
    return QueuedOut(queued=here.archive.retry_dead(here.now()))
