"""Store when a service that checks depend on failed, and queue the alert about each outage and its end once."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlmodel import Session, case, col, select, update

from snapshots import outbox
from snapshots.database import Repository, insert_or_ignore, reads, writes
from snapshots.records import OutgoingAlert
from snapshots.rows import to_record
from snapshots.tables import OutageRow


@dataclass(frozen=True, slots=True, kw_only=True)
class Outage:
    """The last outage of a service that checks depend on; no `ended_at` while it lasts.

    `notified`: operators were alerted to it, and not yet to its end.
    """

    id: int
    service: str
    detail: str
    began_at: datetime
    ended_at: datetime | None
    notified: bool


class OutageRepository(Repository):
    """The last outage of each service that checks depend on."""

    @writes
    def begin(self, session: Session, service: str, detail: str, now: datetime) -> None:
        """Record that a service does not work; nothing is written where that is known.

        One that fails again before operators were alerted to its end continues its outage: they have been alerted.
        """
        insert_or_ignore(session, OutageRow, [{"service": service, "detail": detail, "began_at": now}])
        ended = col(OutageRow.service) == service, col(OutageRow.ended_at).is_not(None)
        began = case((col(OutageRow.notified_at).is_(None), now), else_=col(OutageRow.began_at))
        session.exec(update(OutageRow).where(*ended).values(detail=detail, began_at=began, ended_at=None))

    @writes
    def end(self, session: Session, service: str, now: datetime) -> None:
        """Record that a service works again."""
        lasting = col(OutageRow.service) == service, col(OutageRow.ended_at).is_(None)
        session.exec(update(OutageRow).where(*lasting).values(ended_at=now))

    @reads
    def list_all(self, session: Session) -> tuple[Outage, ...]:
        """List the last outage of each service, by service."""
        rows = session.exec(select(OutageRow).order_by(col(OutageRow.service)))
        return tuple(to_record(Outage, row, notified=row.notified_at is not None) for row in rows)

    @writes
    def queue_alert(self, session: Session, outage: Outage, alert: OutgoingAlert | None, now: datetime) -> bool:
        """Queue the alert about an outage or, where it has ended, about its end.

        False, and nothing is written, when another process has done that, or the outage has ended or begun meanwhile.
        """
        over = outage.ended_at is not None
        notified, ended = col(OutageRow.notified_at), col(OutageRow.ended_at)
        same = (notified.is_not(None), ended.is_not(None)) if over else (notified.is_(None), ended.is_(None))
        mark = update(OutageRow).where(col(OutageRow.id) == outage.id, *same)
        if not session.exec(mark.values(notified_at=None if over else now)).rowcount:
            return False
        if alert is not None:
            outbox.queue(session, alert, now)
        return True
