"""Serve the pages of an article: its current facts, open findings, checks and alerts, its revisions, and its pins.

Also serve its timelines from the ledger (what it stated when, by which edit, with which source), and the page of
contradictions between articles that cite the same source.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Container, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import lru_cache
from hashlib import sha256
from typing import Annotated, Any, Final
from urllib.parse import urlencode

from fastapi import Depends, Form, Query
from fastapi.responses import HTMLResponse, RedirectResponse
from markupsafe import Markup
from starlette.exceptions import HTTPException

from snapshots import Archive, FindingFilter, ReviewedFinding, ReviewState, SortOrder
from snapshots.accounts import Scope
from watcher.errors import Corrupt, Missing
from watcher.model import Article, Claim, Dialect, Document, Revision, Severity, Statistic
from watcher.model.ledger import Timeline
from watcher.model.source_checks import Problem
from watcher.pipeline import missing_from
from watcher.report.charts import StatisticSeries, build_series, sparkline, statistic_charts
from watcher.report.history import find_timelines
from watcher.report.labels import SEVERITIES, headline, reference_label, revision_url, section_label
from watcher.services.checks.contradictions import disputed_numbers
from watcher.services.history.ledger import read_timelines
from watcher.services.operations.health import WatchHealth, classify
from watcher.services.watchlist import change_watch
from watcher.text import single_line
from watcher.urls import web_link
from watcher.web.dependencies import ADMIN, AddressedArticle, Context, PageRouter, WebContext
from watcher.web.pages.forms import ALL, Filters
from watcher.web.rendering import article_key, finding_title, sentence_of

MAX_ROWS: Final = 300
"""The number of statistics, and of claims, that a page lists; the others are counted."""
_FACTS: Final = 40  # statistics, and claims, that are listed unless the reader asks for all
_WAITING: Final = 5
_RUNS: Final = 20
_REVISIONS: Final = 50
_MOST_SENTENCES: Final = 20  # offered for pinning
MAX_LENGTH: Final = 2000
_CONTRADICTIONS: Final = 50  # on a page
_NOTICES: Final = {
    "pinned": "This sentence is pinned: from the next check on, every change of it is reported.",
    "unpinned": "The sentence is no longer pinned; its changes are judged like others.",
}
_ANCHOR: Final = re.compile(r"pins|fact-[0-9a-f]{12}")
StoredId = Annotated[int, Query(gt=0, lt=2**63)]
_MOST_DRAWN: Final = 24
_MOST_LISTED: Final = 200
_MOST_LOOKED_AT: Final = 1_000
_MOST_PERIODS: Final = 60
_WEEKLY: Final = timedelta(weeks=26)  # longer periods are shown by months
_LONGEST_WORDS: Final = 200
RANGES: Final = {"30d": ("30 days", 30), "1y": ("1 year", 365), "all": ("All", None)}
"""The time ranges by their names in URLs, with their labels and their lengths in days."""

router = PageRouter()


class ArticleTimelines:
    """The current timelines of an article, from `read` of its `total` stored revisions, up to the revision `newest`.

    Raises Missing, Corrupt, StoreError.
    """

    def __init__(self, context: WebContext, article: Article) -> None:
        archive, self.article, self.at = context.archive, article, context.services.now()
        progress, stored = archive.ledger.progress(article), archive.revisions.ids(article)
        up_to = (progress.revision_id, progress.edits, progress.texts) if progress else None
        dialect, index_url = context.dialect(article.wiki), context.watchlist.index_urls.get(article.wiki)
        self.newest, self.timelines, self.series = _timelines(archive, article, dialect, index_url, up_to)
        self.total, read = len(stored), progress.texts if progress else 0
        self.complete = read >= sum(stored.values())
        self.read = self.total if self.complete else read


@lru_cache(maxsize=8)  # reading a long article takes seconds
def _timelines(
    archive: Archive, article: Article, dialect: Dialect, index_url: str | None, up_to: tuple[int, int, int] | None
) -> tuple[Revision | None, tuple[Timeline, ...], tuple[StatisticSeries, ...]]:
    """Return newest revision, timelines and series from the ledger; `up_to` (revision, edits, texts) keys the cache."""
    timelines = read_timelines(archive, article, dialect)
    newest = archive.revisions.snapshot(article.wiki, up_to[0]).revision if up_to else None
    return newest, timelines, build_series(timelines, index_url)


def series_and_sparkline(
    context: WebContext, article: Article, after: Revision, finding: Mapping[str, Any]
) -> tuple[StatisticSeries | None, Markup | None]:
    """Return the series of a stored finding's statistic, as of the revision `after`, and its sparkline.

    `finding` is in JSON form. Return (None, None) if it is no statistic, or if the ledger lacks it or is damaged.
    """
    side = finding.get("new") or finding.get("old")
    if not str(finding.get("kind")).startswith("statistic.") or not side:
        return None, None
    try:
        reading = ArticleTimelines(context, article)
    except Corrupt:
        return None, None
    words = single_line(sentence_of(finding, "new" if finding.get("new") else "old"), 400)
    reported = single_line(str(side.get("text", "")), 120)
    for series in reading.series:
        for episode in series.timeline.episodes:
            ended = episode.ended_by.at if episode.ended_by else after.at
            if (
                isinstance(episode.element, Statistic)
                and episode.revision.at <= after.at <= ended
                and single_line(episode.element.quantity.text, 120) == reported
                and single_line(episode.sentence, 400) == words
            ):
                return series, sparkline(series, reading.at)
    return None, None


@dataclass(frozen=True, slots=True)
class TimelineChoice:
    """A reader's choice of timelines: words that statistics are about, or ids of elements, and a time range."""

    words: str
    elements: tuple[int, ...]
    range: str

    @classmethod
    def read(
        cls,
        statistic: str = "",
        element: Annotated[list[int], Query()] = [],  # noqa: B006  FastAPI copies it
        range: str = "all",  # noqa: A002  its name in the address
    ) -> TimelineChoice:
        """Return the choice in the query of a URL; an unknown range means "all"."""
        elements = tuple(dict.fromkeys(element))[:_MOST_DRAWN]
        return cls(statistic.strip()[:_LONGEST_WORDS], elements, range if range in RANGES else "all")

    def url(self, path: str, range_name: str = "", element: int | None = None) -> str:
        """Return the URL of the same choice, optionally with another range or for a single element."""
        elements = self.elements if element is None else (element,)
        query = [("statistic", self.words)] if self.words and element is None else []
        query += [("element", str(number)) for number in elements]
        chosen = range_name or self.range
        query += [("range", chosen)] if chosen != "all" else []
        return f"{path}?{urlencode(query)}" if query else path

    def start(self, now: datetime) -> datetime | None:
        """Return the start of the time range, None if it is not limited."""
        days = RANGES[self.range][1]
        return now - timedelta(days=days) if days else None

    def of(self, reading: ArticleTimelines) -> Sequence[StatisticSeries]:
        """Return the chosen elements, else those about the words or all: current ones first, by number of changes."""
        if self.elements:
            by_number = {series.timeline.number: series for series in reading.series}
            return [by_number[number] for number in self.elements if number in by_number]
        timelines = find_timelines(reading.timelines, self.words) if self.words else reading.timelines
        numbers = {timeline.number for timeline in timelines}
        chosen = [series for series in reading.series if series.timeline.number in numbers]
        return sorted(
            chosen, key=lambda series: (not series.timeline.is_current, -series.steps, series.timeline.number)
        )


