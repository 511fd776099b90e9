"""Define the tables as SQLModel classes, with types of columns that hold the same on SQLite and PostgreSQL.

A class whose rows the repositories return has the name of the thing, those that stay in this package end with Row.
"""

import json
import re
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import BigInteger, DateTime, Dialect, Index, Integer, LargeBinary, Text, UniqueConstraint
from sqlalchemy.orm import declared_attr
from sqlalchemy.types import TypeDecorator, TypeEngine
from sqlmodel import Field, SQLModel


class BigId(TypeDecorator[int]):
    """A 64-bit row id; SQLite numbers rows only where the column is declared as INTEGER."""

    impl = BigInteger
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        """Choose INTEGER on SQLite (64 bits there), BIGINT elsewhere."""
        return dialect.type_descriptor(Integer() if dialect.name == "sqlite" else BigInteger())


class UTCDateTime(TypeDecorator[datetime]):
    """An aware time, which is read back in UTC, on engines with and without time zones."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002  SQLAlchemy's
        """Refuse a time without a zone, which would be ambiguous later."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"{value.isoformat()} has no time zone")
        return value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002
        """Return an aware time: SQLite returns naive ones, PostgreSQL those of the session's zone."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class SafeText(TypeDecorator[str]):
    """Text by strangers; NUL and lone surrogates, which no engine stores, become U+FFFD."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:  # noqa: ARG002
        """Replace what cannot be stored, and pairs of surrogates by the character that they encode."""
        if value is None:
            return None
        return value.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace").replace("\0", "\ufffd")


def enum_text(kind: type[StrEnum]) -> type[SafeText]:
    """Return the type of a column whose texts are read as members of an enumeration."""

    class EnumText(SafeText):
        cache_ok = True

        def process_result_value(self, value: str | None, dialect: Dialect) -> StrEnum | None:  # noqa: ARG002
            return None if value is None else kind(value)

    return EnumText


