"""Hold what one text says, every element with its track, and the sentences that were removed."""

from __future__ import annotations

import re
from collections import Counter, OrderedDict, defaultdict, deque
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache
from itertools import chain, islice, product
from typing import Final

from watcher.history.tracks import TrackedElement, TrackVersion
from watcher.model import Claim, Element, Figure, Reference, Sentence
from watcher.model.history import ElementContext

Path = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class TrackedSentence:
    """A sentence with the tracks of its statistics, in order, of its claim, and of claims that were joined into it."""

    sentence: Sentence
    tracked: tuple[TrackedElement, ...] = ()
    claim: TrackedElement | None = None
    parts: tuple[TrackedElement, ...] = ()

    @property
    def all(self) -> tuple[TrackedElement, ...]:
        """Return statistics and claims together."""
        # Asked for two hundred times an edit: tuples are joined in C.
        return self.tracked + (self.parts if self.claim is None else (self.claim, *self.parts))

    @property
    def claims(self) -> tuple[TrackedElement, ...]:
        """Return its claim and those that are a part of it."""
        return self.parts if self.claim is None else (self.claim, *self.parts)


@dataclass(slots=True)
class TextState:
    """The tracked sentences by their words, references by key, figures by file with how often each is shown.

    `revision` is the first one with this text, `present` are the bits of its sentences in `Wordings`.
    """

    lines: dict[str, tuple[TrackedSentence, ...]] = field(default_factory=dict)
    references: dict[str, TrackedElement] = field(default_factory=dict)
    figures: dict[str, tuple[TrackedElement, int]] = field(default_factory=dict)
    revision: int = 0
    present: int = 0

    def copy(self) -> TextState:
        """Return a copy that later edits leave as it is; the lines are shared."""
        return TextState(dict(self.lines), dict(self.references), dict(self.figures), self.revision, self.present)

    def put(self, lines: Iterable[TrackedSentence]) -> None:
        """Add lines; one without a statistic or claim is not worth keeping."""
        added: dict[str, list[TrackedSentence]] = defaultdict(list)
        for line in lines:
            if line.all:
                added[line.sentence.text].append(line)
        for words, rows in added.items():
            self.lines[words] = (*self.lines.get(words, ()), *rows)

    def take(self, sentences: Sequence[Sentence]) -> list[TrackedSentence | None]:
        """Remove and return the line of each sentence; of several with the same words the nearest in position."""
        known: dict[str, _EqualLines] = {}
        taken: list[TrackedSentence | None] = []
        for sentence in sentences:
            words, lines = sentence.text, self.lines.get(sentence.text, ())
            if len(lines) == 1 and words not in known:  # the nearest of one
                taken.append(lines[0])
                del self.lines[words]
                continue
            if lines and words not in known:
                known[words] = _EqualLines(lines)
            taken.append(known[words].take(sentence) if lines else None)
        for words, equal in known.items():
            if equal.left:
                self.lines[words] = tuple(equal.left.values())
            else:
                del self.lines[words]
        return taken

    def exchange(self, line: TrackedSentence, other: TrackedSentence) -> None:
        """Replace a line by one with the same words."""
        words = line.sentence.text
        self.lines[words] = tuple(other if own is line else own for own in self.lines[words])

    def rename(self, paths: Mapping[Path, Path]) -> None:
        """Update the heading paths of sections that were renamed or moved."""
        # Tuples are shared with the kept states, so lines are replaced and never changed.
        for words, other in self.lines.items():
            if any(sentence.sentence.location.section in paths for sentence in other):
                self.lines[words] = tuple(
                    replace(
                        sentence, sentence=_placed(sentence.sentence, paths.get(sentence.sentence.location.section))
                    )
                    for sentence in other
                )

    def everything(self, other: TextState | None = None) -> Iterator[tuple[TrackedElement, Sentence | None]]:
        """Yield every element with its sentence; without those that `other` has from the same edit."""
        known = other or TextState()
        for words, lines in self.lines.items():
            for line in () if known.lines.get(words) is lines else lines:
                yield from ((tracked, line.sentence) for tracked in line.all)
        yield from (
            (tracked, None) for key, tracked in self.references.items() if known.references.get(key) is not tracked
        )
        yield from ((own[0], None) for file, own in self.figures.items() if known.figures.get(file) is not own)


# Which of a kind of text and label, a section and sources are equal, from the nearest line to the least near.
_NEARNESS: Final = tuple(product((True, False), repeat=3))


def _keys(sentence: Sentence) -> Iterator[Hashable]:
    """Yield what a line shares with the sentence, for each degree of nearness."""
    parts = ((sentence.where, sentence.label), sentence.location.section, sentence.references)
    for equal in _NEARNESS:
        yield tuple(part if same else None for part, same in zip(parts, equal, strict=True))


class _EqualLines:
    """Lines with the same words, of which the nearest to a sentence is found without looking at the others.

    A table of 10,000 equal cells took the square of its length before there were queues.
    """

    def __init__(self, lines: Sequence[TrackedSentence]) -> None:
        self.left = dict(enumerate(lines))
        self.queues: dict[Hashable, deque[int]] = defaultdict(deque)
        for number, line in self.left.items():
            for key in _keys(line.sentence):
                self.queues[key].append(number)

    def take(self, sentence: Sentence) -> TrackedSentence | None:
        for queue in (self.queues[key] for key in _keys(sentence) if key in self.queues):
            while queue:
                if (number := queue.popleft()) in self.left:
                    return self.left.pop(number)
        return None


