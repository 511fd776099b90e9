"""Open database sessions with the right settings, and translate database errors to StoreErrors of one line."""

import re
import sqlite3
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, suppress
from datetime import datetime
from functools import cache, wraps
from importlib import import_module
from pathlib import Path
from time import monotonic, sleep
from typing import Any, Concatenate, Final, ParamSpec, TypeVar
from urllib.parse import quote, quote_plus

from sqlalchemy import URL, Connection, Engine, create_engine, event, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, SQLAlchemyError, StatementError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlmodel import Session, SQLModel

from snapshots.upgrade import HEAD, require_current_schema, schema_version
from watcher.errors import StoreError
from watcher.private_files import create_if_missing

URL_EXAMPLES: Final = "sqlite:///path/to/file.db or postgresql+psycopg://user@host/name"

# Patterns of the engines' errors (a SQLSTATE, or SQLite's message), and what the user can do about each.
ERROR_HINTS: Final = (
    (r"55P03|database is locked|database table is locked", "is locked by another process: try again later"),
    (r"57014", "took too long for one statement: it is busy, or lacks memory or fresh statistics (run VACUUM ANALYZE)"),
    (r"40P01|40001", "was busy with conflicting writes: try again"),
    (r"53100|database or disk is full", "has no space left: free some, nothing was written"),
    (r"57P0[123]", "was shut down or restarted meanwhile: try again later"),
    (r"53300", "has no free connection: try again later"),
    (r"25006|42501|readonly database", "cannot be written: check the permissions of this user"),
    (r"42P01|no such table", "is not set up: run `watcher check` or upgrade it"),
    (r"unable to open database file", "cannot be opened: does its folder exist, and may this user write there?"),
    (r"file is not a database|malformed", "is damaged or not SQLite: restore a backup"),
    (r"disk I/O error", "cannot be read or written: the disk is full or reports an error"),
)


_Repository = TypeVar("_Repository", bound="Repository")
_Arguments = ParamSpec("_Arguments")
_Result = TypeVar("_Result")
_Query = Callable[Concatenate[_Repository, Session, _Arguments], _Result]
_Method = Callable[Concatenate[_Repository, _Arguments], _Result]


class _Shared(threading.local):
    """The session that the repositories share in this thread, and whether it is a writing one."""

    session: Session | None = None
    writes: bool = False


