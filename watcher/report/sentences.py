"""The sentences of a finding become pieces: what stayed, what went, what came."""

from __future__ import annotations

from dataclasses import dataclass

from watcher.model import Claim, Element, Finding, Section, Sentence, Statistic, Tag
from watcher.report.headlines import headline
from watcher.report.safety import one_line, spaced
from watcher.report.words import Piece, Sort, reads_inline, word_pieces

_LONGEST_SENTENCE = 1500
_LONGEST_READ = 20_000  # characters of a sentence in which changes are looked for


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """Two sentences as pieces; `inline` when they read well as one."""

    pieces: tuple[Piece, ...]
    inline: bool

    @property
    def old(self) -> tuple[Piece, ...]:
        """The sentence before."""
        return tuple(piece for piece in self.pieces if piece.sort != "new")

    @property
    def new(self) -> tuple[Piece, ...]:
        """The sentence after."""
        return tuple(piece for piece in self.pieces if piece.sort != "old")


def sentences(finding: Finding, limit: int) -> Told | None:
    """What happened to the words of the sentence that a finding is about; None where there is none."""
    change = finding.change
    old, new = change.old_sentence, change.new_sentence
    if old is None and new is None:
        old, new = _own_sentence(change.old), _own_sentence(change.new)
    if (old is None and new is None) or (change.kind.subject == "section" and not (old and new)):
        return None
    lone = _lone_statistic(finding, old, new)
    if lone:
        return lone
    if change.kind.subject == "tag":  # the tag came or went, its sentence did not
        return Told(pieces=(Piece("same", one_line(new or old or "", limit)),), inline=True)
    return told(old or "", new or "", limit)


def _lone_statistic(finding: Finding, old: str | None, new: str | None) -> Told | None:
    """A statistic that came or went in a sentence of which nothing else is known: only the number is marked."""
    change = finding.change
    sort: Sort = "new" if change.kind.verb == "added" else "old"
    statistic, sentence = (change.new, new) if sort == "new" else (change.old, old)
    if not isinstance(statistic, Statistic) or not sentence or (old and new and old != new):
        return None
    start, end = statistic.quantity.start, statistic.quantity.end
    if sentence[start:end] != statistic.quantity.text:
        return None
    parts: tuple[tuple[Sort, str], ...] = (
        ("same", sentence[:start]),
        (sort, sentence[start:end]),
        ("same", sentence[end:]),
    )
    pieces = tuple(Piece(kind, shown) for kind, text in parts if (shown := spaced(text)))
    return Told(pieces=_bounded(pieces, _LONGEST_SENTENCE), inline=True)


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


def told(old: str, new: str, limit: int) -> Told:
    """What happened to the words between `old` and `new`; a long run that stayed the same is cut in its middle."""
    pieces = word_pieces(one_line(old, _LONGEST_READ), one_line(new, _LONGEST_READ))
    return Told(pieces=_bounded(pieces, limit), inline=reads_inline(pieces))


def _bounded(pieces: tuple[Piece, ...], limit: int) -> tuple[Piece, ...]:
    if sum(len(piece.text) for piece in pieces) <= limit:
        return pieces
    share = max(60, limit // min(len(pieces), limit // 60))
    most = max(1, limit // share)
    first_change = next((at for at, piece in enumerate(pieces) if piece.sort != "same"), 0)
    window = pieces[max(0, first_change - 1) :][:most]
    return tuple(Piece(piece.sort, _middle_cut(piece.text, share)) for piece in window)


def _middle_cut(text: str, limit: int) -> str:
    half = limit // 2
    return text if len(text) <= limit else f"{text[:half]} … {text[-half + 3 :]}"
