"""Compose the JSON payload of webhooks and files; schema/alert-1.json describes it.

It is for programs: text of the wiki is exact, not shortened and defanged as in messages for people.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from watcher.model import Alert, Notice, Revision
from watcher.model.changes import Cited
from watcher.notify.digests import ranked, worst
from watcher.notify.messages import Message

SCHEMA_VERSION: Final = 1
"""Raised when a receiver of the version before could misread a payload; a new field is no reason."""
# Of a payload with several alerts; the rest go into the next one. Receivers commonly refuse more than 1 MB.
_MOST_BYTES: Final = 1_000_000
_MOST_FINDINGS: Final = 500  # of one alert
_LONGEST: Final = 4_000  # characters of a text; an article's longest sentences have some hundred


@dataclass(frozen=True, slots=True)
class Receiver:
    """Where a message goes: a destination's URL, whether it gets the JSON payload, and the secret that signs it."""

    url: str = field(repr=False)
    json: bool = False
    secret: str = field(default="", repr=False)


def payload_message(alerts: Sequence[Alert], key: str) -> Message:
    """Return the message for a receiver of JSON: it has no texts."""
    severity = worst(ranked(alerts)[0])
    payload = compose_payload(alerts, key)
    return Message(subject="", text="", markdown="", html="", short="", severity=severity, key=key, payload=payload)


def payload_fits(alerts: Sequence[Alert]) -> bool:
    """Return whether one payload may hold these alerts."""
    return len(compose_payload(alerts, "")) <= _MOST_BYTES


def compose_payload(alerts: Sequence[Alert], key: str) -> str:
    """Compose the payload for one alert or the alerts of a digest, the most severe first; ASCII on one line.

    JSON's escapes for all other characters leave nothing that steers a terminal or breaks a line of a file.
    """
    order = ranked(alerts)
    content = {
        "schema_version": SCHEMA_VERSION,
        "key": key,
        "topic": order[0].topic.value if len(order) == 1 else "digest",
        "severity": worst(order[0]).label,
        "alerts": [_alert(alert) for alert in order],
    }
    return json.dumps(content, separators=(",", ":"))


def _alert(alert: Alert) -> dict[str, Any]:
    notices = sorted(alert.notices, key=lambda notice: -notice.severity)
    article = alert.article
    return {
        "topic": alert.topic.value,
        "key": alert.key,
        "follows": alert.thread or None,
        "article": {"wiki": article.wiki, "page_id": article.page_id or None, "title": article.title},
        "at": alert.after.at.isoformat(),
        "before": _revision(alert.before),
        "after": _revision(alert.after),
        "severity": worst(alert).label,
        "findings": [_finding(notice) for notice in notices[:_MOST_FINDINGS]],
        "not_listed": alert.not_listed + len(notices[_MOST_FINDINGS:]),
        "filtered": alert.filtered,
        "diff_url": alert.diff_url or None,
        "report_url": alert.report_url,
    }


def _finding(notice: Notice) -> dict[str, Any]:
    return {
        "kind": notice.kind.value,
        "severity": notice.severity.label,
        "reasons": list(notice.reasons),
        "section": list(notice.section),
        "summary": notice.summary[:_LONGEST],
        "old": _side(notice.old_text, notice.old_value, notice.old_sentence),
        "new": _side(notice.new_text, notice.new_value, notice.new_sentence),
        "edits": [_revision(edit) for edit in notice.edits],
        **({"through": [title[:_LONGEST] for title in notice.through]} if notice.through else {}),
        "explanations": [text[:_LONGEST] for text in notice.explanations],
        "sources": [_source(source) for source in notice.sources],
        "diff_url": notice.diff_url or None,
        "finding_url": notice.review_url or None,
    }


def _source(source: Cited) -> dict[str, str | None]:
    return {
        "label": source.label[:_LONGEST],
        "url": source.url,
        "archive_url": source.archive_url,
        "status": source.status,
    }


def _side(text: str | None, value: str | None, sentence: str | None) -> dict[str, str | None] | None:
    """Return what stood on one side of a change; None where there was nothing."""
    if text is None and sentence is None:
        return None
    return {"text": text and text[:_LONGEST], "value": value, "sentence": sentence and sentence[:_LONGEST]}


def _revision(revision: Revision) -> dict[str, Any] | None:
    """Return a revision with its kind of account; None for the placeholder of an alert that is about no edit."""
    return revision.to_dict() if revision.id else None
