"""Drop from the changes what one sentence lost and another gained: it moved, and says the same.

It is what remains of a sentence that was split, or of a clause that was joined to its neighbour.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from watcher.diff.statistics import same_statement
from watcher.diff.tokens import meanings
from watcher.model import Change, Element, FieldChange, Kind, Sentence, Statistic

_MOST_RIVALS = 50  # figures of one value that came: more say nothing of each other
_MOST_SENTENCES = 100  # that came or went whole; past it the page was rewritten
_REPEATED = 0.75  # share of the words of a field that another sentence has
_CLAIM_FIELDS = frozenset({"superlative", "rank", "hedge", "attribution", "qualification", "insertion", "deletion"})


def drop_moved_statistics(changes: Sequence[Change]) -> tuple[Change, ...]:
    """Report a figure that one sentence lost and another gained, in equal terms, as other words and no more."""
    # By their place in their own text, so that an edit and its undoing take the same figures for moved.
    ordered = sorted(changes, key=lambda change: change.location.start)
    gone = [change for change in ordered if change.kind is Kind.STATISTIC_REMOVED]
    come = [change for change in ordered if change.kind is Kind.STATISTIC_ADDED]
    quiet = {id(change) for change in gone if _is_still_written(change)}
    by_value: dict[object, list[Change]] = defaultdict(list)
    for gained in come:
        by_value[_value(gained.new)].append(gained)
    for lost in gone:
        rivals = by_value.get(_value(lost.old), [])[:_MOST_RIVALS]
        result = next((gained for gained in rivals if id(gained) not in quiet and _same(lost, gained)), None)
        if result is not None:
            quiet |= {id(lost), id(result)}
    return tuple(_replace_with_prose(changes, quiet)) if quiet else tuple(changes)


def _value(element: Element | None) -> object:
    if not isinstance(element, Statistic):
        return None
    return element.quantity.value, element.quantity.low, element.quantity.high


def _same(lost: Change, gained: Change) -> bool:
    old, new = lost.old, gained.new
    return isinstance(old, Statistic) and isinstance(new, Statistic) and same_statement(old, new)


def _is_still_written(change: Change) -> bool:
    """Return whether the number stands in the new sentence as often as before: "27 countries" → "27 Member States"."""
    old, new = change.old, change.new_sentence
    if new is None or not isinstance(old, Statistic) or not old.quantity.text.isdecimal():
        return False
    number = re.compile(rf"(?<![\d.,]){old.quantity.text}(?![\d%]|[.,]\d)")
    return len(number.findall(new)) >= len(number.findall(old.sentence))


def _replace_with_prose(changes: Iterable[Change], suppressed: set[int]) -> Iterable[Change]:
    """Plain words in place of a quiet figure, unless another change tells of its sentence already."""
    reported = {(_row(change), change.location) for change in changes if id(change) not in suppressed}
    for change in changes:
        if id(change) not in suppressed:
            yield change
        elif (row := (_row(change), change.location)) not in reported:
            reported.add(row)
            yield as_prose(change)


def _row(change: Change) -> tuple[str | None, str | None]:
    return change.old_sentence, change.new_sentence


def as_prose(change: Change) -> Change:
    """Report a change as other words and no more."""
    old, new = _row(change)
    verb = {(True, False): Kind.PROSE_REMOVED, (False, True): Kind.PROSE_ADDED}
    kind = verb.get((old is not None, new is not None), Kind.PROSE_CHANGED)
    before, after = (
        Sentence(text=text, where=change.where, references=keys, location=change.location) if text is not None else None
        for text, keys in ((old, change.old_references), (new, change.new_references))
    )
    return replace(change, kind=kind, old=before, new=after, fields=())


def drop_moved_words(changes: Sequence[Change]) -> Iterator[Change]:
    """Drop the fields of a claim whose words left for a sentence of their own, or came from one that is gone."""
    asked = any(change.kind is Kind.CLAIM_CHANGED and any(map(_is_one_sided, change.fields)) for change in changes)
    come, gone = (_whole_sentences(changes, side) if asked else [] for side in ("new", "old"))
    for change in changes:
        if change.kind is not Kind.CLAIM_CHANGED or not (come or gone):
            yield change
            continue
        kept = tuple(field for field in change.fields if not _moved(field, come, gone))
        yield change if kept == change.fields else replace(change, fields=kept) if kept else as_prose(change)


def _is_one_sided(field: FieldChange) -> bool:
    return field.name in _CLAIM_FIELDS and None in (field.old, field.new)


def _whole_sentences(changes: Iterable[Change], side: str) -> list[frozenset[str]]:
    """Return the words of meaning of each sentence that only one side has."""
    other = {"new": "old_sentence", "old": "new_sentence"}[side]
    texts = dict.fromkeys(getattr(change, f"{side}_sentence") for change in changes if getattr(change, other) is None)
    return [meanings(text) for text in list(texts)[:_MOST_SENTENCES] if text]


def _moved(field: FieldChange, come: Sequence[frozenset[str]], gone: Sequence[frozenset[str]]) -> bool:
    if not _is_one_sided(field):
        return False
    words = meanings(field.old or field.new or "")
    others = come if field.new is None else gone
    return bool(words) and any(len(words & other) >= _REPEATED * len(words) for other in others)
