"""Compute the wait before a retry: exponential backoff with jitter, and Retry-After (RFC 9110 §10.2.3)."""

from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Final

MAX_RETRY_AFTER: Final = 86_400.0
"""The limit of a server's Retry-After, in seconds: a longer one would mean never, or overflow a timer."""
_MAX_HEADER_LENGTH: Final = 64  # characters; the longest HTTP date has 33
_MAX_STEPS: Final = 64  # a float overflows after 1,024 doublings, which a stream that stays broken reaches in a day


@dataclass(frozen=True, slots=True, kw_only=True)
class Backoff:
    """Waits in seconds that grow by `factor` with each try, from `first` to `longest`."""

    first: float = 1.0
    longest: float = 60.0
    factor: float = 2.0

    def ceiling(self, tries: int) -> float:
        """Return the longest wait after `tries` failed tries."""
        return min(self.longest, self.first * self.factor ** min(tries - 1, _MAX_STEPS))

    def delay(self, tries: int, jitter: float, retry_after: float | None = None) -> float:
        """Return the wait after `tries` failed tries: at least half of the ceiling, plus a part by `jitter` in 0..1.

        Jitter keeps many clients from retrying at the same time. The wait is no shorter than `retry_after`.
        """
        return max(self.ceiling(tries) * (1 + jitter) / 2, min(retry_after or 0.0, MAX_RETRY_AFTER))


def parse_retry_after(value: str | None, now: datetime | None) -> float | None:
    """Return the wait that a Retry-After header asks for, in seconds or as an HTTP date; at most a day.

    Return None if there is no header or it cannot be parsed, and 0 for a date in the past. `now` is the time by the
    server's clock, None if unknown.
    """
    text = (value or "").strip()
    if text.isascii() and text.isdecimal():
        # The first nine digits of a longer number already exceed the limit.
        return min(float(text.lstrip("0")[:9] or 0), MAX_RETRY_AFTER)
    at = parse_http_date(text)
    if at is None or now is None:
        return None
    return min(max(0.0, (at - now).total_seconds()), MAX_RETRY_AFTER)


def parse_http_date(value: str | None) -> datetime | None:
    """Parse the date of an HTTP header (RFC 9110 §5.6.7); return None if it is not a date."""
    try:
        at = parsedate_to_datetime((value or "")[:_MAX_HEADER_LENGTH])
    except (TypeError, ValueError, IndexError, OverflowError):
        return None
    return at.replace(tzinfo=UTC) if at.tzinfo is None else at
