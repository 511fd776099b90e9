"""A comparison that reaches a watch's threshold → the Alert and one outbox row for each destination."""

from __future__ import annotations

import hashlib
from datetime import datetime

from snapshots import Draft
from watcher.config import Destination, Watch, Watchlist, due_at, wants
from watcher.model import Alert, Comparison, Finding, Notice
from watcher.report import Links


def index_url(api: str) -> str:
    """The index.php beside an api.php."""
    return api.removesuffix("api.php") + "index.php"


def links_of(watchlist: Watchlist, comparison: Comparison) -> Links:
    """Every address that the report of a comparison points to."""
    assert comparison.article
    return Links.on(index_url(watchlist.wiki(comparison.article.wiki).api), comparison, home_url=watchlist.base_url)


def alert_of(watchlist: Watchlist, watch: Watch, comparison: Comparison) -> Alert | None:
    """What to tell of a comparison; None when no finding reaches the watch's threshold.

    The key depends on nothing but the revisions, so that a check that is done again makes the same alert.
    """
    hits = comparison.at_least(watch.threshold)
    article, before, after = comparison.article, comparison.before, comparison.after
    if not hits or article is None or before is None or after is None:
        return None
    links = links_of(watchlist, comparison)
    return Alert(
        key=hashlib.sha256(seed_of(comparison).encode()).hexdigest()[:16],
        article=article,
        before=before,
        after=after,
        notices=tuple(notice_of(finding) for finding in hits),
        diff_url=links.diff_url or "",
        report_url=report_url(watchlist, comparison),
        not_listed=comparison.not_listed,
    )


def seed_of(comparison: Comparison) -> str:
    """What was compared with what: the revisions, and the contents of pictures that are others now."""
    article, before, after = comparison.article, comparison.before, comparison.after
    assert article
    assert before
    assert after
    digests = [f":{one.new}" for finding in comparison.findings for one in finding.change.fields if one.name == "sha1"]
    return f"{article.wiki}:{article.page_id}:{before.id}:{after.id}{''.join(digests)}"


def report_url(watchlist: Watchlist, comparison: Comparison) -> str | None:
    """Where the review pages show a comparison; None when nobody serves them."""
    if not (watchlist.base_url and comparison.article and comparison.before and comparison.after):
        return None
    wiki, old, new = comparison.article.wiki, comparison.before.id, comparison.after.id
    return f"{watchlist.base_url.rstrip('/')}/compare/{wiki}/{old}/{new}"


def notice_of(finding: Finding) -> Notice:
    """A finding in the flat words of a message."""
    change = finding.change
    return Notice(
        kind=change.kind,
        severity=finding.severity,
        section=change.place.section,
        summary=finding.summary,
        old_sentence=change.old_sentence,
        new_sentence=change.new_sentence,
        reasons=tuple(reason.code for reason in finding.reasons),
    )


def drafts_of(watchlist: Watchlist, watch: Watch, alert: Alert, now: datetime) -> tuple[Draft, ...]:
    """One outbox row for each destination that wants at least one of the notices."""
    return tuple(
        draft_for(place, alert, now)
        for place in watchlist.destinations
        if any(wants(place, watch, notice) for notice in alert.notices)
    )


def draft_for(place: Destination, alert: Alert, now: datetime) -> Draft:
    """The outbox row for one destination, due when it wants to hear of such an alert."""
    not_before, digest = due_at(place, alert, now)
    return Draft(destination=place.name, key=f"{alert.key}-{place.name}", not_before=not_before, digest=digest)
