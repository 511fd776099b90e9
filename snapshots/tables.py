"""Define the tables as SQLModel classes. They never leave this package."""

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


class BigId(TypeDecorator[int]):
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


class SafeText(TypeDecorator[str]):
    """Text by strangers; NUL and lone surrogates, which no engine stores, become U+FFFD."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:  # noqa: ARG002
        """Pairs of surrogates become the character that they stand for."""
        if value is None:
            return None
        return value.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace").replace("\0", "\ufffd")


class JsonText(TypeDecorator[Any]):
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

    `images_revision_id` is the revision (the wiki's id) whose pictures were looked at.
    """

    __tablename__: ClassVar[Any] = "article"
    __table_args__ = (UniqueConstraint("wiki", "page_id"), Index(None, "wiki", "title"))

    id: int = Field(default=None, primary_key=True, sa_type=BigId)
    wiki: str = Field(sa_type=SafeText)
    page_id: int = Field(sa_type=BigInteger)
    title: str = Field(sa_type=SafeText)
    registered_at: datetime = Field(sa_type=UTCDateTime)
    cursor: int | None = Field(default=None, sa_type=BigInteger)
    checked_at: datetime | None = Field(default=None, sa_type=UTCDateTime)
    failures: int = 0
    error: str | None = Field(default=None, sa_type=SafeText)
    lease_owner: str | None = Field(default=None, sa_type=SafeText)
    lease_until: datetime | None = Field(default=None, sa_type=UTCDateTime)
    protection: str | None = Field(default=None, sa_type=SafeText)
    images_revision_id: int | None = Field(default=None, sa_type=BigInteger)
    images_checked_at: datetime | None = Field(default=None, sa_type=UTCDateTime)
    reserved_until: datetime | None = Field(default=None, sa_type=UTCDateTime)


class TextRow(SQLModel, table=True):
    """A text under its digest, packed against the text `base_id`; `number` counts from the keyframe."""

    __tablename__: ClassVar[Any] = "text"
    __table_args__ = (UniqueConstraint("digest"),)

    id: int = Field(default=None, primary_key=True, sa_type=BigId)
    digest: bytes = Field(sa_type=LargeBinary)
    base_id: int | None = Field(default=None, nullable=True, foreign_key="text.id", sa_type=BigId)
    number: int
    size: int = Field(sa_type=BigInteger)
    body: bytes = Field(sa_type=LargeBinary)


class RevisionRow(SQLModel, table=True):
    """A revision as the wiki described it when it was last seen; no text_id where the text is hidden."""

    __tablename__: ClassVar[Any] = "revision"
    __table_args__ = (UniqueConstraint("wiki", "revision_id"), Index(None, "article_id", "at", "revision_id"))

    id: int = Field(default=None, primary_key=True, sa_type=BigId)
    wiki: str = Field(sa_type=SafeText)
    revision_id: int = Field(sa_type=BigInteger)
    article_id: int = Field(foreign_key="article.id", sa_type=BigId)
    parent_id: int = Field(sa_type=BigInteger)
    at: datetime = Field(sa_type=UTCDateTime)
    editor: str | None = Field(default=None, sa_type=SafeText)
    comment: str | None = Field(default=None, sa_type=SafeText)
    minor: bool = False
    tags: Any = Field(sa_type=JsonText)
    size: int | None = Field(default=None, sa_type=BigInteger)
    sha1: str | None = Field(default=None, sa_type=SafeText)
    content_model: str | None = Field(default=None, sa_type=SafeText)
    text_hidden: bool = False
    text_id: int | None = Field(default=None, nullable=True, foreign_key="text.id", sa_type=BigId)
    seen_at: datetime = Field(sa_type=UTCDateTime)


class ComparisonRow(SQLModel, table=True):
    """Two revisions that were compared, and by which versions of the parser and of the rules."""

    __tablename__: ClassVar[Any] = "comparison"
    __table_args__ = (UniqueConstraint("article_id", "before_id", "after_id"),)

    id: int = Field(default=None, primary_key=True, sa_type=BigId)
    article_id: int = Field(foreign_key="article.id", sa_type=BigId)
    before_id: int = Field(foreign_key="revision.id", sa_type=BigId)
    after_id: int = Field(foreign_key="revision.id", sa_type=BigId)
    at: datetime = Field(sa_type=UTCDateTime)
    parser: str = Field(sa_type=SafeText)
    rules: str = Field(sa_type=SafeText)
    worst: int | None = None
    unread: Any = Field(sa_type=JsonText)


