"""What nobody wants to hear of for a while becomes rows, with what was kept back meanwhile."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields
from datetime import datetime
from typing import Any

from sqlmodel import Session, col, select, update

from snapshots import outbox, told
from snapshots.articles import article_of, row_of
from snapshots.review_rows import ReviewRow
from snapshots.review_values import ReviewState
from snapshots.rows import ArticleRow, MuteRow, WithheldRow
from snapshots.upsert import insert_once
from snapshots.values import Mute, Telling, Withheld


def add(session: Session, parts: dict[str, Any], now: datetime) -> Mute:
    """Begin a mute of these parts: wiki and title, rule, words, until."""
    row = MuteRow(**parts, at=now)
    session.add(row)
    session.flush()
    return _mute(row)


def _mute(row: MuteRow) -> Mute:
    return Mute(**{field.name: getattr(row, field.name) for field in fields(Mute)})


def mutes(session: Session) -> tuple[Mute, ...]:
    """The mutes that have not been ended, those that have run out too, oldest first."""
    rows = select(MuteRow).where(col(MuteRow.ended_at).is_(None)).order_by(col(MuteRow.id))
    return tuple(_mute(row) for row in session.exec(rows))


def withhold(session: Session, article_id: int, since: int, mute_ids: Sequence[int]) -> None:
    """Note that mutes kept something back; only the first revision counts, from which the catch-up starts."""
    rows = [{"mute_id": number, "article_id": article_id, "since": since} for number in mute_ids]
    insert_once(session, WithheldRow, rows)


def withheld(session: Session, mute: Mute) -> tuple[Withheld, ...]:
    """What a mute has kept back, by article."""
    rows = (
        select(WithheldRow, ArticleRow)
        .join(ArticleRow, col(ArticleRow.id) == col(WithheldRow.article_id))
        .where(col(WithheldRow.mute_id) == mute.id)
        .order_by(col(WithheldRow.id))
    )
    return tuple(
        Withheld(mute_id=row.mute_id, article=article_of(article), since=row.since)
        for row, article in session.exec(rows)
    )


def end(session: Session, mute: Mute, tellings: Sequence[Telling], now: datetime) -> bool:
    """End a mute and queue its catch-up at once; False, and nothing done, when somebody else has ended it."""
    open_still = update(MuteRow).where(col(MuteRow.id) == mute.id, col(MuteRow.ended_at).is_(None))
    if session.exec(open_still.values(ended_at=now)).rowcount != 1:
        return False
    _unmute(session, mute.id)
    for telling in tellings:
        alert_id = outbox.queue(session, telling.alert, telling.drafts, now)
        if alert_id is not None:
            told.remember(session, row_of(session, telling.alert.article).id, alert_id, telling.told)
    return True


def _unmute(session: Session, mute_id: int) -> None:
    """Give the findings that a mute kept back to the queue, but those that somebody has decided about."""
    mine = col(ReviewRow.muted_by) == mute_id
    waiting = update(ReviewRow).where(mine, col(ReviewRow.state) == ReviewState.MUTED.value)
    session.exec(waiting.values(state=ReviewState.OPEN.value))
    session.exec(update(ReviewRow).where(mine).values(muted_by=None))