class Database:
    """One SQLite or PostgreSQL database; each `read()` and `write()` block is one transaction."""

    def __init__(self, url: str, *, now: Callable[[], datetime], timeout: float, durable: bool = True) -> None:
        self.now = now
        self._url = parse_database_url(url)
        self.has_server = self._url.get_backend_name() != "sqlite"
        self._engine = connect(self._url, timeout=timeout, durable=durable)
        # A writer takes SQLite's lock at BEGIN. A reader that starts to write in its transaction fails at once with
        # SQLITE_BUSY, whatever the busy timeout, because its snapshot may be stale.
        self._writer = self._engine.execution_options(writer=True)
        self._timeout = timeout
        self._checked = False
        self._shared = _Shared()
        self._info: dict[str, Any] = {"row_ids": {}}

    @property
    def label(self) -> str:
        """Return the name of the database for messages: without user, password and options."""
        return redacted_url(self._url)

    def is_missing(self) -> bool:
        """Return whether this is an SQLite file that does not exist yet; opening a connection would create it."""
        file = self._url.database or ""
        return not self.has_server and not file.startswith("file:") and not Path(file).exists()

    def move_aside(self, suffix: str) -> str:
        """Rename an SQLite file and its log, and return the new name; a damaged file may still be of use."""
        self.close()
        self._checked = False
        for end in ("", "-wal", "-shm"):
            path = Path(f"{self._url.database}{end}")
            if path.exists():
                path.rename(f"{self._url.database}{suffix}{end}")
        return f"{self._url.database}{suffix}"

    def close(self) -> None:
        """Close all connections."""
        self._engine.dispose()

    def schema_version(self) -> str | None:
        """Return the number of the last migration; if it is ours, the first session does not check it again."""
        with translate_errors(self._url), self._engine.connect() as connection:
            result = schema_version(connection)
        self._checked = result == HEAD
        return result

    @contextmanager
    def read(self) -> Iterator[Session]:
        """Open a read-only session with a consistent view; within `view` or `transaction`, yield their session."""
        with self._session(self._engine, self._shared.session) as session:
            yield session

    @contextmanager
    def write(self) -> Iterator[Session]:
        """Begin a transaction; commit it at the end of the block, or roll it back if the block raises.

        Within `transaction`, take part in that transaction instead.
        """
        outer = self._shared.session if self._shared.writes else None
        with self._session(self._writer, outer) as session:
            yield session
            if outer is None:
                session.commit()

    @contextmanager
    def view(self) -> Iterator[None]:
        """Make all reads of this thread within the block see the same state of the database, in one transaction.

        They do not see what the block itself writes. The block must not wait, such as for a wiki: its view gets stale.
        """
        with self.read() as session, self._share(session, writes=self._shared.writes):
            yield

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Run all reads and writes of this thread within the block in one transaction; it must not wait for a wiki."""
        with self.write() as session, self._share(session, writes=True):
            yield

    @contextmanager
    def _share(self, session: Session, *, writes: bool) -> Iterator[None]:
        before = self._shared.session, self._shared.writes
        self._shared.session, self._shared.writes = session, writes
        try:
            yield
        finally:
            self._shared.session, self._shared.writes = before

    @contextmanager
    def connection(self, *, writer: bool = True) -> Iterator[Connection]:
        """Begin a transaction without foreign-key checks, for migrations, in which SQLite rebuilds tables."""
        engine = connect(self._url, timeout=self._timeout, foreign_keys=False)
        try:
            with translate_errors(self._url), engine.execution_options(writer=writer).begin() as connection:
                yield connection
        finally:
            engine.dispose()

    @contextmanager
    def _session(self, engine: Engine, outer: Session | None) -> Iterator[Session]:
        """Yield the outer session if there is one, else a new one; raise StoreError unless the schema is ours."""
        with translate_errors(self._url):
            if outer is not None:
                yield outer
                return
            with Session(engine, expire_on_commit=False, info=self._info) as session:
                if not self._checked:
                    require_current_schema(session.connection(), self.label)
                    self._checked = True
                yield session


class Repository:
    """Queries about one subject; each method marked `reads` or `writes` runs in one transaction."""

    def __init__(self, database: Database) -> None:
        self.database = database


def reads(query: _Query[_Repository, _Arguments, _Result]) -> _Method[_Repository, _Arguments, _Result]:
    """Run a method of a repository with a `session` that has a consistent view of the database."""
    return _in_transaction(query, Database.read)


def writes(query: _Query[_Repository, _Arguments, _Result]) -> _Method[_Repository, _Arguments, _Result]:
    """Run a method of a repository in a transaction, committed if it returns and rolled back if it raises."""
    return _in_transaction(query, Database.write)


def _in_transaction(
    query: _Query[_Repository, _Arguments, _Result], begin: Callable[[Database], AbstractContextManager[Session]]
) -> _Method[_Repository, _Arguments, _Result]:
    @wraps(query)
    def method(self: _Repository, /, *args: _Arguments.args, **options: _Arguments.kwargs) -> _Result:
        with begin(self.database) as session:
            return query(self, session, *args, **options)

    return method


def as_method(
    query: Callable[Concatenate[Session, _Arguments], _Result],
    begin: Callable[[Database], AbstractContextManager[Session]],
) -> Callable[Concatenate[Any, _Arguments], _Result]:
    """Return a method that runs `query` in its own transaction; other code calls `query` within an open one."""
    return _in_transaction(lambda _, *args, **options: query(*args, **options), begin)


def parse_database_url(url: str) -> URL:
    """Parse the URL of a database; raise StoreError, which does not quote the URL, if it is not a supported one."""
    try:
        parsed = make_url(url)
    except (ArgumentError, ValueError):
        raise StoreError(f"the database URL cannot be read: write {URL_EXAMPLES}") from None
    if parsed.drivername in {"postgresql", "postgres", "postgresql+psycopg"}:
        return parsed.set(drivername="postgresql+psycopg")
    if parsed.drivername not in {"sqlite", "sqlite+pysqlite"}:
        raise StoreError(f"a {parsed.drivername} database is not supported: write {URL_EXAMPLES}")
    if parsed.database in {None, "", ":memory:"}:
        raise StoreError("a database in memory would lose everything: give a file, sqlite:///path/to/file.db")
    return parsed


def connect(url: URL, *, timeout: float, foreign_keys: bool = True, durable: bool = True) -> Engine:
    """Create an engine whose connections have our settings and time limits (`timeout` in seconds)."""
    if url.get_backend_name() == "sqlite":
        engine = create_engine(url, connect_args={"timeout": timeout}, hide_parameters=True)
        _set_up_sqlite(engine, url, timeout, foreign_keys=foreign_keys, durable=durable)
        return engine
    engine = create_engine(
        url,
        connect_args={
            "connect_timeout": max(2, round(timeout)),  # libpq takes whole seconds, at least two
            "client_encoding": "UTF8",  # SQL_ASCII would return bytes before our listener can refuse it
        },
        pool_timeout=timeout,
        pool_pre_ping=True,  # a server that was restarted has closed the pooled connections
        hide_parameters=True,
    )
    _set_up_postgres(engine, url, timeout)
    return engine


def _switch_to_wal(cursor: sqlite3.Cursor, timeout: float) -> None:
    """Switch to a write-ahead log, with retries: SQLite's busy timeout does not cover two processes that switch."""
    end = monotonic() + timeout
    while True:
        try:
            cursor.execute("PRAGMA journal_mode = WAL")
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode != sqlite3.SQLITE_BUSY or monotonic() > end:
                raise
            sleep(0.01)
        else:
            return


