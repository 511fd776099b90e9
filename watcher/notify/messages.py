"""Compose the message for an alert: a subject, and the body as text, Markdown and HTML."""

from __future__ import annotations

import re
import shlex
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC
from functools import cache
from typing import TYPE_CHECKING, Any

from watcher.model import Alert, AlertTopic, Kind, Notice, Revision, Severity
from watcher.notify.sanitize import (
    changed_span,
    changed_words,
    defang,
    markdown,
    own_link,
    shorter_link,
    span_of,
    truncate_bytes,
    utf8_length,
)
from watcher.text import message_line

if TYPE_CHECKING:
    from jinja2.sandbox import SandboxedEnvironment


LEAD = "lead"
_LONGEST = 2_000  # characters; the longest excerpt has 400
_SOURCE = {
    "source-unchanged": "same source",
    "source-changed": "source changed",
    "source-added": "source added",
    "source-removed": "source removed",
    "unsourced": "no source",
}
# A summary may have said it already, and more exactly than a reason's code.
_WORDING = re.compile(r"\b(?:no|same|new) source\b|\bsource (?:added|removed|changed)\b")
_ARROW = " → "
# "21 million → 25 million victims (+19 %), same source": from, to, share, rest
_MOVE = re.compile(r"(?P<old>[^→]+) → (?P<new>[^→]+?)(?: \((?:[+−-]|[^)%]{0,40}%)[^)]{0,40}\))?(?P<rest>(?:, .*)?)")


@dataclass(frozen=True, slots=True, kw_only=True)
class FindingText:
    """The texts of one finding, defanged; `span` is where its sentence changed, in characters."""

    severity: Severity
    section: str
    summary: str
    headline: str
    source: str
    sentence: str
    span: tuple[int, int]
    by: str = ""


def finding_text(notice: Notice) -> FindingText:
    """Write the texts of one finding, not yet shortened."""
    summary, source = defang(notice.summary[:_LONGEST]), _source(notice)
    old, new = map(defang, _window(notice.old_sentence or "", notice.new_sentence or ""))
    if old and new and old != new and _ARROW not in summary:
        before, after = changed_words(old, new)
        summary = f"{summary}: {truncate_bytes(before, 80)}{_ARROW}{truncate_bytes(after, 80)}"
    if source and source not in summary:
        summary = f"{summary}, {source}"
    span = changed_span(old, new) if old and new else span_of(summary, new or old)
    return FindingText(
        severity=notice.severity,
        section=defang(" › ".join(message_line(heading[:_LONGEST]) for heading in notice.section[:6]))
        or (LEAD if isinstance(notice.kind, Kind) else ""),
        summary=summary,
        headline=_headline(summary),
        source=source,
        sentence=new or old,
        span=span,
        by=_editors(notice.edits, 2),
    )


def subject(title: str, first: FindingText, more: int, room: int) -> str:
    """Write one line: the article, the most severe change, its section and source, how many more.

    "Human trafficking: 21 → 25 million victims (lead), same source"
    """
    tail = f" ({truncate_bytes(first.section, 30)})" if first.section else ""
    tail += f", {truncate_bytes(first.source, 30)}" if first.source else ""
    tail += f", +{more} more" if more else ""
    name = truncate_bytes(title, 50)
    left = room - len(f"{name}: {tail}".encode())
    return f"{name}: {truncate_bytes(first.headline, left)}{tail}"


def _window(old: str, new: str) -> tuple[str, str]:
    """Cut both sentences to where they differ when they are absurdly long.

    What is cut is so far from the change that no message shows it.
    """
    if max(len(old), len(new)) <= 4 * _LONGEST:
        return old, new
    parting = next((n for n, (a, b) in enumerate(zip(old, new, strict=False)) if a != b), min(len(old), len(new)))
    start = max(0, parting - _LONGEST)
    return old[start : start + 4 * _LONGEST], new[start : start + 4 * _LONGEST]


def _editors(edits: Sequence[Revision], most: int, joined: str = " or ") -> str:
    """Return the names of who made some edits, each once and in order; of many the first."""
    names = list(dict.fromkeys(defang(edit.editor or "") or _HIDDEN for edit in edits))
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return joined.join(truncate_bytes(name, 40) for name in names[:most]) + more


def _source(notice: Notice) -> str:
    """Describe what happened to the source in two words; empty when it is not known."""
    match = _WORDING.search(notice.summary[:_LONGEST])
    return match[0] if match else next((_SOURCE[reason] for reason in notice.reasons if reason in _SOURCE), "")


def _headline(summary: str) -> str:
    """Shorten a change of a number: a scale that both sides share is written once."""
    move = _MOVE.fullmatch(summary)
    if move is None:
        return summary
    old, new = move["old"].split(), move["new"].split()
    shared = len(old) - 1
    if shared and old[1:] == new[1 : len(old)] and old[0][-1:].isdigit():
        old = old[:1]
    return " ".join(old) + _ARROW + " ".join(new)


