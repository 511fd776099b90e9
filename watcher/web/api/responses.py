"""Define the JSON responses, each with its schema."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Generic, Self, TypeVar

from pydantic import AliasPath, BaseModel, BeforeValidator, ConfigDict, Field

from watcher.config import Watch
from watcher.model import Severity

Item = TypeVar("Item")
Level = Annotated[str, BeforeValidator(lambda level: level.label if isinstance(level, Severity) else level)]


class ResponseModel(BaseModel):
    """A response that is read from the attributes of a stored record."""

    model_config = ConfigDict(frozen=True, from_attributes=True)

    @classmethod
    def from_record(cls, record: object) -> Self:
        """Read the fields from the attributes of the same names."""
        return cls.model_validate(record)


class PageResponse(ResponseModel, Generic[Item]):
    """A page of a list; ask again with `after` set to `next` until that is null."""

    items: list[Item]
    next: int | None = None


class ArticleResponse(ResponseModel):
    """A page of a wiki under its current title."""

    wiki: str
    page_id: int
    title: str


class RevisionResponse(ResponseModel):
    """A revision by the wiki's id; the editor is null where the wiki hides the name."""

    id: int
    at: datetime
    editor: str | None


class FindingResponse(ResponseModel):
    """A finding with the state of its review; `finding` is its JSON as `watcher diff --format json` has it."""

    id: int
    comparison_id: int
    position: int = Field(description="Its place in the comparison, counted from 0.")
    article: ArticleResponse
    before: RevisionResponse
    after: RevisionResponse
    found_at: datetime = Field(validation_alias="at")
    kind: str
    rule: str
    severity: Level
    rank: int = Field(description="Ten times its severity (info is 0), and what its edit's context adds, up to 9.")
    section: list[str]
    summary: str
    state: str
    reason: str | None
    assignee: str | None
    notes: int
    muted_by: int | None
    finding: dict[str, Any] = Field(validation_alias="body")


class ReviewEventResponse(ResponseModel):
    """A line of a finding's history; `undone` when a later step took it back."""

    id: int
    finding_id: int
    batch: int
    at: datetime
    by: str
    action: str
    reason: str | None
    assignee: str | None
    note: str | None
    answers: int | None
    mute_id: int | None
    undone: bool


class DecisionResponse(ResponseModel):
    """The number of the decisions that were made together; 0 when there was nothing left to do."""

    batch: int


class MuteResponse(ResponseModel):
    """Suppresses findings until a time, or until it is ended; a part that is null matches everything."""

    id: int
    wiki: str | None
    title: str | None
    rule: str | None
    words: str | None
    until: datetime | None
    at: datetime


class UnmuteResponse(ResponseModel):
    """How many summaries of suppressed findings are queued."""

    summaries: int


class AttemptResponse(ResponseModel):
    """An attempt to deliver a message."""

    number: int
    at: datetime
    outcome: str
    error: str | None


class DeliveryResponse(ResponseModel):
    """A message for one destination, which is identified only by its name."""

    id: int
    destination: str
    state: str
    attempts: int
    article: ArticleResponse = Field(validation_alias=AliasPath("alert", "article"))
    findings: Annotated[int, BeforeValidator(len)] = Field(validation_alias=AliasPath("alert", "notices"))
    queued_at: datetime
    not_before: datetime
    done_at: datetime | None
    log: list[AttemptResponse]


class RequeuedResponse(ResponseModel):
    """How many messages are queued again."""

    queued: int


class CurrentUserResponse(ResponseModel):
    """The current user and its scopes."""

    name: str
    signed_in: bool
    scopes: list[str]


class FactsResponse(ResponseModel):
    """What the last judged revision states, as `watcher facts --format json` has it: statistics first, then claims."""

    article: ArticleResponse
    revision: RevisionResponse
    statistics: list[dict[str, Any]]
    claims: list[dict[str, Any]]
    total: int = Field(description="How many statistics and claims there are.")
    next: int | None = Field(default=None, description="The `after` of the next page.")


class TimelinesResponse(ResponseModel):
    """The timelines of an article's elements, as far as its revisions were read; ask again until `complete`."""

    article: ArticleResponse
    read: int
    total: int
    complete: bool
    timelines: list[dict[str, Any]] = Field(description="As `watcher history --format json` has them.")
    next: int | None = Field(default=None, description="The `after` of the next page.")


class ComparisonResponse(ResponseModel):
    """Two revisions that were compared."""

    id: int
    article: ArticleResponse
    before: RevisionResponse
    after: RevisionResponse
    at: datetime
    worst: Level | None
    findings: int


class EventResponse(ResponseModel):
    """An event of a page other than an edit: moved, deleted, hidden, unreachable."""

    kind: str
    detail: str
    at: datetime
    revision_id: int | None


class StatedResponse(ResponseModel):
    """What one article states; values are decimals as strings."""

    article: ArticleResponse
    url: str | None
    text: str
    value: str | None
    low: str | None
    high: str | None
    section: str
    label: str
    sentence: str
    since: datetime | None = Field(description="The time of the revision in which it was first seen.")


class ContradictionResponse(ResponseModel):
    """A number of one work that watched articles give differently."""

    id: int
    found_at: datetime
    source: str
    works: list[str] = Field(description="Identities of the work: `doi:…`, `isbn:…`, `pmid:…`, `url:…`.")
    unit: str | None
    year: str | None
    stated: list[StatedResponse]


class WatchesResponse(ResponseModel):
    """The watches of one article each, and those of lists of pages.

    `version` is of the file, null where there is none; `error` is why it was not loaded.
    """

    watches: list[Watch]
    lists: list[Watch]
    version: str | None
    error: str | None


class LocatedPageResponse(ResponseModel):
    """The page that a wiki has under an address or title."""

    wiki: str
    title: str
    page_id: int
    revision: int
    watched: bool


class StatusResponse(ResponseModel):
    """The state of watches and outbox, as `watcher status --format json` has it."""

    shape: int
    at: str
    ok: bool
    watches: list[dict[str, Any]]
    lists: list[dict[str, Any]]
    failed_comparisons: list[dict[str, Any]]
    outbox: dict[str, Any]
