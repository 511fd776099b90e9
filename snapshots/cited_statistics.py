"""Store the statistics that articles cite from works, their contradictions, and the contents of cited pages."""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from functools import cache
from hashlib import sha256
from typing import Any, Final

from pydantic import TypeAdapter
from sqlalchemy import BigInteger, Index, UniqueConstraint, bindparam, or_
from sqlalchemy import select as select_columns
from sqlmodel import Field, Session, col, delete, func, select, update

from snapshots.database import Repository, insert_or_ignore, reads, writes
from snapshots.queries import IDS_IN_STATEMENT, get_row, in_parts, row_id, to_article, to_record
from snapshots.review_records import FindingRow
from snapshots.tables import (
    ArticleRow,
    BigId,
    ComparisonRow,
    JsonText,
    NamedTable,
    NumberedTable,
    SafeText,
    UTCDateTime,
)
from watcher.batching import batched
from watcher.model import Article, Revision
from watcher.model.elements import CITED_VERSION, ArticleStatistic, CitedStatistic, Contradiction

MAX_CITED: Final = 300
"""A work that more statistics cite is a database, and is ignored: every town cites one census for its own number."""
_LOCK: Final = 7_317_203  # PostgreSQL advisory lock: of two articles indexed at once, the later must see the other

Relate = Callable[[Sequence[ArticleStatistic], Sequence[ArticleStatistic]], Iterable[tuple[int, int]]]
"""Returns the pairs of ids of an article's statistics and those of others that contradict each other."""
Languages = Mapping[str, str]


class CitedStatisticRow(NumberedTable, table=True):
    """A statistic that an article cites from a work, as JSON; `since` is when its value was first seen.

    `block` is its number among the rows that were inserted together.
    """

    __table_args__ = (Index(None, "article_id", "block"),)

    article_id: int = Field(foreign_key="article.id", sa_type=BigId)
    block: int = Field(sa_type=BigInteger)
    since: datetime = Field(sa_type=UTCDateTime)
    body: Any = Field(sa_type=JsonText)


class CitedWorkRow(NamedTable, table=True):
    """One identity of a work that a statistic is cited from; look-ups by work need no other table."""

    work: str = Field(primary_key=True, sa_type=SafeText)
    statistic_id: int = Field(
        primary_key=True, foreign_key="cited_statistic.id", ondelete="CASCADE", index=True, sa_type=BigId
    )


class ContradictionRow(NumberedTable, table=True):
    """Two statistics of two articles that give different values for a number of one work; found at `at`."""

    __table_args__ = (UniqueConstraint("first_id", "second_id"),)

    first_id: int = Field(foreign_key="cited_statistic.id", ondelete="CASCADE", sa_type=BigId)
    second_id: int = Field(foreign_key="cited_statistic.id", ondelete="CASCADE", index=True, sa_type=BigId)
    at: datetime = Field(sa_type=UTCDateTime)


# Built once: a check of a changed page executes most of them, and building one takes as long as executing it.
_PAGE: Final[Any] = bindparam("page")
_IDS: Final[Any] = bindparam("ids", expanding=True)
_WORKS: Final = col(CitedWorkRow.work).in_(bindparam("works", expanding=True))
_OF_ARTICLE: Final = select(CitedStatisticRow).where(col(CitedStatisticRow.article_id) == _PAGE)
_BY_IDS: Final = (
    select_columns(
        *(col(getattr(CitedStatisticRow, name)) for name in ("id", "since", "body")),
        *(col(getattr(ArticleRow, name)) for name in ("wiki", "page_id", "title")),
    )
    .join(ArticleRow, col(ArticleRow.id) == col(CitedStatisticRow.article_id))
    .where(col(CitedStatisticRow.id).in_(_IDS))
    .order_by(col(CitedStatisticRow.id))
)
_DELETED: Final = delete(CitedStatisticRow).where(col(CitedStatisticRow.id).in_(_IDS))
_COUNTED: Final = select_columns(col(CitedWorkRow.work), func.count()).where(_WORKS).group_by(col(CitedWorkRow.work))
_CITING: Final = select_columns(col(CitedWorkRow.statistic_id)).where(_WORKS)
_CONTRADICTIONS: Final = select(ContradictionRow).where(
    or_(col(ContradictionRow.first_id).in_(_IDS), col(ContradictionRow.second_id).in_(_IDS))
)


@cache
def _statistics() -> TypeAdapter[CitedStatistic]:
    return TypeAdapter(CitedStatistic)


def statistic_to_dict(statistic: CitedStatistic) -> dict[str, Any]:
    """Return a statistic as a JSON object, with decimals as strings."""
    written: dict[str, Any] = _statistics().dump_python(statistic, mode="json", exclude_defaults=True)
    return written


