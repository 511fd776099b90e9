"""Render a comparison in the requested format: JSON, text of 100 columns, Markdown (CommonMark with tables), HTML."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence
from functools import cache
from textwrap import wrap
from typing import TYPE_CHECKING, Any, Literal, get_args

from watcher.errors import InputError
from watcher.model import Comparison, Revision
from watcher.report.labels import SEVERITIES, counted, edit_summary, editor_name, summarize, timestamp
from watcher.report.page import Card, ReportOptions, ReportPage
from watcher.text import single_line, to_json, truncate
from watcher.text.word_diff import Piece, SentenceDiff
from watcher.urls import web_link

if TYPE_CHECKING:
    from jinja2 import Template


def as_json(comparison: Comparison, request: ReportOptions) -> str:
    """Return a JSON object with all changes in document order, the parts not read, and the compared revisions."""
    article = comparison.article
    reported: dict[str, Any] = {
        "article": article and {"wiki": article.wiki, "page_id": article.page_id, "title": article.title},
        "before": comparison.before and comparison.before.to_dict(),
        "after": comparison.after and comparison.after.to_dict(),
        "verdict": summarize(comparison, request.threshold),
        "changes": [finding.to_dict() for finding in comparison.findings],
        "unread": [{"reason": gap.reason, "section": list(gap.location.section)} for gap in comparison.unread],
        "not_listed": comparison.not_listed,
    }
    return to_json(reported) + "\n"


Format = Literal["text", "json", "html", "markdown"]


def report(comparison: Comparison, fmt: Format, options: ReportOptions | None = None) -> str:
    """Return a comparison as a self-contained HTML page of at most 300 KB, Markdown, text of 100 columns, or JSON.

    Raises InputError for any other format.
    """
    if fmt not in get_args(Format):
        raise InputError(f"format {fmt!r}: unknown, choose one of {', '.join(get_args(Format))}")
    if fmt == "html":
        from watcher.report.as_html import as_html as write  # noqa: PLC0415  slow to import, and text does not need it
    else:
        write = {"text": as_text, "json": as_json, "markdown": as_markdown}[fmt]
    return write(comparison, options or ReportOptions())


_COLUMNS = 100
_SENTENCE = 600


def as_text(comparison: Comparison, request: ReportOptions) -> str:
    """Return title, revisions, verdict, and each finding with its changed words, sources and reasons."""
    reported = ReportPage(comparison, request)
    lines = _wrapped(f"{reported.title} ({reported.wiki})" if reported.wiki else reported.title, "")
    for role, side in reported.sides:
        lines += _wrapped(f"{role:<10}{side.id} · {timestamp(side.at)} · {_made_by(side)}", "", hang=10)
    if reported.links.diff_url:
        lines.append(f"{'Diff':<10}{reported.links.diff_url}")
    lines += ["", *_wrapped(reported.verdict, "")]
    for card in reported.cards:
        lines += ["", *_text_card(card, edits=reported.shows_edits and bool(card.edits))]
    if reported.cards_left_out:
        lines += ["", f"{counted(reported.cards_left_out, 'more finding')}: see the JSON report."]
    if reported.muted:
        lines += ["", f"Below the alert threshold ({SEVERITIES[reported.threshold].lower()}):"]
        for card in reported.muted:
            where = f"{card.kind_label} · {' › '.join(card.section)}"
            line = f"{card.severity_label.lower():<7}{where}: {truncate(card.summary, 160)}"
            lines += _wrapped(line, "  ", hang=7)
        if reported.muted_left_out:
            lines.append(f"  … and {reported.muted_left_out:,} more")
    if reported.unread:
        lines += ["", "Not read:"]
        for gap in reported.unread:
            lines += _wrapped(f"{' › '.join(gap.path)}: {gap.text}", "  ")
        if reported.unread_left_out:
            lines.append(f"  … and {reported.unread_left_out:,} more")
    return "\n".join(line.rstrip() for line in lines) + "\n"


def _made_by(revision: Revision, where: str = "") -> str:
    comment = edit_summary(revision.comment)
    return f"{editor_name(revision.editor)}{_flags(revision)}{where}" + (f' "{comment}"' if comment else "")


def _flags(revision: Revision) -> str:
    return f" ({', '.join(revision.flags)})" if revision.flags else ""


def _text_card(card: Card, *, edits: bool) -> Iterator[str]:
    location = " › ".join(card.section) + (f" ({card.where})" if card.where else "")
    yield from _wrapped(f"{card.severity_label.upper():<9}{card.kind_label} · {location}", "", hang=9)
    yield from _wrapped(card.summary, "  ")
    if card.words:
        yield from _sentences(card.words)
    for row in card.rows:
        old, new = ("–" if value is None else f"“{truncate(value, 200)}”" for value in (row.old, row.new))
        yield from _wrapped(f"{row.label}: {old} → {new}", "    ")
    if card.source_verdict:
        names = "; ".join(source.label for source in card.sources[:3] if source.status not in ("article", "read"))
        yield from _wrapped(f"{card.source_verdict}{': ' if names else ''}{truncate(names, 400)}", "    ", hang=2)
        for source in card.sources:
            if source.status == "read":
                yield from _wrapped(source.label, "    ", hang=2)
    if card.mentions:
        locations = "; ".join(" › ".join(mention.path) for mention in card.mentions)
        number = len(card.mentions) + card.mentions_left_out
        yield from _wrapped(f"{counted(number, 'other place')} still with the old value: {locations}", "    ", hang=2)
    if card.filtered:
        yield from _wrapped(f"filtered: {card.filtered}", "    ", hang=4)
    for reason in card.reasons:
        yield from _wrapped(f"why: {reason}", "    ", hang=5)
    if edits:
        made_by = (_made_by(edit, f", revision {edit.id}, {timestamp(edit.at)}") for edit in card.edits)
        yield from _wrapped(f"by: {' or '.join(made_by)}", "    ", hang=4)


def _sentences(diff: SentenceDiff) -> Iterator[str]:
    """Yield the old and the new sentence; words that differ, without their spaces, are in brackets as in `wdiff`."""
    for sign, pieces, mark in (("-", diff.old, "[-{}-]"), ("+", diff.new, "{{+{}+}}")):
        changed, text = all(piece.kind != "same" for piece in pieces), ""
        for piece in pieces:
            words = piece.text.strip()
            marked = words and not changed and piece.kind != "same"
            text += piece.text.replace(words, mark.format(words), 1) if marked else piece.text
        if pieces:
            yield from _wrapped(f"{sign} {truncate(text, _SENTENCE)}", "    ", hang=2)


def _wrapped(text: str, indent: str, hang: int = 0) -> list[str]:
    return wrap(
        text, _COLUMNS, initial_indent=indent, subsequent_indent=indent + " " * hang, drop_whitespace=True,
        break_on_hyphens=False,
    ) or [indent]  # fmt: skip


_MARKUP = re.compile(r"[\\`*_{}\[\]#|~<>&$]")
# GitHub and others turn bare URLs into links and names into mentions; entities prevent that.
_AUTOLINK = re.compile(r"(?<=\w):(?=\S)|(?<=[wW]{3})\.|@")
_BLOCK = re.compile(r"^([-+=]|\d+[.)](?=\s|$))")
_ENTITIES = {mark: f"&#{ord(mark)};" for mark in ":@."} | {"<": "&lt;", ">": "&gt;", "&": "&amp;"}
_VALUE = 300


def as_markdown(comparison: Comparison, request: ReportOptions) -> str:
    """Return title, revisions, verdict, findings, those below the threshold, and parts that were not read."""
    reported = ReportPage(comparison, request)
    values = {"page": reported, "links": reported.links, "threshold": SEVERITIES[reported.threshold].lower()}
    return _markdown_template().render(values)


@cache
def _markdown_template() -> Template:
    """Return the template; everything that it prints is escaped, except the output of its filters."""
    from jinja2 import PackageLoader  # noqa: PLC0415  as slow as that of HTML
    from markupsafe import Markup  # noqa: PLC0415

    from watcher.report.as_html import hardened_environment  # noqa: PLC0415

    def link(label: object, url: str | None) -> Markup:
        safe = web_link(url)
        target = re.sub(r"[<>()\s\\\"'`|]", lambda hit: f"%{ord(hit[0]):02X}", safe or "")
        return Markup(f"[{escape(str(label))}](<{target}>)" if safe else escape(str(label)))  # noqa: S704  escaped

    environment = hardened_environment(
        PackageLoader("watcher.report"),
        finalize=lambda value: value if isinstance(value, Markup) else Markup(escape(str(value))),  # noqa: S704
    )
    environment.filters.update(
        link=link,
        cut=lambda text: truncate(text, _VALUE),
        flags=lambda revision: Markup(_flags(revision)),  # noqa: S704  words of ours
        timestamp=lambda at: Markup(timestamp(at)),  # noqa: S704  the same
        path=" › ".join,
        location=lambda section: Markup(f"*{escape(' › '.join(section))}*"),  # noqa: S704  escaped
        marked=lambda pieces: Markup(_marked(pieces)),  # noqa: S704  escaped
    )
    return environment.get_template("report.md")


def escape(text: str) -> str:
    r"""Return text escaped so that Markdown shows it literally.

    >>> escape("[x](javascript:alert)")
    '\\[x\\](javascript&#58;alert)'
    """
    return _BLOCK.sub(lambda hit: f"{hit[1][:-1]}\\{hit[1][-1]}", _inline(single_line(text)))


def _inline(text: str) -> str:
    shown = _MARKUP.sub(lambda hit: _ENTITIES.get(hit[0], f"\\{hit[0]}"), text)
    return _AUTOLINK.sub(lambda hit: _ENTITIES[hit[0]], shown)


def _marked(pieces: Sequence[Piece]) -> str:
    """Return a sentence with differing words in bold; spaces stay outside the asterisks, as CommonMark requires.

    Asterisks between a letter and a sign are literal (§6.2, "flanking"), so such a sign stays outside, too.
    """
    text, shown, at, after = "".join(piece.text for piece in pieces), "", 0, 0
    for piece in pieces:
        start, after = after, after + len(piece.text)
        end = start if piece.kind == "same" else after
        while start < end and _stays_outside(text[start], text[start - 1 : start]):
            start += 1
        while start < end and _stays_outside(text[end - 1], text[end : end + 1]):
            end -= 1
        if start < end:
            shown += f"{_inline(text[at:start])}**{_inline(text[start:end])}**"
            at = end
    return (shown + _inline(text[at:])).strip()


def _stays_outside(char: str, neighbour: str) -> bool:
    return char.isspace() or bool(_is_sign(char) and neighbour and not neighbour.isspace() and not _is_sign(neighbour))


def _is_sign(char: str) -> bool:
    return unicodedata.category(char)[0] in "PS"
