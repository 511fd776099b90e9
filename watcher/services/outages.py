"""Detect that no checks are made at all: Prefect's server does not answer, or no round of checks ends."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Final

from snapshots import Archive
from watcher.services.context import AppContext
from watcher.services.logs import redact
from watcher.services.prefect_api import ask_prefect, server_url

PREFECT: Final = "prefect"
CHECKS: Final = "checks"
MISSED_INTERVALS_OVERDUE: Final = 3  # missed intervals after which a watch, or the whole schedule, is overdue
_SHORTEST: Final = timedelta(minutes=5)
_SERVER_ERRORS: Final = 500  # the least status of an error of the server's own
# A restart of Prefect's server takes half a minute; it is no outage.
_ATTEMPTS: Final = 4
_PAUSE: Final = 10.0  # seconds
_NEVER: Final = datetime.min.replace(tzinfo=UTC)


def prefect_problem(environ: Mapping[str, str]) -> str:
    """Ask the server of PREFECT_API_URL for its health, and say what is wrong; empty when it answers or none is named.

    Runs are neither scheduled nor started without it, and no flow could tell.
    """
    if not (url := server_url(environ)):
        return ""
    try:
        status, _ = ask_prefect(environ, "health")
        reason = f"status {status}" if status >= _SERVER_ERRORS else ""
    except (OSError, ValueError) as error:
        reason = str(getattr(error, "reason", "") or error) or type(error).__name__
    # Where it answers, it works, whatever it thinks of the request.
    return redact(f"Prefect's server at {url} does not answer ({reason}): no checks are started") if reason else ""


def record_prefect_outage(services: AppContext, environ: Mapping[str, str]) -> str:
    """Ask Prefect's server, again for half a minute where it does not answer, and record the outage or its end.

    Returns what is wrong.
    """
    for attempt in range(_ATTEMPTS):
        if attempt:
            services.sleep(_PAUSE)
        problem = prefect_problem(environ)
        if not problem:
            break
    _record(services, PREFECT, problem)
    return problem


def record_stopped_checks(services: AppContext, every: timedelta) -> datetime | None:
    """Record that no round of checks ended for three times the shortest interval, `every`, or that one has again.

    Intervals below five minutes count as five: the start of an installation takes some.

    Returns since when a single watch may be overdue: None while nothing is checked, for then no watch is late by
    itself; after an outage its end, because the pages are checked one after the other.
    """
    if any(outage.ended_at is None for outage in services.archive.outages.list_all() if outage.service == PREFECT):
        return None  # which has an alert of its own
    last = last_rounds(services.archive).get("check")
    late = services.now() - last if last else timedelta()
    problem = ""
    if late > MISSED_INTERVALS_OVERDUE * max(every, _SHORTEST):
        problem = f"the last round ended {last:%Y-%m-%d %H:%M} UTC: is the schedule, or are the workers, running?"
    _record(services, CHECKS, problem)
    if late > MISSED_INTERVALS_OVERDUE * every:
        return None
    return max((outage.ended_at or _NEVER for outage in services.archive.outages.list_all()), default=_NEVER)


def last_rounds(archive: Archive) -> dict[str, datetime]:
    """Return when the last round of each kind of work ended, in whichever process; raises StoreError.

    A dispatch is a round of checks: a page that has not changed needs nothing more.
    """
    result: dict[str, datetime] = {}
    for counter in archive.metrics.counters():
        if counter.name == "runs":
            kind = counter.labels.get("kind", "")
            kind = "check" if kind == "dispatch" else kind
            result[kind] = max(counter.at, result.get(kind, counter.at))
    return result


def _record(services: AppContext, service: str, problem: str) -> None:
    """Record the outage of a service or its end, where that is new."""
    known = any(outage.service == service and outage.ended_at is None for outage in services.archive.outages.list_all())
    if problem and not known:
        services.archive.outages.begin(service, problem, services.now())
    elif known and not problem:
        services.archive.outages.end(service, services.now())
