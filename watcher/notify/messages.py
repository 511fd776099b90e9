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
from watcher.model.changes import editor_names
from watcher.notify import sanitize
from watcher.notify.entries import MessageEntry, entries, listed, summary_in_words
from watcher.text import directed_parts, foreign_language, isolate, message_line
from watcher.text.word_diff import SentenceDiff, bounded, reads_inline, word_pieces

if TYPE_CHECKING:
    from jinja2.sandbox import SandboxedEnvironment


LEAD: Final = "lead"
_MAX_TEXT: Final = 2_000  # characters; the longest excerpt has 400
_DISPUTED: Final = "flipped-before"  # the code of the reason
_SOURCE_KINDS: Final = {
    **{status: f"Source {status}" for status in ("added", "removed", "edited")},
    "article": "Article",
    "read": "Source read",
}
# The first match is used: a change without a source is also "source-unchanged".
_SOURCE: Final = {
    "unsourced": "no source",
    "source-changed": "source changed",
    "source-added": "source added",
    "source-removed": "source removed",
    "source-unchanged": "same source",
}
# If the summary mentions the source already, it is more precise than a reason's code.
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
"""Names for findings that are only counted, if these differ from the subject of their kind."""


class FindingText:
    """The texts of one finding, defanged but not shortened; the spans mark where its sentences differ.

    `old` is the old sentence if it was changed; `sentence` is the new one, or the old one if it was removed.
    """

    def __init__(self, notice: Notice) -> None:
        summary, source = sanitize.defang(summary_in_words(notice)[:_MAX_TEXT]), ""
        # The change of the source, unless the finding itself is about a source.
        if not notice.kind.value.startswith("reference."):
            match = _WORDING.search(notice.summary[:_MAX_TEXT])
            source = match[0] if match else next((text for code, text in _SOURCE.items() if code in notice.reasons), "")
        move = _MOVE.fullmatch(summary) if isinstance(notice.kind, Kind) else None
        flags = notice.edits[0].flags if len(notice.edits) == 1 else ()
        old, new = notice.old_sentence or "", notice.new_sentence or ""
        if max(len(old), len(new)) > 4 * _MAX_TEXT:  # no message shows text that is so far from the change
            start = max(0, common_ends(old, new)[0] - _MAX_TEXT)
            old, new = old[start : start + 4 * _MAX_TEXT], new[start : start + 4 * _MAX_TEXT]
        old, new = sanitize.defang(old), sanitize.defang(new)
        disputed = "disputed" if _DISPUTED in notice.reasons else ""
        for words in filter(None, (source, disputed)):
            summary += "" if words in summary else f", {words}"
        source = ", ".join(filter(None, (source, disputed)))
        if notice.label and (not old or old in summary) and (not new or new in summary):
            old = new = ""  # a cell is just its value, which the summary contains
        sentence, why = new or old, [sanitize.defang(text[:_MAX_TEXT]) for text in notice.explanations]
        self.severity = notice.severity
        path = " › ".join(message_line(heading[:_MAX_TEXT]) for heading in notice.section[:6])
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
                "label": sanitize.defang(source.label[:_MAX_TEXT]),
                "url": sanitize.own_link(source.url),
                "status": source.status,
                "kind": _SOURCE_KINDS.get(source.status, "Source"),
            }
            for source in notice.sources
        )
        self.by = name_editors(notice.edits, 2) + (f" ({', '.join(flags)})" if flags else "")
        self.diff = sanitize.own_link(notice.diff_url)
        self.review = sanitize.own_link(notice.review_url)


