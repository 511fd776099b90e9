"""Apply mutes to findings, and queue one summary of what was suppressed when a mute ends."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime
from fnmatch import filter as matching
from fnmatch import fnmatchcase

from snapshots import Mute, OutgoingAlert, Suppressed
from watcher.config import Watch, did_you_mean, policy_of
from watcher.errors import InputError, Missing
from watcher.model import AlertTopic, Article, Comparison, Finding, Kind
from watcher.services.alerts import build_alert, deliveries_for, key_of, sent_fact_of
from watcher.services.attribution import attribute_findings
from watcher.services.context import AppContext

_LOG = logging.getLogger("watcher")


def require_rule(pattern: str) -> None:
    """Refuse a pattern that matches no rule and no kind of change: InputError."""
    from watcher.judge import RULES

    known = [rule.__name__ for rule in RULES] + [kind.value for kind in Kind]
    if not matching(known, pattern):
        raise InputError(f"rule {pattern}: names no rule and no kind of change{did_you_mean(pattern, known)}")


def open_mute(services: AppContext, number: int) -> Mute:
    """Return the mute of this number; Missing when it was ended or never begun."""
    mute = next((mute for mute in services.archive.mutes.list_open() if mute.id == number), None)
    if mute is None:
        raise Missing(f"mute {number}: there is none; `watcher mute` lists them")
    return mute


def active_mutes(mutes: Iterable[Mute], now: datetime) -> tuple[Mute, ...]:
    """Return the mutes that have not expired."""
    return tuple(mute for mute in mutes if mute.until is None or mute.until > now)


def active_for(services: AppContext, watch: Watch, now: datetime) -> tuple[Mute, ...]:
    """Return the active mutes, those of the watch's page under the title that the watchlist has.

    A mute has the title of the time when it was set; the page may have been moved and its watch renamed since.
    """
    return tuple(
        _under_title_of(services, watch, mute) for mute in active_mutes(services.archive.mutes.list_open(), now)
    )


def _under_title_of(services: AppContext, watch: Watch, mute: Mute) -> Mute:
    # Titles change by moves, page ids do not: only the id tells whether both titles are of one page.
    if mute.title in (None, watch.title) or mute.wiki != watch.wiki:
        return mute
    muted, watched = (
        services.archive.articles.find_by_title_or_former_title(watch.wiki, mute.title or ""),
        services.index.article_of(watch),
    )
    return replace(mute, title=watch.title) if muted is not None and muted == watched else mute


def matches(mute: Mute, watch: Watch, finding: Finding) -> bool:
    """Return whether a mute suppresses a finding of this watch: every part that it has must match."""
    if mute.title is not None and (mute.wiki, mute.title) != (watch.wiki, watch.title):
        return False
    # A mute may name a rule or a kind of change, with wildcards: `reference_*` or `reference.*`.
    names = (finding.rule, finding.change.kind.value)
    if mute.rule is not None and not any(fnmatchcase(name, mute.rule) for name in names):
        return False
    return mute.words is None or _normalize(mute.words) in _normalize(_searchable_text(finding))


def mutes_sentence(mute: Mute, article: Article, sentence: str) -> bool:
    """Return whether a mute covers a sentence of an article, whatever is found in it."""
    if mute.rule is not None or (mute.title is not None and (mute.wiki, mute.title) != (article.wiki, article.title)):
        return False
    return mute.words is None or _normalize(mute.words) in _normalize(sentence)


def _searchable_text(finding: Finding) -> str:
    change = finding.change
    return " ".join((finding.summary, change.old_sentence or "", change.new_sentence or ""))


def _normalize(text: str) -> str:
    return " ".join(text.casefold().split())


def without_muted(comparison: Comparison, watch: Watch, mutes: Iterable[Mute]) -> tuple[Comparison, tuple[int, ...]]:
    """Remove the muted findings; also return the ids of the mutes that suppressed one above the threshold."""
    kept: list[Finding] = []
    by: dict[int, None] = {}
    for finding in comparison.findings:
        muted = _mute_of(finding, watch, mutes)
        if muted is None:
            kept.append(finding)
        elif finding.severity >= watch.threshold:  # below it nobody would have got an alert anyway
            by[muted.id] = None
    return replace(comparison, findings=tuple(kept)), tuple(by)


def muted_findings(comparison: Comparison, watch: Watch, mutes: Iterable[Mute]) -> tuple[tuple[int, int], ...]:
    """Return the positions of the muted findings, each with the id of its mute: reviewers need not see them."""
    known = tuple(mutes)
    muted = ((position, _mute_of(finding, watch, known)) for position, finding in enumerate(comparison.findings))
    return tuple((position, mute.id) for position, mute in muted if mute is not None)


def _mute_of(finding: Finding, watch: Watch, mutes: Iterable[Mute]) -> Mute | None:
    return next((mute for mute in mutes if matches(mute, watch, finding)), None)


def end_mutes(services: AppContext) -> None:
    """End the expired mutes and queue a summary of what each suppressed; errors are retried by the next check."""
    for mute in services.archive.mutes.list_open():
        if mute.until is not None and mute.until <= services.now():
            try:
                end_mute(services, mute)
            except Exception as error:  # noqa: BLE001  a summary that cannot be made must not stop the checks
                _LOG.warning(
                    "mute %s could not be ended (%s); the next check tries again", mute.id, type(error).__name__
                )


def end_mute(services: AppContext, mute: Mute) -> int:
    """End a mute and queue a summary for each article of which it suppressed something; return how many.

    The summary compares the article with its text when the mute first suppressed something: edits that were reverted
    meanwhile are not in it. Raises StoreError.
    """
    now = services.now()
    alerts = [
        alert
        for suppressed in services.archive.mutes.suppressed(mute)
        if (watch := services.index.watch_of(suppressed.article)) is not None
        if (alert := _summary(services, watch, _under_title_of(services, watch, mute), suppressed)) is not None
    ]
    return len(alerts) if services.archive.mutes.end(mute, alerts, now) else 0


def _summary(services: AppContext, watch: Watch, mute: Mute, suppressed: Suppressed) -> OutgoingAlert | None:
    archive, wiki = services.archive, watch.wiki
    # What another mute still suppresses is left to the summary of that mute.
    others = [other for other in active_for(services, watch, services.now()) if other.id != mute.id]
    cursor = archive.revisions.cursor(suppressed.article)
    if cursor is None:
        return None
    before, after = archive.revisions.snapshot(wiki, suppressed.since), archive.revisions.snapshot(wiki, cursor.id)
    whole = services.compare(before, after, policy=policy_of(watch), dialect=services.dialect(wiki))
    whole = attribute_findings(services, watch, whole)
    own = tuple(finding for finding in whole.findings if matches(mute, watch, finding))
    comparison, _ = without_muted(replace(whole, findings=own), watch, others)
    alert = build_alert(services.watchlist, watch, comparison)
    if alert is None:
        return None
    alert = replace(alert, key=key_of(f"catch-up:{mute.id}:{alert.key}"), topic=AlertTopic.CATCH_UP)
    reported = tuple(entry for finding in comparison.at_least(watch.threshold) if (entry := sent_fact_of(finding)))
    drafts = deliveries_for(services.watchlist, watch, alert, services.now())
    return OutgoingAlert(alert=alert, deliveries=drafts, facts=reported)
