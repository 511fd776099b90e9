"""Find workers of Prefect that send no heartbeats any more, while others may still do the work."""

from __future__ import annotations

import base64
import json
import urllib.error
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from http.client import HTTPException
from typing import Any, Final
from urllib.parse import quote

from watcher.errors import Unavailable

_TIMEOUT: Final = 5.0  # seconds
_FORGOTTEN: Final = timedelta(days=7)  # Prefect keeps workers forever; this one was taken out of service


@dataclass(frozen=True, slots=True, kw_only=True)
class SilentWorker:
    """A worker by its name, which units make of the machine's, and when it sent its last heartbeat."""

    name: str
    at: datetime

    @property
    def message(self) -> str:
        """Say which worker it is and since when it has been silent."""
        return f"the worker {self.name} has sent no heartbeat since {self.at:%Y-%m-%d %H:%M} UTC"


def silent_workers(environ: Mapping[str, str], now: datetime) -> tuple[SilentWorker, ...]:
    """Ask the server of PREFECT_API_URL for the workers that missed three heartbeats; nothing where none is named.

    Raises Unavailable when it does not list them.
    """
    url = environ.get("PREFECT_API_URL", "").rstrip("/")
    if not url:
        return ()
    try:
        pools = [quote(pool["name"], safe="") for pool in _ask(url, "work_pools/filter", environ)]
        workers = [worker for pool in pools for worker in _ask(url, f"work_pools/{pool}/workers/filter", environ)]
        silent = [
            SilentWorker(name=worker["name"], at=datetime.fromisoformat(worker["last_heartbeat_time"]))
            for worker in workers
            if worker["status"] == "OFFLINE"
        ]
        return tuple(worker for worker in silent if now - worker.at < _FORGOTTEN)
    except (OSError, HTTPException, ValueError, TypeError, KeyError) as error:
        # Its own words may hold the address with a password.
        raise Unavailable(f"Prefect's server does not list its workers ({type(error).__name__})") from error


def _ask(url: str, path: str, environ: Mapping[str, str]) -> Any:
    headers = {"Content-Type": "application/json"}
    if login := environ.get("PREFECT_API_AUTH_STRING"):
        headers["Authorization"] = f"Basic {base64.b64encode(login.encode()).decode()}"
    request = urllib.request.Request(f"{url}/{path}", data=b"{}", headers=headers)  # noqa: S310  the operator's own setting
    try:
        with urllib.request.urlopen(request, timeout=_TIMEOUT) as answer:  # noqa: S310
            return json.load(answer)
    except urllib.error.HTTPError as error:
        error.close()  # it is an answer too
        raise
