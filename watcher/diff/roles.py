"""Find what stands in the place of one another: whoever acted is acted upon, who won has lost."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence

from watcher.common_ends import common_ends
from watcher.model import FieldChange, Sentence
from watcher.text.tokens import Token, TokenKind
from watcher.text.word_diff import UNSPACED
from watcher.text.words import forms

_LONGEST_EXCHANGE = 40  # tokens between the ends that two sentences share
_PAIR = re.compile(r"(\d[\d.,]*)\s*[–—:−-]\s*(\d[\d.,]*)")
# Of languages in which not the order tells who does what.
_FREE_WORD_ORDER = frozenset(
    "der das dem den des im am und ein eine einen le les du des et el los las y il lo het een".split()
)
# What stands between two of which the order says something: "from bats to humans", "Rome before Bern".
_DIRECTED = frozenset(
    {"to", "into", "onto", "before", "after", "over", "under", "above", "below", "behind", "than", "against"}
)
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
    if not 0 < len(before) <= _LONGEST_EXCHANGE or _PARTS.search(text, old[first].start, old[-last - 1].end):
        return False
    for size in range(1, len(before)):
        for tail in range(1, len(before) - size):
            middle = before[size : len(before) - tail]
            if [*before[len(before) - tail :], *middle, *before[:size]] == after:
                between = old[first + size : len(old) - last - tail]
                return any(
                    token.kind in (TokenKind.WORD, TokenKind.TENSE) or token.key in _DIRECTED for token in between
                )
    return False


def _is_turned_passive(old: Sequence[Token], new: Sequence[Token]) -> bool:
    """Return whether all that came or went is a form of "be" and a "by", and everything else stands where it stood."""
    if [token.key for token in old if token.kind.is_content] != [token.key for token in new if token.kind.is_content]:
        return False
    own, other = Counter(token.key for token in old), Counter(token.key for token in new)
    more, less = own - other, other - own
    passive = more or less
    if (more and less) or passive.total() != 2 or not passive["by"]:  # noqa: PLR2004  a form and "by"
        return False
    return any(key in forms().tense or key in ("be", "been", "being") for key in passive)


def exchanged_values(old: Sentence, new: Sentence) -> FieldChange | None:
    """Return the two numbers of a cell that stand in each other's place: who won 2–1 lost 1–2."""
    sides = [_PAIR.fullmatch(side.text.strip()) for side in (old, new)]
    if not old.where.is_cell or old.label != new.label or not all(sides):
        return None
    own, other = (side.groups() for side in sides if side)
    return FieldChange(name="roles", old=old.text, new=new.text) if own == other[::-1] else None