def subject(title: str, first: FindingText, more: str, limit: int) -> str:
    """Return one line: the article, the most severe change, its section and source, and what `more` counts.

    "Human trafficking: 21 million → 25 million victims (lead), same source, +2 citations"
    """
    tail = f" ({sanitize.truncate_bytes(first.section, 30)})" if first.section else ""
    tail += "".join(f", {words}" for words in first.source.split(", ") if words and words not in first.headline)
    tail += f", +{more}" if more else ""
    name = sanitize.truncate_bytes(title, 80)
    remaining = limit - len(f"{name}: {tail}".encode())
    # The quotation beside a change is kept whole or dropped.
    headline = first.headline
    quoted = headline.find(" (“", headline.rfind("→") + 1)
    if sanitize.utf8_length(headline) > remaining and quoted > 0 and headline.endswith("”)"):
        headline = headline[:quoted]
    shown = sanitize.truncate_bytes(headline, remaining)
    if _is_open(shown) and not _is_open(headline):
        shown = sanitize.truncate_bytes(headline, remaining - sanitize.utf8_length("”"))
        shown += "”" if _is_open(shown) else ""
    return f"{name}: {shown}{tail}"


def _is_open(text: str) -> bool:
    return text.count("“") > text.count("”")


def edits_of(alert: Alert) -> Sequence[Revision]:
    """Return the distinct edits that made the changes of an alert; its newest revision if none are known."""
    return tuple({edit.id: edit for notice in alert.notices for edit in notice.edits}.values()) or (alert.after,)


def name_editors(edits: Sequence[Revision], most: int, joined: str = " or ") -> str:
    """Return the distinct names of the editors in order: the first `most`, and the number of the others."""
    names = [sanitize.defang(name) for name in editor_names(edits)]
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return joined.join(sanitize.truncate_bytes(name, 40) for name in names[:most]) + more


def count_kinds(notices: Sequence[Notice]) -> str:
    """Return the count of unlisted notices, "and 7 more: 4 statistics, 2 citations, 1 figure"; "" if there are none."""
    return f"and {len(notices):,} more: {_count_subjects(notices)}" if notices else ""


def _count_subjects(notices: Sequence[Notice]) -> str:
    subjects = Counter(notice.kind.value.partition(".")[0] for notice in notices).most_common()
    nouns = ((number, _NOUNS.get(name, name)) for name, number in subjects)
    return ", ".join(f"{number:,} {noun}{'s' * (number != 1)}" for number, noun in nouns)


TEXT_BYTES: Final = 8_000
"""Maximum size of the full text, so that a mail is still readable."""
COMPACT_BYTES: Final = 500
"""Maximum size of the compact text, which then fits into a notification of any desktop or phone."""
MAIL_CHARACTERS: Final = 32_000
"""Maximum size of the HTML page of a mail about one alert; Apprise's mail services accept 32,768 characters."""
_UNTITLED: Final = "untitled article"
_SUBJECT_BYTES: Final = 160
_MAX_LISTED: Final = 50  # for the user's own templates
FORMS: Final = ("text", "markdown", "html", "mail")
"""Forms of a message; the compact and short forms are derived from these."""
MAX_IN_FULL: Final = 5
"""Maximum number of findings that a message shows with their sentences; the others are counted."""
_SHORT_BYTES: Final = 140
_SENTENCE: Final = 600  # characters of a sentence in a mail
_MARKDOWN_CHARACTERS: Final = 7_000
# Discord accepts 2,000 characters, Telegram 4,096
_COMPACT_MARKDOWN: Final = 1_800
_HTML_CHARACTERS: Final = 3_600
LABELS: Final = {
    AlertTopic.UPDATE: "Update: ",
    AlertTopic.RESOLVED: "Resolved: ",
    AlertTopic.CATCH_UP: "While muted: ",
    AlertTopic.TEST: "Test: ",
}
"""Prefixes of titles, so that the first word distinguishes a new alert from a resolved one."""
_LINK_NAMES: Final = {"logid=": "Log", "curid=": "Page"}
"""Names of an alert's link if it does not lead to a difference between revisions, by a part of the URL."""
_PREFIXES: Final = LABELS | {AlertTopic.UPDATE: "{} update: ", AlertTopic.CATCH_UP: "{}, while muted: "}
"""Prefixes of subjects, so that the first word shows how urgent a message is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """A message in all forms; `key` is the same on every retry.

    `mail` is a whole HTML page for mail programs, `html` uses only the few tags that chats support. The compact forms
    are for services with lower limits, `short` for those that accept one line. `thread` is the key of the message that
    this one follows, or empty. `is_single` means that the message is about one finding: phones get its compact form.
    `shows_key`: the text shows the key if no header can carry it; false for texts of the user's own templates.
    `payload` is the JSON that some destinations get instead of the texts.
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
    """Maximum bytes of each part of a body; layouts are tried from the largest to the smallest."""

    title: int = 120
    section: int = 120
    summary: int = 240
    sentence: int = 0
    both: bool = False  # the old sentence as well
    why: int = 0
    sources: int = 0
    comment: int = 0
    full: bool = False  # all links with their names
    report: bool = True
    diff: bool = True
    explain: bool = True


