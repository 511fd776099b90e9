"""Remember who wrote each sentence and when it was gone: a cue may make it a claim years later."""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import chain, dropwhile, islice, pairwise, takewhile
from typing import Any, Final

from watcher.history.state import TextState
from watcher.model import Revision, Sentence
from watcher.model.history import TextGap

_FEWEST: Final = 1024  # sentences, after which those are forgotten that none of the last texts has
_MOST: Final = 4096  # sentences of the last texts, unless the newest has more: a bot may rewrite a list for years
_LOG: Final = 4096  # edits after which a sentence was gone or back
_LOG_BITS: Final = 16_000_000  # 2 MB
_ENDS: Final = 3  # words, at its beginning or end, by which one that comes back reworded is looked up
_LOOKED_AT: Final = 8  # of the sentences with the same
_REWORDINGS: Final = 16  # of a sentence, after which it is not known when it was gone before


@dataclass(frozen=True, slots=True)
class Wording:
    """Who wrote a sentence so, after how many edits of the log."""

    revision: Revision
    sentence: Sentence
    logged: int


@dataclass(frozen=True, slots=True)
class KnownSentence:
    """The wordings of a sentence from the first on; `numbers` are its bit and, since `logged`, those of what it was."""

    numbers: tuple[int, ...] = ()
    wordings: tuple[Wording, ...] = ()
    logged: int = 0

    def extended(self, numbers: Iterable[int], logged: int) -> KnownSentence:
        """Return the sentence with the bits of other words in which it stood, or without any where it had many."""
        own = tuple(dict.fromkeys((*self.numbers, *numbers)))
        if len(own) > _REWORDINGS:
            return replace(self, numbers=own[:1], logged=logged)
        return replace(self, numbers=own)

    def since(self, is_same: Callable[[Sentence], bool]) -> KnownSentence:
        """Return the sentence without its first wordings that said something else."""
        return replace(self, wordings=tuple(dropwhile(lambda wording: not is_same(wording.sentence), self.wordings)))


UNKNOWN: Final = KnownSentence()