class JsonText(TypeDecorator[Any]):
    """A JSON value as ASCII text: PostgreSQL's own JSON types refuse what wiki text may contain."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: Any, dialect: Dialect) -> str:  # noqa: ARG002
        """Write JSON with ASCII escapes, which hold every character, NUL and lone surrogates too."""
        return json.dumps(value, ensure_ascii=True, separators=(",", ":"))

    def process_result_value(self, value: str | None, dialect: Dialect) -> Any:  # noqa: ARG002
        """Read the value back; tuples come back as lists."""
        return None if value is None else json.loads(value)


# Before the first table: a constraint without a name cannot be altered later, least of all on SQLite.
SQLModel.metadata.naming_convention = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}


_NAMES = {
    "ApiToken": "token",
    "MemberSource": "watch_source",
    "PageEvent": "event",
    "SourcePageRecord": "source_page",
    "User": "user_account",  # `user` is a reserved word of SQL
}


class NamedTable(SQLModel):
    """A table with the name of its class, where it has no other: ReviewEvent is `review_event`."""

    # No row is validated (SQLModel does not do so for tables): the validators would cost each command their making.
    model_config = {"defer_build": True}

    @declared_attr  # type: ignore[arg-type]  # as SQLModel itself does
    def __tablename__(cls) -> str:  # noqa: N805
        name = re.sub("(?<!^)(?=[A-Z])", "_", cls.__name__.removesuffix("Row")).lower()
        return _NAMES.get(cls.__name__, name)


class NumberedTable(NamedTable):
    """A table whose rows are numbered."""

    id: int = Field(default=None, primary_key=True, sa_type=BigId)


class _Leased(SQLModel):
    lease_owner: str | None = Field(default=None, sa_type=SafeText)
    lease_until: datetime | None = Field(default=None, sa_type=UTCDateTime)


class ArticleRow(_Leased, NumberedTable, table=True):
    """A watched page; `cursor` is the last judged revision, `images_revision_id` the one whose images were checked.

    `touched` is the wiki's time stamp of the page when it was last rendered.
    `cited_revision_id` is the one whose cited statistics are indexed, as `cited_version` of the parser reads them.
    """

    __table_args__ = (UniqueConstraint("wiki", "page_id"), Index(None, "wiki", "title"))

    wiki: str = Field(sa_type=SafeText)
    page_id: int = Field(sa_type=BigInteger)
    title: str = Field(sa_type=SafeText)
    registered_at: datetime = Field(sa_type=UTCDateTime)
    cursor: int | None = Field(default=None, sa_type=BigInteger)
    checked_at: datetime | None = Field(default=None, sa_type=UTCDateTime)
    failures: int = 0
    error: str | None = Field(default=None, sa_type=SafeText)
    protection: str | None = Field(default=None, sa_type=SafeText)
    images_revision_id: int | None = Field(default=None, sa_type=BigInteger)
    images_checked_at: datetime | None = Field(default=None, sa_type=UTCDateTime)
    reserved_until: datetime | None = Field(default=None, sa_type=UTCDateTime)
    touched: str | None = Field(default=None, sa_type=SafeText)
    cited_revision_id: int | None = Field(default=None, sa_type=BigInteger)
    cited_version: int | None = None


class TextRow(NumberedTable, table=True):
    """A text under its digest, packed against the text `base_id`; `number` counts from the keyframe."""

    digest: bytes = Field(unique=True, sa_type=LargeBinary)
    base_id: int | None = Field(default=None, nullable=True, foreign_key="text.id", index=True, sa_type=BigId)
    number: int
    size: int = Field(sa_type=BigInteger)
    body: bytes = Field(sa_type=LargeBinary)


class RevisionRow(NumberedTable, table=True):
    """A revision as the wiki described it when it was last seen; no `text_id` where the text is hidden."""

    __table_args__ = (UniqueConstraint("wiki", "revision_id"), Index(None, "article_id", "at", "revision_id"))

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
    bot: bool | None = None
    new_account: bool | None = None
    groups: Any = Field(default=None, sa_type=JsonText, nullable=True)
    text_id: int | None = Field(default=None, nullable=True, foreign_key="text.id", index=True, sa_type=BigId)
    seen_at: datetime = Field(sa_type=UTCDateTime)


class ComparisonRow(NumberedTable, table=True):
    """Two revisions that were compared, with the versions of the parser and of the rules."""

    __table_args__ = (UniqueConstraint("article_id", "before_id", "after_id"),)

    article_id: int = Field(foreign_key="article.id", sa_type=BigId)
    # Both engines search the referencing table for each row that is deleted, and index no reference by themselves.
    before_id: int = Field(foreign_key="revision.id", index=True, sa_type=BigId)
    after_id: int = Field(foreign_key="revision.id", index=True, sa_type=BigId)
    at: datetime = Field(sa_type=UTCDateTime)
    parser: str = Field(sa_type=SafeText)
    rules: str = Field(sa_type=SafeText)
    worst: int | None = None
    unread: Any = Field(sa_type=JsonText)


class PageEvent(NumberedTable, table=True):
    """Something that happened to a page beside its text: moved, deleted, hidden, unreachable."""

    # The second for the events that nobody was notified of: each round of deliveries asks for them.
    __table_args__ = (Index(None, "article_id", "event_group", "id"), Index(None, "notified_at", "id"))

    article_id: int = Field(default=None, nullable=False, foreign_key="article.id", sa_type=BigId)
    event_group: str = Field(default="", sa_type=SafeText)
    kind: str = Field(sa_type=SafeText)
    detail: str = Field(sa_type=SafeText)
    revision_id: int | None = Field(default=None, sa_type=BigInteger)
    at: datetime = Field(sa_type=UTCDateTime)
    notified_at: datetime | None = Field(default=None, sa_type=UTCDateTime)


class AlertRow(NumberedTable, table=True):
    """An alert once, however many destinations it has."""

    key: str = Field(unique=True, sa_type=SafeText)
    comparison_id: int | None = Field(
        default=None, nullable=True, foreign_key="comparison.id", index=True, sa_type=BigId
    )
    at: datetime = Field(sa_type=UTCDateTime)
    body: Any = Field(sa_type=JsonText)


class DeliveryState(StrEnum):
    """The state of a delivery; a dead letter is not retried by itself."""

    QUEUED = "queued"
    SENT = "sent"
    DEAD = "dead"
    SUPERSEDED = "replaced"  # not sent yet when a newer alert replaced it
    DISCARDED = "discarded"  # dead, and given up by an operator, too


class Delivery(_Leased, NumberedTable, table=True):
    """The outbox: one alert for one destination (its name, never its URL).

    `batch` is None for a message of its own, empty while the row waits for a digest or for others of its group, then
    the key of that message. `labels`, each between two spaces, are what a group has in common; a digest has none.
    `thread` is the key of the message that this one follows at its destination.
    """

    __table_args__ = (
        Index(None, "state", "not_before"),
        Index(None, "state", "done_at"),
        Index(None, "article_id", "state"),
    )

    alert_id: int = Field(foreign_key="alert.id", index=True, sa_type=BigId)
    article_id: int | None = Field(default=None, nullable=True, foreign_key="article.id", sa_type=BigId)
    destination: str = Field(sa_type=SafeText)
    key: str = Field(unique=True, sa_type=SafeText)
    state: DeliveryState = Field(sa_type=enum_text(DeliveryState))
    attempts: int = 0
    not_before: datetime = Field(sa_type=UTCDateTime)
    queued_at: datetime = Field(sa_type=UTCDateTime)
    done_at: datetime | None = Field(default=None, sa_type=UTCDateTime)
    batch: str | None = Field(default=None, index=True, sa_type=SafeText)
    labels: str | None = Field(default=None, sa_type=SafeText)
    severity: int = 0
    thread: str | None = Field(default=None, sa_type=SafeText)
    notified_at: datetime | None = Field(default=None, sa_type=UTCDateTime)


class Attempt(NumberedTable, table=True):
    """The delivery log: each attempt with its outcome."""

    delivery_id: int = Field(foreign_key="delivery.id", index=True, sa_type=BigId)
    number: int
    at: datetime = Field(sa_type=UTCDateTime)
    outcome: str = Field(sa_type=SafeText)
    error: str | None = Field(default=None, sa_type=SafeText)


class SentFactRow(NumberedTable, table=True):
    """What a delivery stated: from which value to which, and where.

    Resolved when it is undone, `resolved_by` another delivery to the same destination, or when something else was
    accepted in its place.
    """

    __table_args__ = (Index(None, "article_id", "resolved_at"),)

    article_id: int = Field(foreign_key="article.id", sa_type=BigId)
    delivery_id: int = Field(foreign_key="delivery.id", index=True, sa_type=BigId)
    subject: str = Field(sa_type=SafeText)
    label: str = Field(sa_type=SafeText)
    section: str = Field(sa_type=SafeText)
    unit: str = Field(sa_type=SafeText)
    since: int = Field(default=0, sa_type=BigInteger)
    old: str | None = Field(default=None, sa_type=SafeText)
    new: str | None = Field(default=None, sa_type=SafeText)
    sentence: str = Field(sa_type=SafeText)
    resolved_at: datetime | None = Field(default=None, sa_type=UTCDateTime)
    resolved_by: int | None = Field(default=None, nullable=True, foreign_key="delivery.id", index=True, sa_type=BigId)


class NewMute(SQLModel):
    """What no alert is sent about until a time (None: until it is ended); a part that is None matches everything.

    `title` goes with its `wiki`, `rule` is a rule's name or a pattern of kinds, `words` are of a sentence.
    """

    wiki: str | None = Field(default=None, sa_type=SafeText)
    title: str | None = Field(default=None, sa_type=SafeText)
    rule: str | None = Field(default=None, sa_type=SafeText)
    words: str | None = Field(default=None, sa_type=SafeText)
    until: datetime | None = Field(default=None, sa_type=UTCDateTime)

    @property
    def is_of_whole_rule(self) -> bool:
        """Whether it turns a rule, or those of a pattern, off in all articles."""
        return self.rule is not None and self.title is None and self.words is None


class Mute(NewMute, NumberedTable, table=True):
    """A mute that was begun."""

    at: datetime = Field(sa_type=UTCDateTime)
    ended_at: datetime | None = Field(default=None, sa_type=UTCDateTime)


class SuppressedRow(NumberedTable, table=True):
    """Since which revision (the wiki's id) a mute has suppressed something of an article."""

    __table_args__ = (UniqueConstraint("mute_id", "article_id"),)

    mute_id: int = Field(foreign_key="mute.id", sa_type=BigId)
    article_id: int = Field(foreign_key="article.id", sa_type=BigId)
    since: int = Field(sa_type=BigInteger)


class UnreachedWatch(NumberedTable, table=True):
    """A watch without an article: its failed checks, when operators were notified, when it was reached since."""

    __table_args__ = (UniqueConstraint("wiki", "title"),)

    wiki: str = Field(sa_type=SafeText)
    title: str = Field(sa_type=SafeText)
    failures: int
    error: str = Field(sa_type=SafeText)
    checked_at: datetime = Field(sa_type=UTCDateTime)
    notified_at: datetime | None = Field(default=None, sa_type=UTCDateTime)
    reached_at: datetime | None = Field(default=None, sa_type=UTCDateTime)


class MemberSource(_Leased, NumberedTable, table=True):
    """A list of pages that a watch names in place of a title, under its `key`, in the order of the watchlist.

    `definition` changes with the settings that decide who is a member; `refreshed_at` is of the last complete refresh,
    `error` what went wrong in the last attempt.
    """

    __table_args__ = (UniqueConstraint("wiki", "key"),)

    wiki: str = Field(sa_type=SafeText)
    key: str = Field(sa_type=SafeText)
    position: int
    definition: str = Field(sa_type=SafeText)
    members: int = 0
    refreshed_at: datetime | None = Field(default=None, sa_type=UTCDateTime)
    tried_at: datetime | None = Field(default=None, sa_type=UTCDateTime)
    error: str | None = Field(default=None, sa_type=SafeText)


class MemberRow(NumberedTable, table=True):
    """A page of such a list, which stays here, not `active`, when it has left.

    `listed_at` is the beginning of the last refresh that listed it; without `joined_at` that one has not ended yet.
    """

    __table_args__ = (
        UniqueConstraint("source_id", "article_id"),
        Index(None, "source_id", "active", "article_id"),
        Index(None, "article_id", "active"),
    )

    source_id: int = Field(foreign_key="watch_source.id", ondelete="CASCADE", sa_type=BigId)
    article_id: int = Field(foreign_key="article.id", sa_type=BigId)
    active: bool = False
    listed_at: datetime = Field(sa_type=UTCDateTime)
    joined_at: datetime | None = Field(default=None, sa_type=UTCDateTime)


class Outage(NumberedTable, table=True):
    """The last outage of a service that checks depend on; no `ended_at` while it lasts.

    `notified_at`: operators were alerted to it, and not yet to its end.
    """

    service: str = Field(unique=True, sa_type=SafeText)
    detail: str = Field(sa_type=SafeText)
    began_at: datetime = Field(sa_type=UTCDateTime)
    ended_at: datetime | None = Field(default=None, sa_type=UTCDateTime)
    notified_at: datetime | None = Field(default=None, sa_type=UTCDateTime)


class ImageRow(NumberedTable, table=True):
    """A file that an article shows, with the SHA-1 that it had when it was checked; None where the wiki has none."""

    __table_args__ = (UniqueConstraint("article_id", "file"),)

    article_id: int = Field(foreign_key="article.id", sa_type=BigId)
    file: str = Field(sa_type=SafeText)
    sha1: str | None = Field(default=None, sa_type=SafeText)


class WikiLockRow(_Leased, NamedTable, table=True):
    """Which worker may send requests to a wiki, and until when."""

    wiki: str = Field(primary_key=True, sa_type=SafeText)


class CounterRow(NumberedTable, table=True):
    """A sum under a name and labels (a JSON object with sorted keys), and when it grew last."""

    __table_args__ = (UniqueConstraint("name", "labels"),)

    name: str = Field(sa_type=SafeText)
    labels: str = Field(sa_type=SafeText)
    amount: float
    at: datetime = Field(sa_type=UTCDateTime)
