"""A Document → the lines or the JSON of `watcher facts`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from watcher.judge import faults, spot_of
from watcher.model import Claim, Document, Element, Figure, Section, Statistic
from watcher.model.excerpts import short_element, short_statistic
from watcher.model.wire import element_to_dict

_MAX_REFERENCES: Final = 50  # on one sentence


def facts_json(document: Document) -> dict[str, Any]:
    """Everything a Document holds, by sort; context quantities (rank, year, date) stand among the statistics."""
    wrong = faults(document)
    return {
        "sections": [element_to_dict(one) for one in document.sections],
        "figures": [element_to_dict(one) for one in document.figures],
        "references": [element_to_dict(one) for one in document.references],
        "statistics": [
            _placed(one)
            | {
                "sentence": short_statistic(one).sentence,
                "faults": [reason.code for reason in wrong.get(spot_of(one), ())],
            }
            for one in document.statistics
        ],
        "claims": [_placed(one) for one in document.claims],
        "tags": [element_to_dict(one) for one in document.tags],
        "unread": [{"reason": one.reason, "start": one.place.start, "end": one.place.end} for one in document.unread],
    }


def _placed(one: Statistic | Claim) -> dict[str, Any]:
    return {
        **(element_to_dict(short_element(one)) or {}),
        "section": list(one.place.section),
        "where": one.where.value,
        "references": list(one.references[:_MAX_REFERENCES]),
    }


def facts_text(document: Document) -> str:
    """The same as lines for people, statistics with what supports them."""
    figures = [one for one in document.statistics if not one.quantity.measure.is_context]
    rows = [
        *_block("Sections", document.sections),
        *_block("Figures", document.figures),
        *_block("Statistics", figures),
        *_faulty(document),
        *_block("Claims", document.claims),
        f"References: {len(document.references)}",
    ]
    return "\n".join([*rows, *(f"not read: {one.reason}" for one in document.unread)])


def _faulty(document: Document) -> Iterator[str]:
    """An editor's to-do list."""
    wrong = faults(document)
    rows = [(one, reason) for one in document.statistics for reason in wrong.get(spot_of(one), ())]
    yield f"To do: {len(rows)}"
    yield from (
        f"  {reason.code}: {one.quantity.text}, {reason.text} — {short_statistic(one).sentence}" for one, reason in rows
    )


def _block(title: str, elements: tuple[Element, ...] | list[Statistic]) -> Iterator[str]:
    yield f"{title}: {len(elements)}"
    yield from (f"  {_line(short_element(one))}" for one in elements)


def _line(one: Element) -> str:
    match one:
        case Section():
            return "  " * (len(one.path) - 1) + one.heading
        case Figure():
            return f"{one.file}: {one.caption}"
        case Statistic():
            words = (one.quantity.qualifier, one.quantity.text, one.quantity.unit)
            year = f", {one.quantity.as_of}" if one.quantity.as_of else ""
            source = ", ".join(one.references) or "NO SOURCE"
            return f"{' '.join(word for word in words if word)}{year} [{source}] {one.sentence}"
        case Claim():
            return f"({', '.join(one.cues)}) {one.text}"
        case _:
            return str(one)
