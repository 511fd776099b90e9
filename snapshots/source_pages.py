"""Store what was read of cited pages: the text for a day, and when each was read last, or why it could not be."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any, Final

from sqlmodel import Field, Session, col, delete, select, update

from snapshots.database import Repository, insert_or_ignore, reads, writes
from snapshots.review_records import FindingRow
from snapshots.rows import IDS_IN_STATEMENT, to_article
from snapshots.tables import ArticleRow, BigId, ComparisonRow, JsonText, NamedTable, SafeText, UTCDateTime
from watcher.batching import batched
from watcher.model import Article, Severity

KEPT: Final = timedelta(days=1)
"""How long a page that was read answers further questions."""


class SourceRequestRow(NamedTable, table=True):
    """A finding whose sources are still to be read: `addresses` of pages, then of archived copies."""

    finding_id: int = Field(primary_key=True, foreign_key="finding.id", ondelete="CASCADE", sa_type=BigId)
    addresses: Any = Field(sa_type=JsonText)
    at: datetime = Field(sa_type=UTCDateTime)


class SourcePageRecord(NamedTable, table=True):
    """A page that was read to look values up in it, by the SHA-256 of its address.

    `problem` says why it could not be read, `answered_at` when it was last read. `body` is what was read: the text of a
    day, which answers the next question.
    """

    digest: str = Field(primary_key=True, sa_type=SafeText)
    url: str = Field(sa_type=SafeText)
    at: datetime = Field(sa_type=UTCDateTime, index=True)
    problem: str | None = Field(default=None, sa_type=SafeText)
    answered_at: datetime | None = Field(default=None, sa_type=UTCDateTime)
    body: Any = Field(default=None, sa_type=JsonText)


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceRequest:
    """A finding, in its JSON form, whose sources are still to be read."""

    finding_id: int
    article: Article
    finding: dict[str, Any]
    addresses: tuple[Sequence[str], ...]
    at: datetime


def request(session: Session, addresses: Mapping[int, Sequence[Sequence[str]]], now: datetime) -> None:
    """Have sources read later, by the ids of findings; those without addresses have none to read."""
    rows = [
        {"finding_id": finding_id, "addresses": [*map(list, listed)], "at": now}
        for finding_id, listed in addresses.items()
        if listed
    ]
    insert_or_ignore(session, SourceRequestRow, rows)


class SourcePageRepository(Repository):
    """Cited pages that were read."""

    @reads
    def recent(self, session: Session, url: str, now: datetime) -> tuple[datetime, dict[str, Any]] | None:
        """Return when an address was read within the last day, and what."""
        row = session.get(SourcePageRecord, _digest(url))
        return (row.at, row.body) if row is not None and row.body is not None and row.at > now - KEPT else None

    @writes
    def save(self, session: Session, url: str, body: Mapping[str, Any], problem: str | None, now: datetime) -> None:
        """Store what was read at an address; texts that are older than a day are dropped."""
        outdated = col(SourcePageRecord.at) <= now - KEPT, col(SourcePageRecord.body) != None  # noqa: E711  a column's operator
        session.exec(update(SourcePageRecord).where(*outdated).values(body=None))
        digest, values = _digest(url), {"at": now, "problem": problem, "body": dict(body)}
        insert_or_ignore(session, SourcePageRecord, [{"digest": digest, "url": url, **values}])
        values |= {} if problem else {"answered_at": now}
        session.exec(update(SourcePageRecord).where(col(SourcePageRecord.digest) == digest).values(values))

    @reads
    def requests(self, session: Session, limit: int) -> tuple[SourceRequest, ...]:
        """Return the oldest findings whose sources are still to be read."""
        rows = session.exec(
            select(SourceRequestRow, FindingRow, ArticleRow)
            .join(FindingRow, col(FindingRow.id) == col(SourceRequestRow.finding_id))
            .join(ComparisonRow, col(ComparisonRow.id) == col(FindingRow.comparison_id))
            .join(ArticleRow, col(ArticleRow.id) == col(ComparisonRow.article_id))
            .order_by(col(SourceRequestRow.finding_id))
            .limit(limit)
        )
        return tuple(
            SourceRequest(
                finding_id=row.finding_id,
                article=to_article(owner),
                finding={
                    **finding.body,
                    "kind": finding.kind,
                    "severity": Severity(finding.severity).label,
                    "section": finding.section,
                    "summary": finding.summary,
                },
                addresses=tuple(row.addresses),
                at=row.at,
            )
            for row, finding, owner in rows
        )

    @writes
    def answer(self, session: Session, finding_id: int, check: Mapping[str, Any] | None) -> None:
        """Store with a finding what its sources state, or that they are not read any more."""
        session.exec(delete(SourceRequestRow).where(col(SourceRequestRow.finding_id) == finding_id))
        row = session.get(FindingRow, finding_id)
        if row is not None and check is not None:
            row.body = {**row.body, "source_check": dict(check)}
            session.add(row)

    @reads
    def of_urls(self, session: Session, urls: Iterable[str]) -> dict[str, SourcePageRecord]:
        """Return how these addresses were read last; those that never were are left out."""
        records: dict[str, SourcePageRecord] = {}
        for batch in batched([*{*map(_digest, urls)}], IDS_IN_STATEMENT):
            rows = session.exec(select(SourcePageRecord).where(col(SourcePageRecord.digest).in_(batch)))
            records |= {row.url: row for row in rows}
        return records


def _digest(url: str) -> str:
    return sha256(url.encode("utf-8", "surrogatepass")).hexdigest()
