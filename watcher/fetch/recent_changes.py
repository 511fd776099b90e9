"""Poll a wiki's list of recent changes, or read them from an event stream; each change is returned once."""

from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import httpx
from httpx_sse import EventSource, SSEError

from watcher.backoff import parse_retry_after
from watcher.errors import Unavailable
from watcher.fetch import decode
from watcher.fetch.transport import require_allowed, user_agent
from watcher.fetch.wire import Wire
from watcher.text import error_line
from watcher.urls import is_loopback

_LATEST: Final = 1 << 34  # s since 1970: the year 2514; datetime ends in 9999
# Types that call for a check; the others (categorize, external) result from an edit elsewhere.
KINDS = frozenset({"edit", "new", "log"})


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeEvent:
    """A change of a page: its host and title, and its id in the stream or list.

    `host` is the name in the address of the wiki; None if the wiki itself was polled. `at` is when the change was made,
    to the second; None if unknown.
    """

    host: str | None
    title: str
    id: str
    at: datetime | None = None


def parse_event(text: str, event_id: str) -> ChangeEvent | None:
    """Decode an event of a `recentchange` stream; return None if it is not about a page or cannot be read.

    Schema: https://schema.wikimedia.org/repositories/primary/jsonschema/mediawiki/recentchange
    """
    try:
        answer = decode.loads(text)
    except ValueError:
        return None
    if not isinstance(answer, dict) or not isinstance(answer.get("type"), str) or answer["type"] not in KINDS:
        return None
    host, title = decode.maybe_str(answer.get("server_name")), decode.maybe_str(answer.get("title"))
    if not host or not title:
        return None
    seconds = decode.maybe_int(answer.get("timestamp"))
    at = datetime.fromtimestamp(seconds, UTC) if seconds is not None and 0 < seconds < _LATEST else None
    return ChangeEvent(host=host.lower(), title=title, id=event_id, at=at)


def parse_recent_changes(where: str, answer: dict[str, Any]) -> Iterator[tuple[datetime, ChangeEvent]]:
    """Yield the entries in an answer to list=recentchanges, in order; raise Corrupt if one lacks its id or time."""
    for entry in decode.iter_objects(where, decode.query_part(where, answer), "recentchanges"):
        at = decode.timestamp(where, decode.require(where, entry, "timestamp", str))
        number = str(decode.require(where, entry, "rcid", int))
        # An entry whose page is hidden has no title, but is yielded because it counts towards a full answer.
        title = decode.maybe_name(entry.get("title")) or ""
        yield at, ChangeEvent(host=None, title=title, id=number, at=at)


MAX_ENTRIES: Final = 500
"""The most entries of an answer."""
OVERLAP: Final = timedelta(seconds=30)
"""The last seconds to request again: a change is listed some time after it was made, and maybe after later ones."""
_BEGINNING: Final = datetime(2001, 1, 15, tzinfo=UTC)  # no wiki is older

FetchChanges = Callable[[datetime | None], Sequence[tuple[datetime, ChangeEvent]]]


class RecentChanges:
    """A poller of a wiki's changes since a time, each once; `ask` is `WikiClient.recent`, whose errors it raises."""

    def __init__(self, ask: FetchChanges, since: datetime) -> None:
        self._ask = ask
        self._since = since
        self._last: datetime | None = None
        self._start = _BEGINNING
        self._seen: dict[str, datetime] = {}

    def poll(self) -> tuple[ChangeEvent, ...]:
        """Return the changes since the last poll (at first, since the given time) that were not returned before."""
        if self._last is None:
            # Not after the wiki's last change: this machine's clock may be ahead of the wiki's.
            self._last = min(self._since, max((at for at, _ in self._ask(None)), default=_BEGINNING))
            self._start = self._last - OVERLAP
        entries = self._ask(self._start)
        fresh = tuple(event for _, event in entries if event.id not in self._seen)
        self._seen |= {event.id: at for at, event in entries}
        reached, stuck = max([self._last, *(at for at, _ in entries)]), not fresh and len(entries) >= MAX_ENTRIES
        # If more changes than fit into an answer are within the overlap, they would be requested again forever.
        self._start = max(self._start, self._last if stuck else reached - OVERLAP)
        if stuck and self._start == reached:
            self._start += timedelta(seconds=1)
        self._last = reached
        self._seen = {number: at for number, at in self._seen.items() if at >= self._start}
        return fresh


# An event of Wikimedia's stream has about 2 KB; an endless one must not exhaust the memory.
LARGEST_EVENT: Final = 1 << 20
_OK: Final = 200
_RETRYABLE_STATUSES: Final = (408, 425, 429)  # client errors that are not about the request's parameters
_LONGEST_ID: Final = 8_192
_MAX_RETRY_MS: Final = 3_600_000  # ms


