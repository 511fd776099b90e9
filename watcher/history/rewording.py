"""Recognise what was removed in other words: a sentence that came back reworded, or that an edit wrote anew."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from watcher.diff.statistics import same_statement
from watcher.history.state import RemovedSentences, TrackedSentence
from watcher.model import Claim, Element, Sentence, Statistic
from watcher.model.history import AlignedRow, ElementMapping, SentenceFacts

# Likeness. In the place of a sentence, as in 5,600 of real histories, less is another claim; elsewhere, an edit repeats
# most of what it removed, and a later one repeats more.
_IN_PLACE: Final = 0.3
_SUBJECT: Final = 0.34  # of the longer words of the shorter one: "of the" and "that" make no two sentences alike
_FEWEST_OF_SUBJECT: Final = 3  # such words
_BY_ONE_EDIT: Final = 0.5
_LATER: Final = 0.6
_REWORDED: Final = 0.8  # of the words; with less in common, a claim is in quite other words
_CLAUSE: Final = 4  # words
_FEWEST_LETTERS: Final = 4  # of a word that another form of it begins with
_STEM: Final = 4  # letters that forms of a word have in common
_WORD: Final = re.compile(r"[^\W\d_]+")
# What has a capital at the beginning of a sentence and is no name.
_OPENING: Final = frozenset(
    "a according after all also although an and another any as at because before both but by during each even every"
    " few for from had has have he her here his how however if in indeed instead is it its later many most neither no"
    " not of often on one only other others our she similarly since so some such that the their then there these they"
    " this those though thus to under unlike until was we were what when where whether which while who with yet".split()
)
# Longer words that say nothing by themselves: "a river which rises" says what "a river that rises" does.
_CONNECTING: Final = frozenset(
    "also although been from have hence however into than that their them then there therefore these they this those"
    " though thus upon were what when where which while whilst whom whose with".split()
)
RUN: Final = 3  # words that stand in a row in both
FEWEST_RUNS: Final = 5
_FEWEST_WORDS: Final = 8  # of a sentence that is known again in other words


@dataclass(frozen=True, slots=True)
class Reappearance:
    """A removed sentence that came back reworded: its statistics by position then and now, and whether each changed."""

    line: TrackedSentence
    passage: SentenceFacts
    statistics: tuple[tuple[int, int, bool], ...]
    row: AlignedRow


def reappearances(back: ElementMapping, gone: RemovedSentences) -> Iterator[Reappearance]:
    """Yield the rows of `back` in which one removed sentence became one that is much like it."""
    for at, row in enumerate(back.rows):
        if len(row.old) != 1 or len(row.new) != 1:
            continue
        then, now = row.old[0], row.new[0]
        line = gone.get(then.sentence.text)
        if line is None or len(line.tracked) != len(then.statistics) or not is_like(then.sentence, now.sentence):
            continue
        yield Reappearance(line, now, tuple(_pairs(back, at, row)), row)


def _pairs(back: ElementMapping, at: int, row: AlignedRow) -> Iterator[tuple[int, int, bool]]:
    if row.same:
        yield from ((index, index, False) for index in range(len(row.new[0].statistics)))
    for match in back.matches:
        if match.old[0] == match.new[0] == at:
            yield match.old[1], match.new[1], bool(match.fields)


def states_same(then: Element, now: Statistic) -> bool:
    """Return whether a removed statistic stated the same in equal terms."""
    return isinstance(then, Statistic) and same_statement(then, now)


def has_enough_words(sentence: Sentence) -> bool:
    """Return whether a sentence has enough words to be known again in others."""
    return len(runs_of(sentence.text)) > _FEWEST_WORDS - RUN


def stays_in_place(then: Sentence, now: Sentence) -> float:
    """Return the likeness of a claim and the sentence in its place; 0 where that is another claim."""
    alike = likeness(then, now)
    return alike if alike >= _IN_PLACE and _has_same_subject(then, now) else 0.0


def _has_same_subject(then: Sentence, now: Sentence) -> bool:
    """Return whether the shorter of two sentences has enough of its longer words in the other one."""
    own, other = _long_words(_worded(then)), _long_words(_worded(now))
    fewer = min(len(own), len(other))
    return fewer < _FEWEST_OF_SUBJECT or len(own & other) >= _SUBJECT * fewer


def is_like(then: Sentence, now: Sentence, *, by_one_edit: bool = False) -> bool:
    """Return whether a sentence repeats a removed one in other words, without one name in place of another."""
    least = _BY_ONE_EDIT if by_one_edit else _LATER
    return likeness(then, now) >= least and not _exchanges_names(then, now)


def likeness(then: Sentence, now: Sentence) -> float:
    """Return which share of their words two sentences have in common, or of its runs of words the shorter one."""
    runs, others = runs_of(then.text), runs_of(now.text)
    common = len(runs & others)
    contained = common / min(len(runs), len(others)) if common >= FEWEST_RUNS else 0.0
    return max(shared_words(then, now), contained)


def shared_words(then: Sentence, now: Sentence) -> float:
    """Return which share of their words two sentences have in common."""
    own, other = _words(_worded(then)), _words(_worded(now))
    return 2 * len(own & other) / max(1, len(own) + len(other))


def is_reworded(then: Element | None, now: Element) -> bool:
    """Return whether a claim is in other words; a few edits together may do that."""
    return isinstance(then, Claim) and isinstance(now, Claim) and has_other_words(then.text, now.text)


def has_other_words(then: str, now: str) -> bool:
    """Return whether a text is in quite other words, lost or got a clause, or has a longer word for another."""
    own, other = _words(then), _words(now)
    lengths, common = (len(own), len(other)), len(own & other)
    if max(lengths) - common >= _CLAUSE or 2 * common < _REWORDED * max(1, sum(lengths)):
        return True
    return _has_word_of_its_own(own, other) and _has_word_of_its_own(other, own)


def _has_word_of_its_own(words: frozenset[tuple[str, int]], others: frozenset[tuple[str, int]]) -> bool:
    """Return whether one of the longer words is no form of any of the others, as "permissible" is of "permission"."""
    fresh = {word for word, _ in words - others if len(word) >= _FEWEST_LETTERS}
    stems = {word[:_STEM] for word in fresh - _CONNECTING}
    return bool(stems) and not stems <= {word[:_STEM] for word, _ in others}


def repeats(then: Sentence, now: Sentence) -> bool:
    """Return whether a sentence has most of the words of a new one, or is part of it."""
    return likeness(then, now) >= _BY_ONE_EDIT


@lru_cache(maxsize=512)
def runs_of(text: str) -> frozenset[tuple[str, ...]]:
    """Return the runs of three words of a text, without its numbers."""
    words = _WORD.findall(text.casefold())
    return frozenset(zip(*(words[at:] for at in range(RUN)), strict=False))


def _worded(sentence: Sentence) -> str:
    return f"{sentence.label} {sentence.text}"


@lru_cache(maxsize=512)
def _words(text: str) -> frozenset[tuple[str, int]]:
    """Return the words of a text, equal ones numbered: what two texts have in common is counted in C."""
    counted = Counter(_WORD.findall(text.casefold()))
    return frozenset((word, number) for word, times in counted.items() for number in range(times))


@lru_cache(maxsize=512)
def _long_words(text: str) -> frozenset[tuple[str, int]]:
    return frozenset(item for item in _words(text) if len(item[0]) >= _FEWEST_LETTERS)


def _exchanges_names(then: Sentence, now: Sentence) -> bool:
    """Return whether each of two sentences has a name that the other lacks."""
    own, other = ({word for word, _ in _words(_worded(sentence))} for sentence in (then, now))
    return _has_another(_names(then) - other, other) and _has_another(_names(now) - own, own)


def _has_another(names: set[str], words: Iterable[str]) -> bool:
    """Return whether one of the names is not even the beginning of a word, as "American" is of "Americans"."""
    long = [word for word in words if len(word) >= _FEWEST_LETTERS]
    return any(not any(word.startswith(name) or name.startswith(word) for word in long) for name in names)


def _names(sentence: Sentence) -> set[str]:
    words = {word.casefold() for word in _WORD.findall(f"{sentence.label} {sentence.text}") if word[0].isupper()}
    return words - _OPENING
