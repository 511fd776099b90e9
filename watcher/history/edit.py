"""Apply one edit to the tracks: which elements stay, appear, disappear or change."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from functools import cached_property
from itertools import chain
from operator import attrgetter
from typing import Final

from watcher.history.copies import continue_in_copies
from watcher.history.figures import follow_figures
from watcher.history.footnotes import continue_in_footnotes, leave_footnotes
from watcher.history.matching import ElementMatcher, is_distinctive
from watcher.history.pieces import ContainingSentences, has_same_words, stated_by
from watcher.history.rewording import (
    has_enough_words,
    is_like,
    is_reworded,
    likeness,
    repeats,
    stays_in_place,
)
from watcher.history.sources import follow_references
from watcher.history.state import TrackedElement, TrackedSentence
from watcher.history.statements import states_facts
from watcher.history.tracker import HistoryTracker
from watcher.history.tracks import label, unmarked, words_digest
from watcher.history.wordings import UNKNOWN, KnownSentence
from watcher.model import Claim, Element, Revision, Sentence
from watcher.model.history import AlignedRow, EarlierStatement, EditVerb, ElementMapping, SentenceFacts

_PASTED: Final = 10  # sentences that one edit repeats word for word; fewer may be said twice on purpose
_SAME_SENTENCE: Final = 0.5  # of the words; with less in common, one that became a claim is new
_UNMISTAKABLE: Final = 8  # words of a claim that is one wherever it is repeated


def apply_edit(
    history_tracker: HistoryTracker,
    revision: Revision,
    digest: bytes,
    mapping: ElementMapping,
    back: ElementMapping | None = None,
    claims_differ: Callable[[AlignedRow], bool] = attrgetter("claim_changed"),
) -> None:
    """Assign the elements of the new text to tracks, and record what was added, removed or changed.

    `back` maps removed sentences to the new ones that they became; `claims_differ` compares what `mapping` did not.
    """
    history_tracker.titles.update((reference.key, label(reference)) for reference in mapping.cited)
    if mapping.paths:
        history_tracker.state.rename(mapping.paths)
    matcher = ElementMatcher(history_tracker, revision, mapping, claims_differ)
    _EditApplier(matcher, back or ElementMapping()).run()
    follow_references(history_tracker, revision, mapping)
    follow_figures(history_tracker, revision, mapping.figures)
    history_tracker.keep(digest, revision.id)
    history_tracker.last_edits.append(revision.id)


def _is_unmistakable(passage: SentenceFacts) -> bool:
    return not passage.statistics and len(passage.sentence.text.split()) >= _UNMISTAKABLE


class _EditApplier:
    """One edit: `placed` are the sentences of the new text that it moved or wrote, by their words."""

    def __init__(self, matcher: ElementMatcher, back: ElementMapping) -> None:
        self.tracker, self.revision, self.mapping = matcher.tracker, matcher.revision, matcher.mapping
        self.matcher, self.back = matcher, back
        self.placed: defaultdict[str, list[TrackedSentence]] = defaultdict(list)
        self.pasted = False

    def run(self) -> None:
        """Take all old sentences before new ones are put: two sentences may have changed places."""
        rewritten = [(at, row) for at, row in enumerate(self.mapping.rows) if not row.same]
        leave_footnotes(self.matcher)
        self.keep()
        self.pasted = self.count_repeated() >= _PASTED
        self.matcher.match(rewritten, self.back, lambda passage: self.repeated(passage) is not None)
        for at, row in rewritten:
            self.settle(at, row)
        self.tracker.state.put(chain.from_iterable(self.placed.values()))
        continue_in_copies(self.matcher)
        continue_in_footnotes(self.matcher)
        for number, sentence in self.matcher.unassigned.items():
            self.tracker.remove(self.revision, number, sentence)
        self.follow_wordings([row for _, row in rewritten])
        self.tracker.forget_returned(passage.sentence.text for _, row in rewritten for passage in row.new)
        if self.mapping.sources_changed:
            self.follow_sources()

    def put_line(self, line: TrackedSentence) -> None:
        self.placed[line.sentence.text].append(line)

    def keep(self) -> None:
        """Unassign rewritten sentences; keep the others, which may have moved or have other sources."""
        staying = {
            tracked.slot.track
            for row, lines in zip(self.mapping.rows, self.matcher.lines, strict=True)
            for line in (lines if row.same else ())
            for tracked in line.all
        }
        for row, lines in zip(self.mapping.rows, self.matcher.lines, strict=True):
            for line in () if row.same else lines:
                own = {tracked.slot.track for tracked in line.all}
                equal = self.tracker.state.lines.get(line.sentence.text, ())
                if staying.isdisjoint(own) and all(
                    tracked.slot.track not in own for copy in equal for tracked in copy.all
                ):
                    self.matcher.unassign(line)
        # A row of equal words may have moved: what it held goes with it.
        for row, lines in zip(self.mapping.rows, self.matcher.lines, strict=True):
            for then, passage, line in zip(row.old, row.new, lines, strict=True) if row.same else ():
                # What was a claim without a life is part of one that goes over several sentences.
                if not line.all and (passage.statistics or not then.claim):
                    self.put_line(self.begin_all(passage))
                    continue
                kept = replace(line, sentence=passage.sentence)
                self.put_line(self.with_new_sources(kept) if row.sources_changed else kept)

    def with_new_sources(self, line: TrackedSentence) -> TrackedSentence:
        """Return the sentence with new sources under all that it holds."""
        sentence = line.sentence
        moved = [self.matcher.next_version(tracked, sentence, value=False, source=True) for tracked in line.all]
        claims = moved[len(line.tracked) :]
        claim = claims.pop(0) if line.claim else None
        return TrackedSentence(sentence, tuple(moved[: len(line.tracked)]), claim, tuple(claims))

    def settle(self, at: int, row: AlignedRow) -> None:
        """Put the new sentences in place, and start tracks for what is new."""
        counted = 0
        for number, passage in enumerate(row.new):
            copy = None if row.old else self.repeated(passage)
            spot = at, number
            is_known = (
                spot in self.matcher.claims
                or spot in self.matcher.parts
                or any((at, counted + index) in self.matcher.assigned for index in range(len(passage.statistics)))
            )
            if copy is not None and not is_known:
                self.put_line(copy)
                counted += len(passage.statistics)
                continue
            tracked = [
                self.matcher.assigned.get((at, counted + index)) or self.begin(statistic, passage)
                for index, statistic in enumerate(passage.statistics)
            ]
            parts = tuple(self.matcher.parts.get(spot, ()))
            claim = self.place_claim(at, number, row)
            if claim is not None:
                self.tracker.remember_statement(passage.sentence.text, self.revision, claim.slot.track)
            self.put_line(TrackedSentence(passage.sentence, tuple(tracked), claim, parts))
            counted += len(passage.statistics)

    # A sentence may stand for years before a cue or a date makes it a claim: its life begins when it was written.

    def place_claim(self, at: int, number: int, row: AlignedRow) -> TrackedElement | None:
        """Return the claim of a new sentence, on a new track where it is new; keep who wrote the sentence."""
        passage, claim = row.new[number], self.matcher.claims.get((at, number))
        sentence = passage.sentence
        earlier = self.earlier_wordings(sentence, row)
        is_another = claim is None and len(row.new) == 1 and any(line.claims for line in self.matcher.lines[at])
        longer = UNKNOWN
        if claim is None and passage.claim and (is_another or not earlier.wordings):
            longer = self.wordings_elsewhere(sentence)
        begun = longer if is_another or not earlier.wordings else earlier
        back = None
        if states_facts(sentence):
            self.remember_wording(sentence, earlier if earlier.wordings else longer)
            if claim is None and (at, number) not in self.matcher.joined:
                back = self.returned(self.revision, passage.claim or unmarked(sentence), sentence)
        if back or claim is not None or passage.claim is None or (at, number) in self.matcher.joined:
            return back or claim
        return self.begin_written(passage.claim, sentence, row, begun)

    def remember_wording(self, sentence: Sentence, known: KnownSentence) -> None:
        """Remember a sentence that stands in place of a known one."""
        last = known.wordings[-1].sentence if known.wordings else None
        reworded = last is not None and is_reworded(unmarked(last), unmarked(sentence))
        self.tracker.wordings.add(self.revision, sentence, known, reworded=reworded)

    def begin_written(
        self, asserted: Claim, sentence: Sentence, row: AlignedRow, begun: KnownSentence
    ) -> TrackedElement:
        """Begin a claim with the wordings of its sentence that said about the same."""
        claim: TrackedElement | None = None
        since = begun.since(lambda own: stays_in_place(own, sentence) > 0)
        for wording, gaps in self.tracker.wordings.gaps_of(since):
            written = replace(wording.sentence, text=stated_by(wording.sentence, sentence))
            claim = self.begin_claim(claim, EditVerb.WRITTEN, wording.revision, unmarked(written), written)
            for gap in gaps:
                self.tracker.add_gap(claim, written, gap)
        if claim is None:
            return self.begin_claim(None, EditVerb.ADDED, self.revision, asserted, sentence)
        self.know_last_words(claim, sentence, row)
        verb = EditVerb.CHANGED
        if (went := self.tracker.wordings.gone_since(begun)) is not None:
            self.tracker.remove(went, claim.slot.track, since.wordings[-1].sentence)
            verb = EditVerb.RESTORED
        return self.begin_claim(claim, verb, self.revision, asserted, sentence)

    def know_last_words(self, claim: TrackedElement, sentence: Sentence, row: AlignedRow) -> None:
        """Remember in which words a claim stood just now, nearly those that were told: an edit may go back to them."""
        texts = self.tracker.tracks[claim.slot.track].texts
        for own in (facts.sentence for facts in row.old if repeats(facts.sentence, sentence)):
            texts.setdefault(words_digest(own.text), claim.slot.value)

    def wordings_elsewhere(self, sentence: Sentence) -> KnownSentence:
        """Return the wordings of the longer sentence, rewritten or removed by this edit, that had a new one.

        Otherwise those of one that was no claim, went earlier, and comes back in other words.
        """
        number = self.old_pieces.containing(sentence.text, _SAME_SENTENCE)
        if number is not None:
            return self.tracker.wordings.of(self.old_sentences[number])
        gone = self.tracker.wordings.returning(sentence) if has_enough_words(sentence) else ()
        returned = (own for own in gone if is_like(own, sentence) and self.tracker.removed.get(own.text) is None)
        return next(map(self.tracker.wordings.of, returned), UNKNOWN)

    @cached_property
    def old_sentences(self) -> list[Sentence]:
        """The sentences that this edit rewrote or removed."""
        return [facts.sentence for row in self.mapping.rows if not row.same for facts in row.old]

    @cached_property
    def old_pieces(self) -> ContainingSentences:
        """Finds which of them a new one was part of."""
        return ContainingSentences(self.old_sentences)

    def earlier_wordings(self, sentence: Sentence, row: AlignedRow) -> KnownSentence:
        """Return the wordings of the old sentence that a new one repeats most, with the bits of others joined to it."""
        scored = [(likeness(facts.sentence, sentence), -number) for number, facts in enumerate(row.old)]
        repeated = sorted((item for item in scored if item[0] >= _SAME_SENTENCE), reverse=True)
        if not repeated:
            return UNKNOWN
        wordings = self.tracker.wordings
        first, *others = (wordings.of(row.old[-number].sentence) for _, number in repeated)
        return first.extended((bit for other in others for bit in other.numbers), wordings.logged)

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
            return self.begin_or_return(verb, revision, claim, sentence)
        slot = self.tracker.tracks[before.slot.track].next_version(claim, before.slot, value=True)
        self.tracker.write(verb, revision, TrackedElement(slot, claim), sentence)
        return TrackedElement(slot, claim)

    def begin_or_return(self, verb: EditVerb, revision: Revision, claim: Claim, sentence: Sentence) -> TrackedElement:
        """Start the track of a claim; in words that were stated before, continue one that ended, or name it."""
        back = self.returned(revision, claim, sentence)
        if back is not None:
            return back
        earlier = self.stated_before(revision, claim, sentence)
        verb = EditVerb.RESTORED if earlier and verb is EditVerb.ADDED else verb
        return self.tracker.start_track(revision, claim, sentence, "claim", verb, earlier=earlier)

    def stated_before(self, revision: Revision, claim: Claim, sentence: Sentence) -> EarlierStatement | None:
        """Return who first stated a claim that comes back in the same words, and as which tracks."""
        earlier = self.tracker.stated.get(words_digest(claim.text)) if is_distinctive(sentence) else None
        is_copy = next(self.equal_lines(sentence.text), None) is not None
        return None if earlier is None or is_copy or earlier.revision.id >= revision.id else earlier

    def returned(self, revision: Revision, claim: Claim, sentence: Sentence) -> TrackedElement | None:
        """Continue a track that ended and once stated a claim in these words; None where there is none."""
        earlier = self.stated_before(revision, claim, sentence)
        track = self.tracker.tracks[earlier.last] if earlier else None
        if track is None or track.revision >= revision.id:
            return None
        if track.alive and self.matcher.unassigned.pop(track.number, None) is None:
            return None
        back = TrackedElement(track.slot, claim)
        sources = self.tracker.context(back, sentence).sources
        value = not has_same_words(track.element, claim)
        back = replace(back, slot=track.next_version(claim, track.slot, value=value, sources=sources))
        self.tracker.update(revision, back, sentence)
        return back

    # An article that is pasted into itself says nothing twice, nor does one that repeats a long claim: copies are one.

    def count_repeated(self) -> int:
        """Count the long sentences that this edit adds although the text has them, or adds more than once."""
        added = Counter(
            facts.sentence.text
            for row in self.mapping.rows
            for facts in (() if row.old else row.new)
            if (facts.statistics or facts.claim) and is_distinctive(facts.sentence)
        )
        return sum(times - (next(self.equal_lines(words), None) is None) for words, times in added.items())

    def equal_lines(self, words: str) -> Iterator[TrackedSentence]:
        """Yield the sentences with these words that this edit leaves as they are, or has put already."""
        yield from self.placed.get(words, ())
        yield from self.tracker.state.lines.get(words, ())

    def repeated(self, passage: SentenceFacts) -> TrackedSentence | None:
        """Return a new sentence on the tracks of an equal one."""
        sentence = passage.sentence
        if (self.pasted and is_distinctive(sentence)) or _is_unmistakable(passage):
            for line in self.equal_lines(sentence.text):
                # A claim may have lost its cue, and goes on without in its copies.
                same_number = len(line.tracked) == len(passage.statistics)
                if line.all and same_number and (line.claims or not passage.claim):
                    return replace(line, sentence=sentence)
        return None

    def begin(self, element: Element, passage: SentenceFacts) -> TrackedElement:
        return self.tracker.start_track(self.revision, element, passage.sentence, "statistic")

    def begin_all(self, passage: SentenceFacts) -> TrackedSentence:
        """Start a track for all that a sentence states."""
        tracked = tuple(self.begin(statistic, passage) for statistic in passage.statistics)
        if not passage.claim:
            return TrackedSentence(passage.sentence, tracked)
        claim = self.begin_claim(None, EditVerb.ADDED, self.revision, passage.claim, passage.sentence)
        return TrackedSentence(passage.sentence, tracked, claim)

    # A name that cites another work now changes the source of every sentence that uses it.

    def follow_sources(self) -> None:
        touched = {sentence_facts.sentence.text for row in self.mapping.rows for sentence_facts in row.new}
        lines = [line for line in self._resting(self.mapping.sources_changed) if line.sentence.text not in touched]
        self.tracker.state.take([line.sentence for line in lines])
        self.tracker.state.put([self.with_new_sources(line) for line in lines])

    def _resting(self, keys: frozenset[str]) -> Iterator[TrackedSentence]:
        for other in self.tracker.state.lines.values():
            yield from (line for line in other if not keys.isdisjoint(line.sentence.references))
