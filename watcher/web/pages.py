"""Stored comparisons and the state of the watches become the pages of the review server."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any
from urllib.parse import urlsplit, urlunsplit

from jinja2 import Environment, PackageLoader

from flows.health import Health, WatchHealth, watch_health
from flows.services import Services
from snapshots import Headline, Status, Watched
from watcher.config import Watchlist
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
    """A watch and how its checks go; `state` is a value of Health."""

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

STATES = {
    Health.WELL: "Up to date",
    Health.FAILING: "Failing",
    Health.OVERDUE: "Overdue",
    Health.NEW: "Not checked yet",
    Health.PAUSED: "Paused",
}


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


def watch_rows(services: Services, status: Status, now: datetime) -> tuple[WatchRow, ...]:
    """Every watch of the list, those in trouble first."""
    rows = [_watch_row(services.watchlist, health) for health in watch_health(services, status, now)]
    order = [health.value for health in (Health.FAILING, Health.OVERDUE, Health.NEW, Health.WELL, Health.PAUSED)]
    return tuple(sorted(rows, key=lambda row: order.index(row.state)))


def _watch_row(watchlist: Watchlist, health: WatchHealth) -> WatchRow:
    watch, checks = health.watch, health.seen
    cursor = checks.cursor if checks else None
    index = index_url(watchlist, watch.wiki)
    return WatchRow(
        title=watch.title,
        wiki=watch.wiki,
        state=health.health.value,
        says=STATES[health.health],
        detail=_failure(checks) if checks and health.health is Health.FAILING else "",
        checked=moment(checks.checked_at) if checks and checks.checked_at else "–",
        revision=str(cursor.id) if cursor else "–",
        revision_url=f"{index}?oldid={cursor.id}" if cursor and index else None,
    )


def _failure(checks: Watched) -> str:
    return f"{checks.failures} in a row: {checks.error or 'no reason was given'}"


def index_url(watchlist: Watchlist, wiki: str) -> str | None:
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
