"""Generate revisions of a real article from a script of edits, with the expected life of every figure."""

from __future__ import annotations

import random
import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, replace

from watcher.model import Measure, Statistic, TextKind
from watcher.model.ledger import EditVerb, Timeline
from watcher.parse import parse

FILLERS = ("also", "often", "still")
NUMBER = re.compile(r"\d+")
SIMPLE = re.compile(r"(US)?\$?\d+( million| billion|%)?")
CONTEXT = {Measure.YEAR, Measure.DATE, Measure.RANK}
EVENTS = {
    EditVerb.ADDED,
    EditVerb.CHANGED,
    EditVerb.REMOVED,
    EditVerb.RESTORED,
}  # a moved sentence rests on what it moved to
Event = tuple[int, int, str, str | None]  # which figure, revision, verb, what it says


@dataclass(frozen=True, slots=True)
class Position:
    """A sentence as its wikitext is, with its only figure; `present` unless it was dropped."""

    written: str
    figure: str
    start: int  # of the figure
    present: bool = True

    @property
    def number(self) -> int:
        match = NUMBER.search(self.figure)
        assert match
        return int(match[0])

    def saying(self, number: int) -> Position:
        figure = NUMBER.sub(str(number), self.figure, count=1)
        rest = self.written[self.start + len(self.figure) :]
        return replace(self, written=self.written[: self.start] + figure + rest, figure=figure)


def spots(text: str, most: int) -> dict[str, Position]:
    """Sentences with one figure, by their words, whose wikitext and figure in it stand there only once."""
    document = parse(text)
    figures = [
        statistic
        for statistic in document.statistics
        if statistic.quantity.measure not in CONTEXT and statistic.where is TextKind.PROSE
    ]
    counted = Counter(statistic.sentence for statistic in figures)
    result = {}
    for item in figures:
        written, figure = text[item.location.start : item.location.end].strip(), item.quantity.text
        spot = Position(written, figure, written.find(figure))
        alone = counted[item.sentence] == 1 and text.count(written) == 1 and written.count(figure) == 1
        if alone and SIMPLE.fullmatch(figure) and written.endswith("."):
            result[item.sentence] = spot
    return dict(list(result.items())[:most])


class ArticleSaga:
    """Plays edits of some sentences of an article, and writes down what each does to their figures."""

    def __init__(self, text: str, seed: int, most: int = 40) -> None:
        self.lottery = random.Random(seed)
        self.text = text
        chosen = spots(text, most)
        self.spots = list(chosen.values())
        self.firsts = {words: number for number, words in enumerate(chosen)}
        self.texts: list[str] = []
        self.events: list[Event] = []
        self.element_texts: dict[int, str] = {}
        self.save()

    def save(self, text: str | None = None) -> None:
        message = (
            {number: spot.figure for number, spot in enumerate(self.spots) if spot.present} if text is None else {}
        )
        self.texts.append(self.text if text is None else text)
        for number in sorted({*message, *self.element_texts}):
            old, new = self.element_texts.get(number), message.get(number)
            if old != new:
                first = all(event[0] != number for event in self.events)
                verb = "removed" if new is None else "changed" if old else "added" if first else "restored"
                self.events.append((number, len(self.texts), verb, new))
        self.element_texts = message

    def any(self) -> int:
        return self.lottery.choice([number for number, spot in enumerate(self.spots) if spot.present])

    def put(self, number: int, spot: Position) -> None:
        self.text = self.text.replace(self.spots[number].written, spot.written, 1)
        self.spots[number] = spot

    def value(self) -> None:
        number = self.any()
        self.put(number, self.spots[number].saying(self.spots[number].number + self.lottery.randint(1, 9)))

    def reword(self) -> None:
        """Add a word to the end of the sentence."""
        number = self.any()
        spot = self.spots[number]
        word = self.lottery.choice(FILLERS)
        head, space, last = spot.written.rpartition(" ")
        if len(head) > spot.start + len(spot.figure):
            self.put(number, replace(spot, written=f"{head} {word}{space}{last}"))

    def move(self) -> None:
        number, other = self.any(), self.any()
        if number != other:
            words, present = self.spots[number].written, self.spots[other].written
            rest = self.text.replace(words, "", 1)
            self.text = rest.replace(present, f"{words} {present}", 1)

    def drop(self) -> None:
        if sum(spot.present for spot in self.spots) == 1:
            return  # what is brought back stands before one that is there
        number = self.any()
        self.text = self.text.replace(self.spots[number].written, "", 1)
        self.spots[number] = replace(self.spots[number], present=False)

    def bring_back(self) -> None:
        away = [number for number, spot in enumerate(self.spots) if not spot.present]
        if away:
            number, other = self.lottery.choice(away), self.spots[self.any()].written
            self.text = self.text.replace(other, f"{self.spots[number].written} {other}", 1)
            self.spots[number] = replace(self.spots[number], present=True)

    def falsify(self) -> None:
        number = self.any()
        right = self.spots[number]
        self.put(number, right.saying(right.number * 370))
        self.save()
        self.put(number, right)

    def blank(self) -> None:
        self.save("nothing to see here")

    def play(self, count: int) -> None:
        """Make about `count` edits."""
        edits = (self.value, self.reword, self.move, self.drop, self.bring_back, self.falsify, self.blank)
        while len(self.texts) < count:
            self.lottery.choices(edits, (30, 12, 10, 5, 6, 8, 2))[0]()
            self.save()

    def results(self, timelines: Iterable[Timeline]) -> Counter[Event]:
        """What the timelines say of the figures of the script."""
        reported: Counter[Event] = Counter()
        for timeline in timelines:
            number = self.firsts.get(timeline.episodes[0].sentence)
            if timeline.subject == "statistic" and number is not None:
                reported.update(
                    (number, e.revision.id, e.verb.value, _text_of(e.element))
                    for e in timeline.episodes
                    if e.verb in EVENTS
                )
        return reported


def _text_of(element: object) -> str | None:
    return element.quantity.text if isinstance(element, Statistic) else None
