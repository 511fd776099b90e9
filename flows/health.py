"""The watchlist and the memory → how each watch stands, and whether somebody should look."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final

from flows.overseeing import LATE
from flows.services import Services
from snapshots import Newcomer, Status, Watched
from watcher.config import Watch
from watcher.model import Article

SHAPE: Final = 1  # of the JSON; a new number means that a key has gone or changed its meaning


class Health(StrEnum):
    """How the checks of a watch go."""

    WELL = "well"
    NEW = "new"
    FAILING = "failing"
    OVERDUE = "overdue"
    PAUSED = "paused"


@dataclass(frozen=True, slots=True, kw_only=True)
class WatchHealth:
    """A watch, what is known of its page (None: never checked), and how that is to be taken."""

    watch: Watch
    seen: Watched | None
    health: Health

    @property
    def troubled(self) -> bool:
        """Whether somebody should look."""
        return self.health in (Health.FAILING, Health.OVERDUE)


def watch_health(services: Services, status: Status, now: datetime) -> tuple[WatchHealth, ...]:
    """How each watch of the list stands, in the list's order; a page that moved is found under its new title."""
    seen = {(one.article.wiki, one.article.title): one for one in status.articles}
    strangers = {(new.wiki, new.title): _stranger(new) for new in services.archive.newcomers() if not new.arrived}
    found = []
    for watch in services.watchlist.watches:
        one = seen.get((watch.wiki, watch.title))
        if one is None and (article := services.archive.known_as(watch.wiki, watch.title)):
            one = seen.get((article.wiki, article.title))
        one = one or strangers.get((watch.wiki, watch.title))
        found.append(WatchHealth(watch=watch, seen=one, health=_health(watch, one, now)))
    return tuple(found)


def _stranger(new: Newcomer) -> Watched:
    article = Article(wiki=new.wiki, page_id=0, title=new.title)
    return Watched(article=article, checked_at=new.checked_at, failures=new.failures, error=new.error, cursor=None)


def _health(watch: Watch, seen: Watched | None, now: datetime) -> Health:
    return health_of(watch, None, 0, now) if seen is None else health_of(watch, seen.checked_at, seen.failures, now)


def health_of(watch: Watch, checked_at: datetime | None, failures: int, now: datetime) -> Health:
    """Failing when the last check failed, overdue when none was made for three of the watch's intervals.

    A watch that is paused is neither.
    """
    if watch.paused:
        return Health.PAUSED
    if checked_at is None:
        return Health.NEW
    if failures:
        return Health.FAILING
    return Health.OVERDUE if now - checked_at > LATE * watch.every else Health.WELL


def is_well(found: Iterable[WatchHealth], status: Status) -> bool:
    """Whether nothing is overdue, failing, late or given up."""
    return not (any(one.troubled for one in found) or status.dead or status.due)


def to_dict(found: Sequence[WatchHealth], status: Status, now: datetime) -> dict[str, object]:
    """The JSON of `watcher status --format json`: times in ISO 8601 and UTC, lengths in seconds."""
    return {
        "shape": SHAPE,
        "at": now.isoformat(timespec="seconds"),
        "ok": is_well(found, status),
        "watches": [_watch(one, now) for one in found],
        "outbox": {
            "queued": status.queued,
            "due": status.due,
            "dead": status.dead,
            "oldest_queued_at": _moment(status.oldest_queued),
        },
    }


def _watch(one: WatchHealth, now: datetime) -> dict[str, object]:
    seen = one.seen
    checked_at = seen.checked_at if seen else None
    return {
        "wiki": one.watch.wiki,
        "title": one.watch.title,
        "page": seen.article.title if seen else None,
        "state": one.health.value,
        "checked_at": _moment(checked_at),
        "age": None if checked_at is None else round((now - checked_at).total_seconds()),
        "every": round(one.watch.every.total_seconds()),
        "failures": seen.failures if seen else 0,
        "error": seen.error if seen else None,
        "revision": seen.cursor.id if seen and seen.cursor else None,
    }


def _moment(at: datetime | None) -> str | None:
    return None if at is None else at.isoformat(timespec="seconds")