Chosen = Annotated[TimelineChoice, Depends(TimelineChoice.read)]


@router.page("/article/{wiki}/{page_id}/timeline")
def timeline_page(article: AddressedArticle, context: Context, choice: Chosen) -> HTMLResponse:
    """Return the charts of the chosen statistics, or the list of all of them.

    The newest findings that edits of other pages caused, such as transcluded templates, are listed separately.
    """
    reading, now = ArticleTimelines(context, article), context.now()
    chosen, start = choice.of(reading), choice.start(now)
    is_chosen = bool(choice.words or choice.elements)
    shown = chosen[:_MOST_DRAWN] if is_chosen else ()
    listed = chosen[len(shown) :][:_MOST_LISTED]
    index = context.watchlist.index_urls.get(article.wiki)
    edits, findings = context.archive.comparisons.activity(article)
    charts, unchanged = statistic_charts(shown, now, start)
    query = FindingFilter(states=(), article=(article.wiki, article.page_id), since=start, search=choice.words)
    newest = context.archive.findings.search(query, order=SortOrder.NEWEST, limit=_MOST_LOOKED_AT)
    return context.page(
        "timeline.html",
        language=context.watchlist.languages.get(article.wiki, ""),
        article=article,
        reading=reading,
        choice=choice,
        ranges={name: label for name, (label, _) in RANGES.items()},
        charts=charts,
        flat=unchanged,
        drawn=len(shown),
        listed=[(series, sparkline(series, reading.at)) for series in listed],
        left_out=len(chosen) - len(shown) - len(listed),
        matching=is_chosen,
        rendered=[finding for finding in newest if finding.body.get("through")][:_MOST_LISTED],
        activity=() if is_chosen else activity_rows(edits, findings, start),
        article_url=f"{index}?curid={article.page_id}" if index else None,
    )


