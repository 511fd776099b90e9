"""Serve findings to other programs: the newest as an Atom feed (RFC 4287), those of any filter as CSV."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any, Final
from uuid import NAMESPACE_URL, uuid5
from xml.etree import ElementTree as ET  # we only write XML here

from fastapi.responses import Response, StreamingResponse

from snapshots import FindingFilter, ReviewedFinding, ReviewEvent, ReviewState, SortOrder
from watcher.report.labels import SEVERITIES, editor_name, section_label
from watcher.text import single_line, spreadsheet_cell
from watcher.web.dependencies import AddressedArticle, Context, PageRouter, WebContext
from watcher.web.pages.filters import Filters
from watcher.web.pages.queue import query_of
from watcher.web.view_models import state_label

ENTRIES: Final = 50
MOST_ROWS: Final = 10_000
"""Findings in one CSV file."""
_ROWS_AT_ONCE: Final = 500
_LONGEST_CELL: Final = 2000
_COLUMNS: Final = (
    "finding", "found", "severity", "kind", "wiki", "article", "section", "summary", "before", "after", "revision",
    "editor", "edited", "edit summary", "state", "assignee", "address",
)  # fmt: skip
_ATOM: Final = "http://www.w3.org/2005/Atom"
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

    def rows() -> Iterator[str]:
        yield _csv_line(_COLUMNS)
        after: int | None = None
        for _ in range(MOST_ROWS // _ROWS_AT_ONCE):
            findings, after = context.find_findings(query, order, _ROWS_AT_ONCE, after)
            yield "".join(_csv_line(_csv_columns(finding, base)) for finding in findings)
            if after is None:
                return

    headers = {"content-disposition": 'attachment; filename="findings.csv"'}
    return StreamingResponse(rows(), media_type="text/csv; charset=utf-8", headers=headers)


def _csv_columns(finding: ReviewedFinding, base: str) -> Sequence[object]:
    edit = finding.edits[-1]
    return (
        finding.id, finding.at.isoformat(), SEVERITIES[finding.severity], finding.kind, finding.article.wiki,
        finding.article.title, section_label(finding.section), finding.summary, _sentence_of(finding.body, "old"),
        _sentence_of(finding.body, "new"), edit.id, editor_name(edit.editor), edit.at.isoformat(), edit.comment or "",
        state_label(finding), finding.assignee or "", f"{base}/finding/{finding.id}",
    )  # fmt: skip


def _csv_line(values: Sequence[object]) -> str:
    line = io.StringIO()
    csv.writer(line).writerow([spreadsheet_cell(value, _LONGEST_CELL) for value in values])
    return line.getvalue()


def _feed(
    context: WebContext, title: str, filters: FindingFilter, assigned: Mapping[int, ReviewEvent] | None = None
) -> Response:
    request, steps = context.request, assigned or {}
    result: Sequence[ReviewedFinding] = context.archive.findings.search(filters, order=SortOrder.NEWEST, limit=ENTRIES)
    result = sorted(result, key=lambda finding: steps[finding.id].id, reverse=True) if steps else result
    base = _base(context)
    address = f"{base}{request.url.path}{'?' * bool(request.url.query)}{request.url.query}"
    apis = {site.name: site.api for site in context.watchlist.wikis}
    body = render_atom(result, title=title, address=address, base=base, apis=apis, assigned=steps)
    tag = f'"{sha256(body).hexdigest()[:32]}"'
    headers = {"etag": tag, "cache-control": "private, no-cache"}
    known = [item.strip().removeprefix("W/") for item in request.headers.get("if-none-match", "").split(",")]
    if tag in known or known == ["*"]:
        return Response(status_code=304, headers=headers)
    return Response(body, media_type="application/atom+xml; charset=utf-8", headers=headers)


def render_atom(
    findings: Sequence[ReviewedFinding],
    *,
    title: str,
    address: str,
    base: str,
    apis: Mapping[str, str],
    assigned: Mapping[int, ReviewEvent],
) -> bytes:
    """Return the feed as UTF-8; ids are derived from the wiki's revisions, so they are the same on every server.

    `apis` are the addresses of wikis by their names, `assigned` the steps that assigned findings, by the ids of these.
    """
    times = {finding.id: assigned[finding.id].at if finding.id in assigned else finding.at for finding in findings}
    ET.register_namespace("", _ATOM)
    feed = ET.Element(f"{{{_ATOM}}}feed")
    _text(feed, "id", uuid5(NAMESPACE_URL, address).urn)
    _text(feed, "title", title)
    _text(feed, "updated", max(times.values(), default=datetime(1970, 1, 1, tzinfo=UTC)).isoformat())
    _link(feed, "self", address, "application/atom+xml")
    _link(feed, "alternate", f"{base}/", "text/html")
    for item in findings:
        api, step = apis.get(item.article.wiki, item.article.wiki), assigned.get(item.id)
        _entry(ET.SubElement(feed, f"{{{_ATOM}}}entry"), item, base, api, step)
    return bytes(ET.tostring(feed, encoding="utf-8", xml_declaration=True))


def _entry(entry: ET.Element, finding: ReviewedFinding, base: str, api: str, step: ReviewEvent | None) -> None:
    _text(entry, "id", uuid5(NAMESPACE_URL, f"{api}#{finding.before.id}:{finding.after.id}:{finding.position}").urn)
    by = f"Assigned by {step.by}. " if step else ""
    _text(entry, "title", f"{by}{SEVERITIES[finding.severity]}: {finding.article.title} – {finding.summary}")
    _text(entry, "updated", (step or finding).at.isoformat())
    _text(entry, "published", finding.edits[-1].at.isoformat())
    _text(ET.SubElement(entry, f"{{{_ATOM}}}author"), "name", editor_name(finding.editor))
    _link(entry, "alternate", f"{base}/finding/{finding.id}", "text/html")
    ET.SubElement(entry, f"{{{_ATOM}}}category", term=_plain(finding.kind))
    _text(entry, "summary", finding.summary)
    sides = [f"{label}: {text}" for side, label in _SIDES if (text := _sentence_of(finding.body, side))]
    _text(
        entry,
        "content",
        "\n".join([section_label(finding.section), *sides, *([step.note] if step and step.note else [])]),
        limit=4000,
    )


def _sentence_of(body: Mapping[str, Any], side: str) -> str:
    """Return the sentence on one side of a finding, else the thing's own text."""
    reported, thing = body.get("sentence") or {}, body.get(side) or {}
    return str(reported.get(side) or thing.get("text") or "")


def _text(parent: ET.Element, name: str, text: str, *, limit: int = 500) -> None:
    element = ET.SubElement(parent, f"{{{_ATOM}}}{name}")
    if name in ("title", "summary", "content"):
        element.set("type", "text")
        text = "\n".join(single_line(line, limit) for line in text.splitlines())
    element.text = _plain(text)


def _link(parent: ET.Element, rel: str, href: str, kind: str) -> None:
    ET.SubElement(parent, f"{{{_ATOM}}}link", rel=rel, href=_plain(href), type=kind)


def _plain(text: str) -> str:
    return _NO_XML.sub("\ufffd", text)