_FULL: Final = _Layout(
    title=200, section=200, summary=400, sentence=_SENTENCE, both=True, why=400, sources=8, comment=400, full=True
)
BRIEF: Final = replace(_FULL, summary=240, sentence=300)
"""The layout of each finding in a digest; its sentences are cut around the change."""
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

    Long parts are shortened between words, so that each form has a bounded size for any content. Findings beyond the
    first five, or beyond what fits, are only counted.
    """
    key = sanitize.defang(key or alert.key)
    ranked = entries(alert)
    reported = [FindingText(entry.notice) for entry in ranked[:MAX_IN_FULL]]
    line = _subject(alert, reported, ranked)
    facts = _facts(alert, key) | {"subject": line}

    def body(form: str, limit: int) -> str:
        return _fit(form, limit, facts, reported, ranked) if form in forms else ""

    mail = ""  # with fewer findings in full if five do not fit
    for count in range(MAX_IN_FULL, 0, -1) if "mail" in forms else ():
        mail = mail_page([alert], [facts], line, most=count)
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
        severity=alert.worst,
        key=key,
        thread=alert.thread,
        is_resolved=alert.is_resolved,
        is_single=len(ranked) == 1,
    )


def facts_of(alert: Alert, key: str, layout: _Layout = _FULL) -> dict[str, Any]:
    """Return the variables of the user's own templates: defanged text, at most 50 items, the most severe first."""
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
    """Render the HTML page of a mail about alerts with their facts; `more` is a digest's summary of the others."""
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
    """Collect the values common to all findings: edits and their editors, the latest time, links and commands."""
    title = message_line(alert.article.title)
    dashes = "-- " if title.startswith("-") else ""  # or the title would be read as an option
    command = f"watcher explain {dashes}{shlex.quote(title)} {alert.before.id} {alert.after.id}"
    edits = edits_of(alert)
    last = max(edits, key=lambda edit: edit.order)
    only = len(edits) == 1
    links = {notice.diff_url for notice in alert.notices}
    diff = sanitize.own_link(links.pop() if len(links) == 1 and "" not in links else alert.diff_url)
    # Events of a page or of the watcher, and changes through transcluded pages, were not made by the page's editors.
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
        "comment": sanitize.defang(sanitize.comment_text(last.comment or ""))[:_MAX_TEXT] if only else "",
        # the wiki has the time of an edit; for anything else, this is when the check noticed it
        "is_noticed": last.id == 0,
        "when": last.at.astimezone(UTC).strftime("%Y-%m-%d %H:%M UTC"),
        "diff": diff,
        "diff_name": next((name for part, name in _LINK_NAMES.items() if part in (diff or "")), "Difference"),
        "report": sanitize.own_link(alert.report_url),
        # a command is for copying, and would not work with invisible characters in it
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
    """Render a body with the largest layout that fits; layouts without sentences list as many findings as fit."""
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
    return text  # in the smallest layout: reached only with an extremely long key or link


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
