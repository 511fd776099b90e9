"""Queue alerts until each destination has them: at least once, with the same key on every attempt."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from functools import cache
from itertools import groupby
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import Text, and_, bindparam, exists, insert, not_, or_, text
from sqlalchemy import select as select_columns
from sqlalchemy.orm import aliased
from sqlmodel import Session, col, func, select, update

from snapshots.database import Database, Repository, as_method, insert_or_ignore_row, insert_returning, reads, writes
from snapshots.queries import LONGEST_LEASE, RELEASED, lease_expired, row_id, to_columns, to_record
from snapshots.records import ClaimedMessage, DeliveryRecord, OutgoingAlert
from snapshots.sent_facts import alert_of, alert_to_dict, corrupt_alert_placeholder, to_records
from snapshots.tables import AlertRow, Attempt, Delivery, DeliveryState, SentFactRow
from watcher.errors import Corrupt, Missing

if TYPE_CHECKING:
    from watcher.model import Alert, Article

# The answer of a receiver is stored for the log, not for reading at length.
LONGEST_ERROR: Final = 500

# So many alerts fit a digest; the others go into the next one.
LONGEST_DIGEST: Final = 100

# So many alerts fit the message of a group, which lists the worst and counts the others.
LONGEST_GROUP: Final = 1_000

# Operators are notified of so many events or dead letters at a time; the next pass goes on.
MAX_LISTED: Final = 1000

# Any fixed number: deliverers that claim at the same time would divide a digest between them.
LONGEST_PAUSE: Final = timedelta(minutes=15)  # between two attempts, unless the destination or quiet hours ask for more
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

    An alert or a delivery with a known key stays as it is, but that of a page (`article_id`), which is queued with its
    comparison or the end of its mute: it gets the next free key, for the same revisions or images may be compared again
    when a page was deleted and restored. An alert without deliveries, or none at all, is not stored.
    """
    if outgoing is None or not outgoing.deliveries:
        return
    row = {"key": outgoing.alert.key, "comparison_id": comparison_id, "at": now, "body": alert_to_dict(outgoing.alert)}
    while (alert := insert_or_ignore_row(session, AlertRow, row, "id")) is None and article_id is not None:
        outgoing = _under_next_key(outgoing)
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
    ids = insert_returning(session, Delivery, rows, "key")
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


def _under_next_key(outgoing: OutgoingAlert) -> OutgoingAlert:
    """Return an alert under the key that follows from its own, the same whenever a restored database makes it again."""
    key = hashlib.sha256(f"again:{outgoing.alert.key}".encode()).hexdigest()[: len(outgoing.alert.key)]
    deliveries = tuple(replace(each, key=f"{key}-{each.destination}") for each in outgoing.deliveries)
    return replace(outgoing, alert=replace(outgoing.alert, key=key), deliveries=deliveries)


def queue_operator_alert(
    session: Session,
    table: Any,
    ids: Sequence[int],
    alert: OutgoingAlert | None,
    now: datetime,
    *,
    deleted: int = 0,
) -> bool:
    """Queue an alert about rows and mark them as notified, but for those that were `deleted` instead.

    False, and nothing is written, when another process has notified operators of one of them, or queued it again.
    """
    still = [col(Delivery.state) == DeliveryState.DEAD] if table is Delivery else []
    mark = update(table).where(col(table.id).in_(ids), col(table.notified_at).is_(None), *still)
    if deleted + session.exec(mark.values(notified_at=now)).rowcount != len(ids):
        session.rollback()
        return False
    queue(session, alert, now)
    return True


def _times(now: datetime) -> dict[str, datetime]:
    latest = now + LONGEST_LEASE
    return {"now": now, "latest": latest, "put_off": now + LONGEST_PAUSE, "farthest": latest + 2 * LONGEST_LEASE}


