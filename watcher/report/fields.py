"""Tabulate the fields of an element before and after."""

from __future__ import annotations

from dataclasses import dataclass

from watcher.model import Element, Figure, Finding, Reference
from watcher.report.labels import field_label
from watcher.report.word_diff import SentenceDiff, diff_sentences
from watcher.text import single_line

# The fields that the headline of a card shows already.
_IN_HEADLINE = frozenset({"text", "value", "low", "high", "sentence", "start", "end", "path", "references", "uses"})
_MOST_FIELDS = 20
_REFERENCE_FIELDS = (
    "title", "authors", "work", "publisher", "date", "url", "archive_url", "doi", "isbn", "pages", "quote", "name",
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """A field of an element on both sides; None where it is absent."""

    label: str
    old: str | None
    new: str | None
    words: SentenceDiff


def rows(finding: Finding, limit: int) -> tuple[Row, ...]:
    """Return the fields that changed; all fields of a source or image that was added or removed."""
    change = finding.change
    if change.fields:
        named = [(f.name, f.old, f.new) for f in change.fields if _worth_a_row(finding, f.name)]
    else:
        named = _element_fields(change.old, change.new)
    return tuple(
        Row(
            label=single_line(field_label(name), 60),
            old=None if old is None else single_line(old, limit),
            new=None if new is None else single_line(new, limit),
            words=diff_sentences(old or "", new or "", limit),
        )
        for name, old, new in named[:_MOST_FIELDS]
    )


def _worth_a_row(finding: Finding, name: str) -> bool:
    subject = finding.change.kind.subject
    if subject == "reference":
        return name != "uses"
    return subject != "section" and name not in _IN_HEADLINE


def _element_fields(old: Element | None, new: Element | None) -> list[tuple[str, str | None, str | None]]:
    """Return the fields of a reference or image that was added or removed."""
    names = _REFERENCE_FIELDS if isinstance(old or new, Reference) else ("caption", "alt")
    if not isinstance(old or new, Reference | Figure):
        return []
    pairs = ((name, _text(getattr(old, name, None)), _text(getattr(new, name, None))) for name in names)
    return [(name, before, after) for name, before, after in pairs if before or after]


def _text(value: object) -> str | None:
    if isinstance(value, tuple):
        return "; ".join(map(str, value)) or None
    return str(value) if value else None
