"""Compose the message for an alert: a subject, and the body as text, Markdown and HTML."""

from __future__ import annotations

import re
import shlex
from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import UTC
from functools import cache
from typing import TYPE_CHECKING, Any, Final

from watcher.common_ends import common_ends
from watcher.model import Alert, AlertTopic, Kind, Notice, Revision, Severity
from watcher.notify import sanitize
from watcher.notify.entries import HIDDEN_EDITOR, MessageEntry, entries, listed, summary_in_words
from watcher.text import directed_parts, foreign_language, isolate, message_line
from watcher.text.word_diff import SentenceDiff, bounded, reads_inline, word_pieces

if TYPE_CHECKING:
    from jinja2.sandbox import SandboxedEnvironment


LEAD: Final = "lead"
_LONGEST: Final = 2_000  # characters; the longest excerpt has 400
_DISPUTED: Final = "flipped-before"  # the code of the reason
_SOURCE_KINDS: Final = {
    **{status: f"Source {status}" for status in ("added", "removed", "edited")},
    "article": "Article",
    "read": "Source read",
}
# The first that holds: what has no source has the same as before.
_SOURCE: Final = {
    "unsourced": "no source",
    "source-changed": "source changed",
    "source-added": "source added",
    "source-removed": "source removed",
    "source-unchanged": "same source",
}
# A summary may have said it already, and more exactly than a reason's code.
_WORDING: Final = re.compile(r"\b(?:no|same|new) source\b|\bsource (?:added|removed|changed)\b")
_QUOTED: Final = r" \(“[^→]*”\)"  # the words beside a change; they may hold a comma
# "21 million → 25 million victims (+19 %), same source": the change, its share, the rest
_MOVE: Final = re.compile(
    rf"(?P<move>[^→]+ → [^→]+?(?:{_QUOTED})?)(?: \((?:[+−-]|[^)%]{{0,40}}%)[^)]{{0,40}}\))?(?:, .*)?"
)
_NOUNS: Final = {
    "reference": "citation",
    "tag": "maintenance tag",
    "prose": "passage",
    "delivery": "undelivered message",
}
"""How findings that are only counted are called, where that is not the subject of their kind."""


class FindingText:
    """The texts of one finding, defanged and not shortened yet; the spans are where its sentences differ.

    `old` is the sentence before where it reads otherwise now; `sentence` is the one now, or the one that is gone.
    """

    def __init__(self, notice: Notice) -> None:
        summary, source = sanitize.defang(summary_in_words(notice)[:_LONGEST]), ""
        # What happened to the source, where the finding is not about it.
        if not notice.kind.value.startswith("reference."):
            match = _WORDING.search(notice.summary[:_LONGEST])
            source = match[0] if match else next((text for code, text in _SOURCE.items() if code in notice.reasons), "")
        move = _MOVE.fullmatch(summary) if isinstance(notice.kind, Kind) else None
        flags = notice.edits[0].flags if len(notice.edits) == 1 else ()
        old, new = notice.old_sentence or "", notice.new_sentence or ""
        if max(len(old), len(new)) > 4 * _LONGEST:  # absurdly long; no message shows what is so far from the change
            start = max(0, common_ends(old, new)[0] - _LONGEST)
            old, new = old[start : start + 4 * _LONGEST], new[start : start + 4 * _LONGEST]
        old, new = sanitize.defang(old), sanitize.defang(new)
        disputed = "disputed" if _DISPUTED in notice.reasons else ""
        for words in filter(None, (source, disputed)):
            summary += "" if words in summary else f", {words}"
        source = ", ".join(filter(None, (source, disputed)))
        if notice.label and (not old or old in summary) and (not new or new in summary):
            old = new = ""  # a cell is its value, which the summary has
        sentence, why = new or old, [sanitize.defang(text[:_LONGEST]) for text in notice.explanations]
        self.severity = notice.severity
        path = " › ".join(message_line(heading[:_LONGEST]) for heading in notice.section[:6])
        self.section = sanitize.defang(path) or (LEAD if isinstance(notice.kind, Kind) else "")
        self.summary = summary
        self.headline = move["move"] if move else summary
        self.source = source
        self.old = old if new and old != new else ""
        self.old_span = sanitize.changed_span(new, old)
        # A summary that quotes the whole sentence needs no second quotation, unless the words differ.
        self.sentence = "" if sentence in summary and (old == new or not (old and new)) else sentence
        self.span = sanitize.changed_span(old, new) if old and new else sanitize.span_of(summary, sentence)
        self.why = "; ".join(text for text in why if text and text not in summary)
        self.sources = tuple(
            {
                "label": sanitize.defang(source.label[:_LONGEST]),
                "url": sanitize.own_link(source.url),
                "status": source.status,
                "kind": _SOURCE_KINDS.get(source.status, "Source"),
            }
            for source in notice.sources
        )
        self.by = name_editors(notice.edits, 2) + (f" ({', '.join(flags)})" if flags else "")
        self.diff = sanitize.own_link(notice.diff_url)
        self.review = sanitize.own_link(notice.review_url)


