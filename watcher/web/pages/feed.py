"""Serve the newest findings, of all articles or of one, as an Atom feed (RFC 4287)."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any, Final
from uuid import NAMESPACE_URL, uuid5
from xml.etree import ElementTree as ET  # we only write XML here

from fastapi import APIRouter, Request
from fastapi.responses import Response

from snapshots import FindingFilter, ReviewedFinding, ReviewState, SortOrder
from watcher.config import Watchlist
from watcher.report.labels import SEVERITIES, editor_name, section_label
from watcher.text import single_line
from watcher.web.dependencies import READ, Context, WebContext
from watcher.web.pages.edits import lowest_severity
from watcher.web.pages.timeline import article_of

ENTRIES: Final = 50
_ATOM: Final = "http://www.w3.org/2005/Atom"
_READ: Final[dict[str, Any]] = {"methods": ["GET", "HEAD"], "response_class": Response}
# https://www.w3.org/TR/xml/#charsets: what no XML document may hold, even escaped.
_NO_XML: Final = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_SIDES: Final = (("old", "Before"), ("new", "After"))
_FEED_STATES: Final = (ReviewState.OPEN, ReviewState.ACKNOWLEDGED, ReviewState.DISMISSED, ReviewState.RESOLVED)

router = APIRouter(dependencies=[READ])


@router.api_route("/atom.xml", **_READ)
def global_feed(request: Request, context: Context) -> Response:
    """Return the newest findings of all articles that reach the lowest alert threshold."""
    return _feed(request, context, "Article Watcher: findings", None)


@router.api_route("/article/{wiki}/{page_id}/atom.xml", **_READ)
def article_feed(wiki: str, page_id: int, request: Request, context: Context) -> Response:
    """Return the newest findings of one article."""
    article = article_of(context.archive, wiki, page_id)
    return _feed(request, context, f"Article Watcher: {article.title}", (wiki, page_id))


def _feed(request: Request, context: WebContext, title: str, article: tuple[str, int] | None) -> Response:
    filters = FindingFilter(states=_FEED_STATES, minimum_severity=lowest_severity(context), article=article)
    result = context.archive.findings.search(filters, order=SortOrder.NEWEST, limit=ENTRIES)
    base = context.watchlist.base_url or str(request.base_url).rstrip("/")
    body = render_atom(result, title=title, address=f"{base}{request.url.path}", base=base, watchlist=context.watchlist)
    tag = f'"{sha256(body).hexdigest()[:32]}"'
    headers = {"etag": tag, "cache-control": "private, no-cache"}
    known = [item.strip().removeprefix("W/") for item in request.headers.get("if-none-match", "").split(",")]
    if tag in known or known == ["*"]:
        return Response(status_code=304, headers=headers)
    return Response(body, media_type="application/atom+xml; charset=utf-8", headers=headers)


def render_atom(
    findings: Sequence[ReviewedFinding], *, title: str, address: str, base: str, watchlist: Watchlist
) -> bytes:
    """Return the feed as UTF-8; ids are derived from the wiki's revisions, so they are the same on every server."""
    ET.register_namespace("", _ATOM)
    feed = ET.Element(f"{{{_ATOM}}}feed")
    apis = {site.name: site.api for site in watchlist.wikis}
    _text(feed, "id", uuid5(NAMESPACE_URL, address).urn)
    _text(feed, "title", title)
    _text(
        feed, "updated", max((finding.at for finding in findings), default=datetime(1970, 1, 1, tzinfo=UTC)).isoformat()
    )
    _link(feed, "self", address, "application/atom+xml")
    _link(feed, "alternate", f"{base}/", "text/html")
    for item in findings:
        _entry(ET.SubElement(feed, f"{{{_ATOM}}}entry"), item, base, apis.get(item.article.wiki, item.article.wiki))
    return bytes(ET.tostring(feed, encoding="utf-8", xml_declaration=True))


def _entry(entry: ET.Element, finding: ReviewedFinding, base: str, api: str) -> None:
    _text(entry, "id", uuid5(NAMESPACE_URL, f"{api}#{finding.before.id}:{finding.after.id}:{finding.position}").urn)
    _text(entry, "title", f"{SEVERITIES[finding.severity]}: {finding.article.title} – {finding.summary}")
    _text(entry, "updated", finding.at.isoformat())
    _text(entry, "published", finding.edits[-1].at.isoformat())
    _text(ET.SubElement(entry, f"{{{_ATOM}}}author"), "name", editor_name(finding.editor))
    _link(entry, "alternate", f"{base}/finding/{finding.id}", "text/html")
    ET.SubElement(entry, f"{{{_ATOM}}}category", term=_plain(finding.kind))
    _text(entry, "summary", finding.summary)
    sides = [f"{label}: {text}" for side, label in _SIDES if (text := _sentence_of(finding.body, side))]
    _text(entry, "content", "\n".join([section_label(finding.section), *sides]), limit=4000)


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
