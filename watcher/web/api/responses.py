"""Define the JSON responses, each with its schema."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Generic, Self, TypeVar

from pydantic import AliasPath, BaseModel, BeforeValidator, ConfigDict, Field

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
