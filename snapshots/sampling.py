"""Estimate counts over many findings from a sample of PostgreSQL's pages, whose cost does not grow with the table."""

from __future__ import annotations

from typing import Any, Final

from sqlalchemy import func, literal_column, select, tablesample, text
from sqlalchemy.orm import aliased
from sqlmodel import Session

from snapshots.review_tables import ReviewRow

FEWEST_HITS: Final = 500
"""What fewer rows of the sample have is counted exactly: there are few of them in the table too."""
SAMPLED_ROWS: Final = 10_000
FEWEST_ROWS: Final = 20 * SAMPLED_ROWS
_SEED: Final = "1"  # the same pages each time: a count that changes means that findings changed


def sample(session: Session) -> tuple[Any, float] | None:
    """Return the review rows of a few pages of the table, and how many rows one of them stands for.

    None where the table is small, was not analysed yet, or is SQLite's.
    """
    connection = session.connection()
    if connection.dialect.name != "postgresql":
        return None
    known = "SELECT reltuples FROM pg_class WHERE oid = to_regclass('review')"
    rows = float(connection.execute(text(known)).scalar() or 0)
    if rows < FEWEST_ROWS:
        return None
    pages = tablesample(
        ReviewRow.metadata.tables["review"],
        func.system(min(100.0, 100 * SAMPLED_ROWS / rows)),
        name="sampled",
        seed=literal_column(_SEED),
    )
    sampled = connection.execute(select(func.count()).select_from(pages)).scalar_one()
    # Not SAMPLED_ROWS: the pages are drawn one by one, and their number varies by some percent.
    return (aliased(ReviewRow, pages), max(1.0, rows / sampled)) if sampled else None


def scan_in_parallel(session: Session) -> None:
    """Let PostgreSQL share the scans of this transaction among several processes.

    It takes every third row for a hit of a search, expects to be done soon, and would look through all rows of a rare
    word in one process. Small tables have one anyway.
    """
    connection = session.connection()
    if connection.dialect.name == "postgresql":
        for cost in ("parallel_setup_cost", "parallel_tuple_cost"):
            connection.execute(text(f"SET LOCAL {cost} = 0"))


def rounded(count: float) -> int:
    """Round an estimate to two digits, so that nobody takes it for a count."""
    return int(float(f"{count:.2g}"))