class Wordings:
    """The sentences of the last texts by their words; which of them a text has is a number with a bit for each."""

    def __init__(self) -> None:
        self.known: dict[str, KnownSentence] = {}
        self.present = 0
        self.log: deque[tuple[Revision, int]] = deque(maxlen=_LOG)
        self.logged = 0  # of all
        self._most = _FEWEST
        self._texts: dict[int, str] = {}  # by bit
        self._by_ends: defaultdict[tuple[str, ...], list[str]] = defaultdict(list)
        self._free: list[int] = []  # bits below the next, the lowest last
        self._next = 0
        self._fresh = 0  # bits of what the edit added, and of what it was before
        self._is_back = False  # whether some of that was gone

    def parts(self) -> tuple[Any, ...]:
        """Return what `of_parts` restores."""
        log = tuple((revision, f"{present:x}") for revision, present in self.log)
        return dict(self.known), f"{self.present:x}", log, self.logged, self._most

    @classmethod
    def of_parts(
        cls,
        known: dict[str, KnownSentence],
        present: str,
        log: Sequence[tuple[Revision, str]],
        logged: int,
        most: int,
    ) -> Wordings:
        """Restore what `parts` returned."""
        wordings = cls()
        wordings.known, wordings.present = dict(known), int(present, 16)
        wordings.log.extend((revision, int(mask, 16)) for revision, mask in log)
        wordings.logged, wordings._most = logged, most
        wordings._number_again()
        return wordings

    def of(self, sentence: Sentence) -> KnownSentence:
        """Return the wordings of a sentence; UNKNOWN where it is not known."""
        return self.known.get(sentence.text, UNKNOWN)

    def add(self, revision: Revision, sentence: Sentence, earlier: KnownSentence, *, reworded: bool) -> None:
        """Remember a sentence that stands now in place of an `earlier` one; one that came back is known."""
        known = self.known.get(sentence.text)
        then = _mask(earlier.numbers)
        self._fresh |= then
        self._is_back |= bool(then) and not self.present & then
        if known is not None:
            self.known[sentence.text] = known.extended(earlier.numbers, self.logged)
            return
        number = self._free.pop() if self._free else self._next
        self._next = max(self._next, number + 1)
        self._texts[number] = sentence.text
        self._index(sentence.text)
        self._fresh |= 1 << number
        wordings = earlier.wordings
        if reworded or not wordings:
            wordings = (*wordings, Wording(revision, sentence, self.logged))
        known = KnownSentence((number,), wordings, earlier.logged)
        self.known[sentence.text] = known.extended(earlier.numbers, self.logged)

    def _index(self, text: str) -> None:
        for words in _ends(text):
            self._by_ends[words].append(text)

    def returning(self, sentence: Sentence) -> Iterator[Sentence]:
        """Yield the sentences that begin or end as a new one does, and are gone; the newest first."""
        texts = dict.fromkeys(
            chain.from_iterable(self._by_ends.get(words, ())[-_LOOKED_AT:] for words in _ends(sentence.text))
        )
        for text in reversed(texts):
            known = self.known[text]
            if not self.present >> known.numbers[0] & 1 and known.wordings:
                yield replace(known.wordings[-1].sentence, text=text)

    def has(self, present: int, text: str) -> bool:
        """Return whether a text with these sentences has this one."""
        known = self.known.get(text)
        return known is not None and bool(present >> known.numbers[0] & 1)

    def missing(self, present: int) -> list[str]:
        """Return which of these sentences the newest text lacks."""
        return [self._texts[number] for number in _numbers(present & ~self.present) if number in self._texts]

    def before(self, text: str) -> set[str]:
        """Return the other words in which a sentence stood."""
        numbers = self.known[text].numbers if text in self.known else ()
        return {self._texts[number] for number in numbers[1:] if number in self._texts}

    def loses(self, gone: Iterable[str]) -> bool:
        """Return whether one of these sentences is gone without another in its place."""
        return self._bits(gone) & ~self._fresh != 0

    def follow(self, revision: Revision, gone: Iterable[str], come: Iterable[str]) -> None:
        """Record which sentences an edit removed and added; rewritten ones are neither gone nor back."""
        before = self.present
        self.present = (before & ~self._bits(gone)) | self._bits(come)
        if (before ^ self.present) & ~self._fresh or self._is_back:
            self._note(revision)
        self._fresh, self._is_back = 0, False

    def revert_to(self, revision: Revision, present: int) -> None:
        """Record that an edit restored a text with these sentences; those in other words since then were not gone."""
        lost, back = self.present & ~present, present & ~self.present
        for number in _numbers(lost) if back else ():
            _, *earlier = self.known[self._texts[number]].numbers
            for other in earlier:
                if back >> other & 1:
                    text = self._texts[other]
                    self.known[text] = self.known[text].extended((number,), self.logged)
        self.present = present
        if lost or back:
            self._note(revision)

    def gaps_of(self, known: KnownSentence) -> Iterator[tuple[Wording, list[TextGap]]]:
        """Yield the wordings of a sentence, each with the times in which it was gone and then back."""
        mask = _mask(known.numbers)
        first = self.logged - len(self.log)
        ends = [*(max(wording.logged, known.logged) for wording in known.wordings), self.logged]
        for wording, (start, end) in zip(known.wordings, pairwise(ends), strict=True):
            yield wording, list(_gaps(islice(self.log, max(0, start - first), max(0, end - first)), mask))

    def gone_since(self, known: KnownSentence) -> Revision | None:
        """Return the edit that removed a sentence, None where the text before this edit has it."""
        mask = _mask(known.numbers)
        gone = [revision for revision, _ in takewhile(lambda entry: not entry[1] & mask, reversed(self.log))]
        return gone[-1] if gone and not self.present & mask else None

    def forget_removed(self, states: Collection[TextState]) -> None:
        """Forget the sentences that the text and the last of these have no longer, where there are too many."""
        if len(self.known) <= self._most:
            return
        present = self.present
        for state in states:
            if (present | state.present).bit_count() > _MOST:
                break
            present |= state.present
        self.known = {text: known for text, known in self.known.items() if present >> known.numbers[0] & 1}
        self._most = max(_FEWEST, len(self.known) * 5 // 4)
        used = self._number_again()
        self.log = deque(((revision, mask & used) for revision, mask in self.log), maxlen=_LOG)
        for state in states:
            state.present &= present

    def _number_again(self) -> int:
        """Return the bits in use; the others are free."""
        self._texts = {known.numbers[0]: text for text, known in self.known.items()}
        self._by_ends.clear()
        for text in self.known:
            self._index(text)
        used = {number for known in self.known.values() for number in known.numbers}
        self._next = max(used, default=-1) + 1
        self._free = [number for number in range(self._next - 1, -1, -1) if number not in used]
        return _mask(used)

    def _bits(self, texts: Iterable[str]) -> int:
        return _mask(self.known[text].numbers[0] for text in texts if text in self.known)

    def _note(self, revision: Revision) -> None:
        self.log.append((revision, self.present))
        self.logged += 1
        while len(self.log) * self._next > _LOG_BITS:
            self.log.popleft()


def _ends(text: str) -> Iterator[tuple[str, ...]]:
    words = text.split()
    if len(words) > 2 * _ENDS:
        yield "", *words[:_ENDS]
        yield *words[-_ENDS:], ""


def _gaps(log: Iterable[tuple[Revision, int]], mask: int) -> Iterator[TextGap]:
    went: Revision | None = None
    for revision, present in log:
        if not present & mask:
            went = went or revision
        elif went is not None:
            yield TextGap(went, revision)
            went = None


def _mask(numbers: Iterable[int]) -> int:
    mask = 0
    for number in numbers:
        mask |= 1 << number
    return mask


def _numbers(mask: int) -> Iterator[int]:
    bits = f"{mask:b}"[::-1]
    at = bits.find("1")
    while at >= 0:
        yield at
        at = bits.find("1", at + 1)