class CitedStatisticRepository(Repository):
    """The statistics that articles cite from works, as of each article's last judged revision."""

    @writes
    def apply(
        self,
        session: Session,
        revision: Revision,
        statistics: Sequence[CitedStatistic],
        relate: Relate,
        languages: Languages,
        now: datetime,
    ) -> None:
        """Index the statistics cited in `revision`, the last judged one of its article, and find contradictions.

        Write nothing if another process has judged another revision of the article meanwhile.
        """
        if session.connection().dialect.name == "postgresql":
            session.exec(select(func.pg_advisory_xact_lock(_LOCK)))
        owner = get_row(session, revision.article, lock=True)
        if owner.cursor not in (None, revision.id):
            return
        if works := _replace(session, owner.id, statistics, revision.at):
            # Contradictions about these works are searched again; one that persists keeps its row and its time.
            article, citing = to_article(owner), _citing(session, works, languages)
            own = [item for item in citing if item.article == article]
            related = relate(own, [item for item in citing if item.article != article])
            pairs = {(min(pair), max(pair)) for pair in related}
            for ids in batched([item.id for item in own], IDS_IN_STATEMENT):
                for row in session.exec(_CONTRADICTIONS, params={"ids": ids}):
                    if (row.first_id, row.second_id) not in pairs:
                        session.delete(row)
            session.flush()
            rows = [{"first_id": first, "second_id": second, "at": now} for first, second in sorted(pairs)]
            insert_or_ignore(session, ContradictionRow, rows)
        owner.cited_revision_id, owner.cited_version = revision.id, CITED_VERSION

    @reads
    def elsewhere(
        self, session: Session, article: Article, works: Collection[str], languages: Languages
    ) -> tuple[ArticleStatistic, ...]:
        """Read the statistics that other articles cite from these works."""
        number = row_id(session, article)
        return tuple(item for item in _citing(session, works, languages) if item.article != article) if number else ()

    @reads
    def contradictions(
        self, session: Session, languages: Languages, *, before: int | None = None, limit: int
    ) -> tuple[Contradiction, ...]:
        """Read up to `limit` contradictions, newest first; with `before`, only those with a smaller id."""
        query = select(ContradictionRow).order_by(col(ContradictionRow.id).desc()).limit(limit)
        if before is not None:
            query = query.where(col(ContradictionRow.id) < before)
        rows = session.exec(query).all()
        ids = {number for row in rows for number in (row.first_id, row.second_id)}
        known = {item.id: item for item in _by_id(session, ids, languages)}
        return tuple(
            Contradiction(id=row.id, first=known[row.first_id], second=known[row.second_id], at=row.at) for row in rows
        )


def _replace(session: Session, article_id: int, statistics: Sequence[CitedStatistic], at: datetime) -> set[str]:
    """Replace the rows of an article; return the works whose statistics changed.

    A statistic of which only the wording changed keeps its row, and therefore its time and contradictions.
    """
    before: dict[Any, list[CitedStatisticRow]] = {}
    for row in session.exec(_OF_ARTICLE, params={"page": article_id}):
        before.setdefault(_content(row.body), []).append(row)
    touched, fresh = list[Mapping[str, Any]](), list[dict[str, Any]]()
    for item in statistics:
        body = statistic_to_dict(item)
        if same := before.get(_content(body)):
            row = same.pop()
            touched += [body] if row.body != body else []
            row.body = body
        else:
            fresh.append({"article_id": article_id, "block": len(fresh), "since": at, "body": body})
    session.flush()
    leftover = [row for rows in before.values() for row in rows]
    for ids in batched([row.id for row in leftover], IDS_IN_STATEMENT):
        session.connection().execute(_DELETED, {"ids": ids})
    for part in batched(fresh, IDS_IN_STATEMENT):
        numbers: dict[int, int] = dict(insert_or_ignore(session, CitedStatisticRow, [*part], "block", "id"))
        works = ((row, work) for row in part for work in sorted(_works(row["body"])))
        insert_or_ignore(
            session, CitedWorkRow, [{"work": work, "statistic_id": numbers[row["block"]]} for row, work in works]
        )
    touched += [row.body for row in leftover] + [row["body"] for row in fresh]
    return {work for body in touched for work in _works(body)}


def _works(body: Mapping[str, Any]) -> set[str]:
    return {identity for identity, _ in body["works"]}


def _content(body: Mapping[str, Any]) -> tuple[Any, ...]:
    """Return the identity of a statistic: its value, unit, year and works, regardless of its wording."""
    quantity = body["quantity"]
    numbers = (quantity.get(name) for name in ("measure", "unit", "value", "low", "high", "period"))
    return (*numbers, body.get("year"), *sorted(_works(body)))


def _citing(session: Session, works: Collection[str], languages: Languages) -> list[ArticleStatistic]:
    """Read the statistics that cite these works, except works that too many statistics cite (`MAX_CITED`)."""
    counted = in_parts(session, _COUNTED, "works", sorted(works))
    usual = [name for name, count in counted if count <= MAX_CITED]
    return _by_id(session, {number for (number,) in in_parts(session, _CITING, "works", usual)}, languages)


