"""Add to changes the wikitext of their claims and figures, as an editor would search for it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

from watcher.model import Change, Claim, Element, Figure

_LONGEST = 1_500  # characters; a longer sentence is a table that lost its markup


def with_wikitext(changes: Iterable[Change], old: str, new: str) -> Iterator[Change]:
    """Add what the two texts hold at the places of each changed claim and figure."""
    for change in changes:
        result = _excerpt(change.old, old), _excerpt(change.new, new)
        yield replace(change, wikitext=result) if any(result) else change


def _excerpt(element: Element | None, text: str) -> str:
    if not isinstance(element, Claim | Figure) or not 0 < element.location.end <= len(text):
        return ""
    result = text[element.location.start : element.location.end].strip()
    return result if len(result) <= _LONGEST else ""
