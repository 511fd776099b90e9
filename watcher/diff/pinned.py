"""Find pinned sentences word for word, and list their changes other than those of their words."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from rapidfuzz import fuzz, process, utils

from watcher.diff.align import Aligned
from watcher.diff.references import ReferencePairs
from watcher.model import FieldChange, Sentence

Path = tuple[str, ...]

_MIN_PHRASE_WORDS = 5  # a shorter phrase occurs in many sentences, so it must be the whole sentence
_MIN_SIMILARITY = 50.0  # of 100; below that, no reader would see a likeness


@dataclass(frozen=True, slots=True, kw_only=True)
class PinnedSentence:
    """A quotation of the user, and what changed in its sentence besides the words: section, sources, tags."""

    quoted: str
    fields: tuple[FieldChange, ...] = ()


def match_pinned(
    rows: Sequence[Aligned], pinned: Sequence[str], sources: ReferencePairs, paths: Mapping[Path, Path]
) -> dict[int, PinnedSentence]:
    """Map row indexes to the quoted sentences found in them: in the old text, else in the new one.

    A sentence that is only similar to the quotation does not match: two years of one table differ in a digit.
    """
    sides = [_ordered(rows, lambda row: row.old), _ordered(rows, lambda row: row.new)] if pinned else []
    result: dict[int, PinnedSentence] = {}
    for quoted in pinned:
        old, new = ([indices[number] for number in find_quoted(quoted, texts)] for indices, texts in sides)
        # A sentence that was removed in one place and added in another was moved.
        has_removed = bool(new) and any(not rows[index].new for index in old)
        for index in new if has_removed or not old else old:
            result[index] = PinnedSentence(quoted=quoted, fields=tuple(_context_changes(rows[index], sources, paths)))
    return result


def _ordered(
    rows: Sequence[Aligned], side: Callable[[Aligned], Sequence[Sentence]]
) -> tuple[Sequence[int], Sequence[str]]:
    """Return the indexes of the rows with sentences on this side, in document order, and the plain words of each."""
    indices = [index for index, row in enumerate(rows) if side(row)]
    indices.sort(key=lambda index: side(rows[index])[0].location.start)
    return indices, [plain_words(" ".join(sentence.text for sentence in side(rows[index]))) for index in indices]


def plain_words(text: str) -> str:
    """Return the words of a sentence in lower case, since quotation marks, dashes and blanks vary."""
    return " ".join(utils.default_process(text).split())


def find_quoted(quoted: str, texts: Sequence[str]) -> range:
    """Return the range of the sentence that is or contains the quotation, or of those that together are it.

    It is empty if there is none. `texts` are plain words.

    >>> find_quoted("It rises.", ["it falls", "it rises"])
    range(1, 2)
    """
    words = plain_words(quoted)
    if not words:
        return range(0)
    padded = f" {words} "
    tests: list[Callable[[str], bool]] = [lambda text: text == words]
    if len(words.split()) >= _MIN_PHRASE_WORDS:
        tests.append(lambda text: padded in f" {text} ")
    for test in tests:
        if (at := next((n for n, text in enumerate(texts) if test(text)), None)) is not None:
            return range(at, at + 1)
    # Consecutive sentences that together equal the quotation
    for first, text in enumerate(texts):
        last = first
        while text and words.startswith(f"{text} ") and last + 1 < len(texts):
            last += 1
            text = f"{text} {texts[last]}"  # noqa: PLW2901  it grows by a sentence
        if text == words:
            return range(first, last + 1)
    return range(0)


def closest_sentence(quoted: str, texts: Sequence[str]) -> str | None:
    """Return the sentence most similar to a quotation, None if no similarity reaches 50 %."""
    closest = process.extractOne(quoted, texts, scorer=fuzz.token_sort_ratio, processor=utils.default_process)
    return str(closest[0]) if closest and closest[1] >= _MIN_SIMILARITY else None


def _context_changes(row: Aligned, sources: ReferencePairs, paths: Mapping[Path, Path]) -> Iterator[FieldChange]:
    """Yield a field for each change of section, sources and tags of a pinned sentence, apart from its words."""
    if not row.old or not row.new:
        return
    old, new = row.old[0], row.new[0]
    if paths.get(old.location.section) != new.location.section:
        yield _field("section", " › ".join(old.location.section) or "lead", " › ".join(new.location.section) or "lead")
    own, other = _keys(row.old), _keys(row.new)
    if not sources.equal(own, other):
        before = "; ".join(sources.old_titles.get(key, key) for key in own)
        after = "; ".join(sources.title(key) for key in other)
        yield _field("source", before, after)
    own_tags, new_tags = (", ".join(name for sentence in side for name in sentence.tags) for side in (row.old, row.new))
    if own_tags != new_tags:
        yield _field("tag", own_tags, new_tags)


def _keys(side: Sequence[Sentence]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(key for sentence in side for key in sentence.references))


def _field(name: str, old: str, new: str) -> FieldChange:
    return FieldChange(name=name, old=old or None, new=new or None)
