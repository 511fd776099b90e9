"""Restore a backup into a database of either engine: all of its rows or none.

It revives no user and no token that was removed after the backup was made. The database that is replaced says who may
sign in today, so what the backup holds beyond that is left out: a token that is missing was revoked, a password that
differs was changed, a scope can only have shrunk. A database without any user or token cannot say what was revoked
meanwhile: users come back, for somebody must be able to sign in, tokens only when the operator asks for them.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime
from typing import Any, BinaryIO, Final

from sqlalchemy import Connection, MetaData, Row, Table, select, text
from sqlalchemy.exc import DBAPIError, StatementError
from sqlalchemy.schema import AddConstraint, CreateIndex, DropConstraint, DropIndex

from snapshots.accounts import Scope
from snapshots.archive import Archive
from snapshots.backup import NOT_SAVED, BackupManifest, batches, our_tables, read_manifest
from snapshots.database import copy_rows
from snapshots.earlier import reset_sequences
from snapshots.upgrade import ADVISORY_LOCK, HEAD, migrate, schema_version
from watcher.errors import InputError, StoreError

_SORTED_IN_MEMORY: Final = "256MB"  # PostgreSQL's default is a quarter of that
_SECRETS: Final = (("user", "user_account", "password"), ("token", "token", "digest"))

_Working = dict[str, dict[tuple[str, Any], Scope]]
"""The scopes of the passwords and tokens that work, by name and hash."""


def restore(archive: Archive, file: BinaryIO, name: str, *, force: bool, keep_tokens: bool = False) -> BackupManifest:
    """Read the whole file, then replace all rows of the database by its rows, in one transaction.

    A backup of an older release is migrated; with `force` the database may be that of a newer one. All leases and
    sessions end. Users and tokens that were removed since the backup stay removed.
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
        for table in () if force else our_tables(connection):
            if connection.execute(select(table).limit(1)).first() is not None:
                raise InputError(
                    f"{database.label} is not empty (table {table.name}): name another database, or replace it with "
                    "--force"
                )
        scopes = {scope.value for scope in Scope}  # a newer release may have others, of which nothing can be kept
        working: _Working = {
            kind: {(row.name, row.hash): Scope(row.scope) for row in rows if row.scope in scopes}
            for kind, _, rows in _credentials(connection)
        }
        # Our tables go by the migrations where they are known, else all that a newer release has left there: it knows
        # how to remove its tables, this one does not. No other product's database could have the `alembic_version`.
        if (version := schema_version(connection)) is not None and version <= HEAD:
            migrate(connection, database.label, target="base")
        elif version is not None:
            tables = MetaData()
            tables.reflect(connection)
            tables.drop_all(connection)
        migrate(connection, database.label, target=manifest.schema)
        with _unindexed(connection):
            _fill(connection, file, name)
        for table in our_tables(connection):
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
                f"{name}: {len(broken)} of its rows point nowhere; nothing was changed, take another backup"
            )
    return replace(manifest, left_out=left_out)


def _credentials(connection: Connection) -> Iterator[tuple[str, Table, Sequence[Row[Any]]]]:
    """Read id, name, scope and hash of the users and of the tokens in a database of any schema."""
    tables = {table.name: table for table in our_tables(connection)}
    for kind, table_name, secret in _SECRETS:
        table, names = tables.get(table_name), ("id", "name", "scope", secret)
        # A newer release may have renamed a column: then nothing says what was revoked, and tokens are left out.
        if table is not None and set(names) <= set(table.columns.keys()):
            columns = [*(table.columns[each] for each in names[:3]), table.columns[secret].label("hash")]
            yield kind, table, connection.execute(select(*columns)).all()


def _remove_revoked(connection: Connection, working: _Working, *, keep_tokens: bool) -> tuple[str, ...]:
    """Remove what did not work in the database that was replaced, return its names; narrow the scopes of the rest."""
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


def _fill(connection: Connection, file: BinaryIO, name: str) -> None:
    tables = {table.name: table for table in our_tables(connection)}
    for table_name, names, values in batches(file, name):
        rows = values
        if table_name in NOT_SAVED:  # written by a release that saved it
            continue
        table = tables.get(table_name)
        if table is None or not set(names) <= set(table.columns.keys()):
            raise InputError(f"{name}: has a table {table_name} that this release does not know; upgrade first")
        try:
            if connection.dialect.name == "sqlite":  # stores times without their zone, which is UTC
                rows = [
                    [value.replace(tzinfo=None) if isinstance(value, datetime) else value for value in row]
                    for row in rows
                ]
            copy_rows(connection, table, names, rows)
        except DBAPIError:  # the connection translates what the database said
            raise
        except (StatementError, OverflowError, TypeError, ValueError):
            raise InputError(
                f"{name}: holds a row of {table_name} that no database can take; nothing was changed"
            ) from None
