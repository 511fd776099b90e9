"""Run Prefect's server for this machine alone: `python -m flows.prefect_server PORT`.

`prefect server start` answers to any Host, so that a web page whose name is made to mean 127.0.0.1 could talk to it.
"""

from __future__ import annotations

import sys
from typing import Any, Final

import uvicorn
from prefect.server.api.server import create_app
from starlette.middleware.trustedhost import TrustedHostMiddleware

from flows.prefect_settings import HOST

OWN_NAMES: Final = (HOST, "localhost")


def application() -> Any:
    """Build Prefect's server for loopback names only.

    The server's own services call the inner application under another name, so it is wrapped from outside.
    """
    return TrustedHostMiddleware(create_app(final=True), allowed_hosts=OWN_NAMES, www_redirect=False)


def run(port: int) -> None:
    """Serve on loopback until stopped."""
    # Prefect has configured the loggers, those of uvicorn too.
    uvicorn.run(
        application(), host=HOST, port=port, log_config=None, log_level="warning", proxy_headers=False, backlog=64
    )


if __name__ == "__main__":
    run(int(sys.argv[1]))
