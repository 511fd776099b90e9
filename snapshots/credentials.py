"""Keep a restore from reviving users and tokens that were removed after the backup was made.

The database that is replaced says who may sign in today, so what the backup holds beyond that is left out: a token
that is missing was revoked, a password that differs was changed, a scope can only have shrunk. A database without any
user or token cannot say what was revoked meanwhile: users come back, for somebody must be able to sign in, tokens
only when the operator asks for them.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy import Connection, Row, inspect, select
from sqlmodel import SQLModel

from snapshots.account_tables import TokenRow, UserAccountRow
from snapshots.accounts import Scope


@dataclass(frozen=True, slots=True, kw_only=True)
class Credentials:
    """The scopes of the passwords and tokens that work, by name with the hash or digest."""

    users: dict[tuple[str, str], Scope]
    tokens: dict[tuple[str, bytes], Scope]


def read_credentials(connection: Connection) -> Credentials:
    """Read what works in a database of any schema, before it is replaced."""
    return Credentials(
        users={(row.name, row.password): Scope(row.scope) for row in _rows(connection, UserAccountRow) if _known(row)},
        tokens={(row.name, row.digest): Scope(row.scope) for row in _rows(connection, TokenRow) if _known(row)},
    )


def _known(row: Row[tuple[object, ...]]) -> bool:
    """Return whether this release has the scope: a newer one may have others, of which nothing can be kept."""
    return row.scope in {scope.value for scope in Scope}


def remove_revoked(connection: Connection, before: Credentials, *, keep_tokens: bool) -> tuple[str, ...]:
    """Remove from a restored database what did not work in the one that it replaces; return the names."""
    was_empty = not before.users and not before.tokens
    left_out: list[str] = []
    if not was_empty:
        for row in _rows(connection, UserAccountRow):
            left_out += _keep_or_remove(
                connection, UserAccountRow, row, before.users.get((row.name, row.password)), "user"
            )
    for row in _rows(connection, TokenRow):
        scope = before.tokens.get((row.name, row.digest))
        if was_empty and keep_tokens:
            scope = Scope(row.scope)
        left_out += _keep_or_remove(connection, TokenRow, row, scope, "token")
    return tuple(left_out)


def _keep_or_remove(
    connection: Connection, kind: type[SQLModel], row: Row[tuple[object, ...]], scope: Scope | None, label: str
) -> Iterable[str]:
    """Remove a row without a scope, and give the others the narrower of the two scopes."""
    table = SQLModel.metadata.tables[str(kind.__tablename__)]
    if scope is None:
        connection.execute(table.delete().where(table.c.id == row.id))
        return (f"{label} {row.name}",)
    if Scope(row.scope).includes(scope):
        connection.execute(table.update().where(table.c.id == row.id).values(scope=scope.value))
    return ()


def _rows(connection: Connection, kind: type[SQLModel]) -> list[Row[tuple[object, ...]]]:
    table = SQLModel.metadata.tables[str(kind.__tablename__)]
    inspector = inspect(connection)
    if not inspector.has_table(table.name):
        return []
    known = {column["name"] for column in inspector.get_columns(table.name)}
    # A newer release may have renamed a column: then nothing says what was revoked, and tokens are left out.
    needed = [column for column in table.columns if column.name in {"id", "name", "scope", "password", "digest"}]
    if not {column.name for column in needed} <= known:
        return []
    return list(connection.execute(select(*needed)))
