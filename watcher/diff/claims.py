"""An aligned pair of sentences becomes what changed of its meaning: the cue, the words before and after."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from watcher.diff.lexicon import contradict, stem
from watcher.diff.meaning import substitution_score, THRESHOLD
from watcher.diff.slots import Slot, slots
from watcher.diff.tokens import Sort, Token, tokens
from watcher.model import Cue, FieldChange, Mark, Quantity, Sentence

_SMALL = 4  # content words on either side: beyond it a clause was rewritten, not a word replaced
_ATTENDING = 1  # content words that may change with a negation: "does not require" → "demands"
_DETERMINED = frozenset({Cue.RANK, Cue.SUPERLATIVE})


@dataclass(frozen=True, slots=True)
class Pair:
    """Two sentences, their tokens and marks, and the slots where they differ."""

    old: str
    new: str
    old_marks: tuple[Mark, ...]
    new_marks: tuple[Mark, ...]
    slots: tuple[Slot, ...]
    units: frozenset[str]  # stems of counted nouns that the statistics report as changed

    def touched(self, *cues: Cue) -> tuple[list[Mark], list[Mark]]:
        """Marks of these cues that lie in a small slot and whose like the other side lacks."""
        mine = [mark for mark in self.old_marks if mark.cue in cues]
        theirs = [mark for mark in self.new_marks if mark.cue in cues]
        gone = Counter(mark.says for mark in mine) - Counter(mark.says for mark in theirs)
        come = Counter(mark.says for mark in theirs) - Counter(mark.says for mark in mine)
        near = [slot for slot in self.slots if is_small(slot)]
        return (
            [mark for mark in mine if gone[mark.says] and _meets(mark, [slot.old_span for slot in near])],
            [mark for mark in theirs if come[mark.says] and _meets(mark, [slot.new_span for slot in near])],
        )


Rule = Callable[[Pair, Slot], Iterator[FieldChange]]


def _meets(mark: Mark, spans: Sequence[tuple[int, int]]) -> bool:
    return any(mark.start < end and start < mark.end for start, end in spans)


def is_small(slot: Slot) -> bool:
    """Whether a slot is a replaced word or two rather than a rewritten clause."""
    old, new = slot.content
    return len(old) <= _SMALL and len(new) <= _SMALL and not slot.splits


def _said(row: Sequence[Token]) -> str | None:
    return " ".join(dict.fromkeys(token.text for token in row)) or None


def _change(name: str, old: Sequence[Token], new: Sequence[Token]) -> FieldChange:
    return FieldChange(name=name, old=_said(old), new=_said(new))


def _opposites(slot: Slot) -> tuple[Token, Token] | None:
    return next(((old, new) for old in slot.old for new in slot.new if contradict(old.key, new.key)), None)


def negation(_pair: Pair, slot: Slot) -> Iterator[FieldChange]:
    """ "Does not require" → "requires"; "not legal" → "illegal" says the same."""
    old, new = slot.of(Sort.NEGATION)
    mine, theirs = slot.content
    attending = max(len(mine) - len(old), len(theirs) - len(new))
    if len(old) % 2 != len(new) % 2 and attending <= _ATTENDING and not slot.splits and not _opposites(slot):
        yield FieldChange(name="negation", old=_said(slot.old), new=_said(slot.new))


def antonym(_pair: Pair, slot: Slot) -> Iterator[FieldChange]:
    """ "Legal" → "illegal", "has fallen" → "has risen"."""
    found = _opposites(slot) if is_small(slot) else None
    old, new = slot.of(Sort.NEGATION)
    if found is not None and len(old) == len(new):
        yield _change("antonym", found[:1], found[1:])


def rank(_pair: Pair, slot: Slot) -> Iterator[FieldChange]:
    """ "Third" → "second"."""
    old, new = slot.of(Sort.RANK)
    if old and new and is_small(slot):
        yield _change("rank", old, new)


def date(_pair: Pair, slot: Slot) -> Iterator[FieldChange]:
    """A year, month or weekday replaced by another."""
    old, new = slot.of(Sort.DATE)
    if old and new:
        yield _change("date", old, new)


def number(_pair: Pair, slot: Slot) -> Iterator[FieldChange]:
    """A number that is no statistic (a score, a time of day, a number in a name) replaced by another."""
    old, new = slot.of(Sort.NUMBER)
    if old and new:
        yield _change("number", old, new)


def entity(_pair: Pair, slot: Slot) -> Iterator[FieldChange]:
    """A name in the place of a name."""
    old, new = slot.of(Sort.NAME)
    if old and new and is_small(slot):
        yield _change("entity", old, new)


def predicate(pair: Pair, slot: Slot) -> Iterator[FieldChange]:
    """Other content words in the same place, where that looks like another statement."""
    old, new = slot.content
    if not old or not new or not is_small(slot):
        return
    if pair.units and {token.key for token in (*old, *new)} <= pair.units:
        return
    if substitution_score(slot, len(pair.slots)) >= THRESHOLD:
        yield _change("predicate", old, new)


# The first rule that speaks names what happened in a slot: "third" → "second" is a rank, not a predicate.
RULES: tuple[Rule, ...] = (negation, antonym, rank, number, date, entity, predicate)


def _slot_fields(pair: Pair) -> Iterator[FieldChange]:
    for slot in pair.slots:
        for rule in RULES:
            found = tuple(rule(pair, slot))
            if found:
                yield from found
                break


def _units(old: Sequence[Quantity], new: Sequence[Quantity]) -> frozenset[str]:
    mine = {quantity.unit for quantity in old if quantity.unit}
    theirs = {quantity.unit for quantity in new if quantity.unit}
    return frozenset(stem(word.casefold()) for unit in mine ^ theirs for word in unit.split())


def _spans(quantities: Sequence[Quantity]) -> list[tuple[int, int]]:
    return [(quantity.start, quantity.end) for quantity in quantities if not quantity.measure.is_context]


def compare_claims(
    old: Sentence,
    new: Sentence,
    old_marks: Sequence[Mark],
    new_marks: Sequence[Mark],
    *,
    old_quantities: Sequence[Quantity] = (),
    new_quantities: Sequence[Quantity] = (),
) -> tuple[FieldChange, ...]:
    """What the new sentence states otherwise than the old one, without the figures in the quantities given.

    Each field is named for its cue; `old` or `new` is None where words came or went. A sentence that was only
    reworded gives `()`.
    """
    mine = tokens(old.text, _spans(old_quantities))
    theirs = tokens(new.text, _spans(new_quantities))
    pair = Pair(
        old=old.text,
        new=new.text,
        old_marks=tuple(old_marks),
        new_marks=tuple(new_marks),
        slots=slots(old.text, new.text, mine, theirs),
        units=_units(old_quantities, new_quantities),
    )
    return tuple(dict.fromkeys([*_slot_fields(pair)]))
