"""Diff two wikitexts by paragraphs: changed ones by words, moved ones as moves, unchanged ones left out.

A paragraph, a heading, a list item and a table row are lines of wikitext each. The cost is linear in the texts but for
gaps that an `Effort` bounds, whatever somebody saved.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal

from watcher.text import single_line, truncate
from watcher.text.word_diff import (
    Block,
    Effort,
    Piece,
    SentenceDiff,
    differing_blocks,
    reads_inline,
    rising_chain,
    tokens,
    word_pieces,
)

RowKind = Literal["same", "changed", "old", "new", "away", "here"]

_LONGEST_TEXT = 3_000_000  # more is compared by the pipeline, but not printed line by line
_LONGEST_HEADING = 120
_LONGEST_RUN = 600  # an unchanged run of a paragraph is cut in its middle
_ROW = 40  # characters that a row costs beside its text
_COMMON = 8  # a word of more paragraphs than this says nothing of which became which
_ALIKE, _ALIKE_ELSEWHERE = 0.4, 0.6  # the share of equal words from which a paragraph is another one's successor
_LEAST_MOVED = 20  # characters: a "|-" that is elsewhere was not moved
_HEADING = re.compile(r"=+[^=].*=\s*$")


@dataclass(frozen=True, slots=True, kw_only=True)
class DiffRow:
    """A paragraph with its line on each side, from 1; one that moved has two rows, `away` where it was and `here`."""

    kind: RowKind
    old_line: int | None
    new_line: int | None
    diff: SentenceDiff


@dataclass(frozen=True, slots=True, kw_only=True)
class Hunk:
    """Rows with an unchanged one before and after them, and the heading above them."""

    old_line: int
    new_line: int
    heading: str
    rows: tuple[DiffRow, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class WikitextDiff:
    """The hunks that fit, whether the last one is cut, and how many further ones did not fit."""

    hunks: tuple[Hunk, ...] = ()
    is_cut: bool = False
    left_out: int = 0
    too_long: bool = False

    def within(self, limit: int) -> WikitextDiff:
        """Return about the first `limit` characters of it."""
        hunks: list[Hunk] = []
        for hunk in self.hunks:
            rows, limit = _fitting(hunk.rows, limit)
            hunks.append(replace(hunk, rows=rows))
            if limit < 0:
                left_out = self.left_out + len(self.hunks) - len(hunks)
                return replace(self, hunks=tuple(hunks), is_cut=True, left_out=left_out)
        return self


def diff_wikitext(before: str, after: str, limit: int) -> WikitextDiff:
    r"""Return the paragraphs of two wikitexts that differ, at most about `limit` characters of them.

    >>> [row.kind for row in diff_wikitext("Same.\n21 boats.", "Same.\n25 boats.", 1000).hunks[0].rows]
    ['same', 'changed']
    """
    if max(len(before), len(after)) > _LONGEST_TEXT:
        return WikitextDiff(too_long=True)
    comparison = _Comparison(before.split("\n"), after.split("\n"))
    hunks: list[Hunk] = []
    spans = list(comparison.spans())
    for blocks in spans:
        rows, limit = _fitting(comparison.rows(blocks), limit)
        first, *_ = blocks
        heading = comparison.heading(first[2])
        hunks.append(Hunk(old_line=first[0] + 1, new_line=first[2] + 1, heading=heading, rows=rows))
        if limit < 0:
            break
    return WikitextDiff(hunks=tuple(hunks), is_cut=limit < 0, left_out=len(spans) - len(hunks))


def _fitting(rows: Iterable[DiffRow], limit: int) -> tuple[tuple[DiffRow, ...], int]:
    """Return the rows up to the one that passes the limit, which is cut, and what is left of the limit."""
    fitting: list[DiffRow] = []
    for row in rows:
        limit -= _ROW + sum(len(piece.text) for piece in row.diff.pieces)
        if limit < 0:
            pieces = _cut(row.diff.pieces, limit)
            return (*fitting, replace(row, diff=replace(row.diff, pieces=pieces))), limit
        fitting.append(row)
    return tuple(fitting), limit


def _cut(pieces: Sequence[Piece], over: int) -> tuple[Piece, ...]:
    """Return what remains without the last `-over` characters."""
    room = sum(len(piece.text) for piece in pieces) + over
    kept: list[Piece] = []
    for piece in pieces:
        if room > 0:
            kept.append(Piece(piece.kind, truncate(piece.text, room)))
        room -= len(piece.text)
    return tuple(kept)


def _shortened(text: str) -> str:
    half = _LONGEST_RUN // 2
    return text if len(text) <= _LONGEST_RUN else f"{text[:half]} … {text[-half:]}"


@dataclass(slots=True)
class _Comparison:
    """Two texts as lines, where they differ, and which line became which."""

    a: list[str]
    b: list[str]
    effort: Effort = field(default_factory=Effort)
    blocks: list[Block] = field(init=False)
    pairs: dict[int, int] = field(init=False)
    origins: dict[int, int] = field(init=False)
    headings: list[int] = field(init=False)

    def __post_init__(self) -> None:
        self.blocks = differing_blocks(self.a, self.b)
        self.pairs = dict(_pairs(self.a, self.b, self.blocks))
        self.origins = {j: i for i, j in self.pairs.items()}
        self.headings = [j for j, line in enumerate(self.b) if _HEADING.match(line)]

    def heading(self, line: int) -> str:
        """Return the heading above a line of the new text."""
        at = bisect_right(self.headings, line)
        return single_line(self.b[self.headings[at - 1]].strip("= \t"), _LONGEST_HEADING) if at else ""

    def spans(self) -> Iterator[list[Block]]:
        """Yield the blocks by hunks: those with at most two paragraphs between them are shown together."""
        span: list[Block] = []
        for block in self.blocks:
            if span and sum(bool(line.strip()) for line in self.a[span[-1][1] : block[0]]) > 2:  # noqa: PLR2004
                yield span
                span = []
            span.append(block)
        if span:
            yield span

    def rows(self, blocks: Sequence[Block]) -> Iterator[DiffRow]:
        """Yield the rows of a hunk, in the order of the texts."""
        first, last = blocks[0], blocks[-1]
        before = next((at for at in range(first[0] - 1, -1, -1) if self.a[at].strip()), first[0])
        yield from self._same(before, first[0], first[2])
        for number, block in enumerate(blocks):
            if number:
                yield from self._same(blocks[number - 1][1], block[0], block[2])
            yield from self._block(block)
        after = next((at for at in range(last[1], len(self.a)) if self.a[at].strip()), last[1] - 1)
        yield from self._same(last[1], after + 1, last[3] + after + 1 - last[1])

    def _same(self, start: int, end: int, new_end: int) -> Iterator[DiffRow]:
        for at in range(start, end):
            if self.a[at].strip():
                pieces = (Piece("same", _shortened(self.a[at])),)
                diff = SentenceDiff(pieces=pieces, inline=True)
                yield DiffRow(kind="same", old_line=at + 1, new_line=new_end - end + at + 1, diff=diff)

    def _block(self, block: Block) -> Iterator[DiffRow]:
        """Yield the rows of a block: pairs in their order, and between them what was removed, added or moved."""
        i1, i2, j1, j2 = block
        inside = [(i, self.pairs[i]) for i in range(i1, i2) if j1 <= self.pairs.get(i, -1) < j2]
        i, j = i1, j1
        for i_pair, j_pair in (*rising_chain(inside), (i2, j2)):
            yield from self._in_order(
                range(i, i_pair), range(j, j_pair), self._as_many(range(i, i_pair), range(j, j_pair))
            )
            if i_pair < i2:
                yield self._row("same" if self.a[i_pair] == self.b[j_pair] else "changed", i_pair, j_pair)
            i, j = i_pair + 1, j_pair + 1

    def _as_many(self, old: range, new: range) -> list[tuple[int, int]]:
        """Pair paragraphs that have no likeness, where as many were removed as added: the cells of a table."""
        old_left = [i for i in old if self.a[i].strip() and i not in self.pairs]
        new_left = [j for j in new if self.b[j].strip() and j not in self.origins]
        return list(zip(old_left, new_left, strict=True)) if len(old_left) == len(new_left) else []

    def _in_order(self, old: range, new: range, pairs: Sequence[tuple[int, int]]) -> Iterator[DiffRow]:
        i, j = old.start, new.start
        for i_pair, j_pair in (*pairs, (old.stop, new.stop)):
            for at in range(i, i_pair):
                yield self._row("away", at, self.pairs[at]) if at in self.pairs else self._row("old", at, None)
            for at in range(j, j_pair):
                yield self._row("here", self.origins[at], at) if at in self.origins else self._row("new", None, at)
            if i_pair < old.stop:
                yield self._row("changed", i_pair, j_pair)
            i, j = i_pair + 1, j_pair + 1

    def _row(self, kind: RowKind, i: int | None, j: int | None) -> DiffRow:
        old, new = "" if i is None else self.a[i], "" if j is None else self.b[j]
        pieces = word_pieces(old, new, self.effort)
        inline = i is None or j is None or reads_inline(pieces)
        shown = (Piece(p.kind, _shortened(p.text)) if p.kind == "same" else p for p in pieces)
        return DiffRow(
            kind=kind,
            old_line=None if i is None else i + 1,
            new_line=None if j is None else j + 1,
            diff=SentenceDiff(pieces=tuple(shown), inline=inline),
        )


def _pairs(a: Sequence[str], b: Sequence[str], blocks: Sequence[Block]) -> Iterator[tuple[int, int]]:
    """Yield which differing line of `a` became which of `b`: those that share most words, the nearest ones first."""
    block_of = [{}, {}]  # type: list[dict[int, int]]
    for number, (i1, i2, j1, j2) in enumerate(blocks):
        block_of[0].update((i, number) for i in range(i1, i2) if a[i].strip())
        block_of[1].update((j, number) for j in range(j1, j2) if b[j].strip())
    old = {i: _words(a[i]) for i in block_of[0]}
    new = {j: _words(b[j]) for j in block_of[1]}
    candidates: list[tuple[float, int, int, int]] = []
    for i, j in _sharing(old, new):
        elsewhere = block_of[0][i] != block_of[1][j]
        likeness = _likeness(old[i], new[j])
        long_enough = min(len(a[i]), len(b[j])) >= _LEAST_MOVED
        if likeness >= (_ALIKE_ELSEWHERE if elsewhere else _ALIKE) and (long_enough or not elsewhere):
            candidates.append((elsewhere - likeness, abs(i - j), i, j))
    taken: tuple[set[int], set[int]] = (set(), set())
    for _, _, i, j in sorted(candidates):
        if i not in taken[0] and j not in taken[1]:
            taken[0].add(i)
            taken[1].add(j)
            yield i, j


def _words(line: str) -> list[str]:
    return [token for token in tokens(line) if token[0].isalnum()]


def _sharing(old: dict[int, list[str]], new: dict[int, list[str]]) -> Iterator[tuple[int, int]]:
    """Yield for each old line the three new ones with which it shares most of the words that few lines have."""
    lines: dict[str, list[int]] = defaultdict(list)
    for j, words in new.items():
        for word in dict.fromkeys(words):
            lines[word].append(j)
    common = {word for word, holders in lines.items() if len(holders) > _COMMON}
    for i, words in old.items():
        # Most lines of a text that is another one share nothing: that must cost no Counter.
        if rare := [word for word in dict.fromkeys(words) if word in lines and word not in common]:
            votes = Counter(j for word in rare for j in lines[word])
            yield from ((i, j) for j, _ in votes.most_common(3))


def _likeness(old: Sequence[str], new: Sequence[str]) -> float:
    shared = sum(len(word) * number for word, number in (Counter(old) & Counter(new)).items())
    return 2 * shared / max(1, len("".join(old)) + len("".join(new)))
