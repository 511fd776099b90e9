"""Compute retry delays: bounded backoff with jitter that honours Retry-After (RFC 9110 §10.2.3)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Final

LONGEST_RETRY_AFTER: Final = 86_400.0
"""The most that a server's Retry-After counts for, in seconds: more would mean never, or overflow a timer."""
_LONGEST_HEADER: Final = 64  # characters; the longest HTTP date has 33


@dataclass(frozen=True, slots=True, kw_only=True)
class RetryPolicy:
    """How often to try and how long to wait, in seconds.

    A server that asks for more than `longest` is not waited for: the caller has better things to
    do and learns the time from the error.
    """

    attempts: int = 5
    first: float = 1.0
    longest: float = 60.0

    def wait(self, tries: int, retry_after: float | None, jitter: float) -> float | None:
        """Seconds to wait after `tries` failed tries, None to give up; `jitter` is in 0..1.

        What the server asked for is a lower bound; jitter keeps many watchers from coming back
        in step.
        """
        if tries >= self.attempts:
            return None
        if retry_after is not None:
            return None if retry_after > self.longest else retry_after + self.first * jitter
        return min(self.longest, self.first * 2.0 ** (tries - 1)) * (1 + jitter) / 2


def retry_after(value: str | None, now: datetime) -> float | None:
    """Seconds of a Retry-After header, given in seconds or as an HTTP date (RFC 9110, 10.2.3); a day at most.

    None where there is none or it cannot be read; a date in the past is 0.
    """
    text = (value or "").strip()
    if text.isascii() and text.isdecimal():
        # The first nine digits of a longer number are more than the most as well.
        return min(float(text.lstrip("0")[:9] or 0), LONGEST_RETRY_AFTER)
    try:
        at = parsedate_to_datetime(text[:_LONGEST_HEADER])
        at = at.replace(tzinfo=UTC) if at.tzinfo is None else at
        return min(max(0.0, (at - now).total_seconds()), LONGEST_RETRY_AFTER)
    except (TypeError, ValueError, IndexError, OverflowError):
        return None
