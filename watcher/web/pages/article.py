"""Serve the page of an article: current facts, open findings, checks and alerts."""

from __future__ import annotations

from typing import Any, Final

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse

from snapshots import ComparisonRecord, DeliveryRecord, FindingFilter
from snapshots.accounts import Scope
from watcher.config import Watch
from watcher.errors import Corrupt
from watcher.model import Article, Document
from watcher.parse import parse
from watcher.report.labels import SEVERITIES, counted
from watcher.text import single_line
from watcher.web import rendering
from watcher.web.dependencies import Context, ReadAccess, WebContext
from watcher.web.pages import current_facts
from watcher.web.pages.filters import ALL, Filters
from watcher.web.pages.queue import alert_threshold
from watcher.web.pages.timeline import History, article_of
from watcher.web.view_models import finding_row, format_timestamp

_WAITING: Final = 5
_RUNS: Final = 20
_FOUND: Final = 20  # sentences to choose from
LONGEST: Final = 2000
_READ: dict[str, Any] = {"methods": ["GET", "HEAD"], "response_class": HTMLResponse}
_STATES: Final = {"queued": "waiting", "sent": "sent", "dead": "could not be delivered", "replaced": "replaced"}

router = APIRouter()


@router.api_route("/article/{wiki}/{page_id}", **_READ)
def article(
    wiki: str, page_id: int, request: Request, context: Context, past: History, reader: ReadAccess, find: str = ""
) -> HTMLResponse:
    """The page of one article; `find` are words of a sentence to pin."""
    known = article_of(context.archive, wiki, page_id)
    watch = context.services.index.watch_of(known)
    index = rendering.index_php_url(context.watchlist, wiki)
    document = _document(context, known)
    reading = past.read(known)
    pinned = watch.claims if watch else ()
    whole = reading.complete and reading.total > 0
    now = (
        current_facts.facts_from_history(reading, pinned, index)
        if whole
        else current_facts.facts_from_text(document, pinned)
    )
    filters = FindingFilter(article=(wiki, page_id), minimum_severity=alert_threshold(context))
    return HTMLResponse(
        rendering.render(
            "article.html",
            reader=reader,
            article=known,
            key=current_facts.article_key(known),
            article_url=f"{index}?curid={page_id}" if index else None,
            watch=_row(context, watch),
            waiting=[finding_row(finding) for finding in context.archive.findings.search(filters, limit=_WAITING)],
            waiting_count=context.archive.findings.facet_counts(filters).total,
            queue=Filters(article=current_facts.article_key(known)).url(),
            decided=Filters(article=current_facts.article_key(known), state=ALL).url(),
            now=now,
            reading=reading,
            whole=whole,
            pinned=[single_line(text, LONGEST) for text in pinned],
            may_pin=watch is not None and reader.has_scope(Scope.ADMIN),
            find=find.strip()[:200],
            found=current_facts.sentences(document, find[:200], _FOUND),
            runs=[_run(comparison) for comparison in context.archive.comparisons.of_article(known, _RUNS)],
            events=[
                (format_timestamp(event.at), single_line(event.detail, 300))
                for event in context.archive.events.of_article(known, _RUNS)
            ],
            deliveries=[_delivery(delivery) for delivery in context.archive.deliveries.of_article(known, _RUNS)],
            said=_notice(request),
        )
    )


def _notice(request: Request) -> str:
    """What the last form did."""
    reported = {
        "pinned": "The sentence is pinned from the next check on.",
        "unpinned": "The sentence is pinned no more.",
    }
    return reported.get(request.query_params.get("did", ""), "")


def _row(context: WebContext, watch: Watch | None) -> rendering.WatchRow | None:
    """How the checks of the article go."""
    if watch is None:
        return None
    rows = rendering.watch_rows(context.services, context.archive.metrics.status(context.now()), context.now())
    return next((row for row in rows if (row.wiki, row.title) == (watch.wiki, watch.title)), None)


def _document(context: WebContext, known: Article) -> Document:
    """What the text says up to which the article was judged; nothing where that cannot be read."""
    cursor = context.archive.revisions.cursor(known)
    try:
        text = context.archive.revisions.snapshot(known.wiki, cursor.id).wikitext if cursor else None
    except Corrupt:
        return Document()
    return Document() if text is None else parse(text, context.dialect(known.wiki))


def _run(comparison: ComparisonRecord) -> dict[str, Any]:
    """A comparison in a line."""
    return {
        "href": f"/comparison/{comparison.id}",
        "at": format_timestamp(comparison.at),
        "revisions": f"{comparison.before.id} → {comparison.after.id}",
        "found": counted(comparison.findings, "finding") if comparison.findings else "no change",
        "worst": None if comparison.worst is None else SEVERITIES[comparison.worst],
        "level": "" if comparison.worst is None else comparison.worst.label,
    }


def _delivery(delivery: DeliveryRecord) -> dict[str, Any]:
    """A message in a line, with what went wrong with it."""
    error = next((attempt.error for attempt in delivery.log[::-1] if attempt.error), None)
    return {
        "at": format_timestamp(delivery.done_at or delivery.queued_at),
        "to": single_line(delivery.destination, 80),
        "state": _STATES[delivery.state.value],
        "about": single_line(delivery.alert.notices[0].summary, 160) if delivery.alert.notices else "",
        "more": max(0, len(delivery.alert.notices) - 1),
        "error": single_line(error, 200) if error and delivery.done_at is None else "",
        "attempts": delivery.attempts,
    }
