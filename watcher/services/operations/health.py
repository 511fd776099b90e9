"""Compute the health of every watch from the watchlist and the database, and request that of Prefect's server.

The request is plain HTTP, since importing Prefect's client takes longer than most commands run.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote

from snapshots import Archive, OutboxStatus, PageEvent, PollState
from snapshots.members import SourceHealth
from snapshots.tables import MemberSource
from watcher.config import Watch
from watcher.errors import Unavailable
from watcher.model import Article
from watcher.services.checks.outcome import FAILED_COMPARISON
from watcher.services.context import WatchIndex
from watcher.services.operations.logs import redact

if TYPE_CHECKING:
    import httpx

SHAPE: Final = 1  # version of the JSON, raised when a key is removed or its meaning changes
MISSED_INTERVALS_OVERDUE: Final = 3  # missed intervals after which a watch or the whole schedule is overdue
MAX_OFFSET: Final = timedelta(seconds=30)  # between a machine and the database, whose clock orders all work
_RECENT: Final = timedelta(days=7)


class Health(StrEnum):
    """The state of a watch."""

    OK = "ok"
    NEW = "new"
    FAILING = "failing"
    OVERDUE = "overdue"
    PAUSED = "paused"


@dataclass(frozen=True, slots=True, kw_only=True)
class WatchHealth:
    """A watch with its health and the stored state of its page (None if it was never checked)."""

    watch: Watch
    check_state: PollState | None
    health: Health

    @property
    def needs_attention(self) -> bool:
        """Whether somebody should look at it."""
        return self.health in (Health.FAILING, Health.OVERDUE)


@dataclass(frozen=True, slots=True, kw_only=True)
class ListHealth:
    """A list in the watchlist, its last refresh (`source`, None if there was none), and the health of its members."""

    watch: Watch
    source: MemberSource | None
    members: SourceHealth
    paused: bool

    @property
    def needs_attention(self) -> bool:
        """Whether somebody should look at it."""
        failing = self.members.failing or self.members.overdue or (self.source and self.source.error)
        return bool(failing) and not self.paused


_MAX_TROUBLED: Final = 10


def count_watches(index: WatchIndex, now: datetime) -> tuple[dict[Health, int], datetime | None]:
    """Count all watched pages by health, each once; also return the oldest last check of an active page, or None."""
    counts, watches = dict.fromkeys(Health, 0), watch_health(index, now)
    states: dict[str, dict[int, PollState]] = {}
    for each in watches:
        counts[each.health] += 1
        if each.check_state:
            states.setdefault(each.watch.wiki, {})[each.check_state.article.page_id] = each.check_state
    lists = [listed for listed in list_health(index, now, once=True) if not listed.paused]
    for listed in lists:
        pages = listed.members
        named = {Health.NEW: pages.unchecked, Health.FAILING: pages.failing, Health.OVERDUE: pages.overdue}
        for health, count in (named | {Health.OK: pages.members - sum(named.values())}).items():
            counts[health] += count
    for wiki, known in states.items() if lists else ():
        titles = {state.article.title: state for state in known.values()}
        for title, watch in index.members(wiki, page_ids=known).items():
            if title in titles and watch.is_active(now):  # counted twice: by its own watch and as a member
                counts[classify(watch, titles[title], now)] -= 1
    times = [each.check_state.checked_at for each in watches if each.check_state and each.health is not Health.PAUSED]
    times += [listed.members.oldest_check for listed in lists]
    return counts, min((at for at in times if at is not None), default=None)


def list_health(index: WatchIndex, now: datetime, *, once: bool = False) -> tuple[ListHealth, ...]:
    """Return the health of each list, in the watchlist's order, with two statements for each regardless of its size.

    With `once`, a page that is in several lists is counted only for the first active one.
    """
    members, sources = index.archive.members, index.watchlist.sources
    stored = {(source.wiki, source.key): source for source in members.sources()} if sources else {}
    unread = SourceHealth(members=0, unchecked=0, failing=0, overdue=0)
    lists, counted = list[ListHealth](), list[int]()
    for watch in sources:
        source, late = stored.get((watch.wiki, watch.source)), now - MISSED_INTERVALS_OVERDUE * watch.every
        pages = members.health(source, late, _MAX_TROUBLED, besides=counted) if source else unread
        lists.append(ListHealth(watch=watch, source=source, members=pages, paused=not watch.is_active(now)))
        if once and source and not lists[-1].paused:
            counted.append(source.id)
    return tuple(lists)


def watch_health(index: WatchIndex, now: datetime) -> tuple[WatchHealth, ...]:
    """Return the health of each watch with the stored state of its page, in the watchlist's order.

    One statement reads them all. A watch whose page was never reached has the failures that were recorded for it.
    """
    states = index.poll_states()
    for new in index.archive.unreached_watches.list_all():
        if not new.reached_at:
            article = Article(wiki=new.wiki, page_id=0, title=new.title)
            state = PollState(article, new.checked_at, new.failures, new.error, None)
            states.setdefault((new.wiki, new.title), state)
    return tuple(
        WatchHealth(watch=watch, check_state=state, health=classify(watch, state, now))
        for watch in index.watchlist.watches
        for state in (states.get((watch.wiki, watch.title)),)
    )


def classify(watch: Watch, state: PollState | None, now: datetime) -> Health:
    """Classify a watch; all commands, pages and metrics use this.

    It is failing if its last check failed, and overdue if it was not checked for three of its intervals. A paused or
    expired watch is neither.
    """
    if not watch.is_active(now):  # no checks are expected, and old failures no longer matter
        return Health.PAUSED
    if state is None or state.checked_at is None:
        return Health.NEW
    if state.failures:
        return Health.FAILING
    late = now - state.checked_at > MISSED_INTERVALS_OVERDUE * watch.every
    return Health.OVERDUE if late else Health.OK


def is_ok(watches: Iterable[WatchHealth], status: OutboxStatus, lists: Iterable[ListHealth] = ()) -> bool:
    """Return whether no watch or list is overdue or failing, and no delivery is late or given up."""
    troubled = any(health.needs_attention for health in watches) or any(health.needs_attention for health in lists)
    return not (troubled or status.dead or status.due)


def status_json(
    watches: Sequence[WatchHealth],
    status: OutboxStatus,
    now: datetime,
    failed: Sequence[tuple[Article, PageEvent]] = (),
    lists: Sequence[ListHealth] = (),
) -> dict[str, object]:
    """Build the JSON of `watcher status --format json`: times in ISO 8601 and UTC, durations in seconds.

    `failed` are the recent comparisons that failed.
    """
    return {
        "shape": SHAPE,
        "at": now.isoformat(timespec="seconds"),
        "ok": is_ok(watches, status, lists),
        "watches": [
            {
                "wiki": health.watch.wiki,
                "title": health.watch.title,
                "page": seen.article.title if seen else None,
                "state": health.health.value,
                "checked_at": _timestamp(checked_at),
                "age": None if checked_at is None else round((now - checked_at).total_seconds()),
                "every": round(health.watch.every.total_seconds()),
                "failures": seen.failures if seen else 0,
                "error": seen.error if seen else None,
                "revision": seen.cursor if seen else None,
            }
            for health in watches
            for seen in (health.check_state,)
            for checked_at in (seen.checked_at if seen else None,)
        ],
        "lists": [
            {
                "wiki": listed.watch.wiki,
                "list": listed.watch.source,
                "paused": listed.paused,
                "members": listed.members.members,
                "unchecked": listed.members.unchecked,
                "failing": listed.members.failing,
                "overdue": listed.members.overdue,
                "troubled": [{"title": page.article.title, "error": page.error} for page in listed.members.troubled],
                "refreshed_at": _timestamp(listed.source.refreshed_at if listed.source else None),
                "error": listed.source.error if listed.source else None,
            }
            for listed in lists
        ],
        "failed_comparisons": [
            {
                "wiki": article.wiki,
                "page": article.title,
                "at": _timestamp(event.at),
                "revision": event.revision_id,
                "detail": event.detail,
            }
            for article, event in failed
        ],
        "outbox": {
            "queued": status.queued,
            "due": status.due,
            "dead": status.dead,
            "oldest_queued_at": _timestamp(status.oldest_queued),
        },
    }


def _timestamp(at: datetime | None) -> str | None:
    return None if at is None else at.isoformat(timespec="seconds")


def last_rounds(archive: Archive, now: datetime) -> dict[str, datetime]:
    """Return when the last round of each kind of work ended, in any process. Raises StoreError.

    A dispatch counts as a round of checks, because pages that have not changed need no further check. Times in the
    future are left out: they come from a clock that was ahead.
    """
    result: dict[str, datetime] = {}
    for counter in archive.metrics.counters():
        if counter.name == "runs" and counter.at <= now + MAX_OFFSET:
            kind = counter.labels.get("kind", "")
            kind = "check" if kind == "dispatch" else kind
            result[kind] = max(counter.at, result.get(kind, counter.at))
    return result


def recent_failures(archive: Archive, now: datetime) -> tuple[tuple[Article, PageEvent], ...]:
    """Return the comparisons that failed in the last seven days, newest first: their findings are missing."""
    return archive.events.since(FAILED_COMPARISON, now - _RECENT)


_TIMEOUT: Final = 5.0  # seconds
_FORGOTTEN_AFTER: Final = timedelta(days=7)  # Prefect lists workers forever; after this, one was taken out of service
# The name that Prefect makes for a worker without one, as in containers: a restarted worker gets another name.
_GENERATED_NAME: Final = re.compile(r"\w+ [0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_GENERATED_FORGOTTEN_AFTER: Final = timedelta(hours=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class PrefectWorker:
    """A worker with the time of its last heartbeat; our systemd units name it after the machine."""

    name: str
    at: datetime
    online: bool

    @property
    def message(self) -> str:
        """The problem as a sentence: which worker has been silent, and since when."""
        return f"the worker {self.name} has sent no heartbeat since {self.at:%Y-%m-%d %H:%M} UTC"

    def is_missed(self, now: datetime) -> bool:
        """Return whether it is silent but still expected; names made by Prefect expire early, after restarts."""
        forgotten_after = _GENERATED_FORGOTTEN_AFTER if _GENERATED_NAME.fullmatch(self.name) else _FORGOTTEN_AFTER
        return not self.online and now - self.at < forgotten_after


def server_url(environ: Mapping[str, str]) -> str:
    """Return the URL of Prefect's server, "" if PREFECT_API_URL is not set."""
    return environ.get("PREFECT_API_URL", "").rstrip("/")