def activity_rows(
    edits: Iterable[datetime], findings: Iterable[tuple[datetime, Severity, int]], start: datetime | None = None
) -> list[tuple[str, int, dict[Severity, int]]]:
    """Return the latest weeks or months, newest first: label, number of edits, findings by severity (worst first)."""
    counted = [(at, None, 1) for at in edits] + list(findings)
    happened = [(at.date(), what, number) for at, what, number in counted if number and (not start or at >= start)]
    days = {day for day, _, _ in happened}
    weekly = not days or max(days) - min(days) <= _WEEKLY

    def begin(day: date) -> date:
        return day - timedelta(days=day.weekday()) if weekly else day.replace(day=1)

    begins = [begin(max(days))] if days else []
    while begins and begins[-1] > begin(min(days)) and len(begins) < _MOST_PERIODS:
        begins.append(begin(begins[-1] - timedelta(days=1)))
    sums: Counter[tuple[date, Severity | None]] = Counter()
    for day, what, number in happened:
        sums[begin(day), what] += number
    return [
        (
            f"week of {at:%-d %B %Y}" if weekly else f"{at:%B %Y}",
            sums[at, None],
            {severity: sums[at, severity] for severity in reversed(Severity) if sums[at, severity]},
        )
        for at in begins
    ]


class FactRow:
    """A current statistic or claim; `edit_url` is the URL of the last edit that changed it."""

    def __init__(self, timeline: Timeline, kept: Container[str], index_url: str | None, spark: Markup | None) -> None:
        latest, element = timeline.latest, timeline.latest.element
        self.text = ", ".join(element.cues) if isinstance(element, Claim) else single_line(headline(element) or "", 160)
        self.sentence = single_line(timeline.sentence, 600)
        self.section = section_label(timeline.location.section)
        self.sources = tuple(single_line(source, 160) for source in latest.sources[:4])
        self.pinned = timeline.sentence in kept
        self.timeline = timeline
        self.edit_url = revision_url(index_url, latest.revision) if index_url else None
        self.spark = spark

    @property
    def anchor(self) -> str:
        """Return the id of the row's HTML element, to which its form redirects."""
        return f"fact-{sha256(f'{self.section}|{self.text}|{self.sentence}'.encode()).hexdigest()[:12]}"


def current_facts(
    reading: ArticleTimelines, pinned: Iterable[str], index_url: str | None
) -> Mapping[str, Sequence[FactRow]]:
    """Return the current `statistics` and `claims` of the timelines, in document order."""
    kept = frozenset(pinned)
    series = {each.timeline.number: each for each in reading.series}
    rows: dict[str, list[FactRow]] = {"statistics": [], "claims": []}
    for timeline in sorted(reading.timelines, key=lambda timeline: (timeline.location.start, timeline.number)):
        if not timeline.is_current or f"{timeline.subject}s" not in rows:
            continue
        spark = sparkline(series[timeline.number], reading.at) if timeline.number in series else None
        rows[f"{timeline.subject}s"].append(FactRow(timeline, kept, index_url, spark))
    return rows


