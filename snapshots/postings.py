"""The outbox as people see it: rows with their alerts and their delivery log."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from sqlmodel import Session, col, select

from snapshots.articles import row_of
from snapshots.rows import AlertRow, AttemptRow, ComparisonRow, DeliveryRow
from snapshots.values import Attempt, Posting, State
from watcher.errors import Corrupt
from watcher.model import Alert, Article, Revision, Topic
from watcher.model.wire import alert_from_dict


def read_alert(session: Session, alert_id: int) -> Alert:
    """The alert of a row, read by itself: text that is no JSON would end a query for many."""
    try:
        return alert_from_dict(session.exec(select(AlertRow.body).where(col(AlertRow.id) == alert_id)).one())
    except (ValueError, RecursionError) as error:
        raise Corrupt(f"stored alert {alert_id}: it is damaged; restore a backup") from error


def alert_in(row: DeliveryRow, alert: Alert) -> Alert:
    """The alert as it reads at the row's destination: in the thread of an earlier one a change is an update."""
    if not row.thread:
        return alert
    return replace(alert, thread=row.thread, topic=Topic.UPDATE if alert.topic is Topic.CHANGE else alert.topic)


def unreadable(row: DeliveryRow) -> Alert:
    """What stands for an alert that cannot be read, so that its row can be listed."""
    article = Article(wiki="", page_id=0, title="an alert that cannot be read")
    nothing = Revision(article=article, id=0, parent_id=0, at=row.queued_at, editor=None, comment=None)
    return Alert(key=row.key, article=article, before=nothing, after=nothing, notices=(), diff_url="")


def _shown(session: Session, row: DeliveryRow) -> Alert:
    try:
        return alert_in(row, read_alert(session, row.alert_id))
    except Corrupt:
        return unreadable(row)


def postings(session: Session, limit: int, state: State | None) -> tuple[Posting, ...]:
    """Outbox rows with their log, newest first."""
    wanted = select(DeliveryRow)
    if state is not None:
        wanted = wanted.where(col(DeliveryRow.state) == state)
    return postings_of(session, session.exec(wanted.order_by(col(DeliveryRow.id).desc()).limit(limit)).all())


def troubled(session: Session, limit: int) -> tuple[Posting, ...]:
    """What waits for another attempt after one that failed, the longest waiting first."""
    waiting = col(DeliveryRow.state) == State.QUEUED, col(DeliveryRow.attempts) > 0
    rows = select(DeliveryRow).where(*waiting).order_by(col(DeliveryRow.id)).limit(limit)
    return postings_of(session, session.exec(rows).all())


def about(session: Session, article: Article, limit: int) -> tuple[Posting, ...]:
    """The messages about what was found in a page, newest first."""
    rows = (
        select(DeliveryRow)
        .join(AlertRow, col(AlertRow.id) == col(DeliveryRow.alert_id))
        .join(ComparisonRow, col(ComparisonRow.id) == col(AlertRow.comparison_id))
        .where(col(ComparisonRow.article_id) == row_of(session, article).id)
        .order_by(col(DeliveryRow.id).desc())
        .limit(limit)
    )
    return postings_of(session, session.exec(rows).all())


def postings_of(session: Session, rows: Sequence[DeliveryRow]) -> tuple[Posting, ...]:
    """Rows with their alerts and their log."""
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
            batch=row.batch,
        )
        for row in rows
    )
