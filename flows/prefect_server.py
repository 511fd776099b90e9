"""Run Prefect's server for this machine alone: `python -m flows.prefect_server PORT [child]`.

As a child it leads a process group, and ends when its standard input is closed.

`prefect server start` accepts any Host header, so a web page whose name resolves to 127.0.0.1 (DNS rebinding) could
send it requests.
"""

from __future__ import annotations

import asyncio
import gc
import multiprocessing
import os
import signal
import sys
import threading
from collections.abc import Callable
from datetime import timedelta
from functools import partial
from typing import IO, Any, Final

import uvicorn
from docket import Docket, Worker
from prefect.server.api import background_workers
from prefect.server.api.server import create_app
from prefect.server.database import dependencies, provide_database_interface
from prefect.server.database.configurations import AioSqliteConfiguration
from prefect.settings import PREFECT_API_DATABASE_MIGRATE_ON_START, temporary_settings
from starlette.middleware.trustedhost import TrustedHostMiddleware

from flows.prefect_settings import HOST, share_one_arena

CHILD: Final = "child"
OWN_NAMES: Final = (HOST, "localhost")
_POLL_INTERVAL: Final = timedelta(seconds=2)  # the most frequent of the server's own services is due every five seconds
_PAGE_CACHE: Final = 2_000  # KiB for each connection, which is SQLite's default


class SmallCacheConfiguration(AioSqliteConfiguration):
    """A configuration that opens Prefect's SQLite file with small caches.

    Prefect lets the cache of each connection grow to 80 MB, which its file reaches in two days. The kernel caches the
    same pages, and frees them when other processes need the memory.
    """

    def setup_sqlite(self, conn: Any, record: Any) -> None:
        """Set up a connection as Prefect does, except for its cache."""
        super().setup_sqlite(conn, record)
        cursor = conn.cursor()
        cursor.execute(f"PRAGMA cache_size = -{_PAGE_CACHE}")
        cursor.close()


class IdleWorker(Worker):
    """A worker for the server's own services that polls less often; there is no setting for that.

    By default it polls four times a second, and ten times a second for cancellations by other processes, which is most
    of an idle server's load.
    """

    def __init__(self, docket: Docket) -> None:
        super().__init__(docket, minimum_check_interval=_POLL_INTERVAL, scheduling_resolution=_POLL_INTERVAL)

    async def _cancellation_listener(self) -> None:
        """Wait until the end, since no other process can cancel anything."""
        if (session := self._processing_session) is not None:
            session.cancellation_ready.set()
            await session.stopping.wait()


def application() -> Any:
    """Build Prefect's server application, which accepts loopback host names only.

    The server's own services call the inner application under another name, so the check wraps it from outside.
    """
    background_workers.Worker = IdleWorker  # type: ignore[assignment, attr-defined]
    dependencies.AioSqliteConfiguration = SmallCacheConfiguration  # type: ignore[attr-defined]
    return TrustedHostMiddleware(create_app(final=True), allowed_hosts=OWN_NAMES, www_redirect=False)


def migrate() -> None:
    """Upgrade Prefect's database in a child process, since migrations leave 40 MB in memory.

    The child is a fork, made before any thread runs here: a new Python process would take seconds to import Prefect.
    """
    gc.freeze()  # a collection in the child would copy memory that it shares with this process
    upgrade = lambda: asyncio.run(provide_database_interface().create_db())  # noqa: E731
    child = multiprocessing.get_context("fork").Process(target=upgrade)
    child.start()
    child.join()
    if child.exitcode:
        sys.exit("Prefect's database could not be upgraded; see the messages above")


def end_with_parent(pipe: IO[bytes], end: Callable[[], object]) -> None:
    """Call `end` when the parent closes its end of a pipe, which also happens if the parent is killed."""

    def wait() -> None:
        pipe.read()
        end()

    threading.Thread(target=wait, daemon=True).start()


def run(port: int, *, ends_with_parent: bool = False) -> None:
    """Serve on loopback until stopped."""
    share_one_arena()
    site = application()
    if PREFECT_API_DATABASE_MIGRATE_ON_START.value():
        migrate()
    if ends_with_parent:
        end_with_parent(sys.stdin.buffer, partial(os.killpg, os.getpgrp(), signal.SIGTERM))
    with temporary_settings({PREFECT_API_DATABASE_MIGRATE_ON_START: False}):
        # Prefect has already configured the loggers, including uvicorn's.
        uvicorn.run(site, host=HOST, port=port, log_config=None, log_level="warning", proxy_headers=False, backlog=64)


if __name__ == "__main__":
    run(int(sys.argv[1]), ends_with_parent=sys.argv[2:] == [CHILD])
