"""Configure Alembic's context from an open connection and all tables."""

from __future__ import annotations

from typing import Any, Literal

from alembic import context
from alembic.autogenerate.api import AutogenContext

from snapshots import tables
from snapshots.upgrade import all_tables

# A migration must not change when our column types do: it spells the plain types out.
PLAIN = {
    tables.BigId: 'sa.BigInteger().with_variant(sa.Integer(), "sqlite")',
    tables.UTCDateTime: "sa.DateTime(timezone=True)",
    tables.SafeText: "sa.Text()",
    tables.JsonText: "sa.Text()",
}


def render_item(kind: str, item: Any, _context: AutogenContext) -> str | Literal[False]:
    """Return the source of a column's type in a generated migration."""
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
