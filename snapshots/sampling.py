"""Estimate counts over many findings from a sample of them: a search need not look through all texts three times."""

from __future__ import annotations

from typing import Any, Final

from sqlalchemy import func, literal_column, select, tablesample, text
from sqlalchemy.orm import aliased
from sqlmodel import Session

from snapshots.review_tables import ReviewRow

FEWEST_HITS: Final = 500
"""What fewer rows of the sample have is counted exactly: there are few of them in the table too."""
SAMPLED_ROWS: Final = 10_000
LOOKED_UP_ROWS: Final = 6_000  # in SQLite, which reads them one by one
FEWEST_ROWS: Final = 20 * SAMPLED_ROWS
FEWEST_SEARCHED: Final = 5 * SAMPLED_ROWS
_PRIME: Final = 104_729  # findings are drawn without regard to their place in an edit
_SEED: Final = "1"  # the same pages each time: a count that changes means that findings changed


def sample(session: Session, *, searching: bool) -> tuple[Any, float] | None:
    """Return a part of the review rows, and how many rows one of them stands for.

    None where the table is small or was not analysed yet; SQLite counts all but what a search finds.
    """
    connection, table = session.connection(), ReviewRow.metadata.tables["review"]
    if connection.dialect.name != "postgresql":
        count: int = connection.execute(select(func.count()).select_from(table)).scalar_one() if searching else 0
        if count < FEWEST_SEARCHED:
            return None
        step = max(1, count // LOOKED_UP_ROWS)
        number = table.c.finding_id
        ids = select(number).where(number * 7919 % _PRIME % step == 0)
        return aliased(ReviewRow, select(table).where(number.in_(ids)).subquery("sampled")), float(step)
    known = "SELECT reltuples FROM pg_class WHERE oid = to_regclass('review')"
    rows = float(connection.execute(text(known)).scalar() or 0)
    if rows < (FEWEST_SEARCHED if searching else FEWEST_ROWS):
        return None
    pages = tablesample(
        table,
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
