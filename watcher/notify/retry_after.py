"""Capture the Retry-After header of receivers, which Apprise discards."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from email.utils import parsedate_to_datetime
from functools import cache
from typing import Any

# Apprise sends from threads of its own, to which it copies the context: the list in it is shared.
_DELAYS: ContextVar[list[float] | None] = ContextVar("retry_after", default=None)


@contextmanager
def capture_retry_after() -> Iterator[list[float]]:
    """The seconds that receivers ask to be left alone, in the order of their answers during the body."""
    _patch_requests()
    audible: list[float] = []
    before = _DELAYS.set(audible)
    try:
        yield audible
    finally:
        _DELAYS.reset(before)


@cache
def _patch_requests() -> None:
    """Put an ear into requests, which every web service of Apprise uses; it has no hook for all sessions."""
    import requests  # noqa: PLC0415  50 ms that only a delivery pays

    send = requests.Session.send

    def audible(session: Any, request: Any, **options: Any) -> Any:
        response = send(session, request, **options)
        heard_now = _DELAYS.get()
        if heard_now is not None:
            asked = seconds(response.headers.get("Retry-After", ""), response.headers.get("Date", ""))
            heard_now.extend([] if asked is None else [asked])
        return response

    requests.Session.send = audible  # type: ignore[method-assign,assignment] # the ear


def seconds(retry_after: str, date: str) -> float | None:
    """What a Retry-After asks for: a number, or a time by the receiver's own clock; None for nonsense (RFC 9110).

    >>> seconds("120", "")
    120.0
    >>> seconds("Wed, 04 Mar 2026 05:07:00 GMT", "Wed, 04 Mar 2026 05:06:00 GMT")
    60.0
    """
    if retry_after.strip().isascii() and retry_after.strip().isdigit():
        return float(retry_after.strip()[:9])
    try:
        return max(0.0, (parsedate_to_datetime(retry_after) - parsedate_to_datetime(date)).total_seconds())
    except (ValueError, TypeError):
        return None
