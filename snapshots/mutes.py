"""Store mutes, and since when each of them has suppressed something of an article."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields
from datetime import datetime
from typing import Any

from sqlmodel import Session, col, select, update

from snapshots import outbox, sent_facts
from snapshots.articles import get_row, to_article
from snapshots.database import insert_or_ignore
from snapshots.records import Mute, OutgoingAlert, ReviewState, Suppressed
from snapshots.tables import ArticleRow, MuteRow, ReviewRow, SuppressedRow


def begin_mute(session: Session, parts: dict[str, Any], now: datetime) -> Mute:
    """Begin a mute of these parts: wiki and title, rule, words, until."""
    row = MuteRow(**parts, at=now)
    session.add(row)
    session.flush()
    return _mute(row)


def _mute(row: MuteRow) -> Mute:
    return Mute(**{field.name: getattr(row, field.name) for field in fields(Mute)})


def list_mutes(session: Session) -> tuple[Mute, ...]:
    """The mutes that have not been ended, those that have run out too, oldest first."""
    rows = select(MuteRow).where(col(MuteRow.ended_at).is_(None)).order_by(col(MuteRow.id))
    return tuple(_mute(row) for row in session.exec(rows))


def record_suppressed(session: Session, article_id: int, since: int, mute_ids: Sequence[int]) -> None:
    """Note that mutes kept something back; only the first revision counts, from which the catch-up starts."""
    rows = [{"mute_id": number, "article_id": article_id, "since": since} for number in mute_ids]
    insert_or_ignore(session, SuppressedRow, rows)


def suppressed(session: Session, mute: Mute) -> tuple[Suppressed, ...]:
    """What a mute has kept back, by article."""
    rows = (
        select(SuppressedRow, ArticleRow)
        .join(ArticleRow, col(ArticleRow.id) == col(SuppressedRow.article_id))
        .where(col(SuppressedRow.mute_id) == mute.id)
        .order_by(col(SuppressedRow.id))
    )
    return tuple(
        Suppressed(mute_id=row.mute_id, article=to_article(article), since=row.since)
        for row, article in session.exec(rows)
    )


def end_mute(session: Session, mute: Mute, alerts: Sequence[OutgoingAlert], now: datetime) -> bool:
    """End a mute and queue its catch-up at once; False, and nothing done, when somebody else has ended it."""
    open_still = update(MuteRow).where(col(MuteRow.id) == mute.id, col(MuteRow.ended_at).is_(None))
    if session.exec(open_still.values(ended_at=now)).rowcount != 1:
        return False
    _unmute(session, mute.id)
    for alert in alerts:
        alert_id = outbox.queue(session, alert.alert, alert.deliveries, now)
        if alert_id is not None:
            sent_facts.record(session, get_row(session, alert.alert.article).id, alert_id, alert.facts)
    return True


def _unmute(session: Session, mute_id: int) -> None:
    """Give the findings that a mute kept back to the queue, but those that somebody has decided about."""
    own = col(ReviewRow.muted_by) == mute_id
    waiting = update(ReviewRow).where(own, col(ReviewRow.state) == ReviewState.MUTED.value)
    session.exec(waiting.values(state=ReviewState.OPEN.value))
    session.exec(update(ReviewRow).where(own).values(muted_by=None))
