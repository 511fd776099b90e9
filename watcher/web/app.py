"""Create the web application of the review pages, and serve it within limits for strangers.

uvicorn ends idle keep-alive connections, but waits for a request's header and body as long as the client likes, and its
`limit_concurrency` answers everybody with 503 once enough idle sockets are open: so the server here limits how many
connections it holds and how long each may take.
"""

from __future__ import annotations

import asyncio
import logging
import math
import socket
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from enum import IntEnum
from threading import Lock
from typing import ClassVar, Final
from urllib.parse import urlsplit

import uvicorn
from fastapi import APIRouter, Depends, FastAPI
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.middleware.gzip import GZipMiddleware
from uvicorn.config import LOGGING_CONFIG
from uvicorn.protocols.http.h11_impl import H11Protocol

from watcher.errors import ConfigError, WatcherError
from watcher.services.context import AppContext
from watcher.services.logs import writes_json
from watcher.urls import is_loopback, url_host
from watcher.web import api, rendering
from watcher.web.auth import sign_in
from watcher.web.auth.access import Authenticator, assert_authorized
from watcher.web.auth.middleware import AuthMiddleware, SecurityHeadersMiddleware
from watcher.web.pages import article, finding, operations, queue, watchlist
from watcher.web.rendering import handle_app_error, handle_http_error, handle_validation_error

ROUTES: Final = APIRouter(dependencies=[Depends(assert_authorized)])
"""All routes; what each needs is worked out once for all applications of a process, and takes 0.1 s."""
for _router in (
    queue.router,
    finding.router,
    article.router,
    rendering.router,
    sign_in.router,
    watchlist.router,
    operations.router,
    operations.monitoring,
    *api.ROUTERS,
):
    ROUTES.include_router(_router)


def create_app(
    services: AppContext,
    *,
    scheduler: Callable[[], str] = lambda: "",
    authenticator: Authenticator | None = None,
    prefect_ui: str | None = None,
) -> FastAPI:
    """Get the review pages, answering to loopback names and to the host of the watchlist's `base_url`.

    `scheduler` returns why nothing is scheduled, empty when all is well; `prefect_ui` is the address of Prefect's own
    pages.
    """
    archive, watchlist = services.archive, services.watchlist
    site = FastAPI(
        title="Article Watcher",
        docs_url=None,
        redoc_url=None,
        openapi_url=None,
        redirect_slashes=False,
        dependencies=[Depends(assert_authorized)],
    )
    site.state.services = services
    site.state.wiki_lock = Lock()
    site.state.meter = operations.WebMetrics(services)
    site.state.scheduler = scheduler
    site.state.prefect_ui = prefect_ui
    site.state.trusted_proxies = watchlist.trusted_proxies
    site.state.authenticator = authenticator or Authenticator(
        accounts=archive.accounts,
        now=services.now,
        base_url=watchlist.base_url,
        behind_proxy=bool(watchlist.trusted_proxies),
    )
    own_host = urlsplit(watchlist.base_url or "").hostname
    site.state.hosts = {url_host(own_host)} if own_host else set()
    site.router.routes.extend(ROUTES.routes)
    site.add_exception_handler(WatcherError, handle_app_error)
    site.add_exception_handler(HTTPException, handle_http_error)
    site.add_exception_handler(RequestValidationError, handle_validation_error)
    # Starlette calls the middleware that was added last first.
    site.add_middleware(AuthMiddleware, authenticator=site.state.authenticator, routes=lambda: site.routes)
    site.add_middleware(GZipMiddleware, minimum_size=1000)
    site.add_middleware(SecurityHeadersMiddleware, hosts=site.state.hosts)
    site.add_middleware(site.state.meter.counting)
    return site


@dataclass(frozen=True, slots=True, kw_only=True)
class ConnectionLimits:
    """How many connections there may be, and how many seconds each part of an exchange may take.

    `stall` is how long a client may take nothing of an answer. With those that wait to be accepted, `total` is far
    below the 1,024 files that a process may open at least.
    """

    total: int = 256
    header: float = 15
    body: float = 30
    stall: float = 30


class Phase(IntEnum):
    """What a connection waits for; a lower one is ended first when there are too many."""

    HEADER = 0
    BODY = 1
    READER = 2
    APPLICATION = 3


