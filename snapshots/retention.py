"""Delete rows older than their retention period, except those that a retained row still references."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Select, Table, delete, func, or_, select, update
from sqlalchemy.orm import aliased
from sqlmodel import Session, SQLModel, and_, col

from snapshots.archive import Archive
from snapshots.articles import TITLE_EVENTS
from snapshots.records import DeliveryState, ReviewState
from snapshots.rows import AT_ONCE
from snapshots.tables import (
    AlertRow,
    ArticleRow,
    ComparisonRow,
    DeliveryRow,
    EventRow,
    MuteRow,
    ReviewRow,
    RevisionRow,
    SuppressedRow,
    TextRow,
)
from watcher.batching import batched
from watcher.model import Severity


@dataclass(frozen=True, slots=True, kw_only=True)
class RetentionResult:
    """How much was removed, or would be: `removed` counts rows by table, `freed` are the bytes of packed texts."""

    removed: dict[str, int]
    freed: int


def apply_retention(
    archive: Archive, *, findings: datetime | None, texts: datetime | None, apply: bool
) -> RetentionResult:
    """Remove what was found before `findings` and the texts of revisions saved before `texts`; None keeps all.

    Kept whatever their age: comparisons with a finding above info that no reviewer has decided or muted, or with a
    message that was not delivered; the text of each page's cursor, of all that came after it, of what is still
    compared or muted, and every text that one of these is packed against. Without `apply` the same is done and
    taken back, so that the numbers are exact. Each revision stays known; `watcher history` can fetch its text again.
    """
    removed: dict[str, int] = {}
    freed = 0
    with archive.database.write() as session:
        if findings is not None:
            for select_stale in (_stale_comparisons, _stale_notices, _stale_events):
                stale = select_stale(findings)
                (key,) = stale.selected_columns
                _remove(session, key.table, session.scalars(stale).all(), removed)
        if texts is not None:
            freed = _remove_texts(session, texts, removed)
        if not apply:
            session.rollback()
    return RetentionResult(removed={name: count for name, count in sorted(removed.items()) if count}, freed=freed)


def _stale_comparisons(before: datetime) -> Select[Any]:
    """Select old comparisons that reviewers have dealt with and whose alerts are delivered."""
    undecided = select(col(ReviewRow.comparison_id)).where(
        col(ReviewRow.state) == ReviewState.OPEN, col(ReviewRow.severity) > int(Severity.INFO)
    )
    unsent = select(col(AlertRow.comparison_id)).where(
        col(AlertRow.id).in_(_undelivered()), col(AlertRow.comparison_id).is_not(None)
    )
    return select(col(ComparisonRow.id)).where(
        col(ComparisonRow.at) < before, col(ComparisonRow.id).not_in(undecided), col(ComparisonRow.id).not_in(unsent)
    )


def _undelivered() -> Any:
    """Select the alerts that some destination is still to get; dead deliveries can be tried once more."""
    return select(col(DeliveryRow.alert_id)).where(
        col(DeliveryRow.state).in_([DeliveryState.QUEUED.value, DeliveryState.DEAD.value])
    )


def _stale_notices(before: datetime) -> Select[Any]:
    """Select old alerts that belong to no comparison: those to operators, and summaries of mutes."""
    return select(col(AlertRow.id)).where(
        col(AlertRow.comparison_id).is_(None), col(AlertRow.at) < before, col(AlertRow.id).not_in(_undelivered())
    )


def _stale_events(before: datetime) -> Select[Any]:
    """Select old events of which operators were notified.

    Kept are the last of each group, which decides whether the next one is news, and the former titles of pages.
    """
    last = select(func.max(col(EventRow.id))).group_by(col(EventRow.article_id), col(EventRow.event_group))
    return select(col(EventRow.id)).where(
        col(EventRow.at) < before,
        col(EventRow.notified_at).is_not(None),
        col(EventRow.kind).not_in(TITLE_EVENTS),
        col(EventRow.id).not_in(last),
    )


def _remove(session: Session, table: Table, ids: Sequence[int], removed: dict[str, int]) -> None:
    """Delete rows and, before them, all that references them; references within a table are to older rows."""
    key = next(iter(table.primary_key.columns))
    for group in batched(sorted(ids, reverse=True), AT_ONCE):
        for child, column in _referencing(table):
            child_key = next(iter(child.primary_key.columns))
            rows = session.connection().execute(select(child_key).where(column.in_(group)))
            _remove(session, child, [row[0] for row in rows], removed)
        done = session.connection().execute(delete(table).where(key.in_(group)))
        removed[table.name] = removed.get(table.name, 0) + done.rowcount


def _referencing(table: Table) -> Iterator[tuple[Table, Any]]:
    for child in SQLModel.metadata.tables.values():
        for foreign_key in child.foreign_keys:
            if foreign_key.column.table is table and child is not table:
                yield child, foreign_key.parent


def _remove_texts(session: Session, before: datetime, removed: dict[str, int]) -> int:
    """Delete the texts that nothing references; return how many bytes they took."""
    connection = session.connection()
    needed = _referenced_texts(before)
    kept = {row[0] for row in connection.execute(select(needed.c.id))}
    # The newest first: a text is packed against one that was stored before it.
    unreferenced = [
        (number, size)
        for number, size in connection.execute(
            select(col(TextRow.id), func.length(col(TextRow.body))).order_by(col(TextRow.id).desc())
        )
        if number not in kept
    ]
    for group in batched((number for number, _ in unreferenced), AT_ONCE):
        connection.execute(update(RevisionRow).where(col(RevisionRow.text_id).in_(group)).values(text_id=None))
        connection.execute(delete(TextRow).where(col(TextRow.id).in_(group)))
    removed["text"] = len(unreferenced)
    return sum(size for _, size in unreferenced)


def _referenced_texts(before: datetime) -> Any:
    """Select the ids of the texts of all revisions that are kept, and of those that they are packed against."""
    judged = aliased(RevisionRow)
    of_cursor = and_(col(judged.wiki) == col(ArticleRow.wiki), col(judged.revision_id) == col(ArticleRow.cursor))
    unjudged = (
        select(col(RevisionRow.text_id))
        .join(ArticleRow, col(ArticleRow.id) == col(RevisionRow.article_id))
        .outerjoin(judged, of_cursor)
        .where(or_(col(judged.id).is_(None), col(RevisionRow.at) >= col(judged.at)))
    )
    newest = select(func.max(col(RevisionRow.id))).group_by(col(RevisionRow.article_id))
    muted = (
        select(col(SuppressedRow.since))
        .join(MuteRow, col(MuteRow.id) == col(SuppressedRow.mute_id))
        .where(col(MuteRow.ended_at).is_(None))
    )
    kept = select(col(RevisionRow.text_id)).where(
        or_(
            col(RevisionRow.at) >= before,
            col(RevisionRow.id).in_(newest),
            col(RevisionRow.revision_id).in_(select(col(ArticleRow.cursor)).where(col(ArticleRow.cursor).is_not(None))),
            col(RevisionRow.revision_id).in_(muted),
            *(col(RevisionRow.id).in_(referenced) for referenced in _foreign_references(RevisionRow)),
        )
    )
    start = kept.union(unjudged, *_foreign_references(TextRow, besides=("revision",))).subquery()
    needed = select(start.c[0].label("id")).where(start.c[0].is_not(None)).cte("needed", recursive=True)
    bases = select(col(TextRow.base_id)).where(col(TextRow.id) == needed.c.id, col(TextRow.base_id).is_not(None))
    return needed.union(bases)


def _foreign_references(row: type[SQLModel], besides: Sequence[str] = ()) -> Iterator[Any]:
    """Select what other tables reference, such as the two sides of a comparison; future tables are included."""
    for child, column in _referencing(SQLModel.metadata.tables[str(row.__tablename__)]):
        if child.name not in besides:
            yield select(column).where(column.is_not(None))
