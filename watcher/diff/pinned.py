"""Match pinned claims to aligned sentences, and list what happened to them beside their words."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from rapidfuzz import fuzz, utils

from watcher.diff.align import Aligned
from watcher.diff.references import ReferencePairs
from watcher.model import FieldChange, Sentence

Path = tuple[str, ...]

_SAME = 70.0  # of 100: below it a sentence is another one
_FEW_WORDS = 5  # a phrase of fewer is in many sentences: it must be the sentence itself


@dataclass(frozen=True, slots=True, kw_only=True)
class PinnedSentence:
    """What the user quoted, and what changed about its sentence besides the words: section, source, tags."""

    quoted: str
    fields: tuple[FieldChange, ...] = ()


def match_pinned(
    rows: Sequence[Aligned], pinned: Sequence[str], sources: ReferencePairs, paths: Mapping[Path, Path]
) -> dict[int, PinnedSentence]:
    """Index of the row that is most like each quoted sentence, on its old side if it has one; the likest wins."""
    result: dict[int, PinnedSentence] = {}
    for quoted in pinned:
        scored = [
            (max(_score(quoted, sentence.text) for sentence in row.old or row.new), -index)
            for index, row in enumerate(rows)
        ]
        score, index = max(scored, default=(0.0, 0))
        if score >= _SAME:
            result[-index] = PinnedSentence(quoted=quoted, fields=tuple(_around(rows[-index], sources, paths)))
    return result


def _score(quoted: str, text: str) -> float:
    whole = fuzz.token_sort_ratio(quoted, text, processor=utils.default_process)
    if len(quoted) >= len(text) or len(quoted.split()) < _FEW_WORDS:
        return whole
    return max(whole, fuzz.partial_ratio(quoted, text, processor=utils.default_process) * 0.95)


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
        after = "; ".join(sources.titles.get(key, key) for key in other)
        yield _field("source", before, after)
    doubts, others = (", ".join(name for sentence in side for name in sentence.tags) for side in (row.old, row.new))
    if doubts != others:
        yield _field("tag", doubts, others)


def _keys(side: Sequence[Sentence]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(key for sentence in side for key in sentence.references))


def _field(name: str, old: str, new: str) -> FieldChange:
    return FieldChange(name=name, old=old or None, new=new or None)
