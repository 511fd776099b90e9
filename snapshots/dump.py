"""A database of either engine becomes one stream of JSON lines, packed and sealed, and such a stream its rows again."""

from __future__ import annotations

import base64
import binascii
import io
import json
import os
import struct
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any, BinaryIO, Final

import zstandard
from sqlalchemy import Boolean, Connection, DateTime, LargeBinary, MetaData, Table, select, text
from sqlalchemy.types import TypeEngine

from snapshots.archive import Archive
from snapshots.schema import HEAD, revision_of_schema
from watcher.errors import InputError

FORMAT: Final = "article-watcher-backup"
VERSION: Final = 1
_LEVEL: Final = 9  # most of it are texts that are packed already
_ROWS_AT_ONCE: Final = 500
_LONGEST_LINE: Final = 256 * 2**20  # characters; a text of a wiki has 2 MiB at most
# A frame that unpackers pass over (RFC 8878, 3.1.2): where it is not the end of the file, the file is not whole.
_END: Final = struct.pack("<II", 0x184D2A50, 4) + b"END\n"
# Alembic writes its own table when the rows are put back.
_NOT_OURS: Final = frozenset({"alembic_version"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Contents:
    """What a backup holds: of which schema, when it was made, how many rows each table has."""

    schema: str
    at: datetime
    rows: dict[str, int]
    seal: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """Some rows of a table, as values of Python under the names of their columns."""

    table: str
    rows: list[dict[str, Any]]


def dump(archive: Archive, file: BinaryIO, now: datetime) -> Contents:
    """Write all rows as they stand at one moment, while others go on reading and writing.

    SQLite reads from one snapshot of its log, PostgreSQL in one repeatable transaction. The last line holds the
    number of rows of each table and the SHA-256 of all lines before it.
    """
    packed = zstandard.ZstdCompressor(level=_LEVEL, write_checksum=True)
    store = archive._store  # noqa: SLF001  the memory's own package
    with store.connection(writer=False) as connection, packed.stream_writer(file, closefd=False) as stream:
        if connection.dialect.name == "postgresql":
            connection.execute(text("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY"))
        seal = sha256()

        def write(line: Any) -> None:
            raw = json.dumps(line, ensure_ascii=True, separators=(",", ":")).encode() + b"\n"
            seal.update(raw)
            stream.write(raw)

        schema = revision_of_schema(connection) or HEAD
        write({"format": FORMAT, "version": VERSION, "schema": schema, "at": now.isoformat()})
        rows = {table.name: _dump_table(connection, table, write) for table in our_tables(connection)}
        contents = Contents(schema=schema, at=now, rows=rows, seal=seal.hexdigest())
        stream.write(json.dumps({"rows": rows, "sha256": contents.seal}).encode() + b"\n")
    file.write(_END)
    return contents


def our_tables(connection: Connection) -> list[Table]:
    """The tables that there are, those that others point to first."""
    found = MetaData()
    found.reflect(connection)
    return [table for table in found.sorted_tables if table.name not in _NOT_OURS]


def _dump_table(connection: Connection, table: Table, write: Callable[[Any], None]) -> int:
    codes = [_code(column.type) for column in table.columns]
    write(
        {
            "table": table.name,
            "columns": [[column.name, code] for column, code in zip(table.columns, codes, strict=True)],
        }
    )
    count = 0
    ordered = select(table).order_by(*table.primary_key.columns)
    for row in connection.execution_options(yield_per=_ROWS_AT_ONCE).execute(ordered):
        write([_ENCODERS[code](value) for code, value in zip(codes, row, strict=True)])
        count += 1
    return count


def _code(kind: TypeEngine[Any]) -> str:
    match kind:
        case LargeBinary():
            return "bytes"
        case DateTime():
            return "time"
        case Boolean():
            return "bool"
        case _:
            return "plain"


def _encoded_bytes(value: bytes | None) -> str | None:
    return None if value is None else base64.b64encode(value).decode()


def _encoded_time(value: datetime | None) -> str | None:
    if value is None:
        return None
    return (value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)).isoformat()


def _decoded_bytes(value: str | None) -> bytes | None:
    return None if value is None else base64.b64decode(value, validate=True)


def _decoded_time(value: str | None) -> datetime | None:
    return None if value is None else datetime.fromisoformat(value)


def _as_it_is(value: Any) -> Any:
    return value


_ENCODERS: Final[dict[str, Callable[[Any], Any]]] = {
    "bytes": _encoded_bytes,
    "time": _encoded_time,
    "bool": _as_it_is,
    "plain": _as_it_is,
}
_DECODERS: Final[dict[str, Callable[[Any], Any]]] = {
    "bytes": _decoded_bytes,
    "time": _decoded_time,
    "bool": _as_it_is,
    "plain": _as_it_is,
}


def contents(file: BinaryIO, name: str) -> Contents:
    """Read a whole backup without keeping it, and say what it holds; InputError when anything is missing or changed."""
    _refuse_unended(file, name)
    seal = sha256()
    rows: dict[str, int] = {}
    table = ""
    lines = _lines(file, name)
    head = _head(next(lines, b""), name, seal.update)
    for line in lines:
        entry = _json(line, name)
        if isinstance(entry, dict) and "sha256" in entry:
            return _sealed(head, entry, rows, seal.hexdigest(), name, ended=next(lines, None) is None)
        seal.update(line)
        if isinstance(entry, dict):
            table = entry["table"]
            rows[table] = 0
        else:
            rows[table] += 1
    raise InputError(f"{name}: is cut off; take another backup, nothing was changed")


def _refuse_unended(file: BinaryIO, name: str) -> None:
    size = file.seek(0, os.SEEK_END)
    file.seek(max(0, size - len(_END)))
    ended = file.read() == _END
    file.seek(0)
    if not ended:
        raise InputError(f"{name}: is no backup, or is cut off; give a whole file that `watcher backup` wrote")


def _head(line: bytes, name: str, seal: Callable[[bytes], None]) -> dict[str, Any]:
    head = _json(line, name) if line else None
    if not isinstance(head, dict) or head.get("format") != FORMAT:
        raise InputError(f"{name}: is no backup; give a file that `watcher backup` wrote")
    if head["version"] != VERSION or head["schema"] > HEAD:
        raise InputError(
            f"{name}: was written by a newer release (schema {head['schema']}, here {HEAD}); upgrade first"
        )
    seal(line)
    return head


def _sealed(
    head: dict[str, Any], foot: dict[str, Any], rows: dict[str, int], seal: str, name: str, *, ended: bool
) -> Contents:
    if foot["sha256"] != seal or foot["rows"] != rows or not ended:
        raise InputError(f"{name}: was changed after it was written; take another backup, nothing was changed here")
    return Contents(schema=head["schema"], at=datetime.fromisoformat(head["at"]), rows=rows, seal=seal)


def batches(file: BinaryIO, name: str) -> Iterator[Batch]:
    """The rows of a backup whose `contents` were read before, table after table."""
    table = ""
    columns: list[list[str]] = []
    pending: list[dict[str, Any]] = []
    for line in _lines(file, name):
        entry = _json(line, name)
        if isinstance(entry, list):
            pending.append(_row(columns, entry, name))
        if pending and (isinstance(entry, dict) or len(pending) == _ROWS_AT_ONCE):
            yield Batch(table=table, rows=pending)
            pending = []
        if isinstance(entry, dict):
            table, columns = entry.get("table", ""), entry.get("columns", [])


def _row(columns: list[list[str]], values: list[Any], name: str) -> dict[str, Any]:
    try:
        return {column: _DECODERS[code](value) for (column, code), value in zip(columns, values, strict=True)}
    except (KeyError, TypeError, ValueError, binascii.Error):
        raise InputError(f"{name}: holds a row that cannot be read; take another backup") from None


def _lines(file: BinaryIO, name: str) -> Iterator[bytes]:
    with zstandard.ZstdDecompressor().stream_reader(file, closefd=False, read_across_frames=True) as unpacked:
        stream = io.BufferedReader(unpacked)
        try:
            while line := stream.readline(_LONGEST_LINE):
                yield line
        except zstandard.ZstdError:
            raise InputError(f"{name}: is no backup, or is damaged; take another, nothing was changed") from None


def _json(line: bytes, name: str) -> Any:
    try:
        return json.loads(line)
    except ValueError:
        raise InputError(f"{name}: is damaged; take another backup, nothing was changed") from None
