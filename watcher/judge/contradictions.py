"""Find statistics that two articles cite from the same work with different values.

A work states many numbers. Two of them are the same statistic only if unit, noun, year and subject agree and their
sentences share words. Numbers that both articles have are excluded, and the remaining ones are paired.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from collections.abc import Set as AbstractSet
from decimal import Decimal
from functools import lru_cache
from itertools import product
from typing import Final

from watcher.model import Measure, Quantity
from watcher.model.conversion import same_measurement, tolerance_of
from watcher.model.elements import ArticleStatistic
from watcher.text.words import are_opposites

_WORD: Final = re.compile(r"[^\W\d_]{3,}")
_LARGE_RATIO: Final = 3  # times larger; above that, more common words are required
_MAX_RATIO_OTHER_LANGUAGE: Final = 5  # times larger; above that, sentences in two languages count different things
_MIN_SHARED_WORDS: Final = 2
_MIN_SHARE: Final = 0.3  # share of the words of the shorter sentence
_HIGH_SHARE: Final = 0.6
# Words, cut to six letters, that sentences about numbers have in common whatever they count.
_COMMON: Final = frozenset(
    "about accord almost also among amount and another annual are around been being billio but can could count "
    "counte data estima figure for found from gave given had has have into its latest least less made many may "
    "mentio million million more most much nearly number off one only other out over per percen persen put publis "
    "record report result roughl said same says share shows showed since some source still study such survey than "
    "that the their them then there these they this those thousa total trilli until upon was well were what when "
    "which while who whose will with within would year years".split()
)
# Words for a part of a whole: a number about a part differs from one about the whole.
_PART_WORDS: Final = frozenset(
    "women female girls men male boys children child minors adults youth elderly sexual sexually indoor planned "
    "projected expected half alone placebo".split()
)
# Sentences with different ordinals state different numbers.
_ORDINALS: Final = frozenset({"first", "second", "third", "fourth"})
_ANY_WORD: Final = r"\w{1,40}\W{1,9}"  # a word; bounded, so that matching does not take quadratic time
# 0 stands for the number: "of these 0 were closed", "0 of whom", "including 0"
_PARTITIVE: Final = re.compile(
    rf"\b(?:of|among) (?:them|these|those|whom|which)\b\W{{0,9}}(?:{_ANY_WORD}){{0,3}}0"
    rf"|\bincluding\s{{1,9}}(?:{_ANY_WORD}){{0,2}}0"
    rf"|0\W{{0,9}}(?:{_ANY_WORD}){{0,2}}of (?:them|these|those|whom)\b",
    re.IGNORECASE,
)


def contradictions(own: Sequence[ArticleStatistic], others: Iterable[ArticleStatistic]) -> Iterator[tuple[int, int]]:
    """Yield pairs of ids of statistics that contradict each other: one of `own`, one of another article."""
    articles: dict[tuple[str, int], list[ArticleStatistic]] = {}
    for item in others:
        articles.setdefault((item.article.wiki, item.article.page_id), []).append(item)
    for opposite in articles.values():
        yield from _pairs_between(own, opposite)


def _pairs_between(own: Sequence[ArticleStatistic], opposite: Sequence[ArticleStatistic]) -> Iterator[tuple[int, int]]:
    comparable = [(entry, other) for entry, other in product(own, opposite) if _comparable(entry, other)]
    paired = {item.id for entry, other in comparable if agree(entry, other) for item in (entry, other)}
    by_likeness = sorted(
        (
            (-likeness, _ratio(entry.statistic.quantity, other.statistic.quantity), entry.id, other.id)
            for entry, other in comparable
            if entry.id not in paired and other.id not in paired and (likeness := _likeness(entry, other))
        ),
    )
    for *_, entry_id, other_id in by_likeness:
        if entry_id not in paired and other_id not in paired:  # each number has one counterpart in another article
            paired |= {entry_id, other_id}
            yield entry_id, other_id


def same_statistic(entry: ArticleStatistic, other: ArticleStatistic) -> bool:
    """Return whether two articles state the same statistic of one work, even if the values differ."""
    return _comparable(entry, other) and bool(_likeness(entry, other))


def names_the_same(entry: ArticleStatistic, other: ArticleStatistic) -> bool:
    """Return whether most words around one number are in the other's sentence, headings or title."""
    own = {_stem(word) for word in _WORD.findall(_clause_of(entry))} - _COMMON_STEMS
    own -= {_stem(entry.statistic.quantity.unit or "")}
    return len(own & (_all_words(other) | _topic(other))) >= _HIGH_SHARE * len(own)


