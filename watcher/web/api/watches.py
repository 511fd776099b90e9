"""Serve the watchlist and the mutes as JSON, and change them."""

from __future__ import annotations

from fnmatch import filter as matching
from typing import Any

from fastapi import APIRouter, Depends

from snapshots.accounts import Scope
from watcher.config import Watch, did_you_mean
from watcher.errors import InputError, Missing
from watcher.judge import RULES
from watcher.model import Kind
from watcher.services.failing import recent_failures
from watcher.services.health import status_json, watch_health
from watcher.services.mutes import end_mute
from watcher.services.watchlist import change_watch, file_version, find_page, save_watch
from watcher.web.api.findings import Id
from watcher.web.api.requests import AddWatchRequest, ArticleRequest, MuteRequest, UpdateWatchRequest
from watcher.web.api.responses import MuteResponse, ResponseModel, UnmuteResponse
from watcher.web.dependencies import AdminAccess, Context, ReviewAccess, needs

router = APIRouter(tags=["watching"], dependencies=[Depends(needs(Scope.READ))])


class WatchesResponse(ResponseModel):
    """What is watched; `version` is of the file, null where there is none; `mistake` is why it was not taken over."""

    watches: list[Watch]
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
    """How the watches and the outbox stand, as `watcher status --format json` has it."""

    shape: int
    at: str
    ok: bool
    watches: list[dict[str, Any]]
    failed_comparisons: list[dict[str, Any]]
    outbox: dict[str, Any]


@router.get("/watches")
def watches(context: Context) -> WatchesResponse:
    """All watches with their settings."""
    path = context.watchlist.path
    return WatchesResponse(
        watches=list(context.watchlist.watches),
        version=file_version(path) if path.is_file() else None,
        error=context.services.watchlist_error,
    )


@router.post("/watches/check")
def check(body: ArticleRequest, context: Context, reader: AdminAccess) -> LocatedPageResponse:  # noqa: ARG001  only admins make us ask a wiki
    """Look whether a wiki of the watchlist has such a page; no other host is ever asked, and nothing is changed."""
    with context.wiki_lock:
        page = find_page(context.services, body.article, body.wiki)
    watched = page.watched is not None
    return LocatedPageResponse(
        wiki=page.wiki, title=page.title, page_id=page.page_id, revision=page.revision, watched=watched
    )


@router.post("/watches", status_code=201)
def add(body: AddWatchRequest, context: Context, reader: AdminAccess) -> Watch:  # noqa: ARG001  admins only
    """Watch one more article, after looking that its wiki has it."""
    with context.wiki_lock:
        page = find_page(context.services, body.article, body.wiki)
    save_watch(context.services, page, body.version)
    context.services.reload_watchlist()
    return _watch(context, page.wiki, page.title)


@router.patch("/watches")
def change(body: UpdateWatchRequest, context: Context, reader: AdminAccess) -> Watch:  # noqa: ARG001  admins only
    """Change settings of a watch in watchlist.toml, or pause it; comments and all else in the file stay."""
    _watch(context, body.wiki, body.title)
    change_watch(context.watchlist.path, body.wiki, body.title, body.settings(), body.version)
    context.services.reload_watchlist()
    return _watch(context, body.wiki, body.title)


def _watch(context: Context, wiki: str, title: str) -> Watch:
    watch = context.services.index.get(wiki, title)
    if watch is None:
        raise Missing(f"{title!r} on {wiki}: is not watched")
    return watch


@router.get("/status")
def status(context: Context) -> StatusResponse:
    """How each watch's checks go, and the outbox."""
    now = context.now()
    status = context.archive.metrics.status(now)
    reported: dict[str, Any] = status_json(
        watch_health(context.services, status, now), status, now, recent_failures(context.archive, now)
    )
    return StatusResponse(**reported)


@router.get("/mutes")
def mutes(context: Context) -> list[MuteResponse]:
    """What is muted, the oldest first."""
    return [MuteResponse.from_record(mute) for mute in context.archive.mutes.list_open()]


@router.post("/mutes", status_code=201)
def mute(body: MuteRequest, context: Context, reader: ReviewAccess) -> MuteResponse:  # noqa: ARG001  reviewers only
    """Keep findings back until a time or for good."""
    if body.title is not None and body.wiki is not None:
        _watch(context, body.wiki, body.title)
    known = [rule.__name__ for rule in RULES] + [kind.value for kind in Kind]
    if body.rule is not None and not matching(known, body.rule):
        raise InputError(f"rule {body.rule}: names no rule and no kind of change{did_you_mean(body.rule, known)}")
    if body.until is not None and body.until <= context.now():
        raise InputError("until: is over; give a moment to come")
    parts = body.model_dump()
    return MuteResponse.from_record(context.archive.mutes.begin(context.now(), **parts))


@router.delete("/mutes/{number}")
def unmute(number: Id, context: Context, reader: ReviewAccess) -> UnmuteResponse:  # noqa: ARG001  reviewers only
    """Lift a mute; what it kept back and still holds is queued as a summary."""
    mute = next((mute for mute in context.archive.mutes.list_open() if mute.id == number), None)
    if mute is None:
        raise Missing(f"mute {number}: there is none")
    with context.wiki_lock:
        return UnmuteResponse(summaries=end_mute(context.services, mute))
