"""Store counters that all processes share."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, ClassVar

from sqlalchemy import UniqueConstraint
from sqlalchemy.dialects import postgresql, sqlite
from sqlmodel import Field, SQLModel, col, select

from snapshots.archive import Archive
from snapshots.tables import BigId, SafeText, UTCDateTime

Labels = tuple[tuple[str, str], ...]


class CounterRow(SQLModel, table=True):
    """A sum under a name and labels (a JSON object with sorted keys), and when it grew last."""

    __tablename__: ClassVar[Any] = "counter"
    __table_args__ = (UniqueConstraint("name", "labels"),)

    id: int = Field(default=None, primary_key=True, sa_type=BigId)
    name: str = Field(sa_type=SafeText)
    labels: str = Field(sa_type=SafeText)
    amount: float
    at: datetime = Field(sa_type=UTCDateTime)


@dataclass(frozen=True, slots=True, kw_only=True)
class SharedCounter:
    """A sum that only grows, since the database was made; `at` is when it grew last."""

    name: str
    labels: dict[str, str]
    amount: float
    at: datetime


def add_counters(archive: Archive, amounts: Mapping[tuple[str, Labels], float], now: datetime) -> None:
    """Add to the sums, all in one transaction; what is not there yet begins at nothing."""
    if not amounts:
        return
    # In one order everywhere: two processes that add at the same time wait for each other, and not in a circle.
    rows = [
        {"name": name, "labels": json.dumps(dict(sorted(labels))), "amount": amount, "at": now}
        for (name, labels), amount in sorted(amounts.items())
    ]
    with archive._database.write() as session:  # noqa: SLF001  the memory's own package
        connection = session.connection()
        insert: Any = postgresql.insert if connection.dialect.name == "postgresql" else sqlite.insert
        adding = insert(CounterRow)
        grown = {"amount": col(CounterRow.amount) + adding.excluded.amount, "at": adding.excluded.at}
        connection.execute(adding.on_conflict_do_update(index_elements=["name", "labels"], set_=grown), rows)


def counters(archive: Archive) -> tuple[SharedCounter, ...]:
    """All sums, by name."""
    with archive._database.read() as session:  # noqa: SLF001
        rows = session.exec(select(CounterRow).order_by(col(CounterRow.name), col(CounterRow.id)))
        return tuple(
            SharedCounter(name=row.name, labels=json.loads(row.labels), amount=row.amount, at=row.at) for row in rows
        )
