"""Find workers of Prefect that send no heartbeats any more, while others may still do the work."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final
from urllib.parse import quote

from watcher.errors import Unavailable
from watcher.services.prefect_api import ask_prefect, server_url

_OK: Final = 200
_FORGOTTEN: Final = timedelta(days=7)  # Prefect keeps workers forever; this one was taken out of service
# A worker without a name of its own, as in containers: one that starts again is another one to Prefect.
_UNNAMED: Final = re.compile(r"\w+ [0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_UNNAMED_FORGOTTEN: Final = timedelta(hours=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class SilentWorker:
    """A worker by its name, which units make of the machine's, and when it sent its last heartbeat."""

    name: str
    at: datetime

    @property
    def message(self) -> str:
        """Say which worker it is and since when it has been silent."""
        return f"the worker {self.name} has sent no heartbeat since {self.at:%Y-%m-%d %H:%M} UTC"

    @property
    def forgotten_after(self) -> timedelta:
        """Return for how long it is listed: each restart would leave a worker with a name made by Prefect."""
        return _UNNAMED_FORGOTTEN if _UNNAMED.fullmatch(self.name) else _FORGOTTEN


def silent_workers(environ: Mapping[str, str], now: datetime) -> tuple[SilentWorker, ...]:
    """Ask the server of PREFECT_API_URL for the workers that missed three heartbeats; nothing where none is named.

    Raises Unavailable when it does not list them.
    """
    if not server_url(environ):
        return ()
    try:
        pools = [quote(pool["name"], safe="") for pool in _listed(environ, "work_pools/filter")]
        workers = [worker for pool in pools for worker in _listed(environ, f"work_pools/{pool}/workers/filter")]
        silent = [
            SilentWorker(name=worker["name"], at=datetime.fromisoformat(worker["last_heartbeat_time"]))
            for worker in workers
            if worker["status"] == "OFFLINE"
        ]
        return tuple(worker for worker in silent if now - worker.at < worker.forgotten_after)
    except (OSError, ValueError, TypeError, KeyError) as error:
        # Its own words may hold the address with a password.
        raise Unavailable(f"Prefect's server does not list its workers ({type(error).__name__})") from error


def _listed(environ: Mapping[str, str], path: str) -> Any:
    status, answer = ask_prefect(environ, path, {})
    if status != _OK:
        raise Unavailable(f"Prefect's server does not list its workers (status {status})")
    return json.loads(answer)
