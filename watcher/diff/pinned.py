"""Find pinned sentences word for word, and list what happened to them beside their words."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from rapidfuzz import fuzz, process, utils

from watcher.diff.align import Aligned
from watcher.diff.references import ReferencePairs
from watcher.model import FieldChange, Sentence

Path = tuple[str, ...]

_FEW_WORDS = 5  # a phrase of fewer is in many sentences: it must be the sentence itself
_LIKE = 50.0  # of 100: below it nobody would see what two sentences share


@dataclass(frozen=True, slots=True, kw_only=True)
class PinnedSentence:
    """What the user quoted, and what changed about its sentence besides the words: section, source, tags."""

    quoted: str
    fields: tuple[FieldChange, ...] = ()


def match_pinned(
    rows: Sequence[Aligned], pinned: Sequence[str], sources: ReferencePairs, paths: Mapping[Path, Path]
) -> dict[int, PinnedSentence]:
    """Map the index of each row that has a quoted sentence to that sentence: as it was, else as it is.

    What is only like a quoted sentence is another one: two years of one table differ in a digit.
    """
    sides = [_ordered(rows, lambda row: row.old), _ordered(rows, lambda row: row.new)] if pinned else []
    result: dict[int, PinnedSentence] = {}
    for quoted in pinned:
        old, new = ([indices[number] for number in find_quoted(quoted, texts)] for indices, texts in sides)
        # Gone from one place and written at another, it is not gone.
        lost = bool(new) and any(not rows[index].new for index in old)
        for index in new if lost or not old else old:
            result[index] = PinnedSentence(quoted=quoted, fields=tuple(_around(rows[index], sources, paths)))
    return result


def _ordered(
    rows: Sequence[Aligned], side: Callable[[Aligned], Sequence[Sentence]]
) -> tuple[Sequence[int], Sequence[str]]:
    """Return the indices of the rows that have this side, in document order, and the plain words of each."""
    indices = [index for index, row in enumerate(rows) if side(row)]
    indices.sort(key=lambda index: side(rows[index])[0].location.start)
    return indices, [plain_words(" ".join(sentence.text for sentence in side(rows[index]))) for index in indices]


def plain_words(text: str) -> str:
    """Reduce a sentence to its words in lower case: quotation marks, dashes and blanks are written in many ways."""
    return " ".join(utils.default_process(text).split())


def find_quoted(quoted: str, texts: Sequence[str]) -> range:
    """Find the sentence that is quoted or holds the quotation, or those that together are it; empty where none is.

    `texts` are plain words.

    >>> find_quoted("It rises.", ["it falls", "it rises"])
    range(1, 2)
    """
    words = plain_words(quoted)
    if not words:
        return range(0)
    holding = f" {words} "
    tests: list[Callable[[str], bool]] = [lambda text: text == words]
    if len(words.split()) >= _FEW_WORDS:
        tests.append(lambda text: holding in f" {text} ")
    for test in tests:
        if (at := next((n for n, text in enumerate(texts) if test(text)), None)) is not None:
            return range(at, at + 1)
    # Consecutive sentences that together are the quotation
    for first, text in enumerate(texts):
        last = first
        while text and words.startswith(f"{text} ") and last + 1 < len(texts):
            last += 1
            text = f"{text} {texts[last]}"  # noqa: PLW2901  it grows by a sentence
        if text == words:
            return range(first, last + 1)
    return range(0)


def closest_sentence(quoted: str, texts: Sequence[str]) -> str | None:
    """Return the sentence that is most like a quotation; None where none is half like it."""
    likest = process.extractOne(quoted, texts, scorer=fuzz.token_sort_ratio, processor=utils.default_process)
    return str(likest[0]) if likest and likest[1] >= _LIKE else None


def _around(row: Aligned, sources: ReferencePairs, paths: Mapping[Path, Path]) -> Iterator[FieldChange]:
    """Report a pinned sentence in another section, on other sources or under other tags, whatever its words."""
    if not row.old or not row.new:
        return
    old, new = row.old[0], row.new[0]
    if paths.get(old.location.section) != new.location.section:
        yield _field("section", " › ".join(old.location.section) or "lead", " › ".join(new.location.section) or "lead")
    own, other = _keys(row.old), _keys(row.new)
    if not sources.equal(own, other):
        before = "; ".join(sources.former.get(key, key) for key in own)
        after = "; ".join(sources.title(key) for key in other)
        yield _field("source", before, after)
    doubts, others = (", ".join(name for sentence in side for name in sentence.tags) for side in (row.old, row.new))
    if doubts != others:
        yield _field("tag", doubts, others)


def _keys(side: Sequence[Sentence]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(key for sentence in side for key in sentence.references))


def _field(name: str, old: str, new: str) -> FieldChange:
    return FieldChange(name=name, old=old or None, new=new or None)
