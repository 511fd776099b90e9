"""Show the sentence that a finding is about with its changed words."""

from __future__ import annotations

from watcher.model import Claim, Element, Finding, Section, Sentence, Statistic, Tag
from watcher.report.labels import headline
from watcher.text import inline_text, single_line
from watcher.word_diff import Piece, PieceKind, SentenceDiff, bounded, diff_sentences

_LONGEST_SENTENCE = 1500


def sentences(finding: Finding, limit: int) -> SentenceDiff | None:
    """Return the changed words of the sentence that a finding is about; None where there is none."""
    change = finding.change
    old, new = change.old_sentence, change.new_sentence
    if old is None and new is None:
        old, new = _own_sentence(change.old), _own_sentence(change.new)
    if (old is None and new is None) or (change.kind.subject == "section" and not (old and new)):
        return None
    lone = _lone_statistic(finding, old, new)
    if lone:
        return lone
    if change.kind.subject == "tag":  # the tag changed, its sentence did not
        return SentenceDiff(pieces=(Piece("same", single_line(new or old or "", limit)),), inline=True)
    return diff_sentences(old or "", new or "", limit)


def _lone_statistic(finding: Finding, old: str | None, new: str | None) -> SentenceDiff | None:
    """Return a statistic that was added or removed in a sentence: only the number is marked."""
    change = finding.change
    kind: PieceKind = "new" if change.kind.verb == "added" else "old"
    statistic, sentence = (change.new, new) if kind == "new" else (change.old, old)
    if not isinstance(statistic, Statistic) or not sentence or (old and new and old != new):
        return None
    start, end = statistic.quantity.start, statistic.quantity.end
    if sentence[start:end] != statistic.quantity.text:
        return None
    parts: tuple[tuple[PieceKind, str], ...] = (
        ("same", sentence[:start]),
        (kind, sentence[start:end]),
        ("same", sentence[end:]),
    )
    pieces = tuple(Piece(side, shown) for side, text in parts if (shown := inline_text(text)))
    return SentenceDiff(pieces=bounded(pieces, _LONGEST_SENTENCE), inline=True)


def _own_sentence(element: Element | None) -> str | None:
    match element:
        case Statistic(sentence=sentence) | Tag(sentence=sentence):
            return sentence or None
        case Claim(text=text) | Sentence(text=text):
            return text
        case Section():
            return headline(element)
        case _:
            return None
