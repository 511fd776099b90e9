"""An Alert becomes a Message: one subject and the same news as text, Markdown and HTML."""

from __future__ import annotations

import shlex
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC
from functools import cache
from typing import TYPE_CHECKING, Any

from watcher.model import Alert, Severity, Topic
from watcher.notify.phrases import Phrases, phrases, subject
from watcher.notify.words import calm, clean, excerpt, markdown, own_link, shorter_link, size

if TYPE_CHECKING:
    from jinja2.sandbox import SandboxedEnvironment

TEXT_BYTES = 500
"""The most that the plain text takes: it then fits a notification of any desktop or phone."""
_UNTITLED = "untitled article"
_SUBJECT_BYTES = 160
_MOST_TOLD = 50  # more would not fit into any format
_SHORT_BYTES = 140
_RICH_CHARACTERS = {"markdown": 1_800, "html": 3_600}  # Discord takes 2,000 characters, Telegram 4,096
_RICH_SENTENCE = 400
LABELS = {
    Topic.CHANGE: "",
    Topic.UPDATE: "Update: ",
    Topic.RESOLVED: "Resolved: ",
    Topic.CATCH_UP: "While muted: ",
    Topic.OPERATOR: "",
    Topic.TEST: "Test: ",
}
"""What stands before the title, so that the first word tells news from what is over."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """What is sent; `short` is for services that take a line only, `key` is the same on every retry.

    `thread` is the key of the message that this one follows, empty where it follows none.
    """

    subject: str
    text: str
    markdown: str
    html: str
    short: str
    severity: Severity
    key: str
    thread: str = ""


@dataclass(frozen=True, slots=True)
class _Measure:
    """How much of everything the plain text shows, in bytes; tried from the generous to the spare."""

    title: int
    section: int
    summary: int
    sentence: int
    key: int = 80
    explain: bool = True
    full_link: bool = True
    report: bool = True


_MEASURES = (
    _Measure(120, 120, 240, 100),
    _Measure(120, 120, 240, 100, explain=False),
    _Measure(80, 80, 180, 90, explain=False, full_link=False),
    _Measure(60, 48, 120, 60, key=24, explain=False, full_link=False),
    _Measure(60, 40, 100, 0, key=16, explain=False, full_link=False),
    _Measure(50, 36, 90, 0, key=16, explain=False, full_link=False, report=False),
)


def compose(alert: Alert, key: str | None = None) -> Message:
    """The message for an alert; its most severe findings come first.

    `text` has at most 500 bytes of UTF-8 whatever the wiki holds: long parts are shortened between
    words, later findings become "+N more". `key` is shown in the footer (default: the alert's own).
    """
    key = calm(key or alert.key)
    ranked = sorted(alert.notices, key=lambda notice: -notice.severity)
    told = [phrases(notice) for notice in ranked[:_MOST_TOLD]]
    facts = _facts(alert, key) | {"uncounted": len(ranked) - len(told)}
    line = _subject(alert, told, len(ranked))
    return Message(
        subject=line,
        text=_text(facts, told),
        markdown=_rich("markdown", facts, told, line),
        html=_rich("html", facts, told, line),
        short=_short(line, facts),
        severity=max((notice.severity for notice in alert.notices), default=Severity.INFO),
        key=key,
        thread=alert.thread,
    )


def facts_of(alert: Alert, key: str) -> dict[str, Any]:
    """All that the user's own templates may show: calm plain text, the most severe items first, 50 at most."""
    ranked = sorted(alert.notices, key=lambda notice: -notice.severity)
    told = [phrases(notice) for notice in ranked[:_MOST_TOLD]]
    generous = _Measure(200, 120, 400, _RICH_SENTENCE)
    items = [
        _item(one, generous) | {"sentence": excerpt(one.sentence, _RICH_SENTENCE, one.span), "source": one.source}
        for one in told
    ]
    more = {"items": items, "more": len(ranked) - len(told), "subject": _subject(alert, told, len(ranked))}
    return _facts(alert, calm(key)) | more


def _facts(alert: Alert, key: str) -> dict[str, Any]:
    title = clean(alert.article.title)
    command = f"watcher explain {shlex.quote(title)} {alert.before.id} {alert.after.id}"
    return {
        "topic": alert.topic.value,
        "label": LABELS[alert.topic],
        "title": calm(title) or _UNTITLED,
        "who": calm(alert.after.editor or "") or "a hidden editor",
        "when": alert.after.at.astimezone(UTC).strftime("%Y-%m-%d %H:%M UTC"),
        "diff": own_link(alert.diff_url),
        "report": own_link(alert.report_url),
        # a command is for copying: with an invisible break in it it would not work
        "explain": command if calm(command) == command and alert.before.id != alert.after.id else "",
        "key": key,
        "not_listed": f"{alert.not_listed:,} further changes not listed" if alert.not_listed else "",
    }


def _subject(alert: Alert, told: list[Phrases], count: int) -> str:
    title = LABELS[alert.topic] + (calm(alert.article.title) or _UNTITLED)
    return subject(title, told[0], count - 1, _SUBJECT_BYTES) if told else f"{excerpt(title, 100)}: changed"


def _short(line: str, facts: dict[str, Any]) -> str:
    link = shorter_link(facts["diff"]) if facts["diff"] else ""
    room = _SHORT_BYTES - size(link) - 1
    return f"{excerpt(line, room)}\n{link}" if link and room >= _SHORT_BYTES // 3 else excerpt(line, _SHORT_BYTES)


def _text(facts: dict[str, Any], told: list[Phrases]) -> str:
    for measure in _MEASURES if len(told) == 1 else _MEASURES[2:]:
        text = _measured(facts, told, measure)
        if text is not None:
            return text
    # only addresses of absurd length come here
    return _render(
        "text",
        facts | _spare(facts, _MEASURES[-1]) | {"diff": None, "items": (), "more": len(told) + facts["uncounted"]},
    )


def _measured(facts: dict[str, Any], told: list[Phrases], measure: _Measure) -> str | None:
    """The text with as much as the measure allows, None when it does not fit."""
    shown = facts | _spare(facts, measure)
    items = [_item(finding, measure) for finding in told]

    def render(count: int, sentence: str) -> str:
        first = [items[0] | {"sentence": sentence}] if items else []
        return _render(
            "text", shown | {"items": first + items[1:count], "more": len(items) - count + facts["uncounted"]}
        )

    count = min(1, len(items))
    bare = render(count, "")
    if not told:
        return bare if size(bare) <= TEXT_BYTES else None
    finding, quotes = told[0], size("“”\n")
    need = min(measure.sentence, size(finding.sentence)) + quotes
    if size(bare) + (need if finding.sentence else 0) > TEXT_BYTES:
        return None
    count = _most(lambda number: size(render(number, "")) + need <= TEXT_BYTES, count, len(items))
    room = TEXT_BYTES - size(render(count, "")) - quotes
    return render(count, excerpt(finding.sentence, room, finding.span) if measure.sentence else "")


def _most(fits: Callable[[int], bool], low: int, high: int) -> int:
    """The largest number from `low` to `high` up to which it fits."""
    while low < high and fits(low + 1):
        low += 1
    return low


def _spare(facts: dict[str, Any], measure: _Measure) -> dict[str, Any]:
    diff = facts["diff"]
    return {
        "title": excerpt(facts["title"], measure.title),
        "who": excerpt(facts["who"], 40),
        "diff": shorter_link(diff) if diff and not measure.full_link else diff,
        "report": facts["report"] if measure.report else None,
        "explain": facts["explain"] if measure.explain else "",
        "key": facts["key"] if size(facts["key"]) <= measure.key else excerpt_key(facts["key"], measure.key),
    }


def excerpt_key(key: str, room: int) -> str:
    """The beginning of a key: enough to find the whole one in a log."""
    return key.encode()[: room - 3].decode(errors="ignore") + "…"


def _item(finding: Phrases, measure: _Measure) -> dict[str, str]:
    return {
        "severity": finding.severity.label,
        "section": excerpt(finding.section, measure.section),
        "summary": excerpt(finding.summary, measure.summary),
        "sentence": "",
    }


def _rich(form: str, facts: dict[str, Any], told: list[Phrases], line: str) -> str:
    """Markdown or HTML with as many findings as fit, cut between two of them."""
    spare = _Measure(120, 120, 240, _RICH_SENTENCE)
    items = [
        _item(finding, spare) | {"sentence": excerpt(finding.sentence, _RICH_SENTENCE, finding.span)}
        for finding in told
    ]
    shown = facts | _spare(facts, spare) | {"subject": line}

    def render(count: int) -> str:
        return _render(form, shown | {"items": items[:count], "more": len(items) - count + facts["uncounted"]})

    return render(_most(lambda count: len(render(count)) <= _RICH_CHARACTERS[form], min(1, len(items)), len(items)))


@cache
def _environment() -> SandboxedEnvironment:
    from jinja2 import PackageLoader, StrictUndefined  # noqa: PLC0415  40 ms that only messages need
    from jinja2.sandbox import SandboxedEnvironment  # noqa: PLC0415

    environment = SandboxedEnvironment(
        loader=PackageLoader("watcher.notify"),
        autoescape=lambda name: bool(name) and ".html" in str(name),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["markdown"] = markdown
    return environment


def _render(form: str, values: dict[str, Any]) -> str:
    return render(f"alert.{form}.j2", values)


def render(name: str, values: dict[str, Any]) -> str:
    """One of our own templates with these values."""
    return _environment().get_template(name).render(values).strip()
