"""Write, read and restore backups: a compressed stream of JSON lines with a checksum, from and to either engine.

Backups are unpacked and split in bounded memory: a file from elsewhere must not be able to exhaust the machine.

A restore does not bring back users and tokens that were removed after the backup was made. The replaced database says
who may sign in today, so credentials that it does not have are left out: a missing token was revoked, a different
password was changed, and a scope can only shrink. A database without users and tokens does not say what was revoked:
then users are restored, because somebody must be able to sign in, and tokens only if the operator asks for them.
"""

import base64
import json
import os
import re
import struct
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import partial
from hashlib import sha256
from io import BufferedReader
from typing import Any, BinaryIO, Final

import zstandard
from sqlalchemy import Connection, DateTime, LargeBinary, MetaData, Row, Table, select, text
from sqlalchemy.exc import DBAPIError, StatementError
from sqlalchemy.types import TypeEngine

from snapshots.accounts import Scope
from snapshots.archive import Archive
from snapshots.upgrade import ADVISORY_LOCK, FIRST, HEAD, migrate, reset_sequences, schema_version
from watcher.errors import InputError, StoreError

FORMAT: Final = "article-watcher-backup"
VERSION: Final = 1
_LEVEL: Final = 3  # a fifth of the time of level 9, and an eighth more bytes
_ROWS_AT_ONCE: Final = 500
_WRITTEN_AT_ONCE: Final = 2**17  # bytes; each call of the compressor allocates as many for its output
_SCHEMA: Final = re.compile(r"\d{4}")
# A few bytes of zstd can unpack to gigabytes, so every size is limited before anything is unpacked or parsed.
MAX_ROW: Final = 64 * 2**20  # bytes; a wiki's text has at most 2 MiB
_MAX_HEADING: Final = 64 * 2**10  # bytes of a line that is not a row, such as one with a table's columns
_MAX_WINDOW: Final = 8 * 2**20  # level 9 needs 4 MiB; a frame may ask for 2 GiB
# Our backups compress to about a tenth: rows hold digests and texts that are already compressed.
_MAX_RATIO: Final = 200
_MIN_ALLOWANCE: Final = 64 * 2**20
# Rows are flat lists; nested lists would take forty times their size once parsed. Possessive, so never quadratic.
_SCALAR: Final = rb'(?:"(?:[^"\\\x00-\x1f]++|\\.)*+"|[-+.0-9eE]{1,40}+|true|false|null)'
_ROW: Final = re.compile(rb"\[" + _SCALAR + rb"(?:," + _SCALAR + rb"){0,199}+\]\n")
_READ_AT_ONCE: Final = 2**20
# A frame that decompressors skip (RFC 8878, 3.1.2); a file that does not end with it is incomplete.
_END: Final = struct.pack("<II", 0x184D2A50, 4) + b"END\n"
# Alembic writes its own table when the schema is created.
_NOT_OURS: Final = frozenset({"alembic_version"})
# A restored session would be valid again although it was ended.
NOT_SAVED: Final = frozenset({"session"})


@dataclass(frozen=True, slots=True, kw_only=True)
class BackupManifest:
    """The contents of a backup: its schema, the time it was made, and the number of rows of each table.

    `left_out` names the users and tokens that were not restored, `moved` the damaged file that a restore replaced.
    """

    schema: str
    at: datetime
    rows: dict[str, int]
    checksum: str
    left_out: tuple[str, ...] = ()
    moved: str = ""


def write_backup(archive: Archive, file: BinaryIO, now: datetime) -> None:
    """Write a consistent backup of all rows, while other processes go on reading and writing.

    SQLite reads from one snapshot of its log, PostgreSQL in one REPEATABLE READ transaction. The last line holds the
    number of rows of each table and the SHA-256 of all lines before it.
    """
    if archive.schema_version() is None:  # else a nightly job would replace a good backup with an empty one
        raise StoreError(f"{archive.database.label} is gone or empty: bring it back, or restore a backup")
    packed = zstandard.ZstdCompressor(level=_LEVEL, write_checksum=True, threads=1)  # one worker beside our own thread
    connecting = archive.database.connection(writer=False)
    with connecting as connection, packed.stream_writer(file, closefd=False) as stream:
        if connection.dialect.name == "postgresql":
            connection.execute(text("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY"))
        schema = schema_version(connection) or HEAD
        if not FIRST <= schema <= HEAD:
            advice = "an earlier release: copy the database itself, as with pg_dump"
            advice = advice if schema < FIRST else "a newer release: upgrade the program"
            raise InputError(f"{archive.database.label} has the tables of {advice}")
        seal, pending = sha256(), bytearray()
        pending += _line({"format": FORMAT, "version": VERSION, "schema": schema, "at": now.isoformat()})
        rows: dict[str, int] = {}
        for table in our_tables(connection):
            if table.name in NOT_SAVED:
                continue
            for count, line in enumerate(_lines(connection, table)):  # the first line is the heading, not a row
                rows[table.name] = count
                if len(line) > MAX_ROW:
                    raise InputError(
                        f"a row of {len(line):,} bytes is larger than a backup can hold; run `watcher verify`"
                    )
                pending += line
                if len(pending) >= _WRITTEN_AT_ONCE:
                    seal.update(pending)
                    stream.write(pending)
                    pending.clear()
        seal.update(pending)
        stream.write(pending)
        stream.write(json.dumps({"rows": rows, "sha256": seal.hexdigest()}).encode() + b"\n")
    file.write(_END)


