"""A finding becomes a card: everything that a reader is shown of it, as plain text and pieces."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from watcher.model import Comparison, Element, Figure, Finding, Reference, Severity, Statistic
from watcher.report.difference import difference
from watcher.report.headlines import headline, same_unit
from watcher.report.labels import LEAD, PLACES, SEVERITIES, kind_label
from watcher.report.rows import Row, rows
from watcher.report.safety import one_line
from watcher.report.sentences import Told, sentences
from watcher.report.sources import Cited, edited_keys, known_references, source_verdict, sources

_MOST_MENTIONS = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """A finding, ready to be shown in any format. All texts are already on one line, visible and bounded.

    `old_picture` and `new_picture` are where the very versions of a file are, as the wiki gave them: not yet checked.
    """

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
    sources: tuple[Cited, ...]
    source_verdict: str | None
    reasons: tuple[str, ...]
    mentions: tuple[Place, ...] = ()
    mentions_left_out: int = 0
    old_file: str | None = None
    new_file: str | None = None
    old_picture: str | None = None
    new_picture: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Another place of the article that still states the old figure."""

    path: tuple[str, ...]
    sentence: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Bounds:
    """How much of a comparison is shown: the page has a size that it keeps whatever the texts are."""

    cards: int = 150
    rows: int = 150
    sentence: int = 1500
    value: int = 600
    full_text: int = 90_000
    briefs: int = 300


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
    if isinstance(change.old, Statistic) and isinstance(change.new, Statistic) and same_unit(change.old, change.new):
        old = change.old.quantity.text  # "21 million → 25 million victims" says the unit once
    return Card(
        anchor=f"finding-{number}",
        subject=change.kind.subject,
        verb=change.kind.verb,
        kind=change.kind.value,
        kind_label=kind_label(change.kind),
        severity=finding.severity,
        severity_label=SEVERITIES[finding.severity],
        place=path(change.place.section),
        where=PLACES[change.where],
        summary=one_line(finding.summary, limit),
        old=None if old is None else one_line(old, limit),
        new=None if new is None else one_line(new, limit),
        difference=_difference(change.old, change.new),
        told=sentences(finding, context.bounds.sentence),
        rows=rows(finding, limit),
        sources=sources(change, context.known, context.edited),
        source_verdict=source_verdict(change, context.edited) if supported else None,
        reasons=tuple(one_line(reason.text or reason.code, limit) for reason in finding.reasons[:12]),
        mentions=tuple(
            Place(path=path(mention.place.section), sentence=one_line(mention.sentence, limit))
            for mention in change.elsewhere[:_MOST_MENTIONS]
        ),
        mentions_left_out=max(0, len(change.elsewhere) - _MOST_MENTIONS),
        old_file=change.old.file if isinstance(change.old, Figure) else None,
        new_file=change.new.file if isinstance(change.new, Figure) else None,
        old_picture=change.old.url if isinstance(change.old, Figure) else None,
        new_picture=change.new.url if isinstance(change.new, Figure) else None,
    )


def card_at(comparison: Comparison, number: int, bounds: Bounds | None = None) -> Card:
    """The card of one finding of a comparison, `number` in document order counted from 1."""
    context = Context(known=known_references(comparison, ()), edited=edited_keys(comparison), bounds=bounds or Bounds())
    return card(comparison.findings[number - 1], number, context)


def path(section: tuple[str, ...]) -> tuple[str, ...]:
    """A heading path that can be shown; the lead has a name of its own."""
    return tuple(one_line(heading, 200) for heading in section[:8]) or (LEAD,)


def _difference(old: Element | None, new: Element | None) -> str | None:
    if isinstance(old, Statistic) and isinstance(new, Statistic):
        return difference(old.quantity, new.quantity)
    return None
