"""Provide Prefect's server as `watcher serve` starts it: one for all tests, and copies of its fresh database."""

import json
import os
import secrets
import shutil
import sqlite3
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import asdict, dataclass
from importlib.metadata import version
from pathlib import Path

import httpx

from flows.prefect_settings import client_environment, configure_prefect, server_environment
from tests.ports import free_port
from tests.waiting import wait_until

ROOT = Path(__file__).resolve().parents[1]
START_SECONDS = 180  # a fresh database takes half a minute on a busy machine
# The database of a new server, kept between runs: its migrations take most of the time of a start.
FRESH = ROOT / ".pytest_cache" / f"prefect-{version('prefect')}.db"
WAITED_FOR = ("FOREMAN", "SCHEDULER_RECENT_DEPLOYMENTS")


@dataclass(frozen=True, slots=True, kw_only=True)
class PrefectServer:
    """A running server: its address and password, its process and its log."""

    api: str
    login: str
    pid: int
    log: str

    @property
    def client(self) -> dict[str, str]:
        """The environment variables that a client needs."""
        return {"PREFECT_API_URL": self.api, "PREFECT_API_AUTH_STRING": self.login}

    def copy_of_database(self, folder: Path) -> dict[str, str]:
        """Give another server a migrated database; migrations take more than half of the time of a start."""
        path = shutil.copy(FRESH, folder / "prefect.db")
        return {"PREFECT_SERVER_DATABASE_CONNECTION_URL": f"sqlite+aiosqlite:///{path}"}


@contextmanager
def started_server() -> Iterator[str]:
    """Start the server with its own home folder; return the fields of PrefectServer as JSON."""
    with tempfile.TemporaryDirectory() as folder:
        environ = {name: value for name, value in os.environ.items() if not name.startswith("PREFECT_")}
        configure_prefect(Path(folder), environ)
        # With a password, as the server of several machines has one.
        environ |= {"PREFECT_SERVER_API_AUTH_STRING": f"watcher:{secrets.token_urlsafe(32)}"}
        environ |= {"PREFECT_SERVER_UI_ENABLED": "false"}
        settings = server_environment({**environ, "PYTHONPATH": str(ROOT)}, free_port())
        # Tests wait for what it does every few seconds.
        settings |= {f"PREFECT_SERVER_SERVICES_{name}_LOOP_SECONDS": "1" for name in WAITED_FOR}
        command = [sys.executable, "-m", "flows.prefect_server", settings["PREFECT_SERVER_API_PORT"]]
        log, database = Path(folder) / "log.txt", Path(folder) / "prefect.db"
        if FRESH.exists():
            shutil.copy(FRESH, database)
        with log.open("wb") as text:
            process = subprocess.Popen(command, env=settings, stdout=text, stderr=text, stdin=subprocess.DEVNULL)
        try:
            client = client_environment(environ, settings)
            _wait_for(client["PREFECT_API_URL"], process)
            if not FRESH.exists():
                FRESH.parent.mkdir(parents=True, exist_ok=True)
                new = FRESH.with_suffix(f".{process.pid}")
                with closing(sqlite3.connect(database)) as source, closing(sqlite3.connect(new)) as copy:
                    source.backup(copy)
                new.replace(FRESH)
            server = PrefectServer(
                api=client["PREFECT_API_URL"], login=client["PREFECT_API_AUTH_STRING"], pid=process.pid, log=str(log)
            )
            yield json.dumps(asdict(server))
        finally:
            process.terminate()
            process.wait(timeout=180)


def _wait_for(api: str, process: subprocess.Popen[bytes]) -> None:
    def answers() -> bool:
        try:
            return httpx.get(f"{api}/health", timeout=10, trust_env=False).status_code == 200
        except httpx.TransportError:
            return False

    ended_or_up = wait_until(lambda: process.poll() is not None or answers(), START_SECONDS)
    if not ended_or_up or process.poll() is not None:
        raise AssertionError("Prefect's server does not come up")
