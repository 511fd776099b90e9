"""Configure Alembic's context from an open connection and the tables of `snapshots.rows`."""

from __future__ import annotations

from typing import Any, Literal

from alembic import context
from alembic.autogenerate.api import AutogenContext
from sqlmodel import SQLModel

from snapshots import tables

# A migration must not change when our column types do: it spells the plain types out.
PLAIN = {
    tables.BigId: 'sa.BigInteger().with_variant(sa.Integer(), "sqlite")',
    tables.UTCDateTime: "sa.DateTime(timezone=True)",
    tables.SafeText: "sa.Text()",
    tables.JsonText: "sa.Text()",
}


def render_item(kind: str, item: Any, _context: AutogenContext) -> str | Literal[False]:
    """Return the source of a column's type in a generated migration."""
    return PLAIN.get(type(item), False) if kind == "type" else False


connection = context.config.attributes["connection"]
context.configure(
    connection=connection,
    target_metadata=SQLModel.metadata,
    render_as_batch=connection.dialect.name == "sqlite",  # SQLite alters a table by rebuilding it
    render_item=render_item,
    compare_type=True,
    compare_server_default=True,
)
with context.begin_transaction():
    context.run_migrations()
