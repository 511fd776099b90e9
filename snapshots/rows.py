"""The tables of the memory as SQLModel rows; they never leave this package."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any, ClassVar

from sqlalchemy import BigInteger, DateTime, Dialect, Index, Integer, LargeBinary, Text, UniqueConstraint
from sqlalchemy.types import TypeDecorator, TypeEngine
from sqlmodel import Field, SQLModel

# Before the first table: a constraint without a name cannot be altered later, least of all on SQLite.
SQLModel.metadata.naming_convention = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}


class Key(TypeDecorator[int]):
    """A 64-bit row id; SQLite numbers rows by itself only where the column says INTEGER."""

    impl = BigInteger
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        """INTEGER on SQLite (64 bits there), BIGINT elsewhere."""
        return dialect.type_descriptor(Integer() if dialect.name == "sqlite" else BigInteger())


class UTCDateTime(TypeDecorator[datetime]):
    """An aware time in, the same moment in UTC out, on engines with and without time zones."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002  SQLAlchemy's
        """Refuse a time without a zone: nobody could tell later which moment it was."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"{value.isoformat()} has no time zone")
        return value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002
        """SQLite gives naive times back, PostgreSQL aware ones in the session's zone."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class Words(TypeDecorator[str]):
    """Text by strangers; NUL and lone surrogates, which no engine stores, become U+FFFD."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:  # noqa: ARG002
        """Pairs of surrogates become the character that they stand for."""
        if value is None:
            return None
        return value.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace").replace("\0", "\ufffd")


class Json(TypeDecorator[Any]):
    """A JSON value as ASCII text: PostgreSQL's own JSON types refuse what wiki text may contain."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: Any, dialect: Dialect) -> str:  # noqa: ARG002
        """ASCII escapes carry every character, NUL and lone surrogates too."""
        return json.dumps(value, ensure_ascii=True, separators=(",", ":"))

    def process_result_value(self, value: str | None, dialect: Dialect) -> Any:  # noqa: ARG002
        """The value as it was given; tuples come back as lists."""
        return None if value is None else json.loads(value)


class ArticleRow(SQLModel, table=True):
    """A watched page, its cursor (the wiki's id of the last judged revision) and its lease.

    `pictures_of` is the revision (the wiki's id) whose pictures were looked at.
    """

    __tablename__: ClassVar[Any] = "article"
    __table_args__ = (UniqueConstraint("wiki", "page_id"), Index(None, "wiki", "title"))

    id: int = Field(default=None, primary_key=True, sa_type=Key)
    wiki: str = Field(sa_type=Words)
    page_id: int = Field(sa_type=BigInteger)
    title: str = Field(sa_type=Words)
    registered_at: datetime = Field(sa_type=UTCDateTime)
    cursor: int | None = Field(default=None, sa_type=BigInteger)
    checked_at: datetime | None = Field(default=None, sa_type=UTCDateTime)
    failures: int = 0
    error: str | None = Field(default=None, sa_type=Words)
    lease_owner: str | None = Field(default=None, sa_type=Words)
    lease_until: datetime | None = Field(default=None, sa_type=UTCDateTime)
    protection: str | None = Field(default=None, sa_type=Words)
    pictures_of: int | None = Field(default=None, sa_type=BigInteger)
    pictures_at: datetime | None = Field(default=None, sa_type=UTCDateTime)
    queued_until: datetime | None = Field(default=None, sa_type=UTCDateTime)


class TextRow(SQLModel, table=True):
    """A text under its digest, packed against the text `base_id`; `number` counts from the keyframe."""

    __tablename__: ClassVar[Any] = "text"
    __table_args__ = (UniqueConstraint("digest"),)

    id: int = Field(default=None, primary_key=True, sa_type=Key)
    digest: bytes = Field(sa_type=LargeBinary)
    base_id: int | None = Field(default=None, nullable=True, foreign_key="text.id", sa_type=Key)
    number: int
    size: int = Field(sa_type=BigInteger)
    body: bytes = Field(sa_type=LargeBinary)


