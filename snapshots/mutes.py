"""Store mutes, and since when each of them has suppressed something of an article."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import fields
from datetime import datetime
from typing import Any

from sqlmodel import Session, col, select, update

from snapshots import outbox, sent_facts
from snapshots.database import Repository, insert_or_ignore, reads, writes
from snapshots.records import Mute, OutgoingAlert, ReviewState, Suppressed
from snapshots.rows import get_row, to_article
from snapshots.tables import ArticleRow, MuteRow, ReviewRow, SuppressedRow


def begin_mute(session: Session, parts: dict[str, Any], now: datetime) -> Mute:
    """Begin a mute of these parts: wiki and title, rule, words, until."""
    row = MuteRow(**parts, at=now)
    session.add(row)
    session.flush()
    return _mute(row)


def _mute(row: MuteRow) -> Mute:
    return Mute(**{field.name: getattr(row, field.name) for field in fields(Mute)})


def record_suppressed(session: Session, article_id: int, since: int, mute_ids: Sequence[int]) -> None:
    """Note that mutes kept something back; only the first revision counts, from which the catch-up starts."""
    rows = [{"mute_id": number, "article_id": article_id, "since": since} for number in mute_ids]
    insert_or_ignore(session, SuppressedRow, rows)


def _unmute(session: Session, mute_id: int) -> None:
    """Give the findings that a mute kept back to the queue, but those that somebody has decided about."""
    own = col(ReviewRow.muted_by) == mute_id
    waiting = update(ReviewRow).where(own, col(ReviewRow.state) == ReviewState.MUTED.value)
    session.exec(waiting.values(state=ReviewState.OPEN.value))
    session.exec(update(ReviewRow).where(own).values(muted_by=None))


class MuteRepository(Repository):
    """Mutes, and what they have suppressed."""

    @writes
    def begin(
        self,
        session: Session,
        now: datetime,
        *,
        wiki: str | None = None,
        title: str | None = None,
        rule: str | None = None,
        words: str | None = None,
        until: datetime | None = None,
    ) -> Mute:
        """Keep back what matches all the given parts, until a time or until the mute is ended."""
        parts = {"wiki": wiki, "title": title, "rule": rule, "words": words, "until": until}
        return begin_mute(session, parts, now)

    @writes
    def begin_all(
        self, session: Session, now: datetime, several: Sequence[dict[str, Any]], *, before_commit: Callable[[], object]
    ) -> None:
        """Begin several mutes, each given by its parts; none when `before_commit` raises."""
        for parts in several:
            begin_mute(session, parts, now)
        before_commit()

    @reads
    def list_open(self, session: Session) -> tuple[Mute, ...]:
        """The mutes that have not been ended, those that have run out too, oldest first."""
        rows = select(MuteRow).where(col(MuteRow.ended_at).is_(None)).order_by(col(MuteRow.id))
        return tuple(_mute(row) for row in session.exec(rows))

    @reads
    def suppressed(self, session: Session, mute: Mute) -> tuple[Suppressed, ...]:
        """Since which revision a mute has kept something back, for each article."""
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

    @writes
    def end(self, session: Session, mute: Mute, alerts: Sequence[OutgoingAlert], now: datetime) -> bool:
        """End a mute and queue what it kept back; False, and nothing done, when it was ended already."""
        open_still = update(MuteRow).where(col(MuteRow.id) == mute.id, col(MuteRow.ended_at).is_(None))
        if session.exec(open_still.values(ended_at=now)).rowcount != 1:
            return False
        _unmute(session, mute.id)
        for alert in alerts:
            alert_id = outbox.queue(session, alert.alert, alert.deliveries, now)
            if alert_id is not None:
                sent_facts.record(session, get_row(session, alert.alert.article).id, alert_id, alert.facts)
        return True
