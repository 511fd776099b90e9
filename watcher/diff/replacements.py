"""A slot of a sentence pair becomes the field that says what took the place of what."""

from __future__ import annotations

from collections.abc import Callable

from watcher.diff.lexicon import contradiction, stem
from watcher.diff.pair import ATTENDING, Pair, is_small, replaced, said
from watcher.diff.slots import Slot
from watcher.diff.tokens import Sort, Token
from watcher.model import FieldChange

_CLAUSE = 6  # content words: a number in a rewritten clause is another number, not a changed one
_NUMERALS = {Sort.RANK: "rank", Sort.DATE: "date", Sort.NUMBER: "number"}

Rule = Callable[[Pair, Slot], FieldChange | None]


def _stem(token: Token) -> str:
    # the keys of words and names are stems already, and a stem of a stem is another word: "comed", "com"
    return token.key if token.sort in (Sort.WORD, Sort.NAME) else stem(token.key)


def _opposites(slot: Slot) -> tuple[str, Token, Token] | None:
    """Two words of a slot that exclude each other, and how."""
    for old in slot.old:
        for new in slot.new:
            name = contradiction(_stem(old), _stem(new))
            if name is not None:
                return name, old, new
    return None


def negation(_pair: Pair, slot: Slot) -> FieldChange | None:
    """Say "does not require" → "requires"; "not legal" → "illegal" says the same."""
    old, new = slot.of(Sort.NEGATION)
    if len(old) % 2 == len(new) % 2 or slot.splits:
        return None
    mine, theirs = slot.content
    attending = max(len(mine) - len(old), len(theirs) - len(new))
    if attending > ATTENDING or _opposites(slot):
        return None
    return FieldChange(name="negation", old=said(slot.old), new=said(slot.new))


def opposite(_pair: Pair, slot: Slot) -> FieldChange | None:
    """Say "legal" → "illegal" (antonym), "worldwide" → "in Europe" (scope), "drums" → "flute" (predicate)."""
    found = _opposites(slot) if is_small(slot) else None
    if found is None:
        return None
    name, *words = found
    negated = [len([token for token in row if token not in words]) for row in slot.of(Sort.NEGATION)]
    if negated[0] % 2 != negated[1] % 2:
        return None  # "not legal" and "illegal" are one
    return FieldChange(name=name, old=words[0].text, new=words[1].text)


def numeral(_pair: Pair, slot: Slot) -> FieldChange | None:
    """A rank, a date or a number that is no statistic (a score, a time of day) replaced by another."""
    old, new = slot.of(*_NUMERALS)
    if not old or not new or slot.splits or max(map(len, slot.content)) > _CLAUSE:
        return None
    name = next(name for sort, name in _NUMERALS.items() if any(token.sort is sort for token in (*old, *new)))
    return replaced(name, old, new)


def entity(pair: Pair, slot: Slot) -> FieldChange | None:
    """A name in the place of a name; of who says so, it is the attribution that changed."""
    old, new = slot.of(Sort.NAME)
    if not old or not new or not is_small(slot):
        return None
    return replaced("attribution" if pair.attributes(slot) else "entity", old, new)


def member(pair: Pair, slot: Slot) -> FieldChange | None:
    """A name that joined or left a list of names."""
    old, new = slot.of(Sort.NAME)
    mine, theirs = slot.content
    only_names = len(mine) + len(theirs) == len(old) + len(new)
    if bool(mine) == bool(theirs) or not only_names or not is_small(slot) or not pair.lists(slot):
        return None
    return replaced("entity", old, new)


RULES: tuple[Rule, ...] = (negation, opposite, numeral, entity, member)


def replacement(pair: Pair, slot: Slot) -> FieldChange | None:
    """What happened in one slot, under the name of the first rule that knows: a rank before a predicate."""
    if slot.is_long:
        return None
    if pair.told and {token.key for row in slot.content for token in row} <= pair.told:
        return None
    return next((field for rule in RULES if (field := rule(pair, slot))), None)
