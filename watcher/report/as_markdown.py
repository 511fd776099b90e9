"""Render a comparison as Markdown (CommonMark with tables) in which no wiki text is markup."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from watcher.model import Comparison
from watcher.report.cards import Card, RevisionInfo
from watcher.report.labels import SEVERITIES
from watcher.report.links import Links
from watcher.report.page import ReportOptions, page
from watcher.text import single_line, truncate
from watcher.text.word_diff import Piece
from watcher.urls import web_link

_MARKUP = re.compile(r"[\\`*_{}\[\]#|~<>&$]")
# GitHub and others turn bare addresses into links and names into mentions; an entity is text to them.
_AUTOLINK = re.compile(r"(?<=\w):(?=\S)|(?<=[wW]{3})\.|@")
_BLOCK = re.compile(r"^([-+=]|\d+[.)](?=\s|$))")
_ENTITIES = {mark: f"&#{ord(mark)};" for mark in ":@."} | {"<": "&lt;", ">": "&gt;", "&": "&amp;"}
_VALUE = 300


def as_markdown(comparison: Comparison, request: ReportOptions) -> str:
    """Title, revisions, verdict, findings, and what is below the threshold or was not read."""
    reported = page(comparison, request)
    links, lines = reported.links, [f"# {escape(reported.title)}", ""]
    for role, side in reported.sides:
        number, editor = _link(str(side.id), links.text_url(side.revision)), links.editor_url(side.revision)
        comment = f" – {escape(side.comment)}" if side.comment else ""
        lines.append(f"- {role}: {number}, {side.at}, {_link(side.editor, editor)}{comment}")
    if web_link(links.diff_url):
        lines.append(f"- {_link('Difference on the wiki', links.diff_url)}")
    lines += ["", f"**{escape(reported.verdict)}**"]
    for card in reported.cards:
        lines += ["", *_card(card, edits=reported.shows_edits and bool(card.edits), links=links)]
    if reported.cards_left_out:
        lines += ["", f"{reported.cards_left_out:,} more findings are in the JSON report."]
    if reported.muted:
        lines += ["", f"## Below the alert threshold ({SEVERITIES[reported.threshold].lower()})", ""]
        for card in reported.muted:
            summary = escape(truncate(card.summary, _VALUE))
            lines.append(f"- {card.severity_label}: {card.kind_label} in {_location(card.section)}: {summary}")
        if reported.muted_left_out:
            lines.append(f"- … and {reported.muted_left_out:,} more")
    if reported.unread:
        lines += ["", "## Not read", ""]
        lines += [f"- {escape(' › '.join(gap.path))}: {escape(gap.text)}" for gap in reported.unread]
    return "\n".join(lines) + "\n"


def escape(text: str) -> str:
    r"""Text that Markdown shows as it is.

    >>> escape("[x](javascript:alert)")
    '\\[x\\](javascript&#58;alert)'
    """
    return _BLOCK.sub(lambda hit: f"{hit[1][:-1]}\\{hit[1][-1]}", _inline(single_line(text)))


def _inline(text: str) -> str:
    shown = _MARKUP.sub(lambda hit: _ENTITIES.get(hit[0], f"\\{hit[0]}"), text)
    return _AUTOLINK.sub(lambda hit: _ENTITIES[hit[0]], shown)


def _link(label: str, url: str | None) -> str:
    safe = web_link(url)
    if safe is None:
        return escape(label)
    target = re.sub(r"[<>()\s\\\"'`|]", lambda hit: f"%{ord(hit[0]):02X}", safe)
    return f"[{escape(label)}](<{target}>)"


def _location(section: Sequence[str]) -> str:
    return f"*{escape(' › '.join(section))}*"


def _card(card: Card, *, edits: bool, links: Links) -> Iterator[str]:
    yield f"## {card.severity_label}: {escape(truncate(card.summary, _VALUE))}"
    yield ""
    yield f"{card.kind_label} in {_location(card.section)}{f' ({card.where})' if card.where else ''}"
    if card.words and card.words.pieces:
        sides = (("Before", card.words.old), ("After", card.words.new))
        quoted = [(label, "".join(map(_run, pieces)).strip()) for label, pieces in sides]
        yield from ("", *(f"> {label}: {text}  " for label, text in quoted if text))
    if card.rows:
        yield from ("", "| Field | Before | After |", "| --- | --- | --- |")
        for row in card.rows:
            old, new = ("–" if value is None else escape(truncate(value, _VALUE)) for value in (row.old, row.new))
            yield f"| {escape(row.label)} | {old} | {new} |"
    if card.source_verdict:
        yield from ("", f"Sources: {card.source_verdict}")
        fates = [(source, f" ({source.status})" if source.status != "kept" else "") for source in card.sources[:6]]
        yield from (f"- {_link(source.label, source.url)}{fate}" for source, fate in fates)
    if card.mentions:
        yield from ("", "The old value is still stated elsewhere:")
        for mention in card.mentions:
            yield f"- {_location(mention.path)}: {escape(truncate(mention.text, _VALUE))}"
    if card.filtered:
        yield from ("", f"Filtered: {escape(card.filtered)}")
    if card.reasons:
        yield from ("", "Why:", *(f"- {escape(reason)}" for reason in card.reasons))
    if edits:
        yield from ("", "Changed by " + " or ".join(_edit(edit, links) for edit in card.edits))


def _edit(edit: RevisionInfo, links: Links) -> str:
    flags = f" ({edit.flags})" if edit.flags else ""
    comment = f" – {escape(edit.comment)}" if edit.comment else ""
    number = _link(str(edit.id), links.edit_url(edit.revision))
    return f"{_link(edit.editor, links.editor_url(edit.revision))}{flags}, {edit.at}, edit {number}{comment}"


def _run(piece: Piece) -> str:
    """Return a run inside a sentence; what differs is bold, its blanks outside the stars as CommonMark wants them."""
    text = _inline(piece.text)
    words = text.strip()
    if piece.kind == "same" or not words:
        return text
    before, after = text[: len(text) - len(text.lstrip())], text[len(text.rstrip()) :]
    return f"{before}**{words}**{after}"
