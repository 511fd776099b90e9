"""Pair two sentences with their cues, so that rules can ask where they differ and which cue is affected."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from watcher.diff.names import NO_NAMES, Names
from watcher.diff.token_diff import TokenChange
from watcher.diff.tokens import Token, TokenKind
from watcher.model import Cue, CueMatch, FieldChange

_SMALL = 4  # content words on either side: beyond it a clause was rewritten, not a word replaced
_CLAUSE_END = re.compile(r"[.;:!?](?=[\s”\"])|[”\"(]")
_NEXT = 2  # characters between a name and the verb of its saying
ATTENDING = 1  # content words that may change along with a cue: "does not require" → "demands"


@dataclass(frozen=True, slots=True)
class SentencePair:
    """The marks and tokens of two sentences, and the slots where they differ."""

    old_marks: tuple[CueMatch, ...]
    new_marks: tuple[CueMatch, ...]
    changes: tuple[TokenChange, ...]
    old: tuple[Token, ...] = ()
    new: tuple[Token, ...] = ()
    texts: tuple[str, str] = ("", "")
    names: Names = NO_NAMES
    reported: frozenset[str] = frozenset()  # keys of counted nouns and years that the statistics report as changed

    def touched(self, *cues: Cue) -> tuple[list[CueMatch], list[CueMatch]]:
        """Yield marks of these cues that lie in a small slot and whose like the other side lacks.

        A cue that came or went without a counterpart must be nearly all that did: in a new clause it is news.
        """
        own = [mark for mark in self.old_marks if mark.cue in cues]
        other = [mark for mark in self.new_marks if mark.cue in cues]
        gone = Counter(mark.normalized for mark in own) - Counter(mark.normalized for mark in other)
        come = Counter(mark.normalized for mark in other) - Counter(mark.normalized for mark in own)
        old = [(mark, slot) for mark in own if gone[mark.normalized] for slot in self._holding(mark, 0)]
        new = [(mark, slot) for mark in other if come[mark.normalized] for slot in self._holding(mark, 1)]
        if not (old and new):
            old = [(mark, slot) for mark, slot in old if _alone(mark, slot, 0)]
            new = [(mark, slot) for mark, slot in new if _alone(mark, slot, 1)]
        return [mark for mark, _ in old], [mark for mark, _ in new]

    def _holding(self, mark: CueMatch, side: int) -> list[TokenChange]:
        result = [slot for slot in self.changes if _meets(mark, slot.spans[side])]
        return [slot for slot in result[:1] if is_small(slot)]

    def attributes(self, slot: TokenChange) -> bool:
        """Return whether the slot names who says so: within "according to …", or right before "estimated"."""
        return any(
            mark.cue is Cue.ATTRIBUTION and mark.start - _NEXT <= end and start < mark.end
            for marks, (start, end) in zip((self.old_marks, self.new_marks), slot.spans, strict=True)
            for mark in marks
        )

    def lists(self, slot: TokenChange) -> bool:
        """Return whether the side of the slot that has words has a list of names there."""
        side = 0 if slot.content[0] else 1
        marks = (self.old_marks, self.new_marks)[side]
        return any(mark.cue is Cue.ENTITY and _meets(mark, slot.spans[side]) for mark in marks)


def _meets(mark: CueMatch, span: tuple[int, int]) -> bool:
    # touching is enough: "third largest" → "largest" leaves its slot between "the" and "largest"
    return mark.start <= span[1] and span[0] <= mark.end


def _alone(mark: CueMatch, slot: TokenChange, side: int) -> bool:
    """Return whether a cue came or went with at most one other word of meaning, and its own words did so."""
    own = [token for token in (slot.old, slot.new)[side] if token.start < mark.end and mark.start < token.end]
    if all(token.kind is TokenKind.FUNCTION for token in own):
        return False  # "the most active" → "most active"
    others = [
        token
        for at, row in enumerate(slot.content)
        for token in row
        if at != side or token.end <= mark.start or token.start >= mark.end
    ]
    return len(others) <= ATTENDING


def is_small(slot: TokenChange) -> bool:
    """Return whether a slot is a replaced word or two rather than a rewritten clause."""
    old, new = slot.content
    return len(old) <= _SMALL and len(new) <= _SMALL and not slot.splits


def words_of(text: str, row: Sequence[Token], tokens: Sequence[Token]) -> str | None:
    """Tokens of a row as their sentence writes them, with the small words between them; None where there are none.

    >>> from watcher.diff.tokens import tokens
    >>> row = tokens("The Order of the Nile is old.")
    >>> words_of("The Order of the Nile is old.", row, [row[1], row[4]])
    'Order of the Nile'
    """
    runs: list[tuple[int, int]] = []
    for token in tokens:
        if runs and _joins(text, row, runs[-1][1], token.start):
            runs[-1] = (runs[-1][0], max(token.end, runs[-1][1]))
        else:
            runs.append((token.start, token.end))
    return ", ".join(dict.fromkeys(" ".join(text[start:end].split()) for start, end in runs)) or None


def _joins(text: str, row: Sequence[Token], start: int, end: int) -> bool:
    """Return whether nothing of meaning stands between two tokens of a row, and no end of a clause."""
    if _CLAUSE_END.search(text, start, end):
        return False
    return not any(token.kind.is_content for token in row if start <= token.start and token.end <= end)


def replaced(pair: SentencePair, name: str, old: Sequence[Token], new: Sequence[Token]) -> FieldChange:
    """Return the field that tells of words in the place of words."""
    return FieldChange(
        name=name, old=words_of(pair.texts[0], pair.old, old), new=words_of(pair.texts[1], pair.new, new)
    )


def is_in_brackets(text: str, at: int) -> bool:
    """Return whether a bracket is open at a place: what stands there is an aside, often another name."""
    return text.rfind("(", 0, at) > text.rfind(")", 0, at)
