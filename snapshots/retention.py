"""Delete rows that are older than their retention period, except those that a retained row references."""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from datetime import datetime
from typing import Any, Final

from sqlalchemy import ColumnElement, Table, delete, exists, func, or_, select, update
from sqlalchemy.orm import aliased
from sqlmodel import Session, and_, col

from snapshots.archive import Archive
from snapshots.articles import TITLE_EVENTS
from snapshots.queries import IDS_IN_STATEMENT
from snapshots.review_records import ReviewRow, ReviewState
from snapshots.tables import (
    AlertRow,
    ArticleRow,
    ComparisonRow,
    Delivery,
    DeliveryState,
    Mute,
    PageEvent,
    RevisionRow,
    SuppressedRow,
    TextRow,
)
from snapshots.texts import RenderingRow
from snapshots.upgrade import all_tables
from watcher.batching import batched
from watcher.model import Severity

_METADATA: Final = all_tables()


# The alert is not delivered to some destination yet; dead deliveries can be queued again.
_UNDELIVERED: Final = exists().where(
    col(Delivery.alert_id) == col(AlertRow.id),
    col(Delivery.state).in_([DeliveryState.QUEUED.value, DeliveryState.DEAD.value]),
)
_LATER: Final[Any] = aliased(PageEvent)
# Events of which operators were notified, except the last of each group, which decides whether the next one is news,
# and events that hold former titles of pages.
_IS_PAST: Final = and_(
    col(PageEvent.notified_at).is_not(None),
    col(PageEvent.kind).not_in(TITLE_EVENTS),
    exists().where(
        _LATER.article_id == col(PageEvent.article_id),
        _LATER.event_group == col(PageEvent.event_group),
        _LATER.id > col(PageEvent.id),
    ),
)
_NEWER: Final[Any] = aliased(RenderingRow)
# The newest rendering of an article is kept regardless of its age.
_IS_REPLACED: Final = exists().where(
    _NEWER.article_id == col(RenderingRow.article_id), _NEWER.id > col(RenderingRow.id)
)
_Begin = Callable[[], AbstractContextManager[Session]]


def apply_retention(
    archive: Archive, *, findings: datetime | None, texts: datetime | None, apply: bool
) -> tuple[dict[str, int], int]:
    """Delete findings made before `findings`, and texts of revisions saved before `texts`; None keeps everything.

    Return the number of deleted rows by table, and the size of the deleted texts in bytes as stored.

    Regardless of age, keep comparisons with an open finding above info or with an undelivered message; the texts of
    each page's cursor and later revisions, and of revisions that a kept comparison or an open mute needs; and every
    text against which one of these is packed. Each batch is its own transaction, so checks can go on, and the next
    call continues an interrupted one. Without `apply`, only count these rows. Rows of revisions are always kept, and
    `watcher history` can fetch their texts again.
    """
    begin = archive.database.write if apply else archive.database.read
    removed: Counter[str] = Counter()
    freed = 0
    if findings is not None:
        stale_rows = (
            (ComparisonRow, _is_stale_comparison(findings)),
            # Alerts without a comparison: those to operators, and summaries of mutes.
            (AlertRow, and_(col(AlertRow.comparison_id).is_(None), col(AlertRow.at) < findings, ~_UNDELIVERED)),
            (PageEvent, and_(col(PageEvent.at) < findings, _IS_PAST)),
        )
        for row, stale in stale_rows:
            removed += _remove_stale(begin, _METADATA.tables[str(row.__tablename__)], stale, apply=apply)
    if texts is not None:
        renderings = _METADATA.tables[str(RenderingRow.__tablename__)]
        removed += _remove_stale(begin, renderings, and_(col(RenderingRow.at) < texts, _IS_REPLACED), apply=apply)
        removed["text"], freed = _remove_texts(begin, _is_text_used(texts, findings), apply=apply)
    return {name: count for name, count in sorted(removed.items()) if count}, freed


def _is_stale_comparison(before: datetime) -> ColumnElement[bool]:
    """Return the condition that a comparison is old, has no open finding above info, and no undelivered alert.

    It uses NOT EXISTS because PostgreSQL compares each row with the whole list of a NOT IN that exceeds its memory.
    """
    undecided = exists().where(
        col(ReviewRow.comparison_id) == col(ComparisonRow.id),
        col(ReviewRow.state) == ReviewState.OPEN,
        col(ReviewRow.rank) >= Severity.LOW.lowest_rank,
    )
    unsent = exists().where(col(AlertRow.comparison_id) == col(ComparisonRow.id), _UNDELIVERED)
    return and_(col(ComparisonRow.at) < before, ~undecided, ~unsent)


