"""An empty or older database becomes one of today's schema, by the Alembic migrations inside the package."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from sqlalchemy import Connection, inspect, text

from watcher.errors import StoreError

# The number of the newest migration; numbers sort as text, so older and newer can be told apart without Alembic.
HEAD: Final = "0010"
FIRST: Final = "0001"

# Any fixed number: it only has to be the same in every process that might migrate at the same time.
ADVISORY_LOCK: Final = 7_317_201


def revision_of_schema(connection: Connection) -> str | None:
    """The number of the last migration, None where there was none."""
    if not inspect(connection).has_table("alembic_version"):
        return None
    return connection.execute(text("SELECT version_num FROM alembic_version")).scalar()


def refuse_other_schema(connection: Connection, place: str) -> None:
    """Raise StoreError unless the database has the schema that this program writes."""
    found = revision_of_schema(connection)
    if found == HEAD:
        return
    if found is None:
        raise StoreError(f"{place} is not set up: run `watcher check`, or upgrade it")
    if found > HEAD:
        raise StoreError(f"{place} was written by a newer release (schema {found}, here {HEAD}): upgrade the program")
    raise StoreError(f"{place} has an older schema ({found}, here {HEAD}): run `watcher check`, or upgrade it")


def migrate(connection: Connection, place: str, *, target: str = "head") -> None:
    """Run the migrations up (or down) to `target` within the transaction of `connection`."""
    if connection.dialect.name == "postgresql":
        # Released by the end of the transaction; who waited finds nothing left to do.
        connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": ADVISORY_LOCK})
    found = revision_of_schema(connection)
    if found is not None and found > HEAD:
        refuse_other_schema(connection, place)
    from alembic import command  # noqa: PLC0415  a tenth of a second that most commands need not spend
    from alembic.config import Config  # noqa: PLC0415

    config = Config()
    config.set_main_option("script_location", str(Path(__file__).with_name("migrations")).replace("%", "%%"))
    config.attributes["connection"] = connection
    down = target == "base" or (found is not None and target < found)
    (command.downgrade if down else command.upgrade)(config, target)
    if connection.dialect.name == "sqlite" and (broken := connection.exec_driver_sql("PRAGMA foreign_key_check").all()):
        raise StoreError(f"{place} was not migrated: {len(broken)} rows would point nowhere; restore a backup")
