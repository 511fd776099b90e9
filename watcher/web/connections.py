"""Limit how many connections a server holds and how long each may take, which uvicorn does not.

uvicorn ends idle keep-alive connections, but waits for a request's header and body as long as the client likes, and its
`limit_concurrency` answers everybody with 503 once enough idle sockets are open.
"""

from __future__ import annotations

import asyncio
import ipaddress
import logging
import resource
from collections.abc import Callable
from dataclasses import dataclass
from enum import IntEnum
from typing import Any, ClassVar, Final

from uvicorn.protocols.http.h11_impl import H11Protocol

Peer = Callable[[str], bool]


@dataclass(frozen=True, slots=True, kw_only=True)
class ConnectionLimits:
    """How many connections there may be, and how many seconds each part of an exchange may take.

    `stall` is how long a client may take nothing of an answer, `answer` how long it may take for the whole of it.
    """

    total: int = 256
    per_address: int = 64
    header: float = 15
    body: float = 30
    stall: float = 30
    answer: float = 600


def backlog_for(files: int) -> int:
    """How many connections may wait to be accepted; asyncio accepts as many at once, before any can be refused."""
    return max(4, min(64, files // 16))


def limits_for(files: int) -> ConnectionLimits:
    """Limits under which a process that may open so many files never runs out of them.

    When accept() fails with EMFILE, asyncio tries again and logs a stack as often as the backlog allows, at once.
    Five rounds of accepting can pass before the first connection of them is closed.
    """
    total = max(8, min(256, files - 64 - 5 * backlog_for(files)))
    return ConnectionLimits(total=total, per_address=max(4, total // 4))


def open_files() -> int:
    """How many files this process may open."""
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return 1 << 20 if soft == resource.RLIM_INFINITY else soft


def peers_in(networks: tuple[str, ...]) -> Peer:
    """Whether an address lies in one of the networks."""
    known = [ipaddress.ip_network(network) for network in networks]

    def is_peer(address: str) -> bool:
        try:
            return any(ipaddress.ip_address(address) in network for network in known)
        except ValueError:
            return False

    return is_peer


class Phase(IntEnum):
    """What a connection waits for; a lower one is ended first when there are too many."""

    HEADER = 0
    BODY = 1
    READER = 2
    APPLICATION = 3


class Connections:
    """The open connections of a server.

    When there are too many, the one that has kept the server waiting longest makes room for the new one, so that idle
    connections never keep anybody out. Proxies speak for many clients: no limit per address holds for them.
    """

    def __init__(self, limits: ConnectionLimits, is_proxy: Peer) -> None:
        self.limits = limits
        self._is_proxy = is_proxy
        self._open: dict[LimitedProtocol, None] = {}

    def __len__(self) -> int:
        return len(self._open)

    def admit(self, connection: LimitedProtocol) -> bool:
        """Count a new connection in, for which another may have to go; False when all others are at work."""
        neighbours = [other for other in self._open if other.address == connection.address]
        crowded = len(neighbours) >= self.limits.per_address and not self._is_proxy(connection.address)
        if crowded or len(self._open) >= self.limits.total:
            waiting = [
                other for other in (neighbours if crowded else self._open) if other.phase is not Phase.APPLICATION
            ]
            if not waiting:
                return False
            min(waiting, key=lambda other: (other.phase, other.since)).end()
        self._open[connection] = None
        return True

    def remove(self, connection: LimitedProtocol) -> None:
        """Count a connection out; once is enough."""
        self._open.pop(connection, None)


class LimitedProtocol(H11Protocol):
    """HTTP/1.1 as uvicorn speaks it, with a time limit for the header, the body and the taking of the answer."""

    registry: ClassVar[Connections]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.address = ""
        self.phase = Phase.HEADER
        self.since = 0.0
        self._request: object = None
        self._stalled: asyncio.TimerHandle | None = None
        self._deadline: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn has it
        """Begin to wait for a header, if there is room for one more connection."""
        super().connection_made(transport)
        self.address = self.client[0] if self.client else ""
        if not self.registry.admit(self):
            transport.abort()
            return
        self._begin(Phase.HEADER)

    def connection_lost(self, exc: Exception | None) -> None:
        """Make room for others."""
        self._forget()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Take what has come; that a byte has come moves no deadline."""
        super().data_received(data)
        self._observe()

    def on_response_complete(self) -> None:
        """Wait for the next header."""
        super().on_response_complete()
        self._observe()

    def pause_writing(self) -> None:
        """Watch whether the client takes the answer."""
        super().pause_writing()
        if self._stalled is None:
            self._watch_reader(self.transport.get_write_buffer_size() + 1, self.loop.time())

    def end(self) -> None:
        """Close the connection at once, whatever is still to be sent."""
        self._forget()
        self.transport.abort()

    def _unsupported_upgrade_warning(self) -> None:
        """Ignore a request to speak another protocol (RFC 9110 §7.8)."""

    def _forget(self) -> None:
        self.registry.remove(self)
        for timer in (self._deadline, self._stalled):
            if timer is not None:
                timer.cancel()

    def _observe(self) -> None:
        """Restart the deadline when a new phase, or the same one of another request, has begun."""
        if self.transport.is_closing():
            return
        request: object = self.cycle
        if self.cycle is None or self.cycle.response_complete:
            phase = Phase.HEADER
        else:
            phase = Phase.BODY if self.cycle.more_body else Phase.APPLICATION
        if (phase, request) != (self.phase, self._request):
            self._request = request
            self._begin(phase)

    def _begin(self, phase: Phase) -> None:
        self.phase, self.since = phase, self.loop.time()
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None
        if phase is not Phase.APPLICATION:
            limit = self.registry.limits.header if phase is Phase.HEADER else self.registry.limits.body
            self._deadline = self.loop.call_later(limit, self._expire, limit)

    def _expire(self, limit: float) -> None:
        if self._stalled is not None:  # the answer before is still on its way, which has a limit of its own
            self._deadline = self.loop.call_later(limit, self._expire, limit)
            return
        self.end()

    def _watch_reader(self, size: int, begun: float) -> None:
        """End a connection whose client took nothing of the answer since the last look, or is at it for too long."""
        now, left = self.loop.time(), self.transport.get_write_buffer_size()
        if not left:
            self._stalled = None
            return
        limits = self.registry.limits
        if left >= size or now - begun >= limits.answer:
            self.end()
            return
        if self.phase is Phase.APPLICATION:
            self.phase, self.since = Phase.READER, begun
        self._stalled = self.loop.call_later(limits.stall, self._watch_reader, left, begun)


def limited_protocol(registry: Connections) -> type[LimitedProtocol]:
    """Return the protocol for one server."""
    return type("ServerProtocol", (LimitedProtocol,), {"registry": registry})


_WINDOW: Final = 60.0  # seconds
_BURST: Final = 5
LOGGERS: Final = ("uvicorn.error", "asyncio")
"""The loggers of client errors."""


@dataclass(slots=True)
class _Window:
    begun: float
    written: int = 0
    dropped: int = 0


class LogRate(logging.Filter):
    """Passes `burst` records of one line of code in `window` seconds, and counts the others.

    By the line of code, not by the text: the text has addresses and ports of clients in it.
    """

    def __init__(self, burst: int = _BURST, window: float = _WINDOW) -> None:
        super().__init__()
        self._burst = burst
        self._window = window
        self._windows: dict[tuple[str, int], _Window] = {}

    def filter(self, record: logging.LogRecord) -> bool:
        """Whether to write a record; the first of a new window has the number left out before it."""
        source = (record.pathname, record.lineno)
        current = self._windows.get(source)
        if current is None or not 0 <= record.created - current.begun < self._window:
            dropped = current.dropped if current else 0
            current = self._windows[source] = _Window(begun=record.created)
            if dropped:
                record.msg = f"{record.getMessage()} ({dropped} more of these were not logged)"
                record.args = ()
        current.written += 1
        if current.written > self._burst:
            current.dropped += 1
            return False
        return True


def limit_logs(rate: LogRate | None = None) -> None:
    """Limit what the server and asyncio log; an existing limit is kept."""
    for name in LOGGERS:
        logger = logging.getLogger(name)
        if not any(isinstance(known, LogRate) for known in logger.filters):
            logger.addFilter(rate or LogRate())