def sentences(document: Document, words: str, most: int) -> tuple[tuple[str, str], ...]:
    """Return the sentences of a text that contain all `words`, with their sections, as choices for pinning."""
    requested = words.casefold().split()
    result = {
        sentence.text: section_label(sentence.location.section)
        for sentence in document.sentences
        if sentence.is_content and all(word in sentence.text.casefold() for word in requested)
    }
    return tuple(list(result.items())[:most]) if requested else ()


def _citations(context: WebContext, document: Document) -> list[dict[str, Any]]:
    """Return the sources of statistics that have a URL, each with its last check and the problem that it found.

    Sources with a problem come first, those that were never checked last.
    """
    cited = {key for statistic in document.statistics for key in statistic.references}
    labels = {
        url: reference_label(reference.key, reference)
        for reference in document.references
        if reference.key in cited and (url := web_link(reference.url))
    }
    checks, rows = context.archive.source_pages.of_urls(labels), []
    for url, label in labels.items():
        check = checks.get(url)
        problem = Problem[check.problem].value if check and check.problem else ""
        rows.append({"label": label, "url": url, "check": check, "problem": problem})
    return sorted(rows, key=lambda row: (row["check"] is None, not row["problem"]))


@router.page("/article/{wiki}/{page_id}")
def article(
    known: AddressedArticle,
    context: Context,
    find: str = "",
    everything: Annotated[bool, Query(alias="all")] = False,  # noqa: FBT002  a field of the address
) -> HTMLResponse:
    """Return the page of one article; `find` are words of a sentence to pin.

    Pinned sentences that the text does not contain are shown with the most similar one. The watch may be that of a list
    which includes the article.
    """
    archive, watch = context.archive, context.services.index.watch_of(known)
    index, key = context.watchlist.index_urls.get(known.wiki), article_key(known)
    document, _ = context.read(known.wiki, archive.revisions.cursor(known))
    reading = ArticleTimelines(context, known)
    pinned = watch.claims if watch else ()
    whole = reading.complete and reading.total > 0
    health = None
    if watch is not None:
        state = archive.articles.poll_states(known.wiki, [known.title]).get(known.title)
        health = WatchHealth(watch=watch, check_state=state, health=classify(watch, state, context.now()))
    missing = missing_from(document, pinned) if document.sentences else ()  # only if the text is readable
    filters = FindingFilter(article=(known.wiki, known.page_id), minimum_severity=context.lowest_severity)
    return context.page(
        "article.html",
        article=known,
        key=key,
        article_url=f"{index}?curid={known.page_id}" if index else None,
        watch=health,
        index_urls=context.watchlist.index_urls,
        language=context.watchlist.languages.get(known.wiki, ""),
        waiting=archive.findings.search(filters, limit=_WAITING),
        waiting_count=archive.findings.facet_counts(filters).total,
        queue=Filters(article=key).url(),
        decided=Filters(article=key, state=ALL).url(),
        now=current_facts(reading, pinned, index),
        most=MAX_ROWS if everything else _FACTS,
        everything=everything,
        reading=reading,
        whole=whole,
        pinned=[single_line(text, MAX_LENGTH) for text in pinned],
        missing={single_line(text, MAX_LENGTH): single_line(closest or "", MAX_LENGTH) for text, closest in missing},
        may_pin=watch is not None and context.user.has_scope(Scope.ADMIN),
        find=find.strip()[:200],
        sentences=sentences(document, find[:200], _MOST_SENTENCES),
        runs=archive.comparisons.of_article(known, _RUNS),
        events=archive.events.of_article(known, _RUNS),
        citations=_citations(context, document),
        deliveries=archive.outbox.newest(_RUNS, article=known),
        notice=_NOTICES.get(context.request.query_params.get("did", ""), ""),
        noticed=context.request.query_params.get("at", "pins"),
    )