# Conditions and statements of each round are built once: to build one takes longer than to execute it.
_TRIED: Final[Any] = aliased(Delivery)
# Another message to the same destination that is being sent, or was not accepted and is to be tried again.
_TRIED_THERE: Final = (
    _TRIED.destination == col(Delivery.destination),
    _TRIED.state == DeliveryState.QUEUED,
    _TRIED.attempts > 0,
    or_(_TRIED.batch.is_(None), _TRIED.batch.is_distinct_from(col(Delivery.batch))),
)
# Nobody has claimed the row. An earlier message about its page that is still tried may have arrived, and is sent
# again: an update must not come before what it updates.
_FREE: Final = (
    col(Delivery.state) == DeliveryState.QUEUED,
    lease_expired(Delivery, bindparam("now"), bindparam("latest")),
    ~exists().where(*_TRIED_THERE, _TRIED.article_id == col(Delivery.article_id), _TRIED.id < col(Delivery.id)),
)
# What a clock queued that was ahead, or put off for longer than a receiver and quiet hours can ask for, does not wait
# until then.
_IS_TIME: Final = or_(
    col(Delivery.not_before) <= bindparam("now"),
    and_(col(Delivery.attempts) == 0, col(Delivery.queued_at) > bindparam("latest")),
    and_(col(Delivery.attempts) > 0, col(Delivery.not_before) > bindparam("farthest")),
)
# A destination has one queue: while a message is sent, or was not accepted, it alone is tried again, and the others
# follow in their order when it was accepted. What is sent as one message is tried as one. One that is put off to the
# end of quiet hours does not hold back what is more severe.
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
    """Return the condition that a delivery has one of so many labels, which `_labels` gives."""
    labels = (bindparam(f"label{number}", type_=Text) for number in range(count))
    return or_(*(col(Delivery.labels).contains(label, escape="/") for label in labels))


def _labels(labels: Sequence[str]) -> dict[str, str]:
    """Return the values for `_has_label`, in which what LIKE would read as a pattern is escaped."""
    escaped = (re.sub("([/%_])", r"/\1", label) for label in labels)
    return {f"label{number}": f" {label} " for number, label in enumerate(escaped)}


_DUE: Final[Any] = (
    select(Delivery)
    .where(*_IS_DUE)
    .order_by(col(Delivery.not_before), col(Delivery.id))
    .limit(bindparam("most"))
    # Rows that another process is claiming are passed over; on SQLite BEGIN IMMEDIATE lets one in at a time.
    .with_for_update(skip_locked=True)
)


def _assign_batch(session: Session, first: Delivery, now: datetime) -> set[int]:
    """Assign the rows that go into one message with a due one to it, under a key that they keep from now on.

    A digest takes what else is due for one. A group takes all that share a label with its first row, due or not, so
    that nobody needs to move their times when one more is queued; a group of one is a message of its own.
    """
    labels = (first.labels or "").split()
    given = _times(now) | _labels(labels) | {"destination": first.destination}
    rows = session.connection().execute(_waiting_together(len(labels)), given).all()
    alone = bool(first.labels) and len(rows) == 1
    digest = hashlib.sha256("\n".join(key for _, key in rows).encode("utf-8", "replace")).hexdigest()[:16]
    ids = {number for number, _ in rows}
    message = None if alone else f"{digest}-{first.destination}"
    session.connection().execute(update(Delivery).where(col(Delivery.id).in_(ids)).values(batch=message))
    if message:  # what follows one of them follows the message: nobody gets it under a key of its own
        waiting = col(Delivery.destination) == first.destination, col(Delivery.state) == DeliveryState.QUEUED
        follows = col(Delivery.thread).in_([key for _, key in rows])
        session.connection().execute(update(Delivery).where(*waiting, follows).values(thread=message))
    return ids


@cache
def _waiting_together(labels: int) -> Any:
    together, most = [*_IS_DUE, col(Delivery.labels).is_(None)], LONGEST_DIGEST
    if labels:
        together, most = [*_FREE, _has_label(labels)], LONGEST_GROUP
    return (
        select_columns(col(Delivery.id), col(Delivery.key))
        .where(*together, col(Delivery.destination) == bindparam("destination"), col(Delivery.batch) == "")
        .order_by(col(Delivery.not_before), col(Delivery.id))
        .limit(most)
        .with_for_update(skip_locked=True)
    )


