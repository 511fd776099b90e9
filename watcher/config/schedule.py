"""Compute when a destination gets an alert: now, with the next digest, or after its quiet hours.

A wall-clock time that a change of clocks skips counts as the moment that long after the change began;
one that comes twice counts where it comes first. So a digest goes out once on every one of its days.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

_DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_CLOCK = re.compile(r"([01][0-9]|2[0-3]):([0-5][0-9])")
_ZONE = re.compile(r"[A-Za-z][A-Za-z0-9_+-]*(?:/[A-Za-z0-9_+-]+)*")
_WEEK = 7


@dataclass(frozen=True, slots=True, kw_only=True)
class Digest:
    """Everything since the last one in one message: every day, or on one weekday (Monday is 0), at a local time."""

    at: time
    weekday: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class QuietHours:
    """Local hours in which nothing is sent; `end` before `start` goes over midnight."""

    start: time
    end: time

    def contains(self, clock: time) -> bool:
        """Whether a local time is in these hours; the end is not."""
        if self.start < self.end:
            return self.start <= clock < self.end
        return clock >= self.start or clock < self.end


def digest(value: object) -> Digest:
    """`"daily 08:00"` or `"weekly mon 08:00"`."""
    words = value.lower().split() if isinstance(value, str) else []
    match words:
        case ["daily", clock] if _CLOCK.fullmatch(clock):
            return Digest(at=time.fromisoformat(clock))
        case ["weekly", day, clock] if day[:3] in _DAYS and len(day) >= 3 and _CLOCK.fullmatch(clock):  # noqa: PLR2004  mon
            return Digest(at=time.fromisoformat(clock), weekday=_DAYS.index(day[:3]))
    raise ValueError('is no time for a digest; write "daily 08:00" or "weekly mon 08:00"')


def quiet(value: object) -> QuietHours:
    """`"22:00-07:00"`."""
    start, _, end = value.partition("-") if isinstance(value, str) else ("", "", "")
    start, end = start.strip(), end.strip()
    if not _CLOCK.fullmatch(start) or not _CLOCK.fullmatch(end):
        raise ValueError('is no stretch of hours; write for example "22:00-07:00"')
    if start == end:
        raise ValueError('begins when it ends; write for example "22:00-07:00"')
    return QuietHours(start=time.fromisoformat(start), end=time.fromisoformat(end))


def timezone(value: object) -> str:
    """Return a name of the time zone database."""
    if not isinstance(value, str) or not _ZONE.fullmatch(value):
        raise ValueError('is no time zone; write for example "Europe/Berlin"')
    try:
        return ZoneInfo(value).key
    except (KeyError, OSError, ValueError):
        raise ValueError('is no time zone that this machine knows; write for example "Europe/Berlin"') from None


def next_digest(digest: Digest, zone: str, now: datetime) -> datetime:
    """Return the first moment after `now` at which this digest is sent, in UTC."""
    today = now.astimezone(ZoneInfo(zone)).date()
    for days in range(_WEEK + 2):
        day = today + timedelta(days=days)
        if digest.weekday is not None and day.weekday() != digest.weekday:
            continue
        # fold=0 is the offset before a change of clocks: the first of two, and for a skipped time as
        # long after the change as the time lies behind it
        timestamp = datetime.combine(day, digest.at, tzinfo=ZoneInfo(zone)).astimezone(UTC)
        if timestamp > now:
            return timestamp
    raise AssertionError("a week has every weekday")


def after_quiet_hours(hours: QuietHours | None, zone: str, timestamp: datetime) -> datetime:
    """Return the same moment, or the end of the quiet hours that it falls into."""
    if hours is None or not hours.contains(timestamp.astimezone(ZoneInfo(zone)).time()):
        return timestamp
    return next_digest(Digest(at=hours.end), zone, timestamp)
