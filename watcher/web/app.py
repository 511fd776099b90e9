"""Create the web application of the review pages, and serve it with limits on connections.

uvicorn closes idle keep-alive connections, but waits for the header and body of a request without a time limit. Its
`limit_concurrency` answers every request with 503 once enough idle sockets are open. This server therefore limits the
number of connections and the time that each may take.
"""

from __future__ import annotations

import asyncio
import logging
import math
import socket
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
from watcher.services.operations.logs import CLIENT_LOGGERS, RepetitionFilter, writes_json
from watcher.urls import is_loopback, url_host
from watcher.web import rendering
from watcher.web.api.routes import ROUTERS
from watcher.web.auth import sign_in
from watcher.web.auth.access import Authenticator, assert_authorized
from watcher.web.auth.middleware import AuthMiddleware, SecurityHeadersMiddleware
from watcher.web.pages import article, finding, operations, queue, watchlist
from watcher.web.rendering import handle_app_error, handle_http_error, handle_validation_error

ROUTES: Final = APIRouter(dependencies=[Depends(assert_authorized)])
"""All routes. Their dependencies are resolved once for all applications of a process, which takes 0.1 s."""
for _router in (
    queue.router,
    finding.router,
    article.router,
    rendering.router,
    sign_in.router,
    watchlist.router,
    operations.router,
    operations.monitoring,
    *ROUTERS,
):
    ROUTES.include_router(_router)


def create_app(
    services: AppContext,
    *,
    scheduler: Callable[[], str] = lambda: "",
    authenticator: Authenticator | None = None,
    prefect_ui: str | None = None,
) -> FastAPI:
    """Return the application, which accepts loopback host names and the host of the watchlist's `base_url`.

    `scheduler` returns why nothing is scheduled, or "" if the scheduler works; `prefect_ui` is the URL of Prefect's own
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
    # Starlette calls the middleware in reverse order: the one that was added last comes first.
    site.add_middleware(AuthMiddleware, authenticator=site.state.authenticator, routes=lambda: site.routes)
    site.add_middleware(GZipMiddleware, minimum_size=1000)
    site.add_middleware(SecurityHeadersMiddleware, hosts=site.state.hosts)
    site.add_middleware(site.state.meter.count_responses)
    return site


@dataclass(frozen=True, slots=True, kw_only=True)
class ConnectionLimits:
    """The largest number of connections, and the time limits in seconds for each part of an exchange.

    `stall` is how long a client may read nothing of a response. `total` and the backlog together are far below 1,024,
    the usual limit of open files of a process.
    """

    total: int = 256
    header: float = 15
    body: float = 30
    stall: float = 30


class Phase(IntEnum):
    """What a connection waits for; if there are too many connections, those in a lower phase are closed first."""

    HEADER = 0
    BODY = 1
    READER = 2
    APPLICATION = 3


class LimitedProtocol(H11Protocol):
    """uvicorn's HTTP/1.1 protocol with time limits for receiving the header and body and sending the response.

    The phase is checked several times within the shortest limit; a received byte does not extend a deadline. If too
    many connections of a server are `active`, the one waiting longest in the lowest phase is closed, so that idle
    connections never block new ones.
    """

    limits: ClassVar[ConnectionLimits]
    active: ClassVar[set[LimitedProtocol]]
    since = 0.0
    """The start of the current phase; in the phase READER, the last time when the client read something."""
    _last_state: tuple[Phase, object, int] = (Phase.HEADER, None, 0)
    _next_check: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn has it
        """Wait for a header if there is room; abort the connection if the application is busy with all others."""
        super().connection_made(transport)
        self.since = self.loop.time()
        if len(self.active) >= self.limits.total:
            waiting = [other for other in self.active if other.phase is not Phase.APPLICATION]
            if not waiting:
                transport.abort()
                return
            min(waiting, key=lambda other: (other.phase, other.since)).end()
        self.active.add(self)
        self._check_deadline()

    def connection_lost(self, exc: Exception | None) -> None:
        """Remove the connection from `active`."""
        self._unregister()
        super().connection_lost(exc)

    def end(self) -> None:
        """Close the connection immediately, and discard unsent data."""
        self._unregister()
        self.transport.abort()

    @property
    def phase(self) -> Phase:
        """Return what the connection waits for now."""
        at_work = self.cycle is not None and not self.cycle.response_complete
        if self.flow.write_paused or (not at_work and self.transport.get_write_buffer_size()):
            return Phase.READER
        if not at_work:
            return Phase.HEADER
        return Phase.BODY if self.cycle.more_body else Phase.APPLICATION

    def _unsupported_upgrade_warning(self) -> None:
        """Ignore a request to speak another protocol (RFC 9110 §7.8)."""

    def _unregister(self) -> None:
        self.active.discard(self)
        if self._next_check is not None:
            self._next_check.cancel()

    def _check_deadline(self) -> None:
        limits, now = self.limits, self.loop.time()
        phase = self.phase
        state = (phase, self.cycle, self.transport.get_write_buffer_size() if phase is Phase.READER else 0)
        if state != self._last_state:
            self._last_state, self.since = state, now
        allowed = {Phase.HEADER: limits.header, Phase.BODY: limits.body, Phase.READER: limits.stall}
        if now - self.since >= allowed.get(phase, math.inf):
            self.end()
        else:
            delay = min(1, *(limit / 4 for limit in allowed.values()))
            self._next_check = self.loop.call_later(delay, self._check_deadline)


def bootstrap_link(site: FastAPI, host: str, port: int) -> str | None:
    """Return a one-time sign-in link if the server is on loopback and has no user yet, else None."""
    authenticator: Authenticator = site.state.authenticator
    if not is_loopback(host) or authenticator.accounts.has_users():
        return None
    return f"http://{url_host(host)}:{port}/welcome/{authenticator.new_link()}"


def serve(
    site: FastAPI, *, host: str = "127.0.0.1", port: int = 8080, ready: Callable[[int], object] = lambda _: None
) -> None:
    """Serve until interrupted; call `ready` with the port as soon as requests are answered.

    On addresses other than loopback, reading requires a user, too. Raises ConfigError if there is none.
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

    with suppress(KeyboardInterrupt):  # uvicorn raises it again after it has stopped
        Server(server_config(site, host=host, port=port)).run()


def server_config(
    site: FastAPI, *, host: str = "127.0.0.1", port: int = 0, limits: ConnectionLimits | None = None
) -> uvicorn.Config:
    """Return the configuration of uvicorn, with `limits` on connections."""
    proxies: tuple[str, ...] = site.state.trusted_proxies
    config = uvicorn.Config(
        site,
        host=host,
        port=port,
        log_config=None if writes_json() else LOGGING_CONFIG,
        log_level="warning",
        server_header=False,
        date_header=True,
        http=type("ServerProtocol", (LimitedProtocol,), {"limits": limits or ConnectionLimits(), "active": set()}),
        ws="none",  # there are no WebSockets, and a server may ignore an upgrade
        backlog=64,  # asyncio accepts this many at once, before any can be refused
        # By default uvicorn trusts X-Forwarded-* from 127.0.0.1, which clients can forge if a proxy passes them on.
        proxy_headers=bool(proxies),
        forwarded_allow_ips=[*proxies],
    )
    for name in CLIENT_LOGGERS:  # uvicorn.Config has configured them already
        logging.getLogger(name).filters = [RepetitionFilter()]
    return config