def _messages(session: Session, rows: Sequence[Delivery], owner: str, now: datetime) -> Iterable[ClaimedMessage]:
    """Make a message of each row, or of each digest; rows whose alert cannot be read are marked as dead."""
    ordered = sorted(rows, key=lambda row: (row.batch or "", row.id))  # of one page, as they follow one another
    result: list[tuple[datetime, ClaimedMessage]] = []
    for (batch, _), group in groupby(ordered, key=lambda row: (row.batch, row.batch or row.id)):
        readable: list[tuple[Delivery, Alert]] = []
        for row in group:
            try:
                readable.append((row, alert_of(session, row)))
            except Corrupt as error:
                damaged = _delivery(session, row, corrupt_alert_placeholder(row), owner)
                mark_failed(session, damaged, now, str(error), None)
        if not readable:
            continue
        first, alert = readable[0]
        claimed = _delivery(session, first, alert, owner)
        if batch:
            alerts = tuple(alert for _, alert in readable)
            claimed = replace(claimed, key=batch, batch=batch, alerts=alerts, labels=first.labels)
        result.append((first.not_before, claimed))
    return (delivery for _, delivery in sorted(result, key=lambda pair: (pair[0], pair[1].id)))


def _delivery(session: Session, row: Delivery, alert: Alert, owner: str) -> ClaimedMessage:
    # One that was given up, and is sent again on request, begins anew.
    first_try = select(func.max(Attempt.at)).where(col(Attempt.delivery_id) == row.id, col(Attempt.number) == 1)
    first = session.exec(first_try).one() if row.attempts > 1 else None
    due_since = min(first, row.not_before) if first else row.not_before
    return to_record(
        ClaimedMessage, row, alert=alert, owner=owner, due_since=due_since, batch=None, alerts=(), labels=None
    )


