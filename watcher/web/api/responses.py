"""Define the JSON responses, each with its schema."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Generic, Self, TypeVar

from pydantic import BaseModel, ConfigDict, Field

from snapshots import DeliveryRecord, Mute, ReviewedFinding, ReviewEvent
from watcher.model import Article, Revision

Item = TypeVar("Item")


class ResponseModel(BaseModel):
    """What all shapes have in common."""

    model_config = ConfigDict(frozen=True)


class PageResponse(ResponseModel, Generic[Item]):
    """A stretch of a list; ask again with `after` set to `next` until that is null."""

    items: list[Item]
    next: int | None = None


class ArticleResponse(ResponseModel):
    """A page of a wiki under its present title."""

    wiki: str
    page_id: int
    title: str

    @classmethod
    def from_record(cls, article: Article) -> Self:
        """The shape of an article."""
        return cls(wiki=article.wiki, page_id=article.page_id, title=article.title)


class RevisionResponse(ResponseModel):
    """A revision by the wiki's id; the editor is null where the wiki hides the name."""

    id: int
    at: datetime
    editor: str | None

    @classmethod
    def from_record(cls, revision: Revision) -> Self:
        """The shape of a revision."""
        return cls(id=revision.id, at=revision.at, editor=revision.editor)


class FindingResponse(ResponseModel):
    """A finding with where its review stands; `finding` is its JSON as `watcher diff --format json` has it."""

    id: int
    comparison_id: int
    position: int = Field(description="Its place in the comparison, counted from 0.")
    article: ArticleResponse
    before: RevisionResponse
    after: RevisionResponse
    found_at: datetime
    kind: str
    rule: str
    severity: str
    section: list[str]
    summary: str
    state: str
    reason: str | None
    assignee: str | None
    notes: int
    muted_by: int | None
    finding: dict[str, Any]

    @classmethod
    def from_record(cls, finding: ReviewedFinding) -> Self:
        """The shape of a finding."""
        same = ("id", "comparison_id", "position", "kind", "rule", "summary", "reason", "assignee", "notes", "muted_by")
        return cls(
            **{name: getattr(finding, name) for name in same},
            article=ArticleResponse.from_record(finding.article),
            before=RevisionResponse.from_record(finding.before),
            after=RevisionResponse.from_record(finding.after),
            found_at=finding.at,
            severity=finding.severity.label,
            section=list(finding.section),
            state=finding.state.value,
            finding=finding.body,
        )


class ReviewEventResponse(ResponseModel):
    """A line of a finding's history; `undone` tells that a later step took it back."""

    id: int
    finding_id: int
    batch: int
    at: datetime
    by: str
    action: str
    reason: str | None
    assignee: str | None
    note: str | None
    mute_id: int | None
    undone: bool

    @classmethod
    def from_record(cls, event: ReviewEvent) -> Self:
        """The shape of a step."""
        return cls(**{name: getattr(event, name) for name in cls.model_fields})


class DecisionResponse(ResponseModel):
    """What was decided at once is known by this number; 0 when there was nothing left to do."""

    batch: int


class MuteResponse(ResponseModel):
    """What is kept back until a time, or until the mute is lifted; a part that is null matches everything."""

    id: int
    wiki: str | None
    title: str | None
    rule: str | None
    words: str | None
    until: datetime | None
    at: datetime

    @classmethod
    def from_record(cls, mute: Mute) -> Self:
        """The shape of a mute."""
        return cls(**{name: getattr(mute, name) for name in cls.model_fields})


class UnmuteResponse(ResponseModel):
    """How many summaries of what a mute kept back are queued."""

    summaries: int


class AttemptResponse(ResponseModel):
    """A try to deliver."""

    number: int
    at: datetime
    outcome: str
    error: str | None


class DeliveryResponse(ResponseModel):
    """A message for one destination, which is known by its name alone."""

    id: int
    destination: str
    state: str
    attempts: int
    article: ArticleResponse
    findings: int
    queued_at: datetime
    not_before: datetime
    done_at: datetime | None
    log: list[AttemptResponse]

    @classmethod
    def from_record(cls, delivery: DeliveryRecord) -> Self:
        """The shape of a delivery."""
        return cls(
            **{name: getattr(delivery, name) for name in ("id", "destination", "attempts", "queued_at", "not_before")},
            state=delivery.state.value,
            article=ArticleResponse.from_record(delivery.alert.article),
            findings=len(delivery.alert.notices),
            done_at=delivery.done_at,
            log=[
                AttemptResponse(number=at.number, at=at.at, outcome=at.outcome, error=at.error) for at in delivery.log
            ],
        )


class RequeuedResponse(ResponseModel):
    """How many messages are queued once more."""

    queued: int


class CurrentUserResponse(ResponseModel):
    """Who you are here, and what you may do."""

    name: str
    signed_in: bool
    scopes: list[str]
