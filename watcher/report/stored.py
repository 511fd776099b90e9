"""The stored JSON of a finding becomes its card, where the texts cannot be compared again."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from watcher.model import Kind, Severity
from watcher.model.scales import Where
from watcher.report.cards import Bounds, Card, path
from watcher.report.labels import PLACES, SEVERITIES, field_label, kind_label
from watcher.report.rows import Row
from watcher.report.safety import one_line, web_link
from watcher.report.sentences import Told, told
from watcher.report.sources import Cited

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
        place=path(tuple(body.get("section") or ())),
        where=PLACES[Where(body.get("where", "prose"))],
        summary=one_line(body["summary"], limits.value),
        old=_named(old, limits.value),
        new=_named(new, limits.value),
        difference=None,
        told=_told(body, limits.sentence),
        rows=_rows(body, limits.value),
        sources=_sources(body),
        source_verdict="same source" if _keys(body, "old") == _keys(body, "new") != () else None,
        reasons=tuple(one_line(text, limits.value) for text in (body.get("explanations") or ())[:12] if text),
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
    said = not unit or unit.casefold() in words.casefold() or unit == "%" or unit.isupper()
    return one_line(words if said else f"{words} {unit}", limit)


def _told(body: Mapping[str, Any], limit: int) -> Told | None:
    sentence = body.get("sentence") or {}
    old, new = sentence.get("old"), sentence.get("new")
    return None if old is None and new is None else told(old or "", new or "", limit)


def _rows(body: Mapping[str, Any], limit: int) -> tuple[Row, ...]:
    fields = [one for one in body.get("fields") or () if one["name"] not in _SAID_ELSEWHERE]
    return tuple(
        Row(
            label=one_line(field_label(one["name"]), 60),
            old=None if one["old"] is None else one_line(one["old"], limit),
            new=None if one["new"] is None else one_line(one["new"], limit),
            told=told(one["old"] or "", one["new"] or "", limit),
        )
        for one in fields[:_MOST_ROWS]
    )


def _keys(body: Mapping[str, Any], side: str) -> tuple[str, ...]:
    return tuple((body.get("references") or {}).get(side) or ())


def _sources(body: Mapping[str, Any]) -> tuple[Cited, ...]:
    old, new = _keys(body, "old"), _keys(body, "new")
    fates = {key: "kept" if key in new and key in old else "added" if key in new else "removed" for key in (*old, *new)}
    return tuple(Cited(label=one_line(key, 300), url=web_link(key), fate=fate) for key, fate in fates.items())[
        :_MOST_SOURCES
    ]


def _file(element: Mapping[str, Any] | None) -> str | None:
    return None if element is None or not element.get("file") else one_line(str(element["file"]), 300)
