"""Ask Prefect's server over HTTP: its own client takes longer to import than most commands run."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from typing import Any, Final

_TIMEOUT: Final = 5.0  # seconds


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
