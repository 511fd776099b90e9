"""Apply the `[keep]` retention periods to the database and the report folder."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

from snapshots.retention import apply_retention
from watcher.services.context import AppContext
from watcher.services.metrics import save_round

# As `watcher.services.page_check.report_file_name` makes them; other files in the folder are not ours.
_REPORT: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,63}-\d+-\d+-\d+\.html")


@dataclass(frozen=True, slots=True, kw_only=True)
class RetentionReport:
    """What was removed, or would be: rows by table, report files, and the bytes of both."""

    rows: dict[str, int]
    reports: int
    freed: int
    applied: bool

    @property
    def lines(self) -> tuple[str, ...]:
        """A line for each kind of row, then the total."""
        counts = {**self.rows, "report": self.reports}
        result = [f"{_NAMES.get(name, name)}: {count:,}" for name, count in counts.items() if count]
        if not result:
            return ("nothing is older than [keep] says",)
        done = "removed" if self.applied else "would be removed; do it with `watcher tidy --apply`"
        return (*result, f"{self.freed:,} bytes of texts and reports {done}")


_NAMES: Final = {
    "alert": "alerts",
    "attempt": "lines of the delivery log",
    "comparison": "comparisons",
    "delivery": "deliveries",
    "event": "events",
    "finding": "findings",
    "report": "report files",
    "review": "reviews",
    "review_event": "decisions of reviewers",
    "text": "texts",
    "sent_fact": "facts that alerts stated",
}


def apply_retention_periods(services: AppContext, *, apply: bool) -> RetentionReport:
    """Remove what is older than `[keep]` allows, or count it; without `[keep]` only files of reports are ever removed.

    Raises StoreError, and then nothing of the database was removed.
    """
    keep, now = services.watchlist.keep, services.now()
    gone = apply_retention(
        services.archive, findings=_before(now, keep.findings), texts=_before(now, keep.texts), apply=apply
    )
    folder, oldest = services.watchlist.reports, now - keep.reports
    reports = [
        path
        for path in (sorted(folder.iterdir()) if folder.is_dir() else ())
        # A link in the folder could lead to any file of the machine.
        if _REPORT.fullmatch(path.name) and path.is_file() and not path.is_symlink()
        if datetime.fromtimestamp(path.stat().st_mtime, UTC) < oldest
    ]
    size = sum(path.stat().st_size for path in reports)
    if apply:
        for path in reports:
            path.unlink(missing_ok=True)  # another process may apply retention at the same time
        save_round(services.archive, services.counts, "tidy", services.now())
    return RetentionReport(rows=gone.removed, reports=len(reports), freed=gone.freed + size, applied=apply)


def _before(now: datetime, age: timedelta | None) -> datetime | None:
    return None if age is None else now - age
