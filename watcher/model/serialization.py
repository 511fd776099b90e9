"""Serialize the elements of an article to the JSON that scripts rely on."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

from watcher.model.elements import Claim, Element, Figure, Reference, Section, Sentence, Statistic, Tag


def decimal_text(number: Decimal | None) -> str | None:
    """Write an exact decimal without exponent: `21000000`, `0.5`."""
    if number is None:
        return None
    plain = format(number, "f")
    return plain.rstrip("0").rstrip(".") or "0" if "." in plain else plain


def _section(section: Section) -> dict[str, Any]:
    marks = "=" * section.level
    return {"path": list(section.path), "level": section.level, "heading": f"{marks}{section.heading}{marks}"}


def _figure(figure: Figure) -> dict[str, Any]:
    shown = {"file": figure.file, "caption": figure.caption, "alt": figure.alt, "options": list(figure.options)}
    more = {"sha1": figure.sha1, "url": figure.url}
    return {**shown, **{name: value for name, value in more.items() if value is not None}}


def _reference(reference: Reference) -> dict[str, Any]:
    names = ("key", "name", "template", "title", "url", "archive_url", "date", "work", "publisher", "text", "uses")
    return {name: getattr(reference, name) for name in names}


def _statistic(statistic: Statistic) -> dict[str, Any]:
    quantity = statistic.quantity
    return {
        "text": quantity.text,
        "value": decimal_text(quantity.value),
        "low": decimal_text(quantity.low),
        "high": decimal_text(quantity.high),
        "measure": quantity.measure.value,
        "unit": quantity.unit,
        "qualifier": quantity.qualifier,
        "period": quantity.period,
        "as_of": quantity.as_of,
    }


def _claim(claim: Claim) -> dict[str, Any]:
    return {"text": claim.text, "cues": list(claim.cues)}


def _tag(tag: Tag) -> dict[str, Any]:
    return {"name": tag.name, "sentence": tag.sentence}


def _sentence(sentence: Sentence) -> dict[str, Any]:
    return {"text": sentence.text, "label": sentence.label}


_WRITERS: dict[type, Callable[[Any], dict[str, Any]]] = {
    Section: _section,
    Figure: _figure,
    Reference: _reference,
    Statistic: _statistic,
    Claim: _claim,
    Tag: _tag,
    Sentence: _sentence,
}


def element_to_dict(element: Element | None) -> dict[str, Any] | None:
    """Return the JSON of an element that the contract lists for its kind; None for None."""
    return None if element is None else _WRITERS[type(element)](element)
