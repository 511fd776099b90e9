"""Alerts wait here until each destination has them: at least once, with the same key on every attempt."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, Final

from sqlmodel import Session, col, select, update

from snapshots.articles import LONGEST_LEASE, free_at
from snapshots.rows import AlertRow, AttemptRow, DeliveryRow
from snapshots.upsert import insert_once
from snapshots.values import Attempt, Delivery, Draft, Posting, State
from watcher.errors import Corrupt, Missing
from watcher.model import Alert, Article, Revision
from watcher.model.wire import alert_from_dict, alert_to_dict

# What a receiver answers is kept for the log, not for reading at length.
LONGEST_ERROR: Final = 500


def queue(
    session: Session, alert: Alert, drafts: Sequence[Draft], now: datetime, comparison_id: int | None = None
) -> None:
    """Put an alert into the outbox, a row for each draft; what is there under the same key stays as it is."""
    if not drafts:
        return
    body = alert_to_dict(alert)
    insert_once(session, AlertRow, [{"key": alert.key, "comparison_id": comparison_id, "at": now, "body": body}])
    alert_id = session.exec(select(AlertRow.id).where(col(AlertRow.key) == alert.key)).one()
    fixed = {"alert_id": alert_id, "state": State.QUEUED.value, "attempts": 0, "queued_at": now}
    insert_once(
        session,
        DeliveryRow,
        [
            fixed | {"destination": draft.destination, "key": draft.key, "not_before": draft.not_before}
            for draft in drafts
        ],
    )


def claim(session: Session, now: datetime, *, limit: int, lease_seconds: float, owner: str) -> tuple[Delivery, ...]:
    """Lease up to `limit` due rows to `owner`, the longest due first, and count the attempt."""
    length = timedelta(seconds=lease_seconds)
    if length > LONGEST_LEASE:
        raise ValueError(f"a lease of {lease_seconds} s is longer than a day")
    while ids := _due(session, now, limit):
        session.exec(
            update(DeliveryRow)
            .where(col(DeliveryRow.id).in_(ids))
            .values(lease_owner=owner, lease_until=now + length, attempts=col(DeliveryRow.attempts) + 1)
        )
        taken = select(DeliveryRow).where(col(DeliveryRow.id).in_(ids))
        rows = session.exec(taken.order_by(col(DeliveryRow.not_before), col(DeliveryRow.id))).all()
        claimed = tuple(delivery for row in rows if (delivery := _opened(session, row, owner, now)))
        # Where nothing could be read, the next ones are looked at: one bad row must not hold the rest.
        if claimed:
            return claimed
    return ()


def _due(session: Session, now: datetime, limit: int) -> list[int]:
    due = (
        select(DeliveryRow.id)
        .where(col(DeliveryRow.state) == State.QUEUED, col(DeliveryRow.not_before) <= now, free_at(DeliveryRow, now))
        .order_by(col(DeliveryRow.not_before), col(DeliveryRow.id))
        .limit(limit)
        # Rows that another process is claiming are passed over; on SQLite BEGIN IMMEDIATE lets one in at a time.
        .with_for_update(skip_locked=True)
    )
    return list(session.exec(due))


def _opened(session: Session, row: DeliveryRow, owner: str, now: datetime) -> Delivery | None:
    """The delivery of a row just claimed; None, and the row is dead, when its alert cannot be read."""
    blank = _unreadable(row)
    claimed = Delivery(
        id=row.id, key=row.key, destination=row.destination, alert=blank, attempts=row.attempts, owner=owner
    )
    try:
        return replace(claimed, alert=_alert(session, row))
    except Corrupt as error:
        failed(session, claimed, now, str(error), None)
        return None


def _alert(session: Session, row: DeliveryRow) -> Alert:
    """The alert of a row, read by itself: text that is no JSON would end a query for many."""
    try:
        return alert_from_dict(session.exec(select(AlertRow.body).where(col(AlertRow.id) == row.alert_id)).one())
    except (ValueError, RecursionError) as error:
        raise Corrupt(f"stored alert {row.key}: it is damaged; restore a backup") from error


def _unreadable(row: DeliveryRow) -> Alert:
    """What stands for an alert that cannot be read, so that its row can be listed."""
    article = Article(wiki="", page_id=0, title="an alert that cannot be read")
    nothing = Revision(article=article, id=0, parent_id=0, at=row.queued_at, editor=None, comment=None)
    return Alert(key=row.key, article=article, before=nothing, after=nothing, notices=(), diff_url="")


def sent(session: Session, delivery: Delivery, now: datetime) -> None:
    """Note that a message was accepted: true whoever has the lease by now."""
    done = update(DeliveryRow).where(col(DeliveryRow.id) == delivery.id)
    session.exec(done.values(state=State.SENT.value, done_at=now, lease_owner=None, lease_until=None))
    _log(session, delivery, now, "sent", None)


def failed(session: Session, delivery: Delivery, now: datetime, error: str, retry_at: datetime | None) -> None:
    """Note that a message was not accepted: due again at `retry_at`, or dead.

    A row that was sent or leased to another attempt meanwhile is left to that; the log has this one too.
    """
    own = update(DeliveryRow).where(
        col(DeliveryRow.id) == delivery.id,
        col(DeliveryRow.state) == State.QUEUED,
        col(DeliveryRow.lease_owner) == delivery.owner,
        col(DeliveryRow.attempts) == delivery.attempts,
    )
    news: dict[str, Any] = {"lease_owner": None, "lease_until": None}
    if retry_at is None:
        news |= {"state": State.DEAD.value, "done_at": now}
    else:
        news |= {"not_before": retry_at}
    session.exec(own.values(news))
    line = " ".join(error.split())[:LONGEST_ERROR]
    _log(session, delivery, now, "dead" if retry_at is None else "failed", line)


def _log(session: Session, delivery: Delivery, now: datetime, outcome: str, error: str | None) -> None:
    if session.get(DeliveryRow, delivery.id) is None:
        raise Missing(f"delivery {delivery.id} is not in the outbox")
    session.add(AttemptRow(delivery_id=delivery.id, number=delivery.attempts, at=now, outcome=outcome, error=error))


def _shown(session: Session, row: DeliveryRow) -> Alert:
    try:
        return _alert(session, row)
    except Corrupt:
        return _unreadable(row)


def retry_dead(session: Session, now: datetime) -> int:
    """Queue all dead rows again, due at once and with a fresh count of attempts; how many."""
    dead = update(DeliveryRow).where(col(DeliveryRow.state) == State.DEAD)
    news = {"state": State.QUEUED.value, "attempts": 0, "not_before": now, "done_at": None}
    return session.exec(dead.values(news)).rowcount


def postings(session: Session, limit: int, state: State | None) -> tuple[Posting, ...]:
    """Outbox rows with their log, newest first."""
    wanted = select(DeliveryRow)
    if state is not None:
        wanted = wanted.where(col(DeliveryRow.state) == state)
    rows = session.exec(wanted.order_by(col(DeliveryRow.id).desc()).limit(limit)).all()
    ids = [row.id for row in rows]
    log: dict[int, list[Attempt]] = {}
    tries = select(AttemptRow).where(col(AttemptRow.delivery_id).in_(ids)).order_by(col(AttemptRow.id))
    for line in session.exec(tries):
        attempt = Attempt(number=line.number, at=line.at, outcome=line.outcome, error=line.error)
        log.setdefault(line.delivery_id, []).append(attempt)
    return tuple(
        Posting(
            id=row.id,
            key=row.key,
            destination=row.destination,
            alert=_shown(session, row),
            state=State(row.state),
            attempts=row.attempts,
            not_before=row.not_before,
            queued_at=row.queued_at,
            done_at=row.done_at,
            log=tuple(log.get(row.id, ())),
        )
        for row in rows
    )
