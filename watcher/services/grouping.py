"""Decide which alerts are one message at a destination, and when: `group_by`, `group_wait`, `group_interval`."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final

from snapshots import NewDelivery, OutgoingAlert
from watcher.config import Destination, Watchlist, delivery_time, filter_alert
from watcher.model import Alert, AlertTopic, Notice, Severity
from watcher.services.context import AppContext

_MAX_LABELS: Final = 5  # of one kind: an edit that changes fifty sources says nothing by each of them
_ARTICLE: Final = "article"


def group_labels(destination: Destination, alert: Alert) -> tuple[str, ...]:
    """Return what an alert may have in common with others, as words of `group_by` each with a digest."""
    if alert.topic in (AlertTopic.OPERATOR, AlertTopic.TEST):
        return ()
    labels: dict[str, dict[str, None]] = {}
    for word, text in _common_features(alert):
        of_word = labels.setdefault(word, {})
        if word.partition("-")[0] in destination.group_by and len(of_word) < _MAX_LABELS:
            of_word[_label(word, text)] = None
    return tuple(label for of_word in labels.values() for label in of_word)


def _common_features(alert: Alert) -> Iterator[tuple[str, str]]:
    yield _ARTICLE, f"{alert.article.wiki}:{alert.article.page_id}"
    for notice in sorted(alert.notices, key=lambda notice: -notice.severity):
        if notice.old_sentence or notice.new_sentence:  # the same for an edit and its revert
            yield f"{_ARTICLE}-sentence", "\n".join(sorted((notice.old_sentence or "", notice.new_sentence or "")))
        if notice.element_name:
            yield "source" if notice.kind.value.startswith("reference.") else "template", notice.element_name
        for edit in notice.edits or (alert.after,):
            if edit.editor:
                yield "editor_and_summary", edit.series or f"{edit.article.wiki}:{edit.editor}\n"


def _label(word: str, text: str) -> str:
    return f"{word}:{hashlib.sha256(text.encode('utf-8', 'replace')).hexdigest()[:16]}"


def delivery_for(destination: Destination, alert: Alert, now: datetime) -> NewDelivery:
    """Build the delivery to one destination, due when its settings say."""
    severity = worst_severity(filter_alert(destination, alert).notices)
    if alert.topic is AlertTopic.RESOLVED:  # good news is never more urgent than the alert before it
        severity = Severity.INFO
    labels = group_labels(destination, alert)
    # Nobody waits for company with a critical alert; a digest has its own time.
    waits = labels and severity < Severity.CRITICAL and destination.digest is None
    not_before, digest = delivery_time(destination, alert, now + (destination.group_wait if waits else timedelta()))
    return NewDelivery(
        destination=destination.name,
        key=f"{alert.key}-{destination.name}",
        not_before=not_before,
        digest=digest,
        labels=() if digest else labels,
        severity=severity,
    )


def limit_group_times(watchlist: Watchlist, wait: timedelta, interval: timedelta = timedelta.max) -> Watchlist:
    """Return a watchlist whose groups wait no longer than that: for a pass that delivers at its end, and the stream."""
    return replace(
        watchlist,
        destinations=tuple(
            each.model_copy(
                update={"group_wait": min(each.group_wait, wait), "group_interval": min(each.group_interval, interval)}
            )
            for each in watchlist.destinations
        ),
    )


def worst_severity(notices: tuple[Notice, ...]) -> Severity:
    """Return the severity of the most severe notice."""
    return max((notice.severity for notice in notices), default=Severity.INFO)


def after_group_interval(services: AppContext, outgoing: OutgoingAlert, now: datetime) -> OutgoingAlert:
    """Return an alert whose deliveries follow the last message of their group after `group_interval`.

    One that is more severe than that message does not wait. Raises StoreError.
    """
    by_name = {destination.name: destination for destination in services.watchlist.destinations}
    deliveries = (
        _spaced(services, by_name[draft.destination], outgoing.alert, draft, now) for draft in outgoing.deliveries
    )
    return replace(outgoing, deliveries=tuple(deliveries))


def _spaced(
    services: AppContext, destination: Destination, alert: Alert, draft: NewDelivery, now: datetime
) -> NewDelivery:
    # What changes in an article that had an alert a minute ago waits only if it is about the same sentences.
    labels = [label for label in draft.labels if not label.startswith(f"{_ARTICLE}:")]
    if not labels:
        return draft
    since = now - destination.group_interval
    last = services.archive.outbox.last_of_group(draft.destination, labels, since)
    if last is None or draft.severity > last[1]:
        return draft
    due, _ = delivery_time(destination, alert, last[0] + destination.group_interval)
    return replace(draft, not_before=max(draft.not_before, due))
