"""Track every element of an article, and build the timelines of all of them."""

from __future__ import annotations

from collections import OrderedDict, defaultdict, deque
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import replace
from itertools import chain
from typing import Final, TypeVar

from watcher.history.rewording import is_like
from watcher.history.state import RemovedSentences, TextState, TrackedSentence, context_of, keys_of
from watcher.history.tracks import (
    Track,
    TrackedElement,
    TrackVersion,
    differences,
    labels,
    unmarked,
    words_digest,
)
from watcher.history.wordings import Wordings
from watcher.model import NO_LOCATION, Claim, Element, Figure, Location, Reference, Revision, Sentence
from watcher.model.history import (
    CurrentElement,
    EarlierStatement,
    EditVerb,
    ElementContext,
    ElementMapping,
    HistoryEntries,
    TextGap,
    Timeline,
    build_timeline,
)

T = TypeVar("T")


_STATES: Final = 64  # texts that an edit may go back to as a whole; an older one is compared like any other
_LAST_EDITS: Final = 5  # what one of them removed, another writes anew
_RETURNING: Final = 64  # new sentences of one edit that are looked for among those that are gone
_STATED: Final = 16_384  # wordings of claims, the oldest of which are forgotten
_SOURCES: Final = 2048  # references that are gone, and as many figures, known again when they come back


def remember_text(texts: OrderedDict[bytes, T], digest: bytes, value: T) -> None:
    """Add what belongs to the newest text, and forget the oldest where there are too many."""
    texts[digest] = value
    texts.move_to_end(digest)
    if len(texts) > _STATES:
        texts.popitem(last=False)


