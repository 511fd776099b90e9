"""Serve the page of an article (current facts, open findings, checks and alerts), and pin its sentences."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Annotated, Final

from fastapi import APIRouter, Form, Request
from fastapi.responses import HTMLResponse, RedirectResponse
from starlette.exceptions import HTTPException

from snapshots import FindingFilter
from snapshots.accounts import Scope
from watcher.config import Watch
from watcher.errors import Corrupt
from watcher.model import Article, Document
from watcher.parse import parse
from watcher.pipeline import missing_from
from watcher.services.health import WatchHealth, classify
from watcher.services.watchlist import change_watch
from watcher.text import single_line
from watcher.web import rendering
from watcher.web.dependencies import ADMIN, PAGE, READ, Context, User, WebContext
from watcher.web.pages import current_facts
from watcher.web.pages.edits import lowest_severity
from watcher.web.pages.filters import ALL, Filters
from watcher.web.pages.timeline import History, article_of
from watcher.web.view_models import article_key

_WAITING: Final = 5
_RUNS: Final = 20
_MOST_SENTENCES: Final = 20  # to choose from
LONGEST: Final = 2000
_NOTICES: Final = {
    "pinned": "This sentence is pinned: from the next check on, every change of it is reported.",
    "unpinned": "The sentence is no longer pinned; its changes are judged like others.",
}
_ANCHOR: Final = re.compile(r"pins|fact-[0-9a-f]{12}")

router = APIRouter(dependencies=[READ])


@router.api_route("/article/{wiki}/{page_id}", **PAGE)
def article(
    wiki: str, page_id: int, request: Request, context: Context, past: History, user: User, find: str = ""
) -> HTMLResponse:
    """Return the page of one article; `find` are words of a sentence to pin."""
    known = article_of(context.archive, wiki, page_id)
    watch = context.services.index.watch_of(known)
    index = rendering.index_urls(context.watchlist).get(wiki)
    document = _document(context, known)
    reading = past.read(known)
    pinned = watch.claims if watch else ()
    whole = reading.complete and reading.total > 0
    now = (
        current_facts.facts_from_history(reading, pinned, index)
        if whole
        else current_facts.facts_from_text(document, pinned)
    )
    filters = FindingFilter(article=(wiki, page_id), minimum_severity=lowest_severity(context))
    return HTMLResponse(
        rendering.render(
            "article.html",
            user=user,
            article=known,
            key=article_key(known),
            article_url=f"{index}?curid={page_id}" if index else None,
            watch=_health(context, watch, known),
            index_urls=rendering.index_urls(context.watchlist),
            language=rendering.languages(context.watchlist).get(wiki, ""),
            waiting=context.archive.findings.search(filters, limit=_WAITING),
            waiting_count=context.archive.findings.facet_counts(filters).total,
            queue=Filters(article=article_key(known)).url(),
            decided=Filters(article=article_key(known), state=ALL).url(),
            now=now,
            reading=reading,
            whole=whole,
            pinned=[single_line(text, LONGEST) for text in pinned],
            missing=_missing(document, pinned),
            may_pin=watch is not None and user.has_scope(Scope.ADMIN),
            find=find.strip()[:200],
            sentences=current_facts.sentences(document, find[:200], _MOST_SENTENCES),
            runs=context.archive.comparisons.of_article(known, _RUNS),
            events=context.archive.events.of_article(known, _RUNS),
            deliveries=context.archive.deliveries.of_article(known, _RUNS),
            notice=_NOTICES.get(request.query_params.get("did", ""), ""),
            noticed=request.query_params.get("at", "pins"),
        )
    )


@router.post("/article/{wiki}/{page_id}/pin", response_class=RedirectResponse, dependencies=[ADMIN])
def pin(
    wiki: str,
    page_id: int,
    context: Context,
    sentence: Annotated[str, Form(max_length=LONGEST)] = "",
    undo: Annotated[bool, Form()] = False,  # noqa: FBT002  a field of the form
    anchor: Annotated[str, Form(max_length=40)] = "pins",
) -> RedirectResponse:
    """Pin or unpin a sentence of the article in its watch; then back to the place of the button."""
    watch = context.services.index.watch_of(article_of(context.archive, wiki, page_id))
    words = " ".join(sentence.split())
    if watch is None:
        raise HTTPException(400, "This article is no longer watched, so nothing can be pinned.")
    if not words:
        raise HTTPException(400, "Choose or paste the sentence to pin.")
    others = [text for text in watch.claims if single_line(text, LONGEST) != words and text != words]
    claims = others if undo else [*others, words]
    change_watch(context.watchlist.path, watch.wiki, watch.title, {"claims": claims or None})
    at = anchor if _ANCHOR.fullmatch(anchor) else "pins"
    return RedirectResponse(f"/article/{wiki}/{page_id}?did={'unpinned' if undo else 'pinned'}&at={at}#{at}", 303)


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


def _document(context: WebContext, known: Article) -> Document:
    """Return the text up to which the article was judged; an empty document where it cannot be read."""
    cursor = context.archive.revisions.cursor(known)
    try:
        text = context.archive.revisions.snapshot(known.wiki, cursor.id).wikitext if cursor else None
    except Corrupt:
        return Document()
    return Document() if text is None else parse(text, context.dialect(known.wiki))
