"""Read server-sent events of recent changes as they happen."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from datetime import datetime
from typing import Final

import httpx
from httpx_sse import EventSource, SSEError

from watcher.backoff import parse_retry_after
from watcher.errors import Unavailable
from watcher.fetch.allowlist import require_allowed
from watcher.fetch.recent_changes import ChangeEvent, parse_event
from watcher.fetch.transport import agent
from watcher.fetch.wire import NoCookies, Wire
from watcher.text import error_line
from watcher.urls import is_loopback

# An event of Wikimedia's stream has some 2 KB; one without an end must not fill the memory.
LARGEST_EVENT: Final = 1 << 20
_OK: Final = 200
_LONGEST_ID: Final = 8_192
_HIGHEST_RETRY: Final = 3_600_000  # ms


class EventStream:
    """One stream of recent changes, such as https://stream.wikimedia.org/v2/stream/recentchange.

    `read_timeout` is how many seconds may pass without a whole line before the connection counts as broken. After a
    break `events` goes on behind `last_id`, as far back as the server can; what is older is lost. `ignored`
    counts the events that are about no page or cannot be read.
    """

    def __init__(
        self,
        url: str,
        *,
        contact: str,
        allowed_hosts: Collection[str],
        now: Callable[[], datetime],
        read_timeout: float = 60.0,
        transport: httpx.BaseTransport | None = None,
    ) -> None:
        """Raise Refused for an address that is not on the allow-list."""
        self._url = require_allowed(url, allowed_hosts)
        self._now = now
        self._http = httpx.Client(
            headers=[
                (b"User-Agent", agent(contact)),
                (b"Accept", b"text/event-stream"),
                (b"Cache-Control", b"no-store"),
                (b"Accept-Encoding", b"identity"),
            ],
            timeout=httpx.Timeout(15.0, read=read_timeout),
            transport=transport,
            follow_redirects=False,
            cookies=NoCookies(),
            trust_env=not is_loopback(self._url.host),
        )
        self._read_timeout = read_timeout
        self._wire = Wire(most_bytes=2 * LARGEST_EVENT)
        self._wire.guard(self._http)
        self.last_id = ""
        self.retry: float | None = None
        self.ignored = 0

    def close(self) -> None:
        """Close the connection; a reader gets Unavailable."""
        self._wire.cut()
        self._http.close()

    def events(self, opened: Callable[[], None] = lambda: None) -> Iterator[ChangeEvent]:
        """Yield the changes from now on, or since `last_id`, until the server ends the stream.

        `opened` is called when the server has accepted. Raises Unavailable when the connection fails or breaks.
        """
        where = f"the stream at {self._url.host}"
        headers = {"Last-Event-ID": self.last_id} if self.last_id else {}
        try:
            with (
                self._wire.exchange(self._read_timeout),
                self._http.stream("GET", self._url, headers=headers) as response,
            ):
                if response.status_code != _OK:
                    later = parse_retry_after(response.headers.get("retry-after"), self._now())
                    raise Unavailable(
                        f"{where} answers HTTP {response.status_code}; it is tried again", retry_after=later
                    )
                if response.headers.get("content-encoding", "identity").strip().lower() not in ("", "identity"):
                    raise Unavailable(f"{where} is compressed, which was not asked for; it is tried again")
                response.stream = _Bounded(response.stream, where, self._wire)
                # The standard's only encoding; a header may name any of Python's codecs, some of them slow ones.
                response.encoding = "utf-8"
                opened()
                yield from self._read(response)
        except (httpx.HTTPError, httpx.StreamError, SSEError, RuntimeError) as error:
            # RuntimeError is what httpx says of a client that was closed meanwhile.
            text = error_line(str(error)) or type(error).__name__
            raise Unavailable(f"{where} broke off ({text}); it is tried again") from error

    def _read(self, response: httpx.Response) -> Iterator[ChangeEvent]:
        for event in EventSource(response).iter_sse():
            if event.retry is not None:
                self.retry = min(max(event.retry, 0), _HIGHEST_RETRY) / 1000
            if event.data:
                result = parse_event(event.data, event.id)
                if result is None:
                    self.ignored += 1
                else:
                    yield result
            # Only now: an event that is lost between here and there is given again after a break.
            if event.id and len(event.id) <= _LONGEST_ID and event.id.isascii() and event.id.isprintable():
                self.last_id = event.id


class _Bounded(httpx.SyncByteStream):
    """A stream that breaks off when an event is too long."""

    def __init__(self, stream: object, where: str, wire: Wire) -> None:
        assert isinstance(stream, httpx.SyncByteStream)
        self._stream = stream
        self._wire = wire
        self._where = where

    def __iter__(self) -> Iterator[bytes]:
        length = 0
        for piece in self._stream:
            end = max(piece.rfind(b"\n\n"), piece.rfind(b"\r\r"), piece.rfind(b"\n\r\n"))
            length = len(piece) - end if end >= 0 else length + len(piece)
            if length > LARGEST_EVENT:
                raise Unavailable(f"{self._where}: an event exceeds {LARGEST_EVENT >> 20} MiB; it is tried again")
            if b"\n" in piece or b"\r" in piece:
                # Comments count too: servers send them to say that nothing happens.
                self._wire.renew()
            yield piece

    def close(self) -> None:
        self._stream.close()
