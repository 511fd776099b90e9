"""Judge refusals of receivers, and capture their Retry-After header, which Apprise discards."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache
from typing import Any, Final

from watcher.backoff import parse_http_date, parse_retry_after
from watcher.errors import DeliveryError

# Client errors that pass: too slow, too early, too many. Every other 4xx stays what it is.
_RETRYABLE_STATUS: Final = (408, 425, 429)
_BUSY_SECONDS: Final = 60.0

# Apprise sends from threads of its own, to which it copies the context: the list in it is shared.
_DELAYS: ContextVar[list[float] | None] = ContextVar("retry_after", default=None)


def refusal(service: str, code: int, retry_after: float | None) -> DeliveryError:
    """Build the error for an HTTP status that is no success; `retry_after` is in seconds, None if it was not sent."""
    if 400 <= code < 500 and code not in _RETRYABLE_STATUS:  # noqa: PLR2004  the class of client errors
        text = f"{service}: answered {code}; correct the destination, then `watcher deliver --retry-dead`"
        return DeliveryError(text, permanent=True)
    if retry_after is None and code in _RETRYABLE_STATUS:
        retry_after = _BUSY_SECONDS
    return DeliveryError(f"{service}: answered {code}", retry_after=retry_after)


@contextmanager
def capture_retry_after() -> Iterator[list[float]]:
    """Collect the seconds that receivers ask to wait, in the order of their answers, while the body runs."""
    _patch_requests()
    delays: list[float] = []
    before = _DELAYS.set(delays)
    try:
        yield delays
    finally:
        _DELAYS.reset(before)


@cache
def _patch_requests() -> None:
    """Wrap `requests.Session.send`, which every web service of Apprise uses; requests has no hook for all sessions."""
    import requests  # noqa: PLC0415  50 ms that only a delivery pays

    send = requests.Session.send

    def send_and_capture(session: Any, request: Any, **options: Any) -> Any:
        response = send(session, request, **options)
        delays = _DELAYS.get()
        if delays is not None:
            # A date goes by the receiver's own clock, which the same answer tells.
            now = parse_http_date(response.headers.get("Date"))
            asked = parse_retry_after(response.headers.get("Retry-After"), now)
            delays.extend([] if asked is None else [asked])
        return response

    requests.Session.send = send_and_capture  # type: ignore[method-assign,assignment] # see above
