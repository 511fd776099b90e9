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
    binaries = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: int(path.parts[4]))
    if not binaries:
        yield None
        return
    # Not pytest's tmp_path: its parents are closed to the user that the server has to run as.
    folder = Path(tempfile.mkdtemp(prefix="watcher-postgres-"))
    try:
        with _server(binaries[-1].parent, folder) as address:
            yield Cluster(url=address)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _user() -> dict[str, str | int]:
    """Root may not run PostgreSQL: Debian's package brings a user for it."""
    if os.getuid() != 0:
        return {}
    entry = pwd.getpwnam("postgres")
    return {"user": entry.pw_uid, "group": entry.pw_gid}


@contextmanager
def _server(binaries: Path, folder: Path) -> Iterator[str]:
    user = _user()
    if user:
        os.chown(folder, int(user["user"]), int(user["group"]))
    rows = folder / "rows"
    environment = {"PATH": os.environ.get("PATH", ""), "LC_ALL": "C.UTF-8"}
    subprocess.run(
        [binaries / "initdb", "-D", rows, "-U", "watcher", "-A", "trust", "-E", "UTF8", "--no-sync"],
        check=True,
        capture_output=True,
        cwd=folder,
        env=environment,
        timeout=START_SECONDS,
        **user,
    )
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    fast = ["-c", "fsync=off", "-c", "synchronous_commit=off", "-c", "full_page_writes=off"]
    server = subprocess.Popen(
        [binaries / "postgres", "-D", rows, "-h", "127.0.0.1", "-p", str(port), "-k", folder, *fast],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        cwd=folder,
        env=environment,
        **user,
    )
    try:
        subprocess.run(
            ["sh", "-c", f'until "{binaries}/pg_isready" -q -h 127.0.0.1 -p {port}; do sleep 0.1; done'],
            check=True,
            timeout=START_SECONDS,
        )
        yield f"postgresql+psycopg://watcher@127.0.0.1:{port}/postgres"
    finally:
        server.send_signal(signal.SIGINT)  # "fast": disconnects who is left
        server.wait(timeout=START_SECONDS)
