"""The values of the memory become the JSON that programs get, each with its shape for the description."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Generic, Self, TypeVar

from pydantic import BaseModel, ConfigDict, Field

from snapshots import Mute, Posting, Reviewed, Step
from watcher.model import Article, Revision

Item = TypeVar("Item")


class Shape(BaseModel):
    """What all shapes have in common."""

    model_config = ConfigDict(frozen=True)


class Page(Shape, Generic[Item]):
    """A stretch of a list; ask again with `after` set to `next` until that is null."""

    items: list[Item]
    next: int | None = None


class ArticleOut(Shape):
    """A page of a wiki under its present title."""

    wiki: str
    page_id: int
    title: str

    @classmethod
    def of(cls, one: Article) -> Self:
        """The shape of an article."""
        return cls(wiki=one.wiki, page_id=one.page_id, title=one.title)


class RevisionOut(Shape):
    """A revision by the wiki's id; the editor is null where the wiki hides the name."""

    id: int
    at: datetime
    editor: str | None

    @classmethod
    def of(cls, one: Revision) -> Self:
        """The shape of a revision."""
        return cls(id=one.id, at=one.at, editor=one.editor)


class FindingOut(Shape):
    """A finding with where its review stands; `finding` is its JSON as `watcher diff --format json` has it."""

    id: int
    comparison_id: int
    position: int = Field(description="Its place in the comparison, counted from 0.")
    article: ArticleOut
    before: RevisionOut
    after: RevisionOut
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
    def of(cls, one: Reviewed) -> Self:
        """The shape of a finding."""
        same = ("id", "comparison_id", "position", "kind", "rule", "summary", "reason", "assignee", "notes", "muted_by")
        return cls(
            **{name: getattr(one, name) for name in same},
            article=ArticleOut.of(one.article),
            before=RevisionOut.of(one.before),
            after=RevisionOut.of(one.after),
            found_at=one.at,
            severity=one.severity.label,
            section=list(one.section),
            state=one.state.value,
            finding=one.body,
        )


class StepOut(Shape):
    """A line of a finding's history; `undone` tells that a later step took it back."""

    id: int
    finding_id: int
    batch: int
    at: datetime
    by: str
    deed: str
    reason: str | None
    assignee: str | None
    note: str | None
    mute_id: int | None
    undone: bool

    @classmethod
    def of(cls, one: Step) -> Self:
        """The shape of a step."""
        return cls(**{name: getattr(one, name) for name in cls.model_fields})


class BatchOut(Shape):
    """What was decided at once is known by this number; 0 when there was nothing left to do."""

    batch: int


class MuteOut(Shape):
    """What is kept back until a time, or until the mute is lifted; a part that is null matches everything."""

    id: int
    wiki: str | None
    title: str | None
    rule: str | None
    words: str | None
    until: datetime | None
    at: datetime

    @classmethod
    def of(cls, one: Mute) -> Self:
        """The shape of a mute."""
        return cls(**{name: getattr(one, name) for name in cls.model_fields})


class LiftedOut(Shape):
    """How many summaries of what a mute kept back are queued."""

    summaries: int


class AttemptOut(Shape):
    """A try to deliver."""

    number: int
    at: datetime
    outcome: str
    error: str | None


class DeliveryOut(Shape):
    """A message for one destination, which is known by its name alone."""

    id: int
    destination: str
    state: str
    attempts: int
    article: ArticleOut
    findings: int
    queued_at: datetime
    not_before: datetime
    done_at: datetime | None
    log: list[AttemptOut]

    @classmethod
    def of(cls, one: Posting) -> Self:
        """The shape of a delivery."""
        return cls(
            **{name: getattr(one, name) for name in ("id", "destination", "attempts", "queued_at", "not_before")},
            state=one.state.value,
            article=ArticleOut.of(one.alert.article),
            findings=len(one.alert.notices),
            done_at=one.done_at,
            log=[AttemptOut(number=at.number, at=at.at, outcome=at.outcome, error=at.error) for at in one.log],
        )


class QueuedOut(Shape):
    """How many messages are queued once more."""

    queued: int


class MeOut(Shape):
    """Who you are here, and what you may do."""

    name: str
    signed_in: bool
    scopes: list[str]