@router.form("/article/{wiki}/{page_id}/pin", ADMIN)
def pin(
    known: AddressedArticle,
    context: Context,
    sentence: Annotated[str, Form(max_length=MAX_LENGTH)] = "",
    undo: Annotated[bool, Form()] = False,  # noqa: FBT002  a field of the form
    anchor: Annotated[str, Form(max_length=40)] = "pins",
    everything: Annotated[bool, Query(alias="all")] = False,  # noqa: FBT002  a field of the address
) -> RedirectResponse:
    """Pin or unpin a sentence of the article in its watch, and redirect to the element with the button."""
    watch = context.services.index.watch_of(known)
    words = " ".join(sentence.split())
    if watch is None:
        raise HTTPException(400, "This article is no longer watched, so nothing can be pinned.")
    if not words:
        raise HTTPException(400, "Choose or paste the sentence to pin.")
    others = [text for text in watch.claims if single_line(text, MAX_LENGTH) != words and text != words]
    claims = others if undo else [*others, words]
    change_watch(context.watchlist.path, watch.wiki, watch.title, {"claims": claims or None})
    at = anchor if _ANCHOR.fullmatch(anchor) else "pins"
    query = urlencode({"did": "unpinned" if undo else "pinned", "at": at} | ({"all": 1} if everything else {}))
    return RedirectResponse(f"/article/{article_key(known)}?{query}#{at}", 303)


@router.page("/article/{wiki}/{page_id}/revisions")
def revisions(known: AddressedArticle, context: Context, before: StoredId | None = None) -> HTMLResponse:
    """List the stored revisions of an article with their outcomes, newest first, starting before revision `before`.

    A revision without a `comparison_id` was compared together with a later one.
    """
    archive, threshold = context.archive, context.policy(known).threshold
    start = archive.revisions.newest(known) if before is None else archive.revisions.find(known.wiki, before)
    if before is not None and (start is None or start.article.page_id != known.page_id):
        raise Missing(f"{known.title}: no revision {before} of it is stored")
    older = archive.revisions.history(start, _REVISIONS + 1)[::-1] if start else ()
    shown = [*([start] if start and before is None else []), *older[:_REVISIONS]]
    compared = archive.comparisons.worst_findings(known, [revision.id for revision in shown])
    findings = {each.id: each for each in archive.findings.load([item for _, item in compared.values() if item])}
    rows = []
    for revision in shown:
        number, worst = compared.get(revision.id, (None, None))
        finding = findings.get(worst or 0)
        is_alone = "the first: later ones are compared with it" if not revision.parent_id else "not compared on its own"
        outcome = _outcome(finding, threshold) if number else is_alone
        rows.append({"revision": revision, "outcome": outcome, "comparison_id": number, "finding": finding})
    return context.page(
        "revisions.html",
        article=known,
        key=article_key(known),
        rows=rows,
        following=shown[-1].id if len(older) > _REVISIONS else None,
        index_url=context.watchlist.index_urls.get(known.wiki, ""),
        language=context.watchlist.languages.get(known.wiki, ""),
    )


def _outcome(finding: ReviewedFinding | None, threshold: Severity) -> str:
    """Return the outcome of a comparison with this worst finding; it goes by the current threshold."""
    if finding is None:
        return "no change of substance"
    if finding.state is ReviewState.MUTED:
        return "muted"
    if finding.filtered:
        return f"filtered: {single_line(finding.filtered, 120)}"
    outcome = "reaches the threshold" if finding.severity >= threshold else "below the threshold"
    undone = ", undone" if finding.state is ReviewState.RESOLVED else ""
    return f"{outcome}{undone}: {SEVERITIES[finding.severity].lower()}, {finding_title(finding)}"


@router.get("/article/{wiki}/{page_id}/compare", response_class=RedirectResponse)
def compare(known: AddressedArticle, old: StoredId, new: StoredId) -> RedirectResponse:
    """Redirect to the report of the two revisions that were chosen in the list, the older one first."""
    first, last = sorted((old, new))
    return RedirectResponse(f"/compare/{known.wiki}/{first}/{last}", 303)


@router.page("/contradictions")
def contradictions(context: Context, before: StoredId | None = None) -> HTMLResponse:
    """List numbers that watched articles cite from the same source with different values, the newest first."""
    numbers, following = disputed_numbers(context.services, limit=_CONTRADICTIONS, before=before)
    languages = context.watchlist.languages
    return context.page("contradictions.html", numbers=numbers, following=following, languages=languages)
