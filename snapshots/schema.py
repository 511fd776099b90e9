"""Load every table, for what goes through all of them; a command loads those of the repositories that it uses."""

from typing import Final

from sqlalchemy import Connection
from sqlmodel import SQLModel

from snapshots import accounts, cited_statistics, ledger, renderings, review_records, source_pages  # noqa: F401

METADATA: Final = SQLModel.metadata
_READ_WHOLE: Final = 64 * 2**20  # bytes of a file that is read in a tenth of a second


def damage(connection: Connection) -> str:
    """Read the first and the last row of every index, and of a small SQLite file every page; say what is damaged."""
    if connection.dialect.name == "sqlite":
        size = connection.exec_driver_sql("SELECT page_count * page_size FROM pragma_page_count(), pragma_page_size()")
        if size.scalar_one() <= _READ_WHOLE:
            stated = str(connection.exec_driver_sql("PRAGMA quick_check(1)").scalar())
            return "" if stated == "ok" else f"is damaged ({stated.splitlines()[0]}): restore a backup"
    for table in METADATA.sorted_tables:
        for columns in (table.primary_key.columns, *(index.columns for index in table.indexes)):
            ordered = table.select()
            for direction in (ordered.order_by(*columns), ordered.order_by(*(each.desc() for each in columns))):
                connection.execute(direction.limit(1)).first()
    return ""