class EventStream:
    """One stream of recent changes, such as https://stream.wikimedia.org/v2/stream/recentchange.

    After `read_timeout` seconds without a whole line, the connection counts as broken. The stream starts with events
    since `since`, if the server keeps them (https://wikitech.wikimedia.org/wiki/Event_Platform/EventStreams). After an
    interruption, `events` continues after `last_id` as far back as the server keeps events; older ones are lost.
    """

    def __init__(
        self,
        url: str,
        *,
        contact: str,
        allowed_hosts: Collection[str],
        now: Callable[[], datetime],
        since: datetime | None = None,
        read_timeout: float = 60.0,
        transport: httpx.BaseTransport | None = None,
    ) -> None:
        """Prepare the connection; raise Refused for an address that is not on the allow-list."""
        self._url = require_allowed(url, allowed_hosts)
        self._now = now
        self._since = since
        self._read_timeout = read_timeout
        self._wire = Wire(most_bytes=2 * LARGEST_EVENT)
        self._http = self._wire.client(
            {
                "User-Agent": user_agent(contact),
                "Accept": "text/event-stream",
                "Accept-Encoding": "identity",
                "Cache-Control": "no-store",
            },
            timeout=httpx.Timeout(15.0, read=read_timeout),
            transport=transport,
            trust_env=not is_loopback(self._url.host),
        )
        self.last_id = ""
        self.retry: float | None = None

    def close(self) -> None:
        """Close the connection; a thread that reads from it gets Unavailable."""
        self._wire.shutdown()
        self._http.close()

    def events(self, on_open: Callable[[], None] = lambda: None) -> Iterator[ChangeEvent]:
        """Yield the changes from now on, or since `last_id` or the given time, until the server ends the stream.

        `on_open` is called when the server has accepted the request. Raise Unavailable if the connection fails.
        """
        where = f"the stream at {self._url.host}"
        headers = {"Last-Event-ID": self.last_id} if self.last_id else {}
        begin = {"since": f"{self._since:%Y-%m-%dT%H:%M:%SZ}"} if self._since and not self.last_id else {}
        try:
            with (
                self._wire.exchange(self._read_timeout),
                self._http.stream("GET", self._url.copy_merge_params(begin), headers=headers) as response,
            ):
                if response.status_code != _OK:
                    if response.is_client_error and response.status_code not in _RETRYABLE_STATUSES:
                        self._since, self.last_id = None, ""  # these may be what the server rejects
                    retry_after = parse_retry_after(response.headers.get("retry-after"), self._now())
                    raise Unavailable(
                        f"{where} answers HTTP {response.status_code}; it will be retried", retry_after=retry_after
                    )
                if response.headers.get("content-encoding", "identity").strip().lower() not in ("", "identity"):
                    raise Unavailable(f"{where} is compressed, which was not asked for; it will be retried")
                response.stream = _LimitedStream(response.stream, where, self._wire)
                # The standard's only encoding; a header could name any of Python's codecs, some of which are slow.
                response.encoding = "utf-8"
                on_open()
                for event in EventSource(response).iter_sse():
                    if event.retry is not None:
                        self.retry = min(max(event.retry, 0), _MAX_RETRY_MS) / 1000
                    if event.data and (result := parse_event(event.data, event.id)):
                        yield result
                    # Set after the event was consumed, so that a lost event is requested again after an interruption.
                    if event.id and len(event.id) <= _LONGEST_ID and event.id.isascii() and event.id.isprintable():
                        self.last_id = event.id
        except (httpx.HTTPError, httpx.StreamError, SSEError, RuntimeError) as error:
            # httpx raises RuntimeError if the client was closed meanwhile.
            text = error_line(str(error)) or type(error).__name__
            raise Unavailable(f"{where} broke off ({text}); it will be retried") from error


class _LimitedStream(httpx.SyncByteStream):
    """A byte stream that raises Unavailable if an event is too long."""

    def __init__(self, stream: object, where: str, wire: Wire) -> None:
        assert isinstance(stream, httpx.SyncByteStream)
        self._stream = stream
        self._wire = wire
        self._where = where

    def __iter__(self) -> Iterator[bytes]:
        length, last = 0, b""
        for piece in self._stream:
            text = last + piece  # the blank line may be split between pieces
            end = max(text.rfind(b"\n\n"), text.rfind(b"\r\r"), text.rfind(b"\n\r\n"))
            length, last = (len(text) - end if end >= 0 else length + len(piece)), text[-2:]
            if length > LARGEST_EVENT:
                raise Unavailable(f"{self._where}: an event exceeds {LARGEST_EVENT >> 20} MiB; it will be retried")
            if b"\n" in piece or b"\r" in piece:
                # Comments count, too: servers send them as keep-alives.
                self._wire.renew()
            yield piece

    def close(self) -> None:
        self._stream.close()
