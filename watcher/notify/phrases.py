"""A notice becomes the phrases of a message: where, what from what to what, which source, which sentence."""

from __future__ import annotations

import re
from dataclasses import dataclass

from watcher.model import Kind, Notice, Severity
from watcher.notify.words import calm, changed_span, changed_words, clean, excerpt, span_of

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
_SAID = re.compile(r"\b(?:no|same|new) source\b|\bsource (?:added|removed|changed)\b")
_ARROW = " → "
# "21 million → 25 million victims (+19 %), same source": from, to, share, rest
_MOVE = re.compile(r"(?P<old>[^→]+) → (?P<new>[^→]+?)(?: \((?:[+−-]|[^)%]{0,40}%)[^)]{0,40}\))?(?P<rest>(?:, .*)?)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Phrases:
    """One finding in plain calm words; `span` is where its sentence changed, in characters."""

    severity: Severity
    section: str
    summary: str
    headline: str
    source: str
    sentence: str
    span: tuple[int, int]


def phrases(notice: Notice) -> Phrases:
    """The words for one finding, not yet shortened."""
    summary, source = calm(notice.summary[:_LONGEST]), _source(notice)
    old, new = map(calm, _window(notice.old_sentence or "", notice.new_sentence or ""))
    if old and new and old != new and _ARROW not in summary:
        before, after = changed_words(old, new)
        summary = f"{summary}: {excerpt(before, 80)}{_ARROW}{excerpt(after, 80)}"
    if source and source not in summary:
        summary = f"{summary}, {source}"
    span = changed_span(old, new) if old and new else span_of(summary, new or old)
    return Phrases(
        severity=notice.severity,
        section=calm(" › ".join(clean(heading[:_LONGEST]) for heading in notice.section[:6]))
        or (LEAD if isinstance(notice.kind, Kind) else ""),
        summary=summary,
        headline=_headline(summary),
        source=source,
        sentence=new or old,
        span=span,
    )


def subject(title: str, first: Phrases, more: int, room: int) -> str:
    """One line: the article, the weightiest change, its section and source, how many more.

    "Human trafficking: 21 → 25 million victims (lead), same source"
    """
    tail = f" ({excerpt(first.section, 30)})" if first.section else ""
    tail += f", {excerpt(first.source, 30)}" if first.source else ""
    tail += f", +{more} more" if more else ""
    name = excerpt(title, 50)
    left = room - len(f"{name}: {tail}".encode())
    return f"{name}: {excerpt(first.headline, left)}{tail}"


def _window(old: str, new: str) -> tuple[str, str]:
    """Both sentences, cut to where they part when they are absurdly long.

    What is cut stands so far from the change that no message shows it.
    """
    if max(len(old), len(new)) <= 4 * _LONGEST:
        return old, new
    parting = next((n for n, (a, b) in enumerate(zip(old, new, strict=False)) if a != b), min(len(old), len(new)))
    start = max(0, parting - _LONGEST)
    return old[start : start + 4 * _LONGEST], new[start : start + 4 * _LONGEST]


def _source(notice: Notice) -> str:
    """What happened to the source, in two words; empty when nobody says."""
    said = _SAID.search(notice.summary[:_LONGEST])
    return said[0] if said else next((_SOURCE[reason] for reason in notice.reasons if reason in _SOURCE), "")


def _headline(summary: str) -> str:
    """The shortest form of a move: a scale that both sides share is said once."""
    move = _MOVE.fullmatch(summary)
    if move is None:
        return summary
    old, new = move["old"].split(), move["new"].split()
    shared = len(old) - 1
    if shared and old[1:] == new[1 : len(old)] and old[0][-1:].isdigit():
        old = old[:1]
    return " ".join(old) + _ARROW + " ".join(new)
