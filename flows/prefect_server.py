"""Run Prefect's server for this machine alone: `python -m flows.prefect_server PORT [child]`.

As a child it leads a group of processes, and ends when its standard input is closed.

`prefect server start` answers to any Host, so that a web page whose name is made to mean 127.0.0.1 could talk to it.
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
_LOOK: Final = timedelta(seconds=2)  # the shortest of the server's own services is due every five
_PAGE_CACHE: Final = 2_000  # KiB of each connection, as SQLite has it by default


class SmallCacheConfiguration(AioSqliteConfiguration):
    """Opens Prefect's SQLite file with small caches.

    Prefect lets the cache of each of its connections grow to 80 MB, as its file does in two days. The kernel has the
    same pages in its own cache, which it gives up when others need the memory.
    """

    def setup_sqlite(self, conn: Any, record: Any) -> None:
        """Set up a connection as Prefect does, but for its cache."""
        super().setup_sqlite(conn, record)
        cursor = conn.cursor()
        cursor.execute(f"PRAGMA cache_size = -{_PAGE_CACHE}")
        cursor.close()


class IdleWorker(Worker):
    """Runs the server's own services, looking less often for what is due; no setting says how often.

    It would look four times a second, and ten times a second for cancellations from other processes: most of what an
    idle server does.
    """

    def __init__(self, docket: Docket) -> None:
        super().__init__(docket, minimum_check_interval=_LOOK, scheduling_resolution=_LOOK)

    async def _cancellation_listener(self) -> None:
        """Wait until the end: there is no other process."""
        if (session := self._processing_session) is not None:
            session.cancellation_ready.set()
            await session.stopping.wait()


def application() -> Any:
    """Build Prefect's server for loopback names only.

    The server's own services call the inner application under another name, so it is wrapped from outside.
    """
    background_workers.Worker = IdleWorker  # type: ignore[assignment, attr-defined]
    dependencies.AioSqliteConfiguration = SmallCacheConfiguration  # type: ignore[attr-defined]
    return TrustedHostMiddleware(create_app(final=True), allowed_hosts=OWN_NAMES, www_redirect=False)


def migrate() -> None:
    """Upgrade Prefect's database in a process that ends: what migrations leave in memory is 40 MB.

    It is a fork, before any thread runs here: another Python would take seconds to import Prefect again.
    """
    gc.freeze()  # a collection in the child would copy what it shares with this process
    upgrade = lambda: asyncio.run(provide_database_interface().create_db())  # noqa: E731
    child = multiprocessing.get_context("fork").Process(target=upgrade)
    child.start()
    child.join()
    if child.exitcode:
        sys.exit("Prefect's database could not be upgraded; see the messages above")


def end_with_parent(pipe: IO[bytes], end: Callable[[], object]) -> None:
    """End this process when a pipe is closed that its parent has open: also one that was killed leaves no server."""

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
        # Prefect has configured the loggers, those of uvicorn too.
        uvicorn.run(site, host=HOST, port=port, log_config=None, log_level="warning", proxy_headers=False, backlog=64)


if __name__ == "__main__":
    run(int(sys.argv[1]), ends_with_parent=sys.argv[2:] == [CHILD])
