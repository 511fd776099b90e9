"""Compute how long to wait before the next try: exponential backoff with jitter, and Retry-After (RFC 9110 §10.2.3)."""

from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Final

LONGEST_RETRY_AFTER: Final = 86_400.0
"""The most that a server's Retry-After counts for, in seconds: more would mean never, or overflow a timer."""
_LONGEST_HEADER: Final = 64  # characters; the longest HTTP date has 33
_MOST_STEPS: Final = 64  # a float overflows after 1,024 doublings, which a stream that stays broken reaches in a day


@dataclass(frozen=True, slots=True, kw_only=True)
class Backoff:
    """Waits in seconds that grow by `factor` with each try, from `first` to `longest`."""

    first: float = 1.0
    longest: float = 60.0
    factor: float = 2.0

    def ceiling(self, tries: int) -> float:
        """Return the longest wait after `tries` failed tries."""
        return min(self.longest, self.first * self.factor ** min(tries - 1, _MOST_STEPS))

    def delay(self, tries: int, jitter: float, asked: float | None = None) -> float:
        """Return the wait after `tries` failed tries: half of the ceiling at least, the rest by `jitter` in 0..1.

        Jitter keeps many clients from coming back at the same time. What the other side `asked` for is a lower bound.
        """
        return max(self.ceiling(tries) * (1 + jitter) / 2, min(asked or 0.0, LONGEST_RETRY_AFTER))


def parse_retry_after(value: str | None, now: datetime | None) -> float | None:
    """Read the seconds of a Retry-After header, given in seconds or as an HTTP date; a day at most.

    None where there is none or it cannot be read; a date in the past is 0. `now` is the time by the clock that the date
    goes by, None where that is not known.
    """
    text = (value or "").strip()
    if text.isascii() and text.isdecimal():
        # The first nine digits of a longer number are more than the most as well.
        return min(float(text.lstrip("0")[:9] or 0), LONGEST_RETRY_AFTER)
    at = parse_http_date(text)
    if at is None or now is None:
        return None
    return min(max(0.0, (at - now).total_seconds()), LONGEST_RETRY_AFTER)


def parse_http_date(value: str | None) -> datetime | None:
    """Read a date as HTTP headers have it (RFC 9110 §5.6.7); None where it is none."""
    try:
        at = parsedate_to_datetime((value or "")[:_LONGEST_HEADER])
    except (TypeError, ValueError, IndexError, OverflowError):
        return None
    return at.replace(tzinfo=UTC) if at.tzinfo is None else at
