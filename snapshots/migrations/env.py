"""Configure Alembic's context from an open connection and all tables."""

from __future__ import annotations

from typing import Any, Literal

from alembic import context
from alembic.autogenerate.api import AutogenContext

from snapshots import tables
from snapshots.upgrade import all_tables

# Generated migrations spell out the plain types, so that they do not change when our column types do.
PLAIN = {
    tables.BigId: 'sa.BigInteger().with_variant(sa.Integer(), "sqlite")',
    tables.UTCDateTime: "sa.DateTime(timezone=True)",
    tables.SafeText: "sa.Text()",
    tables.JsonText: "sa.Text()",
}


def render_item(kind: str, item: Any, _context: AutogenContext) -> str | Literal[False]:
    """Return the source code of a column's type for a generated migration; False if Alembic shall render it."""
    plain = (source for column, source in PLAIN.items() if kind == "type" and isinstance(item, column))
    return next(plain, False)


connection = context.config.attributes["connection"]
context.configure(
    connection=connection,
    target_metadata=all_tables(),
    render_as_batch=connection.dialect.name == "sqlite",  # SQLite alters a table by rebuilding it
    render_item=render_item,
    compare_type=True,
    compare_server_default=True,
)
with context.begin_transaction():
    context.run_migrations()
