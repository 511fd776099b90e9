"""Define the tables as SQLModel classes, with column types that hold the same values on SQLite and PostgreSQL.

Classes whose rows the repositories return are named after the thing; the names of internal ones end with Row.
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
    """A 64-bit row id; SQLite numbers rows only if the column is declared as INTEGER."""

    impl = BigInteger
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        """Choose INTEGER on SQLite (64 bits there), BIGINT elsewhere."""
        return dialect.type_descriptor(Integer() if dialect.name == "sqlite" else BigInteger())


class UTCDateTime(TypeDecorator[datetime]):
    """An aware time that is read back in UTC, on engines with and without time zones."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002  SQLAlchemy's
        """Convert a time to UTC; raise ValueError if it has no zone, because it would be ambiguous later."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"{value.isoformat()} has no time zone")
        return value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002
        """Return an aware time in UTC: SQLite returns naive ones, PostgreSQL those of the session's zone."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class SafeText(TypeDecorator[str]):
    """Text by strangers; NUL and lone surrogates, which no engine can store, are replaced by U+FFFD."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:  # noqa: ARG002
        """Replace characters that cannot be stored, and pairs of surrogates by the character that they encode."""
        if value is None:
            return None
        return value.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace").replace("\0", "\ufffd")


def enum_text(kind: type[StrEnum]) -> type[SafeText]:
    """Return a column type whose texts are read back as members of an enumeration."""

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
        """Return JSON with ASCII escapes, which can represent every character, including NUL and lone surrogates."""
        return json.dumps(value, ensure_ascii=True, separators=(",", ":"))

    def process_result_value(self, value: str | None, dialect: Dialect) -> Any:  # noqa: ARG002
        """Parse the value; tuples come back as lists."""
        return None if value is None else json.loads(value)


# Set before the first table: an unnamed constraint cannot be altered later, least of all on SQLite.
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
    """A table that is named after its class unless `_NAMES` has another name: ReviewEvent is `review_event`."""

    # SQLModel does not validate rows of tables, so building the validators would only slow down every command.
    model_config = {"defer_build": True}

    @declared_attr  # type: ignore[arg-type]  # as SQLModel itself does
    def __tablename__(cls) -> str:  # noqa: N805
        name = re.sub("(?<!^)(?=[A-Z])", "_", cls.__name__.removesuffix("Row")).lower()
        return _NAMES.get(cls.__name__, name)


class NumberedTable(NamedTable):
    """A table whose rows have a numeric id."""

    id: int = Field(default=None, primary_key=True, sa_type=BigId)


class _Leased(SQLModel):
    lease_owner: str | None = Field(default=None, sa_type=SafeText)
    lease_until: datetime | None = Field(default=None, sa_type=UTCDateTime)


class ArticleRow(_Leased, NumberedTable, table=True):
    """A watched page; `cursor` is the last judged revision, `images_revision_id` the one whose images were checked.

    `touched` is the wiki's timestamp of the page when it was last rendered.
    `cited_revision_id` is the revision whose cited statistics are indexed, as read by parser version `cited_version`.
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
    """A text under its digest, packed against the text `base_id`; `number` counts the texts since the keyframe."""

    digest: bytes = Field(unique=True, sa_type=LargeBinary)
    base_id: int | None = Field(default=None, foreign_key="text.id", index=True, sa_type=BigId)
    number: int
    size: int = Field(sa_type=BigInteger)
    body: bytes = Field(sa_type=LargeBinary)


class RevisionRow(NumberedTable, table=True):
    """A revision as the wiki described it; `text_id` is None if its text is hidden or was deleted by retention."""

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
    text_id: int | None = Field(default=None, foreign_key="text.id", index=True, sa_type=BigId)
    seen_at: datetime = Field(sa_type=UTCDateTime)


