"""Store the facts that alerts stated: which are unresolved, which are still queued, which are superseded."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlmodel import Session, col, or_, select, update

from snapshots.database import Repository, reads
from snapshots.deliveries import read_alert
from snapshots.leases import lease_expired
from snapshots.records import DeliveryState, QueuedAlert, SentFact, UnresolvedFact
from snapshots.rows import get_row
from snapshots.tables import AlertRow, ComparisonRow, DeliveryRow, SentFactRow
from watcher.errors import Corrupt
from watcher.model import Alert, AlertTopic, Article

# Findings of one article that can still be resolved: the newest ones.
MAX_UNRESOLVED = 500


def record(session: Session, article_id: int, alert_id: int, facts: Sequence[SentFact]) -> None:
    """Write down what an alert says, so that its undoing can be told to the same people."""
    session.add_all(
        SentFactRow(
            article_id=article_id,
            alert_id=alert_id,
            subject=fact.subject,
            old=fact.old,
            new=fact.new,
            sentence=fact.sentence,
        )
        for fact in facts
    )


def _receivers(session: Session, alert_ids: set[int]) -> dict[int, list[DeliveryRow]]:
    """The rows of each alert that was accepted, or may have been before the answer was lost."""
    tried = select(DeliveryRow).where(
        col(DeliveryRow.alert_id).in_(alert_ids),
        or_(
            col(DeliveryRow.state) == DeliveryState.SENT,
            (col(DeliveryRow.state) == DeliveryState.QUEUED) & (col(DeliveryRow.attempts) > 0),
        ),
    )
    result: dict[int, list[DeliveryRow]] = {}
    for row in session.exec(tried.order_by(col(DeliveryRow.id))):
        result.setdefault(row.alert_id, []).append(row)
    return result


def resolve(session: Session, ids: Sequence[int], now: datetime) -> None:
    """Note that these are told as undone; they stand no longer."""
    undone = update(SentFactRow).where(col(SentFactRow.id).in_(ids), col(SentFactRow.resolved_at).is_(None))
    session.exec(undone.values(resolved_at=now))


def _readable(session: Session, alert_id: int) -> Alert | None:
    try:
        return read_alert(session, alert_id)
    except Corrupt:
        return None  # the deliverer will say so


def _untouched(now: datetime) -> list[Any]:
    return [
        col(DeliveryRow.state) == DeliveryState.QUEUED,
        col(DeliveryRow.attempts) == 0,
        lease_expired(DeliveryRow, now),
    ]


def supersede(session: Session, ids: Sequence[int], now: datetime) -> bool:
    """Mark rows as replaced by a newer alert; False when one of them has been tried meanwhile."""
    if not ids:
        return True
    taken = update(DeliveryRow).where(col(DeliveryRow.id).in_(ids), *_untouched(now))
    return session.exec(taken.values(state=DeliveryState.SUPERSEDED.value, done_at=now)).rowcount == len(ids)


class SentFactRepository(Repository):
    """What alerts stated: still to be resolved, or still to be sent."""

    @reads
    def unresolved(self, session: Session, article: Article) -> tuple[UnresolvedFact, ...]:
        """What somebody was told of a page and what has not been undone since, oldest first."""
        owner = get_row(session, article)
        newest = (
            select(SentFactRow)
            .where(col(SentFactRow.article_id) == owner.id, col(SentFactRow.resolved_at).is_(None))
            .order_by(col(SentFactRow.id).desc())
            .limit(MAX_UNRESOLVED)
        )
        rows = session.exec(newest).all()[::-1]
        receivers = _receivers(session, {row.alert_id for row in rows})
        alerts = {number: _readable(session, number) for number in receivers}
        return tuple(
            UnresolvedFact(
                id=row.id,
                fact=SentFact(subject=row.subject, old=row.old, new=row.new, sentence=row.sentence),
                before=alert.before,
                destinations=tuple(row.destination for row in receivers[row.alert_id]),
                retrying=tuple(
                    (row.destination, row.not_before)
                    for row in receivers[row.alert_id]
                    if row.state == DeliveryState.QUEUED
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
        """The queued alerts about changes of a page that no deliverer has tried to send, oldest first."""
        owner = get_row(session, article)
        waiting = (
            select(DeliveryRow)
            .join(AlertRow, col(AlertRow.id) == col(DeliveryRow.alert_id))
            .join(ComparisonRow, col(ComparisonRow.id) == col(AlertRow.comparison_id))
            .where(col(ComparisonRow.article_id) == owner.id, *_untouched(now))
            # an alert about a picture is about no edit: the next edit does not take its place
            .where(col(ComparisonRow.before_id) != col(ComparisonRow.after_id))
            .order_by(col(DeliveryRow.id))
        )
        result = []
        for row in session.exec(waiting):
            alert = _readable(session, row.alert_id)
            if alert is not None and alert.topic is AlertTopic.CHANGE:
                queued_alert = QueuedAlert(
                    id=row.id, destination=row.destination, before=alert.before, not_before=row.not_before
                )
                result.append(queued_alert)
        return tuple(result)
