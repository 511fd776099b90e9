"""Changed statistics → the other places of the new text that still state the old value."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

from watcher.model import Change, Dialect, Kind, Mention, Place, Statistic
from watcher.parse.blocks import analyse
from watcher.parse.facts import statistics_of
from watcher.parse.split import Block, blocks, outline

_MOST = 20  # places told of one figure
_MOST_ASKED = 40  # changed figures that are looked for; past it an edit rewrote the article


def mentions_of(changes: Iterable[Change], wikitext: str, dialect: Dialect) -> tuple[Change, ...]:
    """The same changes, each changed value with the unchanged places that state what it was.

    Only blocks that contain the number as it was written are read.
    """
    found, asked = [], 0
    for change in changes:
        old, new = change.old, change.new
        moved = change.kind is Kind.STATISTIC_CHANGED and any(field.name == "value" for field in change.fields)
        if moved and isinstance(old, Statistic) and isinstance(new, Statistic) and asked < _MOST_ASKED:
            asked += 1
            elsewhere = tuple(_mentions(old, new, wikitext, dialect))[:_MOST]
            found.append(replace(change, elsewhere=elsewhere))
        else:
            found.append(change)
    return tuple(found)


def _mentions(old: Statistic, new: Statistic, wikitext: str, dialect: Dialect) -> Iterator[Mention]:
    number = _telling(old)
    if number is None:
        return
    for block in _holding(number, wikitext):
        for sentence in analyse(block.text, dialect).sentences:
            place = Place(
                section=block.path, start=sentence.place.start + block.start, end=sentence.place.end + block.start
            )
            if number not in sentence.text or place == new.place or sentence.text == new.sentence:
                continue
            stated = statistics_of(sentence, dialect.language)
            if any(_same(old, other) for other in stated):
                yield Mention(sentence=sentence.text, place=place)


def _telling(old: Statistic) -> str | None:
    """The digits to look for; a number so small or round that it stands anywhere tells nothing."""
    digits = old.quantity.text.lstrip("$€£¥").split(" ")[0].rstrip("%")
    significant = digits.replace(",", "").replace(".", "").strip("0")
    return digits if old.quantity.unit not in (None, "%") or len(significant) > 1 else None


def _holding(number: str, wikitext: str) -> Iterator[Block]:
    for part in outline(wikitext):
        if number in part.text:
            yield from (block for block in blocks(part) if number in block.text)


def _same(old: Statistic, other: Statistic) -> bool:
    """Whether both state one figure: equal number, measure and noun, and no other year."""
    mine, theirs = old.quantity, other.quantity
    if mine.value is None or (mine.value, mine.measure, mine.unit) != (theirs.value, theirs.measure, theirs.unit):
        return False
    return not (mine.as_of and theirs.as_of and mine.as_of != theirs.as_of)
