"""What one text says, every element with the track that it belongs to."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace

from watcher.model import Element, Figure, Reference, Sentence
from watcher.model.notes import Context
from watcher.timeline.tracks import Held, Slot

Path = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Line:
    """A sentence with its statistics in order, and the claim that it makes."""

    sentence: Sentence
    held: tuple[Held, ...] = ()
    claim: Held | None = None

    @property
    def all(self) -> tuple[Held, ...]:
        """Statistics and claim together."""
        return self.held if self.claim is None else (*self.held, self.claim)


@dataclass(slots=True)
class State:
    """Lines by their words, references by key, figures by file with how often each is shown."""

    lines: dict[str, tuple[Line, ...]] = field(default_factory=dict)
    references: dict[str, Held] = field(default_factory=dict)
    figures: dict[str, tuple[Held, int]] = field(default_factory=dict)

    def copy(self) -> State:
        """The same, to be kept while this one goes on; the lines are shared."""
        return State(dict(self.lines), dict(self.references), dict(self.figures))

    def put(self, line: Line) -> None:
        """Add a line; one that states nothing is not worth keeping."""
        if line.held or line.claim:
            words = line.sentence.text
            self.lines[words] = (*self.lines.get(words, ()), line)

    def take(self, sentence: Sentence) -> Line | None:
        """Remove the line of a sentence; of several with the same words the one that stands where it does."""
        there = self.lines.get(sentence.text)
        if not there:
            return None
        best = max(range(len(there)), key=lambda at: (_nearness(there[at].sentence, sentence), -at))
        rest = there[:best] + there[best + 1 :]
        if rest:
            self.lines[sentence.text] = rest
        else:
            del self.lines[sentence.text]
        return there[best]

    def rename(self, paths: Mapping[Path, Path]) -> None:
        """Follow sections that got another heading path."""
        for words, there in self.lines.items():
            if any(one.sentence.place.section in paths for one in there):
                self.lines[words] = tuple(
                    replace(one, sentence=_placed(one.sentence, paths.get(one.sentence.place.section))) for one in there
                )

    def everything(self) -> Iterator[tuple[Held, Sentence | None]]:
        """Every element with the sentence that it stands in."""
        for there in self.lines.values():
            for line in there:
                yield from ((held, line.sentence) for held in line.all)
        yield from ((held, None) for held in self.references.values())
        yield from ((held, None) for held, _ in self.figures.values())


def _nearness(known: Sentence, sought: Sentence) -> tuple[bool, bool, bool]:
    return (
        (known.where, known.label) == (sought.where, sought.label),
        known.place.section == sought.place.section,
        known.references == sought.references,
    )


def _placed(sentence: Sentence, path: Path | None) -> Sentence:
    return sentence if path is None else replace(sentence, place=replace(sentence.place, section=path))


def context_of(element: Element, sentence: Sentence | None, sources: tuple[str, ...]) -> Context:
    """Where an element stands; references and figures have no sentence."""
    if sentence is not None:
        return Context(sentence=sentence.text, section=sentence.place.section, sources=sources)
    words = element.caption if isinstance(element, Figure) else ""
    section = element.place.section if isinstance(element, Figure | Reference) else ()
    return Context(sentence=words, section=section, sources=sources)


def keys_of(element: Element, sentence: Sentence | None) -> tuple[str, ...]:
    """The keys of what supports an element."""
    if sentence is not None:
        return sentence.references
    return element.references if isinstance(element, Figure) else ()


__all__ = ["Held", "Line", "Slot", "State", "context_of", "keys_of"]