class ComparisonRow(NumberedTable, table=True):
    """A comparison of two revisions, with the versions of the parser and the rules that made it."""

    __table_args__ = (UniqueConstraint("article_id", "before_id", "after_id"),)

    article_id: int = Field(foreign_key="article.id", sa_type=BigId)
    # Indexed, because engines search the referencing table for each deleted row, and index no references by themselves.
    before_id: int = Field(foreign_key="revision.id", index=True, sa_type=BigId)
    after_id: int = Field(foreign_key="revision.id", index=True, sa_type=BigId)
    at: datetime = Field(sa_type=UTCDateTime)
    parser: str = Field(sa_type=SafeText)
    rules: str = Field(sa_type=SafeText)
    worst: int | None = None
    unread: Any = Field(sa_type=JsonText)


class PageEvent(NumberedTable, table=True):
    """An event of a page other than a change of its text: it was moved, deleted, hidden or unreachable."""

    # The second index finds unnotified events, which each round of deliveries reads.
    __table_args__ = (Index(None, "article_id", "event_group", "id"), Index(None, "notified_at", "id"))

    article_id: int = Field(default=None, nullable=False, foreign_key="article.id", sa_type=BigId)
    event_group: str = Field(default="", sa_type=SafeText)
    kind: str = Field(sa_type=SafeText)
    detail: str = Field(sa_type=SafeText)
    revision_id: int | None = Field(default=None, sa_type=BigInteger)
    at: datetime = Field(sa_type=UTCDateTime)
    notified_at: datetime | None = Field(default=None, sa_type=UTCDateTime)


class AlertRow(NumberedTable, table=True):
    """An alert, stored once for all of its destinations."""

    key: str = Field(unique=True, sa_type=SafeText)
    comparison_id: int | None = Field(default=None, foreign_key="comparison.id", index=True, sa_type=BigId)
    at: datetime = Field(sa_type=UTCDateTime)
    body: Any = Field(sa_type=JsonText)


class DeliveryState(StrEnum):
    """The state of a delivery; a dead letter is not retried automatically."""

    QUEUED = "queued"
    SENT = "sent"
    DEAD = "dead"
    SUPERSEDED = "replaced"  # replaced by a newer alert before it was sent
    DISCARDED = "discarded"  # a dead letter that an operator has given up


class Delivery(_Leased, NumberedTable, table=True):
    """A row of the outbox: one alert for one destination (its name, never its URL).

    `batch` is None for a separate message. It is empty while the row waits for a digest or group, then the key of that
    message. `labels`, each between two spaces, connect the rows of a group; rows of a digest have none. `thread` is the
    key of the message that this one follows at its destination.
    """

    __table_args__ = (
        Index(None, "state", "not_before"),
        Index(None, "state", "done_at"),
        Index(None, "article_id", "state"),
    )

    alert_id: int = Field(foreign_key="alert.id", index=True, sa_type=BigId)
    article_id: int | None = Field(default=None, foreign_key="article.id", sa_type=BigId)
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
    """An entry of the delivery log: one attempt with its outcome."""

    delivery_id: int = Field(foreign_key="delivery.id", index=True, sa_type=BigId)
    number: int
    at: datetime = Field(sa_type=UTCDateTime)
    outcome: str = Field(sa_type=SafeText)
    error: str | None = Field(default=None, sa_type=SafeText)


