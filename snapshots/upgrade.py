"""Tell which schema a database has, bring it up to that of this program from every earlier state, find damage."""

from __future__ import annotations

import json
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Final

from sqlalchemy import Connection, MetaData, Table, func, inspect, select, text
from sqlalchemy.schema import DropIndex
from sqlmodel import SQLModel

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
_READ_WHOLE: Final = 64 * 2**20  # bytes of a file that is read in a tenth of a second

# Until the commit f3d65433 the tables changed without a number of their own: ten migrations were replaced by one, and
# that one was edited. A database of that time calls itself 0001 to 0010 like those that came later, and is told apart
# by its tables. All its rows are copied into new ones under what their columns are called today, or nothing is changed.
BEFORE_FIRST: Final = "0000"
"""The number of such a database: older than the first migration."""

# Table of the first migration → what it was called at the commit 78f45be, and its columns likewise.
_TABLES: Final = {
    "unreached_watch": "newcomer",
    "image": "picture",
    "sent_fact": "told",
    "suppressed": "withheld",
    "review_event": "review_step",
    "last_seen": "viewing",
    "counter": "tally",
    "wiki_lock": "turn",
}
_COLUMNS: Final = {
    ("article", "images_revision_id"): "pictures_of",
    ("article", "images_checked_at"): "pictures_at",
    ("article", "reserved_until"): "queued_until",
    ("unreached_watch", "notified_at"): "told_at",
    ("unreached_watch", "reached_at"): "arrived_at",
    ("event", "event_group"): "sort",
    ("event", "notified_at"): "told_at",
    ("delivery", "notified_at"): "told_at",
    ("review_event", "action"): "deed",
}
# What a column that did not exist says of the rows that were there: an SQL expression over the old table.
_VALUES: Final = {
    ("delivery", "severity"): "0",
    # `Severity.lowest_rank`, without what the context of an edit adds.
    ("review", "rank"): "severity * 10",
    ("review", "edit_id"): "(SELECT min(b.finding_id) FROM {table} b WHERE b.comparison_id = {table}.comparison_id)",
}
# An index that the next check or `watcher history` makes again from the texts.
_MADE_AGAIN: Final = frozenset({
    "history_batch", "history_progress", "cited_statistic", "cited_work", "contradiction", "rendering"
})  # fmt: skip
# A text was a frame of zstd with its base as the dictionary; now the lengths of the ends that both share stand before
# the frame, three bytes each, and its magic number is left out (`snapshots.texts`).
_NO_SHARED_ENDS: Final = bytes(6)
_MAGIC: Final = b"\x28\xb5\x2f\xfd"
_SEVERITIES: Final = ("info", "low", "medium", "high", "critical")  # in an alert they are their numbers now
_ASIDE: Final = "before_first"  # a schema of PostgreSQL, on SQLite the beginning of the tables' names


def schema_version(connection: Connection) -> str | None:
    """Return the number of the last migration, None where there was none, 0000 for what was there before the first."""
    if connection.exec_driver_sql(_HAS_VERSION[connection.dialect.name]).scalar() is None:
        return None
    version = connection.exec_driver_sql("SELECT version_num FROM alembic_version").scalar()
    if version is None or FIRST < version == HEAD or version > _LAST_EARLIER:
        return version
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

    config = Config()
    config.set_main_option("script_location", str(folder).replace("%", "%%"))
    config.attributes["connection"] = connection
    down = target == "base" or (result is not None and FIRST <= target < result)
    if result == BEFORE_FIRST:
        convert(connection, lambda: command.upgrade(config, FIRST))
    (command.downgrade if down else command.upgrade)(config, target)
    if connection.dialect.name == "sqlite" and (broken := connection.exec_driver_sql("PRAGMA foreign_key_check").all()):
        raise StoreError(f"{label} was not migrated: {len(broken)} rows would reference nothing; restore a backup")


def is_earlier(connection: Connection, version: str) -> bool:
    """Return whether a database that has a version is of a state before the first migration had its final form.

    In that form it has the last index that was added to it, `ix_event_notified_at_id`, or a later migration's.
    """
    inspector = inspect(connection)
    if not inspector.has_table("event"):
        return version == "0001"  # not one of ours, or damaged: the copy names what is missing
    return "ix_event_notified_at_id" not in {index["name"] for index in inspector.get_indexes("event")}


def convert(connection: Connection, create: Callable[[], None]) -> None:
    """Move all tables aside, let `create` make those of the first migration, copy the rows, remove the old tables."""
    old = MetaData()
    old.reflect(connection)
    names = {table.name: _move(connection, table) for table in old.sorted_tables}
    create()
    new = MetaData()
    new.reflect(connection, only=lambda name, _: name not in names.values())
    for table in new.sorted_tables:
        source = old.tables.get(_TABLES.get(table.name, table.name))
        if source is None:
            source = old.tables.get(table.name)
        if source is not None and table.name not in _MADE_AGAIN | {"alembic_version"}:
            _copy(connection, table, source, names[source.name])
    _repack(connection, new.tables["text"])
    _rewrite_alerts(connection, new.tables["alert"])
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql(f"DROP SCHEMA {_ASIDE} CASCADE")
    else:
        for name in names.values():
            connection.exec_driver_sql(f"DROP TABLE {name}")
    reset_sequences(connection)