def _ask_prefect(environ: Mapping[str, str], path: str, content: Any = None) -> httpx.Response:
    """Send a request to the server at PREFECT_API_URL, with `content` as JSON. Raises HTTPError without an answer.

    Redirects are not followed: the password would be sent to their targets.
    """
    import httpx  # imported here because few commands need it

    user, _, password = environ.get("PREFECT_API_AUTH_STRING", "").partition(":")
    auth, method = (user, password) if user else None, "GET" if content is None else "POST"
    try:
        return httpx.request(method, f"{server_url(environ)}/{path}", json=content, auth=auth, timeout=_TIMEOUT)
    except (httpx.InvalidURL, ValueError) as error:
        raise httpx.HTTPError(str(error)) from error


def prefect_problem(environ: Mapping[str, str]) -> str:
    """Request the health of the server at PREFECT_API_URL; return the problem, "" if it answers or none is set.

    Without the server, runs are neither scheduled nor started, so no flow could report it.
    """
    if not (url := server_url(environ)):
        return ""
    from httpx import HTTPError

    try:
        answer = _ask_prefect(environ, "health")
        reason = f"status {answer.status_code}" if answer.is_server_error else ""
    except HTTPError as error:
        reason = str(error) or type(error).__name__
    # Any answer but a server error shows that it works, even if it rejects the request.
    return redact(f"Prefect's server at {url} does not answer ({reason}): no checks are started") if reason else ""


def prefect_workers(environ: Mapping[str, str]) -> tuple[PrefectWorker, ...]:
    """Request the workers from the server at PREFECT_API_URL; return () if it is not set.

    A worker that missed three heartbeats is not online. Raises Unavailable if the server does not list its workers.
    """
    if not server_url(environ):
        return ()
    from httpx import HTTPError

    try:
        pools = [quote(pool["name"], safe="") for pool in _listed(environ, "work_pools/filter")]
        return tuple(
            PrefectWorker(
                name=worker["name"],
                at=datetime.fromisoformat(worker["last_heartbeat_time"]),
                online=worker["status"] != "OFFLINE",
            )
            for pool in pools
            for worker in _listed(environ, f"work_pools/{pool}/workers/filter")
        )
    except (HTTPError, ValueError, TypeError, KeyError) as error:
        # The error's own text may contain the URL with a password.
        raise Unavailable(f"Prefect's server does not list its workers ({type(error).__name__})") from error


def _listed(environ: Mapping[str, str], path: str) -> Any:
    answer = _ask_prefect(environ, path, {})
    if not answer.is_success:
        raise Unavailable(f"Prefect's server does not list its workers (status {answer.status_code})")
    return answer.json()
