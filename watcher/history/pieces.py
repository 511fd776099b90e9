"""Recognise claims whose words stand in other sentences now: joined into one, split, or set apart as a quotation."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import accumulate, chain
from operator import itemgetter
from typing import Final

from watcher.history.rewording import FEWEST_RUNS, RUN, runs_of
from watcher.model import Claim, Element, Sentence

_TOKEN: Final = re.compile(r"\w+")
_FEWEST_OF_PIECE: Final = 4  # words of a claim that is known within another sentence
_FEWEST_TRIMMED: Final = 8  # words of one of which the first and last may be others
_COMMON: Final = 64  # texts that have the same run of words
_MOST_OF: Final = 0.85  # of the words of a sentence
_MOST_BESIDE: Final = 8  # words before or after a claim, which belong to it; more are another one
_CONTAINED: Final = 0.6  # of the runs of a claim, which stand together in another sentence


def has_same_words(then: Element | None, now: Element) -> bool:
    """Return whether two claims are in the same words."""
    return isinstance(then, Claim) and isinstance(now, Claim) and words_of(then.text) == words_of(now.text)


@lru_cache(maxsize=1024)
def words_of(text: str) -> tuple[str, ...]:
    """Return the words and numbers of a text, in small letters."""
    return tuple(word.casefold() for word in _TOKEN.findall(text))


def piece_of(claim: str, text: str) -> tuple[float, str]:
    """Return which share of a claim's runs of words a text repeats together, and the piece of the text that does.

    >>> piece_of("the boats are red", "Here the boats are red, as ever")
    (1.0, 'the boats are red')
    """
    own = words_of(claim)
    runs = {own[at : at + RUN] for at in range(len(own) - RUN + 1)}
    spans = [match.span() for match in _TOKEN.finditer(text)]
    words = tuple(text[start:end].casefold() for start, end in spans)
    starts = [at for at in range(len(words) - RUN + 1) if words[at : at + RUN] in runs]
    longest = len(own) + max(RUN, len(own) // 4)
    if not starts:
        return 0.0, ""
    ends = [bisect_right(starts, first + longest - RUN) for first in starts]
    number = max(range(len(starts)), key=lambda number: (ends[number] - number, -number))
    best = starts[number : ends[number]]
    share = len({words[at : at + RUN] for at in best}) / len(runs)
    return share, text[spans[best[0]][0] : spans[best[-1] + RUN - 1][1]]


def is_most_of(piece: str, text: str) -> bool:
    """Return whether a piece has so many of the words of a text that it is no part of it but the whole."""
    return len(words_of(piece)) >= _MOST_OF * len(words_of(text))


def stated_by(sentence: Sentence, claim: Sentence) -> str:
    """Return the words in which a sentence, perhaps a longer one, stated a claim: with a date or holder beside them."""
    text = sentence.text
    share, piece = piece_of(claim.text, text)
    if share < _CONTAINED or is_most_of(piece, text):
        return text
    before, _, after = text.partition(piece)
    before, after = ("" if len(words_of(words)) > _MOST_BESIDE else words for words in (before, after))
    return f"{before}{piece}{after}"


class ContainingSentences:
    """Sentences of which one may contain what another says."""

    def __init__(self, sentences: Iterable[Sentence]) -> None:
        self._by_run: defaultdict[tuple[str, ...], list[int]] = defaultdict(list)
        for number, sentence in enumerate(sentences):
            for run in runs_of(sentence.text):
                self._by_run[run].append(number)

    def containing(self, claim: str, least: float = _CONTAINED) -> int | None:
        """Return the number of the sentence that has most runs of words of a claim; None where none has them.

        `least` is the share of them that it has.
        """
        runs = runs_of(claim)
        known = (self._by_run.get(run, ()) for run in runs)
        # A run of every row of a list singles out none of them.
        counts = Counter(number for numbers in known if len(numbers) <= _COMMON for number in numbers)
        number, common = max(counts.items(), key=lambda item: (item[1], -item[0]), default=(0, 0))
        is_contained = common >= max(FEWEST_RUNS, least * len(runs))
        return number if is_contained else None


@dataclass(frozen=True, slots=True)
class ClaimPiece:
    """Where a text of a `PieceIndex` stands: in which of the sentences it begins and ends, and in which words there."""

    number: int
    first: int
    last: int
    text: str


class PieceIndex:
    """Texts that are looked for in others, where they stand word for word but for the first and last one."""

    def __init__(self, texts: Sequence[str]) -> None:
        self._texts: defaultdict[tuple[str, ...], list[tuple[int, tuple[str, ...], int]]] = defaultdict(list)
        for number, text in enumerate(texts):
            words = words_of(text)
            trimmed = int(len(words) >= _FEWEST_TRIMMED)
            core = words[trimmed : len(words) - trimmed]
            if len(words) >= _FEWEST_OF_PIECE and len(self._texts[core[:RUN]]) < _COMMON:
                self._texts[core[:RUN]].append((number, core, trimmed))

    def pieces(self, sentences: Sequence[str]) -> list[ClaimPiece]:
        """Return where the texts stand in these sentences, in order; the longest of those that overlap."""
        words = tuple(chain.from_iterable(map(words_of, sentences)))
        known = sorted(
            (-len(core), at, number, trimmed)
            for at in range(len(words) - RUN + 1)
            for number, core, trimmed in self._texts.get(words[at : at + RUN], ())
            if words[at : at + len(core)] == core
        )
        ends = [*accumulate(len(words_of(sentence)) for sentence in sentences)] if known else []
        free = [True] * len(words)
        chosen: dict[int, tuple[int, int]] = {}
        for length, at, number, trimmed in known:
            start, end = at, at - length
            if number not in chosen and all(free[start:end]):
                start -= trimmed and start not in (0, *ends) and free[start - 1]
                end += trimmed and end not in ends and free[end]
                free[start:end] = [False] * (end - start)
                chosen[number] = start, end
        return [_piece(sentences, ends, *span, number) for number, span in sorted(chosen.items(), key=itemgetter(1))]


def _piece(sentences: Sequence[str], ends: Sequence[int], start: int, end: int, number: int) -> ClaimPiece:
    first, last = bisect_right(ends, start), bisect_right(ends, end - 1)
    if first != last:
        return ClaimPiece(number, first, last, "")
    before = ends[first - 1] if first else 0
    spans = [match.span() for match in _TOKEN.finditer(sentences[first])]
    return ClaimPiece(number, first, last, sentences[first][spans[start - before][0] : spans[end - 1 - before][1]])
