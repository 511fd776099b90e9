"""Queue alerts until each destination has them: at least once, with the same key on every attempt."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import groupby
from typing import Any, Final

from sqlalchemy import text
from sqlmodel import Session, col, select, update

from snapshots.database import Repository, insert_or_ignore, reads, writes
from snapshots.deliveries import alert_for_delivery, corrupt_alert_placeholder, read_alert, to_records
from snapshots.leases import LONGEST_LEASE, lease_expired
from snapshots.records import ClaimedMessage, DeliveryRecord, DeliveryState, NewDelivery, OutgoingAlert
from snapshots.tables import AlertRow, AttemptRow, DeliveryRow
from watcher.errors import Corrupt, Missing
from watcher.model import Alert
from watcher.model.alerts import alert_to_dict

# What a receiver answers is kept for the log, not for reading at length.
LONGEST_ERROR: Final = 500

# A digest takes so many alerts; what is left goes into the next one.
LONGEST_DIGEST: Final = 100

# Operators are notified of so many events or dead letters at a time; the next pass goes on.
MAX_LISTED: Final = 1000

# Any fixed number: deliverers that claim at the same time would divide a digest between them.
CLAIM_LOCK: Final = 7_317_202


def queue(
    session: Session, alert: Alert, deliveries: Sequence[NewDelivery], now: datetime, comparison_id: int | None = None
) -> int | None:
    """Put an alert into the outbox, a row for each draft; what is there under the same key stays as it is.

    The row id of the alert, None for one without drafts, which is not kept.
    """
    if not deliveries:
        return None
    body = alert_to_dict(alert)
    insert_or_ignore(session, AlertRow, [{"key": alert.key, "comparison_id": comparison_id, "at": now, "body": body}])
    alert_id = session.exec(select(AlertRow.id).where(col(AlertRow.key) == alert.key)).one()
    fixed = {"alert_id": alert_id, "state": DeliveryState.QUEUED.value, "attempts": 0, "queued_at": now}
    insert_or_ignore(
        session,
        DeliveryRow,
        [
            fixed
            | {
                "destination": draft.destination,
                "key": draft.key,
                "not_before": draft.not_before,
                "batch": "" if draft.digest else None,
                "thread": draft.thread or None,
            }
            for draft in deliveries
        ],
    )
    return alert_id


def _is_due(now: datetime) -> list[Any]:
    return [
        col(DeliveryRow.state) == DeliveryState.QUEUED,
        col(DeliveryRow.not_before) <= now,
        lease_expired(DeliveryRow, now),
    ]


def _due(session: Session, now: datetime, limit: int) -> Sequence[DeliveryRow]:
    due = (
        select(DeliveryRow)
        .where(*_is_due(now))
        .order_by(col(DeliveryRow.not_before), col(DeliveryRow.id))
        .limit(limit)
        # Rows that another process is claiming are passed over; on SQLite BEGIN IMMEDIATE lets one in at a time.
        .with_for_update(skip_locked=True)
    )
    return session.exec(due).all()


def _assign_batch(session: Session, destination: str, now: datetime) -> set[int]:
    """Bind what a destination is due in digests into one, under a key that it keeps from now on."""
    waiting = (
        select(DeliveryRow.id, DeliveryRow.key)
        .where(*_is_due(now), col(DeliveryRow.destination) == destination, col(DeliveryRow.batch) == "")
        .order_by(col(DeliveryRow.not_before), col(DeliveryRow.id))
        .limit(LONGEST_DIGEST)
        .with_for_update(skip_locked=True)
    )
    rows = session.exec(waiting).all()
    digest = hashlib.sha256("\n".join(key for _, key in rows).encode("utf-8", "replace")).hexdigest()[:16]
    ids = {number for number, _ in rows}
    bound = update(DeliveryRow).where(col(DeliveryRow.id).in_(ids))
    session.exec(bound.values(batch=f"{digest}-{destination}"))
    return ids


def _same_batch(session: Session, batches: Iterable[str], now: datetime) -> set[int]:
    fellows = select(DeliveryRow.id).where(
        col(DeliveryRow.batch).in_(set(batches)),
        col(DeliveryRow.state) == DeliveryState.QUEUED,
        lease_expired(DeliveryRow, now),
    )
    return set(session.exec(fellows))


def _messages(session: Session, rows: Sequence[DeliveryRow], owner: str, now: datetime) -> Iterable[ClaimedMessage]:
    """One delivery for each row, or for each digest; rows whose alert cannot be read are dead."""
    ordered = sorted(rows, key=lambda row: (row.batch or "", row.not_before, row.id))
    result: list[tuple[datetime, ClaimedMessage]] = []
    for (batch, _), group in groupby(ordered, key=lambda row: (row.batch, row.batch or row.id)):
        readable = [(row, alert) for row in group if (alert := _load_alert(session, row, owner, now))]
        if not readable:
            continue
        first, alert = readable[0]
        claimed = _delivery(first, alert, owner)
        if batch:
            alerts = tuple(alert for _, alert in readable)
            claimed = replace(claimed, key=batch, batch=batch, alerts=alerts)
        result.append((first.not_before, claimed))
    return (delivery for _, delivery in sorted(result, key=lambda pair: (pair[0], pair[1].id)))


def _delivery(row: DeliveryRow, alert: Alert, owner: str) -> ClaimedMessage:
    return ClaimedMessage(
        id=row.id, key=row.key, destination=row.destination, alert=alert, attempts=row.attempts, owner=owner
    )


def _load_alert(session: Session, row: DeliveryRow, owner: str, now: datetime) -> Alert | None:
    """The alert of a row just claimed; None, and the row is dead, when it cannot be read."""
    try:
        return alert_for_delivery(row, read_alert(session, row.alert_id))
    except Corrupt as error:
        mark_failed(session, _delivery(row, corrupt_alert_placeholder(row), owner), now, str(error), None)
        return None


def mark_failed(
    session: Session, delivery: ClaimedMessage, now: datetime, error: str, retry_at: datetime | None
) -> None:
    """Note that a message was not accepted: due again at `retry_at`, or dead.

    A row that was sent or leased to another attempt meanwhile is left to that; the log has this one too.
    """
    ids = _rows_of(session, delivery)
    own = update(DeliveryRow).where(
        col(DeliveryRow.id).in_(ids),
        col(DeliveryRow.state) == DeliveryState.QUEUED,
        col(DeliveryRow.lease_owner) == delivery.owner,
        col(DeliveryRow.attempts) == delivery.attempts,
    )
    news: dict[str, Any] = {"lease_owner": None, "lease_until": None}
    if retry_at is None:
        news |= {"state": DeliveryState.DEAD.value, "done_at": now}
    else:
        news |= {"not_before": retry_at}
    session.exec(own.values(news))
    line = " ".join(error.split())[:LONGEST_ERROR]
    _log(session, ids, delivery, now, "dead" if retry_at is None else "failed", line)


def _rows_of(session: Session, delivery: ClaimedMessage) -> list[int]:
    """The rows that a message is made of; those of a digest that could not be read are dead and stay so."""
    own = col(DeliveryRow.id) == delivery.id if delivery.batch is None else col(DeliveryRow.batch) == delivery.batch
    rows = session.exec(select(DeliveryRow.id, DeliveryRow.state).where(own)).all()
    if not rows:
        raise Missing(f"delivery {delivery.id} is not in the outbox")
    alive = [number for number, state in rows if state != DeliveryState.DEAD]
    return alive or [number for number, _ in rows]


def _log(
    session: Session, ids: Sequence[int], delivery: ClaimedMessage, now: datetime, outcome: str, error: str | None
) -> None:
    for number in ids:
        session.add(AttemptRow(delivery_id=number, number=delivery.attempts, at=now, outcome=outcome, error=error))


class OutboxRepository(Repository):
    """Messages to be sent: queued, claimed, sent or given up."""

    @writes
    def queue(self, session: Session, alert: Alert, deliveries: Sequence[NewDelivery], now: datetime) -> None:
        """Queue an alert that belongs to no comparison; a key that is known already is left alone."""
        queue(session, alert, deliveries, now)

    @writes
    def claim(
        self, session: Session, now: datetime, *, limit: int = 20, lease_seconds: float = 60, owner: str
    ) -> tuple[ClaimedMessage, ...]:
        """Take due deliveries for `lease_seconds`; nobody else gets them before that is over."""
        length = timedelta(seconds=lease_seconds)
        if length > LONGEST_LEASE:
            raise ValueError(f"a lease of {lease_seconds} s is longer than a day")
        if session.connection().dialect.name == "postgresql":
            session.connection().execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": CLAIM_LOCK})
        while due := _due(session, now, limit):
            ids = {row.id for row in due}
            for destination in {row.destination for row in due if row.batch == ""}:
                ids |= _assign_batch(session, destination, now)
            ids |= _same_batch(session, {row.batch for row in due if row.batch}, now)
            session.exec(
                update(DeliveryRow)
                .where(col(DeliveryRow.id).in_(ids))
                .values(lease_owner=owner, lease_until=now + length, attempts=col(DeliveryRow.attempts) + 1)
            )
            taken = select(DeliveryRow).where(col(DeliveryRow.id).in_(ids)).execution_options(populate_existing=True)
            rows = session.exec(taken.order_by(col(DeliveryRow.not_before), col(DeliveryRow.id))).all()
            claimed = tuple(_messages(session, rows, owner, now))
            # Where nothing could be read, the next ones are looked at: one bad row must not hold the rest.
            if claimed:
                return claimed
        return ()

    @writes
    def split_digest(self, session: Session, delivery: ClaimedMessage, alerts: Sequence[Alert]) -> ClaimedMessage:
        """Keep only these alerts of a claimed digest in it; the others go into the next one."""
        kept = select(AlertRow.id).where(col(AlertRow.key).in_([alert.key for alert in alerts]))
        rest = update(DeliveryRow).where(
            col(DeliveryRow.batch) == delivery.batch,
            col(DeliveryRow.state) == DeliveryState.QUEUED,
            col(DeliveryRow.lease_owner) == delivery.owner,
            col(DeliveryRow.alert_id).not_in(kept),
        )
        free = {"batch": "", "lease_owner": None, "lease_until": None, "attempts": col(DeliveryRow.attempts) - 1}
        session.exec(rest.values(free))
        return replace(delivery, alert=alerts[0], alerts=tuple(alerts))

    @writes
    def mark_sent(self, session: Session, delivery: ClaimedMessage, now: datetime) -> None:
        """Note that the destination has the message."""
        ids = _rows_of(session, delivery)
        done = update(DeliveryRow).where(col(DeliveryRow.id).in_(ids))
        session.exec(done.values(state=DeliveryState.SENT.value, done_at=now, lease_owner=None, lease_until=None))
        _log(session, ids, delivery, now, "sent", None)

    @writes
    def mark_failed(
        self, session: Session, delivery: ClaimedMessage, now: datetime, error: str, retry_at: datetime | None
    ) -> None:
        """Note a failure (`error` without secrets): due again at `retry_at`, dead where that is None."""
        mark_failed(session, delivery, now, error, retry_at)

    @writes
    def retry_dead(self, session: Session, now: datetime) -> int:
        """Queue what is dead once more; how many deliveries."""
        dead = update(DeliveryRow).where(col(DeliveryRow.state) == DeliveryState.DEAD)
        news = {
            "state": DeliveryState.QUEUED.value,
            "attempts": 0,
            "not_before": now,
            "done_at": None,
            "notified_at": None,
        }
        return session.exec(dead.values(news)).rowcount

    @reads
    def unnotified_dead_letters(self, session: Session) -> tuple[DeliveryRecord, ...]:
        """Dead deliveries that no operator has been told of, oldest first."""
        rows = (
            select(DeliveryRow)
            .where(col(DeliveryRow.state) == DeliveryState.DEAD, col(DeliveryRow.notified_at).is_(None))
            .order_by(col(DeliveryRow.id))
            .limit(MAX_LISTED)
        )
        return to_records(session, session.exec(rows).all())

    @writes
    def queue_dead_letter_alert(
        self, session: Session, ids: Sequence[int], alert: OutgoingAlert | None, now: datetime
    ) -> bool:
        """Queue the alert about dead deliveries and mark them as told; False, and nothing done, when one was."""
        mark = update(DeliveryRow).where(
            col(DeliveryRow.id).in_(ids),
            col(DeliveryRow.state) == DeliveryState.DEAD,
            col(DeliveryRow.notified_at).is_(None),
        )
        if session.exec(mark.values(notified_at=now)).rowcount != len(ids):
            session.rollback()
            return False
        if alert is not None:
            queue(session, alert.alert, alert.deliveries, now)
        return True
