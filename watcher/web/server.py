"""The archive and the watchlist become the web application of the review pages."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from functools import partial
from typing import NoReturn
from urllib.parse import urlsplit

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import HTMLResponse, Response
from starlette.exceptions import HTTPException

from flows.services import Services, Turn, clock
from snapshots import Archive
from watcher.config import Watchlist, WikiSite
from watcher.errors import ConfigError, Missing, StoreError, WatcherError
from watcher.parse import dialect_for
from watcher.pipeline import compare as compare_snapshots
from watcher.web import charts, finding, health, metrics, pages, queue, reports, static_files
from watcher.web.dependencies import Compare, Site
from watcher.web.guard import LOOPBACK, Guard
from watcher.web.past import Past

ROUTERS = (
    queue.router,
    finding.router,
    reports.router,
    charts.router,
    health.router,
    metrics.router,
    static_files.router,
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
) -> FastAPI:
    """The review pages over `archive`, answering to loopback names and to the host of the watchlist's `base_url`.

    Without `services` of the flows, nothing is asked of any wiki. `alive` says whether the scheduler lives, where
    this process has one.
    """
    site = FastAPI(title="Article Watcher", docs_url=None, redoc_url=None, openapi_url=None)
    site.state.site = Site(services=services or _offline(archive, watchlist, now), compare=compare)
    site.state.past = Past(archive, site.state.site.dialect, partial(pages.index_url, watchlist))
    site.state.meter = metrics.Meter(site.state.site.services)
    site.state.alive = alive
    for router in ROUTERS:
        site.include_router(router)
    site.add_exception_handler(WatcherError, _trouble)
    site.add_exception_handler(HTTPException, _refusal)
    site.add_exception_handler(RequestValidationError, _refusal)
    site.add_middleware(Guard, hosts=_own_names(watchlist))
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


def _own_names(watchlist: Watchlist) -> frozenset[str]:
    host = urlsplit(watchlist.base_url or "").hostname
    return frozenset({host}) if host else frozenset()


def _trouble(_request: Request, error: Exception) -> Response:
    status = 404 if isinstance(error, Missing) else 503 if isinstance(error, StoreError) else 500
    return _page(status, str(error))


def _refusal(request: Request, error: Exception) -> Response:
    status = error.status_code if isinstance(error, HTTPException) else 400 if request.method == "POST" else 404
    says = {
        400: str(error.detail) if isinstance(error, HTTPException) else "A field of the form cannot be read.",
        403: "You may not do this here.",
        404: "There is no page at this address.",
        405: "This page can only be read.",
    }
    return _page(status, says.get(status, "This request was refused."))


def _page(status: int, says: str) -> Response:
    return HTMLResponse(pages.render("trouble.html", status=status, says=says), status_code=status)


def serve(site: FastAPI, *, host: str = "127.0.0.1", port: int = 8080) -> None:
    """Serve until interrupted, on a loopback address alone: there is no login yet. ConfigError for another host."""
    if host not in LOOPBACK | {"::1"}:
        raise ConfigError(
            f"host {host}: the review pages have no login, so they serve 127.0.0.1, ::1 or localhost only"
        )
    import uvicorn  # noqa: PLC0415  only a server needs it

    uvicorn.run(site, host=host, port=port, log_level="warning", server_header=False, date_header=True)