def _placed(sentence: Sentence, path: Path | None) -> Sentence:
    return sentence if path is None else replace(sentence, location=replace(sentence.location, section=path))


def context_of(element: Element, sentence: Sentence | None, sources: tuple[str, ...]) -> ElementContext:
    """Return the context of an element; references and figures have no sentence."""
    if sentence is not None:
        text = element.text if isinstance(element, Claim) else sentence.text
        return ElementContext(sentence=text, section=sentence.location.section, sources=sources)
    words = element.caption if isinstance(element, Figure) else ""
    section = element.location.section if isinstance(element, Figure | Reference) else ()
    return ElementContext(sentence=words, section=section, sources=sources)


def keys_of(element: Element, sentence: Sentence | None) -> tuple[str, ...]:
    """Return the keys of the references that support an element."""
    if sentence is not None:
        return sentence.references
    return element.references if isinstance(element, Figure) else ()


__all__ = ["TextState", "TrackVersion", "TrackedElement", "TrackedSentence", "context_of", "keys_of"]


MOST: Final = 4096  # lines; what went longer ago begins anew when it comes back
_COMMON: Final = 64  # lines in which a word may stand and still single some of them out
_LOOKED_AT: Final = 16
_CANDIDATES: Final = 4
_SHARED: Final = 2  # telling words that a candidate has in common
_WORD: Final = re.compile(r"[^\W\d_]{3,}")


class RemovedSentences:
    """The last sentences that were removed, by their words; the oldest are forgotten."""

    def __init__(self, lines: Iterable[TrackedSentence] = ()) -> None:
        self._lines: OrderedDict[str, TrackedSentence] = OrderedDict()
        self._left: dict[str, int] = {}  # the place of each in the order of leaving
        self._serial = 0
        self._index: defaultdict[str, set[str]] = defaultdict(set)
        self._unindexed: dict[str, TrackedSentence] = {}  # a page that is blanked is mostly restored at once
        for line in lines:
            self.add(line)

    def __len__(self) -> int:
        return len(self._lines)

    def __iter__(self) -> Iterator[TrackedSentence]:
        """Iterate from the sentence that was removed first."""
        return iter(self._lines.values())

    def add(self, line: TrackedSentence) -> None:
        """Remember a sentence that was removed or rewritten."""
        text = line.sentence.text
        self.forget(text)
        self._lines[text] = line
        self._serial += 1
        self._left[text] = self._serial
        self._unindexed[text] = line
        if len(self._lines) > MOST:  # a bot that rewrites a list for years must not fill the memory
            self.forget(next(iter(self._lines)))

    def forget(self, text: str) -> None:
        """Drop the sentence with these words, if there is one."""
        line = self._lines.pop(text, None)
        self._left.pop(text, None)
        is_indexed = self._unindexed.pop(text, None) is None
        for word in _words(line.sentence) if line and is_indexed else ():
            self._index[word].discard(text)
            if not self._index[word]:
                del self._index[word]

    def _add_to_index(self) -> None:
        for text, line in self._unindexed.items():
            for word in _words(line.sentence):
                self._index[word].add(text)
        self._unindexed.clear()

    def get(self, text: str) -> TrackedSentence | None:
        """Return the last sentence with exactly these words."""
        return self._lines.get(text)

    def similar(
        self, sentence: Sentence, accept: Callable[[TrackedSentence], bool], *, only_newest: bool = True
    ) -> list[TrackedSentence]:
        """Return the few accepted sentences that share most distinctive words with this one; of one track the last."""
        self._add_to_index()
        holding = (self._index.get(word, ()) for word in _words(sentence))
        # A word of every row of a table singles out none of them.
        votes = Counter(chain.from_iterable(texts for texts in holding if len(texts) <= _COMMON))
        # Of equal ones those that left last, in every process: the order of a set is another in each.
        ranked = sorted(
            (text for text in votes if votes[text] >= _SHARED), key=lambda text: (-votes[text], -self._left[text])
        )
        best = list(islice((text for text in ranked if accept(self._lines[text])), _LOOKED_AT))
        if not only_newest:
            return [self._lines[text] for text in best[:_CANDIDATES]]
        newest = {
            tracked.slot.track: text
            for text in sorted(best, key=self._left.__getitem__)
            for tracked in self._with_text(text)
        }
        lasting = [
            text for text in best if all(newest[tracked.slot.track] == text for tracked in self._with_text(text))
        ]
        return [self._lines[text] for text in lasting[:_CANDIDATES]]

    def _with_text(self, text: str) -> tuple[TrackedElement, ...]:
        return self._lines[text].all


def _words(sentence: Sentence) -> frozenset[str]:
    return _words_of(f"{sentence.label} {sentence.text}")


@lru_cache(maxsize=1024)  # a page that is blanked every week loses the same sentences
def _words_of(text: str) -> frozenset[str]:
    return frozenset(_WORD.findall(text.casefold()))
