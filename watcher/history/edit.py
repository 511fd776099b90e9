"""Apply one edit to the tracks: which elements stay, appear, disappear or change."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import chain, islice
from typing import Final

from watcher.history.figures import follow_figures
from watcher.history.rewording import (
    Reappearance,
    has_enough_words,
    is_like,
    is_reworded,
    likeness,
    reappearances,
    states_same,
    stays_in_place,
)
from watcher.history.sources import follow_references
from watcher.history.state import TrackedElement, TrackedSentence
from watcher.history.statements import states_facts
from watcher.history.tracker import HistoryTracker
from watcher.history.tracks import label, unmarked, words_digest
from watcher.history.wordings import UNKNOWN, KnownSentence
from watcher.model import Claim, Element, Revision, Sentence
from watcher.model.history import AlignedRow, EditVerb, ElementMapping, SentenceFacts, StatisticMatch, StatisticPosition

_RETURNING: Final = 64  # new sentences of one edit that are looked for among those that are gone
_DISTINCTIVE: Final = 5  # words of a sentence that is known again wherever it comes back
_PASTED: Final = 10  # sentences that one edit repeats word for word; fewer may be said twice on purpose
_SAME_SENTENCE: Final = 0.5  # of the words; with less in common, one that became a claim is new
_UNMISTAKABLE: Final = 8  # words of a claim that is one wherever it is repeated


def apply_edit(
    history_tracker: HistoryTracker,
    revision: Revision,
    digest: bytes,
    mapping: ElementMapping,
    back: ElementMapping | None = None,
) -> None:
    """Assign the elements of the new text to tracks, and record what was added, removed or changed.

    `back` maps removed sentences to the new ones that they became.
    """
    history_tracker.titles.update((reference.key, label(reference)) for reference in mapping.cited)
    if mapping.paths:
        history_tracker.state.rename(mapping.paths)
    _EditApplier(history_tracker, revision, mapping, back or ElementMapping()).run()
    follow_references(history_tracker, revision, mapping)
    follow_figures(history_tracker, revision, mapping.figures)
    history_tracker.keep(digest, revision.id)
    history_tracker.last_edits.append(revision.id)


def _is_distinctive(sentence: Sentence) -> bool:
    return len(sentence.text.split()) >= _DISTINCTIVE


def _is_unmistakable(passage: SentenceFacts) -> bool:
    return not passage.statistics and len(passage.sentence.text.split()) >= _UNMISTAKABLE


class _EditApplier:
    """One edit; `unassigned` are the tracks of rewritten or removed sentences that no new element continues yet."""

    def __init__(
        self, history_tracker: HistoryTracker, revision: Revision, mapping: ElementMapping, back: ElementMapping
    ) -> None:
        self.tracker, self.revision, self.mapping, self.back = history_tracker, revision, mapping, back
        self.unassigned: dict[int, Sentence] = {}
        self.lines: list[list[TrackedSentence]] = []
        self.placed: defaultdict[str, list[TrackedSentence]] = defaultdict(list)
        self.pasted = False
        self.assigned: dict[StatisticPosition, TrackedElement] = {}
        self.claims: dict[StatisticPosition, TrackedElement] = {}

    def run(self) -> None:
        """Take all old sentences before new ones are put: two sentences may have changed places."""
        taken = iter(self.tracker.state.take([facts.sentence for row in self.mapping.rows for facts in row.old]))
        self.lines += (
            [line or TrackedSentence(facts.sentence) for facts, line in zip(row.old, taken, strict=False)]
            for row in self.mapping.rows
        )
        rewritten = [(at, row) for at, row in enumerate(self.mapping.rows) if not row.same]
        self.keep()
        self.pasted = self.count_repeated() >= _PASTED
        for at, row in rewritten:
            self.match_identical(at, row)
        for match in self.mapping.matches:
            self.match_changed(match)
        if self.back.rows:
            self.match_similar()
        self.match_written(rewritten)
        for at, row in rewritten:
            self.match_claims(at, row)
        self.match_removed(rewritten)
        for at, row in rewritten:
            self.settle(at, row)
        for number, sentence in self.unassigned.items():
            self.tracker.remove(self.revision, number, sentence)
        self.tracker.state.put(chain.from_iterable(self.placed.values()))
        self.follow_wordings([row for _, row in rewritten])
        self.tracker.forget_returned(passage.sentence.text for _, row in rewritten for passage in row.new)
        if self.mapping.sources_changed:
            self.follow_sources()

    def put_line(self, line: TrackedSentence) -> None:
        self.placed[line.sentence.text].append(line)

    def unassign(self, line: TrackedSentence) -> None:
        self.unassigned.update((tracked.slot.track, line.sentence) for tracked in line.all)
        if line.all:
            self.tracker.removed.add(line)

    def keep(self) -> None:
        """Unassign rewritten sentences; keep the others, which may have moved or have other sources."""
        staying = {
            tracked.slot.track
            for row, lines in zip(self.mapping.rows, self.lines, strict=True)
            for line in (lines if row.same else ())
            for tracked in line.all
        }
        for row, lines in zip(self.mapping.rows, self.lines, strict=True):
            for line in () if row.same else lines:
                own = {tracked.slot.track for tracked in line.all}
                equal = self.tracker.state.lines.get(line.sentence.text, ())
                if staying.isdisjoint(own) and all(
                    tracked.slot.track not in own for copy in equal for tracked in copy.all
                ):
                    self.unassign(line)
        # A row of equal words may have moved: what it held goes with it.
        for row, lines in zip(self.mapping.rows, self.lines, strict=True):
            for passage, line in zip(row.new, lines, strict=True) if row.same else ():
                if not line.all:
                    self.put(passage, [self.begin(statistic, passage) for statistic in passage.statistics], None)
                    continue
                kept = TrackedSentence(passage.sentence, line.tracked, line.claim)
                self.put_line(self.with_new_sources(kept) if row.sources_changed else kept)

    def with_new_sources(self, line: TrackedSentence) -> TrackedSentence:
        """Return the sentence with new sources under all that it holds."""
        moved = [self.next_version(tracked, line.sentence, value=False, source=True) for tracked in line.all]
        return TrackedSentence(line.sentence, tuple(moved[: len(line.tracked)]), moved[-1] if line.claim else None)

    def next_version(self, tracked: TrackedElement, sentence: Sentence, *, value: bool, source: bool) -> TrackedElement:
        """Return the element on its track, with a new value or new sources where it has them."""
        sources = self.tracker.context(tracked, sentence).sources if source else None
        track = self.tracker.tracks[tracked.slot.track]
        value = value or is_reworded(track.element, tracked.element)
        slot = track.next_version(tracked.element, tracked.slot, value=value, sources=sources)
        result = TrackedElement(slot, tracked.element)
        self.tracker.update(self.revision, result, sentence)
        return result

    # A sentence that comes back as it was, is what it was.

    def match_identical(self, at: int, row: AlignedRow) -> None:
        counted = 0
        for number, passage in enumerate(row.new):
            line = self.tracker.removed.get(passage.sentence.text)
            if line is not None and self.fits(line, passage, at):
                for index, tracked in enumerate(line.tracked):
                    back = replace(tracked, element=passage.statistics[index])
                    self.assigned[at, counted + index] = self.reassign(back, line, passage, row)
                if line.claim and self.free(line.claim):
                    back = replace(line.claim, element=passage.claim or line.claim.element)
                    self.claims[at, number] = self.reassign(back, line, passage, row)
            counted += len(passage.statistics)

    def fits(self, line: TrackedSentence, passage: SentenceFacts, at: int) -> bool:
        if len(line.tracked) != len(passage.statistics) or not all(self.free(tracked) for tracked in line.tracked):
            return False
        current = {tracked.slot.track for sentence in self.lines[at] for tracked in sentence.all}
        # "12" alone comes back in a hundred cells; only a line of this row or place, or a long one, is known again.
        known = any(tracked.slot.track in current for tracked in line.all)
        then, now = line.sentence, passage.sentence
        same_position = (then.where, then.label, then.location.section) == (now.where, now.label, now.location.section)
        return known or (not current and same_position) or _is_distinctive(now)

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

    def match_similar(self) -> None:
        positions = {
            id(sentence_facts.sentence): (at, n)
            for at, row in enumerate(self.mapping.rows)
            for n, sentence_facts in enumerate(row.new)
        }
        for reappearance in reappearances(self.back, self.tracker.removed):
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
                self.claims[location] = self.restored(
                    reappearance.line.claim, claim, reappearance, value=reappearance.claim_changed
                )

    def is_removed(self, tracked: TrackedElement) -> bool:
        """Return whether a track ended before this edit."""
        return not self.tracker.tracks[tracked.slot.track].alive

    def restored(self, tracked: TrackedElement, element: Element, back: Reappearance, *, value: bool) -> TrackedElement:
        """Continue the track that ended with what the element says now."""
        return self.next_version(
            TrackedElement(tracked.slot, element), back.passage.sentence, value=value, source=back.sources_changed
        )

    # Heirs

    def match_changed(self, match: StatisticMatch) -> None:
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
        everything = [tracked for line in self.lines[spot[0]] for tracked in line.tracked]
        return everything[spot[1]] if spot[1] < len(everything) else None

    def new_position(self, spot: StatisticPosition) -> tuple[SentenceFacts, int]:
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
            (line.claim.slot, line.sentence)
            for line in self.lines[at]
            if line.claim and line.claim.slot.track in self.unassigned
        ]
        pairs = [
            (passage.claim is not None, shared, -number, -index)
            for index, (_, sentence) in enumerate(old)
            for number, passage in enumerate(row.new)
            if (passage.claim or states_facts(passage.sentence))
            and (shared := stays_in_place(sentence, passage.sentence))
        ]
        for *_, number, index in sorted(pairs, reverse=True):
            slot, passage = old[-index][0], row.new[-number]
            if slot.track in self.unassigned and (at, -number) not in self.claims:
                del self.unassigned[slot.track]
                self.claims[at, -number] = self.next_version(
                    TrackedElement(slot, passage.claim or unmarked(passage.sentence)),
                    passage.sentence,
                    value=row.claim_changed,
                    source=row.sources_changed,
                )

    # What is new after all may be what this edit, or one before, removed in other words.

    def match_removed(self, rewritten: Sequence[tuple[int, AlignedRow]]) -> None:
        for at, number, first, passage in islice(self.new_passages(rewritten), _RETURNING):
            for line in self.removed_like(passage.sentence):
                self.match_line(line, (at, number), first, passage)

    def new_passages(
        self, rewritten: Sequence[tuple[int, AlignedRow]]
    ) -> Iterator[tuple[int, int, int, SentenceFacts]]:
        """Yield the sentences with a new statistic or claim: row, number in it, number of its first statistic."""
        for at, row in rewritten:
            first = 0
            for number, passage in enumerate(row.new):
                count = len(passage.statistics)
                is_new = (passage.claim and (at, number) not in self.claims) or any(
                    (at, first + index) not in self.assigned for index in range(count)
                )
                if is_new and (row.old or self.repeated(passage) is None):
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
        if line.claim and passage.claim and spot not in self.claims and self.free(line.claim):
            self.claims[spot] = self.reworded(line.claim, passage.claim, line, passage)
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

    def settle(self, at: int, row: AlignedRow) -> None:
        """Put the new sentences in place, and start tracks for what is new."""
        counted = 0
        for number, passage in enumerate(row.new):
            copy = None if row.old else self.repeated(passage)
            is_known = (at, number) in self.claims or any(
                (at, counted + index) in self.assigned for index in range(len(passage.statistics))
            )
            if copy is not None and not is_known:
                self.put_line(copy)
                counted += len(passage.statistics)
                continue
            tracked = [
                self.assigned.get((at, counted + index)) or self.begin(statistic, passage)
                for index, statistic in enumerate(passage.statistics)
            ]
            self.put(passage, tracked, self.place_claim(at, number, row))
            counted += len(passage.statistics)

    # A sentence may stand for years before a cue or a date makes it a claim: its life begins when it was written.

    def place_claim(self, at: int, number: int, row: AlignedRow) -> TrackedElement | None:
        """Return the claim of a new sentence, on a new track where it is new; keep who wrote the sentence."""
        passage, claim = row.new[number], self.claims.get((at, number))
        sentence = passage.sentence
        earlier = self.earlier_wordings(sentence, row)
        if states_facts(sentence):
            last = earlier.wordings[-1].sentence if earlier.wordings else None
            reworded = last is not None and is_reworded(unmarked(last), unmarked(sentence))
            self.tracker.wordings.add(self.revision, sentence, earlier, reworded=reworded)
        if claim is not None or passage.claim is None:
            return claim
        if len(row.new) == 1 and any(facts.claim for facts in row.old):
            earlier = UNKNOWN  # that claim is another one
        for wording, gaps in self.tracker.wordings.gaps_of(earlier):
            claim = self.begin_claim(
                claim, EditVerb.WRITTEN, wording.revision, unmarked(wording.sentence), wording.sentence
            )
            for gap in gaps:
                self.tracker.add_gap(claim, wording.sentence, gap)
        verb = EditVerb.ADDED if claim is None else EditVerb.CHANGED
        return self.begin_claim(claim, verb, self.revision, passage.claim, sentence)

    def earlier_wordings(self, sentence: Sentence, row: AlignedRow) -> KnownSentence:
        """Return the wordings of the old sentence that a new one repeats most; none where it repeats too little."""
        scored = [(likeness(facts.sentence, sentence), -number) for number, facts in enumerate(row.old)]
        share, number = max(scored, default=(0.0, 0))
        return self.tracker.wordings.of(row.old[-number].sentence) if share >= _SAME_SENTENCE else UNKNOWN

    def follow_wordings(self, rewritten: Sequence[AlignedRow]) -> None:
        """Record which sentences stand now, claims or not."""
        come = {facts.sentence.text for row in rewritten for facts in row.new}
        gone = {facts.sentence.text for row in rewritten for facts in row.old} - come
        wordings = self.tracker.wordings
        if wordings.loses(gone):  # unless a copy stands
            gone -= {facts.sentence.text for row in self.mapping.rows for facts in row.new}
        wordings.follow(self.revision, gone, come)
        wordings.forget_removed([*reversed(self.tracker.states.values())])

    def begin_claim(
        self, before: TrackedElement | None, verb: EditVerb, revision: Revision, claim: Claim, sentence: Sentence
    ) -> TrackedElement:
        """Start the track of a claim, or continue that of its earlier wording."""
        if before is None:
            return self.tracker.start_track(revision, claim, sentence, "claim", verb)
        slot = self.tracker.tracks[before.slot.track].next_version(claim, before.slot, value=True)
        self.tracker.write(verb, revision, TrackedElement(slot, claim), sentence)
        return TrackedElement(slot, claim)

    # An article that is pasted into itself says nothing twice, nor does one that repeats a long claim: copies are one.

    def count_repeated(self) -> int:
        """Count the long sentences that this edit adds although the text has them, or adds more than once."""
        added = Counter(
            facts.sentence.text
            for row in self.mapping.rows
            for facts in (() if row.old else row.new)
            if (facts.statistics or facts.claim) and _is_distinctive(facts.sentence)
        )
        return sum(times - (next(self.equal_lines(words), None) is None) for words, times in added.items())

    def equal_lines(self, words: str) -> Iterator[TrackedSentence]:
        """Yield the sentences with these words that this edit leaves as they are, or has put already."""
        yield from self.placed.get(words, ())
        yield from self.tracker.state.lines.get(words, ())

    def repeated(self, passage: SentenceFacts) -> TrackedSentence | None:
        """Return a new sentence on the tracks of an equal one."""
        sentence = passage.sentence
        if (self.pasted and _is_distinctive(sentence)) or _is_unmistakable(passage):
            for line in self.equal_lines(sentence.text):
                if line.all and (len(line.tracked), bool(line.claim)) == (len(passage.statistics), bool(passage.claim)):
                    return replace(line, sentence=sentence)
        return None

    def begin(self, element: Element, passage: SentenceFacts) -> TrackedElement:
        return self.tracker.start_track(self.revision, element, passage.sentence, "statistic")

    def put(self, passage: SentenceFacts, tracked: list[TrackedElement], claim: TrackedElement | None) -> None:
        if claim is None and passage.claim:
            claim = self.tracker.start_track(self.revision, passage.claim, passage.sentence, "claim")
        self.put_line(TrackedSentence(passage.sentence, tuple(tracked), claim))

    # A name that cites another work now changes the source of every sentence that uses it.

    def follow_sources(self) -> None:
        touched = {sentence_facts.sentence.text for row in self.mapping.rows for sentence_facts in row.new}
        lines = [line for line in self._resting(self.mapping.sources_changed) if line.sentence.text not in touched]
        self.tracker.state.take([line.sentence for line in lines])
        self.tracker.state.put([self.with_new_sources(line) for line in lines])

    def _resting(self, keys: frozenset[str]) -> Iterator[TrackedSentence]:
        for other in self.tracker.state.lines.values():
            yield from (line for line in other if not keys.isdisjoint(line.sentence.references))
