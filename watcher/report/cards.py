"""A finding becomes a card: everything that a reader is shown of it, as plain text and pieces."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from watcher.model import (
    Claim,
    Element,
    Figure,
    Finding,
    Quantity,
    Reference,
    Section,
    Sentence,
    Severity,
    Statistic,
    Tag,
)
from watcher.report.difference import difference
from watcher.report.labels import LEAD, PLACES, SEVERITIES, field_label, kind_label
from watcher.report.safety import one_line, spaced
from watcher.report.sources import Source, source_verdict, sources
from watcher.report.words import Piece, Sort, reads_inline, word_pieces

# What the card's headline already says is not said again in its table of fields.
_SAID_ELSEWHERE = frozenset({"text", "value", "low", "high", "sentence", "start", "end", "path", "references", "uses"})
_MOST_FIELDS = 20
_LONGEST_SENTENCE = 1500
_LONGEST_READ = 20_000  # characters of a sentence in which changes are looked for
_REFERENCE_FIELDS = (
    "title", "authors", "work", "publisher", "date", "url", "archive_url", "doi", "isbn", "pages", "quote", "name",
)  # fmt: skip


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


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """A field of an element on both sides; None where it is absent."""

    label: str
    old: str | None
    new: str | None
    told: Told


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """A finding, ready to be shown in any format. All texts are already on one line, visible and bounded."""

    anchor: str
    subject: str
    verb: str
    kind: str
    kind_label: str
    severity: Severity
    severity_label: str
    place: tuple[str, ...]
    where: str
    summary: str
    old: str | None
    new: str | None
    difference: str | None
    told: Told | None
    rows: tuple[Row, ...]
    sources: tuple[Source, ...]
    source_verdict: str | None
    reasons: tuple[str, ...]
    old_file: str | None = None
    new_file: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Bounds:
    """How much of a comparison is shown: the page has a size that it keeps whatever the texts are."""

    cards: int = 150
    rows: int = 150
    sentence: int = 1500
    value: int = 600
    full_text: int = 90_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Context:
    """What a finding cannot know alone: the sources of the whole comparison, and how long texts may be."""

    known: Mapping[str, Reference]
    edited: frozenset[str]
    bounds: Bounds


def card(finding: Finding, number: int, context: Context) -> Card:
    """The card of the finding that is `number` in document order, counted from 1."""
    change, limit = finding.change, context.bounds.value
    supported = change.kind.subject in ("statistic", "claim", "prose")
    old, new = headline(change.old), headline(change.new)
    if isinstance(change.old, Statistic) and isinstance(change.new, Statistic) and _same_unit(change.old, change.new):
        old = change.old.quantity.text  # "21 million → 25 million victims" says the unit once
    return Card(
        anchor=f"finding-{number}",
        subject=change.kind.subject,
        verb=change.kind.verb,
        kind=change.kind.value,
        kind_label=kind_label(change.kind),
        severity=finding.severity,
        severity_label=SEVERITIES[finding.severity],
        place=tuple(one_line(heading, 200) for heading in change.place.section[:8]) or (LEAD,),
        where=PLACES[change.where],
        summary=one_line(finding.summary, limit),
        old=None if old is None else one_line(old, limit),
        new=None if new is None else one_line(new, limit),
        difference=_difference(change.old, change.new),
        told=_sentences(finding, context.bounds.sentence),
        rows=_rows(finding, limit),
        sources=sources(change, context.known, context.edited),
        source_verdict=source_verdict(change, context.edited) if supported else None,
        reasons=tuple(one_line(reason.text or reason.code, limit) for reason in finding.reasons[:12]),
        old_file=change.old.file if isinstance(change.old, Figure) else None,
        new_file=change.new.file if isinstance(change.new, Figure) else None,
    )


def headline(element: Element | None) -> str | None:
    """The words that name an element."""
    name: str | None = None
    match element:
        case Statistic(quantity=quantity):
            name = _quantity(quantity)
        case Section(path=path):
            name = " › ".join(path) or LEAD
        case Reference():
            name = element.title or element.text or element.url or element.key
        case Figure(file=text) | Tag(name=text) | Claim(text=text) | Sentence(text=text):
            name = text
        case None:
            pass
    return name


def _quantity(quantity: Quantity) -> str:
    """The number as written, with its unit unless the text already has it."""
    unit = quantity.unit or ""
    said = not unit or unit.casefold() in quantity.text.casefold() or unit == "%" or unit.isupper()
    return quantity.text if said else f"{quantity.text} {unit}"


def _same_unit(old: Statistic, new: Statistic) -> bool:
    return (old.quantity.unit, old.quantity.measure) == (new.quantity.unit, new.quantity.measure)


def _difference(old: Element | None, new: Element | None) -> str | None:
    if isinstance(old, Statistic) and isinstance(new, Statistic):
        return difference(old.quantity, new.quantity)
    return None


def _sentences(finding: Finding, limit: int) -> Told | None:
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


def _rows(finding: Finding, limit: int) -> tuple[Row, ...]:
    change = finding.change
    if change.fields:
        named = [(f.name, f.old, f.new) for f in change.fields if _worth_a_row(finding, f.name)]
    else:
        named = _element_fields(change.old, change.new)
    return tuple(
        Row(
            label=one_line(field_label(name), 60),
            old=None if old is None else one_line(old, limit),
            new=None if new is None else one_line(new, limit),
            told=told(old or "", new or "", limit),
        )
        for name, old, new in named[:_MOST_FIELDS]
    )


def _worth_a_row(finding: Finding, name: str) -> bool:
    subject = finding.change.kind.subject
    if subject == "reference":
        return name != "uses"
    return subject != "section" and name not in _SAID_ELSEWHERE


def _element_fields(old: Element | None, new: Element | None) -> list[tuple[str, str | None, str | None]]:
    """The fields of a reference or image that came or went whole."""
    names = _REFERENCE_FIELDS if isinstance(old or new, Reference) else ("caption", "alt")
    if not isinstance(old or new, Reference | Figure):
        return []
    pairs = ((name, _text(getattr(old, name, None)), _text(getattr(new, name, None))) for name in names)
    return [(name, before, after) for name, before, after in pairs if before or after]


def _text(value: object) -> str | None:
    if isinstance(value, tuple):
        return "; ".join(map(str, value)) or None
    return str(value) if value else None
