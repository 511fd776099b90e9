"""Render the review pages, and summarise watches and comparisons for them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from hashlib import sha256
from importlib.resources import files
from typing import Any
from urllib.parse import urlsplit, urlunsplit

from fastapi import APIRouter
from fastapi.responses import Response
from jinja2 import Environment, PackageLoader
from starlette.exceptions import HTTPException

from snapshots import CheckState, StoredFinding, SystemStatus
from watcher.config import Watchlist
from watcher.model import Kind, Severity
from watcher.report.as_html import hardened, shared
from watcher.report.labels import LEAD, SEVERITIES, kind_label
from watcher.services.context import AppContext
from watcher.services.health import Health, WatchHealth, watch_health
from watcher.web.auth.authorization import public
from watcher.web.view_models import format_timestamp


@dataclass(frozen=True, slots=True, kw_only=True)
class FindingSummary:
    """A finding in one line."""

    id: int
    severity: str
    severity_label: str
    kind: str
    section: str
    summary: str


@dataclass(frozen=True, slots=True, kw_only=True)
class WatchRow:
    """A watch and how its checks go; `state` is a value of Health."""

    title: str
    wiki: str
    state: str
    message: str
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

STATES = {
    Health.OK: "Up to date",
    Health.FAILING: "Failing",
    Health.OVERDUE: "Overdue",
    Health.NEW: "Not checked yet",
    Health.PAUSED: "Paused",
}


def _finding_summary(finding: StoredFinding) -> FindingSummary:
    known = finding.kind in {kind.value for kind in Kind}
    return FindingSummary(
        id=finding.id,
        severity=finding.severity.label,
        severity_label=SEVERITIES[finding.severity],
        kind=kind_label(Kind(finding.kind)) if known else finding.kind,
        section=" › ".join(finding.section) or LEAD,
        summary=finding.summary,
    )


def watch_rows(services: AppContext, status: SystemStatus, now: datetime) -> tuple[WatchRow, ...]:
    """Every watch of the list, those in trouble first."""
    rows = [_watch_row(services.watchlist, health) for health in watch_health(services, status, now)]
    order = [health.value for health in (Health.FAILING, Health.OVERDUE, Health.NEW, Health.OK, Health.PAUSED)]
    return tuple(sorted(rows, key=lambda row: order.index(row.state)))


def _watch_row(watchlist: Watchlist, health: WatchHealth) -> WatchRow:
    watch, checks = health.watch, health.check_state
    cursor = checks.cursor if checks else None
    index = index_php_url(watchlist, watch.wiki)
    return WatchRow(
        title=watch.title,
        wiki=watch.wiki,
        state=health.health.value,
        message=STATES[health.health],
        detail=_failure(checks) if checks and health.health is Health.FAILING else "",
        checked=format_timestamp(checks.checked_at) if checks and checks.checked_at else "–",
        revision=str(cursor.id) if cursor else "–",
        revision_url=f"{index}?oldid={cursor.id}" if cursor and index else None,
    )


def _failure(checks: CheckState) -> str:
    return f"{checks.failures} in a row: {checks.error or 'no reason was given'}"


def index_php_url(watchlist: Watchlist, wiki: str) -> str | None:
    """The index.php beside a wiki's api.php; None for a wiki that is no longer in the list."""
    for site in watchlist.wikis:
        if site.name == wiki:
            parts = urlsplit(site.api)
            return urlunsplit((parts.scheme, parts.netloc, parts.path.rpartition("/")[0] + "/index.php", "", ""))
    return None


def render(template: str, **values: Any) -> str:
    """A page of this package, escaped and guarded as reports are; the frame shows who the `reader` is, if given."""
    addresses = {name: address(f"{name}.{ending}") for name, ending in (("watcher", "css"), ("review", "js"))}
    known = {"static": addresses, "navigation": NAVIGATION, **shared()}
    return _environment().get_template(template).render(**values, **known)


@cache
def _environment() -> Environment:
    return hardened(PackageLoader("watcher.web"), PackageLoader("watcher.report"))


def finding_summaries(found: Iterable[Mapping[str, Any]]) -> tuple[FindingSummary, ...]:
    """The findings of a comparison whose texts cannot be compared again, from their stored JSON."""
    return tuple(
        _finding_summary(
            StoredFinding(
                id=item["id"],
                comparison_id=0,
                position=number,
                kind=item["kind"],
                severity=Severity[item["severity"].upper()],
                section=tuple(item["section"]),
                summary=item["summary"],
            )
        )
        for number, item in enumerate(found)
    )


router = APIRouter()
_TYPES = {"watcher.css": "text/css; charset=utf-8", "review.js": "text/javascript; charset=utf-8"}


@cache
def content(name: str) -> bytes:
    """A file by name; the style sheet is that of reports with what only the pages need."""
    own = files("watcher.web").joinpath("static", name).read_bytes()
    if name != "watcher.css":
        return own
    reports = files("watcher.report").joinpath("templates")
    return b"".join(reports.joinpath(sheet).read_bytes() for sheet in ("style.css", "charts.css")) + own


def address(name: str) -> str:
    """Where a page finds a file: another address after every change, so that browsers may keep it."""
    return f"/static/{name}?v={sha256(content(name)).hexdigest()[:12]}"


@router.api_route("/static/{name}", methods=["GET", "HEAD"], response_model=None)
@public
def static(name: str) -> Response:
    """One of the files; it tells nothing about anybody, so it is open to all."""
    if name not in _TYPES:
        raise HTTPException(404)
    return Response(content(name), media_type=_TYPES[name], headers={"cache-control": "max-age=86400"})
