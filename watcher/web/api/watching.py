"""The watchlist and the mutes as JSON: what is watched and how it goes, one more watch, other settings, a mute."""

from __future__ import annotations

from fnmatch import filter as matching
from typing import Any

from fastapi import APIRouter, Depends

from flows.adding import locate, put
from flows.editing import change_watch, version_of
from flows.failing import recent_failures
from flows.health import to_dict, watch_health
from flows.muting import end_mute
from watcher.config import Watch, closest
from watcher.errors import InputError, Missing
from watcher.judge import RULES
from watcher.model import Kind
from watcher.web.api.findings import Id
from watcher.web.api.values import LiftedOut, MuteOut, Shape
from watcher.web.api.wishes import AddWish, ArticleWish, MuteWish, WatchWish
from watcher.web.dependencies import Admin, Here, Reviewer, needs
from watcher.web.readers import Scope

router = APIRouter(tags=["watching"], dependencies=[Depends(needs(Scope.READ))])


class WatchOut(Shape):
    """A watch with its settings, lengths in seconds."""

    wiki: str
    title: str
    threshold: str
    settle: int
    every: int
    claims: list[str]
    destinations: list[str]
    tags: list[str]
    critical_bypass: bool
    paused: bool

    @classmethod
    def of(cls, one: Watch) -> WatchOut:
        """The shape of a watch."""
        return cls(
            wiki=one.wiki,
            title=one.title,
            threshold=one.threshold.label,
            settle=int(one.settle.total_seconds()),
            every=int(one.every.total_seconds()),
            claims=list(one.claims),
            destinations=list(one.destinations),
            tags=list(one.tags),
            critical_bypass=one.critical_bypass,
            paused=one.paused,
        )


class WatchesOut(Shape):
    """What is watched; `version` is of the file, null where there is none; `mistake` is why it was not taken over."""

    watches: list[WatchOut]
    version: str | None
    mistake: str | None


class LocatedOut(Shape):
    """The page that a wiki has under an address or title."""

    wiki: str
    title: str
    page_id: int
    revision: int
    watched: bool


class ChecksOut(Shape):
    """How the watches and the outbox stand, as `watcher status --format json` has it."""

    shape: int
    at: str
    ok: bool
    watches: list[dict[str, Any]]
    failed_comparisons: list[dict[str, Any]]
    outbox: dict[str, Any]


@router.get("/watches")
def watches(here: Here) -> WatchesOut:
    """All watches with their settings."""
    path = here.watchlist.path
    return WatchesOut(
        watches=[WatchOut.of(one) for one in here.watchlist.watches],
        version=version_of(path) if path.is_file() else None,
        mistake=here.services.mistake,
    )


@router.post("/watches/check")
def check(wish: ArticleWish, here: Here, reader: Admin) -> LocatedOut:  # noqa: ARG001  only admins make us ask a wiki
    """Look whether a wiki of the watchlist has such a page; no other host is ever asked, and nothing is changed."""
    with here.asking:
        found = locate(here.services, wish.article, wish.wiki)
    watched = found.watched is not None
    return LocatedOut(
        wiki=found.wiki, title=found.title, page_id=found.page_id, revision=found.revision, watched=watched
    )


@router.post("/watches", status_code=201)
def add(wish: AddWish, here: Here, reader: Admin) -> WatchOut:  # noqa: ARG001  admins only
    """Watch one more article, after looking that its wiki has it."""
    with here.asking:
        found = locate(here.services, wish.article, wish.wiki)
    put(here.services, found, wish.version)
    here.services.refresh()
    return _watch(here, found.wiki, found.title)


@router.patch("/watches")
def change(wish: WatchWish, here: Here, reader: Admin) -> WatchOut:  # noqa: ARG001  admins only
    """Change settings of a watch in watchlist.toml, or pause it; comments and all else in the file stay."""
    _watch(here, wish.wiki, wish.title)
    change_watch(here.watchlist.path, wish.wiki, wish.title, wish.settings(), wish.version)
    here.services.refresh()
    return _watch(here, wish.wiki, wish.title)


def _watch(here: Here, wiki: str, title: str) -> WatchOut:
    found = here.services.index.get(wiki, title)
    if found is None:
        raise Missing(f"{title!r} on {wiki}: is not watched")
    return WatchOut.of(found)


@router.get("/status")
def status(here: Here) -> ChecksOut:
    """How each watch's checks go, and the outbox."""
    now = here.now()
    found = here.archive.status(now)
    told: dict[str, Any] = to_dict(
        watch_health(here.services, found, now), found, now, recent_failures(here.archive, now)
    )
    return ChecksOut(**told)


@router.get("/mutes")
def mutes(here: Here) -> list[MuteOut]:
    """What is muted, the oldest first."""
    return [MuteOut.of(one) for one in here.archive.mutes()]


@router.post("/mutes", status_code=201)
def mute(wish: MuteWish, here: Here, reader: Reviewer) -> MuteOut:  # noqa: ARG001  reviewers only
    """Keep findings back until a time or for good."""
    if wish.title is not None and wish.wiki is not None:
        _watch(here, wish.wiki, wish.title)
    known = [rule.__name__ for rule in RULES] + [kind.value for kind in Kind]
    if wish.rule is not None and not matching(known, wish.rule):
        raise InputError(f"rule {wish.rule}: names no rule and no kind of change{closest(wish.rule, known)}")
    if wish.until is not None and wish.until <= here.now():
        raise InputError("until: is over; give a moment to come")
    parts = wish.model_dump()
    return MuteOut.of(here.archive.mute(here.now(), **parts))


@router.delete("/mutes/{number}")
def unmute(number: Id, here: Here, reader: Reviewer) -> LiftedOut:  # noqa: ARG001  reviewers only
    """Lift a mute; what it kept back and still holds is queued as a summary."""
    found = next((one for one in here.archive.mutes() if one.id == number), None)
    if found is None:
        raise Missing(f"mute {number}: there is none")
    with here.asking:
        return LiftedOut(summaries=end_mute(here.services, found))
