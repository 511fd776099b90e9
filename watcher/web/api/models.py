"""Define the schemas of the API's requests and responses; the error for an invalid request names the field."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Annotated, Any, Final, Generic, Literal, Self, TypeVar

from pydantic import (
    AliasPath,
    AwareDatetime,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    create_model,
    field_validator,
    model_validator,
)

from snapshots import Attempt, Dismissal, FindingFilter, ReviewAction, ReviewDecision, ReviewState, SortOrder
from watcher.config import Watch
from watcher.config.settings import WATCH_SETTINGS, EditFilter, StatisticThreshold
from watcher.model import Article, Severity

Number = Annotated[int, Field(gt=0, lt=2**63)]
# Only timestamps that are valid in every time zone.
Timestamp = Annotated[AwareDatetime, Field(ge=datetime(1970, 1, 2, tzinfo=UTC), lt=datetime(9999, 1, 1, tzinfo=UTC))]
Level = Literal["info", "low", "medium", "high", "critical"]
Words = Annotated[str, Field(max_length=2000)]
Title = Annotated[str, Field(min_length=1, max_length=2000)]
Short = Annotated[str, Field(min_length=1, max_length=64)]
Length = Annotated[str, Field(max_length=20, description='Such as "10m", "2h" or "1d".')]


class RequestModel(BaseModel):
    """A request; unknown fields are errors."""

    model_config = ConfigDict(extra="forbid")

    @field_validator("*", mode="after")
    @classmethod
    def _storable(cls, value: Any) -> Any:
        """Refuse null characters, which PostgreSQL cannot store in a text."""
        texts = value if isinstance(value, list) else [value]
        if any(isinstance(text, str) and "\0" in text for text in texts):
            raise ValueError("has a null character in it")
        return value


class FindingsParameters(RequestModel):
    """The query parameters for listing findings: filters and order."""

    state: list[ReviewState] = Field(default=[], max_length=10, description="Any of these; default: all.")
    severity: list[Level] = Field(default=[], max_length=10)
    minimum_severity: Level | None = Field(default=None, description="This severity or a higher one.")
    kind: list[Words] = Field(default=[], max_length=50, description='Kinds or their subjects, such as "statistic".')
    wiki: Words | None = Field(default=None, description="With page_id: one article.")
    page_id: Number | None = None
    section: Words | None = Field(default=None, description="A heading path joined by ' › '; '' is the lead.")
    editor: Words | None = None
    assignee: Words | None = Field(default=None, description="'' for unassigned findings.")
    since: Timestamp | None = None
    comparison: Number | None = None
    search: Words = ""
    order: SortOrder = SortOrder.WORST
    limit: int = Field(default=50, ge=1, le=200)
    after: Number | None = Field(default=None, description="The `next` of the previous page.")

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
            **self.model_dump(include={"section", "editor", "assignee", "since", "comparison", "search"}),
        )


class DecisionRequest(RequestModel):
    """A decision about a finding: `dismiss` needs a reason, `assign` an assignee ("" for nobody), `note` a note."""

    action: Literal["acknowledge", "dismiss", "assign", "note"]
    reason: Dismissal | None = None
    assignee: Annotated[str, Field(max_length=64)] | None = None
    note: Words | None = None
    answers: Number | None = Field(default=None, description="the event whose note this note answers")
    as_of: Annotated[int, Field(ge=0, lt=2**63)] | None = Field(
        default=None,
        description="the newest event that was seen, 0 for none: what others decided or assigned since stays",
    )

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


class BulkDecisionRequest(DecisionRequest):
    """The same decision about several findings at once."""

    ids: list[Number] = Field(min_length=1, max_length=500)


class ArticleRequest(RequestModel):
    """An article by its URL or title, and a wiki by its name in the watchlist (default: the first one)."""

    article: Title
    wiki: Short | None = None


class AddWatchRequest(ArticleRequest):
    """An article to watch; with `version`, the request fails if the watchlist has changed since then."""

    version: Short | None = None


_Titles = Annotated[list[Title], Field(max_length=200)]
# The types of a watch's settings in requests, as in watchlist.toml; all other settings are lists of titles.
_WRITTEN: Final[dict[Any, Any]] = {
    Severity: Level,
    timedelta: Length,
    bool: bool,
    EditFilter | None: dict[Short, bool | _Titles],
    tuple[StatisticThreshold, ...]: Annotated[list[dict[Short, int | Title]], Field(max_length=200)],
}
_written = {name: _WRITTEN.get(Watch.model_fields[name].annotation, _Titles) | None for name in WATCH_SETTINGS}
_Settings = create_model(  # type: ignore[call-overload]  # fields by name
    "_Settings", __base__=RequestModel, **{name: (kind, Field(default=None)) for name, kind in _written.items()}
)


class UpdateWatchRequest(_Settings):  # type: ignore[misc, valid-type]  # made from the table of settings
    """New settings of a watch: omitted ones stay, and null removes a setting from the file, so its default applies."""

    wiki: Short
    title: Title
    version: Short | None = Field(default=None, description="From GET /watches: a change since then is a 409.")

    def settings(self) -> dict[str, Any]:
        """Return the settings that were sent, including null values."""
        return {name: getattr(self, name) for name in WATCH_SETTINGS if name in self.model_fields_set}


_MuteWords = Annotated[str, Field(min_length=3, max_length=300)]


class MuteRequest(RequestModel):
    """What to mute: an article of the watchlist, a rule or kinds, words of a sentence; at least one of them."""

    wiki: Short | None = None
    title: Title | None = None
    rule: Short | None = Field(default=None, description="A rule's name, or kinds: reference.*")
    words: _MuteWords | None = None
    until: Timestamp | None = Field(default=None, description="null: until it is ended.")

    @model_validator(mode="after")
    def _whole(self) -> Self:
        if self.title is None and self.rule is None and self.words is None:
            raise ValueError("give a title, a rule or words")
        if (self.title is None) != (self.wiki is None):
            raise ValueError("give wiki and title together")
        return self


class FindingMute(RequestModel):
    """A mute of a finding's statistic by words of its sentence, or without words, of its rule in the article."""

    words: _MuteWords | None = None
    days: Annotated[int, Field(ge=1, le=3660)] | None = Field(default=None, description="null: permanently.")


