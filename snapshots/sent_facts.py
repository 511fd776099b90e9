"""Read the facts that alerts stated: which are unresolved, which are still queued, which are superseded."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

from sqlalchemy import bindparam
from sqlalchemy import select as select_columns
from sqlmodel import Session, col, func, or_, select, update

from snapshots.database import Repository, reads
from snapshots.deliveries import read_alert
from snapshots.leases import LONGEST_LEASE, lease_expired
from snapshots.records import DeliveryState, QueuedAlert, SentFact, UnresolvedFact
from snapshots.rows import all_columns, row_id, to_record
from snapshots.tables import AlertRow, ComparisonRow, DeliveryRow, SentFactRow
from watcher.errors import Corrupt
from watcher.model import Alert, AlertTopic, Article

# Findings of one article that can still be resolved: the newest ones.
MAX_UNRESOLVED = 500


def _receivers(session: Session, alert_ids: set[int], turns: set[int]) -> dict[int, list[DeliveryRow]]:
    """Find the deliveries of each alert that were accepted, or may have been before the answer was lost.

    A turn of an edit war counts, too: it will be sent with the turn that undoes it.
    """
    tried = select(DeliveryRow).where(
        col(DeliveryRow.alert_id).in_(alert_ids),
        or_(
            col(DeliveryRow.state) == DeliveryState.SENT,
            (col(DeliveryRow.state) == DeliveryState.QUEUED) & (col(DeliveryRow.attempts) > 0),
            col(DeliveryRow.id).in_(turns),
        ),
    )
    result: dict[int, list[DeliveryRow]] = {}
    for row in session.exec(tried.order_by(col(DeliveryRow.id))):
        result.setdefault(row.alert_id, []).append(row)
    return result


def resolve(session: Session, ids: Sequence[int], now: datetime) -> None:
    """Record that an alert says of these facts that they were undone."""
    if not ids:
        return
    undone = update(SentFactRow).where(col(SentFactRow.id).in_(ids), col(SentFactRow.resolved_at).is_(None))
    session.exec(undone.values(resolved_at=now))


def _readable(session: Session, alert_id: int) -> Alert | None:
    try:
        return read_alert(session, alert_id)
    except Corrupt:
        return None  # delivering it will report the damage


def _edited_at(alert: Alert, sentence: str) -> datetime:
    """Return when the edit was made that an alert names for a sentence; the last of its edits where it names none."""
    for notice in alert.notices:
        # Facts keep the beginning of a sentence, on one line.
        text = " ".join((notice.new_sentence or notice.old_sentence or "").split())
        if notice.edits and sentence and text.startswith(sentence):
            return notice.edits[-1].at
    return alert.after.at


def _untouched(now: Any, latest: Any = None) -> list[Any]:
    return [
        col(DeliveryRow.state) == DeliveryState.QUEUED,
        col(DeliveryRow.attempts) == 0,
        lease_expired(DeliveryRow, now, latest),
    ]


_WAITING: Final = (
    select_columns(*all_columns(DeliveryRow))
    .join(AlertRow, col(AlertRow.id) == col(DeliveryRow.alert_id))
    .join(ComparisonRow, col(ComparisonRow.id) == col(AlertRow.comparison_id))
    .where(col(ComparisonRow.article_id) == bindparam("page"), *_untouched(bindparam("now"), bindparam("latest")))
    # An alert about an image is about no edit, so the next edit does not replace it.
    .where(col(ComparisonRow.before_id) != col(ComparisonRow.after_id))
    .order_by(col(DeliveryRow.id))
)
_UNRESOLVED: Final = (
    select_columns(*all_columns(SentFactRow))
    .where(col(SentFactRow.article_id) == bindparam("page"), col(SentFactRow.resolved_at).is_(None))
    .order_by(col(SentFactRow.id).desc())
    .limit(MAX_UNRESOLVED)
)


def _waiting(session: Session, article_id: int, now: datetime) -> list[tuple[Any, Alert, bool]]:
    """List the deliveries about changes of a page that nobody tried to send, oldest first, and which are turns.

    In a group a change that follows a resolution is a turn of an edit war: both are sent, as one story.
    """
    result, at_war = [], set()
    given = {"page": article_id, "now": now, "latest": now + LONGEST_LEASE}
    for row in session.connection().execute(_WAITING, given):
        alert = _readable(session, row.alert_id)
        if alert is not None and alert.topic is AlertTopic.RESOLVED and row.labels:
            at_war.add(row.destination)
        elif alert is not None and alert.topic in (AlertTopic.CHANGE, AlertTopic.UPDATE):
            result.append((row, alert, row.destination in at_war))
    return result


def supersede(session: Session, ids: Sequence[int], now: datetime) -> bool:
    """Mark queued deliveries as replaced by a newer alert; False when one of them was tried meanwhile."""
    if not ids:
        return True
    taken = update(DeliveryRow).where(col(DeliveryRow.id).in_(ids), *_untouched(now))
    return session.exec(taken.values(state=DeliveryState.SUPERSEDED.value, done_at=now)).rowcount == len(ids)


class SentFactRepository(Repository):
    """The facts that alerts stated: unresolved, or still to be sent."""

    @reads
    def unresolved(self, session: Session, article: Article, now: datetime) -> tuple[UnresolvedFact, ...]:
        """List what alerts stated about a page and nothing has undone since, oldest first.

        Only what somebody has received, or may have, or will get as a turn of an edit war, counts.
        """
        owner_id = row_id(session, article)
        rows = session.connection().execute(_UNRESOLVED, {"page": owner_id}).all()[::-1]
        if not rows:
            return ()
        turns = {row.id for row, _, is_turn in _waiting(session, owner_id, now) if is_turn}
        receivers = _receivers(session, {row.alert_id for row in rows}, turns)
        alerts = {number: _readable(session, number) for number in receivers}
        return tuple(
            UnresolvedFact(
                id=row.id,
                fact=to_record(SentFact, row, table=SentFactRow),
                before=alert.before,
                at=_edited_at(alert, row.sentence),
                destinations=tuple(row.destination for row in receivers[row.alert_id]),
                retrying=tuple(
                    (row.destination, row.not_before)
                    for row in receivers[row.alert_id]
                    if row.state == DeliveryState.QUEUED and row.attempts
                ),
                threads=tuple(
                    (row.destination, row.thread or row.batch or row.key, row.done_at or row.queued_at)
                    for row in receivers[row.alert_id]
                ),
            )
            for row in rows
            if (alert := alerts.get(row.alert_id)) is not None
        )

    @reads
    def queued_alerts(self, session: Session, article: Article, now: datetime) -> tuple[QueuedAlert, ...]:
        """List the queued alerts about changes of a page that no deliverer has tried to send, oldest first."""
        waiting = _waiting(session, row_id(session, article), now)
        return tuple(
            to_record(QueuedAlert, row, table=DeliveryRow, before=alert.before)
            for row, alert, is_turn in waiting
            if not is_turn
        )

    @reads
    def newest_threads(self, session: Session, article: Article, since: datetime) -> dict[str, str]:
        """Return the thread of the last message about changes of a page to each destination, sent or tried since."""
        at = func.coalesce(DeliveryRow.done_at, DeliveryRow.queued_at)
        rows = (
            select(DeliveryRow)
            .join(AlertRow, col(AlertRow.id) == col(DeliveryRow.alert_id))
            .join(ComparisonRow, col(ComparisonRow.id) == col(AlertRow.comparison_id))
            .where(col(ComparisonRow.article_id) == row_id(session, article), at >= since)
            .where(col(DeliveryRow.state).in_((DeliveryState.SENT, DeliveryState.QUEUED)))
            .where(or_(col(DeliveryRow.state) == DeliveryState.SENT, col(DeliveryRow.thread).is_not(None)))
            .order_by(col(DeliveryRow.id))
        )
        return {row.destination: row.thread or row.batch or row.key for row in session.exec(rows)}