class FindingRow(SQLModel, table=True):
    """A finding in its JSON form, with the columns that queues filter by."""

    __tablename__: ClassVar[Any] = "finding"
    __table_args__ = (UniqueConstraint("comparison_id", "position"), Index(None, "severity", "kind"))

    id: int = Field(default=None, primary_key=True, sa_type=BigId)
    comparison_id: int = Field(foreign_key="comparison.id", sa_type=BigId)
    position: int
    kind: str = Field(sa_type=SafeText)
    rule: str = Field(sa_type=SafeText)
    severity: int
    section: Any = Field(sa_type=JsonText)
    summary: str = Field(sa_type=SafeText)
    body: Any = Field(sa_type=JsonText)


class EventRow(SQLModel, table=True):
    """Something that happened to a page beside its text: moved, deleted, hidden, unreachable."""

    __tablename__: ClassVar[Any] = "event"
    __table_args__ = (Index(None, "article_id", "event_group", "id"),)

    id: int = Field(default=None, primary_key=True, sa_type=BigId)
    article_id: int = Field(foreign_key="article.id", sa_type=BigId)
    event_group: str = Field(sa_type=SafeText)
    kind: str = Field(sa_type=SafeText)
    detail: str = Field(sa_type=SafeText)
    revision_id: int | None = Field(default=None, sa_type=BigInteger)
    at: datetime = Field(sa_type=UTCDateTime)
    notified_at: datetime | None = Field(default=None, sa_type=UTCDateTime)


class AlertRow(SQLModel, table=True):
    """An alert once, however many destinations it has."""

    __tablename__: ClassVar[Any] = "alert"
    __table_args__ = (UniqueConstraint("key"),)

    id: int = Field(default=None, primary_key=True, sa_type=BigId)
    key: str = Field(sa_type=SafeText)
    comparison_id: int | None = Field(default=None, nullable=True, foreign_key="comparison.id", sa_type=BigId)
    at: datetime = Field(sa_type=UTCDateTime)
    body: Any = Field(sa_type=JsonText)


class DeliveryRow(SQLModel, table=True):
    """The outbox: one alert for one destination (its name, never its URL).

    `batch` is None for a message of its own, empty while the row waits for a digest, then the key of that digest.
    `thread` is the key of the message that this one follows at its destination.
    """

    __tablename__: ClassVar[Any] = "delivery"
    __table_args__ = (UniqueConstraint("key"), Index(None, "state", "not_before"), Index(None, "batch"))

    id: int = Field(default=None, primary_key=True, sa_type=BigId)
    alert_id: int = Field(foreign_key="alert.id", sa_type=BigId)
    destination: str = Field(sa_type=SafeText)
    key: str = Field(sa_type=SafeText)
    state: str = Field(sa_type=SafeText)
    attempts: int = 0
    not_before: datetime = Field(sa_type=UTCDateTime)
    lease_owner: str | None = Field(default=None, sa_type=SafeText)
    lease_until: datetime | None = Field(default=None, sa_type=UTCDateTime)
    queued_at: datetime = Field(sa_type=UTCDateTime)
    done_at: datetime | None = Field(default=None, sa_type=UTCDateTime)
    batch: str | None = Field(default=None, sa_type=SafeText)
    thread: str | None = Field(default=None, sa_type=SafeText)
    notified_at: datetime | None = Field(default=None, sa_type=UTCDateTime)


class AttemptRow(SQLModel, table=True):
    """The delivery log: each try with its outcome."""

    __tablename__: ClassVar[Any] = "attempt"
    __table_args__ = (Index(None, "delivery_id"),)

    id: int = Field(default=None, primary_key=True, sa_type=BigId)
    delivery_id: int = Field(foreign_key="delivery.id", sa_type=BigId)
    number: int
    at: datetime = Field(sa_type=UTCDateTime)
    outcome: str = Field(sa_type=SafeText)
    error: str | None = Field(default=None, sa_type=SafeText)


class SentFactRow(SQLModel, table=True):
    """A finding that an alert told: from which value to which, in which sentence; resolved when it is undone."""

    __tablename__: ClassVar[Any] = "sent_fact"
    __table_args__ = (Index(None, "article_id", "resolved_at"),)

    id: int = Field(default=None, primary_key=True, sa_type=BigId)
    article_id: int = Field(foreign_key="article.id", sa_type=BigId)
    alert_id: int = Field(foreign_key="alert.id", sa_type=BigId)
    subject: str = Field(sa_type=SafeText)
    old: str | None = Field(default=None, sa_type=SafeText)
    new: str | None = Field(default=None, sa_type=SafeText)
    sentence: str = Field(sa_type=SafeText)
    resolved_at: datetime | None = Field(default=None, sa_type=UTCDateTime)


