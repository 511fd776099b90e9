"""Match what an edit wrote to what it rewrote or removed, or an earlier one did: a track goes on in its new words."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from itertools import islice
from typing import Final

from watcher.history.joined import JoinedClaimMatcher
from watcher.history.pieces import has_same_words
from watcher.history.rewording import (
    Reappearance,
    has_enough_words,
    is_like,
    is_reworded,
    likeness,
    reappearances,
    shared_words,
    states_same,
    stays_in_place,
)
from watcher.history.state import TrackedElement, TrackedSentence, TrackVersion
from watcher.history.statements import states_facts
from watcher.history.tracks import unmarked, words_digest
from watcher.model import Claim, Element, Sentence
from watcher.model.history import AlignedRow, ElementMapping, SentenceFacts, StatisticMatch, StatisticPosition

_RETURNING: Final = 64  # new sentences of one edit that are looked for among those that are gone
_DISTINCTIVE: Final = 5  # words of a sentence that is known again wherever it comes back
_STAYS: Final = 0.6  # of the words of a claim, which go on where they speak to the reader now
_SAME_WITHOUT_CUE: Final = 0.8  # of the words of a claim that comes back


def _rank(shared: float, then: Sentence, now: SentenceFacts) -> tuple[bool, bool, float, float]:
    """Return what decides which new sentence makes a claim: one that has most of its words, then one with a cue."""
    return shared >= _STAYS, now.claim is not None, shared, shared_words(then, now.sentence)


def is_distinctive(sentence: Sentence) -> bool:
    """Return whether a sentence has enough words to be known again wherever it comes back."""
    return len(sentence.text.split()) >= _DISTINCTIVE


class ElementMatcher(JoinedClaimMatcher):
    """Matches all that a text states: what stayed, came back, was joined or split, or is in other words."""

    def match(
        self,
        rewritten: Sequence[tuple[int, AlignedRow]],
        back: ElementMapping,
        is_copy: Callable[[SentenceFacts], bool],
    ) -> None:
        """Match the `rewritten` rows; `back` maps removed sentences to the new ones that they became.

        A new sentence that `is_copy` of another is not looked for among the removed ones.
        """
        for at, row in rewritten:
            self.match_identical(at, row)
        for match in self.mapping.matches:
            self.match_changed(match)
        if back.rows:
            self.match_similar(back)
        self.match_written(rewritten)
        for at, row in rewritten:
            self.match_parts(at, row)
        self.match_joined(rewritten)
        for at, row in rewritten:
            self.match_claims(at, row)
        self.match_contained(rewritten)
        self.match_removed(rewritten, is_copy)

    # A sentence that comes back as it was, is what it was.

    def match_identical(self, at: int, row: AlignedRow) -> None:
        """Match the sentences of a row to removed ones in the same words."""
        counted = 0
        for number, passage in enumerate(row.new):
            line = self.tracker.removed.get(passage.sentence.text)
            if line is not None and self.fits(line, passage, at):
                for index, tracked in enumerate(line.tracked):
                    back = replace(tracked, element=passage.statistics[index])
                    self.assigned[at, counted + index] = self.reassign(back, line, passage, row)
                if line.claim and self.free(line.claim):
                    back = line.claim
                    if passage.claim and has_same_words(back.element, passage.claim):  # it goes over no other sentence
                        back = replace(back, element=passage.claim)
                    self.claims[at, number] = self.reassign(back, line, passage, row)
                self.parts_return(line, (at, number), passage, row)
            counted += len(passage.statistics)

    def parts_return(
        self, line: TrackedSentence, spot: StatisticPosition, passage: SentenceFacts, row: AlignedRow
    ) -> None:
        """Put the claims that are parts of a sentence back with it."""
        if line.parts and not line.claim:
            self.joined.add(spot)
        for part in filter(self.free, line.parts):
            self.parts[spot].append(self.reassign(part, line, passage, row))

    def fits(self, line: TrackedSentence, passage: SentenceFacts, at: int) -> bool:
        """Return whether a sentence may be this removed one."""
        if len(line.tracked) != len(passage.statistics) or not all(self.free(tracked) for tracked in line.tracked):
            return False
        current = {tracked.slot.track for sentence in self.lines[at] for tracked in sentence.all}
        # "12" alone comes back in a hundred cells; only a line of this row or place, or a long one, is known again.
        known = any(tracked.slot.track in current for tracked in line.all)
        then, now = line.sentence, passage.sentence
        same_position = (then.where, then.label, then.location.section) == (now.where, now.label, now.location.section)
        return known or (not current and same_position) or is_distinctive(now)

    def free(self, tracked: TrackedElement) -> bool:
        """Return whether a track can be continued: it ended before, or this edit unassigned it."""
        return tracked.slot.track in self.unassigned or not self.tracker.tracks[tracked.slot.track].alive

    def reassign(
        self, tracked: TrackedElement, line: TrackedSentence, passage: SentenceFacts, row: AlignedRow
    ) -> TrackedElement:
        """Put the element back on its old track, with the sources of then, of now, or others."""
        track = self.tracker.tracks[tracked.slot.track]
        slot = tracked.slot
        if line.sentence.references != passage.sentence.references:
            stayed = slot.track in self.unassigned and not row.sources_changed
            sources = self.tracker.context(tracked, passage.sentence).sources
            slot = (
                replace(slot, source=track.slot.source)
                if stayed
                else track.next_version(tracked.element, slot, sources=sources)
            )
        result = replace(tracked, slot=slot)
        self.unassigned.pop(track.number, None)
        self.tracker.update(self.revision, result, passage.sentence)
        return result

    # One that comes back rewritten is what it was too, if nothing else has become it.

    def match_similar(self, back: ElementMapping) -> None:
        """Match what came back reworded."""
        positions = {
            id(sentence_facts.sentence): (at, n)
            for at, row in enumerate(self.mapping.rows)
            for n, sentence_facts in enumerate(row.new)
        }
        for reappearance in reappearances(back, self.tracker.removed):
            location = positions.get(id(reappearance.passage.sentence))
            if location is None:
                continue
            at, number = location
            before = sum(len(passage.statistics) for passage in self.mapping.rows[at].new[:number])
            for then, now, changed in reappearance.statistics:
                if (at, before + now) not in self.assigned and self.is_removed(reappearance.line.tracked[then]):
                    element = reappearance.passage.statistics[now]
                    self.assigned[at, before + now] = self.restored(
                        reappearance.line.tracked[then], element, reappearance, value=changed
                    )
            claim = reappearance.passage.claim
            if (
                claim
                and reappearance.line.claim
                and location not in self.claims
                and self.is_removed(reappearance.line.claim)
            ):
                value = self.is_another(claim, reappearance.line.claim.slot, reappearance.row)
                self.claims[location] = self.restored(reappearance.line.claim, claim, reappearance, value=value)

    def is_removed(self, tracked: TrackedElement) -> bool:
        """Return whether a track ended before this edit."""
        return not self.tracker.tracks[tracked.slot.track].alive

    def restored(self, tracked: TrackedElement, element: Element, back: Reappearance, *, value: bool) -> TrackedElement:
        """Continue the track that ended with what the element says now."""
        return self.next_version(
            TrackedElement(tracked.slot, element), back.passage.sentence, value=value, source=back.row.sources_changed
        )

    # Heirs

    def match_changed(self, match: StatisticMatch) -> None:
        """Match a statistic to its successor."""
        tracked = self.old_position(match.old)
        if tracked is None or tracked.slot.track not in self.unassigned or match.new in self.assigned:
            return
        passage, index = self.new_position(match.new)
        del self.unassigned[tracked.slot.track]
        element = passage.statistics[index]
        self.assigned[match.new] = self.next_version(
            TrackedElement(tracked.slot, element),
            passage.sentence,
            value=bool(match.fields),
            source=match.sources_changed,
        )

    def old_position(self, spot: StatisticPosition) -> TrackedElement | None:
        """Return the old statistic at a position."""
        everything = [tracked for line in self.lines[spot[0]] for tracked in line.tracked]
        return everything[spot[1]] if spot[1] < len(everything) else None

    def new_position(self, spot: StatisticPosition) -> tuple[SentenceFacts, int]:
        """Return the new sentence with the statistic at a position, and which of its statistics that is."""
        index = spot[1]
        for passage in self.mapping.rows[spot[0]].new:
            if index < len(passage.statistics):
                return passage, index
            index -= len(passage.statistics)
        raise ValueError(f"no statistic {spot[1]} in row {spot[0]}")

    def match_written(self, rewritten: Sequence[tuple[int, AlignedRow]]) -> None:
        """Match claims to sentences in exactly the words that they had before a cue made them claims."""
        tracks = {number: self.tracker.tracks[number] for number in self.unassigned}
        tracks = {number: track for number, track in tracks.items() if track.written}
        passages = ((at, number, passage) for at, row in rewritten for number, passage in enumerate(row.new))
        for at, number, passage in passages if tracks else ():
            if passage.claim or (at, number) in self.claims:
                continue
            words = words_digest(passage.sentence.text)
            matching = [track for track in tracks.values() if words in track.texts]
            if matching:
                track = tracks.pop(matching[0].number)
                del self.unassigned[track.number]
                claim = TrackedElement(track.slot, unmarked(passage.sentence))
                value = track.texts[words] != track.slot.value
                source = self.tracker.context(claim, passage.sentence).sources != track.context.sources
                self.claims[at, number] = self.next_version(claim, passage.sentence, value=value, source=source)

    def match_claims(self, at: int, row: AlignedRow) -> None:
        """Match the claims of a row, the most alike first: the rewritten sentence makes the same claim in other words.

        A claim goes on while its sentence stands, though the cue that made it a claim is gone; where a sentence was
        split, with the part that has a cue.
        """
        old = [
            (
                tracked.slot,
                line.sentence if tracked is line.claim else replace(line.sentence, text=tracked.element.text),
            )
            for line in self.lines[at]
            for tracked in line.claims
            if tracked.slot.track in self.unassigned and isinstance(tracked.element, Claim)
        ]
        pairs = [
            (*_rank(shared, sentence, passage), -number, -index)
            for index, (_, sentence) in enumerate(old)
            for number, passage in enumerate(row.new)
            if (shared := stays_in_place(sentence, passage.sentence))
            and (passage.claim or shared >= _STAYS or states_facts(passage.sentence))
        ]
        for *_, number, index in sorted(pairs, reverse=True):
            slot, passage = old[-index][0], row.new[-number]
            spot = at, -number
            if slot.track in self.unassigned and spot not in self.claims and spot not in self.joined:
                del self.unassigned[slot.track]
                claim = passage.claim or unmarked(passage.sentence)
                self.claims[spot] = self.next_version(
                    TrackedElement(slot, claim),
                    passage.sentence,
                    value=self.is_another(claim, slot, row),
                    source=row.sources_changed,
                )

    def is_another(self, claim: Claim, slot: TrackVersion, row: AlignedRow) -> bool:
        """Return whether the claim of a row is another one than on its track, where its words do not tell that."""
        then = self.tracker.tracks[slot.track].element
        return not (has_same_words(then, claim) or is_reworded(then, claim)) and self.claims_differ(row)

    # What is new after all may be what this edit, or one before, removed in other words.

    def match_removed(
        self, rewritten: Sequence[tuple[int, AlignedRow]], is_copy: Callable[[SentenceFacts], bool]
    ) -> None:
        """Match what is new to removed sentences that it repeats."""
        for at, number, first, passage in islice(self.new_passages(rewritten, is_copy), _RETURNING):
            for line in self.removed_like(passage.sentence):
                self.match_line(line, (at, number), first, passage)

    def new_passages(
        self, rewritten: Sequence[tuple[int, AlignedRow]], is_copy: Callable[[SentenceFacts], bool]
    ) -> Iterator[tuple[int, int, int, SentenceFacts]]:
        """Yield the sentences with a new statistic or claim: row, number in it, number of its first statistic."""
        for at, row in rewritten:
            first = 0
            for number, passage in enumerate(row.new):
                count = len(passage.statistics)
                may_claim = passage.claim or not row.old  # it may have lost its cue, and a claim goes on without
                is_new = (may_claim and (at, number) not in self.claims) or any(
                    (at, first + index) not in self.assigned for index in range(count)
                )
                if is_new and (row.old or not is_copy(passage)):
                    yield at, number, first, passage
                first += count

    def removed_like(self, sentence: Sentence) -> list[TrackedSentence]:
        """Return the removed sentences that a new one repeats in other words, first those that this edit removed."""
        if not has_enough_words(sentence):
            return []
        removed = self.tracker.removed
        lines = removed.similar(sentence, lambda line: any(map(self.free, line.all)), only_newest=False)
        at_once = [any(map(self.left_now, line.all)) for line in lines]
        scored = [
            (by_one_edit, likeness(line.sentence, sentence), -at)
            for at, (line, by_one_edit) in enumerate(zip(lines, at_once, strict=True))
            if has_enough_words(line.sentence) and is_like(line.sentence, sentence, by_one_edit=by_one_edit)
        ]
        return [lines[-at] for *_, at in sorted(scored, reverse=True)]

    def left_now(self, tracked: TrackedElement) -> bool:
        """Return whether this edit, or one of the last few, removed an element."""
        number = tracked.slot.track
        return number in self.unassigned or self.tracker.tracks[number].revision in self.tracker.last_edits

    def match_line(self, line: TrackedSentence, spot: StatisticPosition, first: int, passage: SentenceFacts) -> None:
        """Match what is new in a sentence to what a removed one claimed, or stated in equal terms."""
        is_claim = passage.claim or shared_words(line.sentence, passage.sentence) >= _SAME_WITHOUT_CUE
        if line.claim and is_claim and spot not in self.claims and self.free(line.claim):
            self.claims[spot] = self.reworded(line.claim, passage.claim or unmarked(passage.sentence), line, passage)
        for index, statistic in enumerate(passage.statistics, first):
            for tracked in line.tracked if (spot[0], index) not in self.assigned else ():
                if self.free(tracked) and states_same(tracked.element, statistic):
                    self.assigned[spot[0], index] = self.reworded(tracked, statistic, line, passage)
                    break

    def reworded(
        self, tracked: TrackedElement, element: Element, line: TrackedSentence, passage: SentenceFacts
    ) -> TrackedElement:
        """Continue a removed track with what the element says now."""
        self.unassigned.pop(tracked.slot.track, None)
        return self.next_version(
            TrackedElement(self.tracker.tracks[tracked.slot.track].slot, element),
            passage.sentence,
            value=isinstance(element, Claim),
            source=line.sentence.references != passage.sentence.references,
        )
