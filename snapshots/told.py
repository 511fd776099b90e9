"""What alerts have told becomes a ledger: what still stands, what nobody has seen yet, what is undone."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlmodel import Session, col, or_, select, update

from snapshots.articles import free_at, row_of
from snapshots.postings import read_alert
from snapshots.rows import AlertRow, ComparisonRow, DeliveryRow, ToldRow
from snapshots.values import Standing, State, Told, Unsent
from watcher.errors import Corrupt
from watcher.model import Alert, Article, Topic

# Findings of one article that can still be resolved: the newest ones.
MOST_STANDING = 500


def remember(session: Session, article_id: int, alert_id: int, told: Sequence[Told]) -> None:
    """Write down what an alert says, so that its undoing can be told to the same people."""
    session.add_all(
        ToldRow(
            article_id=article_id,
            alert_id=alert_id,
            subject=one.subject,
            old=one.old,
            new=one.new,
            sentence=one.sentence,
        )
        for one in told
    )


def standing(session: Session, article: Article) -> tuple[Standing, ...]:
    """What was told of a page and not resolved, oldest first; only what somebody has, or may have, received."""
    owner = row_of(session, article)
    newest = (
        select(ToldRow)
        .where(col(ToldRow.article_id) == owner.id, col(ToldRow.resolved_at).is_(None))
        .order_by(col(ToldRow.id).desc())
        .limit(MOST_STANDING)
    )
    rows = session.exec(newest).all()[::-1]
    receivers = _receivers(session, {row.alert_id for row in rows})
    alerts = {number: _readable(session, number) for number in receivers}
    return tuple(
        Standing(
            id=row.id,
            told=Told(subject=row.subject, old=row.old, new=row.new, sentence=row.sentence),
            before=alert.before,
            destinations=tuple(one.destination for one in receivers[row.alert_id]),
            retried=tuple(
                (one.destination, one.not_before) for one in receivers[row.alert_id] if one.state == State.QUEUED
            ),
            threads=tuple(
                (one.destination, one.thread or one.batch or one.key, one.done_at or one.queued_at)
                for one in receivers[row.alert_id]
            ),
        )
        for row in rows
        if (alert := alerts.get(row.alert_id)) is not None
    )


def _receivers(session: Session, alert_ids: set[int]) -> dict[int, list[DeliveryRow]]:
    """The rows of each alert that was accepted, or may have been before the answer was lost."""
    tried = select(DeliveryRow).where(
        col(DeliveryRow.alert_id).in_(alert_ids),
        or_(
            col(DeliveryRow.state) == State.SENT,
            (col(DeliveryRow.state) == State.QUEUED) & (col(DeliveryRow.attempts) > 0),
        ),
    )
    found: dict[int, list[DeliveryRow]] = {}
    for row in session.exec(tried.order_by(col(DeliveryRow.id))):
        found.setdefault(row.alert_id, []).append(row)
    return found


def resolve(session: Session, ids: Sequence[int], now: datetime) -> None:
    """Note that these are told as undone; they stand no longer."""
    undone = update(ToldRow).where(col(ToldRow.id).in_(ids), col(ToldRow.resolved_at).is_(None))
    session.exec(undone.values(resolved_at=now))


def unsent(session: Session, article: Article, now: datetime) -> tuple[Unsent, ...]:
    """The rows about changes of a page that no deliverer has touched, oldest first."""
    owner = row_of(session, article)
    waiting = (
        select(DeliveryRow)
        .join(AlertRow, col(AlertRow.id) == col(DeliveryRow.alert_id))
        .join(ComparisonRow, col(ComparisonRow.id) == col(AlertRow.comparison_id))
        .where(col(ComparisonRow.article_id) == owner.id, *_untouched(now))
        # an alert about a picture is about no edit: the next edit does not take its place
        .where(col(ComparisonRow.before_id) != col(ComparisonRow.after_id))
        .order_by(col(DeliveryRow.id))
    )
    found = []
    for row in session.exec(waiting):
        alert = _readable(session, row.alert_id)
        if alert is not None and alert.topic is Topic.CHANGE:
            one = Unsent(id=row.id, destination=row.destination, before=alert.before, not_before=row.not_before)
            found.append(one)
    return tuple(found)


def _readable(session: Session, alert_id: int) -> Alert | None:
    try:
        return read_alert(session, alert_id)
    except Corrupt:
        return None  # the deliverer will say so


def _untouched(now: datetime) -> list[Any]:
    return [col(DeliveryRow.state) == State.QUEUED, col(DeliveryRow.attempts) == 0, free_at(DeliveryRow, now)]


def take_back(session: Session, ids: Sequence[int], now: datetime) -> bool:
    """Mark rows as replaced by a newer alert; False when one of them has been tried meanwhile."""
    if not ids:
        return True
    taken = update(DeliveryRow).where(col(DeliveryRow.id).in_(ids), *_untouched(now))
    return session.exec(taken.values(state=State.REPLACED.value, done_at=now)).rowcount == len(ids)