def subject(title: str, first: FindingText, more: str, room: int) -> str:
    """Write one line: the article, the most severe change, its section and source, what else there is.

    "Human trafficking: 21 million → 25 million victims (lead), same source, +2 citations"
    """
    tail = f" ({sanitize.truncate_bytes(first.section, 30)})" if first.section else ""
    tail += "".join(f", {words}" for words in first.source.split(", ") if words and words not in first.headline)
    tail += f", +{more}" if more else ""
    name = sanitize.truncate_bytes(title, 80)
    left = room - len(f"{name}: {tail}".encode())
    # A quotation of the words beside a change is there as a whole or not at all.
    headline = first.headline
    quoted = headline.find(" (“", headline.rfind("→") + 1)
    if sanitize.utf8_length(headline) > left and quoted > 0 and headline.endswith("”)"):
        headline = headline[:quoted]
    shown = sanitize.truncate_bytes(headline, left)
    if _is_open(shown) and not _is_open(headline):
        shown = sanitize.truncate_bytes(headline, left - sanitize.utf8_length("”"))
        shown += "”" if _is_open(shown) else ""
    return f"{name}: {shown}{tail}"


def _is_open(text: str) -> bool:
    return text.count("“") > text.count("”")


def edits_of(alert: Alert) -> Sequence[Revision]:
    """Return the edits that made what an alert is about, each once."""
    return tuple({edit.id: edit for notice in alert.notices for edit in notice.edits}.values()) or (alert.after,)


def name_editors(edits: Sequence[Revision], most: int, joined: str = " or ") -> str:
    """Return the names of who made some edits, each once and in order; of many the first."""
    names = list(dict.fromkeys(sanitize.defang(edit.editor or "") or HIDDEN_EDITOR for edit in edits))
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return joined.join(sanitize.truncate_bytes(name, 40) for name in names[:most]) + more


def count_kinds(notices: Sequence[Notice]) -> str:
    """Count what a message does not list: `and 7 more: 4 statistics, 2 citations, 1 figure`; empty for nothing."""
    return f"and {len(notices):,} more: {_count_subjects(notices)}" if notices else ""


def _count_subjects(notices: Sequence[Notice]) -> str:
    subjects = Counter(notice.kind.value.partition(".")[0] for notice in notices).most_common()
    nouns = ((number, _NOUNS.get(name, name)) for name, number in subjects)
    return ", ".join(f"{number:,} {noun}{'s' * (number != 1)}" for number, noun in nouns)


