"""Hold what one text says: every element with its track."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace

from watcher.history.tracks import TrackedElement, TrackVersion
from watcher.model import Element, Figure, Reference, Sentence
from watcher.model.history import ElementContext

Path = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class TrackedSentence:
    """A sentence with its statistics in order, and the claim that it makes."""

    sentence: Sentence
    tracked: tuple[TrackedElement, ...] = ()
    claim: TrackedElement | None = None

    @property
    def all(self) -> tuple[TrackedElement, ...]:
        """Statistics and claim together."""
        return self.tracked if self.claim is None else (*self.tracked, self.claim)


@dataclass(slots=True)
class TextState:
    """Lines by their words, references by key, figures by file with how often each is shown."""

    lines: dict[str, tuple[TrackedSentence, ...]] = field(default_factory=dict)
    references: dict[str, TrackedElement] = field(default_factory=dict)
    figures: dict[str, tuple[TrackedElement, int]] = field(default_factory=dict)

    def copy(self) -> TextState:
        """The same, to be kept while this one goes on; the lines are shared."""
        return TextState(dict(self.lines), dict(self.references), dict(self.figures))

    def put(self, line: TrackedSentence) -> None:
        """Add a line; one that states nothing is not worth keeping."""
        if line.tracked or line.claim:
            words = line.sentence.text
            self.lines[words] = (*self.lines.get(words, ()), line)

    def take(self, sentence: Sentence) -> TrackedSentence | None:
        """Remove the line of a sentence; of several with the same words the one that stands where it does."""
        other = self.lines.get(sentence.text)
        if not other:
            return None
        best = max(range(len(other)), key=lambda at: (_nearness(other[at].sentence, sentence), -at))
        rest = other[:best] + other[best + 1 :]
        if rest:
            self.lines[sentence.text] = rest
        else:
            del self.lines[sentence.text]
        return other[best]

    def rename(self, paths: Mapping[Path, Path]) -> None:
        """Follow sections that got another heading path."""
        for words, other in self.lines.items():
            if any(sentence.sentence.location.section in paths for sentence in other):
                self.lines[words] = tuple(
                    replace(
                        sentence, sentence=_placed(sentence.sentence, paths.get(sentence.sentence.location.section))
                    )
                    for sentence in other
                )

    def everything(self) -> Iterator[tuple[TrackedElement, Sentence | None]]:
        """Every element with the sentence that it stands in."""
        for other in self.lines.values():
            for line in other:
                yield from ((tracked, line.sentence) for tracked in line.all)
        yield from ((tracked, None) for tracked in self.references.values())
        yield from ((tracked, None) for tracked, _ in self.figures.values())


def _nearness(known: Sentence, sought: Sentence) -> tuple[bool, bool, bool]:
    return (
        (known.where, known.label) == (sought.where, sought.label),
        known.location.section == sought.location.section,
        known.references == sought.references,
    )


def _placed(sentence: Sentence, path: Path | None) -> Sentence:
    return sentence if path is None else replace(sentence, location=replace(sentence.location, section=path))


def context_of(element: Element, sentence: Sentence | None, sources: tuple[str, ...]) -> ElementContext:
    """Where an element stands; references and figures have no sentence."""
    if sentence is not None:
        return ElementContext(sentence=sentence.text, section=sentence.location.section, sources=sources)
    words = element.caption if isinstance(element, Figure) else ""
    section = element.location.section if isinstance(element, Figure | Reference) else ()
    return ElementContext(sentence=words, section=section, sources=sources)


def keys_of(element: Element, sentence: Sentence | None) -> tuple[str, ...]:
    """The keys of what supports an element."""
    if sentence is not None:
        return sentence.references
    return element.references if isinstance(element, Figure) else ()


__all__ = ["TextState", "TrackVersion", "TrackedElement", "TrackedSentence", "context_of", "keys_of"]
