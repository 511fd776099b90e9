"""An element becomes the words that name it."""

from __future__ import annotations

from watcher.model import Claim, Element, Figure, Quantity, Reference, Section, Sentence, Statistic, Tag
from watcher.report.labels import LEAD


def headline(element: Element | None) -> str | None:
    """The words that name an element."""
    name: str | None = None
    match element:
        case Statistic(quantity=quantity):
            name = _quantity(quantity)
        case Section(path=headings):
            name = " › ".join(headings) or LEAD
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


def same_unit(old: Statistic, new: Statistic) -> bool:
    """Whether the unit need be said only once."""
    return (old.quantity.unit, old.quantity.measure) == (new.quantity.unit, new.quantity.measure)
