"""Ask Prefect's server over HTTP: its own client takes longer to import than most commands run."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final
from urllib.parse import quote

from watcher.errors import Unavailable
from watcher.services.logs import redact

_TIMEOUT: Final = 5.0  # seconds
_OK: Final = 200
_SERVER_ERRORS: Final = 500  # the least status of an error of the server's own
_FORGOTTEN: Final = timedelta(days=7)  # Prefect keeps workers forever; this one was taken out of service
# A worker without a name of its own, as in containers: one that starts again is another one to Prefect.
_UNNAMED: Final = re.compile(r"\w+ [0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_UNNAMED_FORGOTTEN: Final = timedelta(hours=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class PrefectWorker:
    """A worker by its name, which units make of the machine's, and when it sent its last heartbeat."""

    name: str
    at: datetime
    online: bool

    @property
    def message(self) -> str:
        """Say which worker it is and since when it has been silent."""
        return f"the worker {self.name} has sent no heartbeat since {self.at:%Y-%m-%d %H:%M} UTC"

    def is_missed(self, now: datetime) -> bool:
        """Return whether it is silent and still expected: a restart leaves each name that Prefect made behind."""
        forgotten_after = _UNNAMED_FORGOTTEN if _UNNAMED.fullmatch(self.name) else _FORGOTTEN
        return not self.online and now - self.at < forgotten_after


def server_url(environ: Mapping[str, str]) -> str:
    """Return the address of Prefect's server, empty where none is named."""
    return environ.get("PREFECT_API_URL", "").rstrip("/")


def ask_prefect(environ: Mapping[str, str], path: str, content: Any = None) -> tuple[int, bytes]:
    """Send a request to the server of PREFECT_API_URL, with `content` as JSON; return the status and the answer.

    The answer is empty where the status is an error. Raises OSError or ValueError when there is none.
    """
    # Few commands have a server to ask.
    from http.client import HTTPException
    from urllib import request as http
    from urllib.error import HTTPError

    # Nothing here follows redirects: the password would be sent to wherever one points.
    opener = http.OpenerDirector()
    for make_handler in (
        http.ProxyHandler,
        http.HTTPHandler,
        http.HTTPSHandler,
        http.UnknownHandler,
        http.HTTPErrorProcessor,
        http.HTTPDefaultErrorHandler,
    ):
        opener.add_handler(make_handler())
    headers = {"Content-Type": "application/json"}
    if login := environ.get("PREFECT_API_AUTH_STRING"):
        headers["Authorization"] = f"Basic {base64.b64encode(login.encode()).decode()}"
    body = None if content is None else json.dumps(content).encode()
    request = http.Request(f"{server_url(environ)}/{path}", data=body, headers=headers)  # noqa: S310  the operator's own setting
    try:
        with opener.open(request, timeout=_TIMEOUT) as answer:
            return int(answer.status), answer.read()
    except HTTPError as error:
        error.close()  # it is an answer too
        return error.code, b""
    except HTTPException as error:
        raise ConnectionError(type(error).__name__) from error


def prefect_problem(environ: Mapping[str, str]) -> str:
    """Ask the server of PREFECT_API_URL for its health, and say what is wrong; empty when it answers or none is named.

    Runs are neither scheduled nor started without it, and no flow could tell.
    """
    if not (url := server_url(environ)):
        return ""
    try:
        status, _ = ask_prefect(environ, "health")
        reason = f"status {status}" if status >= _SERVER_ERRORS else ""
    except (OSError, ValueError) as error:
        reason = str(getattr(error, "reason", "") or error) or type(error).__name__
    # Where it answers, it works, whatever it thinks of the request.
    return redact(f"Prefect's server at {url} does not answer ({reason}): no checks are started") if reason else ""


def workers(environ: Mapping[str, str]) -> tuple[PrefectWorker, ...]:
    """Ask the server of PREFECT_API_URL for its workers; nothing where none is named.

    One that missed three heartbeats is not online. Raises Unavailable when the server does not list them.
    """
    if not server_url(environ):
        return ()
    try:
        pools = [quote(pool["name"], safe="") for pool in _listed(environ, "work_pools/filter")]
        return tuple(
            PrefectWorker(
                name=worker["name"],
                at=datetime.fromisoformat(worker["last_heartbeat_time"]),
                online=worker["status"] != "OFFLINE",
            )
            for pool in pools
            for worker in _listed(environ, f"work_pools/{pool}/workers/filter")
        )
    except (OSError, ValueError, TypeError, KeyError) as error:
        # Its own words may hold the address with a password.
        raise Unavailable(f"Prefect's server does not list its workers ({type(error).__name__})") from error


def _listed(environ: Mapping[str, str], path: str) -> Any:
    status, answer = ask_prefect(environ, path, {})
    if status != _OK:
        raise Unavailable(f"Prefect's server does not list its workers (status {status})")
    return json.loads(answer)
