"""Derive the policy of a watch's judge, and route alerts to the destinations that accept them."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from fnmatch import fnmatchcase

from watcher.config.schedule import after_quiet_hours, next_digest
from watcher.config.settings import Destination, Watch
from watcher.model import Alert, Notice, Policy, Severity


def policy_of(watch: Watch) -> Policy:
    """Return the policy of this watch."""
    return Policy(pinned=watch.claims, threshold=watch.threshold)


def accepts(destination: Destination, watch: Watch, notice: Notice) -> bool:
    """Whether the destination is one for this watch and this notice."""
    return serves(destination, watch) and _of_interest(destination, notice)


def serves(destination: Destination, watch: Watch) -> bool:
    """Whether the destination is one for this watch."""
    return (
        destination.name in watch.destinations
        and (not destination.articles or watch.title in destination.articles)
        and (not destination.tags or bool(set(destination.tags) & set(watch.tags)))
    )


def filter_alert(destination: Destination, alert: Alert) -> Alert:
    """Return the alert with the notices that this destination asked for.

    All of them where none is left: the watchlist has changed since the alert was queued for this
    destination, and a message too many is better than a lost one.
    """
    chosen = tuple(notice for notice in alert.notices if _of_interest(destination, notice))
    return replace(alert, notices=chosen) if chosen else alert


def delivery_time(destination: Destination, alert: Alert, now: datetime) -> tuple[datetime, bool]:
    """When the destination is to get the alert at the earliest, and whether in a digest."""
    if is_urgent(destination, alert):
        return now, False
    if destination.digest is not None:
        return next_digest(destination.digest, destination.timezone, now), True
    return after_quiet_hours(destination.quiet, destination.timezone, now), False


def is_urgent(destination: Destination, alert: Alert) -> bool:
    """Whether something in the alert is so critical that it waits for no digest and no morning."""
    notices = filter_alert(destination, alert).notices
    return destination.critical_bypass and any(notice.severity is Severity.CRITICAL for notice in notices)


def _of_interest(destination: Destination, notice: Notice) -> bool:
    return notice.severity >= destination.threshold and (
        not destination.kinds or any(fnmatchcase(notice.kind.value, pattern) for pattern in destination.kinds)
    )
