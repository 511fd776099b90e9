"""Store the pages that belong to the lists (categories, list pages, searches) that watches name instead of a title.

A refresh stages pages batch by batch and finishes in one transaction. A refresh that fails or is killed therefore
changes no membership, and no list is ever held in memory as a whole.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import bindparam, insert
from sqlalchemy import select as select_columns
from sqlalchemy.orm import aliased
from sqlmodel import Session, and_, col, delete, func, or_, select, update

from snapshots.articles import STATE, register_all, to_state
from snapshots.database import Repository, insert_or_ignore, reads, writes
from snapshots.events import MEMBERSHIP
from snapshots.queries import IDS_IN_STATEMENT, MAX_LEASE, RELEASED, lease_expired, to_record
from snapshots.records import PollState
from snapshots.tables import ArticleRow, MemberRow, MemberSource, PageEvent
from watcher.batching import batched
from watcher.errors import Unavailable
from watcher.model import Article


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceDefinition:
    """A list as the watchlist defines it; `definition` changes with the settings that decide which pages belong."""

    wiki: str
    key: str
    definition: str
    every: timedelta


@dataclass(frozen=True, slots=True, kw_only=True)
class RefreshResult:
    """The number of members after a refresh, and how many pages joined, returned and left."""

    members: int
    joined: int
    returned: int
    left: int


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceHealth:
    """Counts of a list's members by the state of their checks, and some of those that need attention."""

    members: int
    unchecked: int
    failing: int
    overdue: int
    oldest_check: datetime | None = None
    troubled: tuple[PollState, ...] = ()


def _source(wiki: str, key: str) -> tuple[Any, Any]:
    return col(MemberSource.wiki) == wiki, col(MemberSource.key) == key


def member_articles(*columns: Any) -> Any:
    """Select columns of active memberships, their articles and their lists; one row for each membership."""
    return (
        select_columns(*columns)
        .select_from(MemberRow)
        .join(MemberSource, col(MemberSource.id) == col(MemberRow.source_id))
        .join(ArticleRow, col(ArticleRow.id) == col(MemberRow.article_id))
        .where(col(MemberRow.active))
    )


def _require_lease(session: Session, source: MemberSource) -> None:
    """Lock the row of a list until the end of the transaction; raise Unavailable if another worker holds its lease."""
    owner = select(MemberSource.lease_owner).where(col(MemberSource.id) == source.id).with_for_update()
    if session.exec(owner).first() != source.lease_owner:
        raise Unavailable(f"{source.key} on {source.wiki}: another worker is already reading it")


