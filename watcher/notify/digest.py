"""Alerts that waited for a digest become one Message, an article after the other, the weightiest first."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Final

from watcher.model import Alert, Severity
from watcher.notify.message import Message, compose, facts_of, render
from watcher.notify.words import calm, excerpt, size

# Bytes of text, characters of the others: Discord takes 2,000, Telegram 4,096.
_ROOM: Final = {"text": 3_500, "markdown": 1_800, "html": 3_600}
_MOST_ITEMS: Final = 10  # of one article; its link leads to the rest
_SUMMARY: Final = 240


def compose_digest(alerts: Sequence[Alert], key: str) -> Message:
    """The message for several alerts; as many as fit, then how many more there are.

    A digest of one alert is that alert's own message. ValueError for none.
    """
    if not alerts:
        raise ValueError("a digest needs an alert")
    if len(alerts) == 1:
        return compose(alerts[0], key)
    ranked = sorted(alerts, key=lambda alert: -_worst(alert))
    facts = [_shortened(facts_of(alert, key)) for alert in ranked]
    line = _subject(ranked)
    shown = {"subject": line, "key": calm(key)}

    def body(form: str) -> str:
        def made(count: int) -> str:
            return render(f"digest.{form}.j2", shown | {"articles": facts[:count], "left": len(facts) - count})

        measure: Callable[[str], int] = size if form == "text" else len
        count = len(facts)
        while count > 1 and measure(made(count)) > _ROOM[form]:
            count -= 1
        return made(count)

    return Message(
        subject=line,
        text=body("text"),
        markdown=body("markdown"),
        html=body("html"),
        short=line,
        severity=_worst(ranked[0]),
        key=calm(key),
    )


def _worst(alert: Alert) -> Severity:
    return max((notice.severity for notice in alert.notices), default=Severity.INFO)


def _shortened(facts: dict[str, Any]) -> dict[str, Any]:
    items = facts["items"][:_MOST_ITEMS]
    return facts | {
        "items": [item | {"summary": excerpt(item["summary"], _SUMMARY)} for item in items],
        "more": facts["more"] + len(facts["items"]) - len(items),
    }


def _subject(alerts: Sequence[Alert]) -> str:
    count = sum(len(alert.notices) for alert in alerts)
    titles = list(dict.fromkeys(excerpt(calm(alert.article.title), 50) for alert in alerts))
    named = ", ".join(titles[:2]) + (f" and {len(titles) - 2} more" if len(titles) > 2 else "")  # noqa: PLR2004  two fit
    return f"Digest: {count} findings in {named}"
