"""Read and record what was sent to destinations: alerts as JSON, deliveries with attempts, and the facts of pages."""

from __future__ import annotations

import json
from collections.abc import Collection, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import datetime
from functools import cache, lru_cache
from typing import TYPE_CHECKING, Any, Final

from pydantic import TypeAdapter, ValidationError
from sqlalchemy import Text, and_, bindparam, type_coerce
from sqlalchemy import select as select_columns
from sqlmodel import Session, col, func, or_, select, update

from snapshots.database import Repository, reads
from snapshots.queries import MAX_LEASE, all_columns, in_parts, lease_expired, row_id, shared_names, to_record
from snapshots.records import PATH_SEPARATOR, DeliveryRecord, QueuedAlert, SentFact, StatedFact
from snapshots.tables import AlertRow, Attempt, Delivery, DeliveryState, SentFactRow
from watcher.errors import Corrupt
from watcher.model import AlertTopic, Article, Revision

if TYPE_CHECKING:
    from watcher.model import Alert


@cache
def _alerts() -> TypeAdapter[Alert]:
    from watcher.model import Alert  # noqa: PLC0415  it imports everything that an alert may be about

    return TypeAdapter(Alert)


def alert_to_dict(alert: Alert) -> dict[str, Any]:
    """Return an alert as plain JSON, without its thread, which is stored with each delivery."""
    written: dict[str, Any] = _alerts().dump_python(alert, mode="json", exclude={"thread"}, exclude_defaults=True)
    return written


def alert_from_dict(stored: object) -> Alert:
    """Return the alert that `alert_to_dict` wrote; raise Corrupt if a field is missing or of another type."""
    try:
        return _alerts().validate_python(stored)
    except ValidationError as error:
        wrong = "; ".join(f"{'.'.join(map(str, item['loc']))}: {item['msg']}" for item in error.errors()[:3])
        raise Corrupt(f"stored alert: {wrong}: it was not written by this version; see CHANGELOG") from error


@lru_cache(maxsize=1_000)
def _alert_of_json(body: str) -> Alert:
    """Return an alert from its JSON; cached, because each comparison of a page reads the alerts sent about it."""
    return alert_from_dict(json.loads(body))


_BODIES: Final = select_columns(col(AlertRow.id), type_coerce(col(AlertRow.body), Text)).where(
    col(AlertRow.id).in_(bindparam("ids", expanding=True))
)


def readable_alerts(session: Session, ids: Collection[int]) -> dict[int, Alert]:
    """Map ids to alerts; leave out alerts that cannot be read, because their delivery reports the damage."""
    alerts: dict[int, Alert] = {}
    for number, body in in_parts(session, _BODIES, "ids", ids):
        with suppress(ValueError, RecursionError, Corrupt):
            alerts[number] = _alert_of_json(body)
    return alerts


def alert_of(session: Session, row: Delivery) -> Alert:
    """Return the alert of a delivery, with the delivery's thread; raise Corrupt if it cannot be read.

    Each alert has its own query, because text that is not JSON would make a query for many alerts fail.
    """
    try:
        alert = _alert_of_json(session.connection().execute(_BODIES, {"ids": [row.alert_id]}).one().body)
    except (ValueError, RecursionError) as error:
        raise Corrupt(f"stored alert {row.alert_id}: it is damaged; restore a backup") from error
    return replace(alert, thread=row.thread) if row.thread else alert


def corrupt_alert_placeholder(row: Delivery) -> Alert:
    """Return the alert that is shown in place of one that cannot be read."""
    from watcher.model import Alert  # noqa: PLC0415

    article = Article(wiki="", page_id=0, title="an alert that cannot be read")
    nothing = Revision(article=article, id=0, parent_id=0, at=row.queued_at, editor=None, comment=None)
    return Alert(key=row.key, article=article, before=nothing, after=nothing, notices=(), diff_url="")


def to_records(session: Session, rows: Sequence[Delivery]) -> tuple[DeliveryRecord, ...]:
    """Return the records of deliveries, each with its alert and its attempts."""
    ids = [row.id for row in rows]
    log: dict[int, list[Attempt]] = {}
    tries = select(Attempt).where(col(Attempt.delivery_id).in_(ids)).order_by(col(Attempt.id))
    for line in session.exec(tries):
        log.setdefault(line.delivery_id, []).append(line)
    records = []
    for row in rows:
        try:
            alert = alert_of(session, row)
        except Corrupt:
            alert = corrupt_alert_placeholder(row)
        records.append(to_record(DeliveryRecord, row, alert=alert, log=tuple(log.get(row.id, ()))))
    return tuple(records)


