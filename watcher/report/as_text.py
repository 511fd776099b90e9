"""A comparison becomes plain text of 100 columns for a terminal."""

from __future__ import annotations

from collections.abc import Iterator
from textwrap import wrap

from watcher.model import Comparison
from watcher.report.cards import Card
from watcher.report.labels import SEVERITIES, counted
from watcher.report.page import Page, Request, Side, page
from watcher.report.safety import clip
from watcher.report.sentences import Told

_COLUMNS = 100
_SENTENCE = 600


def as_text(comparison: Comparison, request: Request) -> str:
    """Title, revisions, verdict, then each finding with its words, sources and reasons."""
    told = page(comparison, request)
    lines = [*_head(told), "", *_wrapped(told.verdict, "")]
    for card in told.cards:
        lines += ["", *_card(card)]
    if told.cards_left_out:
        lines += ["", f"{told.cards_left_out:,} more findings are in the JSON report."]
    lines += _held_back(told)
    if told.unread:
        lines += ["", "Not read:"]
        for gap in told.unread:
            lines += _wrapped(f"{' › '.join(gap.place)}: {gap.reason}", "  ")
        if told.unread_left_out:
            lines.append(f"  … and {told.unread_left_out:,} more")
    return "\n".join(line.rstrip() for line in lines) + "\n"


def _head(told: Page) -> Iterator[str]:
    yield from _wrapped(f"{told.title} ({told.wiki})" if told.wiki else told.title, "")
    for side in (told.before, told.after):
        if side:
            yield from _wrapped(_side(side), "", hang=10)
    if told.links.diff_url:
        yield f"{'Diff':<10}{told.links.diff_url}"


def _side(side: Side) -> str:
    comment = f' "{side.comment}"' if side.comment else ""
    return f"{side.role:<10}{side.id} · {side.at} · {side.editor}{comment}"


def _card(card: Card) -> Iterator[str]:
    place = " › ".join(card.place) + (f" ({card.where})" if card.where else "")
    yield from _wrapped(f"{card.severity_label.upper():<9}{card.kind_label} · {place}", "", hang=9)
    yield from _wrapped(card.summary, "  ")
    if card.told:
        yield from _sentences(card.told)
    for row in card.rows:
        yield from _wrapped(f"{row.label}: {_shown(row.old)} → {_shown(row.new)}", "    ")
    if card.source_verdict:
        names = "; ".join(source.label for source in card.sources[:3])
        yield from _wrapped(f"{card.source_verdict}{': ' if names else ''}{clip(names, 400)}", "    ", hang=2)
    if card.mentions:
        places = "; ".join(" › ".join(mention.path) for mention in card.mentions)
        number = len(card.mentions) + card.mentions_left_out
        yield from _wrapped(f"{counted(number, 'other place')} still with the old figure: {places}", "    ", hang=2)
    for reason in card.reasons:
        yield from _wrapped(f"why: {reason}", "    ", hang=5)


def _sentences(told: Told) -> Iterator[str]:
    """Old and new on lines of their own, the words that differ in brackets as `wdiff` writes them."""
    for sign, pieces, mark in (("-", told.old, "[-{}-]"), ("+", told.new, "{{+{}+}}")):
        if pieces:
            changed = all(piece.sort != "same" for piece in pieces)
            text = "".join(p.text if changed or p.sort == "same" else _marked(p.text, mark) for p in pieces)
            yield from _wrapped(f"{sign} {clip(text, _SENTENCE)}", "    ", hang=2)


def _marked(text: str, mark: str) -> str:
    """Marks around the words, not around the blanks beside them."""
    words = text.strip()
    return text.replace(words, mark.format(words), 1) if words else text


def _shown(value: str | None) -> str:
    return "–" if value is None else f"“{clip(value, 200)}”"


def _held_back(told: Page) -> Iterator[str]:
    if not told.held_back:
        return
    yield ""
    yield f"Held back (below {SEVERITIES[told.threshold].lower()}):"
    for card in told.held_back:
        line = (
            f"{card.severity_label.lower():<7}{card.kind_label} · {' › '.join(card.place)}: {clip(card.summary, 160)}"
        )
        yield from _wrapped(line, "  ", hang=7)
    if told.held_back_left_out:
        yield f"  … and {told.held_back_left_out:,} more"


def _wrapped(text: str, indent: str, hang: int = 0) -> list[str]:
    return wrap(
        text, _COLUMNS, initial_indent=indent, subsequent_indent=indent + " " * hang, drop_whitespace=True,
        break_on_hyphens=False,
    ) or [indent]  # fmt: skip