def _by_id(session: Session, ids: Collection[int], languages: Languages) -> list[ArticleStatistic]:
    return [
        to_record(
            ArticleStatistic,
            row,
            article=to_article(row),
            statistic=_statistics().validate_python(row.body),
            language=languages.get(row.wiki, ""),
        )
        for row in in_parts(session, _BY_IDS, "ids", sorted(ids))
    ]


RETENTION: Final = timedelta(days=1)
"""How long the stored contents of a cited page are reused."""


class SourceRequest(NamedTable, table=True):
    """A finding whose sources are still to be read; `addresses` lists pages, then archived copies."""

    finding_id: int = Field(primary_key=True, foreign_key="finding.id", ondelete="CASCADE", sa_type=BigId)
    addresses: Any = Field(sa_type=JsonText)
    at: datetime = Field(sa_type=UTCDateTime)


class SourcePageRecord(NamedTable, table=True):
    """A cited page that was fetched to look up values, under the SHA-256 of its address.

    `at` is the last attempt, `problem` why it failed, `answered_at` the last attempt that succeeded. `body` is what was
    read, and is kept for a day.
    """

    digest: str = Field(primary_key=True, sa_type=SafeText)
    url: str = Field(sa_type=SafeText)
    at: datetime = Field(sa_type=UTCDateTime, index=True)
    problem: str | None = Field(default=None, sa_type=SafeText)
    answered_at: datetime | None = Field(default=None, sa_type=UTCDateTime)
    body: Any = Field(default=None, sa_type=JsonText)


def request_sources(session: Session, addresses: Mapping[int, Sequence[Sequence[str]]], now: datetime) -> None:
    """Queue the sources of findings (by their ids) for reading; findings without addresses are left out."""
    rows = [
        {"finding_id": finding_id, "addresses": [*map(list, listed)], "at": now}
        for finding_id, listed in addresses.items()
        if listed
    ]
    insert_or_ignore(session, SourceRequest, rows)


class SourcePageRepository(Repository):
    """Cited pages that were read, and findings whose sources are still to be read."""

    @reads
    def recent(self, session: Session, url: str, now: datetime) -> tuple[datetime, dict[str, Any]] | None:
        """Return when an address was last read and its contents; None if that was more than a day ago or never."""
        row = session.get(SourcePageRecord, _digest(url))
        return (
            (row.at, row.body) if row is not None and row.body is not None and abs(now - row.at) < RETENTION else None
        )

    @writes
    def save(self, session: Session, url: str, body: Mapping[str, Any], problem: str | None, now: datetime) -> None:
        """Store the contents read at an address, and drop contents that are older than a day."""
        outdated = col(SourcePageRecord.at) <= now - RETENTION, col(SourcePageRecord.body) != None  # noqa: E711  a column's operator
        session.exec(update(SourcePageRecord).where(*outdated).values(body=None))
        digest, values = _digest(url), {"at": now, "problem": problem, "body": dict(body)}
        insert_or_ignore(session, SourcePageRecord, [{"digest": digest, "url": url, **values}])
        values |= {} if problem else {"answered_at": now}
        session.exec(update(SourcePageRecord).where(col(SourcePageRecord.digest) == digest).values(values))

    @reads
    def requests(self, session: Session, limit: int) -> tuple[tuple[SourceRequest, Article, dict[str, Any]], ...]:
        """List the oldest findings whose sources are still to be read, each with its article and its JSON."""
        rows = session.exec(
            select(SourceRequest, ArticleRow, FindingRow.body)
            .join(FindingRow, col(FindingRow.id) == col(SourceRequest.finding_id))
            .join(ComparisonRow, col(ComparisonRow.id) == col(FindingRow.comparison_id))
            .join(ArticleRow, col(ArticleRow.id) == col(ComparisonRow.article_id))
            .order_by(col(SourceRequest.finding_id))
            .limit(limit)
        )
        return tuple((row, to_article(owner), finding) for row, owner, finding in rows)

    @writes
    def answer(self, session: Session, finding_id: int, check: Mapping[str, Any] | None) -> None:
        """Store in a finding what its sources state (None: store nothing), and remove it from the queue."""
        session.exec(delete(SourceRequest).where(col(SourceRequest.finding_id) == finding_id))
        row = session.get(FindingRow, finding_id)
        if row is not None and check is not None:
            row.body = {**row.body, "source_check": dict(check)}
            session.add(row)

    @reads
    def of_urls(self, session: Session, urls: Iterable[str]) -> dict[str, SourcePageRecord]:
        """Map the addresses to the records of their last reading; addresses that were never read are left out."""
        records: dict[str, SourcePageRecord] = {}
        for batch in batched([*{*map(_digest, urls)}], IDS_IN_STATEMENT):
            rows = session.exec(select(SourcePageRecord).where(col(SourcePageRecord.digest).in_(batch)))
            records |= {row.url: row for row in rows}
        return records


def _digest(url: str) -> str:
    return sha256(url.encode("utf-8", "surrogatepass")).hexdigest()
