"""Restore a backup into a database of either engine: all of its rows or none."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime
from typing import BinaryIO, Final

from sqlalchemy import Connection, MetaData, select, text
from sqlalchemy.exc import DBAPIError, StatementError
from sqlalchemy.schema import AddConstraint, CreateIndex, DropConstraint, DropIndex

from snapshots.archive import Archive
from snapshots.backup import NOT_SAVED, BackupManifest, batches, our_tables, read_manifest
from snapshots.credentials import read_credentials, remove_revoked
from snapshots.database import copy_rows
from snapshots.earlier import reset_sequences
from snapshots.upgrade import ADVISORY_LOCK, HEAD, migrate, schema_version
from watcher.errors import InputError, StoreError

_SORTED_IN_MEMORY: Final = "256MB"  # PostgreSQL's default is a quarter of that


def restore(archive: Archive, file: BinaryIO, name: str, *, force: bool, keep_tokens: bool = False) -> BackupManifest:
    """Read the whole file, then replace all rows of the database by its rows, in one transaction.

    A backup of an older release is migrated; with `force` the database may be that of a newer one. All leases and
    sessions end. Users and tokens that were removed since the backup stay removed (`snapshots.credentials`).
    InputError for a file that is damaged, cut off or newer than this program, and for a database that is not
    empty unless `force`; StoreError when the database cannot be used. Nothing is changed then.
    """
    manifest = read_manifest(file, name)
    file.seek(0)
    database = archive.database
    with database.connection() as connection:
        if connection.dialect.name == "postgresql":
            # A restore may take longer than any other statement, and its indexes are sorted in memory where they fit.
            connection.execute(text("SELECT set_config('statement_timeout', '0', true)"))
            connection.execute(text(f"SELECT set_config('maintenance_work_mem', '{_SORTED_IN_MEMORY}', true)"))
            connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": ADVISORY_LOCK})
        if not force and (table := _first_nonempty_table(connection)):
            raise InputError(
                f"{database.label} is not empty (table {table}): name another database, or replace it with --force"
            )
        credentials = read_credentials(connection)
        _remove_tables(connection, database.label)
        migrate(connection, database.label, target=manifest.schema)
        with _unindexed(connection):
            _fill(connection, file, name)
        _free_leases(connection)
        reset_sequences(connection)
        if manifest.schema != HEAD:
            migrate(connection, database.label)
        left_out = remove_revoked(connection, credentials, keep_tokens=keep_tokens)
        _check_foreign_keys(connection, name)
    return replace(manifest, left_out=left_out)


@contextmanager
def _unindexed(connection: Connection) -> Iterator[None]:
    """Build PostgreSQL's indexes and check its references once, after all rows, in place of row by row."""
    if connection.dialect.name != "postgresql":
        yield
        return
    tables = our_tables(connection)
    references = [reference for table in tables for reference in table.foreign_key_constraints]
    indexes = [index for table in tables for index in table.indexes if not index.unique]
    for reference in references:
        connection.execute(DropConstraint(reference))
    for index in indexes:
        connection.execute(DropIndex(index))
    yield
    for index in indexes:
        connection.execute(CreateIndex(index))
    for reference in references:
        connection.execute(AddConstraint(reference))
    for table in tables:
        connection.execute(text(f"ANALYZE {connection.dialect.identifier_preparer.format_table(table)}"))


def _remove_tables(connection: Connection, label: str) -> None:
    """Remove our tables: by the migrations where they are known, else all that a newer release has left there.

    A newer release knows how to remove its tables and this one does not. The database is ours alone: that of another
    product could not have the same `alembic_version`.
    """
    version = schema_version(connection)
    if version is None:
        return
    if version <= HEAD:
        migrate(connection, label, target="base")
        return
    tables = MetaData()
    tables.reflect(connection)
    tables.drop_all(connection)


def _first_nonempty_table(connection: Connection) -> str | None:
    """Find a table that holds rows."""
    for table in our_tables(connection):
        if connection.execute(select(table).limit(1)).first() is not None:
            return table.name
    return None


def _fill(connection: Connection, file: BinaryIO, name: str) -> None:
    tables = {table.name: table for table in our_tables(connection)}
    for table_name, names, rows in batches(file, name):
        if table_name in NOT_SAVED:  # written by a release that saved it
            continue
        table = tables.get(table_name)
        if table is None or not set(names) <= set(table.columns.keys()):
            raise InputError(f"{name}: has a table {table_name} that this release does not know; upgrade first")
        try:
            copy_rows(connection, table, names, _native(connection, rows))
        except DBAPIError:  # the connection translates what the database said
            raise
        except (StatementError, OverflowError, TypeError, ValueError):
            raise InputError(
                f"{name}: holds a row of {table_name} that no database can take; nothing was changed"
            ) from None


def _native(connection: Connection, rows: list[list[object]]) -> list[list[object]]:
    """Return the rows as the engine takes them: SQLite stores times without their zone, which is UTC."""
    if connection.dialect.name != "sqlite":
        return rows
    return [[value.replace(tzinfo=None) if isinstance(value, datetime) else value for value in row] for row in rows]


def _free_leases(connection: Connection) -> None:
    for table in our_tables(connection):
        if {"lease_owner", "lease_until"} <= set(table.columns.keys()):
            connection.execute(table.update().values(lease_owner=None, lease_until=None))


def _check_foreign_keys(connection: Connection, name: str) -> None:
    """Check the references on SQLite, which does not while tables are rebuilt."""
    if connection.dialect.name != "sqlite":
        return
    if broken := connection.exec_driver_sql("PRAGMA foreign_key_check").all():
        raise StoreError(f"{name}: {len(broken)} of its rows point nowhere; nothing was changed, take another backup")