# The most facts of one article that are read, over all destinations, newest first.
MAX_STATED: Final = 2_000
_IS_OPEN: Final = col(SentFactRow.resolved_at).is_(None)
_WAS_UNDONE: Final = col(SentFactRow.resolved_by).is_not(None)
_IS_ACTIVE: Final = col(Delivery.state).in_((DeliveryState.SENT.value, DeliveryState.QUEUED.value))
_FOLLOWED: Final = (AlertTopic.CHANGE, AlertTopic.UPDATE, AlertTopic.CATCH_UP, AlertTopic.RESOLVED)


def close(session: Session, ids: Sequence[int], now: datetime) -> None:
    """Mark facts as resolved without a notification, because an accepted change has replaced them."""
    if ids:
        session.exec(update(SentFactRow).where(col(SentFactRow.id).in_(ids), _IS_OPEN).values(resolved_at=now))


def rename_sections(session: Session, article_id: int, renamed: Sequence[tuple[str, str]]) -> None:
    """Update the section paths of an article's facts; `renamed` are pairs of old and new paths."""
    for old, new in renamed:
        section = col(SentFactRow.section)
        within = or_(section == old, section.startswith(f"{old}{PATH_SEPARATOR}", autoescape=True))
        for row in session.exec(select(SentFactRow).where(col(SentFactRow.article_id) == article_id, within)):
            row.section = new + row.section[len(old) :]
            session.add(row)


def _not_tried(now: Any, latest: Any = None) -> list[Any]:
    return [
        col(Delivery.state) == DeliveryState.QUEUED,
        col(Delivery.attempts) == 0,
        lease_expired(Delivery, now, latest),
    ]


_FACT: Final = shared_names(SentFact, SentFactRow)
_COLUMNS: Final = (
    *(col(getattr(SentFactRow, name)) for name in ("id", "delivery_id", "resolved_by")),
    *(col(getattr(SentFactRow, name)) for name in _FACT),
    *(col(getattr(Delivery, name)) for name in ("alert_id", "destination", "thread", "batch", "key")),
    func.coalesce(Delivery.done_at, Delivery.queued_at).label("stated_at"),
)
_WAITING: Final = (
    select_columns(*all_columns(Delivery))
    .where(col(Delivery.article_id) == bindparam("page"), *_not_tried(bindparam("now"), bindparam("latest")))
    .order_by(col(Delivery.id))
)


def _reported(*conditions: Any) -> Any:
    """Select facts of a page that were sent or are queued to be sent, newest first."""
    return (
        select_columns(*_COLUMNS)
        .join(Delivery, col(Delivery.id) == col(SentFactRow.delivery_id))
        .where(col(SentFactRow.article_id) == bindparam("page"), _IS_ACTIVE, *conditions)
        .order_by(col(SentFactRow.id).desc())
        .limit(MAX_STATED)
    )


_IN_QUEUE: Final[Any] = bindparam("waiting", expanding=True)
_CURRENT: Final = or_(_IS_OPEN, col(SentFactRow.resolved_by).in_(_IN_QUEUE))
_STATED: Final = _reported(or_(_CURRENT, and_(_WAS_UNDONE, col(SentFactRow.delivery_id).in_(_IN_QUEUE))))
_RESOLVED: Final = _reported(
    _WAS_UNDONE,
    col(SentFactRow.resolved_by).not_in(_IN_QUEUE),
    col(SentFactRow.resolved_at)
    >= select_columns(func.min(Delivery.queued_at))
    .join(SentFactRow, col(Delivery.id) == col(SentFactRow.delivery_id))
    .where(col(SentFactRow.article_id) == bindparam("page"), _IS_ACTIVE, _CURRENT)
    .scalar_subquery(),
)


def _facts_of(session: Session, statement: Any, article_id: int, waiting: Sequence[int]) -> tuple[StatedFact, ...]:
    """Read the facts that a statement selects, oldest first; leave out those whose alert cannot be read."""
    # On PostgreSQL, SQLAlchemy renders an empty list the same for IN and NOT IN of one parameter. 0 is no id.
    given = {"page": article_id, "waiting": waiting or [0]}
    rows = session.connection().execute(statement, given).all()[::-1]
    alerts = readable_alerts(session, {row.alert_id for row in rows})
    return tuple(
        StatedFact(
            id=number,
            destination=destination,
            delivery_id=delivery_id,
            fact=_fact_of(*values),
            alert=alerts[alert_id],
            thread=thread or batch or key,
            stated_at=stated_at,
            resolved_by=resolved_by,
            is_reported_resolved=resolved_by is not None and resolved_by not in waiting,
        )
        for number, delivery_id, resolved_by, *values, alert_id, destination, thread, batch, key, stated_at in rows
        if alert_id in alerts
    )


