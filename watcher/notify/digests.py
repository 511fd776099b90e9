"""Compose one message from the alerts of a digest, the most severe first."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Final

from watcher.model import Alert, AlertTopic, Severity
from watcher.notify.messages import MAIL_CHARACTERS, Message, compose, count_kinds, facts_of, mail_page, render
from watcher.notify.sanitize import defang, truncate_bytes, utf8_length

# Where nobody knows what the service takes: bytes of text, characters of the others (Discord 2,000, Telegram 4,096).
_BUDGET: Final = {"text": 3_500, "markdown": 1_800, "html": 3_600, "mail": MAIL_CHARACTERS}
_MOST_ITEMS: Final = 10  # of one article; its link leads to the rest
_SUMMARY: Final = 240


def compose_digest(alerts: Sequence[Alert], key: str, limits: int | None = None) -> Message:
    """Compose the message for several alerts: as many as fit into `limits` characters, then the number of the others.

    A digest of one alert is that alert's own message. ValueError for none.
    """
    if not alerts:
        raise ValueError("a digest needs an alert")
    if len(alerts) == 1:
        return compose(alerts[0], key)
    order, shown = ranked(alerts), digest_facts(alerts, key)
    articles, line = shown["articles"], shown["subject"]

    def body(form: str) -> str:
        def made(count: int) -> str:
            if form == "mail":
                return mail_page(order[:count], articles[:count], line, left=len(articles) - count)
            return render(f"digest.{form}.j2", shown | {"articles": articles[:count], "left": len(articles) - count})

        measure: Callable[[str], int] = utf8_length if form == "text" else len
        most = largest(len(articles), lambda count: measure(made(count)) <= (limits or _BUDGET[form]))
        return made(most)

    return Message(
        subject=line,
        text=body("text"),
        markdown=body("markdown"),
        html=body("html"),
        mail=body("mail"),
        short=line,
        severity=worst(order[0]),
        key=defang(key),
        is_resolved=all(alert.topic is AlertTopic.RESOLVED for alert in alerts),
    )


def digest_facts(alerts: Sequence[Alert], key: str) -> dict[str, Any]:
    """Return all that a digest's template may show: `articles` with the facts of each alert, `left`, subject, key."""
    articles = [_shortened(alert, facts_of(alert, key)) for alert in ranked(alerts)]
    return {"subject": _subject(ranked(alerts)), "key": defang(key), "articles": articles, "left": 0}


def ranked(alerts: Sequence[Alert]) -> list[Alert]:
    """Sort alerts by severity, otherwise as they came."""
    return sorted(alerts, key=lambda alert: -worst(alert))


def worst(alert: Alert) -> Severity:
    """Return the severity of the most severe notice."""
    return max((notice.severity for notice in alert.notices), default=Severity.INFO)


def largest(most: int, fits: Callable[[int], bool]) -> int:
    """Find the largest number from 1 to `most` that fits, where all smaller ones do; 1 when none does.

    >>> largest(100, lambda count: count <= 42)
    42
    """
    low, high = 1, most
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (middle, high) if fits(middle) else (low, middle - 1)
    return low


def _shortened(alert: Alert, facts: dict[str, Any]) -> dict[str, Any]:
    items = facts["items"][:_MOST_ITEMS]
    left = sorted(alert.notices, key=lambda notice: -notice.severity)[len(items) :]
    return facts | {
        "items": [item | {"summary": truncate_bytes(item["summary"], _SUMMARY)} for item in items],
        "more": len(left),
        "rest": count_kinds(left),
    }


def _subject(alerts: Sequence[Alert]) -> str:
    count = sum(len(alert.notices) for alert in alerts)
    titles = list(dict.fromkeys(truncate_bytes(defang(alert.article.title), 50) for alert in alerts))
    named = ", ".join(titles[:2]) + (f" and {len(titles) - 2} more" if len(titles) > 2 else "")  # noqa: PLR2004  two fit
    return f"Digest: {count} findings in {named}"
