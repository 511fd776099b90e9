"""Hold two sentences that are compared word by word: their tokens, cues, links and names."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from watcher.diff.names import Names, have_different_targets
from watcher.model import Cue, CueMatch, FieldChange
from watcher.text.token_diff import TokenChange
from watcher.text.tokens import Token

_CUES = (Cue.HEDGE, Cue.SUPERLATIVE, Cue.RANK, Cue.ATTRIBUTION)
# Attributions that name a source; a verb such as "found" or "noted" often changes with mere rewording.
NAMING = ("according", "cited")
_WITHIN = re.compile(r"\b(?:in|of|within|im|der|des|von|de|du|del|da|do|en) (?:the |whole |la |le )*$", re.IGNORECASE)
_LONGEST_SCOPE = 50  # characters between a superlative and the end of "in the": the thing that is the largest
CLAUSE_END = re.compile(r"[.;:!?](?=[\s”\"])|[”\"(]")


@dataclass(frozen=True, slots=True)
class SentencePair:
    """The texts of two sentences with their cues, tokens and links, and the names of the article."""

    texts: tuple[str, str]
    marks: tuple[Sequence[CueMatch], Sequence[CueMatch]]
    tokens: tuple[tuple[Token, ...], tuple[Token, ...]]
    names: Names
    defined: tuple[tuple[int, int], tuple[int, int]]  # span of the definition after "is a" in either text
    is_cell: bool
    links: tuple[Mapping[str, str], Mapping[str, str]]  # from label to target, of either side
    splits: bool  # whether the sentence was split in two, or joined with another

    def have_different_targets(self, old: Sequence[Token], new: Sequence[Token]) -> bool | None:
        """Return the result of `have_different_targets` for the links that the tokens of either side are part of."""
        return have_different_targets(self.links, (self.words(0, old) or "", self.words(1, new) or ""))

    def words(self, side: int, chosen: Sequence[Token]) -> str | None:
        """Return tokens as their sentence writes them, with the function words between; None if there are none."""
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
        """Return whether no content word and no end of a clause lies between two positions."""
        if CLAUSE_END.search(text, start, end):
            return False
        return not any(token.kind.is_content for token in row if start <= token.start and token.end <= end)

    def field(self, name: str, old: Sequence[Token], new: Sequence[Token]) -> FieldChange:
        """Return a field with the replaced words of both sides."""
        return FieldChange(name=name, old=self.words(0, old), new=self.words(1, new))

    def cues(self, side: int, slot: TokenChange) -> list[CueMatch]:
        """Return the hedges, superlatives, ranks and naming attributions in one side of a slot."""
        start, end = slot.spans[side]
        return [
            mark
            for mark in self.marks[side]
            if mark.cue in _CUES
            and start <= mark.start < end
            # Without a comma, an attribution reaches to the end of its clause.
            and (mark.normalized.startswith(NAMING) if mark.cue is Cue.ATTRIBUTION else mark.end <= end)
        ]

    def is_scope(self, side: int, row: Sequence[Token]) -> bool:
        """Return whether words say among what a superlative holds: "Europe's largest", "the largest port in Europe"."""
        text, start, end = self.texts[side], row[0].start, row[-1].end
        owns = text.endswith(("'s", "’s"), start, end)
        within = _WITHIN.search(text, max(0, start - _LONGEST_SCOPE), start)
        return any(
            (owns and (mark.start == end + 1 or mark.start < start < mark.end))
            or (
                within
                and start - _LONGEST_SCOPE < mark.end <= within.start()
                and not CLAUSE_END.search(text[mark.end : start])
            )
            for mark in self.marks[side]
            if mark.cue in (Cue.SUPERLATIVE, Cue.RANK)
        )

    def keeps(self, mark: CueMatch) -> bool:
        """Return whether both sentences have a cue, or its words, equally often, at any position."""
        own, other = (sum(item.normalized == mark.normalized for item in side) for side in self.marks)
        # "attacked first" → "the first to attack": an ordinal is a cue only where it ranks something.
        written = re.compile(rf"\b{re.escape(mark.text)}\b", re.IGNORECASE)
        return own == other or len({len(written.findall(text)) for text in self.texts}) == 1