TEXT_BYTES: Final = 8_000
"""The most that the whole text takes: a mail that can still be read."""
COMPACT_BYTES: Final = 500
"""The most that the compact text takes: it then fits a notification of any desktop or phone."""
MAIL_CHARACTERS: Final = 32_000
"""The most that the page of a mail about one alert takes: Apprise's mail services take 32,768 characters."""
_UNTITLED: Final = "untitled article"
_SUBJECT_BYTES: Final = 160
_MAX_LISTED: Final = 50  # the user's own templates may show so many
FORMS: Final = ("text", "markdown", "html", "mail")
"""Forms of a message; the others are made of these."""
MAX_IN_FULL: Final = 5
"""Findings of an alert that a message shows with their sentences; the others are counted."""
_SHORT_BYTES: Final = 140
_SENTENCE: Final = 600  # characters of a sentence in a mail
_MARKDOWN_CHARACTERS: Final = 7_000
# Discord takes 2,000 characters, Telegram 4,096
_COMPACT_MARKDOWN: Final = 1_800
_HTML_CHARACTERS: Final = 3_600
LABELS: Final = {
    AlertTopic.UPDATE: "Update: ",
    AlertTopic.RESOLVED: "Resolved: ",
    AlertTopic.CATCH_UP: "While muted: ",
    AlertTopic.TEST: "Test: ",
}
"""The prefixes of titles, so that the first word tells a new alert from a resolved one."""
_LINK_NAMES: Final = {"logid=": "Log", "curid=": "Page"}
"""What the link of an alert leads to, where that is no difference between revisions."""
_PREFIXES: Final = {
    AlertTopic.UPDATE: "{} update: ",
    AlertTopic.RESOLVED: "Resolved: ",
    AlertTopic.CATCH_UP: "{}, while muted: ",
    AlertTopic.TEST: "Test: ",
}
"""How a subject begins: whether to get up is told by its first word."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """A message in all forms; `key` is the same on every retry.

    `mail` is a whole HTML page for mail programs, `html` a few plain tags for chats. The compact forms are for services
    that take less, `short` for those that take a line. `thread` is the key of the message that this one follows, empty
    where it follows none. A message `is_single` that is about one finding: telephones get its compact form. Where the
    key can travel in no header it is shown, except below the user's own words. `payload` is the JSON that some
    destinations get in place of the texts.
    """

    subject: str
    text: str
    markdown: str
    html: str
    short: str
    severity: Severity
    key: str
    thread: str = ""
    compact_text: str = ""
    compact_markdown: str = ""
    mail: str = ""
    is_resolved: bool = False
    is_single: bool = False
    shows_key: bool = True
    payload: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Layout:
    """How many bytes of each part a body shows; tried from the most to the least."""

    title: int = 120
    section: int = 120
    summary: int = 240
    sentence: int = 0
    both: bool = False  # the sentence before as well
    why: int = 0
    sources: int = 0
    comment: int = 0
    full: bool = False  # every link, each with its name
    report: bool = True
    diff: bool = True
    explain: bool = True


_FULL: Final = _Layout(
    title=200, section=200, summary=400, sentence=_SENTENCE, both=True, why=400, sources=8, comment=400, full=True
)
BRIEF: Final = replace(_FULL, summary=240, sentence=300)
"""What a digest shows of each finding; its sentences are cut around what changed."""
_LAYOUTS: Final = (
    _FULL,
    _Layout(sentence=200, both=True, why=160, sources=2, comment=200, full=True),
    _Layout(sentence=120, both=True, why=100, comment=120),
    _Layout(sentence=80, both=True, why=80, comment=60),
    _Layout(sentence=120, both=True, comment=120),
    _Layout(sentence=80, both=True, comment=60),
    _Layout(sentence=100, comment=80),
    _Layout(sentence=70, summary=180, section=60, report=False),
    _Layout(title=80, section=48, summary=140, report=False),
    _Layout(title=50, section=36, summary=90, report=False, explain=False),
    _Layout(title=50, section=36, summary=90, report=False, explain=False, diff=False),
)


def compose(alert: Alert, key: str | None = None, *, forms: Collection[str] = FORMS) -> Message:
    """Compose the message for an alert in these `forms`; its most severe findings come first.

    Long parts are shortened between words, so that each form has a bounded size whatever the wiki holds; findings
    beyond the first five, or beyond what fits, are counted.
    """
    key = sanitize.defang(key or alert.key)
    ranked = entries(alert)
    reported = [FindingText(entry.notice) for entry in ranked[:MAX_IN_FULL]]
    line = _subject(alert, reported, ranked)
    facts = _facts(alert, key) | {"subject": line}

    def body(form: str, limit: int) -> str:
        return _fit(form, limit, facts, reported, ranked) if form in forms else ""

    mail = ""  # with fewer findings in full where five are too much for it
    for most in range(MAX_IN_FULL, 0, -1) if "mail" in forms else ():
        mail = mail_page([alert], [facts], line, most=most)
        if len(mail) <= MAIL_CHARACTERS:
            break
    link = sanitize.shorter_link(facts["diff"]) if facts["diff"] else ""
    room = _SHORT_BYTES - sanitize.utf8_length(link) - 1
    fits = link and room >= _SHORT_BYTES // 3
    short = f"{sanitize.truncate_bytes(line, room)}\n{link}" if fits else sanitize.truncate_bytes(line, _SHORT_BYTES)
    return Message(
        subject=line,
        text=body("text", TEXT_BYTES),
        markdown=body("markdown", _MARKDOWN_CHARACTERS),
        html=body("html", _HTML_CHARACTERS),
        compact_text=body("text", COMPACT_BYTES),
        compact_markdown=body("markdown", _COMPACT_MARKDOWN),
        mail=mail,
        short=short,
        severity=max((notice.severity for notice in alert.notices), default=Severity.INFO),
        key=key,
        thread=alert.thread,
        is_resolved=alert.topic is AlertTopic.RESOLVED,
        is_single=len(ranked) == 1,
    )


def facts_of(alert: Alert, key: str, layout: _Layout = _FULL) -> dict[str, Any]:
    """Return all that the user's own templates may show: defanged text, the most severe items first, 50 at most."""
    ranked = entries(alert)
    reported = [FindingText(entry.notice) for entry in ranked[:_MAX_LISTED]]
    rest = listed(ranked[len(reported) :])
    return _facts(alert, sanitize.defang(key)) | {
        "items": [_item(finding, layout) for finding in reported],
        "more": len(rest),
        "rest": count_kinds(rest),
        "subject": _subject(alert, reported, ranked),
    }