def _remove_stale(begin: _Begin, table: Table, stale: ColumnElement[bool], *, apply: bool) -> Counter[str]:
    """Delete or count the stale rows of a table and all rows that reference them, in one transaction per batch."""
    removed: Counter[str] = Counter()
    last = 0
    while True:
        with begin() as session:
            ids = session.scalars(
                select(table.c.id).where(table.c.id > last, stale).order_by(table.c.id).limit(IDS_IN_STATEMENT)
            ).all()
            if not ids:
                return removed
            dependents = defaultdict[Table, set[int]](set, {table: {*ids}})
            for each in _METADATA.sorted_tables:  # a table comes after those that it references
                for group in batched(dependents[each], IDS_IN_STATEMENT):
                    for child, column in _referencing(each):
                        dependents[child].update(session.scalars(select(_key(child)).where(column.in_(group))))
            for each in reversed(_METADATA.sorted_tables):
                rows = dependents[each]
                removed[each.name] += len(rows)
                # Newest first: references within a table point to older rows.
                for group in batched(sorted(rows, reverse=True), IDS_IN_STATEMENT) if apply else ():
                    session.connection().execute(delete(each).where(_key(each).in_(group)))
        last = ids[-1]


def _key(table: Table) -> Any:
    return next(iter(table.primary_key.columns))


def _referencing(table: Table) -> Iterator[tuple[Table, Any]]:
    for child in _METADATA.tables.values():
        for foreign_key in child.foreign_keys:
            if foreign_key.column.table is table and child is not table:
                yield child, foreign_key.parent


def _remove_texts(begin: _Begin, is_used: ColumnElement[bool], *, apply: bool) -> tuple[int, int]:
    """Delete or count the texts that nothing references; return their number and their size in bytes.

    One pass from the newest to the oldest is enough, because a text is packed against one that was stored before it.
    """
    with begin() as session:
        start = last = (session.scalar(select(func.max(col(TextRow.id)))) or 0) + 1
    bases: set[int] = set()
    count = size = 0
    while True:
        with begin() as session:
            columns = select(col(TextRow.id), col(TextRow.base_id), func.length(col(TextRow.body)).label("size"))
            before = columns.where(col(TextRow.id) < last).order_by(col(TextRow.id).desc())
            # Locked, so that an edit that restores one of these texts has to wait (SQLite has one writer anyway).
            chosen = before.limit(IDS_IN_STATEMENT)
            batch = session.execute(chosen.with_for_update() if apply else chosen).all()
            if not batch:
                return count, size
            # Used are texts referenced by rows that are kept, or by texts that were stored since the start.
            ids = [row.id for row in batch]
            used = bases | {
                *session.scalars(select(col(RevisionRow.text_id)).where(col(RevisionRow.text_id).in_(ids), is_used)),
                *session.scalars(
                    select(col(TextRow.base_id)).where(col(TextRow.base_id).in_(ids), col(TextRow.id) >= start)
                ),
            }
            for child, column in _referencing(_METADATA.tables[str(TextRow.__tablename__)]):
                if child.name != RevisionRow.__tablename__:
                    used.update(session.scalars(select(column).where(column.in_(ids))))
            unused = []
            for row in batch:
                if row.id not in used:
                    unused.append(row.id)
                    size += row.size
                elif row.base_id is not None:
                    used.add(row.base_id)
                    bases.add(row.base_id)
            count += len(unused)
            if apply and unused:
                of_them = col(RevisionRow.text_id).in_(unused)
                session.connection().execute(update(RevisionRow).where(of_them).values(text_id=None))
                session.connection().execute(delete(TextRow).where(col(TextRow.id).in_(unused)))
        last = batch[-1].id


def _is_text_used(before: datetime, findings: datetime | None) -> ColumnElement[bool]:
    """Return the condition that a revision's text is kept; comparisons to be deleted (`findings`) do not count."""
    judged: Any = aliased(RevisionRow)
    newer: Any = aliased(RevisionRow)
    is_cursor = exists().where(
        col(ArticleRow.wiki) == col(RevisionRow.wiki), col(ArticleRow.cursor) == col(RevisionRow.revision_id)
    )
    of_cursor = and_(judged.wiki == col(ArticleRow.wiki), judged.revision_id == col(ArticleRow.cursor))
    is_unjudged = (
        select(col(ArticleRow.id))
        .outerjoin(judged, of_cursor)
        .where(col(ArticleRow.id) == col(RevisionRow.article_id))
        .where(or_(judged.id.is_(None), col(RevisionRow.at) >= judged.at))
        .exists()
    )
    is_muted = (
        select(col(SuppressedRow.id))
        .join(Mute, col(Mute.id) == col(SuppressedRow.mute_id))
        .where(col(Mute.ended_at).is_(None), col(SuppressedRow.since) == col(RevisionRow.revision_id))
        .exists()
    )
    has_newer = exists().where(newer.article_id == col(RevisionRow.article_id), newer.id > col(RevisionRow.id))
    references = []  # such as a side of a comparison; includes future tables
    for child, column in _referencing(_METADATA.tables[str(RevisionRow.__tablename__)]):
        reference = exists().where(column == col(RevisionRow.id))
        if child.name == ComparisonRow.__tablename__ and findings is not None:
            reference = reference.where(~_is_stale_comparison(findings))
        references.append(reference)
    return or_(col(RevisionRow.at) >= before, is_cursor, is_unjudged, is_muted, ~has_newer, *references)