class MuteRow(SQLModel, table=True):
    """What nobody wants to hear of: an article, a rule, sentences with some words; what is None is any."""

    __tablename__: ClassVar[Any] = "mute"

    id: int = Field(default=None, primary_key=True, sa_type=BigId)
    wiki: str | None = Field(default=None, sa_type=SafeText)
    title: str | None = Field(default=None, sa_type=SafeText)
    rule: str | None = Field(default=None, sa_type=SafeText)
    words: str | None = Field(default=None, sa_type=SafeText)
    until: datetime | None = Field(default=None, sa_type=UTCDateTime)
    at: datetime = Field(sa_type=UTCDateTime)
    ended_at: datetime | None = Field(default=None, sa_type=UTCDateTime)


class SuppressedRow(SQLModel, table=True):
    """Since which revision (the wiki's id) a mute has kept something of an article back."""

    __tablename__: ClassVar[Any] = "suppressed"
    __table_args__ = (UniqueConstraint("mute_id", "article_id"),)

    id: int = Field(default=None, primary_key=True, sa_type=BigId)
    mute_id: int = Field(foreign_key="mute.id", sa_type=BigId)
    article_id: int = Field(foreign_key="article.id", sa_type=BigId)
    since: int = Field(sa_type=BigInteger)


class UserRow(SQLModel, table=True):
    """Somebody who signs in with a password, of which only an Argon2 hash is kept.

    `user_account`, because `user` is a reserved word of SQL.
    """

    __tablename__: ClassVar[Any] = "user_account"
    __table_args__ = (UniqueConstraint("name"),)

    id: int = Field(default=None, primary_key=True, sa_type=BigId)
    name: str = Field(sa_type=SafeText)
    scope: str = Field(sa_type=SafeText)
    password: str = Field(sa_type=SafeText)
    at: datetime = Field(sa_type=UTCDateTime)


class SessionRow(SQLModel, table=True):
    """A browser that is signed in: the digest of its cookie; without `user_id` it came by a one-time link."""

    __tablename__: ClassVar[Any] = "session"
    __table_args__ = (UniqueConstraint("digest"), Index(None, "user_id"))

    id: int = Field(default=None, primary_key=True, sa_type=BigId)
    digest: bytes = Field(sa_type=LargeBinary)
    user_id: int | None = Field(default=None, nullable=True, foreign_key="user_account.id", sa_type=BigId)
    at: datetime = Field(sa_type=UTCDateTime)
    expires_at: datetime = Field(sa_type=UTCDateTime)


class TokenRow(SQLModel, table=True):
    """What a program or a feed reader shows instead of a password: its digest, for the token is random and long."""

    __tablename__: ClassVar[Any] = "token"
    __table_args__ = (UniqueConstraint("digest"), UniqueConstraint("name"))

    id: int = Field(default=None, primary_key=True, sa_type=BigId)
    name: str = Field(sa_type=SafeText)
    scope: str = Field(sa_type=SafeText)
    digest: bytes = Field(sa_type=LargeBinary)
    at: datetime = Field(sa_type=UTCDateTime)


class HistoryProgressRow(SQLModel, table=True):
    """How far an article was followed, by which version, what it says now, and what following goes on from.

    `revision_id` is the wiki's; `parsed_revisions` are the revisions with a text up to it.
    """

    __tablename__: ClassVar[Any] = "history_progress"
    __table_args__ = (UniqueConstraint("article_id"),)

    id: int = Field(default=None, primary_key=True, sa_type=BigId)
    article_id: int = Field(foreign_key="article.id", sa_type=BigId)
    revision_id: int = Field(sa_type=BigInteger)
    parsed_revisions: int
    batches: int
    parser_version: str = Field(sa_type=SafeText)
    state: bytes = Field(sa_type=LargeBinary)
    current: bytes = Field(sa_type=LargeBinary)
    at: datetime = Field(sa_type=UTCDateTime)


class HistoryBatchRow(SQLModel, table=True):
    """What a stretch of revisions did to all elements of an article; written once."""

    __tablename__: ClassVar[Any] = "history_batch"
    __table_args__ = (UniqueConstraint("article_id", "number"),)

    id: int = Field(default=None, primary_key=True, sa_type=BigId)
    article_id: int = Field(foreign_key="article.id", sa_type=BigId)
    number: int
    body: bytes = Field(sa_type=LargeBinary)


class UnreachedWatchRow(SQLModel, table=True):
    """A watch without an article: its failed checks, whether operators know, whether a check has reached it since."""

    __tablename__: ClassVar[Any] = "unreached_watch"
    __table_args__ = (UniqueConstraint("wiki", "title"),)

    id: int = Field(default=None, primary_key=True, sa_type=BigId)
    wiki: str = Field(sa_type=SafeText)
    title: str = Field(sa_type=SafeText)
    failures: int
    error: str = Field(sa_type=SafeText)
    checked_at: datetime = Field(sa_type=UTCDateTime)
    notified_at: datetime | None = Field(default=None, sa_type=UTCDateTime)
    reached_at: datetime | None = Field(default=None, sa_type=UTCDateTime)