Item = TypeVar("Item")
StoredLevel = Annotated[str, BeforeValidator(lambda level: level.label if isinstance(level, Severity) else level)]


class ResponseModel(BaseModel):
    """A response that is read from the attributes of a stored record."""

    model_config = ConfigDict(frozen=True, from_attributes=True)


class PageResponse(ResponseModel, Generic[Item]):
    """A page of a list; for the next page, set `after` to `next`, which is null on the last page."""

    items: list[Item]
    next: int | None = None


class RevisionResponse(ResponseModel):
    """A revision with the wiki's id; the editor is null if the wiki hides the name."""

    id: int
    at: datetime
    editor: str | None


class FindingResponse(ResponseModel):
    """A finding with the state of its review; `finding` is the same JSON as from `watcher diff --format json`."""

    id: int
    comparison_id: int
    position: int = Field(description="Its position in the comparison, from 0.")
    article: Article
    before: RevisionResponse
    after: RevisionResponse
    found_at: datetime = Field(validation_alias="at")
    kind: str
    rule: str
    severity: StoredLevel
    rank: int = Field(description="Ten times its severity (info is 0), plus up to 9 for the context of its edit.")
    section: list[str]
    summary: str
    state: str
    reason: str | None
    assignee: str | None
    notes: int
    muted_by: int | None
    finding: dict[str, Any] = Field(validation_alias="body")


class ReviewEventResponse(ResponseModel):
    """An event in a finding's history; `undone` is true if a later event undid it."""

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


class DeliveryResponse(ResponseModel):
    """A message for one destination, of which only the name is given."""

    id: int
    destination: str
    state: str
    attempts: int
    article: Article = Field(validation_alias=AliasPath("alert", "article"))
    findings: Annotated[int, BeforeValidator(len)] = Field(validation_alias=AliasPath("alert", "notices"))
    queued_at: datetime
    not_before: datetime
    done_at: datetime | None
    log: list[Attempt]


class CurrentUserResponse(ResponseModel):
    """The current user and its scopes."""

    name: str
    signed_in: bool
    scopes: list[str]


class FactsResponse(ResponseModel):
    """The statistics and then the claims of the last judged revision, as from `watcher facts --format json`."""

    article: Article
    revision: RevisionResponse
    statistics: list[dict[str, Any]]
    claims: list[dict[str, Any]]
    total: int = Field(description="How many statistics and claims there are.")
    next: int | None = Field(default=None, description="The `after` of the next page.")


class TimelinesResponse(ResponseModel):
    """The timelines of an article's elements, as far as its revisions were read; repeat until `complete` is true."""

    article: Article
    read: int
    total: int
    complete: bool
    timelines: list[dict[str, Any]] = Field(description="As `watcher history --format json` has them.")
    next: int | None = Field(default=None, description="The `after` of the next page.")


class ComparisonResponse(ResponseModel):
    """A comparison of two revisions."""

    id: int
    article: Article
    before: RevisionResponse
    after: RevisionResponse
    at: datetime
    worst: StoredLevel | None
    findings: int


class EventResponse(ResponseModel):
    """An event of a page other than an edit: moved, deleted, hidden, unreachable."""

    kind: str
    detail: str
    at: datetime
    revision_id: int | None


class WatchesResponse(ResponseModel):
    """The watches of single articles, and those of lists of pages.

    `version` is that of the watchlist file, null if there is none; `error` is why it could not be loaded.
    """

    watches: list[Watch]
    lists: list[Watch]
    version: str | None
    error: str | None


class LocatedPageResponse(ResponseModel):
    """The page that a wiki has for a URL or title."""

    wiki: str
    title: str
    page_id: int
    revision: int
    watched: bool
