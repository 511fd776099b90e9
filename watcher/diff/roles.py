"""Find what stands in the place of one another: whoever acted is acted upon, who won has lost."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence

from watcher.common_ends import common_ends
from watcher.model import FieldChange, Sentence
from watcher.text.token_diff import respelt
from watcher.text.tokens import Token, TokenKind
from watcher.text.word_diff import UNSPACED
from watcher.text.words import forms

_LONGEST_EXCHANGE = 40  # tokens between the ends that two sentences share
_PAIR = re.compile(r"(\d[\d.,]*)\s*[–—:−-]\s*(\d[\d.,]*)")
# Of languages in which not the order tells who does what.
_FREE_WORD_ORDER = frozenset("der das dem den des im am und ein eine einen il lo het een".split())
# What stands between two of which the order says something: "from bats to humans", "Rome before Bern".
_DIRECTED = frozenset(
    {"to", "into", "onto", "before", "after", "over", "under", "above", "below", "behind", "than", "against"}
)
_EQUATING = frozenset({"is", "are", "was", "were"})  # "Ardal is the largest port" → "The largest port is Ardal"
_PARTING = (TokenKind.WORD, TokenKind.TENSE, TokenKind.NEGATION)  # what may stand between two parts of a statement
_PARTS = re.compile(rf"[,;:()\[\]\"“”«»{UNSPACED}]")


def exchanged(text: str, old: Sequence[Token], new: Sequence[Token]) -> bool:
    """Return whether two parts of a sentence stand in each other's place, or who does something is whom it is done to.

    "Norland attacked Sudland" → "Sudland attacked Norland"; "was elected by the members" → "elected the members".
    A list in another order says the same, and so does a part that only moved, a date or what stands in brackets.
    """
    own, other = ([token.key for token in row] for row in (old, new))
    if not _FREE_WORD_ORDER.isdisjoint(token.text.casefold() for token in old):
        return False
    if sorted(own) != sorted(other):
        return _is_turned_passive(old, new)
    first, last = common_ends(own, other)
    before, after = own[first : len(own) - last], other[first : len(other) - last]
    if not 0 < len(before) <= _LONGEST_EXCHANGE:
        return False
    # "Farmers, not fishermen": across a comma only a negation sets one against the other.
    denies = any(token.kind is TokenKind.NEGATION for token in old[first : len(old) - last])
    if not denies and _PARTS.search(text, old[first].start, old[-last - 1].end):
        return False
    for size in range(1, len(before)):
        for tail in range(1, len(before) - size):
            middle = before[size : len(before) - tail]
            if [*before[len(before) - tail :], *middle, *before[:size]] == after:
                between = old[first + size : len(old) - last - tail]
                return any(
                    (token.kind in _PARTING and token.key not in _EQUATING) or token.key in _DIRECTED
                    for token in between
                )
    return False


def _is_turned_passive(old: Sequence[Token], new: Sequence[Token]) -> bool:
    """Return whether all that came or went is a form of "be" and a "by", and everything else stands where it stood."""
    rows = [[token for token in row if token.kind.is_content] for row in (old, new)]
    if len(rows[0]) != len(rows[1]) or not all(map(respelt, *rows)):
        return False
    own, other = (Counter(token.key for token in row if not token.kind.is_content) for row in (old, new))
    more, less = own - other, other - own
    active, passive = (more, less) if other["been"] > own["been"] or other["by"] > own["by"] else (less, more)
    # "has killed" → "was killed by", "had defeated" → "had been defeated"
    if active.total() > 1 or not active.keys() <= {"has", "have", "had"}:
        return False
    if passive.total() == 1:
        return passive["been"] == 1 and not active
    return (
        passive.total() == len(("was", "by"))
        and passive["by"] == 1
        and any(key in forms().tense or key in ("be", "been", "being") for key in passive)
    )


def exchanged_values(old: Sentence, new: Sentence) -> FieldChange | None:
    """Return the two numbers of a cell that stand in each other's place: who won 2–1 lost 1–2."""
    sides = [_PAIR.fullmatch(side.text.strip()) for side in (old, new)]
    if not old.where.is_cell or old.label != new.label or not all(sides):
        return None
    own, other = (side.groups() for side in sides if side)
    return FieldChange(name="roles", old=old.text, new=new.text) if own == other[::-1] else None
