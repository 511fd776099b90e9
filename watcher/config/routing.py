"""Derive the policy of a watch, filter findings by their edits, and decide where and when alerts are sent.

If a change of clocks skips the wall-clock time of a digest, the digest is sent as long after the change as that time
lies after it; a time that occurs twice counts once, at first. So a digest is sent exactly once on each of its days.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from fnmatch import fnmatchcase
from zoneinfo import ZoneInfo

from watcher.config.settings import Destination, EditFilter, Watch
from watcher.config.validators import Digest, QuietHours
from watcher.model import Alert, Finding, Notice, Policy, Revision, Severity
from watcher.model.changes import StatisticLimit


def policy_of(watch: Watch) -> Policy:
    """Return the policy by which findings of a watch are judged."""
    statistics = tuple(StatisticLimit(**dict(entry)) for entry in watch.statistic)
    return Policy(pinned=watch.claims, threshold=watch.threshold, statistics=statistics)


def filter_reason(settings: Watch | Destination, severity: Severity, edits: Sequence[Revision]) -> str:
    """Return why `ignore` and `only` filter out what these edits made, such as `bot edit`; empty if they do not.

    If it is uncertain which of several edits made a finding, it is only filtered out if each of them would be.
    """
    if settings.critical_always and severity is Severity.CRITICAL:
        return ""
    reasons, only = list[str](), settings.only
    for edit in edits:
        reason = _match(settings.ignore, edit) if settings.ignore else ""
        # `only` does not apply if the wiki did not say what the account is: one alert too many is better than one lost.
        if only and not reason and not (only.asks_account and edit.is_account_unknown) and not _match(only, edit):
            reason = "not an edit that `only` names"
        if not reason:
            return ""
        reasons.append(reason)
    return " or ".join(dict.fromkeys(reasons))


def finding_reason(watch: Watch, finding: Finding, edits: Sequence[Revision]) -> str:
    """Return why `sections`, `routine`, `ignore` and `only` of a watch filter out a finding; empty if they do not."""
    path = {heading.casefold() for heading in finding.change.location.section}
    always = watch.critical_always and finding.severity is Severity.CRITICAL
    if watch.sections and not always and path.isdisjoint(heading.casefold() for heading in watch.sections):
        return "outside the sections of its watch"
    routine = not path.isdisjoint(heading.casefold() for heading in watch.routine)
    if routine and not always and edits and all(is_trusted(watch, edit) for edit in edits):
        return "routine update by a trusted account"
    return filter_reason(watch, finding.severity, edits)


def is_trusted(watch: Watch, edit: Revision) -> bool:
    """Return whether the watch trusts the editor; rules about data that the wiki did not give do not match."""
    for rule in watch.trusted:
        kind, mark, value = rule.partition(":" if rule.startswith("group:") else ">")
        if mark == ":" and any(fnmatchcase(group, value.strip()) for group in edit.groups or ()):
            return True
        if mark == ">" and kind.strip() == "edits" and edit.edit_count is not None and edit.edit_count > int(value):
            return True
        if edit.editor is not None and fnmatchcase(edit.editor, rule):
            return True
    return False


def _match(edits: EditFilter, edit: Revision) -> str:
    """Return a description of an edit by the first key of the filter that matches it; empty if none does."""
    if edits.bots and edit.bot:
        return "bot edit"
    if edits.minor and edit.minor:
        return "minor edit"
    if edit.account in edits.accounts and not edit.is_account_unknown:
        return f"edit by {'an' if edit.account == 'unregistered' else 'a'} {edit.account} account"
    lists = (
        ("edit by ", edits.editors, () if edit.editor is None else (edit.editor,)),
        ("edit tagged ", edits.tags, edit.tags),
        ("edit by a member of ", edits.groups, edit.groups or ()),
    )
    names = (
        f"{words}{name}"
        for words, patterns, values in lists
        for name in values
        if any(fnmatchcase(name, pattern) for pattern in patterns)
    )
    return next(names, "")


def accepts(destination: Destination, watch: Watch, notice: Notice) -> bool:
    """Return whether the destination gets this notice of this watch."""
    relevant = serves(destination, watch) and _of_interest(destination, notice)
    return relevant and not filter_reason(destination, notice.severity, notice.edits)


def accepts_finding(destination: Destination, watch: Watch, finding: Finding) -> bool:
    """Return whether the destination gets the notice of this finding of this watch."""
    notice = Notice(kind=finding.change.kind, severity=finding.severity, section=(), summary="", edits=finding.edits)
    return accepts(destination, watch, notice)


def serves(destination: Destination, watch: Watch) -> bool:
    """Return whether the destination gets alerts of this watch."""
    return (
        destination.name in watch.destinations
        and (not destination.articles or watch.title in destination.articles)
        and (not destination.tags or bool(set(destination.tags) & set(watch.tags)))
    )


def filter_alert(destination: Destination, alert: Alert) -> Alert:
    """Return the alert with the notices that this destination wants; resolutions are not filtered by their edits.

    If no notice is left, return the alert unchanged: one message too many is better than one lost.
    """
    interesting = [notice for notice in alert.notices if _of_interest(destination, notice)]
    resolved = alert.is_resolved
    chosen = tuple(
        notice for notice in interesting if resolved or not filter_reason(destination, notice.severity, notice.edits)
    )
    filtered = alert.filtered + len(interesting) - len(chosen)
    return replace(alert, notices=chosen, filtered=filtered) if chosen else alert


def delivery_time(destination: Destination, alert: Alert, now: datetime) -> tuple[datetime, bool]:
    """Return the earliest time at which the destination gets the alert, and whether in a digest."""
    if is_urgent(destination, alert):
        return now, False
    if destination.digest is not None:
        return next_digest(destination.digest, destination.timezone, now), True
    return after_quiet_hours(destination.quiet, destination.timezone, now), False


def next_digest(digest: Digest, zone: str, now: datetime) -> datetime:
    """Return the first time after `now` at which this digest is sent, in UTC."""
    today = now.astimezone(ZoneInfo(zone)).date()
    for days in range(9):  # more than a week, because today's time may be over
        day = today + timedelta(days=days)
        if digest.weekday is not None and day.weekday() != digest.weekday:
            continue
        # fold=0 uses the offset before a change of clocks: that is the first of two equal times, and for a skipped
        # time as long after the change as that time lies after it.
        timestamp = datetime.combine(day, digest.at, tzinfo=ZoneInfo(zone)).astimezone(UTC)
        if timestamp > now:
            return timestamp
    raise AssertionError("a week has every weekday")


def after_quiet_hours(hours: QuietHours | None, zone: str, timestamp: datetime) -> datetime:
    """Return the same time, or the end of the quiet hours if it is within them."""
    local = timestamp.astimezone(ZoneInfo(zone))
    if hours is None or not hours.contains(local.time()):
        return timestamp
    # If the hour occurs twice and this is the second one, quiet hours end in the second one, too.
    return next_digest(Digest(at=hours.end.replace(fold=local.fold)), zone, timestamp)


def is_urgent(destination: Destination, alert: Alert) -> bool:
    """Return whether the alert has a critical notice that must not wait for a digest or the end of quiet hours."""
    return destination.critical_bypass and filter_alert(destination, alert).worst is Severity.CRITICAL


def _of_interest(destination: Destination, notice: Notice) -> bool:
    return notice.severity >= destination.threshold and (
        not destination.kinds or any(fnmatchcase(notice.kind.value, pattern) for pattern in destination.kinds)
    )
