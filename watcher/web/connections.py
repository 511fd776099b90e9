"""Limit how many connections a server holds and how long each may take, which uvicorn does not.

uvicorn ends idle keep-alive connections, but waits for a request's header and body as long as the client likes, and its
`limit_concurrency` answers everybody with 503 once enough idle sockets are open.
"""

from __future__ import annotations

import asyncio
import ipaddress
import logging
import math
import resource
from collections.abc import Callable
from dataclasses import dataclass
from enum import IntEnum
from typing import ClassVar, Final

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
    """HTTP/1.1 as uvicorn speaks it, with a time limit for the header, the body and the taking of the answer.

    It looks a few times within the shortest limit at what it waits for. That a byte has come moves no deadline.
    """

    registry: ClassVar[Connections]
    address = ""
    since = 0.0
    """Since when it waits for the same: of a reader, since when nothing of the answer was taken."""
    _begun = 0.0
    _seen: tuple[Phase, object, int] = (Phase.HEADER, None, 0)
    _next_look: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn has it
        """Begin to wait for a header, if there is room for one more connection."""
        super().connection_made(transport)
        self.address, self.since = self.client[0] if self.client else "", self.loop.time()
        if self.registry.admit(self):
            self._look()
        else:
            transport.abort()

    def connection_lost(self, exc: Exception | None) -> None:
        """Make room for others."""
        self._forget()
        super().connection_lost(exc)

    def end(self) -> None:
        """Close the connection at once, whatever is still to be sent."""
        self._forget()
        self.transport.abort()

    @property
    def phase(self) -> Phase:
        """What it waits for now."""
        at_work = self.cycle is not None and not self.cycle.response_complete
        if self.flow.write_paused or (not at_work and self.transport.get_write_buffer_size()):
            return Phase.READER
        if not at_work:
            return Phase.HEADER
        return Phase.BODY if self.cycle.more_body else Phase.APPLICATION

    def _unsupported_upgrade_warning(self) -> None:
        """Ignore a request to speak another protocol (RFC 9110 §7.8)."""

    def _forget(self) -> None:
        self.registry.remove(self)
        if self._next_look is not None:
            self._next_look.cancel()

    def _look(self) -> None:
        limits, now = self.registry.limits, self.loop.time()
        seen = (self.phase, self.cycle, self.transport.get_write_buffer_size())
        if seen[:2] != self._seen[:2]:
            self._begun = now
        if seen[:2] != self._seen[:2] or (seen[0] is Phase.READER and seen != self._seen):
            self.since = now
        self._seen = seen
        allowed = {Phase.HEADER: limits.header, Phase.BODY: limits.body, Phase.READER: limits.stall}
        late = now - self.since >= allowed.get(seen[0], math.inf)
        if late or (seen[0] is Phase.READER and now - self._begun >= limits.answer):
            self.end()
        else:
            self._next_look = self.loop.call_later(min(1, *(limit / 4 for limit in allowed.values())), self._look)


def limited_protocol(registry: Connections) -> type[LimitedProtocol]:
    """Return the protocol for one server."""
    return type("ServerProtocol", (LimitedProtocol,), {"registry": registry})


LOGGERS: Final = ("uvicorn.error", "asyncio")
"""The loggers of client errors."""


class LogRate(logging.Filter):
    """Passes `burst` records of one line of code in `window` seconds, and counts the others.

    By the line of code, not by the text: the text has addresses and ports of clients in it.
    """

    def __init__(self, burst: int = 5, window: float = 60) -> None:
        super().__init__()
        self._burst = burst
        self._window = window
        self._windows: dict[tuple[str, int], tuple[float, int]] = {}  # when each began, and its records

    def filter(self, record: logging.LogRecord) -> bool:
        """Whether to write a record; the first of a new window has the number left out before it."""
        source = (record.pathname, record.lineno)
        begun, count = self._windows.get(source, (record.created, 0))
        if not 0 <= record.created - begun < self._window:
            if count > self._burst:
                record.msg = f"{record.getMessage()} ({count - self._burst} more of these were not logged)"
                record.args = ()
            begun, count = record.created, 0
        self._windows[source] = begun, count + 1
        return count < self._burst


def limit_logs() -> None:
    """Limit what the server and asyncio log; an existing limit is kept."""
    for name in LOGGERS:
        logger = logging.getLogger(name)
        if not any(isinstance(known, LogRate) for known in logger.filters):
            logger.addFilter(LogRate())
