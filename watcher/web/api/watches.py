"""Serve the watchlist, the mutes and the outbox as JSON, and change them."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query

from snapshots import DeliveryState, NewMute
from snapshots.accounts import Scope
from watcher.config import Watch
from watcher.errors import InputError
from watcher.services.catch_up import end_mute
from watcher.services.health import list_health, recent_failures, status_json, watch_health
from watcher.services.mutes import open_mute, require_rule
from watcher.services.page_lookup import find_page
from watcher.services.watchlist import change_watch, file_version, save_watch
from watcher.web.api.requests import AddWatchRequest, ArticleRequest, MuteRequest, UpdateWatchRequest
from watcher.web.api.responses import (
    CurrentUserResponse,
    DeliveryResponse,
    MuteResponse,
    RequeuedResponse,
    ResponseModel,
    UnmuteResponse,
)
from watcher.web.dependencies import ADMIN, READ, REVIEW, Context, Id, User

router = APIRouter(tags=["watching"], dependencies=[READ])
operating = APIRouter(tags=["operating"], dependencies=[READ])


class WatchesResponse(ResponseModel):
    """The watches of one article each, and those of lists of pages.

    `version` is of the file, null where there is none; `error` is why it was not loaded.
    """

    watches: list[Watch]
    lists: list[Watch]
    version: str | None
    error: str | None


class LocatedPageResponse(ResponseModel):
    """The page that a wiki has under an address or title."""

    wiki: str
    title: str
    page_id: int
    revision: int
    watched: bool


class StatusResponse(ResponseModel):
    """The state of watches and outbox, as `watcher status --format json` has it."""

    shape: int
    at: str
    ok: bool
    watches: list[dict[str, Any]]
    lists: list[dict[str, Any]]
    failed_comparisons: list[dict[str, Any]]
    outbox: dict[str, Any]


@router.get("/watches")
def watches(context: Context) -> WatchesResponse:
    """All watches with their settings."""
    path = context.watchlist.path
    return WatchesResponse(
        watches=list(context.watchlist.watches),
        lists=list(context.watchlist.sources),
        version=file_version(path) if path.is_file() else None,
        error=context.services.watchlist_error,
    )


@router.post("/watches/check", dependencies=[ADMIN])
def check(body: ArticleRequest, context: Context) -> LocatedPageResponse:
    """Check whether a wiki of the watchlist has such a page; no other host is asked, and nothing is changed."""
    with context.wiki_lock:
        page = find_page(context.services, body.article, body.wiki)
    return LocatedPageResponse.model_validate(asdict(page) | {"watched": page.watched is not None})


@router.post("/watches", status_code=201, dependencies=[ADMIN])
def add(body: AddWatchRequest, context: Context) -> Watch:
    """Watch an article, after checking that its wiki has it."""
    with context.wiki_lock:
        page = find_page(context.services, body.article, body.wiki)
    save_watch(context.services, page, body.version)
    context.services.reload_watchlist()
    return context.watch(page.wiki, page.title)


@router.patch("/watches", dependencies=[ADMIN])
def change(body: UpdateWatchRequest, context: Context) -> Watch:
    """Change settings of a watch in watchlist.toml, or pause it; comments and other entries stay."""
    context.watch(body.wiki, body.title)
    change_watch(context.watchlist.path, body.wiki, body.title, body.settings(), body.version)
    context.services.reload_watchlist()
    return context.watch(body.wiki, body.title)


@router.get("/status")
def status(context: Context) -> StatusResponse:
    """Return the state of every watch, and of the outbox."""
    now, system = context.now(), context.archive.metrics.outbox(context.now())
    health = watch_health(context.services, now)
    failed, lists = recent_failures(context.archive, now), list_health(context.services, now)
    return StatusResponse.model_validate(status_json(health, system, now, failed, lists))


@router.get("/mutes")
def mutes(context: Context) -> list[MuteResponse]:
    """Return the open mutes, the oldest first."""
    return [MuteResponse.from_record(mute) for mute in context.archive.mutes.list_open()]


@router.post("/mutes", status_code=201, dependencies=[REVIEW])
def mute(body: MuteRequest, context: Context) -> MuteResponse:
    """Suppress findings until a time or permanently."""
    if body.title is not None and body.wiki is not None:
        context.watch(body.wiki, body.title)
    if body.rule is not None:
        require_rule(body.rule)
    if body.until is not None and body.until <= context.now():
        raise InputError("until: is in the past; give a later time")
    return MuteResponse.from_record(context.archive.mutes.begin(NewMute(**body.model_dump()), context.now()))


@router.delete("/mutes/{number}", dependencies=[REVIEW])
def unmute(number: Id, context: Context) -> UnmuteResponse:
    """End a mute; a summary of the suppressed findings that are still current is queued."""
    mute = open_mute(context.services, number)
    with context.wiki_lock:
        return UnmuteResponse(summaries=end_mute(context.services, mute))


@operating.get("/me")
def me(user: User) -> CurrentUserResponse:
    """Return the current user and its scopes."""
    scopes = [scope.value for scope in Scope if user.has_scope(scope)]
    return CurrentUserResponse(name=user.name, signed_in=user.signed_in, scopes=scopes)


@operating.get("/deliveries")
def deliveries(
    context: Context,
    state: Literal["queued", "sent", "dead", "replaced"] | None = None,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
) -> list[DeliveryResponse]:
    """Return the newest messages of the outbox with every attempt."""
    result = context.archive.deliveries.newest(limit, DeliveryState(state) if state else None)
    return [DeliveryResponse.from_record(delivery) for delivery in result]


@operating.post("/deliveries/retry", status_code=202, dependencies=[ADMIN])
def retry(context: Context) -> RequeuedResponse:
    """Queue the failed messages again."""
    return RequeuedResponse(queued=context.archive.outbox.retry_dead(context.now()))
