"""Watches whose page no check has ever reached: their failures are counted by title, and told to operators once."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import delete
from sqlmodel import Session, col, select, update

from snapshots import outbox
from snapshots.newcomer_rows import NewcomerRow
from snapshots.upsert import insert_once
from snapshots.values import Newcomer, Telling


def missed(session: Session, wiki: str, title: str, error: str, now: datetime) -> None:
    """Count one more check that did not reach the page."""
    start = {"wiki": wiki, "title": title, "failures": 0, "error": error, "checked_at": now}
    insert_once(session, NewcomerRow, [start])
    row = update(NewcomerRow).where(col(NewcomerRow.wiki) == wiki, col(NewcomerRow.title) == title)
    count = {"failures": col(NewcomerRow.failures) + 1, "error": error, "checked_at": now, "arrived_at": None}
    session.exec(row.values(count))


def arrived(session: Session, wiki: str, title: str, now: datetime) -> None:
    """Note that a check has reached the page; where nobody was told of the failures, they are forgotten."""
    own = col(NewcomerRow.wiki) == wiki, col(NewcomerRow.title) == title
    session.exec(delete(NewcomerRow).where(*own, col(NewcomerRow.told_at).is_(None)))
    session.exec(update(NewcomerRow).where(*own).values(arrived_at=now))


def newcomers(session: Session) -> tuple[Newcomer, ...]:
    """All of them, in the order of their first failure."""
    rows = session.exec(select(NewcomerRow).order_by(col(NewcomerRow.id)))
    return tuple(
        Newcomer(
            id=row.id,
            wiki=row.wiki,
            title=row.title,
            failures=row.failures,
            error=row.error,
            checked_at=row.checked_at,
            told=row.told_at is not None,
            arrived=row.arrived_at is not None,
        )
        for row in rows
    )


def tell(session: Session, ids: Sequence[int], telling: Telling | None, now: datetime) -> bool:
    """Queue what operators hear of some newcomers, once: failing ones are told then, arrived ones forgotten.

    False, and nothing done, when another process has told one of them.
    """
    own = col(NewcomerRow.id).in_(ids)
    gone = session.exec(delete(NewcomerRow).where(own, col(NewcomerRow.arrived_at).is_not(None))).rowcount
    untold = update(NewcomerRow).where(own, col(NewcomerRow.told_at).is_(None))
    if gone + session.exec(untold.values(told_at=now)).rowcount != len(ids):
        session.rollback()
        return False
    if telling is not None:
        outbox.queue(session, telling.alert, telling.drafts, now)
    return True


def forget(session: Session, ids: Sequence[int]) -> None:
    """Take out those that are watched no longer."""
    session.exec(delete(NewcomerRow).where(col(NewcomerRow.id).in_(ids)))
