"""Find, update and lease the rows of articles, and convert rows to records.

Another worker may take over a lease that has expired.
"""

import inspect
from collections.abc import Callable, Collection, Iterator, Sequence
from datetime import datetime, timedelta
from functools import cache
from itertools import groupby, islice
from typing import Any, Final, TypeVar

from sqlalchemy import BigInteger, Row, bindparam, tuple_
from sqlalchemy import select as select_columns
from sqlmodel import Session, col, func, or_, select, update

from snapshots.database import Repository, insert_or_ignore, writes
from snapshots.tables import ArticleRow, MemberSource, RevisionRow, UTCDateTime, WikiLockRow
from watcher.batching import batched
from watcher.errors import Missing
from watcher.model import Article, Revision

# SQLite takes 32,766 values in a statement, PostgreSQL 65,535; a hostile page can have more findings or sources.
IDS_IN_STATEMENT: Final = 500
_MAX_CACHED_IDS: Final = 10_000

_Record = TypeVar("_Record")


def to_record(kind: Callable[..., _Record], *rows: Any, **values: Any) -> _Record:
    """Return a record with the columns of rows that have the names of its fields, and with `values` for other fields.

    A row is a table object or a row of plain columns, which takes a third of the time.
    """
    for row in rows:
        read: Any = row._fields if isinstance(row, Row) else type(row)
        values |= _read(row, shared_names(kind, read, tuple(values)))
    return kind(**values)


def _read(row: Any, names: Sequence[str]) -> dict[str, Any]:
    """Read the named columns of a row; of a row of plain columns all at once, which takes half the time."""
    if isinstance(row, Row):
        given = dict(zip(row._fields, row, strict=True))
        return {name: given[name] for name in names}
    return {name: getattr(row, name) for name in names}


def in_parts(session: Session, statement: Any, name: str, values: Collection[Any], **given: Any) -> Iterator[Any]:
    """Execute a statement in parts with no more values of the parameter `name` than every engine takes; yield rows."""
    for part in batched(values, IDS_IN_STATEMENT):
        yield from session.connection().execute(statement, given | {name: part}).all()


def all_columns(table: Any) -> tuple[Any, ...]:
    """List the columns of a table: plain columns are read faster than table objects."""
    return tuple(table.__table__.c)


@cache
def shared_names(kind: Any, table: Any, besides: tuple[str, ...] = ()) -> tuple[str, ...]:
    """List the fields of a record for which a table or statement has a column of the same name, except `besides`."""
    columns = table if isinstance(table, tuple) else table.model_fields
    return tuple(name for name in inspect.signature(kind).parameters if name in columns and name not in besides)


def to_columns(record: Any, table: Any, besides: tuple[str, ...] = ()) -> dict[str, Any]:
    """Return the fields of a record, except `besides`, for which a table has a column of the same name."""
    return {name: getattr(record, name) for name in shared_names(record.__class__, table, besides)}


def to_article(row: Any) -> Article:
    """Convert a row of the article table, or a row with its identifying columns."""
    return Article(wiki=row.wiki, page_id=row.page_id, title=row.title)


def to_revision(row: Any, article: Article) -> Revision:
    """Convert a row of the revision table, or a row with all of its columns."""
    values = _read(row, shared_names(Revision, RevisionRow, ("id", "tags", "groups")))
    groups = None if row.groups is None else tuple(row.groups)
    return Revision(article=article, id=row.revision_id, tags=tuple(row.tags), groups=groups, **values)


def is_page(wiki: Any, page_id: Any) -> tuple[Any, Any]:
    """Return the conditions that identify an article, whatever its title."""
    return col(ArticleRow.wiki) == wiki, col(ArticleRow.page_id) == page_id


_REGISTERED: Final = select(ArticleRow).where(*is_page(bindparam("of_wiki"), bindparam("number")))
_REGISTERED_LOCKED: Final = _REGISTERED.with_for_update()


def get_row(session: Session, article: Article, *, lock: bool = False) -> ArticleRow:
    """Return the row of a page, and lock it for the transaction if asked; raise Missing if it is not registered."""
    given = {"of_wiki": article.wiki, "number": article.page_id}
    row = session.exec(_REGISTERED_LOCKED if lock else _REGISTERED, params=given).first()
    if row is None:
        raise Missing(f"{article.title} (page {article.page_id} of {article.wiki}) is not registered: check it first")
    return row


def row_id(session: Session, article: Article) -> int:
    """Return the id of a page's row, which never changes; raise Missing if the page is not registered.

    The id is cached for the lifetime of the Archive, because a check needs it a dozen times.
    """
    known: int | None = session.info["row_ids"].get((article.wiki, article.page_id))
    if known is None:
        row = get_row(session, article)
        remember_ids(session, [row])
        known = row.id
    return known


def remember_ids(session: Session, rows: Collection[ArticleRow]) -> None:
    """Add the ids of these rows to the cache of `row_id`."""
    known: dict[tuple[str, int], int] = session.info["row_ids"]
    if len(known) + len(rows) > _MAX_CACHED_IDS:
        known.clear()
    known.update(((row.wiki, row.page_id), row.id) for row in islice(rows, _MAX_CACHED_IDS))


def title_contains(words: str) -> Any:
    """Return the condition that a page's title contains these words, regardless of case."""
    title, ways = col(ArticleRow.title), (words, words.lower(), words.upper(), words.capitalize())
    # SQLite's lower() only converts ASCII letters.
    spelled = () if words.isascii() else (title.contains(way, autoescape=True) for way in ways)
    return or_(func.lower(title).contains(words.lower(), autoescape=True), *spelled)


