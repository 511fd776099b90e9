"""A watched article becomes a page: what it says now, what waits for a review, how its checks and alerts went."""

from __future__ import annotations

from typing import Any, Final

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse

from snapshots import Decision, Posting, Wanted
from watcher.config import Watch
from watcher.errors import Corrupt
from watcher.model import Article, Document
from watcher.parse import parse
from watcher.report.labels import SEVERITIES, counted
from watcher.report.safety import one_line
from watcher.web import pages, stated
from watcher.web.charts import Known, article_of
from watcher.web.dependencies import Here, Site, Viewer
from watcher.web.filters import ALL, Filters
from watcher.web.lines import line, moment
from watcher.web.queue import least_told
from watcher.web.readers import Scope

_WAITING: Final = 5
_RUNS: Final = 20
_FOUND: Final = 20  # sentences to choose from
LONGEST: Final = 2000
_READ: dict[str, Any] = {"methods": ["GET", "HEAD"], "response_class": HTMLResponse}
_STATES: Final = {"queued": "waiting", "sent": "sent", "dead": "could not be delivered", "replaced": "replaced"}

router = APIRouter()


@router.api_route("/article/{wiki}/{page_id}", **_READ)
def article(
    wiki: str, page_id: int, request: Request, here: Here, past: Known, reader: Viewer, find: str = ""
) -> HTMLResponse:
    """The page of one article; `find` are words of a sentence to pin."""
    known = article_of(here.archive, wiki, page_id)
    watch = here.services.index.watch_of(known)
    index = pages.index_url(here.watchlist, wiki)
    document = _document(here, known)
    reading = past.read(known)
    pinned = watch.claims if watch else ()
    whole = reading.complete and reading.total > 0
    now = stated.of_lives(reading, pinned, index) if whole else stated.of_text(document, pinned)
    wanted = Wanted(article=(wiki, page_id), least=least_told(here))
    return HTMLResponse(
        pages.render(
            "article.html",
            reader=reader,
            article=known,
            key=stated.key(known),
            article_url=f"{index}?curid={page_id}" if index else None,
            watch=_row(here, watch),
            waiting=[line(one) for one in here.archive.reviews(wanted, limit=_WAITING)],
            waiting_count=here.archive.counts(wanted).total,
            queue=Filters(article=stated.key(known)).address(),
            decided=Filters(article=stated.key(known), state=ALL).address(),
            now=now,
            reading=reading,
            whole=whole,
            pinned=[one_line(text, LONGEST) for text in pinned],
            may_pin=watch is not None and reader.may(Scope.ADMIN),
            find=find.strip()[:200],
            found=stated.sentences(document, find[:200], _FOUND),
            runs=[_run(one) for one in here.archive.comparisons(known, _RUNS)],
            events=[(moment(one.at), one_line(one.detail, 300)) for one in here.archive.events(known, _RUNS)],
            deliveries=[_delivery(one) for one in here.archive.deliveries_of(known, _RUNS)],
            said=_said(request),
        )
    )


def _said(request: Request) -> str:
    """What the last form did."""
    told = {"pinned": "The sentence is pinned from the next check on.", "unpinned": "The sentence is pinned no more."}
    return told.get(request.query_params.get("did", ""), "")


def _row(here: Site, watch: Watch | None) -> pages.WatchRow | None:
    """How the checks of the article go."""
    if watch is None:
        return None
    rows = pages.watch_rows(here.services, here.archive.status(here.now()), here.now())
    return next((row for row in rows if (row.wiki, row.title) == (watch.wiki, watch.title)), None)


def _document(here: Site, known: Article) -> Document:
    """What the text says up to which the article was judged; nothing where that cannot be read."""
    cursor = here.archive.cursor(known)
    try:
        text = here.archive.snapshot(known.wiki, cursor.id).wikitext if cursor else None
    except Corrupt:
        return Document()
    return Document() if text is None else parse(text, here.dialect(known.wiki))


def _run(one: Decision) -> dict[str, Any]:
    """A comparison in a line."""
    return {
        "href": f"/comparison/{one.id}",
        "at": moment(one.at),
        "revisions": f"{one.before.id} → {one.after.id}",
        "found": counted(one.findings, "finding") if one.findings else "no change",
        "worst": None if one.worst is None else SEVERITIES[one.worst],
        "level": "" if one.worst is None else one.worst.label,
    }


def _delivery(one: Posting) -> dict[str, Any]:
    """A message in a line, with what went wrong with it."""
    error = next((attempt.error for attempt in one.log[::-1] if attempt.error), None)
    return {
        "at": moment(one.done_at or one.queued_at),
        "to": one_line(one.destination, 80),
        "state": _STATES[one.state.value],
        "about": one_line(one.alert.notices[0].summary, 160) if one.alert.notices else "",
        "more": max(0, len(one.alert.notices) - 1),
        "error": one_line(error, 200) if error and one.done_at is None else "",
        "attempts": one.attempts,
    }
