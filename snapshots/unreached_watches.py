"""Count the failed checks of watches whose page no check has reached, and queue each alert about them once."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlmodel import Session, col, delete, select, update

from snapshots import outbox
from snapshots.database import Repository, insert_or_ignore, reads, writes
from snapshots.records import OutgoingAlert, UnreachedWatch
from snapshots.tables import UnreachedWatchRow


class UnreachedWatchRepository(Repository):
    """Watches whose page no check has ever reached."""

    @writes
    def record_failure(self, session: Session, wiki: str, title: str, error: str, now: datetime) -> None:
        """Count a check that did not reach a page which none has ever reached."""
        start = {"wiki": wiki, "title": title, "failures": 0, "error": error, "checked_at": now}
        insert_or_ignore(session, UnreachedWatchRow, [start])
        row = update(UnreachedWatchRow).where(
            col(UnreachedWatchRow.wiki) == wiki, col(UnreachedWatchRow.title) == title
        )
        count = {"failures": col(UnreachedWatchRow.failures) + 1, "error": error, "checked_at": now, "reached_at": None}
        session.exec(row.values(count))

    @writes
    def record_first_success(self, session: Session, wiki: str, title: str, now: datetime) -> None:
        """Note that a check has reached the page of a watch for the first time."""
        own = col(UnreachedWatchRow.wiki) == wiki, col(UnreachedWatchRow.title) == title
        session.exec(delete(UnreachedWatchRow).where(*own, col(UnreachedWatchRow.notified_at).is_(None)))
        session.exec(update(UnreachedWatchRow).where(*own).values(reached_at=now))

    @reads
    def list_all(self, session: Session) -> tuple[UnreachedWatch, ...]:
        """The watches whose page no check has ever reached."""
        rows = session.exec(select(UnreachedWatchRow).order_by(col(UnreachedWatchRow.id)))
        return tuple(
            UnreachedWatch(
                id=row.id,
                wiki=row.wiki,
                title=row.title,
                failures=row.failures,
                error=row.error,
                checked_at=row.checked_at,
                notified=row.notified_at is not None,
                reached=row.reached_at is not None,
            )
            for row in rows
        )

    @writes
    def mark_notified(self, session: Session, ids: Sequence[int], alert: OutgoingAlert | None, now: datetime) -> bool:
        """Queue what operators hear of newcomers; False, and nothing done, when one of them was told."""
        own = col(UnreachedWatchRow.id).in_(ids)
        gone = session.exec(
            delete(UnreachedWatchRow).where(own, col(UnreachedWatchRow.reached_at).is_not(None))
        ).rowcount
        unreported = update(UnreachedWatchRow).where(own, col(UnreachedWatchRow.notified_at).is_(None))
        if gone + session.exec(unreported.values(notified_at=now)).rowcount != len(ids):
            session.rollback()
            return False
        if alert is not None:
            outbox.queue(session, alert.alert, alert.deliveries, now)
        return True

    @writes
    def delete(self, session: Session, ids: Sequence[int]) -> None:
        """Take out those that are watched no longer."""
        session.exec(delete(UnreachedWatchRow).where(col(UnreachedWatchRow.id).in_(ids)))
