"""Record when the work has stopped and when it goes on, so that operators are alerted once to each."""

from __future__ import annotations

import os
import socket
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Final

from snapshots.metrics import Labels, SharedCounter
from watcher.services.context import AppContext
from watcher.services.probes import CHECKS, DATABASE, DISK, PREFECT, WORKERS, Installation, Probe, stopped

# A restart of Prefect's server takes half a minute; it is no outage.
_ATTEMPTS: Final = 4
_PAUSE: Final = 10.0  # seconds
_JUMP: Final = timedelta(minutes=1)  # between two passes; a clock that is corrected little by little does less
_NEVER: Final = datetime.min.replace(tzinfo=UTC)
# What each process that sends messages asks, and what only the watchdog does: a worker's run needs Prefect itself.
LOCAL: Final = (DISK, CHECKS)
ALL: Final = (DATABASE, DISK, PREFECT, WORKERS, CHECKS)


def record_outages(
    services: AppContext, probes: tuple[Probe, ...] = LOCAL, environ: Mapping[str, str] = os.environ
) -> tuple[str, ...]:
    """Ask the probes, record of each that the work has stopped or goes on, and return what is wrong.

    Prefect's server is asked again for half a minute where it does not answer. Raises StoreError.
    """
    at = Installation(
        watchlist=services.watchlist,
        archive=services.archive,
        now=services.now,
        environ=environ,
        jumped_at=_notice_jump(services),
    )
    problems = []
    for probe in probes:
        if probe is CHECKS and _lasting(services, PREFECT.name, WORKERS.name):
            continue  # of which that is the cause, and which has an alert of its own
        for attempt in range(_ATTEMPTS if probe is PREFECT else 1):
            if attempt:
                services.sleep(_PAUSE)
            diagnoses = stopped(probe, at)
            if not diagnoses:
                break
        message = "; ".join(each.message for each in diagnoses)
        # A disk is one of this machine, and the others report theirs.
        service = f"disk of {socket.gethostname()}" if probe is DISK else probe.name
        _record(services, service, message, diagnoses[0].since if diagnoses else None)
        problems += [message] if message else []
    return tuple(problems)


def resumed_at(services: AppContext) -> datetime | None:
    """Return since when a single watch may be overdue.

    None while nothing is checked, for then no watch is late by itself; after an outage, or when the clock was set, its
    end, because the pages are checked one after the other.
    """
    outages = [each for each in services.archive.outages.list_all() if not each.service.startswith(DISK.name)]
    if any(outage.ended_at is None for outage in outages):
        return None  # which has an alert of its own
    return max(
        _last_jump(services.archive.metrics.counters()), *(outage.ended_at or _NEVER for outage in outages), _NEVER
    )


def _notice_jump(services: AppContext) -> datetime:
    """Return when the clock jumped last: a round that ended before that is not late by what the clock shows now.

    Each pass stores the clock beside the seconds since the machine was started, which nobody sets.
    """
    now, seconds, label = services.now(), services.uptime(), (("host", socket.gethostname()),)
    counters = services.archive.metrics.counters()
    before = next((each for each in counters if each.name == "uptime" and tuple(each.labels.items()) == label), None)
    passed = seconds - (before.amount if before else 0.0)
    amounts: dict[tuple[str, Labels], float] = {("uptime", label): passed}
    # Less than before: the machine was started anew.
    jumped = before and passed >= 0 and abs(now - before.at - timedelta(seconds=passed)) > _JUMP
    if jumped:
        amounts["clock_jumps", ()] = 1.0
    services.archive.metrics.add_counters(amounts, now)
    return now if jumped else _last_jump(counters)


def _last_jump(counters: Iterable[SharedCounter]) -> datetime:
    return next((each.at for each in counters if each.name == "clock_jumps"), _NEVER)


def _lasting(services: AppContext, *names: str) -> bool:
    return any(each.service in names and each.ended_at is None for each in services.archive.outages.list_all())


def _record(services: AppContext, service: str, problem: str, since: datetime | None) -> None:
    """Record the outage of a service or its end, where that is new."""
    known = _lasting(services, service)
    if problem and not known:
        services.archive.outages.begin(service, problem, since or services.now())
    elif known and not problem:
        services.archive.outages.end(service, services.now())