HAVE_REVISION_IDS: Final = (
    col(RevisionRow.wiki) == bindparam("wiki"),
    col(RevisionRow.revision_id).in_(bindparam("numbers", expanding=True)),
)
"""The conditions that revisions are those of a wiki with these `numbers`, the wiki's ids."""
_BY_REVISION_ID: Final = select_columns(*all_columns(RevisionRow)).where(*HAVE_REVISION_IDS)


def revision_rows(session: Session, wiki: str, ids: Sequence[int]) -> dict[int, Any]:
    """Map the wiki's ids of revisions to their stored rows; ids that are not stored are left out."""
    return {row.revision_id: row for row in in_parts(session, _BY_REVISION_ID, "numbers", ids, wiki=wiki)}


def update_articles(session: Session, articles: Sequence[Article], values: dict[str, Any]) -> None:
    """Set the same column values in the rows of many articles."""
    ordered = sorted(articles, key=lambda article: (article.wiki, article.page_id))
    for wiki, group in groupby(ordered, key=lambda article: article.wiki):
        for ids in batched([article.page_id for article in group], IDS_IN_STATEMENT):
            own = update(ArticleRow).where(col(ArticleRow.wiki) == wiki, col(ArticleRow.page_id).in_(ids))
            session.connection().execute(own.values(values))  # objects that the session has read are not refreshed


def time_order(table: Any = RevisionRow) -> Any:
    """Return the sort key of a page's revisions: the time, then the id, as two may be saved in one second."""
    return tuple_(col(table.at), col(table.revision_id))


POINT: Final = tuple_(bindparam("at", type_=UTCDateTime), bindparam("number", type_=BigInteger))
"""The parameters for a revision's time and id, which prebuilt statements compare with `time_order`."""


# No lease is longer. One that ends later was granted by a clock that was wrong, and must not block a page.
MAX_LEASE: Final = timedelta(days=1)


def lease_expired(table: Any, now: Any, latest: Any = None) -> Any:
    """Return the condition that anybody may lease a row; `latest` is when the longest lease granted now would end."""
    until = col(table.lease_until)
    return or_(until.is_(None), until <= now, until > (now + MAX_LEASE if latest is None else latest))


# The column values that end a lease.
RELEASED: Final = {"lease_owner": None, "lease_until": None}


@cache
def _acquired(column: Any) -> Any:
    """Return the cached statement that takes or prolongs a lease; each check and each request executes it."""
    table = column.class_
    free = or_(
        lease_expired(table, bindparam("now"), bindparam("latest")), col(table.lease_owner) == bindparam("owner")
    )
    lease = update(table).where(column == bindparam("row"), free)
    return lease.values(lease_owner=bindparam("owner"), lease_until=bindparam("until"))


def _acquire(session: Session, column: Any, row: int | str, owner: str, until: datetime, now: datetime) -> bool:
    """Take or prolong the lease of the row with this value in `column`; return False if another worker holds it."""
    given = {"row": row, "owner": owner, "until": until, "now": now, "latest": now + MAX_LEASE}
    return session.connection().execute(_acquired(column), given).rowcount == 1


@cache
def _released(column: Any) -> Any:
    own = update(column.class_).where(column == bindparam("row"), col(column.class_.lease_owner) == bindparam("owner"))
    return own.values(RELEASED)


class LeaseRepository(Repository):
    """Leases on pages and wikis, so that no two workers do the same work."""

    @writes
    def acquire_page(self, session: Session, article: Article, owner: str, now: datetime, seconds: float) -> bool:
        """Lease a page, or prolong one's own lease; return False if another worker holds it."""
        return _acquire(session, ArticleRow.id, row_id(session, article), owner, now + timedelta(seconds=seconds), now)

    @writes
    def release_page(self, session: Session, article: Article, owner: str) -> None:
        """End the lease of a page if `owner` holds it."""
        session.connection().execute(_released(ArticleRow.id), {"row": row_id(session, article), "owner": owner})

    @writes
    def renew(self, session: Session, owner: str, now: datetime, seconds: float) -> int:
        """Prolong all leases of a worker on pages and lists without shortening any; return how many were prolonged."""
        until, count = now + timedelta(seconds=seconds), 0
        for table in (ArticleRow, MemberSource):
            own = update(table).where(col(table.lease_owner) == owner, col(table.lease_until) < until)
            count += session.exec(own.values(lease_until=until)).rowcount
        return count

    @writes
    def acquire_wiki(self, session: Session, wiki: str, owner: str, now: datetime, seconds: float) -> bool:
        """Take or prolong the request lock of a wiki; return False if another worker holds it."""
        until = now + timedelta(seconds=seconds)
        if _acquire(session, WikiLockRow.wiki, wiki, owner, until, now):
            return True
        # Another worker holds it, or this is the first request to the wiki and there is no row yet.
        insert_or_ignore(session, WikiLockRow, [{"wiki": wiki}])
        return _acquire(session, WikiLockRow.wiki, wiki, owner, until, now)

    @writes
    def release_wiki(self, session: Session, wiki: str, owner: str) -> None:
        """Release the request lock of a wiki if `owner` holds it."""
        session.connection().execute(_released(WikiLockRow.wiki), {"row": wiki, "owner": owner})