def _set_up_sqlite(engine: Engine, url: URL, timeout: float, *, foreign_keys: bool, durable: bool) -> None:
    @event.listens_for(engine, "do_connect")
    def create(*_: object) -> None:
        # Create the file with mode 600 before SQLite does; its log and shared memory get the same mode.
        if url.database and not url.database.startswith("file:"):
            with suppress(OSError):  # SQLite itself reports why a file cannot be opened
                create_if_missing(Path(url.database))

    @event.listens_for(engine, "connect")
    def settings(connection: Any, _record: object) -> None:
        connection.isolation_level = None  # BEGIN is sent explicitly, below
        cursor = connection.cursor()
        # The mode is stored in the file. It is set only once, because switching locks the whole database.
        if cursor.execute("PRAGMA journal_mode").fetchone()[0] != "wal":
            _switch_to_wal(cursor, timeout)
        # FULL: a commit survives a power cut. With NORMAL it would survive SIGKILL, but a power cut might lose the
        # record that a message was sent. A few commits a minute make FULL cheap.
        cursor.execute(f"PRAGMA synchronous = {'FULL' if durable else 'OFF'}")
        cursor.execute("PRAGMA cache_size = -16384")  # KiB: holds the indexes for counting a queue of 100,000 findings
        cursor.execute(f"PRAGMA foreign_keys = {'ON' if foreign_keys else 'OFF'}")
        cursor.close()

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        raw: Any = connection.connection.dbapi_connection
        if raw.in_transaction:  # SQLAlchemy believes that a failed COMMIT has ended the transaction
            raw.rollback()
        statement = "BEGIN IMMEDIATE" if connection.get_execution_options().get("writer") else "BEGIN"
        try:  # by the driver: through SQLAlchemy it costs four times as much, and most transactions have one statement
            raw.execute(statement)
        except sqlite3.Error as error:
            raise DBAPIError(statement, None, error) from error


