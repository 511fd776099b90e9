"""Match claims whose words stand in other sentences now: as parts of a longer one, or divided into several."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import replace
from itertools import groupby
from typing import Final

from watcher.history.pieces import (
    ClaimPiece,
    ContainingSentences,
    PieceIndex,
    has_same_words,
    is_most_of,
    piece_of,
    words_of,
)
from watcher.history.rewording import is_reworded
from watcher.history.state import TrackedElement, TrackedSentence
from watcher.history.tracker import HistoryTracker
from watcher.history.tracks import unmarked
from watcher.model import Claim, Revision, Sentence
from watcher.model.history import AlignedRow, ElementMapping, SentenceFacts, StatisticPosition

_PIECE: Final = 0.5  # of the runs of words of a claim that is a part of a sentence, which a rewritten one still has
_FEW: Final = 3  # words that a sentence has beside those that were joined into it, without claiming anything itself
_LITTLE: Final = 0.3  # of its words


class JoinedClaimMatcher:
    """The elements of the new text that continue a track, by position.

    `lines` are the old sentences of each row, `unassigned` the tracks of rewritten or removed ones that no new element
    continues yet.
    """

    def __init__(
        self,
        history_tracker: HistoryTracker,
        revision: Revision,
        mapping: ElementMapping,
        claims_differ: Callable[[AlignedRow], bool],
    ) -> None:
        self.tracker, self.revision, self.mapping = history_tracker, revision, mapping
        self.claims_differ = claims_differ
        taken = iter(history_tracker.state.take([facts.sentence for row in mapping.rows for facts in row.old]))
        self.lines = [
            [line or TrackedSentence(facts.sentence) for facts, line in zip(row.old, taken, strict=False)]
            for row in mapping.rows
        ]
        self.unassigned: dict[int, Sentence] = {}
        self.assigned: dict[StatisticPosition, TrackedElement] = {}
        self.claims: dict[StatisticPosition, TrackedElement] = {}
        self.parts: defaultdict[StatisticPosition, list[TrackedElement]] = defaultdict(list)
        self.joined: set[StatisticPosition] = set()  # sentences that claim nothing beside their parts

    def unassign(self, line: TrackedSentence) -> None:
        """Record that a sentence is rewritten or removed, and remember it."""
        self.unassigned.update((tracked.slot.track, line.sentence) for tracked in line.all)
        if line.all:
            self.tracker.removed.add(line)

    def next_version(self, tracked: TrackedElement, sentence: Sentence, *, value: bool, source: bool) -> TrackedElement:
        """Return the element on its track, with a new value or new sources where it has them."""
        sources = self.tracker.context(tracked, sentence).sources if source else None
        track = self.tracker.tracks[tracked.slot.track]
        value = (value and not has_same_words(track.element, tracked.element)) or is_reworded(
            track.element, tracked.element
        )
        slot = track.next_version(tracked.element, tracked.slot, value=value, sources=sources)
        result = TrackedElement(slot, tracked.element)
        self.tracker.update(self.revision, result, sentence)
        return result

    def passage(self, spot: StatisticPosition) -> SentenceFacts:
        """Return a new sentence."""
        return self.mapping.rows[spot[0]].new[spot[1]]

    def unassigned_claims(self, rewritten: Sequence[tuple[int, AlignedRow]]) -> list[tuple[str, TrackedElement]]:
        """Return the claims of rewritten sentences that nothing continues yet, with their words."""
        return [
            (tracked.element.text, tracked)
            for at, _ in rewritten
            for line in self.lines[at]
            for tracked in line.claims
            if tracked.slot.track in self.unassigned and isinstance(tracked.element, Claim)
        ]

    def match_parts(self, at: int, row: AlignedRow) -> None:
        """Match the claims that are parts of a rewritten sentence to those parts of the new ones that repeat most."""
        for line in self.lines[at]:
            for part in line.parts if row.new else ():
                claim = part.element
                if part.slot.track not in self.unassigned or not isinstance(claim, Claim):
                    continue
                pieces = [(*piece_of(claim.text, passage.sentence.text), -at) for at, passage in enumerate(row.new)]
                share, piece, number = max(pieces, key=lambda piece: (piece[0], piece[2]))
                spot = at, -number
                if share < _PIECE or (spot not in self.claims and is_most_of(piece, row.new[-number].sentence.text)):
                    continue
                if not line.claim and spot not in self.claims:
                    self.joined.add(spot)
                self.continue_part(part, spot, piece)

    def continue_part(self, tracked: TrackedElement, spot: StatisticPosition, text: str) -> None:
        """Continue a claim as a part of a new sentence, in the words that it has there."""
        del self.unassigned[tracked.slot.track]
        sentence = self.passage(spot).sentence
        claim = TrackedElement(tracked.slot, unmarked(replace(sentence, text=text)))
        source = self.mapping.rows[spot[0]].sources_changed
        self.parts[spot].append(self.next_version(claim, sentence, value=False, source=source))

    def match_joined(self, rewritten: Sequence[tuple[int, AlignedRow]]) -> None:
        """Match claims whose words stand in the new text, divided into other sentences.

        Where some were joined into one, they are parts of it. One that was split, or whose quotation was set apart,
        goes on over several.
        """
        claims = self.unassigned_claims(rewritten)
        if not claims:
            return
        others = (
            facts.sentence.text
            for at, row in rewritten
            for facts, line in zip(row.old, self.lines[at], strict=True)
            if not line.claims
        )
        index = PieceIndex([*(text for text, _ in claims), *others])
        passages = [(at, number) for at, row in rewritten for number in range(len(row.new))]
        pieces_in_order = index.pieces([self.passage(spot).sentence.text for spot in passages])
        for (first, last), pieces in groupby(pieces_in_order, key=lambda piece: (piece.first, piece.last)):
            if first == last:
                self.join(passages[first], [*pieces], claims)
            else:
                for piece in pieces:
                    self.split(passages[first : last + 1], piece, claims)

    def join(
        self, spot: StatisticPosition, pieces: list[ClaimPiece], claims: Sequence[tuple[str, TrackedElement]]
    ) -> None:
        """Make several claims parts of one new sentence."""
        if spot in self.claims or spot in self.parts or len(pieces) == 1:
            return
        words = words_of(self.passage(spot).sentence.text)
        if len(words) - sum(len(words_of(piece.text)) for piece in pieces) <= max(_FEW, _LITTLE * len(words)):
            self.joined.add(spot)
        for piece in pieces:
            if piece.number < len(claims):
                self.continue_part(claims[piece.number][1], spot, piece.text)

    def split(
        self, spots: Sequence[StatisticPosition], piece: ClaimPiece, claims: Sequence[tuple[str, TrackedElement]]
    ) -> None:
        """Continue a claim over several new sentences, which claim nothing beside it."""
        if piece.number >= len(claims) or any(spot in self.claims or spot in self.joined for spot in spots):
            return
        text, tracked = claims[piece.number]
        if tracked.slot.track not in self.unassigned:
            return
        del self.unassigned[tracked.slot.track]
        self.joined.update(spots)
        spot = max(spots, key=lambda spot: len(self.passage(spot).sentence.text))
        sentence = self.passage(spot).sentence
        source = self.mapping.rows[spot[0]].sources_changed
        claim = TrackedElement(tracked.slot, unmarked(replace(sentence, text=text)))
        self.claims[spot] = self.next_version(claim, sentence, value=False, source=source)

    def match_contained(self, rewritten: Sequence[tuple[int, AlignedRow]]) -> None:
        """Match the claims whose words stand in a sentence that continues another one."""
        claims = self.unassigned_claims(rewritten)
        if not claims:
            return
        index = PieceIndex([text for text, _ in claims])
        passages = [(at, number) for at, row in rewritten for number in range(len(row.new))]
        for piece in index.pieces([self.passage(spot).sentence.text for spot in passages]):
            spot, tracked = passages[piece.first], claims[piece.number][1]
            if piece.first == piece.last and tracked.slot.track in self.unassigned:
                self.continue_part(tracked, spot, piece.text)
        self.match_nearly_contained(passages, self.unassigned_claims(rewritten))

    def match_nearly_contained(
        self, passages: Sequence[StatisticPosition], claims: Sequence[tuple[str, TrackedElement]]
    ) -> None:
        """Match the claims most of whose words stand in a new sentence: it is what they became, or has them."""
        if not claims:
            return
        sentences = ContainingSentences(self.passage(spot).sentence for spot in passages)
        for text, tracked in claims:
            number = sentences.containing(text)
            if number is None or tracked.slot.track not in self.unassigned:
                continue
            spot, passage = passages[number], self.passage(passages[number])
            if spot in self.claims or spot in self.joined:
                self.continue_part(tracked, spot, piece_of(text, passage.sentence.text)[1])
                continue
            del self.unassigned[tracked.slot.track]
            claim = TrackedElement(tracked.slot, passage.claim or unmarked(passage.sentence))
            source = self.mapping.rows[spot[0]].sources_changed
            self.claims[spot] = self.next_version(claim, passage.sentence, value=True, source=source)
