"""Write and read alerts as JSON, and make records of deliveries with their alerts and attempts."""

from __future__ import annotations

import json
from collections.abc import Collection, Sequence
from contextlib import suppress
from dataclasses import replace
from functools import cache, lru_cache
from typing import TYPE_CHECKING, Any, Final

from pydantic import TypeAdapter, ValidationError
from sqlalchemy import Text, bindparam, type_coerce
from sqlalchemy import select as select_columns
from sqlmodel import Session, col, select

from snapshots.records import DeliveryRecord
from snapshots.rows import in_parts, to_record
from snapshots.tables import AlertRow, Attempt, Delivery
from watcher.errors import Corrupt
from watcher.model import Article, Revision

if TYPE_CHECKING:
    from watcher.model import Alert


@cache
def _alerts() -> TypeAdapter[Alert]:
    from watcher.model import Alert  # noqa: PLC0415  with all that it may be about

    return TypeAdapter(Alert)


def alert_to_dict(alert: Alert) -> dict[str, Any]:
    """Return an alert as plain JSON; its thread is known when a delivery is claimed, and stored with that."""
    written: dict[str, Any] = _alerts().dump_python(alert, mode="json", exclude={"thread"}, exclude_defaults=True)
    return written


def alert_from_dict(stored: object) -> Alert:
    """Return the alert that `alert_to_dict` wrote; Corrupt when a field is missing or of another shape."""
    try:
        return _alerts().validate_python(stored)
    except ValidationError as error:
        wrong = "; ".join(f"{'.'.join(map(str, item['loc']))}: {item['msg']}" for item in error.errors()[:3])
        raise Corrupt(f"stored alert: {wrong}: it was not written by this version; see CHANGELOG") from error


@lru_cache(maxsize=1_000)
def _alert_of_json(body: str) -> Alert:
    """Return an alert from its JSON: each comparison of a page asks for those that were sent about it."""
    return alert_from_dict(json.loads(body))


_BODIES: Final = select_columns(col(AlertRow.id), type_coerce(col(AlertRow.body), Text)).where(
    col(AlertRow.id).in_(bindparam("ids", expanding=True))
)


def readable_alerts(session: Session, ids: Collection[int]) -> dict[int, Alert]:
    """Read some alerts; those that cannot be read are left out: to deliver them reports the damage."""
    alerts: dict[int, Alert] = {}
    for number, body in in_parts(session, _BODIES, "ids", ids):
        with suppress(ValueError, RecursionError, Corrupt):
            alerts[number] = _alert_of_json(body)
    return alerts


def alert_of(session: Session, row: Delivery) -> Alert:
    """Return the alert of a delivery as its destination gets it: in the thread of an earlier one.

    In a query of its own: text that is not JSON would end a query for many.
    """
    try:
        alert = _alert_of_json(session.connection().execute(_BODIES, {"ids": [row.alert_id]}).one().body)
    except (ValueError, RecursionError) as error:
        raise Corrupt(f"stored alert {row.alert_id}: it is damaged; restore a backup") from error
    return replace(alert, thread=row.thread) if row.thread else alert


def corrupt_alert_placeholder(row: Delivery) -> Alert:
    """Return what is shown in place of an alert that cannot be read."""
    from watcher.model import Alert  # noqa: PLC0415

    article = Article(wiki="", page_id=0, title="an alert that cannot be read")
    nothing = Revision(article=article, id=0, parent_id=0, at=row.queued_at, editor=None, comment=None)
    return Alert(key=row.key, article=article, before=nothing, after=nothing, notices=(), diff_url="")


def to_records(session: Session, rows: Sequence[Delivery]) -> tuple[DeliveryRecord, ...]:
    """Make records of deliveries, each with its alert and its attempts."""
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