class MemberRepository(Repository):
    """The lists of the watchlist, and the pages that belong to each."""

    @writes
    def sync(self, session: Session, sources: Sequence[SourceDefinition]) -> None:
        """Store the lists in the order of the watchlist; remove those that it no longer names, with their members.

        A list whose definition has changed is due for a refresh at once, and keeps its members until then.
        """
        known = {(row.wiki, row.key): row for row in session.exec(select(MemberSource))}
        for position, source in enumerate(sources):
            row = known.pop((source.wiki, source.key), None)
            if row is None:
                new = {"wiki": source.wiki, "key": source.key, "position": position, "members": 0}
                insert_or_ignore(session, MemberSource, [new | {"definition": source.definition}])
            elif (row.position, row.definition) != (position, source.definition):
                if row.definition != source.definition:
                    row.refreshed_at, row.tried_at = None, None
                row.position, row.definition = position, source.definition
                session.add(row)
        if known:
            removed_ids = [row.id for row in known.values()]
            session.exec(delete(MemberRow).where(col(MemberRow.source_id).in_(removed_ids)))
            session.exec(delete(MemberSource).where(col(MemberSource.id).in_(removed_ids)))

    @writes
    def claim(
        self, session: Session, source: SourceDefinition, owner: str, now: datetime, until: datetime, retry: timedelta
    ) -> MemberSource | None:
        """Lease a list that is due for a refresh; return None if it is not due or another worker refreshes it.

        After a failed attempt, it is due again after `retry`, or after its own interval if that is shorter.
        """
        tried, refreshed = col(MemberSource.tried_at), col(MemberSource.refreshed_at)
        due = and_(
            or_(refreshed.is_(None), refreshed <= now - source.every, refreshed > now),
            or_(tried.is_(None), tried <= now - min(retry, source.every), tried > now),
        )
        own = _source(source.wiki, source.key)
        free = lease_expired(MemberSource, now)
        claim = update(MemberSource).where(*own, due, free).values(lease_owner=owner, lease_until=until, tried_at=now)
        return session.scalars(claim.returning(MemberSource)).first()

    @writes
    def stage(self, session: Session, source: MemberSource, pages: Sequence[Article], at: datetime) -> None:
        """Store pages found by the refresh that began `at`; they become members when it calls `finish`.

        Raise Unavailable, as `finish` does, if another worker has taken over the list meanwhile.
        """
        _require_lease(session, source)
        ids = register_all(session, pages, at)
        rows = [{"source_id": source.id, "article_id": id_, "active": False, "listed_at": at} for id_ in ids]
        insert_or_ignore(session, MemberRow, rows)
        for batch in batched(ids, IDS_IN_STATEMENT):
            own = col(MemberRow.source_id) == source.id, col(MemberRow.article_id).in_(batch)
            session.exec(update(MemberRow).where(*own).values(listed_at=at))

    @reads
    def staged(self, session: Session, source: MemberSource, at: datetime) -> int:
        """Count the pages that the refresh that began `at` has found so far."""
        own = col(MemberRow.source_id) == source.id, col(MemberRow.listed_at) == at
        return session.exec(select(func.count()).select_from(MemberRow).where(*own)).one()

    @writes
    def finish(self, session: Session, source: MemberSource, at: datetime, now: datetime) -> RefreshResult:
        """Finish the refresh that began `at`: the pages that it found are members, and the other members have left.

        Record joining, leaving and returning as events of the pages; the list's destinations are notified of them. The
        first refresh of a list or of its new definition records no pages that joined, and nobody is notified of it.
        """
        _require_lease(session, source)
        of_source, listed = col(MemberRow.source_id) == source.id, col(MemberRow.listed_at) == at
        joined_at, active = col(MemberRow.joined_at), col(MemberRow.active)
        leaving, returning = and_(active, ~listed), and_(~active, listed, joined_at.is_not(None))
        is_known = source.refreshed_at is not None
        new = and_(listed, joined_at.is_(None))
        for kind, changed in (("left", leaving), ("returned", returning), *([("joined", new)] if is_known else [])):
            notified_at = None if is_known else now
            values = {
                "event_group": MEMBERSHIP, "kind": kind, "detail": source.key, "at": now, "notified_at": notified_at,
            }  # fmt: skip
            types: Any = PageEvent.metadata.tables["event"].columns
            bound = (bindparam(None, value, type_=types[name].type) for name, value in values.items())
            chosen = select_columns(col(MemberRow.article_id), *bound).where(of_source, changed)
            session.connection().execute(insert(PageEvent).from_select(["article_id", *values], chosen))
        left_count = session.exec(update(MemberRow).where(of_source, leaving).values(active=False)).rowcount
        returned = session.exec(update(MemberRow).where(of_source, returning).values(active=True)).rowcount
        joined = session.exec(update(MemberRow).where(of_source, new).values(active=True, joined_at=now)).rowcount
        # Pages staged by an earlier refresh that did not finish.
        session.exec(delete(MemberRow).where(of_source, ~listed, joined_at.is_(None)))
        count = session.exec(select(func.count()).select_from(MemberRow).where(of_source, active)).one()
        ended = {"refreshed_at": now, "members": count, "error": None, **RELEASED}
        session.exec(update(MemberSource).where(col(MemberSource.id) == source.id).values(ended))
        return RefreshResult(members=count, joined=joined, returned=returned, left=left_count)

    @writes
    def fail(self, session: Session, source: MemberSource, error: str) -> None:
        """Record why a refresh failed, and end its lease; the members stay as they are."""
        own = col(MemberSource.id) == source.id, col(MemberSource.lease_owner) == source.lease_owner
        session.exec(update(MemberSource).where(*own).values(error=error, **RELEASED))

    @reads
    def sources(self, session: Session) -> tuple[MemberSource, ...]:
        """Return all lists in the order of the watchlist."""
        return tuple(session.exec(select(MemberSource).order_by(col(MemberSource.position))))

    @reads
    def sources_of(
        self, session: Session, wiki: str, *, titles: Collection[str] = (), page_ids: Collection[int] = ()
    ) -> dict[int, tuple[Article, tuple[str, ...]]]:
        """Find members by title or page id; map page ids to the page and the keys of its lists, in watchlist order."""
        result: dict[int, tuple[Article, tuple[str, ...]]] = {}
        for column, values in ((col(ArticleRow.title), titles), (col(ArticleRow.page_id), page_ids)):
            for batch in batched(values, IDS_IN_STATEMENT):
                rows = member_articles(ArticleRow.page_id, ArticleRow.title, MemberSource.key)
                rows = rows.where(col(ArticleRow.wiki) == wiki, column.in_(batch))
                for page_id, title, key in session.execute(rows.order_by(col(MemberSource.position))):
                    article, keys = result.get(page_id, (Article(wiki=wiki, page_id=page_id, title=title), ()))
                    result[page_id] = article, tuple(dict.fromkeys((*keys, key)))
        return result

    @reads
    def pages(
        self, session: Session, wiki: str, key: str, *, after: int = 0, due: tuple[datetime, datetime] | None = None
    ) -> tuple[tuple[int, Article], ...]:
        """List the next members of a list, each with the number to pass as `after` for the following batch.

        `due` is (now, time): only pages that were not checked since that time and are not reserved for a run are
        listed. It reads plain columns: a list may have a million members, and table objects are slower.
        """
        rows = member_articles(MemberRow.article_id, ArticleRow.page_id, ArticleRow.title).where(
            *_source(wiki, key), col(MemberRow.article_id) > after
        )
        if due is not None:
            now, since = due
            checked, reserved = col(ArticleRow.checked_at), col(ArticleRow.reserved_until)
            # A time in the future was written by a clock that was wrong.
            rows = rows.where(or_(checked.is_(None), checked <= since, checked > now + (now - since)))
            rows = rows.where(or_(reserved.is_(None), reserved <= now, reserved >= now + MAX_LEASE))
        ordered = session.execute(rows.order_by(col(MemberRow.article_id)).limit(IDS_IN_STATEMENT))
        return tuple((number, Article(wiki=wiki, page_id=page_id, title=title)) for number, page_id, title in ordered)

    @reads
    def health(
        self, session: Session, source: MemberSource, late: datetime, most: int, *, besides: Collection[int] = ()
    ) -> SourceHealth:
        """Count the members of a list by the state of their checks; pages not checked since `late` are overdue.

        Up to `most` of the failing and overdue pages are returned, the longest unchecked ones first. Pages that are
        also on the lists `besides` this one (row ids) are left out.
        """
        checked, failed = col(ArticleRow.checked_at), col(ArticleRow.failures) > 0
        of_source = col(MemberRow.source_id) == source.id
        if besides:
            other = aliased(MemberRow)
            same = col(other.article_id) == col(MemberRow.article_id), col(other.source_id).in_(besides)
            of_source &= ~select(other.id).where(*same, col(other.active)).exists()
        counts = member_articles(
            func.count().label("members"),
            func.count().filter(checked.is_(None)).label("unchecked"),
            func.count().filter(checked.is_not(None), failed).label("failing"),
            func.count().filter(checked < late, ~failed).label("overdue"),
            func.min(checked).label("oldest_check"),
        )
        row = session.execute(counts.where(of_source)).one()
        troubled = member_articles(*STATE).where(of_source, or_(failed & checked.is_not(None), checked < late))
        pages = session.execute(troubled.order_by(checked).limit(most)) if row.failing or row.overdue else ()
        return to_record(SourceHealth, row, troubled=tuple(map(to_state, pages)))