def our_tables(connection: Connection, *names: str) -> list[Table]:
    """List the existing tables, referenced ones before those that reference them; if `names` are given, only these."""
    result = MetaData()
    result.reflect(connection, only=(lambda name, _: name in names) if names else None, resolve_fks=not names)
    return [table for table in result.sorted_tables if table.name not in _NOT_OURS]


def _lines(connection: Connection, table: Table) -> Iterator[bytes]:
    """Yield the heading of a table, which names its columns, then one line for each row."""
    codes = {
        column.name: next((code for code, (types, _, _) in _CODECS.items() if isinstance(column.type, types)), "plain")
        for column in table.columns
    }
    yield _line({"table": table.name, "columns": [[name, code] for name, code in codes.items()]})
    encoders = [(index, _CODECS[code][1]) for index, code in enumerate(codes.values()) if code in _CODECS]
    ordered = select(table).order_by(*table.primary_key.columns)
    with connection.execution_options(yield_per=_ROWS_AT_ONCE).execute(ordered) as rows:
        for row in rows:
            yield _line(_converted([*row], encoders))


def _line(value: Any) -> bytes:
    return _ENCODE(value).encode() + b"\n"


def _converted(values: list[Any], codecs: Sequence[tuple[int, Callable[[Any], Any]]]) -> list[Any]:
    """Encode or decode in place the values whose columns have a codec; most columns have none."""
    for index, convert in codecs:
        if (value := values[index]) is not None:
            values[index] = convert(value)
    return values


# How to encode and decode the column types that JSON lacks.
_CODECS: Final[dict[str, tuple[type[TypeEngine[Any]], Callable[[Any], Any], Callable[[Any], Any]]]] = {
    "bytes": (LargeBinary, lambda value: base64.b64encode(value).decode(), partial(base64.b64decode, validate=True)),
    "time": (
        DateTime,
        lambda value: (value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)).isoformat(),
        datetime.fromisoformat,
    ),
}
_CODES: Final = (*_CODECS, "bool", "plain")  # earlier releases wrote "bool" for the columns of that type
_ENCODE: Final = json.JSONEncoder(ensure_ascii=True, separators=(",", ":")).encode


def read_manifest(file: BinaryIO, name: str) -> BackupManifest:
    """Read a whole backup and return its manifest; raise InputError if anything is missing or was changed."""
    size = file.seek(0, os.SEEK_END)
    file.seek(max(0, size - len(_END)))
    if file.read(len(_END) + 1) != _END:  # a device such as /dev/zero has no end
        raise InputError(f"{name}: is not a backup, or is cut off; give a complete file that `watcher backup` wrote")
    file.seek(0)
    seal = sha256()
    rows: dict[str, int] = {}
    table = ""
    lines = _lines_of(file, name)
    head = _head(next(lines, b""), name, seal.update)
    for line in lines:
        is_row = line.startswith(b"[")
        entry = {} if is_row else read_object(line, name)
        if "sha256" in entry:
            checksum = seal.hexdigest()
            if entry["sha256"] != checksum or entry.get("rows") != rows or next(lines, None) is not None:
                raise InputError(
                    f"{name}: was changed after it was written; take another backup, nothing was changed here"
                )
            return replace(head, rows=rows, checksum=checksum)
        seal.update(line)
        if not is_row:
            table = _columns(entry, name)[0]
        if (table in rows) != is_row:  # a row before any table, or a table that occurs twice
            raise damaged(name)
        rows[table] = rows[table] + 1 if is_row else 0
    raise InputError(f"{name}: is cut off; take another backup, nothing was changed")


