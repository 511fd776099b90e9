"""Render a comparison as plain text of 100 columns for a terminal."""

from __future__ import annotations

from collections.abc import Iterator
from textwrap import wrap

from watcher.model import Comparison
from watcher.report.cards import Card, RevisionInfo
from watcher.report.labels import SEVERITIES, counted
from watcher.report.page import ReportOptions, page
from watcher.text import truncate
from watcher.text.word_diff import SentenceDiff

_COLUMNS = 100
_SENTENCE = 600


def as_text(comparison: Comparison, request: ReportOptions) -> str:
    """Title, revisions, verdict, then each finding with its words, sources and reasons."""
    reported = page(comparison, request)
    lines = _wrapped(f"{reported.title} ({reported.wiki})" if reported.wiki else reported.title, "")
    for role, side in reported.sides:
        lines += _wrapped(f"{role:<10}{side.id} · {side.at} · {_editor(side)}{_comment(side)}", "", hang=10)
    if reported.links.diff_url:
        lines.append(f"{'Diff':<10}{reported.links.diff_url}")
    lines += ["", *_wrapped(reported.verdict, "")]
    for card in reported.cards:
        lines += ["", *_card(card, edits=reported.shows_edits and bool(card.edits))]
    if reported.cards_left_out:
        lines += ["", f"{reported.cards_left_out:,} more findings are in the JSON report."]
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


def _editor(info: RevisionInfo) -> str:
    return f"{info.editor} ({info.flags})" if info.flags else info.editor


def _comment(info: RevisionInfo) -> str:
    return f' "{info.comment}"' if info.comment else ""


def _card(card: Card, *, edits: bool) -> Iterator[str]:
    location = " › ".join(card.section) + (f" ({card.where})" if card.where else "")
    yield from _wrapped(f"{card.severity_label.upper():<9}{card.kind_label} · {location}", "", hang=9)
    yield from _wrapped(card.summary, "  ")
    if card.words:
        yield from _sentences(card.words)
    for row in card.rows:
        yield from _wrapped(f"{row.label}: {_value_text(row.old)} → {_value_text(row.new)}", "    ")
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
        made_by = [f"{_editor(edit)}, revision {edit.id}, {edit.at}{_comment(edit)}" for edit in card.edits]
        yield from _wrapped(f"by: {' or '.join(made_by)}", "    ", hang=4)


def _sentences(diff: SentenceDiff) -> Iterator[str]:
    """Old and new on lines of their own, the words that differ in brackets as `wdiff` writes them, not their blanks."""
    for sign, pieces, mark in (("-", diff.old, "[-{}-]"), ("+", diff.new, "{{+{}+}}")):
        changed, text = all(piece.kind != "same" for piece in pieces), ""
        for piece in pieces:
            words = piece.text.strip()
            marked = words and not changed and piece.kind != "same"
            text += piece.text.replace(words, mark.format(words), 1) if marked else piece.text
        if pieces:
            yield from _wrapped(f"{sign} {truncate(text, _SENTENCE)}", "    ", hang=2)


def _value_text(value: str | None) -> str:
    return "–" if value is None else f"“{truncate(value, 200)}”"


def _wrapped(text: str, indent: str, hang: int = 0) -> list[str]:
    return wrap(
        text, _COLUMNS, initial_indent=indent, subsequent_indent=indent + " " * hang, drop_whitespace=True,
        break_on_hyphens=False,
    ) or [indent]  # fmt: skip