class RevisionRow(SQLModel, table=True):
    """A revision as the wiki described it when it was last seen; no text_id where the text is hidden."""

    __tablename__: ClassVar[Any] = "revision"
    __table_args__ = (UniqueConstraint("wiki", "revision_id"), Index(None, "article_id", "at", "revision_id"))

    id: int = Field(default=None, primary_key=True, sa_type=Key)
    wiki: str = Field(sa_type=Words)
    revision_id: int = Field(sa_type=BigInteger)
    article_id: int = Field(foreign_key="article.id", sa_type=Key)
    parent_id: int = Field(sa_type=BigInteger)
    at: datetime = Field(sa_type=UTCDateTime)
    editor: str | None = Field(default=None, sa_type=Words)
    comment: str | None = Field(default=None, sa_type=Words)
    minor: bool = False
    tags: Any = Field(sa_type=Json)
    size: int | None = Field(default=None, sa_type=BigInteger)
    sha1: str | None = Field(default=None, sa_type=Words)
    content_model: str | None = Field(default=None, sa_type=Words)
    text_hidden: bool = False
    text_id: int | None = Field(default=None, nullable=True, foreign_key="text.id", sa_type=Key)
    seen_at: datetime = Field(sa_type=UTCDateTime)


class ComparisonRow(SQLModel, table=True):
    """Two revisions that were compared, and by which versions of the parser and of the rules."""

    __tablename__: ClassVar[Any] = "comparison"
    __table_args__ = (UniqueConstraint("article_id", "before_id", "after_id"),)

    id: int = Field(default=None, primary_key=True, sa_type=Key)
    article_id: int = Field(foreign_key="article.id", sa_type=Key)
    before_id: int = Field(foreign_key="revision.id", sa_type=Key)
    after_id: int = Field(foreign_key="revision.id", sa_type=Key)
    at: datetime = Field(sa_type=UTCDateTime)
    parser: str = Field(sa_type=Words)
    rules: str = Field(sa_type=Words)
    worst: int | None = None
    unread: Any = Field(sa_type=Json)


class FindingRow(SQLModel, table=True):
    """A finding in its JSON form, with the columns that queues filter by."""

    __tablename__: ClassVar[Any] = "finding"
    __table_args__ = (UniqueConstraint("comparison_id", "position"), Index(None, "severity", "kind"))

    id: int = Field(default=None, primary_key=True, sa_type=Key)
    comparison_id: int = Field(foreign_key="comparison.id", sa_type=Key)
    position: int
    kind: str = Field(sa_type=Words)
    rule: str = Field(sa_type=Words)
    severity: int
    section: Any = Field(sa_type=Json)
    summary: str = Field(sa_type=Words)
    body: Any = Field(sa_type=Json)


class EventRow(SQLModel, table=True):
    """Something that happened to a page beside its text: moved, deleted, hidden, unreachable."""

    __tablename__: ClassVar[Any] = "event"
    __table_args__ = (Index(None, "article_id", "sort", "id"),)

    id: int = Field(default=None, primary_key=True, sa_type=Key)
    article_id: int = Field(foreign_key="article.id", sa_type=Key)
    sort: str = Field(sa_type=Words)
    kind: str = Field(sa_type=Words)
    detail: str = Field(sa_type=Words)
    revision_id: int | None = Field(default=None, sa_type=BigInteger)
    at: datetime = Field(sa_type=UTCDateTime)
    told_at: datetime | None = Field(default=None, sa_type=UTCDateTime)


class AlertRow(SQLModel, table=True):
    """An alert once, however many destinations it has."""

    __tablename__: ClassVar[Any] = "alert"
    __table_args__ = (UniqueConstraint("key"),)

    id: int = Field(default=None, primary_key=True, sa_type=Key)
    key: str = Field(sa_type=Words)
    comparison_id: int | None = Field(default=None, nullable=True, foreign_key="comparison.id", sa_type=Key)
    at: datetime = Field(sa_type=UTCDateTime)
    body: Any = Field(sa_type=Json)