def mail_page(
    alerts: Sequence[Alert], facts: Sequence[dict[str, Any]], line: str, *, most: int = MAX_IN_FULL, **more: Any
) -> str:
    """Render the page of a mail about some alerts, each with its facts; `more` is what a digest says of the others."""
    articles = []
    for alert, known in zip(alerts, facts, strict=True):
        ranked = entries(alert)
        shown = [FindingText(entry.notice) for entry in ranked[:most]]
        items = []
        for finding in shown:
            pieces = word_pieces(finding.old or finding.sentence, finding.sentence)
            words = SentenceDiff(pieces=bounded(pieces, _SENTENCE), inline=reads_inline(pieces))
            items.append(_item(finding, _FULL) | {"words": words})
        articles.append(known | {"items": items, "rest": count_kinds(listed(ranked[len(shown) :]))})
    others = {"brief": (), "left": 0, "others": "", "common": ""} | more
    return render("mail.html.j2", others | {"subject": line, "articles": articles})


def _facts(alert: Alert, key: str) -> dict[str, Any]:
    """Collect what is said of all: the edit or edits with their editors, the latest time, links and commands."""
    title = message_line(alert.article.title)
    dashes = "-- " if title.startswith("-") else ""  # or the title would be read as an option
    command = f"watcher explain {dashes}{shlex.quote(title)} {alert.before.id} {alert.after.id}"
    edits = edits_of(alert)
    last = max(edits, key=lambda edit: (edit.at, edit.id))
    only = len(edits) == 1
    links = {notice.diff_url for notice in alert.notices}
    diff = sanitize.own_link(links.pop() if len(links) == 1 and "" not in links else alert.diff_url)
    # What happened to a page, to the watching, or to what a page shows of others was done by nobody of its edits.
    outside = any(notice.through for notice in alert.notices) and not any(notice.edits for notice in alert.notices)
    left_out = [f"{alert.not_listed:,} further changes not listed"] if alert.not_listed else []
    if alert.filtered:
        left_out.append(f"{alert.filtered:,} more finding{'s were' if alert.filtered > 1 else ' was'} filtered")
    return {
        "topic": alert.topic.value,
        "label": LABELS.get(alert.topic, ""),
        "title": sanitize.defang(title) or _UNTITLED,
        "language": foreign_language(alert.language),
        "who": "" if alert.topic is AlertTopic.OPERATOR or outside else name_editors(edits, 3, ", "),
        "flags": ", ".join(last.flags) if only else "",
        "edits": len(edits),
        "comment": sanitize.defang(sanitize.comment_text(last.comment or ""))[:_LONGEST] if only else "",
        # the wiki says when an edit was made; of anything else, this is when the check saw it
        "is_noticed": last.id == 0,
        "when": last.at.astimezone(UTC).strftime("%Y-%m-%d %H:%M UTC"),
        "diff": diff,
        "diff_name": next((name for part, name in _LINK_NAMES.items() if part in (diff or "")), "Difference"),
        "report": sanitize.own_link(alert.report_url),
        # a command is for copying: with an invisible break in it it would not work
        "explain": command if sanitize.defang(command) == command and alert.before.id != alert.after.id else "",
        "key": key,
        "not_listed": ", ".join(left_out),
        "part": "",
    }


