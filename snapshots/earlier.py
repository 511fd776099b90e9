"""Convert databases of the development states before the tables got their final first form.

Until the commit f3d65433 the tables changed without a number of their own: ten migrations were replaced by one, and
that one was edited. A database of that time calls itself 0001 to 0010 like those that came later, and is told apart by
its tables. All its rows are copied into new tables under what their columns are called today, or nothing is changed.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Final

import zstandard
from sqlalchemy import Connection, MetaData, Table, func, inspect, select, text
from sqlalchemy.schema import DropIndex

BEFORE_FIRST: Final = "0000"
"""The number of a database that this module converts: older than the first migration."""

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
_MAGIC: Final = zstandard.MAGIC_NUMBER.to_bytes(4, "little")
_SEVERITIES: Final = ("info", "low", "medium", "high", "critical")  # in an alert they are their numbers now
_ASIDE: Final = "before_first"  # a schema of PostgreSQL, on SQLite the beginning of the tables' names


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