class ImageRow(SQLModel, table=True):
    """A file that an article shows, with the SHA-1 that it had when it was looked at; None where the wiki has none."""

    __tablename__: ClassVar[Any] = "image"
    __table_args__ = (UniqueConstraint("article_id", "file"),)

    id: int = Field(default=None, primary_key=True, sa_type=BigId)
    article_id: int = Field(foreign_key="article.id", sa_type=BigId)
    file: str = Field(sa_type=SafeText)
    sha1: str | None = Field(default=None, sa_type=SafeText)


class ReviewRow(SQLModel, table=True):
    """A finding as queues read it, under the finding's id, with where its review stands.

    `at` is when it was found, `section` its heading path joined by " › ", `words` what a search looks through, in
    lower case. `state` follows from the steps and from `muted_by`; it is written with them, in one transaction.
    """

    __tablename__: ClassVar[Any] = "review"
    __table_args__ = (
        Index(None, "state", "severity", "at", "finding_id"),
        Index(None, "severity", "at", "finding_id"),
        Index(None, "at", "finding_id"),
        Index(None, "article_id", "severity", "at", "finding_id"),
        # Each facet is counted from one of these alone.
        Index(None, "state", "kind", "severity"),
        Index(None, "state", "article_id", "severity"),
        Index(None, "state", "editor", "severity"),
        Index(None, "state", "assignee", "severity"),
        Index(None, "comparison_id"),
        Index(None, "muted_by"),
    )

    finding_id: int = Field(primary_key=True, foreign_key="finding.id", ondelete="CASCADE", sa_type=BigId)
    comparison_id: int = Field(foreign_key="comparison.id", ondelete="CASCADE", sa_type=BigId)
    article_id: int = Field(foreign_key="article.id", sa_type=BigId)
    severity: int
    at: datetime = Field(sa_type=UTCDateTime)
    kind: str = Field(sa_type=SafeText)
    section: str = Field(sa_type=SafeText)
    editor: str | None = Field(default=None, sa_type=SafeText)
    words: str = Field(sa_type=SafeText)
    state: str = Field(sa_type=SafeText)
    reason: str | None = Field(default=None, sa_type=SafeText)
    assignee: str | None = Field(default=None, sa_type=SafeText)
    muted_by: int | None = Field(default=None, nullable=True, foreign_key="mute.id", sa_type=BigId)


class ReviewEventRow(SQLModel, table=True):
    """One decision about one finding; rows are added, never changed.

    What was decided of several findings at once has one `batch`, the id of its first step.
    """

    __tablename__: ClassVar[Any] = "review_event"
    __table_args__ = (Index(None, "finding_id"), Index(None, "batch"))

    id: int = Field(default=None, primary_key=True, sa_type=BigId)
    finding_id: int = Field(foreign_key="finding.id", ondelete="CASCADE", sa_type=BigId)
    batch: int | None = Field(default=None, sa_type=BigId)
    at: datetime = Field(sa_type=UTCDateTime)
    by: str = Field(sa_type=SafeText)
    action: str = Field(sa_type=SafeText)
    reason: str | None = Field(default=None, sa_type=SafeText)
    assignee: str | None = Field(default=None, sa_type=SafeText)
    note: str | None = Field(default=None, sa_type=SafeText)
    mute_id: int | None = Field(default=None, nullable=True, foreign_key="mute.id", sa_type=BigId)
    undoes: int | None = Field(default=None, nullable=True, foreign_key="review_event.id", sa_type=BigId)


class LastSeenRow(SQLModel, table=True):
    """Until when a reader has seen what was found."""

    __tablename__: ClassVar[Any] = "last_seen"
    __table_args__ = (UniqueConstraint("reader"),)

    id: int = Field(default=None, primary_key=True, sa_type=BigId)
    reader: str = Field(sa_type=SafeText)
    at: datetime = Field(sa_type=UTCDateTime)


class WikiLockRow(SQLModel, table=True):
    """Whose turn it is to ask a wiki, and until when."""

    __tablename__: ClassVar[Any] = "wiki_lock"

    wiki: str = Field(primary_key=True, sa_type=SafeText)
    lease_owner: str | None = Field(default=None, sa_type=SafeText)
    lease_until: datetime | None = Field(default=None, sa_type=UTCDateTime)


class CounterRow(SQLModel, table=True):
    """A sum under a name and labels (a JSON object with sorted keys), and when it grew last."""

    __tablename__: ClassVar[Any] = "counter"
    __table_args__ = (UniqueConstraint("name", "labels"),)

    id: int = Field(default=None, primary_key=True, sa_type=BigId)
    name: str = Field(sa_type=SafeText)
    labels: str = Field(sa_type=SafeText)
    amount: float
    at: datetime = Field(sa_type=UTCDateTime)
