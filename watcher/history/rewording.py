"""Recognise what was removed in other words: a sentence that came back reworded, or that an edit wrote anew."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from watcher.diff.align import shared_subject
from watcher.diff.statistics import same_statement
from watcher.history.state import RemovedSentences, TrackedSentence
from watcher.model import Claim, Element, Sentence, Statistic
from watcher.model.history import AlignedRow, ElementMapping, SentenceFacts

_ALIKE: Final = 0.6  # of the words, figures left out; less is another sentence
# Below, the sentence that took its place makes another claim, as in 5,600 of real histories; one that was cut or
# continued has half of its words.
_REWRITTEN: Final = 0.3
_REWORDED: Final = 0.85  # of the longer words; with less in common, a claim is another one or in quite other words
_WORD: Final = re.compile(r"[^\W\d_]+")
# What has a capital at the beginning of a sentence and is no name.
_OPENING: Final = frozenset(
    "a according after all also although an and another any as at because before both but by during each even every"
    " few for from had has have he her here his how however if in indeed instead is it its later many most neither no"
    " not of often on one only other others our she similarly since so some such that the their then there these they"
    " this those though thus to under unlike until was we were what when where whether which while who with yet".split()
)
_RUN: Final = 3  # words that stand in a row in both
_FEWEST_RUNS: Final = 5
# Of the runs of the shorter one, or of the longer words of both; with less, it tells of the same thing otherwise.
_LEAST: Final = (0.5, 0.65)
_LEAST_BY_ONE_EDIT: Final = (0.45, 0.5)
_FEWEST_WORDS: Final = 8  # of a sentence that is known again in other words


@dataclass(frozen=True, slots=True)
class Reappearance:
    """A removed sentence that came back reworded: its statistics by position then and now, and whether each changed."""

    line: TrackedSentence
    passage: SentenceFacts
    statistics: tuple[tuple[int, int, bool], ...]
    claim_changed: bool
    sources_changed: bool


def reappearances(back: ElementMapping, gone: RemovedSentences) -> Iterator[Reappearance]:
    """Yield the rows of `back` in which one removed sentence became one that is much like it."""
    for at, row in enumerate(back.rows):
        if len(row.old) != 1 or len(row.new) != 1:
            continue
        then, now = row.old[0], row.new[0]
        line = gone.get(then.sentence.text)
        if line is None or len(line.tracked) != len(then.statistics) or not _similar(then.sentence, now.sentence):
            continue
        yield Reappearance(line, now, tuple(_pairs(back, at, row)), row.claim_changed, row.sources_changed)


def _pairs(back: ElementMapping, at: int, row: AlignedRow) -> Iterator[tuple[int, int, bool]]:
    if row.same:
        yield from ((index, index, False) for index in range(len(row.new[0].statistics)))
    for match in back.matches:
        if match.old[0] == match.new[0] == at:
            yield match.old[1], match.new[1], bool(match.fields)


def _similar(then: Sentence, now: Sentence) -> bool:
    """Return whether most words are the same, without one name in place of another."""
    own, other = _word_counts(then), _word_counts(now)
    if _exchanges_names(then, now):
        return False
    total = own.total() + other.total()
    return bool(total) and 2 * (own & other).total() / total >= _ALIKE


def _exchanges_names(then: Sentence, now: Sentence) -> bool:
    """Return whether each of two sentences has a name that the other lacks."""
    own, other = _word_counts(then), _word_counts(now)
    return bool(_names(then) - other.keys() and _names(now) - own.keys())


def states_same(then: Element, now: Statistic) -> bool:
    """Return whether a removed statistic stated the same in equal terms."""
    return isinstance(then, Statistic) and same_statement(then, now)


def has_likeness(sentence: Sentence) -> bool:
    """Return whether a sentence has enough words to be known again in others."""
    return len(_runs(sentence.text)) > _FEWEST_WORDS - _RUN


def likeness(then: Sentence, now: Sentence, *, by_one_edit: bool = False) -> float:
    """Return how much of a sentence another one repeats, in runs of words or in its longer words; 0 for too little.

    Less is enough where one edit removed the one and added the other.
    """
    if not has_likeness(then):
        return 0.0
    least = _LEAST_BY_ONE_EDIT if by_one_edit else _LEAST
    runs, others = _runs(then.text), _runs(now.text)
    common = len(runs & others)
    contained = common / min(len(runs), len(others)) if common >= _FEWEST_RUNS else 0.0
    shared = shared_subject(then.text, now.text)
    if (contained <= least[0] and shared <= least[1]) or _exchanges_names(then, now):
        return 0.0
    return max(contained, shared)


@lru_cache(maxsize=512)
def _runs(text: str) -> frozenset[tuple[str, ...]]:
    words = _WORD.findall(text.casefold())
    return frozenset(zip(*(words[at:] for at in range(_RUN)), strict=False))


def shared_words(then: Sentence, now: Sentence) -> float:
    """Return which share of their words a claim and its rewritten sentence have in common; 0 for too few."""
    own, other = _word_counts(then), _word_counts(now)
    shared, lengths = (own & other).total(), (own.total(), other.total())
    same = 2 * shared >= _REWRITTEN * sum(lengths) or 2 * shared >= min(lengths)
    return 2 * shared / max(1, sum(lengths)) if same else 0.0


def is_reworded(then: Element | None, now: Element) -> bool:
    """Return whether a claim is in quite other words; a few edits together may do that."""
    return isinstance(then, Claim) and isinstance(now, Claim) and shared_subject(then.text, now.text) < _REWORDED


def _word_counts(sentence: Sentence) -> Counter[str]:
    return Counter(_WORD.findall(f"{sentence.label} {sentence.text}".casefold()))


def _names(sentence: Sentence) -> set[str]:
    words = {word.casefold() for word in _WORD.findall(f"{sentence.label} {sentence.text}") if word[0].isupper()}
    return words - _OPENING
