"""Build the card of a finding: everything that a reader is shown of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from watcher.model import Comparison, Element, Figure, Finding, Kind, Reference, Severity, Statistic
from watcher.model.vocabulary import TextKind
from watcher.report.fields import Row, rows
from watcher.report.labels import LEAD, SEVERITIES, TEXT_KINDS, difference, field_label, headline, kind_label, same_unit
from watcher.report.sources import Cited, edited_keys, known_references, source_verdict, sources
from watcher.report.word_diff import SentenceDiff, diff_sentences, sentences
from watcher.text import single_line
from watcher.urls import web_link

_MOST_MENTIONS = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """A finding, ready to be shown in any format. All texts are already on one line, visible and bounded.

    `old_image_url` and `new_image_url` are where the very versions of a file are, as the wiki gave them: not yet
    checked.
    """

    anchor: str
    subject: str
    verb: str
    kind: str
    kind_label: str
    severity: Severity
    severity_label: str
    section: tuple[str, ...]
    where: str
    summary: str
    old: str | None
    new: str | None
    difference: str | None
    words: SentenceDiff | None
    rows: tuple[Row, ...]
    sources: tuple[Cited, ...]
    source_verdict: str | None
    reasons: tuple[str, ...]
    mentions: tuple[MentionPlace, ...] = ()
    mentions_left_out: int = 0
    old_file: str | None = None
    new_file: str | None = None
    old_image_url: str | None = None
    new_image_url: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class MentionPlace:
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
        section=path(change.location.section),
        where=TEXT_KINDS[change.where],
        summary=single_line(finding.summary, limit),
        old=None if old is None else single_line(old, limit),
        new=None if new is None else single_line(new, limit),
        difference=_difference(change.old, change.new),
        words=sentences(finding, context.bounds.sentence),
        rows=rows(finding, limit),
        sources=sources(change, context.known, context.edited),
        source_verdict=source_verdict(change, context.edited) if supported else None,
        reasons=tuple(single_line(reason.text or reason.code, limit) for reason in finding.reasons[:12]),
        mentions=tuple(
            MentionPlace(path=path(mention.location.section), sentence=single_line(mention.sentence, limit))
            for mention in change.elsewhere[:_MOST_MENTIONS]
        ),
        mentions_left_out=max(0, len(change.elsewhere) - _MOST_MENTIONS),
        old_file=change.old.file if isinstance(change.old, Figure) else None,
        new_file=change.new.file if isinstance(change.new, Figure) else None,
        old_image_url=change.old.url if isinstance(change.old, Figure) else None,
        new_image_url=change.new.url if isinstance(change.new, Figure) else None,
    )


def card_at(comparison: Comparison, number: int, bounds: Bounds | None = None) -> Card:
    """The card of one finding of a comparison, `number` in document order counted from 1."""
    context = Context(known=known_references(comparison, ()), edited=edited_keys(comparison), bounds=bounds or Bounds())
    return card(comparison.findings[number - 1], number, context)


def path(section: tuple[str, ...]) -> tuple[str, ...]:
    """A heading path that can be shown; the lead has a name of its own."""
    return tuple(single_line(heading, 200) for heading in section[:8]) or (LEAD,)


def _difference(old: Element | None, new: Element | None) -> str | None:
    if isinstance(old, Statistic) and isinstance(new, Statistic):
        return difference(old.quantity, new.quantity)
    return None


_MOST_ROWS = 20
_MOST_SOURCES = 12
_SAID_ELSEWHERE = frozenset({"text", "value", "low", "high", "sentence", "path", "references", "uses", "body"})
_NAMES = ("text", "title", "file", "name", "path", "key")


def stored_card(body: Mapping[str, Any], number: int, bounds: Bounds | None = None) -> Card:
    """The card of a finding from its JSON (`Finding.to_dict`), `number` in document order counted from 1.

    It lacks what only the texts tell: the titles of sources and other mentions of a figure.
    """
    limits = bounds or Bounds()
    kind, severity = _kind(body["kind"]), Severity[body["severity"].upper()]
    old, new = body.get("old"), body.get("new")
    return Card(
        anchor=f"finding-{number}",
        subject=kind.subject,
        verb=kind.verb,
        kind=kind.value,
        kind_label=kind_label(kind),
        severity=severity,
        severity_label=SEVERITIES[severity],
        section=path(tuple(body.get("section") or ())),
        where=TEXT_KINDS[TextKind(body.get("where", "prose"))],
        summary=single_line(body["summary"], limits.value),
        old=_named(old, limits.value),
        new=_named(new, limits.value),
        difference=None,
        words=_sentence_diff(body, limits.sentence),
        rows=_rows(body, limits.value),
        sources=_sources(body),
        source_verdict="same source" if _keys(body, "old") == _keys(body, "new") != () else None,
        reasons=tuple(single_line(text, limits.value) for text in (body.get("explanations") or ())[:12] if text),
        old_file=_file(old),
        new_file=_file(new),
    )


def _kind(name: str) -> Kind:
    """A kind of another version is shown as changed text."""
    return Kind(name) if name in {kind.value for kind in Kind} else Kind.PROSE_CHANGED


def _named(element: Mapping[str, Any] | None, limit: int) -> str | None:
    """The words that name an element, with the unit of a figure."""
    if element is None:
        return None
    value = next((element[name] for name in _NAMES if element.get(name)), "")
    words = " › ".join(map(str, value)) if isinstance(value, list) else str(value)
    unit = element.get("unit") or ""
    text = not unit or unit.casefold() in words.casefold() or unit == "%" or unit.isupper()
    return single_line(words if text else f"{words} {unit}", limit)


def _sentence_diff(body: Mapping[str, Any], limit: int) -> SentenceDiff | None:
    sentence = body.get("sentence") or {}
    old, new = sentence.get("old"), sentence.get("new")
    return None if old is None and new is None else diff_sentences(old or "", new or "", limit)


def _rows(body: Mapping[str, Any], limit: int) -> tuple[Row, ...]:
    fields = [item for item in body.get("fields") or () if item["name"] not in _SAID_ELSEWHERE]
    return tuple(
        Row(
            label=single_line(field_label(field["name"]), 60),
            old=None if field["old"] is None else single_line(field["old"], limit),
            new=None if field["new"] is None else single_line(field["new"], limit),
            words=diff_sentences(field["old"] or "", field["new"] or "", limit),
        )
        for field in fields[:_MOST_ROWS]
    )


def _keys(body: Mapping[str, Any], side: str) -> tuple[str, ...]:
    return tuple((body.get("references") or {}).get(side) or ())


def _sources(body: Mapping[str, Any]) -> tuple[Cited, ...]:
    old, new = _keys(body, "old"), _keys(body, "new")
    fates = {key: "kept" if key in new and key in old else "added" if key in new else "removed" for key in (*old, *new)}
    return tuple(Cited(label=single_line(key, 300), url=web_link(key), status=fate) for key, fate in fates.items())[
        :_MOST_SOURCES
    ]


def _file(element: Mapping[str, Any] | None) -> str | None:
    return None if element is None or not element.get("file") else single_line(str(element["file"]), 300)