def _set_up_postgres(engine: Engine, url: URL, timeout: float) -> None:
    limits = {
        "lock_timeout": timeout,
        "statement_timeout": 6 * timeout,
        "idle_in_transaction_session_timeout": 12 * timeout,
    }

    @event.listens_for(engine, "connect")
    def settings(connection: Any, _record: object) -> None:
        encoding = connection.info.parameter_status("server_encoding")
        if encoding != "UTF8":  # SQL_ASCII returns bytes instead of texts, and the others cannot hold every title
            advice = "create it with: CREATE DATABASE … ENCODING 'UTF8' TEMPLATE template0"
            raise StoreError(f"{redacted_url(url)} has the encoding {encoding}, which cannot hold every text: {advice}")
        with connection.cursor() as cursor:
            for name, seconds in limits.items():
                cursor.execute("SELECT set_config(%s, %s, false)", (name, f"{round(seconds * 1000)}ms"))
        connection.commit()


def redacted_url(url: URL) -> str:
    """Return the name of a database for messages, without secrets."""
    if url.get_backend_name() == "sqlite":
        return f"database {url.database}"
    return f"database {url.database} on {url.host or 'this machine'}"


@contextmanager
def translate_errors(url: URL) -> Iterator[None]:
    """Translate database errors raised in the block to StoreErrors of one line."""
    try:
        yield
    except PoolTimeout as error:
        raise StoreError(f"{redacted_url(url)} has no free connection: try again later") from error
    except DBAPIError as error:
        message, sqlstate = str(error.orig), getattr(error.orig, "sqlstate", None)
        # A server reports each error with a SQLSTATE; an error without one is about the connection.
        unreachable = url.get_backend_name() == "postgresql" and sqlstate is None
        unknown = f"cannot be {'reached' if unreachable else 'used'}: {_redacted(message, url)}"
        hints = (hint for pattern, hint in ERROR_HINTS if re.search(pattern, f"{sqlstate} {message}"))
        raise StoreError(f"{redacted_url(url)} {next(hints, unknown)}") from error
    except StatementError as error:
        if isinstance(error.orig, Exception):  # one of our column types rejected a value
            raise error.orig from None
        raise
    except SQLAlchemyError as error:
        raise StoreError(f"{redacted_url(url)} cannot be used: {_redacted(str(error), url)}") from error


def _redacted(message: str, url: URL) -> str:
    """Return the first line of a message, with every spelling of the password masked."""
    line = next((line.strip() for line in message.splitlines() if line.strip()), "no reason given")
    options = [value for name, value in url.query.items() if "pass" in name]
    for secret in [url.password, *options]:
        for spelling in (str(secret), quote(str(secret)), quote_plus(str(secret))):
            if secret:
                line = line.replace(spelling, "***")
    return line[:300]


def insert_or_ignore(session: Session, table: type[SQLModel], rows: list[dict[str, Any]], *names: str) -> Sequence[Any]:
    """Insert the rows that violate no unique key, and return the named columns of these (default: nothing).

    Wait for another process that is inserting the same rows.
    """
    connection = session.connection()
    result = connection.execute(_insert(table, connection.dialect.name, *names), rows) if rows else None
    return result.all() if result and names else ()


def insert_or_ignore_row(session: Session, table: Any, row: dict[str, Any], *names: str) -> Any:
    """Insert a row and return the named columns of it (default: all), or None if it violates a unique key."""
    connection = session.connection()
    returned = names or tuple(table.__table__.c.keys())
    return connection.execute(_insert(table, connection.dialect.name, *returned), row).first()


def insert_for(engine: str) -> Any:
    """Return the INSERT of an engine's dialect, which supports ON CONFLICT, without importing the other dialect."""
    return import_module(f"sqlalchemy.dialects.{engine}").insert


@cache
def _insert(table: Any, engine: str, *names: str) -> Any:
    statement = insert_for(engine)(table).on_conflict_do_nothing()
    return statement.returning(*(table.__table__.c[name] for name in names)) if names else statement