class SentFactRow(NumberedTable, table=True):
    """A fact that a delivery stated: its old and new value, and its location in the article.

    It is resolved if the change was undone, as `resolved_by` (another delivery to the same destination) reports, or
    without a delivery if an accepted change replaced it.
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
    resolved_by: int | None = Field(default=None, foreign_key="delivery.id", index=True, sa_type=BigId)


class NewMute(SQLModel):
    """A mute to begin: no alerts are sent until a time (None: until it is ended); other parts match all if None.

    `title` needs its `wiki`, `rule` is a rule's name or a pattern of kinds, `words` must occur in the sentence.
    """

    wiki: str | None = Field(default=None, sa_type=SafeText)
    title: str | None = Field(default=None, sa_type=SafeText)
    rule: str | None = Field(default=None, sa_type=SafeText)
    words: str | None = Field(default=None, sa_type=SafeText)
    until: datetime | None = Field(default=None, sa_type=UTCDateTime)

    @property
    def is_of_whole_rule(self) -> bool:
        """Return whether it turns off a rule, or the rules of a pattern, in all articles."""
        return self.rule is not None and self.title is None and self.words is None

    def has_expired(self, now: datetime) -> bool:
        """Return whether its time has passed; a check then ends it."""
        return self.until is not None and self.until <= now


class Mute(NewMute, NumberedTable, table=True):
    """A stored mute."""

    at: datetime = Field(sa_type=UTCDateTime)
    ended_at: datetime | None = Field(default=None, sa_type=UTCDateTime)


class SuppressedRow(NumberedTable, table=True):
    """The revision (the wiki's id) since which a mute has suppressed findings of an article."""

    __table_args__ = (UniqueConstraint("mute_id", "article_id"),)

    mute_id: int = Field(foreign_key="mute.id", sa_type=BigId)
    article_id: int = Field(foreign_key="article.id", sa_type=BigId)
    since: int = Field(sa_type=BigInteger)


class UnreachedWatch(NumberedTable, table=True):
    """A watch whose page was not reached: its failed checks, when operators were notified, and when it was reached."""

    __table_args__ = (UniqueConstraint("wiki", "title"),)

    wiki: str = Field(sa_type=SafeText)
    title: str = Field(sa_type=SafeText)
    failures: int
    error: str = Field(sa_type=SafeText)
    checked_at: datetime = Field(sa_type=UTCDateTime)
    notified_at: datetime | None = Field(default=None, sa_type=UTCDateTime)
    reached_at: datetime | None = Field(default=None, sa_type=UTCDateTime)


class MemberSource(_Leased, NumberedTable, table=True):
    """A list of pages that a watch names instead of a title; `position` is that in the watchlist.

    `definition` changes with the settings that decide which pages belong; `refreshed_at` is the time of the last
    complete refresh, `error` that of the last attempt.
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
    """A page of such a list; if the page has left the list, the row stays but is not `active`.

    `listed_at` is the start of the last refresh that listed it; without `joined_at`, that refresh is not finished.
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
    """The last outage of a service that checks depend on; `ended_at` is None while it lasts.

    `notified_at` is when operators were alerted to it; it is None again when they are alerted to its end.
    """

    service: str = Field(unique=True, sa_type=SafeText)
    detail: str = Field(sa_type=SafeText)
    began_at: datetime = Field(sa_type=UTCDateTime)
    ended_at: datetime | None = Field(default=None, sa_type=UTCDateTime)
    notified_at: datetime | None = Field(default=None, sa_type=UTCDateTime)


class ImageRow(NumberedTable, table=True):
    """A file that an article shows, with its SHA-1 at the last check; None if the wiki has no such file."""

    __table_args__ = (UniqueConstraint("article_id", "file"),)

    article_id: int = Field(foreign_key="article.id", sa_type=BigId)
    file: str = Field(sa_type=SafeText)
    sha1: str | None = Field(default=None, sa_type=SafeText)


class WikiLockRow(_Leased, NamedTable, table=True):
    """The lease that permits one worker at a time to send requests to a wiki."""

    wiki: str = Field(primary_key=True, sa_type=SafeText)


class CounterRow(NumberedTable, table=True):
    """A counter by name and labels (a JSON object with sorted keys); `at` is the time of its last increase."""

    __table_args__ = (UniqueConstraint("name", "labels"),)

    name: str = Field(sa_type=SafeText)
    labels: str = Field(sa_type=SafeText)
    amount: float
    at: datetime = Field(sa_type=UTCDateTime)
