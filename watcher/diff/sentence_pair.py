"""Hold two sentences that are compared word by word: their tokens, cues, links and names."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from watcher.diff.names import Names, lead_elsewhere
from watcher.model import Cue, CueMatch, FieldChange
from watcher.text.token_diff import TokenChange
from watcher.text.tokens import Token

_CUES = (Cue.HEDGE, Cue.SUPERLATIVE, Cue.RANK, Cue.ATTRIBUTION)
# Attributions that say whose statement it is; a verb such as "found" or "noted" comes and goes with the wording.
NAMING = ("according", "cited")
CLAUSE_END = re.compile(r"[.;:!?](?=[\s”\"])|[”\"(]")


@dataclass(frozen=True, slots=True)
class SentencePair:
    """The texts of two sentences with their cues, tokens and links, and what names mean there."""

    texts: tuple[str, str]
    marks: tuple[Sequence[CueMatch], Sequence[CueMatch]]
    tokens: tuple[tuple[Token, ...], tuple[Token, ...]]
    names: Names
    defined: tuple[tuple[int, int], tuple[int, int]]  # characters of the noun phrase after "is a" on either side
    is_cell: bool
    links: tuple[Mapping[str, str], Mapping[str, str]]  # what the words of a link lead to, of either side

    def leads_elsewhere(self, old: Sequence[Token], new: Sequence[Token]) -> bool | None:
        """Return what `lead_elsewhere` says of the links that tokens of either side are, or are in."""
        return lead_elsewhere(self.links, (self.words(0, old) or "", self.words(1, new) or ""))

    def words(self, side: int, chosen: Sequence[Token]) -> str | None:
        """Return tokens of a side as their sentence writes them, with the small words between; None where none are."""
        text, row = self.texts[side], self.tokens[side]
        runs: list[tuple[int, int]] = []
        for token in chosen:
            if runs and self._joins(text, row, runs[-1][1], token.start):
                runs[-1] = (runs[-1][0], max(token.end, runs[-1][1]))
            else:
                runs.append((token.start, token.end))
        return " … ".join(dict.fromkeys(" ".join(text[start:end].split()) for start, end in runs)) or None

    @staticmethod
    def _joins(text: str, row: Sequence[Token], start: int, end: int) -> bool:
        """Return whether nothing of meaning stands between two tokens of a row, and no end of a clause."""
        if CLAUSE_END.search(text, start, end):
            return False
        return not any(token.kind.is_content for token in row if start <= token.start and token.end <= end)

    def field(self, name: str, old: Sequence[Token], new: Sequence[Token]) -> FieldChange:
        """Return the field that tells of words in the place of words."""
        return FieldChange(name=name, old=self.words(0, old), new=self.words(1, new))

    def cues(self, side: int, slot: TokenChange) -> list[CueMatch]:
        """Return the reservations, superlatives, ranks and attributions that stand in a slot."""
        start, end = slot.spans[side]
        return [
            mark
            for mark in self.marks[side]
            if mark.cue in _CUES
            and start <= mark.start
            and mark.end <= end
            and (mark.cue is not Cue.ATTRIBUTION or mark.normalized.startswith(NAMING))
        ]

    def keeps(self, mark: CueMatch) -> bool:
        """Return whether a cue stands in both sentences as often, wherever it moved to."""
        own, other = (sum(item.normalized == mark.normalized for item in side) for side in self.marks)
        return own == other
