"""Create the web application of the review pages."""

from __future__ import annotations

import socket
from collections.abc import Callable
from contextlib import suppress
from threading import Lock
from typing import Final
from urllib.parse import urlsplit

import uvicorn
from fastapi import APIRouter, Depends, FastAPI
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.middleware.gzip import GZipMiddleware
from uvicorn.config import LOGGING_CONFIG

from watcher.errors import ConfigError, WatcherError
from watcher.services.context import AppContext
from watcher.services.logs import writes_json
from watcher.urls import is_loopback
from watcher.web import api, metrics, rendering
from watcher.web.auth import sign_in
from watcher.web.auth.access import Authenticator, assert_authorized
from watcher.web.auth.middleware import AuthMiddleware, SecurityHeadersMiddleware
from watcher.web.connections import (
    ConnectionLimits,
    Connections,
    backlog_for,
    limit_logs,
    limited_protocol,
    limits_for,
    open_files,
    peers_in,
)
from watcher.web.pages import (
    article,
    feed,
    finding,
    operations,
    queue,
    timeline,
    watchlist,
)
from watcher.web.rendering import handle_app_error, handle_http_error, handle_validation_error

ROUTES: Final = APIRouter(dependencies=[Depends(assert_authorized)])
"""All routes; what each needs is worked out once for all applications of a process, and takes 0.1 s."""
for _router in (
    queue.router,
    finding.router,
    article.router,
    timeline.router,
    metrics.router,
    rendering.router,
    sign_in.router,
    watchlist.router,
    operations.router,
    operations.monitoring,
    feed.router,
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
    site.state.meter = metrics.WebMetrics(services)
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
    site.state.hosts = {own_host} if own_host else set()
    site.router.routes.extend(ROUTES.routes)
    site.add_exception_handler(WatcherError, handle_app_error)
    site.add_exception_handler(HTTPException, handle_http_error)
    site.add_exception_handler(RequestValidationError, handle_validation_error)
    # Starlette calls the middleware that was added last first.
    site.add_middleware(AuthMiddleware, authenticator=site.state.authenticator, routes=lambda: site.routes)
    site.add_middleware(GZipMiddleware, minimum_size=1000)
    site.add_middleware(SecurityHeadersMiddleware, hosts=site.state.hosts)
    site.add_middleware(metrics.MetricsMiddleware, meter=site.state.meter)
    return site


def bootstrap_link(site: FastAPI, host: str, port: int) -> str | None:
    """Get the link that signs in once whoever starts the server on loopback, while there is no user; None otherwise."""
    authenticator: Authenticator = site.state.authenticator
    if not is_loopback(host) or authenticator.accounts.has_users():
        return None
    shown = f"[{host}]" if ":" in host else host
    return f"http://{shown}:{port}/welcome/{authenticator.new_link()}"


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
    site.state.hosts.add(f"[{host}]" if ":" in host else host)

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
    files = open_files()
    proxies: tuple[str, ...] = site.state.trusted_proxies
    connections = Connections(limits or limits_for(files), peers_in(proxies))
    config = uvicorn.Config(
        site,
        host=host,
        port=port,
        log_config=None if writes_json() else LOGGING_CONFIG,
        log_level="warning",
        server_header=False,
        date_header=True,
        http=limited_protocol(connections),
        ws="none",  # nothing here speaks WebSocket, and an upgrade may be ignored
        backlog=backlog_for(files),
        # uvicorn believes X-Forwarded-* of 127.0.0.1 by default, which anybody behind a plain proxy can write.
        proxy_headers=bool(proxies),
        forwarded_allow_ips=[*proxies],
    )
    limit_logs()  # after uvicorn has set its loggers up
    return config