def _move(connection: Connection, table: Table) -> str:
    """Move a table out of the way of the new one, and return what it is called now."""
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql(f"CREATE SCHEMA IF NOT EXISTS {_ASIDE}")
        connection.exec_driver_sql(f'ALTER TABLE "{table.name}" SET SCHEMA {_ASIDE}')
        return f'{_ASIDE}."{table.name}"'
    for index in table.indexes:  # a name of an index is one of the whole file
        connection.execute(DropIndex(index))
    connection.exec_driver_sql(f'ALTER TABLE "{table.name}" RENAME TO {_ASIDE}_{table.name}')
    return f"{_ASIDE}_{table.name}"


def _copy(connection: Connection, table: Table, source: Table, name: str) -> None:
    known = set(source.columns.keys())
    values = {}
    for column in table.columns:
        before = _COLUMNS.get((table.name, column.name), column.name)
        if column.name in known or before in known:
            values[column.name] = f'"{column.name if column.name in known else before}"'
        elif (table.name, column.name) in _VALUES:
            values[column.name] = _VALUES[table.name, column.name].format(table=name)
    columns = ", ".join(f'"{column}"' for column in values)
    selected = ", ".join(values.values())
    connection.exec_driver_sql(f'INSERT INTO "{table.name}" ({columns}) SELECT {selected} FROM {name}')  # noqa: S608  ours


def _repack(connection: Connection, texts: Table) -> None:
    """Write the packed texts as they are read today; those of later states are that already."""
    for number in connection.scalars(select(texts.c.id)).all():
        size, body = connection.execute(select(texts.c.size, texts.c.body).where(texts.c.id == number)).one()
        frame = body.removeprefix(_MAGIC)
        if len(frame) == size:  # would be read as a text that packing does not shorten
            frame = _unpacked(connection, texts, number)
        if frame != body:
            update = texts.update().where(texts.c.id == number)
            connection.execute(update.values(body=_NO_SHARED_ENDS + frame))


def _unpacked(connection: Connection, texts: Table, number: int) -> bytes:
    """Unpack a text of that time, with the texts that it was packed against; some may be written anew already."""
    row = connection.execute(select(texts.c.base_id, texts.c.size, texts.c.body).where(texts.c.id == number)).one()
    frame: bytes = row.body.removeprefix(_NO_SHARED_ENDS)
    if len(frame) == row.size and frame != row.body:
        return frame
    import zstandard  # noqa: PLC0415  most commands read no text

    base = _unpacked(connection, texts, row.base_id) if row.base_id is not None else b""
    dictionary = zstandard.ZstdCompressionDict(base, dict_type=zstandard.DICT_TYPE_RAWCONTENT) if base[7:] else None
    return zstandard.ZstdDecompressor(dict_data=dictionary).decompress(_MAGIC + frame.removeprefix(_MAGIC))


def _rewrite_alerts(connection: Connection, alerts: Table) -> None:
    """Write alerts as they are read today: with the article of both revisions, and numbers of severities."""
    for number, written in connection.execute(select(alerts.c.id, alerts.c.body)).all():
        body = json.loads(written)
        for revision in (body["before"], body["after"]):
            revision["article"] = body["article"]
        for notice in body["notices"]:
            if notice["severity"] in _SEVERITIES:
                notice["severity"] = _SEVERITIES.index(notice["severity"])
        update = alerts.update().where(alerts.c.id == number)
        connection.execute(update.values(body=json.dumps(body, ensure_ascii=True, separators=(",", ":"))))


def reset_sequences(connection: Connection) -> None:
    """Let PostgreSQL number new rows after the copied ones, which its sequences have not seen."""
    if connection.dialect.name != "postgresql":
        return
    sequence_of = text("SELECT pg_get_serial_sequence(:name, 'id')")
    tables = MetaData()
    tables.reflect(connection)
    for table in tables.sorted_tables:
        if "id" not in table.columns:
            continue
        sequence = connection.execute(sequence_of, {"name": f'"{table.name}"'}).scalar()
        if sequence is not None:
            highest = connection.execute(select(func.max(table.c.id))).scalar()
            connection.execute(
                text("SELECT setval(CAST(:sequence AS regclass), :value, :called)"),
                {"sequence": sequence, "value": highest or 1, "called": highest is not None},
            )


def all_tables() -> MetaData:
    """Load every table, for what goes through all of them; a command loads those of the repositories that it uses."""
    for name in ("accounts", "cited_statistics", "ledger", "renderings", "review_records", "source_pages"):
        import_module(f"snapshots.{name}")
    return SQLModel.metadata


def damage(connection: Connection) -> str:
    """Read the first and the last row of every index, and of a small SQLite file every page; say what is damaged."""
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
