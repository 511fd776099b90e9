"""Serve the page of an article (current facts, open findings, checks and alerts), and pin its sentences.

Also serve what articles state differently from others on the authority of one source.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Final

from fastapi import APIRouter, Form, Query, Request
from fastapi.responses import HTMLResponse, RedirectResponse
from starlette.exceptions import HTTPException

from snapshots import FindingFilter
from snapshots.accounts import Scope
from snapshots.source_pages import SourcePageRecord
from watcher.config import Watch
from watcher.errors import Missing
from watcher.model import Article, Document
from watcher.model.source_checks import Problem
from watcher.pipeline import missing_from
from watcher.report.sources import reference_label
from watcher.services.contradictions import disputed_numbers
from watcher.services.health import WatchHealth, classify
from watcher.services.watchlist import change_watch
from watcher.text import single_line
from watcher.urls import web_link
from watcher.web import rendering
from watcher.web.dependencies import ADMIN, PAGE, READ, AddressedArticle, Context, User, WebContext
from watcher.web.pages import current_facts
from watcher.web.pages.edits import lowest_severity
from watcher.web.pages.filters import ALL, Filters, parse_article_key
from watcher.web.timelines import Timelines
from watcher.web.view_models import article_key

_WAITING: Final = 5
_RUNS: Final = 20
_FACTS: Final = 40  # statistics, and claims, that are listed before all are asked for
_MOST_SENTENCES: Final = 20  # to choose from
LONGEST: Final = 2000
_CONTRADICTIONS: Final = 50  # on a page
_NOTICES: Final = {
    "pinned": "This sentence is pinned: from the next check on, every change of it is reported.",
    "unpinned": "The sentence is no longer pinned; its changes are judged like others.",
}
_ANCHOR: Final = re.compile(r"pins|fact-[0-9a-f]{12}")

router = APIRouter(dependencies=[READ])


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckedSource:
    """A source of a statistic, and how it was read last; None where it never was."""

    label: str
    url: str
    check: SourcePageRecord | None

    @property
    def problem(self) -> str:
        """Why it could not be read, in words; empty where it was."""
        return Problem[self.check.problem].value if self.check and self.check.problem else ""


@router.api_route("/article/{wiki}/{page_id}", **PAGE)
def article(
    known: AddressedArticle,
    request: Request,
    context: Context,
    recorded: Timelines,
    user: User,
    find: str = "",
    everything: Annotated[bool, Query(alias="all")] = False,  # noqa: FBT002  a field of the address
) -> HTMLResponse:
    """Return the page of one article; `find` are words of a sentence to pin."""
    watch = context.services.index.watch_of(known)
    index, key = context.index_urls.get(known.wiki), article_key(known)
    document, _ = context.read(known.wiki, context.archive.revisions.cursor(known))
    reading = recorded.read(known)
    pinned = watch.claims if watch else ()
    whole = reading.complete and reading.total > 0
    now = (
        current_facts.facts_from_history(reading, pinned, index)
        if whole
        else current_facts.facts_from_text(document, pinned)
    )
    filters = FindingFilter(article=(known.wiki, known.page_id), minimum_severity=lowest_severity(context))
    return rendering.page(
        "article.html",
        user=user,
        article=known,
        key=key,
        article_url=f"{index}?curid={known.page_id}" if index else None,
        watch=_health(context, watch, known),
        index_urls=context.index_urls,
        language=context.languages.get(known.wiki, ""),
        waiting=context.archive.findings.search(filters, limit=_WAITING),
        waiting_count=context.archive.findings.facet_counts(filters).total,
        queue=Filters(article=key).url(),
        decided=Filters(article=key, state=ALL).url(),
        now=now,
        most=current_facts.MOST if everything else _FACTS,
        everything=everything,
        reading=reading,
        whole=whole,
        pinned=[single_line(text, LONGEST) for text in pinned],
        missing=_missing(document, pinned),
        may_pin=watch is not None and user.has_scope(Scope.ADMIN),
        find=find.strip()[:200],
        sentences=current_facts.sentences(document, find[:200], _MOST_SENTENCES),
        runs=context.archive.comparisons.of_article(known, _RUNS),
        events=context.archive.events.of_article(known, _RUNS),
        citations=_citations(context, document),
        deliveries=context.archive.deliveries.of_article(known, _RUNS),
        notice=_NOTICES.get(request.query_params.get("did", ""), ""),
        noticed=request.query_params.get("at", "pins"),
    )


def _citations(context: WebContext, document: Document) -> list[CheckedSource]:
    """Return the sources of statistics that have an address, those that do not answer first, with their last check."""
    cited = {key for statistic in document.statistics for key in statistic.references}
    labels = {
        url: reference_label(reference.key, reference)
        for reference in document.references
        if reference.key in cited and (url := web_link(reference.url))
    }
    checks = context.archive.source_pages.of_urls(labels)
    rows = [CheckedSource(label=label, url=url, check=checks.get(url)) for url, label in labels.items()]
    return sorted(rows, key=lambda row: (row.check is None, row.check is not None and row.check.problem is None))


@router.post("/article/{wiki}/{page_id}/pin", response_class=RedirectResponse, dependencies=[ADMIN])
def pin(
    known: AddressedArticle,
    context: Context,
    sentence: Annotated[str, Form(max_length=LONGEST)] = "",
    undo: Annotated[bool, Form()] = False,  # noqa: FBT002  a field of the form
    anchor: Annotated[str, Form(max_length=40)] = "pins",
) -> RedirectResponse:
    """Pin or unpin a sentence of the article in its watch; then back to the place of the button."""
    watch = context.services.index.watch_of(known)
    words = " ".join(sentence.split())
    if watch is None:
        raise HTTPException(400, "This article is no longer watched, so nothing can be pinned.")
    if not words:
        raise HTTPException(400, "Choose or paste the sentence to pin.")
    others = [text for text in watch.claims if single_line(text, LONGEST) != words and text != words]
    claims = others if undo else [*others, words]
    change_watch(context.watchlist.path, watch.wiki, watch.title, {"claims": claims or None})
    at = anchor if _ANCHOR.fullmatch(anchor) else "pins"
    return RedirectResponse(f"/article/{article_key(known)}?did={'unpinned' if undo else 'pinned'}&at={at}#{at}", 303)


def _health(context: WebContext, watch: Watch | None, known: Article) -> WatchHealth | None:
    """Return the health of an article's watch, which may be that of a list that it is on; None where it has none."""
    if watch is None:
        return None
    key = (known.wiki, known.title)
    state = context.archive.articles.last_checks([key]).get(key)
    return WatchHealth(watch=watch, check_state=state, health=classify(watch, state, context.now()))


def _missing(document: Document, pinned: Sequence[str]) -> dict[str, str]:
    """Return the pinned sentences that a text does not have, each with the one most like it or nothing."""
    if not document.sentences:  # no text, or none that can be read
        return {}
    missing = missing_from(document, pinned)
    return {single_line(text, LONGEST): single_line(closest or "", LONGEST) for text, closest in missing}


@router.api_route("/contradictions", **PAGE)
def contradictions(
    context: Context, user: User, before: Annotated[int | None, Query(gt=0, lt=2**63)] = None, article: str = ""
) -> HTMLResponse:
    """List the numbers of one source that watched articles state differently, the newest first, or those of one."""
    key = parse_article_key(article)
    if article and key is None:
        raise Missing(f"{article!r} names no article: give its wiki, a slash and its page id")
    shown = context.article(*key) if key else None
    numbers, following = disputed_numbers(context.services, limit=_CONTRADICTIONS, before=before, article=shown)
    return rendering.page(
        "contradictions.html",
        user=user,
        numbers=numbers,
        following=following,
        article=shown,
        languages=context.languages,
    )