def _subject(alert: Alert, reported: list[FindingText], ranked: Sequence[MessageEntry]) -> str:
    worst = max((finding.severity for finding in reported), default=Severity.INFO)
    title = _PREFIXES.get(alert.topic, "{}: ").format(worst.label.capitalize())
    title += sanitize.defang(alert.article.title) or _UNTITLED
    return isolate(
        subject(title, reported[0], _count_subjects(listed(ranked[1:])), _SUBJECT_BYTES)
        if reported
        else f"{sanitize.truncate_bytes(title, 100)}: changed"
    )


def _fit(
    form: str, limit: int, facts: dict[str, Any], reported: Sequence[FindingText], ranked: Sequence[MessageEntry]
) -> str:
    """Render a body with the richest layout in which it fits; without sentences, with as many findings as fit."""
    text, most = "", len(reported)
    for layout in _LAYOUTS:
        diff = facts["diff"] if layout.diff else None
        shown = facts | {
            "title": sanitize.truncate_bytes(facts["title"], layout.title),
            "who": sanitize.truncate_bytes(facts["who"], 40 if facts["edits"] == 1 else 80),
            "comment": sanitize.truncate_bytes(facts["comment"], layout.comment) if layout.comment else "",
            "diff": sanitize.shorter_link(diff) if diff and not layout.full else diff,
            "report": facts["report"] if layout.report else None,
            "explain": facts["explain"] if layout.explain else "",
            "full": layout.full,
        }
        for count in (most,) if layout.sentence else range(most, min(most, 1) - 1, -1):
            items = [_item(finding, layout) for finding in reported[:count]]
            text = render(f"alert.{form}.j2", shown | {"items": items, "rest": count_kinds(listed(ranked[count:]))})
            if (sanitize.utf8_length(text) if form == "text" else len(text)) <= limit:
                return text
    return text  # the leanest: only a key or a link of absurd length comes here


def _item(finding: FindingText, layout: _Layout) -> dict[str, Any]:
    return {
        "severity": finding.severity.label,
        "section": sanitize.truncate_bytes(finding.section, layout.section),
        "summary": sanitize.truncate_bytes(finding.summary, layout.summary),
        "before": sanitize.truncate_bytes(finding.old, layout.sentence, finding.old_span) if layout.both else "",
        "sentence": sanitize.truncate_bytes(finding.sentence, layout.sentence, finding.span) if layout.sentence else "",
        "why": sanitize.truncate_bytes(finding.why, layout.why) if layout.why else "",
        "source": finding.source,
        "sources": finding.sources[: layout.sources],
        "by": finding.by,
        "diff": finding.diff,
        "review": finding.review if layout.full else None,
        "mute": f"{finding.review}#mute" if finding.review and layout.full else None,
    }


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
    environment.filters |= {"markdown": sanitize.markdown, "parts": directed_parts, "isolate": isolate}
    return environment


def render(name: str, values: dict[str, Any]) -> str:
    """Render a built-in template."""
    return _environment().get_template(name).render(values).strip()
