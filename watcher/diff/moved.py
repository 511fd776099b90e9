"""Changes in which a figure left one sentence for another → the same without the figure that only moved."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import replace

from watcher.diff.statistics import statistic_fields
from watcher.model import Change, Element, Kind, Sentence, Statistic

_MOST_RIVALS = 50  # figures of one value that came: more say nothing of each other
_TOLD = frozenset({Kind.STATISTIC_ADDED, Kind.STATISTIC_REMOVED})


def without_moved(changes: Sequence[Change]) -> tuple[Change, ...]:
    """Tell a figure that one sentence lost and another gained, in equal terms, as other words and no more.

    It is what remains of a sentence that was split, or of a clause that was joined to its neighbour.
    """
    # By their place in their own text, so that an edit and its undoing take the same figures for moved.
    ordered = sorted(changes, key=lambda change: change.place.start)
    gone = [change for change in ordered if change.kind is Kind.STATISTIC_REMOVED]
    come = [change for change in ordered if change.kind is Kind.STATISTIC_ADDED]
    quiet: set[int] = set()
    by_value: dict[object, list[Change]] = defaultdict(list)
    for gained in come:
        by_value[_value(gained.new)].append(gained)
    for lost in gone:
        rivals = by_value.get(_value(lost.old), [])[:_MOST_RIVALS]
        found = next((gained for gained in rivals if id(gained) not in quiet and _same(lost, gained)), None)
        if found is not None:
            quiet |= {id(lost), id(found)}
    return tuple(_hushed(changes, quiet)) if quiet else tuple(changes)


def _value(element: Element | None) -> object:
    if not isinstance(element, Statistic):
        return None
    return element.quantity.value, element.quantity.low, element.quantity.high


def _same(lost: Change, gained: Change) -> bool:
    old, new = lost.old, gained.new
    if not (isinstance(old, Statistic) and isinstance(new, Statistic)):
        return False
    return all(field.name == "as_of" and None in (field.old, field.new) for field in statistic_fields(old, new))


def _hushed(changes: Iterable[Change], quiet: set[int]) -> Iterable[Change]:
    """Plain words in place of a quiet figure, unless another change tells of its sentence already."""
    told = {(_row(change), change.place) for change in changes if id(change) not in quiet}
    for change in changes:
        if id(change) not in quiet:
            yield change
        elif (row := (_row(change), change.place)) not in told:
            told.add(row)
            yield _as_prose(change)


def _row(change: Change) -> tuple[str | None, str | None]:
    return change.old_sentence, change.new_sentence


def _as_prose(change: Change) -> Change:
    old, new = _row(change)
    verb = {(True, False): Kind.PROSE_REMOVED, (False, True): Kind.PROSE_ADDED}
    kind = verb.get((old is not None, new is not None), Kind.PROSE_CHANGED)
    before, after = (
        Sentence(text=text, where=change.where, references=keys, place=change.place) if text is not None else None
        for text, keys in ((old, change.old_references), (new, change.new_references))
    )
    return replace(change, kind=kind, old=before, new=after, fields=())
