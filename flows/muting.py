"""Mutes keep findings back, and what they kept back is told in one summary when they end."""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime
from fnmatch import fnmatchcase

from flows.alerts import alert_of, drafts_of
from flows.ledger import told_of
from flows.services import Services
from snapshots import Mute, Telling, Withheld
from watcher.config import Watch, policy_of
from watcher.model import Comparison, Finding, Topic
from watcher.pipeline import compare

_LOG = logging.getLogger("watcher")


def active(mutes: Iterable[Mute], now: datetime) -> tuple[Mute, ...]:
    """The mutes that have not run out."""
    return tuple(mute for mute in mutes if mute.until is None or mute.until > now)


def active_for(services: Services, watch: Watch, now: datetime) -> tuple[Mute, ...]:
    """List the mutes in force, those of the watch's page under the title that the watchlist has.

    A mute keeps the title of the time when it was set; the page may have been moved and its watch renamed since.
    """
    return tuple(_under_title_of(services, watch, mute) for mute in active(services.archive.mutes(), now))


def _under_title_of(services: Services, watch: Watch, mute: Mute) -> Mute:
    if mute.title in (None, watch.title) or mute.wiki != watch.wiki:
        return mute
    muted, watched = services.archive.known_as(watch.wiki, mute.title or ""), services.index.article_of(watch)
    return replace(mute, title=watch.title) if muted is not None and muted == watched else mute


def silences(mute: Mute, watch: Watch, finding: Finding) -> bool:
    """Whether a mute keeps a finding of this watch back: every part that it has must match."""
    if mute.title is not None and (mute.wiki, mute.title) != (watch.wiki, watch.title):
        return False
    names = (finding.rule, finding.change.kind.value)
    if mute.rule is not None and not any(fnmatchcase(name, mute.rule) for name in names):
        return False
    return mute.words is None or _plain(mute.words) in _plain(_said(finding))


def _said(finding: Finding) -> str:
    change = finding.change
    return " ".join((finding.summary, change.old_sentence or "", change.new_sentence or ""))


def _plain(text: str) -> str:
    return " ".join(text.casefold().split())


def heard(comparison: Comparison, watch: Watch, mutes: Iterable[Mute]) -> tuple[Comparison, tuple[int, ...]]:
    """The comparison without what is muted, and the ids of the mutes that kept something worth telling back."""
    kept: list[Finding] = []
    by: dict[int, None] = {}
    for finding in comparison.findings:
        silent = next((mute for mute in mutes if silences(mute, watch, finding)), None)
        if silent is None:
            kept.append(finding)
        elif finding.severity >= watch.threshold:
            by[silent.id] = None
    return replace(comparison, findings=tuple(kept)), tuple(by)


def silent(comparison: Comparison, watch: Watch, mutes: Iterable[Mute]) -> tuple[tuple[int, int], ...]:
    """The positions of the findings that mutes keep back, each with the id of its mute: reviewers need not see them."""
    known = tuple(mutes)
    return tuple(
        (position, mute.id)
        for position, finding in enumerate(comparison.findings)
        if (mute := next((one for one in known if silences(one, watch, finding)), None)) is not None
    )


def end_mutes(services: Services) -> None:
    """End the mutes that have run out and queue what they kept back; one that cannot be ended now is tried again."""
    for mute in services.archive.mutes():
        if mute.until is not None and mute.until <= services.now():
            try:
                end_mute(services, mute)
            except Exception as error:  # noqa: BLE001  a summary that cannot be made must not stop the checks
                _LOG.warning(
                    "mute %s cannot be ended now (%s); the next check tries again", mute.id, type(error).__name__
                )


def end_mute(services: Services, mute: Mute) -> int:
    """End a mute and queue a summary for each article of which it kept something back; how many.

    The summary says how the article differs now from when the mute first kept something back: what came and
    went meanwhile is not in it. Raises StoreError.
    """
    now = services.now()
    tellings = [
        telling
        for withheld in services.archive.withheld(mute)
        if (watch := services.index.watch_of(withheld.article)) is not None
        if (telling := _summary(services, watch, _under_title_of(services, watch, mute), withheld)) is not None
    ]
    return len(tellings) if services.archive.end_mute(mute, tellings, now) else 0


def _summary(services: Services, watch: Watch, mute: Mute, withheld: Withheld) -> Telling | None:
    archive, wiki = services.archive, watch.wiki
    others = [other for other in active_for(services, watch, services.now()) if other.id != mute.id]
    cursor = archive.cursor(withheld.article)
    if cursor is None:
        return None
    before, after = archive.snapshot(wiki, withheld.since), archive.snapshot(wiki, cursor.id)
    whole = compare(before, after, policy=policy_of(watch), dialect=services.dialect(wiki))
    mine = tuple(finding for finding in whole.findings if silences(mute, watch, finding))
    comparison, _ = heard(replace(whole, findings=mine), watch, others)
    alert = alert_of(services.watchlist, watch, comparison)
    if alert is None:
        return None
    key = hashlib.sha256(f"catch-up:{mute.id}:{alert.key}".encode()).hexdigest()[:16]
    alert = replace(alert, key=key, topic=Topic.CATCH_UP)
    told = tuple(entry for finding in comparison.at_least(watch.threshold) if (entry := told_of(finding)))
    drafts = drafts_of(services.watchlist, watch, alert, services.now())
    return Telling(alert=alert, drafts=drafts, told=told)