class DeliveryRow(SQLModel, table=True):
    """The outbox: one alert for one destination (its name, never its URL).

    `batch` is None for a message of its own, empty while the row waits for a digest, then the key of that digest.
    `thread` is the key of the message that this one follows at its destination.
    """

    __tablename__: ClassVar[Any] = "delivery"
    __table_args__ = (UniqueConstraint("key"), Index(None, "state", "not_before"), Index(None, "batch"))

    id: int = Field(default=None, primary_key=True, sa_type=Key)
    alert_id: int = Field(foreign_key="alert.id", sa_type=Key)
    destination: str = Field(sa_type=Words)
    key: str = Field(sa_type=Words)
    state: str = Field(sa_type=Words)
    attempts: int = 0
    not_before: datetime = Field(sa_type=UTCDateTime)
    lease_owner: str | None = Field(default=None, sa_type=Words)
    lease_until: datetime | None = Field(default=None, sa_type=UTCDateTime)
    queued_at: datetime = Field(sa_type=UTCDateTime)
    done_at: datetime | None = Field(default=None, sa_type=UTCDateTime)
    batch: str | None = Field(default=None, sa_type=Words)
    thread: str | None = Field(default=None, sa_type=Words)
    told_at: datetime | None = Field(default=None, sa_type=UTCDateTime)


class AttemptRow(SQLModel, table=True):
    """The delivery log: each try with its outcome."""

    __tablename__: ClassVar[Any] = "attempt"
    __table_args__ = (Index(None, "delivery_id"),)

    id: int = Field(default=None, primary_key=True, sa_type=Key)
    delivery_id: int = Field(foreign_key="delivery.id", sa_type=Key)
    number: int
    at: datetime = Field(sa_type=UTCDateTime)
    outcome: str = Field(sa_type=Words)
    error: str | None = Field(default=None, sa_type=Words)


class ToldRow(SQLModel, table=True):
    """A finding that an alert told: from which value to which, in which sentence; resolved when it is undone."""

    __tablename__: ClassVar[Any] = "told"
    __table_args__ = (Index(None, "article_id", "resolved_at"),)

    id: int = Field(default=None, primary_key=True, sa_type=Key)
    article_id: int = Field(foreign_key="article.id", sa_type=Key)
    alert_id: int = Field(foreign_key="alert.id", sa_type=Key)
    subject: str = Field(sa_type=Words)
    old: str | None = Field(default=None, sa_type=Words)
    new: str | None = Field(default=None, sa_type=Words)
    sentence: str = Field(sa_type=Words)
    resolved_at: datetime | None = Field(default=None, sa_type=UTCDateTime)


class MuteRow(SQLModel, table=True):
    """What nobody wants to hear of: an article, a rule, sentences with some words; what is None is any."""

    __tablename__: ClassVar[Any] = "mute"

    id: int = Field(default=None, primary_key=True, sa_type=Key)
    wiki: str | None = Field(default=None, sa_type=Words)
    title: str | None = Field(default=None, sa_type=Words)
    rule: str | None = Field(default=None, sa_type=Words)
    words: str | None = Field(default=None, sa_type=Words)
    until: datetime | None = Field(default=None, sa_type=UTCDateTime)
    at: datetime = Field(sa_type=UTCDateTime)
    ended_at: datetime | None = Field(default=None, sa_type=UTCDateTime)


class WithheldRow(SQLModel, table=True):
    """Since which revision (the wiki's id) a mute has kept something of an article back."""

    __tablename__: ClassVar[Any] = "withheld"
    __table_args__ = (UniqueConstraint("mute_id", "article_id"),)

    id: int = Field(default=None, primary_key=True, sa_type=Key)
    mute_id: int = Field(foreign_key="mute.id", sa_type=Key)
    article_id: int = Field(foreign_key="article.id", sa_type=Key)
    since: int = Field(sa_type=BigInteger)
