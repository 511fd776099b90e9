"""What processes counted becomes sums that all of them share: one look at the database shows the work of all."""

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
from snapshots.rows import Key, UTCDateTime, Words

Labels = tuple[tuple[str, str], ...]


class TallyRow(SQLModel, table=True):
    """A sum under a name and labels (a JSON object with sorted keys), and when it grew last."""

    __tablename__: ClassVar[Any] = "tally"
    __table_args__ = (UniqueConstraint("name", "labels"),)

    id: int = Field(default=None, primary_key=True, sa_type=Key)
    name: str = Field(sa_type=Words)
    labels: str = Field(sa_type=Words)
    amount: float
    at: datetime = Field(sa_type=UTCDateTime)


@dataclass(frozen=True, slots=True, kw_only=True)
class Tally:
    """A sum that only grows, since the database was made; `at` is when it grew last."""

    name: str
    labels: dict[str, str]
    amount: float
    at: datetime


def add_tallies(archive: Archive, counted: Mapping[tuple[str, Labels], float], now: datetime) -> None:
    """Add to the sums, all in one transaction; what is not there yet begins at nothing."""
    if not counted:
        return
    # In one order everywhere: two processes that add at the same time wait for each other, and not in a circle.
    rows = [
        {"name": name, "labels": json.dumps(dict(sorted(labels))), "amount": amount, "at": now}
        for (name, labels), amount in sorted(counted.items())
    ]
    with archive._store.writing() as session:  # noqa: SLF001  the memory's own package
        connection = session.connection()
        insert: Any = postgresql.insert if connection.dialect.name == "postgresql" else sqlite.insert
        adding = insert(TallyRow)
        grown = {"amount": col(TallyRow.amount) + adding.excluded.amount, "at": adding.excluded.at}
        connection.execute(adding.on_conflict_do_update(index_elements=["name", "labels"], set_=grown), rows)


def tallies(archive: Archive) -> tuple[Tally, ...]:
    """All sums, by name."""
    with archive._store.reading() as session:  # noqa: SLF001
        rows = session.exec(select(TallyRow).order_by(col(TallyRow.name), col(TallyRow.id)))
        return tuple(Tally(name=row.name, labels=json.loads(row.labels), amount=row.amount, at=row.at) for row in rows)
