"""Define and validate API requests; an error names the field that is wrong."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Annotated, Any, Final, Literal, Self

from fastapi import Query
from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    ConfigDict,
    Field,
    ValidationError,
    create_model,
    field_validator,
    model_validator,
)

from snapshots import Dismissal, FindingFilter, ReviewAction, ReviewDecision, ReviewState, SortOrder
from watcher.config import Watch
from watcher.config.settings import WATCH_SETTINGS, EditFilter, StatisticThreshold
from watcher.errors import InputError
from watcher.model import Severity

_YEARS = range(1970, 9999)  # those that exist in every time zone


def _sane(at: datetime) -> datetime:
    if at.year not in _YEARS:
        raise ValueError("must lie between the years 1970 and 9998")
    return at


Number = Annotated[int, Field(gt=0, lt=2**63)]
Timestamp = Annotated[AwareDatetime, AfterValidator(_sane)]
Level = Literal["info", "low", "medium", "high", "critical"]
Words = Annotated[str, Field(max_length=2000)]
Title = Annotated[str, Field(min_length=1, max_length=2000)]
Short = Annotated[str, Field(min_length=1, max_length=64)]
Length = Annotated[str, Field(max_length=20, description='Such as "10m", "2h" or "1d".')]


class RequestModel(BaseModel):
    """A request in which an unknown field is an error."""

    model_config = ConfigDict(extra="forbid")

    @field_validator("*", mode="after")
    @classmethod
    def _storable(cls, value: Any) -> Any:
        """Refuse null characters, which PostgreSQL stores in no text."""
        texts = value if isinstance(value, list) else [value]
        if any(isinstance(text, str) and "\0" in text for text in texts):
            raise ValueError("has a null character in it")
        return value


class FindingsParameters(RequestModel):
    """Which findings to list, and in which order."""

    state: list[ReviewState] = Field(default=[], max_length=10, description="Any of these; default: all.")
    severity: list[Level] = Field(default=[], max_length=10)
    minimum_severity: Level | None = Field(default=None, description="This severity or a higher one.")
    kind: list[Words] = Field(default=[], max_length=50, description='Kinds or their subjects, such as "statistic".')
    wiki: Words | None = Field(default=None, description="With page_id: one article.")
    page_id: Number | None = None
    section: Words | None = Field(default=None, description="A heading path joined by ' › '; '' is the lead.")
    editor: Words | None = None
    assignee: Words | None = Field(default=None, description="'' is nobody.")
    since: Timestamp | None = None
    comparison: Number | None = None
    search: Words = ""
    order: SortOrder = SortOrder.WORST
    limit: int = Field(default=50, ge=1, le=200)
    after: Number | None = Field(default=None, description="The `next` of the page before.")

    @model_validator(mode="after")
    def _whole(self) -> Self:
        if (self.wiki is None) != (self.page_id is None):
            raise ValueError("give wiki and page_id together")
        return self

    def to_filter(self) -> FindingFilter:
        """Return the filter for the archive."""
        levels = {level.label: level for level in Severity}
        return FindingFilter(
            states=tuple(self.state),
            severities=tuple(levels[name] for name in self.severity),
            minimum_severity=levels[self.minimum_severity] if self.minimum_severity else None,
            kinds=tuple(self.kind),
            article=(self.wiki, self.page_id) if self.wiki is not None and self.page_id else None,
            section=self.section,
            editor=self.editor,
            assignee=self.assignee,
            since=self.since,
            comparison=self.comparison,
            search=self.search,
        )


FindingsQuery = Annotated[FindingsParameters, Query()]


class DecisionRequest(RequestModel):
    """What to do with a finding: `dismiss` needs a reason, `assign` an assignee ("" for nobody), `note` a note."""

    action: Literal["acknowledge", "dismiss", "assign", "note"]
    reason: Dismissal | None = None
    assignee: Annotated[str, Field(max_length=64)] | None = None
    note: Words | None = None
    answers: Number | None = Field(default=None, description="the event whose note this note answers")

    @model_validator(mode="after")
    def _whole(self) -> Self:
        needs = {
            "dismiss": (self.reason is not None, "choose a reason to dismiss the finding for"),
            "assign": (self.assignee is not None, "give an assignee"),
            "note": (bool((self.note or "").strip()), "write a note first"),
        }
        complete, problem = needs.get(self.action, (True, ""))
        if not complete:
            raise ValueError(problem)
        return self

    def decision(self) -> ReviewDecision:
        """Return the decision for the archive."""
        return ReviewDecision(
            action=ReviewAction(self.action),
            reason=self.reason if self.action == "dismiss" else None,
            assignee=self.assignee.strip() if self.action == "assign" and self.assignee is not None else None,
            note=self.note,
            answers=self.answers if self.action == "note" else None,
        )


_PROBLEMS: Final[dict[tuple[int | str, ...], str]] = {
    ("action",): "choose what to do with the finding",
    ("reason",): "choose a reason to dismiss the finding for",
}


def decision_of(fields: Mapping[str, str | int | None]) -> ReviewDecision:
    """Return the decision in the fields of a form; InputError, in words, where it is incomplete."""
    try:
        return DecisionRequest.model_validate(fields).decision()
    except ValidationError as error:
        wrong = error.errors()[0]
        message = _PROBLEMS.get(wrong["loc"][:1], str(wrong["msg"]).removeprefix("Value error, "))
        raise InputError(message) from None


class BulkDecisionRequest(DecisionRequest):
    """The same for several findings at once."""

    ids: list[Number] = Field(min_length=1, max_length=500)


class ArticleRequest(RequestModel):
    """An article by its address or its title; a wiki by its name in the watchlist, default the first."""

    article: Title
    wiki: Short | None = None


class AddWatchRequest(ArticleRequest):
    """An article to watch; with `version` only while the watchlist is as it was then."""

    version: Short | None = None


def _setting_type(name: str) -> Any:
    """How a setting of a watch is sent: as it is written in watchlist.toml."""
    edits = dict[Short, bool | Annotated[list[Title], Field(max_length=200)]]
    kinds: dict[Any, Any] = {
        Severity: Level,
        timedelta: Length,
        bool: bool,
        EditFilter | None: edits,
        tuple[StatisticThreshold, ...]: Annotated[list[dict[Short, int | Title]], Field(max_length=200)],
    }
    return kinds.get(Watch.model_fields[name].annotation, Annotated[list[Title], Field(max_length=200)])


_Settings = create_model(  # type: ignore[call-overload]  # fields by name
    "_Settings",
    __base__=RequestModel,
    **{name: (_setting_type(name) | None, Field(default=None)) for name in WATCH_SETTINGS},
)


class UpdateWatchRequest(_Settings):  # type: ignore[misc, valid-type]  # made from the table of settings
    """New settings of a watch: what is left out stays, null removes it from the file, so that its default applies."""

    wiki: Short
    title: Title
    version: Short | None = Field(default=None, description="From GET /watches: a change since then is a 409.")

    def settings(self) -> dict[str, Any]:
        """Return what was sent, null included."""
        return {name: getattr(self, name) for name in WATCH_SETTINGS if name in self.model_fields_set}


class MuteRequest(RequestModel):
    """What to suppress: an article of the watchlist, a rule or kinds, words of a sentence; at least one of them."""

    wiki: Short | None = None
    title: Title | None = None
    rule: Short | None = Field(default=None, description="A rule's name, or kinds: reference.*")
    words: Annotated[str, Field(min_length=3, max_length=300)] | None = None
    until: Timestamp | None = Field(default=None, description="null: until it is ended.")

    @model_validator(mode="after")
    def _whole(self) -> Self:
        if self.title is None and self.rule is None and self.words is None:
            raise ValueError("give a title, a rule or words")
        if (self.title is None) != (self.wiki is None):
            raise ValueError("give wiki and title together")
        return self


class FindingMute(RequestModel):
    """Mute the statistic of a finding by words of its sentence, or without words the rule that found it there."""

    words: Annotated[str, Field(max_length=300)] | None = None
    days: Annotated[int, Field(ge=1, le=3660)] | None = Field(default=None, description="null: permanently.")
