"""Judge stored comparisons again with the rules and parser of this release, and list what differs."""

from __future__ import annotations

import logging
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import partial
from typing import Any, NamedTuple

from snapshots import ComparisonRecord
from snapshots.comparisons import Rejudgement
from watcher.config import Watch
from watcher.errors import Corrupt, Missing
from watcher.model import Comparison, Finding, Reason, Severity
from watcher.model.elements import Guard
from watcher.model.source_checks import stored_check
from watcher.services.alerting import alerts
from watcher.services.checks import judgement, page_check, source_checks
from watcher.services.checks.attribution import SAME_NAMES
from watcher.services.context import AppContext
from watcher.services.history import ledger

_LOG = logging.getLogger(__name__)
_Stored = Sequence[Mapping[str, Any]]  # findings as JSON


class RejudgedEdit(NamedTuple):
    """A comparison that alerts now or no longer: its worst finding before and now, None for no alert."""

    record: ComparisonRecord
    old_worst: str | None
    new_worst: str | None


@dataclass(slots=True, kw_only=True)
class RejudgeReport:
    """How many comparisons were judged again, and which alert now or no longer; `findings` are those that differ."""

    judged: int = 0
    more: list[RejudgedEdit] = field(default_factory=list)
    fewer: list[RejudgedEdit] = field(default_factory=list)
    findings: int = 0
    unreadable: int = 0
    failed: int = 0
    unwatched: int = 0


def rejudge(
    services: AppContext, since: datetime, progress: ledger.ProgressCallback = ledger.no_progress, *, write: bool
) -> RejudgeReport:
    """Judge the comparisons since a time again; `write` stores the new findings. Nothing is sent.

    Each is judged with the settings that its watch has today. Raises StoreError.
    """
    archive, report = services.archive, RejudgeReport()
    numbers = archive.comparisons.since(since)
    for done, number in enumerate(numbers, 1):
        progress(done, len(numbers))
        record = archive.comparisons.get(number)
        watch = services.index.watch_of(record.article)
        if watch is None:
            report.unwatched += 1
            continue
        stored = archive.comparisons.findings(number)
        guard = Guard()
        judge_again = partial(_judged_again, services, watch, record)
        comparison = guard.run(judge_again, otherwise=None, element=f"revisions {record.before.id} → {record.after.id}")
        if guard.unread:  # texts that this release cannot compare must not end the run
            _LOG.warning("not judged again: %s", guard.unread[0].reason)
            _LOG.debug("the failure", exc_info=guard.error)
            report.failed += 1
            continue
        if comparison is None:
            report.unreadable += 1
            continue
        change = _difference(services, watch, record, stored, comparison)
        _count(report, watch, record, stored, change)
        if write:
            archive.comparisons.rejudge(change, services.now())
    return report


def _judged_again(services: AppContext, watch: Watch, record: ComparisonRecord) -> Comparison | None:
    """Compare and judge the two texts again; None if one of them is not stored, is damaged or is hidden."""
    revisions = services.archive.revisions
    try:
        before, after = (revisions.snapshot(watch.wiki, side.id) for side in (record.before, record.after))
    except (Missing, Corrupt):
        return None
    if before.wikitext is None or after.wikitext is None:
        return None
    return judgement.judge_past(services, watch, before, after)


def _difference(
    services: AppContext, watch: Watch, record: ComparisonRecord, stored: _Stored, comparison: Comparison
) -> Rejudgement:
    """Pair the stored findings with the new ones, by what changed from what to what."""
    waiting: dict[tuple[Any, ...], list[int]] = defaultdict(list)
    retired = {item["id"] for item in stored if item.get("retired")}
    items = {item["id"]: item for item in stored}
    # Which findings were open at the time is no longer known, so a finding that restored something stays filtered.
    restoring = {item["id"] for item in stored if item.get("filtered") == judgement.RESTORES}
    for item in stored:
        # No rule finds that a source is unreachable, and a change that was reported again is not from these two texts.
        if item.get("rule") != source_checks.SOURCE_RULE and judgement.SOURCE_GONE not in item["reasons"]:
            waiting[_key(item)].append(item["id"])
    same: dict[int, Finding] = {}
    added: list[Finding] = []
    for finding in comparison.findings:
        ids = waiting[_key(finding.to_dict())]
        if ids:
            number = ids.pop(0)
            filtered = finding.filtered or judgement.RESTORES * (number in restoring)
            # As low as it is stored if its names were of one page then: the redirect may be gone.
            known = {reason.code for reason in finding.reasons}
            stated = zip(items[number]["reasons"], items[number].get("explanations", ()), strict=False)
            names = [Reason(code=code, text=text) for code, text in stated if code in SAME_NAMES - known]
            same[number] = replace(
                finding,
                severity=min(finding.severity, Severity.LOW) if names else finding.severity,
                reasons=(*finding.reasons, *names),
                source_check=stored_check(items[number]),
                filtered=filtered,
            )
        else:
            added.append(finding)
    muted = alerts.muted_findings(
        Comparison(findings=tuple(added)), watch, alerts.active_for(services, watch, services.now())
    )
    return Rejudgement(
        comparison_id=record.id,
        comparison=comparison,
        parser=page_check.PARSER,
        rules=page_check.RULES,
        same=same,
        retired=[number for ids in waiting.values() for number in ids if number not in retired],
        added=added,
        returned=[number for number in same if number in retired],
        muted=muted,
    )


def _key(finding: Mapping[str, Any]) -> tuple[Any, ...]:
    sentence = finding.get("sentence") or {}
    sides = [(finding.get(side) or {}) for side in ("old", "new")]
    texts = [side.get("text") or side.get("key") or side.get("title") or side.get("file") for side in sides]
    subject = str(finding["kind"]).partition(".")[0]
    return subject, tuple(finding["section"]), sentence.get("old"), sentence.get("new"), *map(str, texts)


def _count(report: RejudgeReport, watch: Watch, record: ComparisonRecord, stored: _Stored, change: Rejudgement) -> None:
    active = [item for item in stored if not item.get("filtered") and not item.get("retired")]
    before = {item["id"]: (Severity[_level(item).upper()], item["summary"]) for item in active}
    judged = (*change.same.values(), *change.added)
    after = [(item.severity, item.summary) for item in judged if not item.filtered]
    # Findings that no rule makes stay as they are.
    after += [level for number, level in before.items() if number not in change.same and number not in change.retired]
    was, now = _worst([*before.values()], watch), _worst(after, watch)
    levels = {item["id"]: _level(item) for item in stored}
    report.judged += 1
    report.findings += len(change.added) + len(change.retired)
    report.findings += sum(
        number in change.returned or levels[number] != finding.severity.label for number, finding in change.same.items()
    )
    if (was is None) != (now is None):
        (report.more if now else report.fewer).append(RejudgedEdit(record, was, now))


def _level(stored: Mapping[str, Any]) -> str:
    """Return the severity by the latest rules; after a reviewer's decision, it is stored apart from the original."""
    return str(stored.get("rejudged") or stored["severity"])


def _worst(findings: Sequence[tuple[Severity, str]], watch: Watch) -> str | None:
    """Return the worst finding as an alert would name it; None if none reaches the watch's threshold."""
    alerting = [finding for finding in findings if finding[0] >= watch.threshold]
    if not alerting:
        return None
    severity, summary = max(alerting, key=lambda finding: finding[0])
    return f"{severity.label}: {summary}"
