"""Two sentences and their marks become one pair that the rules can ask: where do they differ, which cue is touched."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from watcher.diff.names import NO_NAMES, Names
from watcher.diff.slots import Slot
from watcher.diff.tokens import Sort, Token
from watcher.model import Cue, FieldChange, Mark

_SMALL = 4  # content words on either side: beyond it a clause was rewritten, not a word replaced
_CLAUSE_END = re.compile(r"[.;:!?](?=[\s”\"])|[”\"(]")
_NEXT = 2  # characters between a name and the verb of its saying
ATTENDING = 1  # content words that may change along with a cue: "does not require" → "demands"


@dataclass(frozen=True, slots=True)
class Pair:
    """The marks and tokens of two sentences, and the slots where they differ."""

    old_marks: tuple[Mark, ...]
    new_marks: tuple[Mark, ...]
    slots: tuple[Slot, ...]
    old: tuple[Token, ...] = ()
    new: tuple[Token, ...] = ()
    texts: tuple[str, str] = ("", "")
    names: Names = NO_NAMES
    told: frozenset[str] = frozenset()  # keys of counted nouns and years that the statistics report as changed

    def touched(self, *cues: Cue) -> tuple[list[Mark], list[Mark]]:
        """Marks of these cues that lie in a small slot and whose like the other side lacks.

        A cue that came or went without a counterpart must be nearly all that did: in a new clause it is news.
        """
        mine = [mark for mark in self.old_marks if mark.cue in cues]
        theirs = [mark for mark in self.new_marks if mark.cue in cues]
        gone = Counter(mark.says for mark in mine) - Counter(mark.says for mark in theirs)
        come = Counter(mark.says for mark in theirs) - Counter(mark.says for mark in mine)
        old = [(mark, slot) for mark in mine if gone[mark.says] for slot in self._holding(mark, 0)]
        new = [(mark, slot) for mark in theirs if come[mark.says] for slot in self._holding(mark, 1)]
        if not (old and new):
            old = [(mark, slot) for mark, slot in old if _alone(mark, slot, 0)]
            new = [(mark, slot) for mark, slot in new if _alone(mark, slot, 1)]
        return [mark for mark, _ in old], [mark for mark, _ in new]

    def _holding(self, mark: Mark, side: int) -> list[Slot]:
        found = [slot for slot in self.slots if _meets(mark, slot.spans[side])]
        return [slot for slot in found[:1] if is_small(slot)]

    def attributes(self, slot: Slot) -> bool:
        """Whether the slot names who says so: within "according to …", or right before "estimated"."""
        return any(
            mark.cue is Cue.ATTRIBUTION and mark.start - _NEXT <= end and start < mark.end
            for marks, (start, end) in zip((self.old_marks, self.new_marks), slot.spans, strict=True)
            for mark in marks
        )

    def lists(self, slot: Slot) -> bool:
        """Whether the side of the slot that has words has a list of names there."""
        side = 0 if slot.content[0] else 1
        marks = (self.old_marks, self.new_marks)[side]
        return any(mark.cue is Cue.ENTITY and _meets(mark, slot.spans[side]) for mark in marks)


def _meets(mark: Mark, span: tuple[int, int]) -> bool:
    # touching is enough: "third largest" → "largest" leaves its slot between "the" and "largest"
    return mark.start <= span[1] and span[0] <= mark.end


def _alone(mark: Mark, slot: Slot, side: int) -> bool:
    """Whether a cue came or went with at most one other word of meaning, and its own words did so."""
    own = [token for token in (slot.old, slot.new)[side] if token.start < mark.end and mark.start < token.end]
    if all(token.sort is Sort.FUNCTION for token in own):
        return False  # "the most active" → "most active"
    others = [
        token
        for at, row in enumerate(slot.content)
        for token in row
        if at != side or token.end <= mark.start or token.start >= mark.end
    ]
    return len(others) <= ATTENDING


def is_small(slot: Slot) -> bool:
    """Whether a slot is a replaced word or two rather than a rewritten clause."""
    old, new = slot.content
    return len(old) <= _SMALL and len(new) <= _SMALL and not slot.splits


def said(text: str, row: Sequence[Token], found: Sequence[Token]) -> str | None:
    """Tokens of a row as their sentence writes them, with the small words between them; None where there are none.

    >>> from watcher.diff.tokens import tokens
    >>> row = tokens("The Order of the Nile is old.")
    >>> said("The Order of the Nile is old.", row, [row[1], row[4]])
    'Order of the Nile'
    """
    runs: list[tuple[int, int]] = []
    for token in found:
        if runs and _joins(text, row, runs[-1][1], token.start):
            runs[-1] = (runs[-1][0], max(token.end, runs[-1][1]))
        else:
            runs.append((token.start, token.end))
    return ", ".join(dict.fromkeys(" ".join(text[start:end].split()) for start, end in runs)) or None


def _joins(text: str, row: Sequence[Token], start: int, end: int) -> bool:
    """Whether nothing of meaning stands between two tokens of a row, and no end of a clause."""
    if _CLAUSE_END.search(text, start, end):
        return False
    return not any(token.sort.is_content for token in row if start <= token.start and token.end <= end)


def replaced(pair: Pair, name: str, old: Sequence[Token], new: Sequence[Token]) -> FieldChange:
    """The field that tells of words in the place of words."""
    return FieldChange(name=name, old=said(pair.texts[0], pair.old, old), new=said(pair.texts[1], pair.new, new))


def is_in_brackets(text: str, at: int) -> bool:
    """Whether a bracket is open at a place: what stands there is an aside, often another name."""
    return text.rfind("(", 0, at) > text.rfind(")", 0, at)
