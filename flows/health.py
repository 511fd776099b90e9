"""The watchlist and the memory → how each watch stands, and whether somebody should look."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final

from flows.overseeing import LATE
from flows.services import Services
from snapshots import Newcomer, Occurrence, Status, Watched
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
    """Combine the health of each watch with what is stored of its page, in the watchlist's order."""
    by_page = {(checks.article.wiki, checks.article.page_id): checks for checks in status.articles}
    return tuple(
        WatchHealth(watch=check.watch, seen=_checks(check, by_page), health=check.health_at(now))
        for check in last_checks(services)
    )


def _checks(check: LastCheck, by_page: Mapping[tuple[str, int], Watched]) -> Watched | None:
    if check.unreached is not None:
        return _stranger(check.unreached)
    return by_page.get((check.article.wiki, check.article.page_id)) if check.article else None


@dataclass(frozen=True, slots=True, kw_only=True)
class LastCheck:
    """When a watch was checked last, and how many checks in a row have failed; `article` is None before the first."""

    watch: Watch
    article: Article | None = None
    checked_at: datetime | None = None
    failures: int = 0
    unreached: Newcomer | None = None

    def health_at(self, now: datetime) -> Health:
        """Classify the watch: every command, page and metric takes its state from here."""
        return health_of(self.watch, self.checked_at, self.failures, now)


def last_checks(services: Services) -> Iterator[LastCheck]:
    """Yield the last check of each watch, in the watchlist's order, from a few statements for the whole list."""
    states = services.index.poll_states()
    unreached = {(new.wiki, new.title): new for new in services.archive.newcomers() if not new.arrived}
    for watch in services.watchlist.watches:
        key = watch.wiki, watch.title
        if state := states.get(key):
            yield LastCheck(watch=watch, article=state.article, checked_at=state.checked_at, failures=state.failures)
        elif new := unreached.get(key):
            yield LastCheck(watch=watch, checked_at=new.checked_at, failures=new.failures, unreached=new)
        else:
            yield LastCheck(watch=watch)


def _stranger(new: Newcomer) -> Watched:
    article = Article(wiki=new.wiki, page_id=0, title=new.title)
    return Watched(article=article, checked_at=new.checked_at, failures=new.failures, error=new.error, cursor=None)


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


def to_dict(
    found: Sequence[WatchHealth], status: Status, now: datetime, failed: Sequence[Occurrence] = ()
) -> dict[str, object]:
    """Write the JSON of `watcher status --format json`: times in ISO 8601 and UTC, lengths in seconds.

    `failed` are the comparisons that failed in the last days.
    """
    return {
        "shape": SHAPE,
        "at": now.isoformat(timespec="seconds"),
        "ok": is_well(found, status),
        "watches": [_watch(one, now) for one in found],
        "failed_comparisons": [_failure(occurrence) for occurrence in failed],
        "outbox": {
            "queued": status.queued,
            "due": status.due,
            "dead": status.dead,
            "oldest_queued_at": _moment(status.oldest_queued),
        },
    }


def _failure(failed: Occurrence) -> dict[str, object]:
    return {
        "wiki": failed.article.wiki,
        "page": failed.article.title,
        "at": _moment(failed.event.at),
        "revision": failed.event.revision_id,
        "detail": failed.event.detail,
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
