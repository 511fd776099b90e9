"""Articles as JSON: which there are, what each states now, how that came to be, and what happened to it."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends, Path, Query
from pydantic import Field

from snapshots import Decision
from watcher.errors import Missing
from watcher.model import Article, Claim, Statistic
from watcher.model.excerpts import clipped, short_element, short_statistic
from watcher.model.wire import element_to_dict
from watcher.parse import parse
from watcher.report.naming import named
from watcher.report.timelines import history_json
from watcher.web.api.findings import Id
from watcher.web.api.values import ArticleOut, RevisionOut, Shape
from watcher.web.charts import Known, article_of
from watcher.web.dependencies import Here, needs
from watcher.web.readers import Scope

router = APIRouter(tags=["articles"], dependencies=[Depends(needs(Scope.READ))])
Wiki = Annotated[str, Path(max_length=64)]
_LONGEST_NAME: Final = 500
_MAX_REFERENCES: Final = 50  # on one sentence
Limit = Annotated[int, Query(ge=1, le=200)]


class FactsOut(Shape):
    """What the last judged revision states, as `watcher facts --format json` has it: statistics first, then claims."""

    article: ArticleOut
    revision: RevisionOut
    statistics: list[dict[str, Any]]
    claims: list[dict[str, Any]]
    total: int = Field(description="How many statistics and claims there are.")
    next: int | None = Field(default=None, description="The `after` of the next page.")


class TimelinesOut(Shape):
    """The lives of an article's elements as far as its stored revisions were read; ask again until `complete`."""

    article: ArticleOut
    read: int
    total: int
    complete: bool
    lives: list[dict[str, Any]] = Field(description="As `watcher history --format json` has them.")
    next: int | None = Field(default=None, description="The `after` of the next page.")


class ComparisonOut(Shape):
    """Two revisions that were compared."""

    id: int
    article: ArticleOut
    before: RevisionOut
    after: RevisionOut
    at: datetime
    worst: str | None
    findings: int

    @classmethod
    def of(cls, one: Decision) -> ComparisonOut:
        """The shape of a stored comparison."""
        return cls(
            id=one.id,
            article=ArticleOut.of(one.article),
            before=RevisionOut.of(one.before),
            after=RevisionOut.of(one.after),
            at=one.at,
            worst=one.worst.label if one.worst else None,
            findings=one.findings,
        )


class EventOut(Shape):
    """Something that happened to a page beside its text: moved, deleted, hidden, unreachable."""

    kind: str
    detail: str
    at: datetime
    revision_id: int | None


@router.get("/articles")
def articles(here: Here) -> list[ArticleOut]:
    """All articles that were ever checked."""
    return [ArticleOut.of(one) for one in here.archive.articles()]


@router.get("/articles/{wiki}/{page_id}/facts")
def facts(
    wiki: Wiki,
    page_id: Id,
    here: Here,
    limit: Limit = 200,
    after: Annotated[int, Query(ge=0, lt=2**31, description="How many of them to pass over.")] = 0,
) -> FactsOut:
    """The statistics and claims of an article now, each with its sentence (of a long one, an excerpt) and sources."""
    article = article_of(here.archive, wiki, page_id)
    cursor = here.archive.cursor(article)
    text = here.archive.snapshot(wiki, cursor.id).wikitext if cursor else None
    if cursor is None or text is None:
        raise Missing(f"{article.title}: no text of it is stored")
    document = parse(text, here.dialect(wiki))
    stated = (*document.statistics, *document.claims)
    page = stated[after : after + limit]
    return FactsOut(
        article=ArticleOut.of(article),
        revision=RevisionOut.of(cursor),
        statistics=[_stated(one) | _sentence(one) for one in page if isinstance(one, Statistic)],
        claims=[_stated(one) for one in page if isinstance(one, Claim)],
        total=len(stated),
        next=after + limit if after + limit < len(stated) else None,
    )


def _sentence(one: Statistic) -> dict[str, str]:
    return {"sentence": short_statistic(one).sentence}


def _stated(one: Statistic | Claim) -> dict[str, Any]:
    return {
        **(element_to_dict(short_element(one)) or {}),
        "section": [clipped(heading, _LONGEST_NAME) for heading in one.place.section],
        "where": one.where.value,
        "references": [clipped(key, _LONGEST_NAME) for key in one.references[:_MAX_REFERENCES]],
    }


@router.get("/articles/{wiki}/{page_id}/timelines")
def timelines(
    wiki: Wiki,
    page_id: Id,
    here: Here,
    past: Known,
    statistic: Annotated[str, Query(max_length=200, description="Only statistics about these words.")] = "",
    limit: Limit = 50,
    after: Annotated[int | None, Query(ge=0, lt=2**63)] = None,
) -> TimelinesOut:
    """How what an article states came to be so; each request reads on through its stored revisions."""
    article = article_of(here.archive, wiki, page_id)
    reading = past.read(article)
    chosen = named(reading.lives, statistic) if statistic.strip() else reading.lives
    rest = sorted((life for life in chosen if after is None or life.number > after), key=lambda life: life.number)
    return TimelinesOut(
        article=ArticleOut.of(article),
        read=reading.read,
        total=reading.total,
        complete=reading.complete,
        lives=json.loads(history_json(rest[:limit])),
        next=rest[limit - 1].number if len(rest) > limit else None,
    )


@router.get("/articles/{wiki}/{page_id}/comparisons")
def comparisons(wiki: Wiki, page_id: Id, here: Here, limit: Limit = 50) -> list[ComparisonOut]:
    """The newest comparisons of an article; their findings: GET /findings?comparison=ID."""
    return [ComparisonOut.of(one) for one in here.archive.comparisons(_known(here, wiki, page_id), limit)]


@router.get("/articles/{wiki}/{page_id}/events")
def events(wiki: Wiki, page_id: Id, here: Here, limit: Limit = 50) -> list[EventOut]:
    """What happened to an article beside its text, the newest first."""
    found = here.archive.events(_known(here, wiki, page_id), limit)
    return [EventOut(kind=one.kind, detail=one.detail, at=one.at, revision_id=one.revision_id) for one in found]


def _known(here: Here, wiki: str, page_id: int) -> Article:
    return article_of(here.archive, wiki, page_id)


@router.get("/comparisons/{number}")
def comparison(number: Id, here: Here) -> ComparisonOut:
    """One stored comparison."""
    return ComparisonOut.of(here.archive.comparison(number))
