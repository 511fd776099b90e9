"""Read the schema version of a database, migrate it to that of this program, and detect damage."""

from importlib import import_module
from pathlib import Path
from typing import Final

from sqlalchemy import Connection, MetaData, func, inspect, select, text
from sqlmodel import SQLModel

from watcher.errors import StoreError

# The number of the newest migration. Numbers sort as text, so they can be compared without Alembic.
HEAD: Final = "0005"
MIGRATIONS: Final = Path(__file__).with_name("migrations")
FIRST: Final = "0001"
_LAST_EARLIER: Final = "0010"  # numbers up to this one were also in use before the first migration had its final form

# SQLAlchemy's inspector would take a millisecond, which is more than most statements take.
_HAS_VERSION: Final = {
    "sqlite": "SELECT 1 FROM sqlite_master WHERE name = 'alembic_version'",
    "postgresql": "SELECT to_regclass('alembic_version')",
}

# Any fixed number; it only has to be the same in all processes that may migrate at the same time.
ADVISORY_LOCK: Final = 7_317_201
_READ_WHOLE: Final = 64 * 2**20  # bytes; a file of this size is read in a tenth of a second

BEFORE_FIRST: Final = "0000"
"""The version of a database from before commit f3d65433, which says 0001 to 0010 itself; its tables tell it apart."""
_CONVERTER: Final = "aa42eacd"  # the last commit that could copy such a database into the current tables


def schema_version(connection: Connection) -> str | None:
    """Return the number of the last migration; None if there was none, `BEFORE_FIRST` if the tables are older."""
    if connection.exec_driver_sql(_HAS_VERSION[connection.dialect.name]).scalar() is None:
        return None
    version = connection.exec_driver_sql("SELECT version_num FROM alembic_version").scalar()
    if version is None or FIRST < version == HEAD or version > _LAST_EARLIER:
        return version
    # The last index that was added to the first migration tells its final form apart.
    inspector = inspect(connection)
    indexes = inspector.get_indexes("event") if inspector.has_table("event") else []
    return version if any(index["name"] == "ix_event_notified_at_id" for index in indexes) else BEFORE_FIRST


def require_current_schema(connection: Connection, label: str) -> None:
    """Raise StoreError unless the database has the schema that this program writes."""
    result = schema_version(connection)
    if result == HEAD:
        return
    if result is None:
        raise StoreError(f"{label} is not set up: run `watcher check`, or upgrade it")
    if result == BEFORE_FIRST:
        raise StoreError(
            f"{label} has tables from before f3d65433: upgrade it with the program of commit {_CONVERTER} first"
        )
    if result > HEAD:
        raise StoreError(f"{label} was written by a newer release (schema {result}, here {HEAD}): upgrade the program")
    raise StoreError(f"{label} has an older schema ({result}, here {HEAD}): run `watcher check`, or upgrade it")


def migrate(connection: Connection, label: str, *, target: str = "head", folder: Path = MIGRATIONS) -> None:
    """Run the migrations of `folder` up (or down) to `target` in the transaction of `connection`."""
    if connection.dialect.name == "postgresql":
        # Held until the end of the transaction; a process that waited for it finds nothing left to do.
        connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": ADVISORY_LOCK})
        # A migration's statement may touch all rows.
        connection.execute(text("SELECT set_config('statement_timeout', '0', true)"))
    result = schema_version(connection)
    if result is not None and not FIRST <= result <= HEAD:
        require_current_schema(connection, label)
    from alembic import command  # noqa: PLC0415  importing it takes a tenth of a second; most commands do not migrate
    from alembic.config import Config  # noqa: PLC0415

    config = Config()
    config.set_main_option("script_location", str(folder).replace("%", "%%"))
    config.attributes["connection"] = connection
    down = target == "base" or (result is not None and FIRST <= target < result)
    (command.downgrade if down else command.upgrade)(config, target)
    if connection.dialect.name == "sqlite" and (broken := connection.exec_driver_sql("PRAGMA foreign_key_check").all()):
        raise StoreError(f"{label} was not migrated: {len(broken)} rows would reference nothing; restore a backup")


def reset_sequences(connection: Connection) -> None:
    """Set PostgreSQL's sequences so that new rows get ids after the inserted ones; do nothing on SQLite."""
    if connection.dialect.name != "postgresql":
        return
    tables = MetaData()
    tables.reflect(connection)
    for table in tables.sorted_tables:
        if "id" in table.columns:
            # Without a sequence, setval() does nothing.
            sequence = func.to_regclass(func.pg_get_serial_sequence(f'"{table.name}"', "id"))
            highest = func.max(table.c.id)
            connection.execute(select(func.setval(sequence, func.coalesce(highest, 1), highest.is_not(None))))


def all_tables() -> MetaData:
    """Import all tables and return their metadata; otherwise, only the tables of used repositories are imported."""
    for name in ("accounts", "cited_statistics", "ledger", "review_records", "texts"):
        import_module(f"snapshots.{name}")
    return SQLModel.metadata


def damage(connection: Connection) -> str:
    """Read the first and last row of every index, or every page of a small SQLite file; return the damage found."""
    if connection.dialect.name == "sqlite":
        size = connection.exec_driver_sql("SELECT page_count * page_size FROM pragma_page_count(), pragma_page_size()")
        if size.scalar_one() <= _READ_WHOLE:
            stated = str(connection.exec_driver_sql("PRAGMA quick_check(1)").scalar())
            return "" if stated == "ok" else f"is damaged ({stated.splitlines()[0]}): restore a backup"
    for table in all_tables().sorted_tables:
        for columns in (table.primary_key.columns, *(index.columns for index in table.indexes)):
            ordered = table.select()
            for direction in (ordered.order_by(*columns), ordered.order_by(*(each.desc() for each in columns))):
                connection.execute(direction.limit(1)).first()
    return ""
