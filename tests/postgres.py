"""Provide a PostgreSQL server: a running one, or a temporary one on loopback from Debian's binaries."""

import os
import pwd
import secrets
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psycopg
import pytest
from sqlalchemy import make_url

from snapshots import Archive
from tests.ports import free_port

START_SECONDS = 60


# Remove all rows, reset the sequences and close other connections; compare afterwards what a test could
# have changed besides rows. A table that was never written has no block, so it is not opened.
EMPTY = """
SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid();
DO $$
DECLARE name regclass;
BEGIN
  SET LOCAL session_replication_role = replica;
  FOR name IN SELECT oid FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind = 'r'
    AND relname <> 'alembic_version' AND pg_relation_size(oid) > 0 LOOP
    EXECUTE format('DELETE FROM %s', name);
  END LOOP;
  PERFORM setval(format('%I', sequencename)::regclass, start_value, false)
    FROM pg_sequences WHERE schemaname = 'public' AND last_value IS NOT NULL;
END $$"""
# The transactions that wrote the catalogue's rows about our tables: each change of a table, a column, an index, a
# default or a constraint is another one. The objects of a database have numbers from 16384 on (FirstNormalObjectId).
CATALOGUE = """
SELECT concat_ws(' ',
  (SELECT sum(xmin::text::bigint) FROM pg_class WHERE oid >= 16384),
  (SELECT sum(xmin::text::bigint) FROM pg_attribute WHERE attrelid >= 16384),
  (SELECT sum(xmin::text::bigint) FROM pg_attrdef WHERE adrelid >= 16384),
  (SELECT sum(xmin::text::bigint) FROM pg_constraint WHERE oid >= 16384),
  (SELECT version_num FROM alembic_version),
  (SELECT string_agg(array_to_string(setconfig, ' '), ' ') FROM pg_db_role_setting
    WHERE setdatabase = (SELECT oid FROM pg_database WHERE datname = current_database())))"""


@dataclass(frozen=True, slots=True)
class MigratedDatabase:
    """A database with all tables, the state of its catalogue, and the connection that empties it after a test.

    A new connection would take ten times as long as the emptying: its server process reads the catalogue anew.
    """

    address: str
    catalogue: str
    connection: psycopg.Connection[Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Cluster:
    """A server by the URL of one of its databases, and the name of a database that has all tables."""

    url: str
    template: str = "template1"
    free: list[MigratedDatabase] = field(default_factory=list)
    """Emptied databases that the next test can use."""

    @contextmanager
    def database(self) -> Iterator[str]:
        """The URL of a fresh database without tables, dropped in the end."""
        address = self.create("template1")
        try:
            yield address
        finally:
            self.drop(address)

    @contextmanager
    def migrated(self) -> Iterator[str]:
        """The URL of a database with all tables and no rows; emptying one takes a sixth of the time of making one."""
        database = self.free.pop() if self.free else self._copy()
        yield database.address
        try:
            database.connection.execute(EMPTY)
            intact = database.connection.execute(CATALOGUE).fetchone() == (database.catalogue,)
        except psycopg.Error:
            intact = False
        if intact:
            self.free.append(database)
        else:
            database.connection.close()
            self.drop(database.address)

    def create(self, template: str) -> str:
        """Create a database as a copy of `template` and return its URL."""
        address = make_url(self.url).set(database=f"watcher_{secrets.token_hex(6)}")
        self.run(f'CREATE DATABASE "{address.database}" TEMPLATE "{template}"')
        return address.render_as_string(hide_password=False)

    def drop(self, address: str) -> None:
        """Drop a database, even if it is in use."""
        self.run(f'DROP DATABASE IF EXISTS "{make_url(address).database}" WITH (FORCE)')

    def run(self, statement: str) -> None:
        """Run one statement outside a transaction."""
        with _connection(self.url) as connection:
            connection.execute(statement)

    def close(self) -> None:
        """Close the connections to the databases that are free."""
        while self.free:
            self.free.pop().connection.close()

    def _copy(self) -> MigratedDatabase:
        address = self.create(self.template)
        connection = _connection(address)
        (catalogue,) = connection.execute(CATALOGUE).fetchone() or ("",)
        return MigratedDatabase(address, catalogue, connection)


def _connection(address: str) -> psycopg.Connection[Any]:
    plain = make_url(address).set(drivername="postgresql").render_as_string(hide_password=False)
    return psycopg.connect(plain, autocommit=True, connect_timeout=10)


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
    # Not pytest's tmp_path: the user of the server cannot read its parents.
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


@contextmanager
def started_cluster() -> Iterator[str]:
    """Two URLs, a line each: of the server of WATCHER_TEST_POSTGRES or a new one, and of a database with all tables."""
    with cluster(os.environ.get("WATCHER_TEST_POSTGRES")) as server:
        if server is None:
            pytest.skip("no PostgreSQL: set WATCHER_TEST_POSTGRES or run tests/postgres_install.sh")
        with server.database() as address:
            with Archive(address) as archive:
                archive.upgrade()
            yield f"{server.url}\n{address}"


def _user() -> dict[str, str | int]:
    """Root may not run PostgreSQL: Debian's package creates a user for it."""
    if os.getuid() != 0:
        return {}
    entry = pwd.getpwnam("postgres")
    return {"user": entry.pw_uid, "group": entry.pw_gid}


class Server:
    """A temporary server in `folder`; it keeps its data if it is stopped and started again."""

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
        self._port = free_port()
        self._running: subprocess.Popen[bytes] | None = None
        self.url = f"postgresql+psycopg://watcher@127.0.0.1:{self._port}/postgres"

    def start(self) -> None:
        """Start it, and wait until it answers."""
        slow = "fsync", "autovacuum", "jit", "synchronous_commit", "full_page_writes"
        fast = [f"--{name}=off" for name in slow]
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
        """Stop it in the mode "fast", which closes all connections."""
        if self._running is not None:
            self._running.send_signal(signal.SIGINT)
            self._running.wait(timeout=START_SECONDS)


def newest_binaries() -> Path | None:
    """The folder of the newest PostgreSQL of this machine."""
    binaries = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: int(path.parts[4]))
    return binaries[-1].parent if binaries else None
