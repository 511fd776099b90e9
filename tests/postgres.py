"""A PostgreSQL server for tests: one that runs already, or a throw-away one on loopback from Debian's binaries."""

from __future__ import annotations

import os
import pwd
import secrets
import shutil
import signal
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psycopg
from sqlalchemy import make_url

START_SECONDS = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class Cluster:
    """A server by the URL of one of its databases."""

    url: str

    @contextmanager
    def database(self, template: str = "template1") -> Iterator[str]:
        """The URL of a fresh database, empty or a copy of the one named `template`, dropped in the end."""
        name = f"watcher_{secrets.token_hex(6)}"
        self.run(f'CREATE DATABASE "{name}" TEMPLATE "{template}"')
        try:
            yield make_url(self.url).set(database=name).render_as_string(hide_password=False)
        finally:
            self.run(f'DROP DATABASE "{name}" WITH (FORCE)')

    def run(self, statement: str) -> None:
        """Run one statement outside a transaction."""
        plain = make_url(self.url).set(drivername="postgresql").render_as_string(hide_password=False)
        with psycopg.connect(plain, autocommit=True, connect_timeout=10) as connection:
            connection.execute(statement)


@contextmanager
def cluster(url: str | None) -> Iterator[Cluster | None]:
    """The server at `url`, else a new one, else None where PostgreSQL is not installed."""
    if url:
        yield Cluster(url=url)
        return
    binaries = newest_binaries()
    if binaries is None:
        yield None
        return
    # Not pytest's tmp_path: its parents are closed to the user that the server has to run as.
    folder = Path(tempfile.mkdtemp(prefix="watcher-postgres-"))
    try:
        server = Server(binaries, folder)
        server.start()
        try:
            yield Cluster(url=server.url)
        finally:
            server.stop()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _user() -> dict[str, str | int]:
    """Root may not run PostgreSQL: Debian's package brings a user for it."""
    if os.getuid() != 0:
        return {}
    entry = pwd.getpwnam("postgres")
    return {"user": entry.pw_uid, "group": entry.pw_gid}


class Server:
    """A throw-away server in `folder`; it can be stopped and started again with all that it holds."""

    def __init__(self, binaries: Path, folder: Path) -> None:
        self._binaries, self._folder, self._rows = binaries, folder, folder / "rows"
        self._user = _user()
        self._environment = {"PATH": os.environ.get("PATH", ""), "LC_ALL": "C.UTF-8"}
        if self._user:
            os.chown(folder, int(self._user["user"]), int(self._user["group"]))
        subprocess.run(
            [binaries / "initdb", "-D", self._rows, "-U", "watcher", "-A", "trust", "-E", "UTF8", "--no-sync"],
            check=True,
            capture_output=True,
            cwd=folder,
            env=self._environment,
            timeout=START_SECONDS,
            **self._user,
        )
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self._port = probe.getsockname()[1]
        self._running: subprocess.Popen[bytes] | None = None
        self.url = f"postgresql+psycopg://watcher@127.0.0.1:{self._port}/postgres"

    def start(self) -> None:
        """Start it, and wait until it answers."""
        fast = [
            "-c",
            "fsync=off",
            "-c",
            "autovacuum=off",
            "-c",
            "jit=off",
            "-c",
            "synchronous_commit=off",
            "-c",
            "full_page_writes=off",
        ]
        location = ["-D", self._rows, "-h", "127.0.0.1", "-p", str(self._port), "-k", self._folder]
        self._running = subprocess.Popen(
            [self._binaries / "postgres", *location, *fast],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            cwd=self._folder,
            env=self._environment,
            **self._user,
        )
        ready = f'until "{self._binaries}/pg_isready" -q -h 127.0.0.1 -p {self._port}; do sleep 0.1; done'
        subprocess.run(["sh", "-c", ready], check=True, timeout=START_SECONDS)

    def stop(self) -> None:
        """Stop it "fast": whoever is connected is thrown out."""
        if self._running is not None:
            self._running.send_signal(signal.SIGINT)
            self._running.wait(timeout=START_SECONDS)


def newest_binaries() -> Path | None:
    """The folder of the newest PostgreSQL of this machine."""
    binaries = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: int(path.parts[4]))
    return binaries[-1].parent if binaries else None