def _comparable(entry: ArticleStatistic, other: ArticleStatistic) -> bool:
    """Return whether work, measure, period, unit and year are the same, as far as both have them."""
    own, its = entry.statistic, other.statistic
    first, second = own.quantity, its.quantity
    if first.measure is not second.measure or first.period != second.period:
        return False
    works = product(own.works, its.works)
    if not any(a.identity == b.identity and (not a.edition or b.edition in ("", a.edition)) for a, b in works):
        return False
    if own.year and its.year and own.year != its.year:
        return False
    if first.measure is Measure.COUNT:
        return entry.language != other.language or _same_noun(entry, other)
    return first.unit == second.unit or same_measurement(first, second)


def _same_noun(entry: ArticleStatistic, other: ArticleStatistic) -> bool:
    """Return whether both count the same noun; if only one number has a noun, both sentences must contain it."""
    first, second = (item.statistic.quantity.unit for item in (entry, other))
    if first and second:
        return _stem(first) == _stem(second)
    noun = first or second
    return noun is None or all(_stem(noun) in _all_words(item) for item in (entry, other))


def agree(entry: ArticleStatistic, other: ArticleStatistic) -> bool:
    """Return whether two values may both be correct: equal, one a rounding of the other, or within its range."""
    first, second = entry.statistic.quantity, other.statistic.quantity
    if first.unit != second.unit and same_measurement(first, second):
        return True
    if first.unit != second.unit and first.measure is not Measure.COUNT:
        return False
    ranges = [(quantity.low, quantity.high) for quantity in (first, second) if quantity.value is None]
    if len(ranges) == 2 and ranges[0] != ranges[1]:  # noqa: PLR2004  both
        return False
    bounded = first.qualifier != second.qualifier  # "more than 20" and "more than 25" differ
    (low, high), (its_low, its_high) = _interval(first, bounded=bounded), _interval(second, bounded=bounded)
    return low < its_high and its_low < high


_INFINITE: Final = Decimal("Infinity")
ABOVE: Final = frozenset({"more than", "at least"})
BELOW: Final = frozenset({"less than", "at most", "up to"})


def _interval(quantity: Quantity, *, bounded: bool) -> tuple[Decimal, Decimal]:
    """Return the bounds of the true value, from the written number, its precision and its qualifier."""
    numbers = [number for number in (quantity.value, quantity.low, quantity.high) if number is not None]
    # "About 20" may be 19 or 21.
    imprecision = Decimal("0.05") if quantity.qualifier in ("about", "nearly", "estimated") else Decimal()
    ends = min(numbers), max(numbers)
    tolerances = [max(tolerance_of(quantity, number), abs(number) * imprecision) for number in ends]
    low, high = ends[0] - tolerances[0], ends[1] + tolerances[1]
    ranged = quantity.value is None
    if (bounded and quantity.qualifier in ABOVE) or (ranged and quantity.high is None):
        high = _INFINITE
    if (bounded and quantity.qualifier in BELOW) or (ranged and quantity.low is None):
        low = -_INFINITE
    return low, high


def _likeness(entry: ArticleStatistic, other: ArticleStatistic) -> float:
    """Return how likely two comparable numbers are about the same thing, 0 if they are not."""
    ratio = _ratio(entry.statistic.quantity, other.statistic.quantity)
    is_other_language = entry.language != other.language
    same_subject = _same_subject(entry, other)
    own, its = entry.statistic, other.statistic
    if same_subject is False or (is_other_language and ratio > _MAX_RATIO_OTHER_LANGUAGE):
        return 0.0
    if is_other_language:
        known = {name.lstrip("?") for name in (*own.names, *its.names)} & _context_words(entry) & _context_words(other)
        return 1.0 if own.year == its.year and (own.year or known) else 0.0
    if not _same_part(entry, other) or _is_swap(entry, other):
        return 0.0
    both = bool(own.quantity.unit and its.quantity.unit)
    noun = {_stem(own.quantity.unit or "")} if both else set()
    first, second = _words(entry) - noun, _words(other) - noun
    shared = (first & (second | _topic(other))) | (second & (first | _topic(entry)))
    fewest = max(1, min(len(first), len(second)))
    share = len(shared) / fewest
    if ratio > _LARGE_RATIO:
        is_enough = share >= _HIGH_SHARE and len(shared) >= _MIN_SHARED_WORDS
    elif own.quantity.measure in (Measure.PERCENT, Measure.RATIO, Measure.CURRENCY):
        is_enough = share >= _HIGH_SHARE and len(shared) >= min(_MIN_SHARED_WORDS, fewest)
    elif both and own.year == its.year:
        is_enough = bool(shared) and (share >= _MIN_SHARE or len(shared) >= _MIN_SHARED_WORDS or bool(same_subject))
    else:
        is_enough = share >= _MIN_SHARE and len(shared) >= min(_MIN_SHARED_WORDS, fewest)
    clauses = ({*_WORD.findall(_clause_of(item))} for item in (entry, other))
    return 1 + _overlap(first, second) + _overlap(*clauses) + bool(same_subject) if is_enough else 0.0


