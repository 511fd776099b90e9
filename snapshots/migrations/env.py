"""An open connection and the tables of `snapshots.rows` become Alembic's context."""

from __future__ import annotations

from typing import Any, Literal

from alembic import context
from alembic.autogenerate.api import AutogenContext
from sqlmodel import SQLModel

from snapshots import rows

# A migration must not change when our column types do: it spells the plain types out.
PLAIN = {
    rows.Key: 'sa.BigInteger().with_variant(sa.Integer(), "sqlite")',
    rows.UTCDateTime: "sa.DateTime(timezone=True)",
    rows.Words: "sa.Text()",
    rows.Json: "sa.Text()",
}


def render_item(sort: str, item: Any, _context: AutogenContext) -> str | Literal[False]:
    """The source of a column's type in a generated migration."""
    return PLAIN.get(type(item), False) if sort == "type" else False


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
