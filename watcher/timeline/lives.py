"""Successions, one a revision, become the timelines of all that the texts ever said."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable
from typing import Final

from watcher.model import NOWHERE, Element, Figure, Place, Reference, Revision, Sentence
from watcher.model.notes import Context, Gap, Notes, Present, timeline_of
from watcher.model.timelines import Succession, Timeline, Verb
from watcher.timeline.gone import Gone
from watcher.timeline.pictures import follow_figures
from watcher.timeline.sources import follow_references
from watcher.timeline.state import Held, Line, State, context_of, keys_of
from watcher.timeline.step import step
from watcher.timeline.tracks import Track, differences, label, labels

_STATES: Final = 64  # texts that an edit may go back to as a whole; an older one is compared like any other
_RETURNING: Final = 64  # new sentences of one edit that are looked for among those that are gone
_SOURCES: Final = 2048  # references that are gone, and as many figures, known again when they come back


class Lives:
    """Follows every element of an article; give it the revisions in their order.

    Memory grows with what changed, not with the number or size of the revisions.
    """

    def __init__(self) -> None:
        self.state = State()
        self.tracks: list[Track] = []
        self.titles: dict[str, str] = {}
        self.gone = Gone()
        self.lost: OrderedDict[str, Held] = OrderedDict()
        self.unseen: OrderedDict[str, Held] = OrderedDict()
        self.states: OrderedDict[bytes, State] = OrderedDict()

    # What an edit did

    def returning(self, found: Succession) -> tuple[list[Line], list[Sentence]]:
        """Lines that are gone and may have come back, rewritten, and the new sentences which they may have become."""
        lines: dict[str, Line] = {}
        fresh: list[Sentence] = []
        for passage in (one for row in found.rows if not row.old for one in row.new):
            if not (passage.statistics or passage.claim) or len(fresh) == _RETURNING:
                continue
            some = [line for line in self.gone.like(passage.sentence) if self.dead(line)]
            if some:
                fresh.append(passage.sentence)
                lines.update((line.sentence.text, line) for line in some)
        return list(lines.values()), fresh

    def dead(self, line: Line) -> bool:
        """Whether nothing goes on what a line held."""
        return not any(self.tracks[held.slot.track].alive for held in line.all)

    def follow(self, revision: Revision, digest: bytes, found: Succession, back: Succession | None = None) -> None:
        """Note what a revision did; `digest` stands for its text, `back` is what the lines of `returning` became."""
        self.titles.update((one.key, label(one)) for one in found.cited)
        if found.paths:
            self.state.rename(found.paths)
        step(self, revision, found, back or Succession())
        follow_references(self, revision, found)
        follow_figures(self, revision, found.figures)
        self._keep(digest)

    def knows(self, digest: bytes) -> bool:
        """Whether `go_back` can return to this text."""
        return digest in self.states

    def go_back(self, revision: Revision, digest: bytes) -> None:
        """Note that a revision brought an earlier text back, word for word."""
        target = self.states[digest]
        now = {held.slot.track: (held, sentence) for held, sentence in self.state.everything()}
        then = {held.slot.track: (held, sentence) for held, sentence in target.everything()}
        for number, (held, sentence) in now.items():
            if number not in then:
                self.remove(revision, held.slot.track, sentence, reverting=True)
        self.part_from(target)
        gaps: dict[int, Gap] = {}
        for number, (held, sentence) in then.items():
            track = self.tracks[number]
            went = None if number in now else track.gone_with(held.slot)
            if went is not None and (track.element, track.context) == (held.element, self.context(held, sentence)):
                track.bridge(gaps.setdefault(went.id, Gap(went, revision)))
            else:
                self.settle(revision, held, sentence, reverting=True)
        self.state = target.copy()
        self._keep(digest)

    def part_from(self, target: State) -> None:
        """Keep what the state that is gone back to lacks, should it return."""
        for words, lines in self.state.lines.items():
            if words not in target.lines:
                self.gone.add(lines[-1])
        gone = self.state.references.keys() - target.references.keys()
        for key in sorted(gone):
            self.mourn(self.state.references[key])
        for file in sorted(self.state.figures.keys() - target.figures.keys()):
            self.miss(self.state.figures[file][0])

    def _keep(self, digest: bytes) -> None:
        self.states[digest] = self.state.copy()
        self.states.move_to_end(digest)
        if len(self.states) > _STATES:
            self.states.popitem(last=False)

    # Notes on tracks

    def begin(self, revision: Revision, element: Element, sentence: Sentence | None, subject: str) -> Held:
        """A track of its own for what is new."""
        track = Track(len(self.tracks), subject)
        self.tracks.append(track)
        held = Held(track.slot, element)
        self.write(Verb.ADDED, revision, held, sentence)
        return held

    def write(
        self, verb: Verb, revision: Revision, held: Held, sentence: Sentence | None, *, reverting: bool = False
    ) -> None:
        """Note what an element says now."""
        track = self.tracks[held.slot.track]
        context = self.context(held, sentence)
        fields = differences(track.element, held.element) if verb is Verb.CHANGED else ()
        track.note(verb, revision, held.element, context, held.slot, changed=fields, reverting=reverting)

    def context(self, held: Held, sentence: Sentence | None) -> Context:
        """Where an element stands now, and on what."""
        return context_of(held.element, sentence, labels(keys_of(held.element, sentence), self.titles))

    def settle(self, revision: Revision, held: Held, sentence: Sentence | None, *, reverting: bool = False) -> None:
        """Note what an element says now if it is not what its track said last."""
        track = self.tracks[held.slot.track]
        if not track.alive:
            self.write(Verb.RESTORED, revision, held, sentence, reverting=reverting)
        elif track.slot.value != held.slot.value:
            self.write(Verb.CHANGED, revision, held, sentence, reverting=reverting)
        elif track.slot.source != held.slot.source:
            self.write(Verb.RESOURCED, revision, held, sentence, reverting=reverting)

    def remove(self, revision: Revision, number: int, sentence: Sentence | None, *, reverting: bool = False) -> None:
        """Note that an element is gone."""
        track = self.tracks[number]
        element = track.element
        assert element is not None
        context = context_of(element, sentence, ())
        track.note(Verb.REMOVED, revision, None, context, track.slot, reverting=reverting)

    # What is gone and may come back

    def mourn(self, held: Held) -> None:
        """Keep a reference that left the text, under what it cites."""
        assert isinstance(held.element, Reference)
        self.lost[held.element.source or held.element.key] = held
        if len(self.lost) > _SOURCES:
            self.lost.popitem(last=False)

    def miss(self, held: Held) -> None:
        """Keep a figure that left the text, under its file."""
        assert isinstance(held.element, Figure)
        self.unseen[held.element.file] = held
        if len(self.unseen) > _SOURCES:
            self.unseen.popitem(last=False)

    # The result

    def presents(self, sentences: Iterable[Sentence] = ()) -> tuple[Present, ...]:
        """What there is now; `sentences` of the newest text tell where it stands."""
        places = {one.text: one.place for one in sentences}
        found = []
        for held, sentence in self.state.everything():
            if sentence is not None:
                place, words = places.get(sentence.text, sentence.place), sentence.text
            else:
                place, words = _place_of(held.element), ""
            found.append(self.tracks[held.slot.track].present(place, words))
        return tuple(sorted((one for one in found if one), key=lambda one: one.number))

    def timelines(self, sentences: Iterable[Sentence] = ()) -> tuple[Timeline, ...]:
        """All lives of which the notes are here still, in the order in which they began."""
        now = {one.number: one for one in self.presents(sentences)}
        return tuple(
            timeline_of(track.number, track.subject, track.notes, now.get(track.number))
            for track in self.tracks
            if track.notes
        )

    def take(self) -> tuple[Notes, ...]:
        """Give away the notes written since the last time."""
        return tuple(track.take() for track in self.tracks if track.notes)


def _place_of(element: Element) -> Place:
    return element.place if isinstance(element, Figure | Reference) else NOWHERE