class HistoryTracker:
    """Follows every element of an article through its revisions, which come in order.

    Memory grows with what changed, not with the number or size of the revisions.
    """

    def __init__(self) -> None:
        self.state = TextState()
        self.tracks: dict[int, Track] = {}
        self.started = 0  # tracks
        self.titles: dict[str, str] = {}
        self.removed = RemovedSentences()
        self.stated: dict[str, EarlierStatement] = {}  # by the digest of the words of a claim
        self.wordings = Wordings()
        self.removed_references: OrderedDict[str, TrackedElement] = OrderedDict()
        self.removed_figures: OrderedDict[str, TrackedElement] = OrderedDict()
        self.states: OrderedDict[bytes, TextState] = OrderedDict()
        self.last_edits: deque[int] = deque(maxlen=_LAST_EDITS)

    # What an edit did

    def reappearing(self, mapping: ElementMapping) -> tuple[list[TrackedSentence], list[Sentence]]:
        """Return removed sentences that may have come back reworded, and the new sentences that they may be."""
        lines: dict[str, TrackedSentence] = {}
        fresh: list[Sentence] = []
        for passage in (sentence_facts for row in mapping.rows if not row.old for sentence_facts in row.new):
            if not (passage.statistics or passage.claim) or len(fresh) == _RETURNING:
                continue
            group = self.removed.similar(passage.sentence, self.is_removed)
            if group:
                fresh.append(passage.sentence)
                lines.update((line.sentence.text, line) for line in group)
        if not any(is_like(line.sentence, sentence) for line in lines.values() for sentence in fresh):
            return [], []
        return list(lines.values()), fresh

    def is_removed(self, line: TrackedSentence) -> bool:
        """Return whether all tracks of a sentence have ended."""
        return not any(self.tracks[tracked.slot.track].alive for tracked in line.all)

    def has_text(self, digest: bytes) -> bool:
        """Return whether `revert_to` can return to this text."""
        return digest in self.states

    def revert_to(
        self, revision: Revision, digest: bytes, sentences: Callable[[], Iterable[Sentence]] = tuple[Sentence, ...]
    ) -> None:
        """Record that a revision restored an earlier text word for word, which has these `sentences`."""
        target = self.states[digest]
        now = {tracked.slot.track: (tracked, sentence) for tracked, sentence in self.state.everything(target)}
        then = {tracked.slot.track: (tracked, sentence) for tracked, sentence in target.everything(self.state)}
        gone = {number: pending for number, (pending, _) in now.items() if number not in then}
        written = self.written_before({number: now[number] for number in gone}, target, sentences)
        remaining = self.remaining(gone.keys() - written.keys(), target)
        kept = written.keys() | {tracked.slot.track for line in remaining for tracked in line.claims}
        for number in (number for number in gone if number not in kept):
            self.remove(revision, number, now[number][1], reverted_to=target.revision)
        back = self.back_without_cue(target)
        self.remember_removed(target)
        returned = target.lines.keys() - self.state.lines.keys()
        gaps: dict[int, TextGap] = {}  # by the revision that blanked: all elements share one object
        for number, (pending, sentence) in then.items():
            track = self.tracks[number]
            went = None if number in now else track.removed_by(pending.slot)
            if went is not None and (track.element, track.context) == (
                pending.element,
                self.context(pending, sentence),
            ):
                track.merge_gap(gaps.setdefault(went.id, TextGap(went, revision)))
            else:
                self.update(revision, pending, sentence, reverted_to=target.revision)
        self.wordings.revert_to(revision, target.present)
        self.state = target.copy()  # the kept state must stay what it is for the next revert
        self.state.put((*remaining, *back))
        for line in back:
            for tracked in line.claims:
                self.update(revision, tracked, line.sentence, reverted_to=target.revision)
        for number, sentence in written.items():
            claim = unmarked(sentence)
            tracked = TrackedElement(self.tracks[number].next_version(claim, gone[number].slot, value=True), claim)
            self.update(revision, tracked, sentence, reverted_to=target.revision)
            self.state.put([TrackedSentence(sentence, claim=tracked)])
        self.forget_returned(returned)
        self.keep(digest, target.revision)
        self.last_edits.append(revision.id)

    def written_before(
        self,
        gone: Mapping[int, tuple[TrackedElement, Sentence | None]],
        target: TextState,
        sentences: Callable[[], Iterable[Sentence]],
    ) -> dict[int, Sentence]:
        """Return the sentences of an earlier text that an edit since made claims, by the tracks of these."""
        written = {number: sentence for number, (_, sentence) in gone.items() if self.tracks[number].written}
        back = set(self.wordings.missing(target.present)) - target.lines.keys() if written else set()
        digests: defaultdict[str, list[str]] = defaultdict(list)  # equal but for punctuation
        for text in back:
            digests[words_digest(text)].append(text)
        words: dict[str, list[int]] = {}
        for number, sentence in written.items() if back else ():
            known = {text for digest in digests.keys() & self.tracks[number].texts.keys() for text in digests[digest]}
            for text in known or (back & self.wordings.before(sentence.text) if sentence else ()):
                words.setdefault(text, []).append(number)
        if not words:  # reading the text costs more than to know that none of its sentences is of these
            return {}
        return {number: sentence for sentence in sentences() for number in words.get(sentence.text, ())}

    def remaining(self, gone: Collection[int], target: TextState) -> list[TrackedSentence]:
        """Return the claims whose sentences an earlier text has, which were none there yet."""
        texts = [
            text for text in self.state.lines if text not in target.lines and self.wordings.has(target.present, text)
        ]
        return [
            TrackedSentence(
                line.sentence,
                claim=line.claim if line.claim and line.claim.slot.track in gone else None,
                parts=tuple(part for part in line.parts if part.slot.track in gone),
            )
            for text in texts
            for line in self.state.lines[text]
        ]

    def back_without_cue(self, target: TextState) -> list[TrackedSentence]:
        """Return the removed claims whose sentences come back with an earlier text, which were none there."""
        texts = self.wordings.missing(target.present) if self.removed else ()
        lines = [self.removed.get(text) for text in texts if text not in target.lines]
        return [
            TrackedSentence(line.sentence, claim=line.claim)
            for line in lines
            if line and line.claim and not self.tracks[line.claim.slot.track].alive
        ]

    def remember_removed(self, target: TextState) -> None:
        """Remember what the restored state lacks, so that it is recognised when it comes back."""
        for words, lines in self.state.lines.items():
            if words not in target.lines:
                self.removed.add(lines[-1])
        gone = self.state.references.keys() - target.references.keys()
        for key in sorted(gone):
            self.remember_reference(self.state.references[key])
        for file in sorted(self.state.figures.keys() - target.figures.keys()):
            self.remember_figure(self.state.figures[file][0])

    def forget_returned(self, texts: Iterable[str]) -> None:
        """Drop sentences that came back from those that may come back, which leaves room for others."""
        for text in texts:
            line = self.removed.get(text)
            if line is not None and not self.is_removed(line):
                self.removed.forget(text)

    def keep(self, digest: bytes, revision_id: int) -> None:
        """Remember the state of a text and the revision that it is from, so that `revert_to` can return to it."""
        self.state.revision, self.state.present = revision_id, self.wordings.present
        remember_text(self.states, digest, self.state.copy())

    # Notes on tracks

    def start_track(
        self,
        revision: Revision,
        element: Element,
        sentence: Sentence | None,
        subject: str,
        verb: EditVerb = EditVerb.ADDED,
        *,
        earlier: EarlierStatement | None = None,
    ) -> TrackedElement:
        """Start a track for a new element."""
        number = self.started
        self.started += 1
        track = Track(number, subject, TrackVersion(number))
        self.tracks[number] = track
        tracked = TrackedElement(track.slot, element)
        self.write(verb, revision, tracked, sentence, earlier=earlier)
        return tracked

    def add_gap(self, tracked: TrackedElement, sentence: Sentence, gap: TextGap) -> None:
        """Record that what stands now was gone for a time."""
        self.remove(gap.went, tracked.slot.track, sentence)
        self.tracks[tracked.slot.track].merge_gap(gap)

    def restore_or_start(
        self, revision: Revision, element: Element, removed: TrackedElement | None, subject: str
    ) -> TrackedElement:
        """Continue the track of a removed element that came back, or start one."""
        if removed is None or self.tracks[removed.slot.track].alive:
            return self.start_track(revision, element, None, subject)
        track = self.tracks[removed.slot.track]
        version = track.next_version(element, removed.slot, value=removed.element != element)
        tracked = TrackedElement(version, element)
        self.update(revision, tracked, None)
        return tracked

    def write(
        self,
        verb: EditVerb,
        revision: Revision,
        tracked: TrackedElement,
        sentence: Sentence | None,
        *,
        reverted_to: int = 0,
        earlier: EarlierStatement | None = None,
    ) -> None:
        """Record what an element says now."""
        track = self.tracks[tracked.slot.track]
        context = self.context(tracked, sentence)
        fields = differences(track.element, tracked.element) if verb is EditVerb.CHANGED else ()
        track.note(
            verb, revision, tracked.element, context, tracked.slot,
            changed=fields, reverted_to=reverted_to, earlier=earlier,
        )  # fmt: skip
        if isinstance(tracked.element, Claim):
            self.remember_statement(tracked.element.text, revision, track.number)

    def remember_statement(self, text: str, revision: Revision, number: int) -> None:
        """Remember which revision and track first made a claim in these words, told or not, and which track last."""
        words = words_digest(text)
        first = self.stated.get(words)
        if first is None:
            self.stated[words] = EarlierStatement(revision, number, number)
        elif first.last != number:
            self.stated[words] = replace(first, last=number)
        if len(self.stated) > _STATED:
            del self.stated[next(iter(self.stated))]

    def context(self, tracked: TrackedElement, sentence: Sentence | None) -> ElementContext:
        """Return the section, sentence and sources of an element."""
        return context_of(tracked.element, sentence, labels(keys_of(tracked.element, sentence), self.titles))

    def update(
        self, revision: Revision, tracked: TrackedElement, sentence: Sentence | None, *, reverted_to: int = 0
    ) -> None:
        """Record what an element says now where that is not what its track said last."""
        track = self.tracks[tracked.slot.track]
        if not track.alive:
            self.write(EditVerb.RESTORED, revision, tracked, sentence, reverted_to=reverted_to)
        elif track.slot.value != tracked.slot.value:
            self.write(EditVerb.CHANGED, revision, tracked, sentence, reverted_to=reverted_to)
        elif track.slot.source != tracked.slot.source:
            self.write(EditVerb.RESOURCED, revision, tracked, sentence, reverted_to=reverted_to)

    def remove(self, revision: Revision, number: int, sentence: Sentence | None, *, reverted_to: int = 0) -> None:
        """Record that an element was removed."""
        track = self.tracks[number]
        element = track.element
        assert element is not None
        context = context_of(element, sentence, ())
        track.note(EditVerb.REMOVED, revision, None, context, track.slot, reverted_to=reverted_to)

    # What is gone and may come back

    def remember_reference(self, tracked: TrackedElement) -> None:
        """Remember a removed reference by its source, so that it is recognised when it is restored."""
        assert isinstance(tracked.element, Reference)
        _remember(self.removed_references, tracked.element.source or tracked.element.key, tracked)

    def remember_figure(self, tracked: TrackedElement) -> None:
        """Remember a removed figure by its file, so that it is recognised when it is restored."""
        assert isinstance(tracked.element, Figure)
        _remember(self.removed_figures, tracked.element.file, tracked)

    # The result

    def current_elements(self, sentences: Iterable[Sentence] = ()) -> tuple[CurrentElement, ...]:
        """Return the current elements; `sentences` of the newest text give their locations."""
        locations = {sentence.text: sentence.location for sentence in sentences}
        result: dict[int, CurrentElement | None] = {}
        for tracked, sentence in self.state.everything():
            if sentence is not None:
                location, words = locations.get(sentence.text, sentence.location), sentence.text
            else:
                location, words = _location_of(tracked.element), ""
            result.setdefault(tracked.slot.track, self.tracks[tracked.slot.track].present(location, words))
        return tuple(element for _, element in sorted(result.items()) if element)

    def timelines(self, sentences: Iterable[Sentence] = ()) -> tuple[Timeline, ...]:
        """Return the timelines in the order in which they began, without transient ones; none may be drained."""
        now = {element.number: element for element in self.current_elements(sentences)}
        timelines = (
            build_timeline(track.number, track.subject, track.entries, now.get(track.number))
            for track in self.tracks.values()
            if track.entries
        )
        return tuple(timeline for timeline in timelines if not timeline.is_transient)

    def drain_entries(self) -> tuple[HistoryEntries, ...]:
        """Return the entries written since the last call, and drop them."""
        return tuple(track.drain_entries() for track in self.tracks.values() if track.entries)

    def forget_ended(self) -> None:
        """Forget the tracks that no edit can continue: nothing that stands, or may come back, is on them."""
        states = (tracked for state in (self.state, *self.states.values()) for tracked, _ in state.everything())
        removed = chain.from_iterable(line.all for line in self.removed)
        sources = (*self.removed_references.values(), *self.removed_figures.values())
        continued = {tracked.slot.track for tracked in chain(states, removed, sources)}
        continued.update(statement.last for statement in self.stated.values())
        self.tracks = {number: track for number, track in self.tracks.items() if track.entries or number in continued}


def _location_of(element: Element) -> Location:
    return element.location if isinstance(element, Figure | Reference) else NO_LOCATION


def _remember(removed: OrderedDict[str, TrackedElement], key: str, tracked: TrackedElement) -> None:
    removed[key] = tracked
    if len(removed) > _SOURCES:
        removed.popitem(last=False)