def _head(line: bytes, name: str, seal: Callable[[bytes], None]) -> BackupManifest:
    head = read_object(line, name) if line else {}
    if head.get("format") != FORMAT:
        raise InputError(f"{name}: is not a backup; give a file that `watcher backup` wrote")
    schema = head.get("schema")
    if not isinstance(schema, str) or not _SCHEMA.fullmatch(schema) or schema < FIRST:
        raise damaged(name)
    if head.get("version") != VERSION or schema > HEAD:
        raise InputError(f"{name}: was written by a newer release (schema {schema}, here {HEAD}); upgrade first")
    try:
        at = datetime.fromisoformat(head["at"])
    except (KeyError, TypeError, ValueError):
        raise damaged(name) from None
    seal(line)
    return BackupManifest(schema=schema, at=at, rows={}, checksum="")


def batches(file: BinaryIO, name: str) -> Iterator[tuple[str, list[str], list[list[Any]]]]:
    """Yield the rows of a backup in batches, as table, columns and values; call `read_manifest` first to verify it."""
    table = ""
    names: list[str] = []
    decoders: list[tuple[int, Callable[[Any], Any]]] = []
    rows: list[list[Any]] = []
    size = 0
    for line in _lines_of(file, name):
        is_row = line.startswith(b"[")
        if rows and (not is_row or size > _READ_AT_ONCE):
            yield table, names, rows
            rows, size = [], 0
        if is_row:
            try:
                row = _converted(json.loads(line), decoders)
                if len(row) != len(names):
                    raise ValueError  # noqa: TRY301  handled like a value that cannot be decoded
            except (IndexError, TypeError, ValueError):
                raise InputError(
                    f"{name}: holds a row that cannot be read; take another backup, nothing was changed"
                ) from None
            rows.append(row)
            size += len(line)
            continue
        entry = read_object(line, name)
        table, columns = _columns(entry, name) if "table" in entry else ("", [])
        names = [column for column, _ in columns]
        decoders = [(index, _CODECS[code][2]) for index, (_, code) in enumerate(columns) if code in _CODECS]


def _columns(entry: dict[str, Any], name: str) -> tuple[str, list[list[str]]]:
    """Return a table's name and its columns with the codes of their types."""
    table, columns = entry.get("table"), entry.get("columns")
    pairs: list[Any] = columns if isinstance(columns, list) else [None]
    if not isinstance(table, str) or not all(
        isinstance(pair, list) and len(pair) == 2 and isinstance(pair[0], str) and pair[1] in _CODES  # noqa: PLR2004
        for pair in pairs
    ):
        raise damaged(name)
    return table, pairs


def _lines_of(file: BinaryIO, name: str) -> Iterator[bytes]:
    """Yield the lines of a backup; raise InputError if one is of a size or form that is not safe to parse."""
    size = file.seek(0, os.SEEK_END)
    file.seek(0)
    allowance = max(_MIN_ALLOWANCE, _MAX_RATIO * size)
    unpacker = zstandard.ZstdDecompressor(max_window_size=_MAX_WINDOW)
    with unpacker.stream_reader(file, closefd=False, read_across_frames=True) as unpacked:
        buffered = BufferedReader(unpacked, _READ_AT_ONCE)
        try:
            while line := buffered.readline(MAX_ROW + 1):
                allowance -= len(line)
                if allowance < 0:
                    raise InputError(
                        f"{name}: unpacks to over {_MAX_RATIO} times its size, which no backup does; "
                        "take another, nothing was changed"
                    )
                is_row = line.startswith(b"[")
                if len(line) > (MAX_ROW if is_row else _MAX_HEADING) or (is_row and not _ROW.fullmatch(line)):
                    raise damaged(name)
                yield line
        except zstandard.ZstdError:
            raise InputError(f"{name}: is not a backup, or is damaged; take another, nothing was changed") from None


def read_object(line: bytes, name: str) -> dict[str, Any]:
    """Parse a line that is not a row; raise InputError if it is not a JSON object."""
    try:
        entry = json.loads(line)
    except (ValueError, RecursionError):
        entry = None
    if not isinstance(entry, dict):
        raise damaged(name)
    return entry


def damaged(name: str) -> InputError:
    """Return the error to raise about a damaged file."""
    return InputError(f"{name}: is damaged, or is not a backup; take another backup, nothing was changed")


_SECRETS: Final = (("user", "user_account", "password"), ("token", "token", "digest"))

_Working = dict[str, dict[tuple[str, Any], Scope]]
"""The scopes of the valid credentials, by kind ("user" or "token"), then by name and hash."""


