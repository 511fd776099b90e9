"""Count the failed checks of watches whose page no check has reached, and queue each alert about them once."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlmodel import Session, col, delete, select, update

from snapshots import outbox
from snapshots.database import Repository, insert_or_ignore, reads, writes
from snapshots.records import OutgoingAlert, UnreachedWatch
from snapshots.rows import to_record
from snapshots.tables import UnreachedWatchRow


def _is_watch(wiki: str, title: str) -> tuple[Any, Any]:
    return col(UnreachedWatchRow.wiki) == wiki, col(UnreachedWatchRow.title) == title


class UnreachedWatchRepository(Repository):
    """Watches whose page no check has ever reached."""

    @writes
    def record_failure(self, session: Session, wiki: str, title: str, error: str, now: datetime) -> None:
        """Count a failed check of a page that no check has ever reached."""
        start = {"wiki": wiki, "title": title, "failures": 0, "error": error, "checked_at": now}
        insert_or_ignore(session, UnreachedWatchRow, [start])
        count = {"failures": col(UnreachedWatchRow.failures) + 1, "error": error, "checked_at": now, "reached_at": None}
        session.exec(update(UnreachedWatchRow).where(*_is_watch(wiki, title)).values(count))

    @writes
    def record_first_success(self, session: Session, wiki: str, title: str, now: datetime) -> None:
        """Record that a check has reached the page of a watch; failures that nobody was notified of are deleted."""
        own = _is_watch(wiki, title)
        session.exec(delete(UnreachedWatchRow).where(*own, col(UnreachedWatchRow.notified_at).is_(None)))
        session.exec(update(UnreachedWatchRow).where(*own).values(reached_at=now))

    @reads
    def list_all(self, session: Session) -> tuple[UnreachedWatch, ...]:
        """List the watches whose page no check had ever reached, in the order of their first failure."""
        rows = session.exec(select(UnreachedWatchRow).order_by(col(UnreachedWatchRow.id)))
        return tuple(
            to_record(UnreachedWatch, row, notified=row.notified_at is not None, reached=row.reached_at is not None)
            for row in rows
        )

    @writes
    def mark_notified(self, session: Session, ids: Sequence[int], alert: OutgoingAlert | None, now: datetime) -> bool:
        """Queue the alert about some watches: those that fail are marked as notified, those that were reached deleted.

        False, and nothing is done, when another process has notified operators of one of them.
        """
        reached = col(UnreachedWatchRow.id).in_(ids), col(UnreachedWatchRow.reached_at).is_not(None)
        deleted = session.exec(delete(UnreachedWatchRow).where(*reached)).rowcount
        return outbox.queue_operator_alert(session, UnreachedWatchRow, ids, alert, now, deleted=deleted)

    @writes
    def delete(self, session: Session, ids: Sequence[int]) -> None:
        """Delete those that are no longer watched."""
        session.exec(delete(UnreachedWatchRow).where(col(UnreachedWatchRow.id).in_(ids)))
