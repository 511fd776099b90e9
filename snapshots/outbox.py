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

from snapshots.articles import LONGEST_LEASE, lease_expired
from snapshots.database import insert_or_ignore
from snapshots.deliveries import alert_for_delivery, corrupt_alert_placeholder, read_alert
from snapshots.records import ClaimedMessage, DeliveryState, NewDelivery
from snapshots.tables import AlertRow, AttemptRow, DeliveryRow
from watcher.errors import Corrupt, Missing
from watcher.model import Alert
from watcher.model.alerts import alert_to_dict

# What a receiver answers is kept for the log, not for reading at length.
LONGEST_ERROR: Final = 500

# A digest takes so many alerts; what is left goes into the next one.
LONGEST_DIGEST: Final = 100

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


def claim(
    session: Session, now: datetime, *, limit: int, lease_seconds: float, owner: str
) -> tuple[ClaimedMessage, ...]:
    """Lease up to `limit` due messages to `owner`, the longest due first, and count the attempt.

    A row that waits for a digest takes along all rows of its destination that do and are due; they stay together.
    """
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


def split_digest(session: Session, delivery: ClaimedMessage, alerts: Sequence[Alert]) -> ClaimedMessage:
    """The digest with these alerts alone; the others are due again, under a key of their own, as if never touched.

    What another deliverer has taken over meanwhile stays as it is.
    """
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


def mark_sent(session: Session, delivery: ClaimedMessage, now: datetime) -> None:
    """Note that a message was accepted: true whoever has the lease by now."""
    ids = _rows_of(session, delivery)
    done = update(DeliveryRow).where(col(DeliveryRow.id).in_(ids))
    session.exec(done.values(state=DeliveryState.SENT.value, done_at=now, lease_owner=None, lease_until=None))
    _log(session, ids, delivery, now, "sent", None)


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


def retry_dead(session: Session, now: datetime) -> int:
    """Queue all dead rows again, due at once and with a fresh count of attempts; how many."""
    dead = update(DeliveryRow).where(col(DeliveryRow.state) == DeliveryState.DEAD)
    news = {"state": DeliveryState.QUEUED.value, "attempts": 0, "not_before": now, "done_at": None, "notified_at": None}
    return session.exec(dead.values(news)).rowcount