def restore(archive: Archive, file: BinaryIO, name: str, *, force: bool, keep_tokens: bool = False) -> BackupManifest:
    """Verify the whole file, then replace all rows of the database with its rows, in one transaction.

    A backup of an older release is migrated; with `force`, the database may be that of a newer release. All leases
    and sessions end. Users and tokens that were removed since the backup stay removed.
    Raise InputError if the file is damaged, cut off or newer than this program, or if the database is not empty and
    `force` is not set, and StoreError if the database cannot be used. Then nothing is changed.
    """
    manifest = read_manifest(file, name)
    file.seek(0)
    database = archive.database
    with database.connection() as connection:
        if connection.dialect.name == "postgresql":
            connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": ADVISORY_LOCK})
        for table in () if force else our_tables(connection):
            if connection.execute(select(table).limit(1)).first() is not None:
                raise InputError(
                    f"{database.label} is not empty (table {table.name}): name another database, or replace it with "
                    "--force"
                )
        scopes = {scope.value for scope in Scope}  # a newer release may have others: those credentials are left out
        working: _Working = {
            kind: {(row.name, row.hash): Scope(row.scope) for row in rows if row.scope in scopes}
            for kind, _, rows in _credentials(connection)
        }
        # Migrations drop the tables of a known schema. This release cannot downgrade the schema of a newer one, so it
        # drops every table there; only a database of this product has our `alembic_version`.
        if (version := schema_version(connection)) is not None and FIRST <= version <= HEAD:
            migrate(connection, database.label, target="base")
        elif version is not None:
            tables = MetaData()
            tables.reflect(connection)
            tables.drop_all(connection)
        migrate(connection, database.label, target=manifest.schema)
        created_tables = our_tables(connection)
        _fill(connection, created_tables, file, name)
        for table in created_tables:
            if {"lease_owner", "lease_until"} <= set(table.columns.keys()):
                connection.execute(table.update().values(lease_owner=None, lease_until=None))
        reset_sequences(connection)
        if manifest.schema != HEAD:
            migrate(connection, database.label)
        left_out = _remove_revoked(connection, working, keep_tokens=keep_tokens)
        # SQLite does not check references while tables are rebuilt.
        is_sqlite = connection.dialect.name == "sqlite"
        if is_sqlite and (broken := connection.exec_driver_sql("PRAGMA foreign_key_check").all()):
            raise StoreError(
                f"{name}: {len(broken)} of its rows refer to missing rows; nothing was changed, take another backup"
            )
    return replace(manifest, left_out=left_out)


def _credentials(connection: Connection) -> Iterator[tuple[str, Table, Sequence[Row[Any]]]]:
    """Yield kind, table and rows (id, name, scope, hash) of the users, then of the tokens, in any version's schema."""
    tables = {table.name: table for table in our_tables(connection, *(name for _, name, _ in _SECRETS))}
    for kind, table_name, secret in _SECRETS:
        table, names = tables.get(table_name), ("id", "name", "scope", secret)
        # A newer release may have renamed a column. Then revoked tokens cannot be told apart, and all are left out.
        if table is not None and set(names) <= set(table.columns.keys()):
            columns = [*(table.columns[each] for each in names[:3]), table.columns[secret].label("hash")]
            yield kind, table, connection.execute(select(*columns)).all()


def _remove_revoked(connection: Connection, working: _Working, *, keep_tokens: bool) -> tuple[str, ...]:
    """Delete credentials that were not valid in the replaced database, and narrow scopes; return the deleted names."""
    was_empty = not any(working.values())
    left_out: list[str] = []
    for kind, table, rows in _credentials(connection):
        if was_empty and (kind == "user" or keep_tokens):
            continue
        for row in rows:
            scope = working.get(kind, {}).get((row.name, row.hash))
            if scope is None:
                connection.execute(table.delete().where(table.c.id == row.id))
                left_out.append(f"{kind} {row.name}")
            elif Scope(row.scope).includes(scope):
                connection.execute(table.update().where(table.c.id == row.id).values(scope=scope.value))
    return tuple(left_out)


def _fill(connection: Connection, all_tables: Iterable[Table], file: BinaryIO, name: str) -> None:
    tables = {table.name: table for table in all_tables}
    for table_name, names, values in batches(file, name):
        rows = values
        if table_name in NOT_SAVED:  # written by a release that saved it
            continue
        table = tables.get(table_name)
        if table is None or not set(names) <= set(table.columns.keys()):
            raise InputError(f"{name}: has a table {table_name} that this release does not know; upgrade first")
        try:
            if connection.dialect.name == "sqlite":  # it stores UTC times without their zone
                rows = [
                    [value.replace(tzinfo=None) if isinstance(value, datetime) else value for value in row]
                    for row in rows
                ]
            connection.execute(table.insert(), [dict(zip(names, row, strict=True)) for row in rows])
        except DBAPIError:  # `Database.connection` translates errors of the database
            raise
        except (StatementError, OverflowError, TypeError, ValueError):
            raise InputError(
                f"{name}: holds a row of {table_name} that no database can take; nothing was changed"
            ) from None