@lru_cache(maxsize=MAX_STATED)
def _fact_of(*values: Any) -> SentFact:
    """Return the fact with these values of `_FACT`; cached, because each comparison of a page reads its facts."""
    given = dict(zip(_FACT, values, strict=True))
    return SentFact(**given, is_located=given["since"] != 0)


def supersede(session: Session, ids: Sequence[int], now: datetime) -> bool:
    """Mark queued deliveries as replaced by a newer alert; return False if one of them was tried meanwhile.

    Facts that they were to report as undone are open again, until another message reports that.
    """
    if not ids:
        return True
    replaced_rows = update(Delivery).where(col(Delivery.id).in_(ids), *_not_tried(now))
    if session.exec(replaced_rows.values(state=DeliveryState.SUPERSEDED.value, done_at=now)).rowcount != len(ids):
        return False
    reopened_rows = update(SentFactRow).where(col(SentFactRow.resolved_by).in_(ids))
    session.exec(reopened_rows.values(resolved_at=None, resolved_by=None))
    return True


class SentFactRepository(Repository):
    """The facts that alerts about pages have stated to each destination."""

    @reads
    def stated(
        self, session: Session, article: Article, now: datetime
    ) -> tuple[tuple[StatedFact, ...], tuple[QueuedAlert, ...]]:
        """List the unresolved facts that were sent or are queued to be sent, and the replaceable queued alerts.

        Both are listed oldest first. Replacing a queued alert drops its facts and reopens those that it resolves, so
        these count as unresolved; its own facts are listed even if they are reported as over. Queued alerts in a group
        with a resolution are turns of an edit war: they are not replaceable, but all sent in one message.
        """
        owner_id = row_id(session, article)
        given = {"page": owner_id, "now": now, "latest": now + MAX_LEASE}
        rows = session.connection().execute(_WAITING, given).all()
        alerts = readable_alerts(session, {row.alert_id for row in rows})
        waiting = [(row, alert) for row in rows if (alert := alerts.get(row.alert_id))]
        in_edit_war = {row.destination for row, alert in waiting if alert.topic is AlertTopic.RESOLVED and row.labels}
        queued = tuple(
            to_record(QueuedAlert, row, before=alert.before)
            for row, alert in waiting
            # The next edit does not replace an alert about an image, which is not about an edit.
            if alert.topic in _FOLLOWED and alert.before.id != alert.after.id and row.destination not in in_edit_war
        )
        return _facts_of(session, _STATED, owner_id, [each.id for each in queued]), queued

    @reads
    def resolved(self, session: Session, article: Article, queued: Sequence[QueuedAlert]) -> tuple[StatedFact, ...]:
        """List the facts that were reported as over since the oldest unresolved fact was queued, oldest first.

        `queued` are the replaceable alerts that `stated` lists.
        """
        return _facts_of(session, _RESOLVED, row_id(session, article), [row.id for row in queued])

    @reads
    def replaced(self, session: Session, article: Article, since: datetime) -> tuple[tuple[str, SentFact], ...]:
        """List the facts of alerts that were replaced before they were sent, since a time, newest first.

        Each comes with its destination.
        """
        rows = (
            select(SentFactRow, Delivery.destination)
            .join(Delivery, col(Delivery.id) == col(SentFactRow.delivery_id))
            .where(col(SentFactRow.article_id) == row_id(session, article), _IS_OPEN)
            .where(col(Delivery.state) == DeliveryState.SUPERSEDED, col(Delivery.done_at) >= since)
            .order_by(col(SentFactRow.id).desc())
            .limit(MAX_STATED)
        )
        return tuple((destination, to_record(SentFact, row)) for row, destination in session.exec(rows))

    @reads
    def deliveries_of(
        self, session: Session, article: Article, fact: SentFact
    ) -> tuple[tuple[SentFact, Delivery], ...]:
        """List the deliveries that state this fact or an equal one (same subject, label and values), newest first."""
        columns = (col(getattr(SentFactRow, name)) for name in ("subject", "label", "old", "new"))
        values = (fact.subject, fact.label, fact.old, fact.new)
        rows = (
            select(SentFactRow, Delivery)
            .join(Delivery, col(Delivery.id) == col(SentFactRow.delivery_id))
            .where(col(SentFactRow.article_id) == row_id(session, article))
            .where(*(column.is_not_distinct_from(value) for column, value in zip(columns, values, strict=True)))
            .order_by(col(Delivery.id).desc())
        )
        return tuple((to_record(SentFact, row), delivery) for row, delivery in session.exec(rows))
