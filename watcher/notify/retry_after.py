"""Capture the Retry-After header of receivers, which Apprise discards."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache
from typing import Any

from watcher.backoff import parse_http_date, parse_retry_after

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
            # A date goes by the receiver's own clock, which the same answer tells.
            now = parse_http_date(response.headers.get("Date"))
            asked = parse_retry_after(response.headers.get("Retry-After"), now)
            heard_now.extend([] if asked is None else [asked])
        return response

    requests.Session.send = audible  # type: ignore[method-assign,assignment] # the ear