def mark_failed(
    session: Session, delivery: ClaimedMessage, now: datetime, error: str, retry_at: datetime | None
) -> None:
    """Record that a message was not accepted: due again at `retry_at`, or dead.

    A row that was sent or claimed again meanwhile is left as it is; the log has this attempt, too.
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
    line = " ".join(error.split())[:LONGEST_ERROR]
    _log(session, ids, delivery, now, "dead" if retry_at is None else "failed", line)


def _rows_of(session: Session, delivery: ClaimedMessage) -> list[int]:
    """List the rows of a message; those of a digest that could not be read are dead and stay so."""
    own = col(Delivery.id) == delivery.id if delivery.batch is None else col(Delivery.batch) == delivery.batch
    rows = session.exec(select(Delivery.id, Delivery.state).where(own)).all()
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
    """Messages to be sent: queued, claimed, sent or given up; and lists of them for people."""

    @writes
    def claim(
        self, session: Session, now: datetime, *, limit: int = 20, lease_seconds: float = 60, owner: str
    ) -> tuple[ClaimedMessage, ...]:
        """Lease up to `limit` due messages, those that are due longest first, and count the attempt.

        A row that waits for a digest takes along all due rows of its destination that do, one that waits for others of
        its group takes these along; they stay together.
        """
        length = timedelta(seconds=lease_seconds)
        if length > LONGEST_LEASE:
            raise ValueError(f"a lease of {lease_seconds} s is longer than a day")
        if session.connection().dialect.name == "postgresql":
            session.connection().execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": CLAIM_LOCK})
        while due := session.exec(_DUE, params=_times(now) | {"most": limit}).all():
            ids = {row.id for row in due if row.batch != ""}
            for row in due:
                if row.batch == "" and row.id not in ids:
                    ids |= _assign_batch(session, row, now)
            connection, batches = session.connection(), {row.batch for row in due if row.batch}
            free = col(Delivery.state) == DeliveryState.QUEUED, lease_expired(Delivery, now)
            ids.update(session.exec(select(Delivery.id).where(col(Delivery.batch).in_(batches), *free)))
            own = col(Delivery.id).in_(ids)
            taken = {"lease_owner": owner, "lease_until": now + length, "attempts": col(Delivery.attempts) + 1}
            connection.execute(update(Delivery).where(own).values(taken))
            claiming = select(Delivery).where(own).order_by(col(Delivery.not_before), col(Delivery.id))
            rows = session.exec(claiming.execution_options(populate_existing=True)).all()
            claimed = tuple(_messages(session, rows, owner, now))
            # Where nothing could be read, the next ones are looked at: one bad row must not hold the rest.
            if claimed:
                return claimed
        return ()

    @writes
    def split_digest(self, session: Session, delivery: ClaimedMessage, alerts: Sequence[Alert]) -> ClaimedMessage:
        """Keep only these alerts in a claimed digest; the others are due again, as if they had never been claimed.

        What another deliverer has taken over meanwhile stays as it is.
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
        """Record that the destination accepted the message: true whoever has the lease by now."""
        ids = _rows_of(session, delivery)
        sent = RELEASED | {"state": DeliveryState.SENT.value, "done_at": now}
        session.connection().execute(update(Delivery).where(col(Delivery.id).in_(ids)).values(sent))
        _log(session, ids, delivery, now, "sent", None)

    mark_failed = as_method(mark_failed, Database.write)
    queue_operator_alert = as_method(queue_operator_alert, Database.write)

    @writes
    def retry_dead(self, session: Session, now: datetime) -> int:
        """Queue all dead deliveries again, due at once and with a fresh count of attempts; return how many."""
        dead = update(Delivery).where(col(Delivery.state) == DeliveryState.DEAD)
        renewed = {"state": DeliveryState.QUEUED.value, "attempts": 0, "not_before": now}
        return session.exec(dead.values(renewed | {"done_at": None, "notified_at": None})).rowcount

    @writes
    def discard_dead(self, session: Session, destination: str, now: datetime) -> int:
        """Give up the dead deliveries of a destination, which stay in the log; return how many there were."""
        dead = col(Delivery.state) == DeliveryState.DEAD, col(Delivery.destination) == destination
        rows = session.exec(select(Delivery).where(*dead).with_for_update()).all()
        for row in rows:
            row.state, row.done_at = DeliveryState.DISCARDED, now
            session.add(Attempt(delivery_id=row.id, number=row.attempts, at=now, outcome="discarded"))
        return len(rows)

    @reads
    def next_due(self, session: Session) -> datetime | None:
        """Return when the next queued delivery is due; None where nothing is queued."""
        return session.exec(
            select(func.min(Delivery.not_before)).where(col(Delivery.state) == DeliveryState.QUEUED)
        ).one()

    @reads
    def last_of_group(
        self, session: Session, destination: str, labels: Sequence[str], since: datetime
    ) -> tuple[datetime, int] | None:
        """Return when a destination had a message with one of these labels last, after a time, and the worst severity.

        One that is being sent counts as sent, one that failed as sent when it is tried again.
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
        self, session: Session, limit: int = 100, state: DeliveryState | None = None
    ) -> tuple[DeliveryRecord, ...]:
        """List deliveries in any state or in one, newest first."""
        return _listed(session, limit, *(() if state is None else (col(Delivery.state) == state,)))

    @reads
    def retrying(self, session: Session, limit: int = 100) -> tuple[DeliveryRecord, ...]:
        """List what waits for another attempt after one that failed, the longest waiting first."""
        waiting = col(Delivery.state) == DeliveryState.QUEUED, col(Delivery.attempts) > 0
        return _listed(session, limit, *waiting, oldest_first=True)

    @reads
    def of_article(self, session: Session, article: Article, limit: int) -> tuple[DeliveryRecord, ...]:
        """List the deliveries about a page, newest first."""
        return _listed(session, limit, col(Delivery.article_id) == row_id(session, article))


def _listed(session: Session, limit: int, *conditions: Any, oldest_first: bool = False) -> tuple[DeliveryRecord, ...]:
    number = col(Delivery.id)
    rows = select(Delivery).where(*conditions).order_by(number if oldest_first else number.desc()).limit(limit)
    return to_records(session, session.exec(rows).all())
