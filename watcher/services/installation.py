"""Find the watchlist of this installation, and run a step of the application with it.

Flows take names and ids as parameters, never a path: whoever may start a flow run would otherwise choose which file is
read, and where databases and reports are written.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Concatenate, Final, ParamSpec, TypeVar

from watcher.services.context import AppContext
from watcher.services.startup import open_context

P = ParamSpec("P")
T = TypeVar("T")

WATCHLIST_VARIABLE: Final = "WATCHER_WATCHLIST"
DEFAULT_WATCHLIST: Final = Path("watchlist.toml")


def installed_watchlist(environ: Mapping[str, str] = os.environ) -> Path:
    """Return the watchlist that the environment names, as for every command, else the one in the working directory."""
    return Path(environ.get(WATCHLIST_VARIABLE) or DEFAULT_WATCHLIST)


async def run_step(step: Callable[Concatenate[AppContext, P], T], *args: P.args, **options: P.kwargs) -> T:
    """Run `step(context, *args, **options)` in a thread, in a context of its own.

    In a thread, because steps block and Prefect's heartbeats need the event loop.
    """

    def work() -> T:
        with open_context(installed_watchlist()) as services:
            return step(services, *args, **options)

    return await asyncio.to_thread(work)
