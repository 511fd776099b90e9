"""Tell which schema a database has, and bring it up to that of this program, from every release that there was."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from sqlalchemy import Connection, text

from watcher.errors import StoreError

# The number of the newest migration; numbers sort as text, so older and newer can be compared without Alembic.
HEAD: Final = "0005"
MIGRATIONS: Final = Path(__file__).with_name("migrations")
FIRST: Final = "0001"
_LAST_EARLIER: Final = "0010"  # numbers up to this one were given before the first migration had its final form, too

# SQLAlchemy's inspector would cost a command a millisecond, which is more than most statements take.
_HAS_VERSION: Final = {
    "sqlite": "SELECT 1 FROM sqlite_master WHERE name = 'alembic_version'",
    "postgresql": "SELECT to_regclass('alembic_version')",
}

# Any fixed number: it only has to be the same in every process that might migrate at the same time.
ADVISORY_LOCK: Final = 7_317_201


def schema_version(connection: Connection) -> str | None:
    """Return the number of the last migration, None where there was none, 0000 for what was there before the first."""
    if connection.exec_driver_sql(_HAS_VERSION[connection.dialect.name]).scalar() is None:
        return None
    version = connection.exec_driver_sql("SELECT version_num FROM alembic_version").scalar()
    if version is None or FIRST < version == HEAD or version > _LAST_EARLIER:
        return version
    from snapshots.earlier import BEFORE_FIRST, is_earlier  # noqa: PLC0415  such a database is upgraded once

    return BEFORE_FIRST if is_earlier(connection, version) else version


def require_current_schema(connection: Connection, label: str) -> None:
    """Raise StoreError unless the database has the schema that this program writes."""
    result = schema_version(connection)
    if result == HEAD:
        return
    if result is None:
        raise StoreError(f"{label} is not set up: run `watcher check`, or upgrade it")
    if result > HEAD:
        raise StoreError(f"{label} was written by a newer release (schema {result}, here {HEAD}): upgrade the program")
    raise StoreError(f"{label} has an older schema ({result}, here {HEAD}): run `watcher check`, or upgrade it")


def migrate(connection: Connection, label: str, *, target: str = "head", folder: Path = MIGRATIONS) -> None:
    """Run the migrations of `folder` up (or down) to `target` within the transaction of `connection`."""
    if connection.dialect.name == "postgresql":
        # Held until the end of the transaction; a process that waited finds nothing left to do.
        connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": ADVISORY_LOCK})
    result = schema_version(connection)
    if result is not None and result > HEAD:
        require_current_schema(connection, label)
    from alembic import command  # noqa: PLC0415  a tenth of a second that most commands do not need
    from alembic.config import Config  # noqa: PLC0415

    from snapshots.earlier import BEFORE_FIRST, convert  # noqa: PLC0415

    config = Config()
    config.set_main_option("script_location", str(folder).replace("%", "%%"))
    config.attributes["connection"] = connection
    down = target == "base" or (result is not None and FIRST <= target < result)
    if result == BEFORE_FIRST:
        convert(connection, lambda: command.upgrade(config, FIRST))
    (command.downgrade if down else command.upgrade)(config, target)
    if connection.dialect.name == "sqlite" and (broken := connection.exec_driver_sql("PRAGMA foreign_key_check").all()):
        raise StoreError(f"{label} was not migrated: {len(broken)} rows would reference nothing; restore a backup")
