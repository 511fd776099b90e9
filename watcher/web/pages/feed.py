"""Serve findings to other programs: the newest as an Atom feed (RFC 4287), those of any filter as CSV."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any, Final
from uuid import NAMESPACE_URL, uuid5

from fastapi.responses import Response, StreamingResponse

from snapshots import FindingFilter, ReviewedFinding, ReviewEvent, ReviewState, SortOrder
from watcher.report.labels import SEVERITIES, editor_name, section_label
from watcher.text import spreadsheet_cell
from watcher.web import rendering
from watcher.web.dependencies import AddressedArticle, Context, PageRouter, WebContext
from watcher.web.pages.filters import Filters
from watcher.web.pages.queue import query_of
from watcher.web.rendering import sentence_of, state_label

ENTRIES: Final = 50
MOST_ROWS: Final = 10_000
"""Findings in one CSV file."""
_ROWS_AT_ONCE: Final = 500
_LONGEST_CELL: Final = 2000
_COLUMNS: Final = (
    "finding", "found", "severity", "kind", "wiki", "article", "section", "summary", "before", "after", "revision",
    "editor", "edited", "edit summary", "state", "assignee", "address",
)  # fmt: skip
_READ: Final[dict[str, Any]] = {"methods": ["GET", "HEAD"], "response_class": Response}
# https://www.w3.org/TR/xml/#charsets: what no XML document may hold, even escaped.
_NO_XML: Final = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_SIDES: Final = (("old", "Before"), ("new", "After"))
_FEED_STATES: Final = (ReviewState.OPEN, ReviewState.ACKNOWLEDGED, ReviewState.DISMISSED, ReviewState.RESOLVED)

router = PageRouter()


@router.api_route("/atom.xml", **_READ)
def global_feed(context: Context) -> Response:
    """Return the newest findings that the filters of the queue choose, in whichever state unless one is named.

    Without filters, those of all articles that reach the lowest alert threshold. What is assigned to somebody is
    listed as of then, the latest first, with who did it.
    """
    filters = Filters.read(context.request.url.query)
    query = query_of(context, filters)
    if "state" not in context.request.query_params:
        query = replace(query, states=_FEED_STATES)
    if not query.assignee:
        return _feed(context, "Article Watcher: findings", query)
    assigned = context.archive.reviews.assignments(query.assignee, ENTRIES)
    least = query.minimum_severity if filters.minimum_severity else None  # whoever assigned it had a reason
    query = replace(query, findings=tuple(assigned) or (0,), minimum_severity=least)
    return _feed(context, f"Article Watcher: assigned to {query.assignee}", query, assigned)


@router.api_route("/article/{wiki}/{page_id}/atom.xml", **_READ)
def article_feed(article: AddressedArticle, context: Context) -> Response:
    """Return the newest findings of one article."""
    key, least = (article.wiki, article.page_id), context.lowest_severity
    filters = FindingFilter(states=_FEED_STATES, minimum_severity=least, article=key)
    return _feed(context, f"Article Watcher: {article.title}", filters)


def _base(context: WebContext) -> str:
    return context.watchlist.base_url or str(context.request.base_url).rstrip("/")


@router.api_route("/findings.csv", **_READ)
def csv_file(context: Context) -> Response:
    """Return the findings that the filters of the queue choose as CSV (RFC 4180), at most MOST_ROWS of them."""
    filters, base = Filters.read(context.request.url.query), _base(context)
    query, order = query_of(context, filters), SortOrder(filters.order)

    def cells(finding: ReviewedFinding) -> Iterable[object]:
        edit, article = finding.edits[-1], finding.article
        yield from (finding.id, finding.at.isoformat(), SEVERITIES[finding.severity], finding.kind)
        yield from (article.wiki, article.title, section_label(finding.section), finding.summary)
        yield from (_text_of(finding, "old"), _text_of(finding, "new"))
        yield from (edit.id, editor_name(edit.editor), edit.at.isoformat(), edit.comment or "")
        yield from (state_label(finding), finding.assignee or "", f"{base}/finding/{finding.id}")

    def rows() -> Iterator[str]:
        yield _csv([_COLUMNS])
        after: int | None = None
        for _ in range(MOST_ROWS // _ROWS_AT_ONCE):
            findings, after = context.find_findings(query, order, _ROWS_AT_ONCE, after)
            yield _csv(map(cells, findings))
            if after is None:
                return

    headers = {"content-disposition": 'attachment; filename="findings.csv"'}
    return StreamingResponse(rows(), media_type="text/csv; charset=utf-8", headers=headers)


def _csv(rows: Iterable[Iterable[object]]) -> str:
    written = io.StringIO()
    csv.writer(written).writerows([spreadsheet_cell(value, _LONGEST_CELL) for value in row] for row in rows)
    return written.getvalue()


def _feed(
    context: WebContext, title: str, filters: FindingFilter, assigned: Mapping[int, ReviewEvent] | None = None
) -> Response:
    """Return the feed; ids are derived from the wiki's revisions, so they are the same on every server."""
    request, steps, base = context.request, assigned or {}, _base(context)
    findings: Sequence[ReviewedFinding] = context.archive.findings.search(
        filters, order=SortOrder.NEWEST, limit=ENTRIES
    )
    findings = sorted(findings, key=lambda finding: steps[finding.id].id, reverse=True) if steps else findings
    address = f"{base}{request.url.path}{'?' * bool(request.url.query)}{request.url.query}"
    apis = {site.name: site.api for site in context.watchlist.wikis}
    entries = []
    for finding in findings:
        api, step = apis.get(finding.article.wiki, finding.article.wiki), steps.get(finding.id)
        revisions = f"{api}#{finding.before.id}:{finding.after.id}:{finding.position}"
        sides = [f"{label}: {text}" for side, label in _SIDES if (text := _text_of(finding, side))]
        content = [section_label(finding.section), *sides, *([step.note] if step and step.note else [])]
        entries.append(
            {"id": uuid5(NAMESPACE_URL, revisions).urn, "finding": finding, "step": step, "content": "\n".join(content)}
        )
    times = [(steps.get(finding.id) or finding).at for finding in findings]
    updated, feed_id = max(times, default=datetime(1970, 1, 1, tzinfo=UTC)), uuid5(NAMESPACE_URL, address).urn
    text = rendering.render(
        "atom.xml", id=feed_id, title=title, updated=updated, address=address, base=base, entries=entries
    )
    body = _NO_XML.sub("\ufffd", text).encode()
    tag = f'"{sha256(body).hexdigest()[:32]}"'
    headers = {"etag": tag, "cache-control": "private, no-cache"}
    known = [item.strip().removeprefix("W/") for item in request.headers.get("if-none-match", "").split(",")]
    if tag in known or known == ["*"]:
        return Response(status_code=304, headers=headers)
    return Response(body, media_type="application/atom+xml; charset=utf-8", headers=headers)


def _text_of(finding: ReviewedFinding, side: str) -> str:
    """Return the sentence on one side of a finding, else the thing's own text."""
    return sentence_of(finding.body, side) or str((finding.body.get(side) or {}).get("text") or "")
