"""Diff two wikitexts by lines, in a bounded number of characters."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import zip_longest

from watcher.report.word_diff import SentenceDiff, diff_sentences, differing_blocks
from watcher.text import single_line

_LONGEST_TEXT = 3_000_000  # more is compared by the pipeline, but not printed line by line
_CONTEXT = 120
_LINE = 1600


@dataclass(frozen=True, slots=True, kw_only=True)
class Hunk:
    """Lines that differ: numbers (from 1) on both sides, the heading-like line before them, and their words."""

    old_line: int
    new_line: int
    context: str
    lines: tuple[SentenceDiff, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class FullText:
    """The differing lines that fit, and how many further hunks did not."""

    hunks: tuple[Hunk, ...]
    left_out: int
    too_long: bool = False


def full_text(before: str, after: str, limit: int) -> FullText:
    """Return the differing lines of two wikitexts, at most about `limit` characters of them."""
    if max(len(before), len(after)) > _LONGEST_TEXT:
        return FullText(hunks=(), left_out=0, too_long=True)
    a, b = before.split("\n"), after.split("\n")
    hunks: list[Hunk] = []
    blocks = differing_blocks(a, b)
    for number, (i1, i2, j1, j2) in enumerate(blocks):
        lines: list[SentenceDiff] = []
        for line in _line_pairs(a[i1:i2], b[j1:j2]):
            limit -= 40 + sum(len(piece.text) for piece in line.pieces)
            if limit < 0:
                break
            lines.append(line)
        if lines:
            context = single_line(a[i1 - 1], _CONTEXT) if i1 else ""
            hunks.append(Hunk(old_line=i1 + 1, new_line=j1 + 1, context=context, lines=tuple(lines)))
        if limit < 0:
            return FullText(hunks=tuple(hunks), left_out=len(blocks) - number)
    return FullText(hunks=tuple(hunks), left_out=0)


def _line_pairs(old: Sequence[str], new: Sequence[str]) -> Iterator[SentenceDiff]:
    """Line against line where both sides have as many; else the old ones, then the new ones."""
    if len(old) == len(new):
        yield from (diff_sentences(a, b, _LINE) for a, b in zip_longest(old, new, fillvalue=""))
    else:
        yield from (diff_sentences(line, "", _LINE) for line in old if line.strip())
        yield from (diff_sentences("", line, _LINE) for line in new if line.strip())