class LimitedProtocol(H11Protocol):
    """HTTP/1.1 as uvicorn speaks it, with a time limit for the header, the body and the taking of the answer.

    It looks a few times within the shortest limit at what it waits for. That a byte has come moves no deadline.
    When too many of a server are `opened`, the one that has kept it waiting longest makes room for the new one, so that
    idle connections never keep anybody out.
    """

    limits: ClassVar[ConnectionLimits]
    opened: ClassVar[set[LimitedProtocol]]
    since = 0.0
    """Since when it waits for the same: of a reader, since when nothing of the answer was taken."""
    _seen: tuple[Phase, object, int] = (Phase.HEADER, None, 0)
    _next_look: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn has it
        """Begin to wait for a header, if there is room for one more connection: not where all others are at work."""
        super().connection_made(transport)
        self.since = self.loop.time()
        if len(self.opened) >= self.limits.total:
            waiting = [other for other in self.opened if other.phase is not Phase.APPLICATION]
            if not waiting:
                transport.abort()
                return
            min(waiting, key=lambda other: (other.phase, other.since)).end()
        self.opened.add(self)
        self._look()

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
        self.opened.discard(self)
        if self._next_look is not None:
            self._next_look.cancel()

    def _look(self) -> None:
        limits, now = self.limits, self.loop.time()
        phase = self.phase
        seen = (phase, self.cycle, self.transport.get_write_buffer_size() if phase is Phase.READER else 0)
        if seen != self._seen:
            self._seen, self.since = seen, now
        allowed = {Phase.HEADER: limits.header, Phase.BODY: limits.body, Phase.READER: limits.stall}
        if now - self.since >= allowed.get(phase, math.inf):
            self.end()
        else:
            self._next_look = self.loop.call_later(min(1, *(limit / 4 for limit in allowed.values())), self._look)


LOGGERS: Final = ("uvicorn.error", "asyncio")
"""The loggers of client errors."""


class LogRate(logging.Filter):
    """Passes so many records of one line of code in a minute, and says with the last that there may be more.

    By the line of code, not by the text: the text has addresses and ports of clients in it.
    """

    def __init__(self, burst: int = 5) -> None:
        super().__init__()
        self._burst = burst
        self._minute = 0
        self._counts = Counter[tuple[str, int]]()

    def filter(self, record: logging.LogRecord) -> bool:
        """Whether to write a record."""
        minute, source = int(record.created // 60), (record.pathname, record.lineno)
        if minute != self._minute:
            self._minute, self._counts = minute, Counter()
        self._counts[source] += 1
        if self._counts[source] == self._burst:
            record.msg, record.args = f"{record.getMessage()} (more of these in this minute are not logged)", ()
        return self._counts[source] <= self._burst


def bootstrap_link(site: FastAPI, host: str, port: int) -> str | None:
    """Get the link that signs in once whoever starts the server on loopback, while there is no user; None otherwise."""
    authenticator: Authenticator = site.state.authenticator
    if not is_loopback(host) or authenticator.accounts.has_users():
        return None
    return f"http://{url_host(host)}:{port}/welcome/{authenticator.new_link()}"


def serve(
    site: FastAPI, *, host: str = "127.0.0.1", port: int = 8080, ready: Callable[[int], object] = lambda _: None
) -> None:
    """Serve until interrupted; `ready` is called with the port when requests are answered.

    On an address other than loopback, reading needs a user too: ConfigError when there is none.
    """
    authenticator: Authenticator = site.state.authenticator
    authenticator.loopback_only = is_loopback(host)
    if not authenticator.loopback_only and not authenticator.accounts.has_users():
        raise ConfigError(
            f"host {host}: others can reach it, so somebody must be able to sign in first; "
            "run `watcher user add NAME --scope admin`, or serve 127.0.0.1"
        )
    site.state.hosts.add(url_host(host))

    class Server(uvicorn.Server):
        async def startup(self, sockets: list[socket.socket] | None = None) -> None:
            await super().startup(sockets)
            if self.started:
                ready(self.servers[0].sockets[0].getsockname()[1])

    with suppress(KeyboardInterrupt):  # raised again by uvicorn after it has stopped
        Server(server_config(site, host=host, port=port)).run()


def server_config(
    site: FastAPI, *, host: str = "127.0.0.1", port: int = 0, limits: ConnectionLimits | None = None
) -> uvicorn.Config:
    """Return the settings of the server, with limits for strangers."""
    proxies: tuple[str, ...] = site.state.trusted_proxies
    config = uvicorn.Config(
        site,
        host=host,
        port=port,
        log_config=None if writes_json() else LOGGING_CONFIG,
        log_level="warning",
        server_header=False,
        date_header=True,
        http=type("ServerProtocol", (LimitedProtocol,), {"limits": limits or ConnectionLimits(), "opened": set()}),
        ws="none",  # nothing here speaks WebSocket, and an upgrade may be ignored
        backlog=64,  # asyncio accepts as many at once, before any can be refused
        # uvicorn believes X-Forwarded-* of 127.0.0.1 by default, which anybody behind a plain proxy can write.
        proxy_headers=bool(proxies),
        forwarded_allow_ips=[*proxies],
    )
    for name in LOGGERS:  # which uvicorn has set up by now
        logging.getLogger(name).filters = [LogRate()]
    return config