TEXT_BYTES = 500
"""The most that the plain text takes: it then fits a notification of any desktop or phone."""
_UNTITLED = "untitled article"
_HIDDEN = "a hidden editor"
_SUBJECT_BYTES = 160
_MAX_LISTED = 50  # more would not fit into any format
_SHORT_BYTES = 140
_RICH_CHARACTERS = {"markdown": 1_800, "html": 3_600}  # Discord takes 2,000 characters, Telegram 4,096
_RICH_SENTENCE = 400
LABELS = {
    AlertTopic.CHANGE: "",
    AlertTopic.UPDATE: "Update: ",
    AlertTopic.RESOLVED: "Resolved: ",
    AlertTopic.CATCH_UP: "While muted: ",
    AlertTopic.OPERATOR: "",
    AlertTopic.TEST: "Test: ",
}
"""The prefixes of titles, so that the first word tells a new alert from a resolved one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """A message in all forms; `short` is for services that take a line only, `key` is the same on every retry.

    `thread` is the key of the message that this one follows, empty where it follows none; `payload` is the JSON that
    some destinations get in place of the texts.
    """

    subject: str
    text: str
    markdown: str
    html: str
    short: str
    severity: Severity
    key: str
    thread: str = ""
    payload: str = ""


@dataclass(frozen=True, slots=True)
class _LayoutBudget:
    """How many bytes of each part the plain text shows; tried from the most to the least."""

    title: int
    section: int
    summary: int
    sentence: int
    key: int = 80
    explain: bool = True
    full_link: bool = True
    report: bool = True


_BUDGETS = (
    _LayoutBudget(120, 120, 240, 100),
    _LayoutBudget(120, 120, 240, 100, explain=False),
    _LayoutBudget(80, 80, 180, 90, explain=False, full_link=False),
    _LayoutBudget(60, 48, 120, 60, key=24, explain=False, full_link=False),
    _LayoutBudget(60, 40, 100, 0, key=16, explain=False, full_link=False),
    _LayoutBudget(50, 36, 90, 0, key=16, explain=False, full_link=False, report=False),
)


def compose(alert: Alert, key: str | None = None) -> Message:
    """Compose the message for an alert; its most severe findings come first.

    `text` has at most 500 bytes of UTF-8 whatever the wiki holds: long parts are shortened between
    words, later findings become "+N more". `key` is shown in the footer (default: the alert's own).
    """
    key = defang(key or alert.key)
    ranked = sorted(alert.notices, key=lambda notice: -notice.severity)
    reported = [finding_text(notice) for notice in ranked[:_MAX_LISTED]]
    facts = _facts(alert, key) | {"uncounted": len(ranked) - len(reported)}
    line = _subject(alert, reported, len(ranked))
    return Message(
        subject=line,
        text=_text(facts, reported),
        markdown=_rich("markdown", facts, reported, line),
        html=_rich("html", facts, reported, line),
        short=_short(line, facts),
        severity=max((notice.severity for notice in alert.notices), default=Severity.INFO),
        key=key,
        thread=alert.thread,
    )


def facts_of(alert: Alert, key: str) -> dict[str, Any]:
    """Return all that the user's own templates may show: defanged text, the most severe items first, 50 at most."""
    ranked = sorted(alert.notices, key=lambda notice: -notice.severity)
    reported = [finding_text(notice) for notice in ranked[:_MAX_LISTED]]
    generous = _LayoutBudget(200, 120, 400, _RICH_SENTENCE)
    items = [
        _item(finding_text, generous)
        | {
            "sentence": truncate_bytes(finding_text.sentence, _RICH_SENTENCE, finding_text.span),
            "source": finding_text.source,
        }
        for finding_text in reported
    ]
    more = {"items": items, "more": len(ranked) - len(reported), "subject": _subject(alert, reported, len(ranked))}
    return _facts(alert, defang(key)) | more


def _facts(alert: Alert, key: str) -> dict[str, Any]:
    title = message_line(alert.article.title)
    command = f"watcher explain {shlex.quote(title)} {alert.before.id} {alert.after.id}"
    return {
        "topic": alert.topic.value,
        "label": LABELS[alert.topic],
        "title": defang(title) or _UNTITLED,
        **_attribution(alert),
        "report": own_link(alert.report_url),
        # a command is for copying: with an invisible break in it it would not work
        "explain": command if defang(command) == command and alert.before.id != alert.after.id else "",
        "key": key,
        "not_listed": ", ".join(_left_out(alert)),
    }


def _left_out(alert: Alert) -> Iterator[str]:
    if alert.not_listed:
        yield f"{alert.not_listed:,} further changes not listed"
    if alert.filtered:
        were = "findings were" if alert.filtered > 1 else "finding was"
        yield f"{alert.filtered:,} more {were} filtered"


def _attribution(alert: Alert) -> dict[str, Any]:
    """Who made the edit, when, with which summary and flags; of several edits all their editors and the latest time."""
    edits = tuple({edit.id: edit for notice in alert.notices for edit in notice.edits}.values()) or (alert.after,)
    last = max(edits, key=lambda edit: (edit.at, edit.id))
    only = len(edits) == 1
    links = {notice.diff_url for notice in alert.notices}
    return {
        # what happened to a page or to the watching was done by nobody whom the revision names
        "who": "" if alert.topic is AlertTopic.OPERATOR else _editors(edits, 3, ", "),
        "flags": ", ".join(last.flags) if only else "",
        "edits": len(edits),
        "comment": defang(last.comment or "")[:_RICH_SENTENCE] if only else "",
        "when": last.at.astimezone(UTC).strftime("%Y-%m-%d %H:%M UTC"),
        "diff": own_link(links.pop() if len(links) == 1 and "" not in links else alert.diff_url),
    }


def _subject(alert: Alert, reported: list[FindingText], count: int) -> str:
    title = LABELS[alert.topic] + (defang(alert.article.title) or _UNTITLED)
    return (
        subject(title, reported[0], count - 1, _SUBJECT_BYTES) if reported else f"{truncate_bytes(title, 100)}: changed"
    )


def _short(line: str, facts: dict[str, Any]) -> str:
    link = shorter_link(facts["diff"]) if facts["diff"] else ""
    room = _SHORT_BYTES - utf8_length(link) - 1
    return (
        f"{truncate_bytes(line, room)}\n{link}"
        if link and room >= _SHORT_BYTES // 3
        else truncate_bytes(line, _SHORT_BYTES)
    )


def _text(facts: dict[str, Any], reported: list[FindingText]) -> str:
    for budget in _BUDGETS if len(reported) == 1 else _BUDGETS[2:]:
        text = _render_within(facts, reported, budget)
        if text is not None:
            return text
    # only addresses of absurd length come here
    return _render(
        "text",
        facts
        | _shortened(facts, _BUDGETS[-1])
        | {"diff": None, "items": (), "more": len(reported) + facts["uncounted"]},
    )


def _render_within(facts: dict[str, Any], reported: list[FindingText], budget: _LayoutBudget) -> str | None:
    """Render the text with as much as the budget allows, None when it does not fit."""
    shown = facts | _shortened(facts, budget)
    items = [_item(finding, budget) for finding in reported]

    def render(count: int, sentence: str) -> str:
        first = [items[0] | {"sentence": sentence}] if items else []
        return _render(
            "text", shown | {"items": first + items[1:count], "more": len(items) - count + facts["uncounted"]}
        )

    count = min(1, len(items))
    bare = render(count, "")
    if not reported:
        return bare if utf8_length(bare) <= TEXT_BYTES else None
    finding, quotes = reported[0], utf8_length("“”\n")
    need = min(budget.sentence, utf8_length(finding.sentence)) + quotes
    if utf8_length(bare) + (need if finding.sentence else 0) > TEXT_BYTES:
        return None
    count = _most(lambda number: utf8_length(render(number, "")) + need <= TEXT_BYTES, count, len(items))
    room = TEXT_BYTES - utf8_length(render(count, "")) - quotes
    return render(count, truncate_bytes(finding.sentence, room, finding.span) if budget.sentence else "")


def _most(fits: Callable[[int], bool], low: int, high: int) -> int:
    """Return the largest number from `low` to `high` up to which it fits."""
    while low < high and fits(low + 1):
        low += 1
    return low


def _shortened(facts: dict[str, Any], budget: _LayoutBudget) -> dict[str, Any]:
    diff = facts["diff"]
    return {
        "title": truncate_bytes(facts["title"], budget.title),
        "who": truncate_bytes(facts["who"], 40 if facts["edits"] == 1 else 80),
        "comment": truncate_bytes(facts["comment"], 80) if budget.explain else "",
        "diff": shorter_link(diff) if diff and not budget.full_link else diff,
        "report": facts["report"] if budget.report else None,
        "explain": facts["explain"] if budget.explain else "",
        "key": facts["key"] if utf8_length(facts["key"]) <= budget.key else excerpt_key(facts["key"], budget.key),
    }


def excerpt_key(key: str, room: int) -> str:
    """Cut a key to what is enough to find the whole one in a log."""
    return key.encode()[: room - 3].decode(errors="ignore") + "…"


def _item(finding: FindingText, budget: _LayoutBudget) -> dict[str, str]:
    return {
        "severity": finding.severity.label,
        "section": truncate_bytes(finding.section, budget.section),
        "summary": truncate_bytes(finding.summary, budget.summary),
        "sentence": "",
        "by": finding.by,
    }


def _rich(form: str, facts: dict[str, Any], reported: list[FindingText], line: str) -> str:
    """Render Markdown or HTML with as many findings as fit, cut between two of them."""
    spare = _LayoutBudget(120, 120, 240, _RICH_SENTENCE)
    items = [
        _item(finding, spare) | {"sentence": truncate_bytes(finding.sentence, _RICH_SENTENCE, finding.span)}
        for finding in reported
    ]
    shown = facts | _shortened(facts, spare) | {"subject": line}

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
    """Render a built-in template."""
    return _environment().get_template(name).render(values).strip()
