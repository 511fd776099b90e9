"""Queue alerts until each destination has accepted them: at least once, with the same key on every attempt."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from functools import cache
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import Text, and_, bindparam, exists, insert, not_, or_, text
from sqlalchemy import select as select_columns
from sqlalchemy.orm import aliased
from sqlmodel import Session, col, func, select, update

from snapshots.database import Database, Repository, as_method, insert_or_ignore, insert_or_ignore_row, reads, writes
from snapshots.queries import MAX_LEASE, RELEASED, lease_expired, row_id, to_columns, to_record
from snapshots.records import ClaimedMessage, DeliveryRecord, OutgoingAlert
from snapshots.sent_facts import alert_of, alert_to_dict, corrupt_alert_placeholder, to_records
from snapshots.tables import AlertRow, Attempt, Delivery, DeliveryState, SentFactRow
from watcher.errors import Corrupt, Missing

if TYPE_CHECKING:
    from watcher.model import Alert, Article

# Characters of a receiver's error that are kept in the delivery log.
MAX_ERROR_LENGTH: Final = 500

# The most alerts in a digest; further ones go into the next digest.
MAX_DIGEST_ALERTS: Final = 100

# The most alerts in the message of a group, which lists the worst ones and counts the others.
MAX_GROUP_ALERTS: Final = 1_000

# The most events or dead letters of which operators are notified at a time; the next pass continues.
MAX_LISTED: Final = 1000

MAX_PAUSE: Final = timedelta(minutes=15)  # between two attempts, unless the destination or quiet hours ask for more
# Any fixed number. Without the lock, deliverers that claim at the same time would divide a digest between them.
CLAIM_LOCK: Final = 7_317_202


def queue(
    session: Session,
    outgoing: OutgoingAlert | None,
    now: datetime,
    *,
    article_id: int | None = None,
    comparison_id: int | None = None,
) -> None:
    """Put an alert into the outbox with a row for each delivery, and record the facts that each states and resolves.

    Do nothing if there is no alert, or if it has no deliveries. An alert or delivery whose key is known stays as it is.
    The alert of a page (`article_id`) gets the next free key instead: if the page was deleted and restored, the same
    revisions or images may be compared again.
    """
    if outgoing is None or not outgoing.deliveries:
        return
    row = {"key": outgoing.alert.key, "comparison_id": comparison_id, "at": now, "body": alert_to_dict(outgoing.alert)}
    while (alert := insert_or_ignore_row(session, AlertRow, row, "id")) is None and article_id is not None:
        # The next key is derived from the alert's own, so that a restored database derives the same one again.
        key = hashlib.sha256(f"again:{outgoing.alert.key}".encode()).hexdigest()[: len(outgoing.alert.key)]
        deliveries = tuple(replace(each, key=f"{key}-{each.destination}") for each in outgoing.deliveries)
        outgoing = replace(outgoing, alert=replace(outgoing.alert, key=key), deliveries=deliveries)
        row |= {"key": outgoing.alert.key, "body": alert_to_dict(outgoing.alert)}
    key = outgoing.alert.key
    alert_id = alert.id if alert else session.exec(select(AlertRow.id).where(col(AlertRow.key) == key)).one()
    about = {"alert_id": alert_id, "article_id": article_id}
    state = {"state": DeliveryState.QUEUED, "attempts": 0, "queued_at": now}
    rows = [
        to_columns(delivery, Delivery)
        | {
            **(about | state),
            "batch": "" if delivery.digest or delivery.labels else None,
            "labels": f" {' '.join(delivery.labels)} " if delivery.labels else None,
            "thread": delivery.thread or None,
        }
        for delivery in outgoing.deliveries
    ]
    ids: dict[str, int] = dict(insert_or_ignore(session, Delivery, rows, "key", "id"))
    for delivery in outgoing.deliveries:
        delivery_id = ids.get(delivery.key)
        if delivery_id is None:
            continue
        stating = {"article_id": article_id, "delivery_id": delivery_id}
        if facts := [to_columns(fact, SentFactRow) | stating for fact in delivery.facts]:
            session.connection().execute(insert(SentFactRow), facts)
        if delivery.resolves:
            undone = col(SentFactRow.id).in_(delivery.resolves), col(SentFactRow.resolved_at).is_(None)
            session.exec(update(SentFactRow).where(*undone).values(resolved_at=now, resolved_by=delivery_id))


def queue_operator_alert(
    session: Session,
    table: Any,
    ids: Sequence[int],
    alert: OutgoingAlert | None,
    now: datetime,
    *,
    deleted: int = 0,
) -> bool:
    """Queue an alert about rows and mark them as notified; `deleted` is how many of them were deleted instead.

    Return False, and write nothing, if another process has notified operators of one of them, or queued it again.
    """
    conditions = [col(Delivery.state) == DeliveryState.DEAD] if table is Delivery else []
    mark = update(table).where(col(table.id).in_(ids), col(table.notified_at).is_(None), *conditions)
    if deleted + session.exec(mark.values(notified_at=now)).rowcount != len(ids):
        session.rollback()
        return False
    queue(session, alert, now)
    return True


def _times(now: datetime) -> dict[str, datetime]:
    latest = now + MAX_LEASE
    return {"now": now, "latest": latest, "put_off": now + MAX_PAUSE, "farthest": latest + 2 * MAX_LEASE}


# Conditions and statements of each round are built once: building one takes longer than executing it.
_TRIED: Final[Any] = aliased(Delivery)
# Another message to the same destination that is being sent, or that failed and waits for its retry.
_TRIED_THERE: Final = (
    _TRIED.destination == col(Delivery.destination),
    _TRIED.state == DeliveryState.QUEUED,
    _TRIED.attempts > 0,
    or_(_TRIED.batch.is_(None), _TRIED.batch.is_distinct_from(col(Delivery.batch))),
)
# Nobody has claimed the row, and no earlier message about its page is still being tried. That one may be sent again,
# and an update must not arrive before the message that it updates.
_FREE: Final = (
    col(Delivery.state) == DeliveryState.QUEUED,
    lease_expired(Delivery, bindparam("now"), bindparam("latest")),
    ~exists().where(*_TRIED_THERE, _TRIED.article_id == col(Delivery.article_id), _TRIED.id < col(Delivery.id)),
)
# Rows that were queued by a clock that was ahead, or postponed for longer than receivers and quiet hours can ask for,
# are due at once.
_IS_TIME: Final = or_(
    col(Delivery.not_before) <= bindparam("now"),
    and_(col(Delivery.attempts) == 0, col(Delivery.queued_at) > bindparam("latest")),
    and_(col(Delivery.attempts) > 0, col(Delivery.not_before) > bindparam("farthest")),
)
# A destination has one queue. While a message is being sent or retried, the others wait for it and then follow in
# their order. Rows of one message are tried together. A message that is postponed to the end of quiet hours does not
# block more severe ones.
_IS_DUE: Final = (
    *_FREE,
    _IS_TIME,
    ~exists().where(
        *_TRIED_THERE,
        _TRIED.id != col(Delivery.id),
        or_(col(Delivery.attempts) == 0, _TRIED.id < col(Delivery.id)),
        not_(and_(_TRIED.not_before > bindparam("put_off"), _TRIED.severity < col(Delivery.severity))),
    ),
)


def _has_label(count: int) -> Any:
    """Return the condition that a delivery has one of `count` labels, whose values `_labels` returns."""
    labels = (bindparam(f"label{number}", type_=Text) for number in range(count))
    return or_(*(col(Delivery.labels).contains(label, escape="/") for label in labels))


def _labels(labels: Sequence[str]) -> dict[str, str]:
    """Return the parameters for `_has_label`, with the wildcards of LIKE escaped."""
    escaped = (re.sub("([/%_])", r"/\1", label) for label in labels)
    return {f"label{number}": f" {label} " for number, label in enumerate(escaped)}


_DUE: Final[Any] = (
    select(Delivery)
    .where(*_IS_DUE)
    .order_by(col(Delivery.not_before), col(Delivery.id))
    .limit(1)
    # Skips rows that another process is claiming; on SQLite, BEGIN IMMEDIATE admits one process at a time.
    .with_for_update(skip_locked=True)
)


_NEXT_DUE: Final = select_columns(func.min(Delivery.not_before)).where(col(Delivery.state) == DeliveryState.QUEUED)


def _assign_batch(session: Session, first: Delivery, now: datetime) -> set[int]:
    """Assign the rows that go into one message with the due row `first` to a batch, and return their ids.

    Its key is permanent. A digest takes all rows that are due for one. A group takes all rows that share a label with
    its first row, due or not, so that queueing another row never changes their times; a single row needs no batch.
    """
    labels = (first.labels or "").split()
    given = _times(now) | _labels(labels) | {"destination": first.destination}
    rows = session.connection().execute(_waiting_together(len(labels)), given).all()
    alone = bool(first.labels) and len(rows) == 1
    digest = hashlib.sha256("\n".join(key for _, key in rows).encode("utf-8", "replace")).hexdigest()[:16]
    ids = {number for number, _ in rows}
    message = None if alone else f"{digest}-{first.destination}"
    session.connection().execute(update(Delivery).where(col(Delivery.id).in_(ids)).values(batch=message))
    if message:  # followers of these rows follow the message: the rows are not sent under their own keys
        waiting = col(Delivery.destination) == first.destination, col(Delivery.state) == DeliveryState.QUEUED
        follows = col(Delivery.thread).in_([key for _, key in rows])
        session.connection().execute(update(Delivery).where(*waiting, follows).values(thread=message))
    return ids


@cache
def _waiting_together(labels: int) -> Any:
    together, most = [*_IS_DUE, col(Delivery.labels).is_(None)], MAX_DIGEST_ALERTS
    if labels:
        together, most = [*_FREE, _has_label(labels)], MAX_GROUP_ALERTS
    return (
        select_columns(col(Delivery.id), col(Delivery.key))
        .where(*together, col(Delivery.destination) == bindparam("destination"), col(Delivery.batch) == "")
        .order_by(col(Delivery.not_before), col(Delivery.id))
        .limit(most)
        .with_for_update(skip_locked=True)
    )


def _delivery(session: Session, row: Delivery, alert: Alert, owner: str) -> ClaimedMessage:
    # A dead letter that was queued again has several first attempts: the last one counts.
    first_try = select(func.max(Attempt.at)).where(col(Attempt.delivery_id) == row.id, col(Attempt.number) == 1)
    first = session.exec(first_try).one() if row.attempts > 1 else None
    due_since = min(first, row.not_before) if first else row.not_before
    return to_record(
        ClaimedMessage, row, alert=alert, owner=owner, due_since=due_since, batch=None, alerts=(), labels=None
    )


def mark_failed(
    session: Session, delivery: ClaimedMessage, now: datetime, error: str, retry_at: datetime | None
) -> None:
    """Record that a message was not accepted: it is due again at `retry_at`, or dead if that is None.

    A row that was sent or claimed again meanwhile is left as it is, but the log gets this attempt.
    """
    ids = _rows_of(session, delivery)
    own = update(Delivery).where(
        col(Delivery.id).in_(ids),
        col(Delivery.state) == DeliveryState.QUEUED,
        col(Delivery.lease_owner) == delivery.owner,
        col(Delivery.attempts) == delivery.attempts,
    )
    dead = {"state": DeliveryState.DEAD.value, "done_at": now}
    session.exec(own.values(RELEASED | (dead if retry_at is None else {"not_before": retry_at})))
    line = " ".join(error.split())[:MAX_ERROR_LENGTH]
    _log(session, ids, delivery, now, "dead" if retry_at is None else "failed", line)


_STATES: Final = select_columns(col(Delivery.id), col(Delivery.state))
_ROW: Final = _STATES.where(col(Delivery.id) == bindparam("key"))
_ROWS_OF_BATCH: Final = _STATES.where(col(Delivery.batch) == bindparam("key"))
_MARK_SENT: Final = (
    update(Delivery)
    .where(col(Delivery.id).in_(bindparam("ids", expanding=True)))
    .values(RELEASED | {"state": DeliveryState.SENT.value, "done_at": bindparam("at")})
)


def _rows_of(session: Session, delivery: ClaimedMessage) -> list[int]:
    """List the ids of the rows of a message; dead (unreadable) rows of a batch are left out, unless all are dead."""
    statement, key = (_ROW, delivery.id) if delivery.batch is None else (_ROWS_OF_BATCH, delivery.batch)
    rows = session.connection().execute(statement, {"key": key}).all()
    if not rows:
        raise Missing(f"delivery {delivery.id} is not in the outbox")
    alive = [number for number, state in rows if state != DeliveryState.DEAD]
    return alive or [number for number, _ in rows]


def _log(
    session: Session, ids: Sequence[int], delivery: ClaimedMessage, now: datetime, outcome: str, error: str | None
) -> None:
    tried = {"number": delivery.attempts, "at": now, "outcome": outcome, "error": error}
    session.connection().execute(insert(Attempt), [{"delivery_id": number} | tried for number in ids])


@cache
def _last_of_group(labels: int) -> Any:
    sent = and_(col(Delivery.state) == DeliveryState.SENT, col(Delivery.done_at) > bindparam("since"))
    tried = and_(col(Delivery.state) == DeliveryState.QUEUED, col(Delivery.attempts) > 0)
    at = func.coalesce(Delivery.done_at, Delivery.not_before)
    own = col(Delivery.destination) == bindparam("destination"), _has_label(labels), or_(sent, tried)
    return select_columns(func.max(at), func.max(Delivery.severity)).where(*own)


class OutboxRepository(Repository):
    """The outbox: deliveries that are queued, claimed, sent or dead, and lists of them for people."""

    @writes
    def claim(self, session: Session, now: datetime, *, lease_seconds: float = 60, owner: str) -> ClaimedMessage | None:
        """Lease the message that is due longest, and count the attempt; return None if none is due.

        A row for a digest takes along all due rows of its destination for a digest, and a row of a group takes along
        the others of its group; they stay together. Rows whose alerts cannot be read are marked as dead.
        """
        connection = session.connection()
        if connection.dialect.name == "postgresql":
            connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": CLAIM_LOCK})
        # Without a readable row, the next message is tried: a damaged one must not block the others.
        while first := session.exec(_DUE, params=_times(now)).first():
            ids = _assign_batch(session, first, now) if first.batch == "" else {first.id}
            if first.batch:
                free = col(Delivery.state) == DeliveryState.QUEUED, lease_expired(Delivery, now)
                ids.update(session.exec(select(Delivery.id).where(col(Delivery.batch) == first.batch, *free)))
            own, until = col(Delivery.id).in_(ids), now + timedelta(seconds=lease_seconds)
            lease = {"lease_owner": owner, "lease_until": until, "attempts": col(Delivery.attempts) + 1}
            connection.execute(update(Delivery).where(own).values(lease))
            claiming = select(Delivery).where(own).order_by(col(Delivery.id))  # keeps the alerts of a page in order
            readable: list[tuple[Delivery, Alert]] = []
            for row in session.exec(claiming.execution_options(populate_existing=True)):
                try:
                    readable.append((row, alert_of(session, row)))
                except Corrupt as error:
                    damaged = _delivery(session, row, corrupt_alert_placeholder(row), owner)
                    mark_failed(session, damaged, now, str(error), None)
            if readable:
                claimed = _delivery(session, *readable[0], owner)
                if not (batch := readable[0][0].batch):
                    return claimed
                alerts = tuple(alert for _, alert in readable)
                return replace(claimed, key=batch, batch=batch, alerts=alerts, labels=readable[0][0].labels)
        return None

    @writes
    def split_digest(self, session: Session, delivery: ClaimedMessage, alerts: Sequence[Alert]) -> ClaimedMessage:
        """Return a claimed digest with only these alerts; queue the others again, as if they had not been claimed.

        Rows that another deliverer has taken over meanwhile stay as they are.
        """
        kept = select(AlertRow.id).where(col(AlertRow.key).in_([alert.key for alert in alerts]))
        rest = update(Delivery).where(
            col(Delivery.batch) == delivery.batch,
            col(Delivery.state) == DeliveryState.QUEUED,
            col(Delivery.lease_owner) == delivery.owner,
            col(Delivery.alert_id).not_in(kept),
        )
        session.exec(rest.values(RELEASED | {"batch": "", "attempts": col(Delivery.attempts) - 1}))
        return replace(delivery, alert=alerts[0], alerts=tuple(alerts))

    @writes
    def mark_sent(self, session: Session, delivery: ClaimedMessage, now: datetime) -> None:
        """Record that the destination accepted the message, even if another worker holds the lease by now."""
        ids = _rows_of(session, delivery)
        session.connection().execute(_MARK_SENT, {"ids": ids, "at": now})
        _log(session, ids, delivery, now, "sent", None)

    mark_failed = as_method(mark_failed, Database.write)
    queue_operator_alert = as_method(queue_operator_alert, Database.write)

    @writes
    def retry_dead(self, session: Session, now: datetime) -> int:
        """Queue all dead deliveries again, due at once and with no attempts counted; return their number."""
        dead = update(Delivery).where(col(Delivery.state) == DeliveryState.DEAD)
        renewed = {"state": DeliveryState.QUEUED.value, "attempts": 0, "not_before": now}
        return session.exec(dead.values(renewed | {"done_at": None, "notified_at": None})).rowcount

    @writes
    def discard_dead(self, session: Session, destination: str, now: datetime) -> int:
        """Mark the dead deliveries of a destination as discarded, and log that; return their number."""
        dead = col(Delivery.state) == DeliveryState.DEAD, col(Delivery.destination) == destination
        rows = session.exec(select(Delivery).where(*dead).with_for_update()).all()
        for row in rows:
            row.state, row.done_at = DeliveryState.DISCARDED, now
            session.add(Attempt(delivery_id=row.id, number=row.attempts, at=now, outcome="discarded"))
        return len(rows)

    @reads
    def next_due(self, session: Session) -> datetime | None:
        """Return when the next queued delivery is due, or None if nothing is queued."""
        due: datetime | None = session.connection().execute(_NEXT_DUE).scalar()
        return due

    @reads
    def last_of_group(
        self, session: Session, destination: str, labels: Sequence[str], since: datetime
    ) -> tuple[datetime, int] | None:
        """Return when a destination last got a message with one of these labels, and the worst severity; None if never.

        Only messages after `since` count. Messages that are being sent count, too, and failed ones as of their retry.
        """
        given = _labels(labels) | {"destination": destination, "since": since}
        latest, severity = session.connection().execute(_last_of_group(len(labels)), given).one()
        return None if latest is None else (latest, severity)

    @reads
    def unnotified_dead_letters(self, session: Session) -> tuple[DeliveryRecord, ...]:
        """List the dead deliveries that no operator was notified of, oldest first."""
        unnotified = col(Delivery.state) == DeliveryState.DEAD, col(Delivery.notified_at).is_(None)
        return _listed(session, MAX_LISTED, *unnotified, oldest_first=True)

    @reads
    def newest(
        self, session: Session, limit: int = 100, state: DeliveryState | None = None, article: Article | None = None
    ) -> tuple[DeliveryRecord, ...]:
        """List deliveries in any state or in one, and about any page or one, newest first."""
        of_state = () if state is None else (col(Delivery.state) == state,)
        of_article = () if article is None else (col(Delivery.article_id) == row_id(session, article),)
        return _listed(session, limit, *of_state, *of_article)

    @reads
    def retrying(self, session: Session, limit: int = 100) -> tuple[DeliveryRecord, ...]:
        """List the queued deliveries that were tried before, oldest first."""
        waiting = col(Delivery.state) == DeliveryState.QUEUED, col(Delivery.attempts) > 0
        return _listed(session, limit, *waiting, oldest_first=True)


def _listed(session: Session, limit: int, *conditions: Any, oldest_first: bool = False) -> tuple[DeliveryRecord, ...]:
    number = col(Delivery.id)
    rows = select(Delivery).where(*conditions).order_by(number if oldest_first else number.desc()).limit(limit)
    return to_records(session, session.exec(rows).all())
