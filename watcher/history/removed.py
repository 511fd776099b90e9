"""Remember removed sentences, and find them by their words when something similar returns."""

from __future__ import annotations

import re
from collections import Counter, OrderedDict, defaultdict
from collections.abc import Iterable, Iterator
from typing import Final

from watcher.history.state import TrackedElement, TrackedSentence
from watcher.model import Sentence

MOST: Final = 2048  # lines; what went longer ago begins anew when it comes back
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
        for word in _words(line.sentence):
            self._index[word].add(text)
        if len(self._lines) > MOST:  # a bot that rewrites a list for years must not fill the memory
            self.forget(next(iter(self._lines)))

    def forget(self, text: str) -> None:
        """Drop the sentence with these words, if there is one."""
        line = self._lines.pop(text, None)
        self._left.pop(text, None)
        for word in _words(line.sentence) if line else ():
            self._index[word].discard(text)
            if not self._index[word]:
                del self._index[word]

    def get(self, text: str) -> TrackedSentence | None:
        """Return the last sentence with exactly these words."""
        return self._lines.get(text)

    def similar(self, sentence: Sentence) -> list[TrackedSentence]:
        """Return the few sentences that share most distinctive words with this one; of one track only the last."""
        votes: Counter[str] = Counter()
        for word in _words(sentence):
            other = self._index.get(word, ())
            if len(other) <= _COMMON:  # a word of every row of a table singles out none of them
                votes.update(other)
        best = [text for text, count in votes.most_common(_LOOKED_AT) if count >= _SHARED]
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


def _words(sentence: Sentence) -> set[str]:
    return set(_WORD.findall(f"{sentence.label} {sentence.text}".casefold()))
