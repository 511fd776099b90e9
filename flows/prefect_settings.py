"""Configure Prefect for one machine: no telemetry, little logging, and its own home folder and password."""

from __future__ import annotations

import ctypes
import os
import secrets
from collections.abc import Mapping, MutableMapping
from contextlib import suppress
from pathlib import Path
from typing import Final

from watcher.services.operations.logs import LOG_FORMAT_VARIABLE
from watcher.version import deployment_folder

HOST: Final = "127.0.0.1"
"""The address on which this machine's Prefect server listens; other machines cannot reach it."""

_M_ARENA_MAX: Final = -8  # from malloc.h

# Measured on Prefect 3.9: DO_NOT_TRACK alone does not silence the server's telemetry.
_ALWAYS = {"DO_NOT_TRACK": "1", "PREFECT_SERVER_ANALYTICS_ENABLED": "false", "PREFECT_LOGGING_LEVEL": "WARNING"}
# Migrating a new database takes up to 20 s, which is exactly the default timeout.
_EMBEDDED = {
    "PREFECT_SERVER_ALLOW_EPHEMERAL_MODE": "true",
    "PREFECT_SERVER_EPHEMERAL_STARTUP_TIMEOUT_SECONDS": "120",
    # Two runs a minute and their events take some 80 MB a day; two days are kept (172,800 seconds).
    "PREFECT_SERVER_EVENTS_RETENTION_PERIOD": "2d",
    "PREFECT_SERVER_SERVICES_DB_VACUUM_ENABLED": "events,flow_runs",
    "PREFECT_SERVER_SERVICES_DB_VACUUM_RETENTION_PERIOD": "172800",
}
_FOR_PAGES: Final = (
    "CANCELLATION_CLEANUP CLEANUP_RECONCILER EVENT_PERSISTER FOREMAN LATE_RUNS PAUSE_EXPIRATIONS REPOSSESSOR SCHEDULER "
    "TASK_RUN_RECORDER TRIGGERS"
).split()
# Without a known password, nobody can open Prefect's pages or see the data for them. Most of an idle server's load is
# polling for things that need these pages: work pools, workers, limits, automations. The schedules are ours.
_WITHOUT_PAGES: Final = {
    "PREFECT_SERVER_UI_ENABLED": "false",
    "PREFECT_LOGGING_TO_API_ENABLED": "false",
    **{f"PREFECT_SERVER_SERVICES_{name}_ENABLED": "false" for name in _FOR_PAGES},
}
# Prefect's log records in the same form as ours: one JSON object each, and equal ones once a minute.
_JSON_LOGS = {"PREFECT_LOGGING_SETTINGS_PATH": str(deployment_folder() / "prefect-logging.yaml")}
# If a server is stopped while it writes, its libraries log stack traces of cancelled tasks. The level is set on the
# handler, not the root logger, because SQLAlchemy's logger has a level of its own.
_SILENT_LOGS = {"PREFECT_LOGGING_HANDLERS_CONSOLE_LEVEL": "CRITICAL"}


def configure_prefect(
    home: Path | None = None, environ: MutableMapping[str, str] = os.environ, *, silence_logs: bool = False
) -> None:
    """Set settings that the user has not set, before Prefect is imported; `home` is a folder for Prefect's database.

    With `home` and without PREFECT_API_URL, flows run on Prefect's embedded server. `silence_logs` is for programs that
    report errors themselves: nothing is logged to standard error.
    """
    requested = _ALWAYS | (_SILENT_LOGS if silence_logs else {})
    if environ.get(LOG_FORMAT_VARIABLE) == "json":
        requested |= _JSON_LOGS
    if home is not None and "PREFECT_API_URL" not in environ:
        requested |= _EMBEDDED
        environ["PREFECT_HOME"] = str(home)
        # By default, Prefect unpacks its pages into its own package, where a service may not write.
        environ.setdefault("PREFECT_SERVER_UI_STATIC_DIRECTORY", str(home / "ui"))
    for name, value in requested.items():
        environ.setdefault(name, value)


def server_environment(environ: Mapping[str, str], port: int) -> dict[str, str]:
    """Build the server's environment: a password, no other origin, and pages only if the user set the password.

    Unless PREFECT_SERVER_API_AUTH_STRING sets it, each start has a new password.
    """
    address = f"http://{HOST}:{port}"
    own_password = environ.get("PREFECT_SERVER_API_AUTH_STRING")
    settings = {
        "PREFECT_API_URL": f"{address}/api",
        "PREFECT_SERVER_API_HOST": HOST,
        "PREFECT_SERVER_API_PORT": str(port),
        "PREFECT_SERVER_API_AUTH_STRING": own_password or f"watcher:{secrets.token_urlsafe(32)}",
        "PREFECT_SERVER_CORS_ALLOWED_ORIGINS": address,
    }
    if not own_password:
        settings |= _WITHOUT_PAGES
    return {**environ, **settings}


def client_environment(environ: Mapping[str, str], server: Mapping[str, str]) -> dict[str, str]:
    """Build the environment of the server's clients: its URL and password, without its settings."""
    own = {name: value for name, value in environ.items() if name != "PREFECT_SERVER_API_AUTH_STRING"}
    own["PREFECT_API_URL"] = server["PREFECT_API_URL"]
    own["PREFECT_API_AUTH_STRING"] = server["PREFECT_SERVER_API_AUTH_STRING"]
    own |= {name: value for name, value in server.items() if name == "PREFECT_LOGGING_TO_API_ENABLED"}
    # A proxy in the environment must not be used for this machine.
    excepted = ",".join(filter(None, (own.get("no_proxy") or own.get("NO_PROXY"), HOST)))
    return own | {"no_proxy": excepted, "NO_PROXY": excepted}


def share_one_arena() -> None:
    """Make the threads that this process starts from now on share one of glibc's memory arenas.

    Otherwise each thread would keep some megabytes of freed memory, and Python runs one thread at a time anyway.
    """
    with suppress(OSError, AttributeError):  # another C library
        ctypes.CDLL(None).mallopt(_M_ARENA_MAX, 1)
