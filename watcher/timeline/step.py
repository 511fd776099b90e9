"""The rows of one Succession → who stays, comes, goes, or says something else."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import zip_longest
from typing import TYPE_CHECKING, Final

from watcher.model import Element, Revision, Sentence
from watcher.model.timelines import Heir, Passage, Row, Spot, Succession
from watcher.timeline.returns import Return, returns
from watcher.timeline.state import Held, Line

if TYPE_CHECKING:
    from watcher.timeline.lives import Lives

_TELLING: Final = 5  # words of a sentence that is known again wherever it comes back


def step(lives: Lives, revision: Revision, found: Succession, back: Succession) -> None:
    """Hand on what the old sentences held, and note what came, went or says something else.

    `back` tells which sentences that are gone became which of the new ones.
    """
    _Step(lives, revision, found, back).run()


class _Step:
    """One edit; `loose` are the tracks of rewritten or removed sentences that nobody has inherited yet."""

    def __init__(self, lives: Lives, revision: Revision, found: Succession, back: Succession) -> None:
        self.lives, self.revision, self.found, self.back = lives, revision, found, back
        self.loose: dict[int, Sentence] = {}
        self.lines: list[list[Line]] = []
        self.given: dict[Spot, Held] = {}
        self.claims: dict[Spot, Held] = {}

    def run(self) -> None:
        """Everything is taken before anything is put: two sentences may have changed places."""
        self.lines += ([self.take(one) for one in row.old] for row in self.found.rows)
        rewritten = [(at, row) for at, row in enumerate(self.found.rows) if not row.same]
        self.keep()
        for at, row in rewritten:
            self.come_back(at, row)
        for heir in self.found.heirs:
            self.inherit(heir)
        if self.back.rows:
            self.revive()
        for at, row in rewritten:
            self.assert_again(at, row)
            self.settle(at, row)
        for number, sentence in self.loose.items():
            self.lives.remove(self.revision, number, sentence)
        if self.found.resourced:
            self.follow_sources()

    def take(self, passage: Passage) -> Line:
        return self.lives.state.take(passage.sentence) or Line(passage.sentence)

    def loosen(self, lines: list[Line]) -> None:
        for line in lines:
            if line.all:
                self.lives.gone.add(line)
            self.loose.update((held.slot.track, line.sentence) for held in line.all)

    def keep(self) -> None:
        """Set loose what was rewritten; the same words may stand elsewhere, or on other sources."""
        for row, lines in zip(self.found.rows, self.lines, strict=True):
            if not row.same:
                self.loosen(lines)
        for row, lines in zip(self.found.rows, self.lines, strict=True):
            for passage, line in zip(row.new, lines, strict=True) if row.same else ():
                if not line.all:
                    self.put(passage, [self.begin(one, passage) for one in passage.statistics], None)
                    continue
                kept = Line(passage.sentence, line.held, line.claim)
                self.lives.state.put(self.resourced(kept) if row.resourced else kept)

    def resourced(self, line: Line) -> Line:
        """The line with new sources under all that it holds."""
        moved = [self.another(held, line.sentence, value=False, source=True) for held in line.all]
        return Line(line.sentence, tuple(moved[: len(line.held)]), moved[-1] if line.claim else None)

    def another(self, held: Held, sentence: Sentence, *, value: bool, source: bool) -> Held:
        """The element on its track, with a new value or new sources where that is so."""
        sources = self.lives.context(held, sentence).sources if source else None
        slot = self.lives.tracks[held.slot.track].another(held.element, held.slot, value=value, sources=sources)
        found = Held(slot, held.element)
        self.lives.settle(self.revision, found, sentence)
        return found

    # A sentence that comes back as it was, is what it was.

    def come_back(self, at: int, row: Row) -> None:
        counted = 0
        for number, passage in enumerate(row.new):
            line = self.lives.gone.get(passage.sentence.text)
            if line is not None and self.fits(line, passage, at):
                for index, held in enumerate(line.held):
                    back = replace(held, element=passage.statistics[index])
                    self.given[at, counted + index] = self.again(back, line, passage, row)
                if line.claim and passage.claim and self.free(line.claim):
                    self.claims[at, number] = self.again(replace(line.claim, element=passage.claim), line, passage, row)
            counted += len(passage.statistics)

    def fits(self, line: Line, passage: Passage, at: int) -> bool:
        if len(line.held) != len(passage.statistics) or not all(self.free(held) for held in line.held):
            return False
        here = {held.slot.track for one in self.lines[at] for held in one.all}
        known = any(held.slot.track in here for held in line.all)
        then, now = line.sentence, passage.sentence
        same_place = (then.where, then.label, then.place.section) == (now.where, now.label, now.place.section)
        return known or (not here and same_place) or len(now.text.split()) >= _TELLING

    def free(self, held: Held) -> bool:
        """Whether a track is there to be inherited: gone for good, or set loose by this very edit."""
        return held.slot.track in self.loose or not self.lives.tracks[held.slot.track].alive

    def again(self, held: Held, line: Line, passage: Passage, row: Row) -> Held:
        """The element on its old track; its sources are those of then, of now, or others."""
        track = self.lives.tracks[held.slot.track]
        slot = held.slot
        if line.sentence.references != passage.sentence.references:
            stayed = slot.track in self.loose and not row.resourced
            sources = self.lives.context(held, passage.sentence).sources
            slot = (
                replace(slot, source=track.slot.source)
                if stayed
                else track.another(held.element, slot, sources=sources)
            )
        found = replace(held, slot=slot)
        self.loose.pop(track.number, None)
        self.lives.settle(self.revision, found, passage.sentence)
        return found

    # One that comes back rewritten is what it was too, if nothing else has become it.

    def revive(self) -> None:
        spots = {id(one.sentence): (at, n) for at, row in enumerate(self.found.rows) for n, one in enumerate(row.new)}
        for one in returns(self.back, self.lives.gone):
            place = spots.get(id(one.passage.sentence))
            if place is None:
                continue
            at, number = place
            before = sum(len(passage.statistics) for passage in self.found.rows[at].new[:number])
            for then, now, changed in one.statistics:
                if (at, before + now) not in self.given and self.dead(one.line.held[then]):
                    element = one.passage.statistics[now]
                    self.given[at, before + now] = self.revived(one.line.held[then], element, one, value=changed)
            claim = one.passage.claim
            if claim and one.line.claim and place not in self.claims and self.dead(one.line.claim):
                self.claims[place] = self.revived(one.line.claim, claim, one, value=one.claim_changed)

    def dead(self, held: Held) -> bool:
        """Whether a track ended before this edit."""
        return not self.lives.tracks[held.slot.track].alive

    def revived(self, held: Held, element: Element, back: Return, *, value: bool) -> Held:
        """The element on the track that ended, with what it says now."""
        return self.another(Held(held.slot, element), back.passage.sentence, value=value, source=back.resourced)

    # Heirs

    def inherit(self, heir: Heir) -> None:
        held = self.old_spot(heir.old)
        if held is None or held.slot.track not in self.loose or heir.new in self.given:
            return
        passage, index = self.new_spot(heir.new)
        del self.loose[held.slot.track]
        element = passage.statistics[index]
        self.given[heir.new] = self.another(
            Held(held.slot, element), passage.sentence, value=bool(heir.fields), source=heir.resourced
        )

    def old_spot(self, spot: Spot) -> Held | None:
        everything = [held for line in self.lines[spot[0]] for held in line.held]
        return everything[spot[1]] if spot[1] < len(everything) else None

    def new_spot(self, spot: Spot) -> tuple[Passage, int]:
        index = spot[1]
        for passage in self.found.rows[spot[0]].new:
            if index < len(passage.statistics):
                return passage, index
            index -= len(passage.statistics)
        raise ValueError(f"no statistic {spot[1]} in row {spot[0]}")

    def assert_again(self, at: int, row: Row) -> None:
        """Claims of a row in order: the sentence that was rewritten makes the same claim in other words."""
        old = [line.claim for line in self.lines[at] if line.claim and line.claim.slot.track in self.loose]
        new = [(number, one) for number, one in enumerate(row.new) if one.claim and (at, number) not in self.claims]
        for held, place in zip_longest(old, new):
            if held is None or place is None:
                break
            number, passage = place
            assert passage.claim is not None
            del self.loose[held.slot.track]
            self.claims[at, number] = self.another(
                Held(held.slot, passage.claim), passage.sentence, value=bool(row.fields), source=row.resourced
            )

    def settle(self, at: int, row: Row) -> None:
        """Put the new sentences in place; what nobody left them is new."""
        counted = 0
        for number, passage in enumerate(row.new):
            held = [
                self.given.get((at, counted + index)) or self.begin(one, passage)
                for index, one in enumerate(passage.statistics)
            ]
            self.put(passage, held, self.claims.get((at, number)))
            counted += len(passage.statistics)

    def begin(self, element: Element, passage: Passage) -> Held:
        return self.lives.begin(self.revision, element, passage.sentence, "statistic")

    def put(self, passage: Passage, held: list[Held], claim: Held | None) -> None:
        if claim is None and passage.claim:
            claim = self.lives.begin(self.revision, passage.claim, passage.sentence, "claim")
        self.lives.state.put(Line(passage.sentence, tuple(held), claim if passage.claim else None))

    # A name that cites another work now changes the source of every sentence that uses it.

    def follow_sources(self) -> None:
        touched = {one.sentence.text for row in self.found.rows for one in row.new}
        for line in list(self._resting(self.found.resourced)):
            if line.sentence.text not in touched:
                self.lives.state.take(line.sentence)
                self.lives.state.put(self.resourced(line))

    def _resting(self, keys: frozenset[str]) -> Iterator[Line]:
        for there in self.lives.state.lines.values():
            yield from (line for line in there if not keys.isdisjoint(line.sentence.references))