def _overlap(first: AbstractSet[str], second: AbstractSet[str]) -> float:
    return len(first & second) / max(1, len(first | second))


def _ratio(first: Quantity, second: Quantity) -> Decimal:
    """Return the ratio of the larger value to the smaller one."""
    sizes = sorted(abs(next(n for n in (q.value, q.low, q.high) if n is not None)) for q in (first, second))
    return sizes[1] / sizes[0] if sizes[0] else _INFINITE


def _same_subject(entry: ArticleStatistic, other: ArticleStatistic) -> bool | None:
    """Return whether two sentences are about the same names; None if that is unknown.

    A sentence without names has those of its title (`?nepal`): then a single name in title, headings or text is enough.
    """
    own, its = ({name.lstrip("?") for name in item.statistic.names} for item in (entry, other))
    unnamed = [not item.statistic.names or item.statistic.names[0].startswith("?") for item in (entry, other)]
    if all(unnamed):
        return bool(own & _context_words(other) or its & _context_words(entry)) if own and its else None
    unmatched = own - its - _context_words(other), its - own - _context_words(entry)
    if not any(unnamed):
        return not all(unmatched) and bool(own & its or unmatched[0] != own or unmatched[1] != its)
    return unmatched[1] != its if unnamed[0] else unmatched[0] != own


@lru_cache(maxsize=4096)
def _context_words(item: ArticleStatistic) -> frozenset[str]:
    """Return the words of title, headings and sentence, cut to five letters like names."""
    text = f"{item.article.title} {item.statistic.section} {item.statistic.label} {item.statistic.sentence}"
    return frozenset(word[:5] for word in _WORD.findall(text.casefold()))


def _same_part(entry: ArticleStatistic, other: ArticleStatistic) -> bool:
    """Return whether two numbers are about the same part or aspect: all, women, "of them", exports."""
    clause, other_clause = _clause_of(entry), _clause_of(other)
    if bool(_PARTITIVE.search(clause)) != bool(_PARTITIVE.search(other_clause)):
        return False
    words, others = ({*_WORD.findall(text)} for text in (clause, other_clause))
    own, its = (f"{item.statistic.label} {item.statistic.sentence}".casefold() for item in (entry, other))
    if (words & _PART_WORDS) - {*_WORD.findall(its)} or (others & _PART_WORDS) - {*_WORD.findall(own)}:
        return False
    ordinals = words & _ORDINALS, others & _ORDINALS
    if all(ordinals) and ordinals[0].isdisjoint(ordinals[1]):
        return False
    return not any(are_opposites(word, its) for word in words - others for its in others - words)


def _is_swap(entry: ArticleStatistic, other: ArticleStatistic) -> bool:
    """Return whether two sentences differ in exactly one word, which then distinguishes two things."""
    own, its = (_WORD.findall(item.statistic.sentence.casefold()) for item in (entry, other))
    if len(own) != len(its):
        return False
    differing = [stems for words in zip(own, its, strict=True) if len(stems := {*map(_stem, words)}) > 1]
    return len(differing) == 1 and not differing[0] & _COMMON_STEMS


def _clause_of(item: ArticleStatistic) -> str:
    quantity, sentence = item.statistic.quantity, item.statistic.sentence
    # The words around the number (written as 0), up to the next number or the end of the clause
    before = re.split(r"[;:.]\s|\d", sentence[: quantity.start])[-1]
    after = re.split(r"[;:]|[.,]\s|\d", sentence[quantity.end :], maxsplit=1)[0]
    return f"{item.statistic.label} {before[-80:]} 0 {after[:60]}".casefold()


def _stem(word: str) -> str:
    return word.casefold().rstrip("s")[:6] or word


@lru_cache(maxsize=4096)
def _all_words(item: ArticleStatistic) -> frozenset[str]:
    text = f"{item.statistic.label} {item.statistic.sentence}"
    return frozenset(_stem(word) for word in _WORD.findall(text.casefold().replace("_", " ")))


def _words(item: ArticleStatistic) -> frozenset[str]:
    """Return the words that show what a number is about."""
    return _all_words(item) - _COMMON_STEMS


@lru_cache(maxsize=4096)
def _topic(item: ArticleStatistic) -> frozenset[str]:
    """Return the words of the title and of the headings above a sentence."""
    return frozenset(map(_stem, _WORD.findall(f"{item.article.title} {item.statistic.section}".casefold())))


_COMMON_STEMS: Final = frozenset(_stem(word) for word in _COMMON)
