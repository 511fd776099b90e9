"""Stored comparisons and the state of the watches become the pages of the review server."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any
from urllib.parse import urlsplit, urlunsplit

from jinja2 import Environment, PackageLoader

from snapshots import Headline, Status, Watched
from watcher.config import Watch, Watchlist
from watcher.model import Kind, Severity
from watcher.report.as_html import hardened, shared
from watcher.report.labels import LEAD, SEVERITIES, kind_label
from watcher.web.lines import moment
from watcher.web.static_files import address


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """A finding in one line."""

    id: int
    severity: str
    severity_label: str
    kind: str
    place: str
    summary: str


@dataclass(frozen=True, slots=True, kw_only=True)
class WatchRow:
    """A watch and how its checks go; `state` is well, failing, late, new or paused."""

    title: str
    wiki: str
    state: str
    says: str
    detail: str
    checked: str
    revision: str
    revision_url: str | None


NAVIGATION = (
    ("/", "Findings"),
    ("/watches", "Watches"),
    ("/operations", "Operations"),
    ("/api/v1", "API"),
    ("/help", "Help"),
)
"""Address and name of the pages that the head of every page links to, in order."""

STATES = {"well": "Up to date", "failing": "Failing", "late": "Overdue", "new": "Not checked yet", "paused": "Paused"}
_LATE = 3  # missed intervals after which a watch is overdue


def _told(finding: Headline) -> Told:
    known = finding.kind in {kind.value for kind in Kind}
    return Told(
        id=finding.id,
        severity=finding.severity.label,
        severity_label=SEVERITIES[finding.severity],
        kind=kind_label(Kind(finding.kind)) if known else finding.kind,
        place=" › ".join(finding.section) or LEAD,
        summary=finding.summary,
    )


def watch_rows(watchlist: Watchlist, status: Status, now: datetime) -> tuple[WatchRow, ...]:
    """Every watch of the list, those in trouble first."""
    known = {(seen.article.wiki, seen.article.title): seen for seen in status.articles}
    rows = [_watch_row(watchlist, watch, known.get((watch.wiki, watch.title)), now) for watch in watchlist.watches]
    order = ("failing", "late", "new", "well", "paused")
    return tuple(sorted(rows, key=lambda row: order.index(row.state)))


def _watch_row(watchlist: Watchlist, watch: Watch, seen: Watched | None, now: datetime) -> WatchRow:
    state, detail = _state(watch, seen, now)
    cursor = seen.cursor if seen else None
    index = index_url(watchlist, watch.wiki)
    return WatchRow(
        title=watch.title,
        wiki=watch.wiki,
        state=state,
        says=STATES[state],
        detail=detail,
        checked=moment(seen.checked_at) if seen and seen.checked_at else "–",
        revision=str(cursor.id) if cursor else "–",
        revision_url=f"{index}?oldid={cursor.id}" if cursor and index else None,
    )


def _state(watch: Watch, seen: Watched | None, now: datetime) -> tuple[str, str]:
    if watch.paused:
        return "paused", ""
    if seen is None or seen.checked_at is None:
        return "new", ""
    if seen.failures:
        return "failing", f"{seen.failures} in a row: {seen.error or 'no reason was given'}"
    if now - seen.checked_at > watch.every * _LATE:
        return "late", ""
    return "well", ""


def index_url(watchlist: Watchlist, wiki: str) -> str | None:
    """The index.php beside a wiki's api.php; None for a wiki that is no longer in the list."""
    for site in watchlist.wikis:
        if site.name == wiki:
            parts = urlsplit(site.api)
            return urlunsplit((parts.scheme, parts.netloc, parts.path.rpartition("/")[0] + "/index.php", "", ""))
    return None


def watch_of(watchlist: Watchlist, wiki: str, title: str) -> Watch | None:
    """The watch of an article; None when it is no longer watched (or has moved)."""
    named = (watch for watch in watchlist.watches if (watch.wiki, watch.title) == (wiki, title))
    return next(named, None)


def render(template: str, **values: Any) -> str:
    """A page of this package, escaped and guarded as reports are; the frame shows who the `reader` is, if given."""
    addresses = {name: address(f"{name}.{ending}") for name, ending in (("watcher", "css"), ("review", "js"))}
    known = {"static": addresses, "navigation": NAVIGATION, **shared()}
    return _environment().get_template(template).render(**values, **known)


@cache
def _environment() -> Environment:
    return hardened(PackageLoader("watcher.web"), PackageLoader("watcher.report"))


def stored_findings(found: Iterable[Mapping[str, Any]]) -> tuple[Told, ...]:
    """The findings of a comparison whose texts cannot be compared again, from their stored JSON."""
    return tuple(
        _told(
            Headline(
                id=one["id"],
                comparison_id=0,
                position=number,
                kind=one["kind"],
                severity=Severity[one["severity"].upper()],
                section=tuple(one["section"]),
                summary=one["summary"],
            )
        )
        for number, one in enumerate(found)
    )
