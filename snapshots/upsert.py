"""Rows become stored rows once: what is there already, by a unique key, is left alone."""

from __future__ import annotations

from functools import cache
from typing import Any

from sqlalchemy import Insert
from sqlalchemy.dialects import postgresql, sqlite
from sqlmodel import Session, SQLModel


def insert_once(session: Session, table: type[SQLModel], rows: list[dict[str, Any]]) -> None:
    """Insert the rows that break no unique key; another process that inserts the same is waited for."""
    if not rows:
        return
    connection = session.connection()
    connection.execute(_statement(table, connection.dialect.name), rows)


@cache
def _statement(table: type[SQLModel], engine: str) -> Insert:
    insert = postgresql.insert if engine == "postgresql" else sqlite.insert
    return insert(table).on_conflict_do_nothing()
