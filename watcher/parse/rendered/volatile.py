"""Find the values of a page that differ between two renderings of the same sources, and mask these volatile values.

The address of a volatile value is its section, the kind and label of its sentence, and that sentence without its
numbers. The other numbers of that sentence, and all other sentences, remain facts.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import replace

from watcher.common_ends import common_ends
from watcher.model import Dialect, Sentence
from watcher.parse.document import analyse_blocks
from watcher.parse.pair import parse_pair
from watcher.parse.rendered.facts_text import escaped
from watcher.parse.wikitext.sections import blocks, split_sections

Volatile = tuple[str, ...]
"""Sorted addresses of volatile values; `()` for none. The union combines those of several pairs of renderings."""

_ENGLISH = Dialect()
_STEADY, _TICKING, _GAP = "#", "…", "⋯"  # in an address: a number, a volatile number, volatile words
_SIGNS = re.compile(f"[{_STEADY}{_TICKING}{_GAP}]")
_PLACEHOLDER = "…"
_NUMBER = re.compile(r"\d+(?:[.,:]\d+)*")
# In a facts text, digits also occur in entities, tags, URLs, file names and cell spans.
_RAW_NUMBER = re.compile(
    rf"&#?\w++;|<ref\b[^<>]*+>(?:(?<=/>)|[^<]*+</ref>)|<[^<>]*+>|\[https?:\S*|File:[^|\]]*|\b\w+span=\"\d+\"|({_NUMBER.pattern})"
)
_FEWEST_WORDS = 3  # unchanged words that identify a sentence whose other words are volatile


def mask_volatile(first: str, second: str, dialect: Dialect = _ENGLISH) -> Volatile:
    r"""Return the addresses of the values that differ between two facts texts rendered from the same sources.

    >>> mask_volatile("Founded in 1950, 75 years ago.", "Founded in 1950, 76 years ago.")
    ('\nprose\n\nFounded in #, … years ago.',)
    """
    if first == second:
        return ()
    sides: tuple[defaultdict[str, list[str]], ...] = (defaultdict(list), defaultdict(list))
    for side, document in zip(sides, parse_pair(first, second, dialect), strict=True):
        for sentence in document.sentences:
            side[_address(sentence)].append(sentence.text)
    learned: set[str] = set()
    rest: tuple[defaultdict[str, list[str]], ...] = (defaultdict(list), defaultdict(list))
    for address in dict.fromkeys((*sides[0], *sides[1])):
        old, new = (side.get(address, []) for side in sides)
        if len(old) == len(new):
            learned.update(_ticking(address, old, new))
        else:
            for side, texts in zip(rest, (old, new), strict=True):
                side[address.rpartition("\n")[0]] += texts
    for location, old in rest[0].items():
        new = rest[1][location]
        labelled = not location.endswith("\n")
        for before, after in zip(map(str.split, old), map(str.split, new), strict=True) if len(old) == len(new) else ():
            # The words that both sentences begin and end with; those between them are volatile.
            start, end = (0, 0) if labelled else common_ends(before, after)
            if labelled or start + end >= _FEWEST_WORDS:
                ends = (before[:start], before[len(before) - end :])
                learned.add(f"{location}\n{f' {_GAP} '.join(_steady(' '.join(words)) for words in ends)}")
    return tuple(sorted(learned)[:500])  # a page with more is different at each rendering


def without_volatile(text: str, volatile: Volatile, dialect: Dialect = _ENGLISH) -> str:
    r"""Return a facts text with a fixed placeholder for each volatile value.

    >>> without_volatile("Founded in 1950, 80 years ago.", ("\nprose\n\nFounded in #, … years ago.",))
    'Founded in 1950, … years ago.'
    """
    learned = _Learned(volatile)
    spans: dict[tuple[int, int], str] = {}
    chosen = (block for part in split_sections(text) if _path(part.path) in learned.sections for block in blocks(part))
    for block, analysis in analyse_blocks(chosen, dialect):
        for sentence in analysis.sentences:
            location = block.moved(sentence.location)
            span = location.start, location.end
            spans[span] = learned.replaced(replace(sentence, location=location), spans.get(span, text[slice(*span)]))
    pieces: list[str] = []
    at = 0
    for (start, end), changed in sorted(spans.items()):
        if start >= at and changed != text[start:end]:
            pieces += (text[at:start], changed)
            at = end
    return "".join((*pieces, text[at:]))


class _Learned:
    """Volatile addresses, indexed for lookup: the volatile numbers of a sentence, and the words around a gap."""

    def __init__(self, volatile: Volatile) -> None:
        self.sections = {address.partition("\n")[0] for address in volatile}
        self.numbers: defaultdict[str, set[int]] = defaultdict(set)
        self.gaps: defaultdict[str, list[tuple[list[str], list[str]]]] = defaultdict(list)
        for address in volatile:
            location, _, words = address.rpartition("\n")
            if _GAP in words:
                before, _, after = words.partition(_GAP)
                self.gaps[location].append((before.split(), after.split()))
            else:
                signs = (sign for sign in words if sign in (_STEADY, _TICKING))
                steady = f"{location}\n{words.replace(_TICKING, _STEADY)}"
                self.numbers[steady].update(number for number, sign in enumerate(signs) if sign == _TICKING)

    def replaced(self, sentence: Sentence, raw: str) -> str:
        """Return the wikitext of a sentence with a placeholder for each volatile value."""
        address = _address(sentence)
        if ticking := self.numbers.get(address):
            return _without_numbers(raw, _NUMBER.findall(sentence.text), ticking)
        location, _, steady = address.rpartition("\n")
        words, shown = steady.split(), sentence.text.split()
        for before, after in self.gaps.get(location, ()):
            end = len(words) - len(after)
            if len(before) < end and words[: len(before)] == before and words[end:] == after:
                return raw.replace(escaped(" ".join(shown[len(before) : end])), _PLACEHOLDER, 1)
        return raw


def _without_numbers(raw: str, numbers: list[str], ticking: set[int]) -> str:
    at = 0

    def replacement(match: re.Match[str]) -> str:
        nonlocal at
        if not match[1] or at >= len(numbers) or match[1] != numbers[at]:
            return match[0]
        at += 1
        return _PLACEHOLDER if at - 1 in ticking else match[0]

    return _RAW_NUMBER.sub(replacement, raw)


def _path(path: tuple[str, ...]) -> str:
    return " / ".join(path)


def _address(sentence: Sentence) -> str:
    """Return the address of a sentence: its section, kind, label, and words without numbers."""
    location = f"{_path(sentence.location.section)}\n{sentence.where.value}\n{sentence.label}"
    return f"{location}\n{_steady(' '.join(sentence.text.split()))}"


def _steady(words: str) -> str:
    return _NUMBER.sub(_STEADY, _SIGNS.sub("·", words))


def _ticking(address: str, old: list[str], new: list[str]) -> Iterator[str]:
    """Yield the address with the differing numbers marked; nothing for bare numbers without a label."""
    pairs = zip(map(_NUMBER.findall, old), map(_NUMBER.findall, new), strict=True)
    differing = {at for before, after in pairs for at, (a, b) in enumerate(zip(before, after, strict=True)) if a != b}
    location, _, words = address.rpartition("\n")
    if differing and (not location.endswith("\n") or any(letter.isalpha() for letter in words)):
        count = iter(range(len(words)))
        marked = re.sub(_STEADY, lambda _: _TICKING if next(count) in differing else _STEADY, words)
        yield f"{location}\n{marked}"
