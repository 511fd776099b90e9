"""The archive and the watchlist become the web application of the review pages."""

from __future__ import annotations

import socket
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime
from functools import partial
from typing import NoReturn
from urllib.parse import urlsplit

import uvicorn
from fastapi import Depends, FastAPI
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException

from flows.services import Services, Turn, clock
from snapshots import Accounts, Archive
from watcher.config import Watchlist, WikiSite
from watcher.errors import ConfigError, WatcherError
from watcher.parse import dialect_for
from watcher.pipeline import compare as compare_snapshots
from watcher.web import (
    api,
    article,
    atom,
    charts,
    finding,
    health,
    metrics,
    operations,
    pages,
    pins,
    queue,
    reports,
    session,
    static_files,
    watches,
)
from watcher.web.access import confirm
from watcher.web.connections import (
    ConnectionLimits,
    Connections,
    backlog_for,
    limited_protocol,
    limits_for,
    open_files,
    peers_in,
)
from watcher.web.dependencies import Compare, Site
from watcher.web.doors import Doors, is_loopback
from watcher.web.gate import Gate
from watcher.web.guard import Guard
from watcher.web.log_rate import limit_logs
from watcher.web.past import Past
from watcher.web.refusals import misunderstood, refused, trouble

ROUTERS = (
    queue.router,
    finding.router,
    article.router,
    pins.router,
    reports.router,
    charts.router,
    health.router,
    metrics.router,
    static_files.router,
    session.router,
    watches.router,
    operations.router,
    atom.router,
    *api.ROUTERS,
)
"""Everything that the application answers, by subject; a router of another subject is one more entry."""


def app(
    archive: Archive,
    watchlist: Watchlist,
    *,
    compare: Compare = compare_snapshots,
    now: Callable[[], datetime] = clock,
    services: Services | None = None,
    alive: Callable[[], bool] | None = None,
    doors: Doors | None = None,
    prefect_ui: str | None = None,
) -> FastAPI:
    """The review pages over `archive`, answering to loopback names and to the host of the watchlist's `base_url`.

    Without `services` of the flows, nothing is asked of any wiki and the watchlist is not written. `alive` says whether
    the scheduler lives, where this process has one; `doors` decide who may come in; `prefect_ui` is where Prefect's own
    pages are.
    """
    site = FastAPI(
        title="Article Watcher",
        docs_url=None,
        redoc_url=None,
        openapi_url=None,
        redirect_slashes=False,
        dependencies=[Depends(confirm)],
    )
    site.state.site = Site(services=services or _offline(archive, watchlist, now), compare=compare)
    site.state.past = Past(archive, site.state.site.dialect, partial(pages.index_url, watchlist), now)
    site.state.meter = metrics.Meter(site.state.site.services)
    site.state.alive = alive
    site.state.prefect_ui = prefect_ui
    site.state.trusted_proxies = watchlist.trusted_proxies
    site.state.doors = doors or Doors(
        accounts=Accounts(archive), now=now, base_url=watchlist.base_url, behind_proxy=bool(watchlist.trusted_proxies)
    )
    site.state.hosts = _own_names(watchlist)
    for router in ROUTERS:
        site.include_router(router)
    site.add_exception_handler(WatcherError, trouble)
    site.add_exception_handler(HTTPException, refused)
    site.add_exception_handler(RequestValidationError, misunderstood)
    # The one added last sees a request first.
    site.add_middleware(Gate, doors=site.state.doors, routes=lambda: site.routes)
    site.add_middleware(Guard, hosts=site.state.hosts)
    site.add_middleware(metrics.Metered, meter=site.state.meter)
    return site


def _offline(archive: Archive, watchlist: Watchlist, now: Callable[[], datetime]) -> Services:
    """Services that know the archive alone."""

    def refuse(wiki: WikiSite, _turn: Turn) -> NoReturn:
        raise ConfigError(f"{wiki.name}: these pages were started without access to wikis")

    dialects = {wiki.name: dialect_for(wiki.language) for wiki in watchlist.wikis}
    return Services(
        watchlist=watchlist, archive=archive, now=now, owner="web", make_client=refuse, dialects=dialects
    )  # fmt: skip


def _own_names(watchlist: Watchlist) -> set[str]:
    host = urlsplit(watchlist.base_url or "").hostname
    return {host} if host else set()


def first_link(site: FastAPI, host: str, port: int) -> str | None:
    """Where whoever starts the server on loopback comes in once while nobody can sign in yet; None else."""
    doors: Doors = site.state.doors
    if not is_loopback(host) or doors.accounts.anybody():
        return None
    key = doors.make_secret()
    doors.links.add(key, doors.now())
    shown = f"[{host}]" if ":" in host else host
    return f"http://{shown}:{port}/welcome/{key}"


def serve(
    site: FastAPI, *, host: str = "127.0.0.1", port: int = 8080, ready: Callable[[int], object] = lambda _: None
) -> None:
    """Serve until interrupted; `ready` is called with the port when requests are answered.

    On another address than loopback reading needs to sign in too: ConfigError when nobody can.
    """
    doors: Doors = site.state.doors
    doors.at_home = is_loopback(host)
    if not doors.at_home and not doors.accounts.anybody():
        raise ConfigError(
            f"host {host}: others can reach it, so somebody must be able to sign in first; "
            "run `watcher user add NAME --scope admin`, or serve 127.0.0.1"
        )
    site.state.hosts.add(f"[{host}]" if ":" in host else host)
    _run(site, host, port, ready)


def _run(site: FastAPI, host: str, port: int, ready: Callable[[int], object]) -> None:
    class Server(uvicorn.Server):
        async def startup(self, sockets: list[socket.socket] | None = None) -> None:
            await super().startup(sockets)
            if self.started:
                ready(self.servers[0].sockets[0].getsockname()[1])

    with suppress(KeyboardInterrupt):  # raised anew by uvicorn after it has stopped tidily
        Server(server_config(site, host=host, port=port)).run()


def server_config(
    site: FastAPI, *, host: str = "127.0.0.1", port: int = 0, limits: ConnectionLimits | None = None
) -> uvicorn.Config:
    """The settings of the server for `site`, with the limits that strangers must not be able to exceed."""
    files = open_files()
    proxies: tuple[str, ...] = site.state.trusted_proxies
    connections = Connections(limits or limits_for(files), peers_in(proxies))
    config = uvicorn.Config(
        site,
        host=host,
        port=port,
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
