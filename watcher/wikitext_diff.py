"""Diff two wikitexts by paragraphs: changed ones word by word, moved ones as moves, without unchanged ones.

Each paragraph, heading, list item and table row is one line of wikitext. The cost is linear in the length of the texts,
except for gaps of bounded size, even for hostile texts.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from watcher.text import single_line, truncate, word_diff

RowKind = Literal["same", "changed", "old", "new", "away", "here"]

_MAX_TEXT_LENGTH = 3_000_000  # characters; longer texts are compared by the pipeline, but not shown line by line
_MAX_UNCHANGED_LENGTH = 600  # characters; a longer unchanged part of a paragraph is cut in its middle
_COMMON = 8  # paragraphs; a word that is in more of them does not help to pair paragraphs
_ALIKE, _ALIKE_ELSEWHERE = 0.4, 0.6  # the share of equal words with which paragraphs are paired, or paired as moved
_MIN_MOVED_LENGTH = 20  # characters; shorter lines, such as "|-", do not count as moved
_HEADING = re.compile(r"=+[^=].*=\s*$")


@dataclass(frozen=True, slots=True, kw_only=True)
class DiffRow:
    """A paragraph with its line on each side, from 1; a moved one has a row `away` at its old place and one `here`."""

    kind: RowKind
    old_line: int | None
    new_line: int | None
    diff: word_diff.SentenceDiff


@dataclass(frozen=True, slots=True, kw_only=True)
class Hunk:
    """A group of rows, with an unchanged one before and after the changes, and the heading above them."""

    old_line: int
    new_line: int
    heading: str
    rows: tuple[DiffRow, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class WikitextDiff:
    """The hunks that fit, whether the last one is cut, and the number of others, which did not fit."""

    hunks: tuple[Hunk, ...] = ()
    is_cut: bool = False
    left_out: int = 0
    too_long: bool = False

    def within(self, limit: int) -> WikitextDiff:
        """Return about the first `limit` characters of this diff."""
        hunks = [(hunk, hunk.rows) for hunk in self.hunks]
        shorter = _fitting(hunks, limit, len(hunks) + self.left_out)
        return shorter if shorter.is_cut else self


def diff_wikitext(before: str, after: str, limit: int) -> WikitextDiff:
    r"""Return the paragraphs in which two wikitexts differ, limited to about `limit` characters.

    >>> [row.kind for row in diff_wikitext("Same.\n21 boats.", "Same.\n25 boats.", 1000).hunks[0].rows]
    ['same', 'changed']
    """
    if max(len(before), len(after)) > _MAX_TEXT_LENGTH:
        return WikitextDiff(too_long=True)
    comparison = _Comparison(before.split("\n"), after.split("\n"))
    spans = [*comparison.spans()]
    return _fitting(((comparison.hunk(span), comparison.rows(span)) for span in spans), limit, len(spans))


def _fitting(hunks: Iterable[tuple[Hunk, Iterable[DiffRow]]], limit: int, count: int) -> WikitextDiff:
    """Return the first of `count` hunks up to the row that exceeds the limit, which is cut; build no further rows."""
    fitting: list[Hunk] = []
    for hunk, rows in hunks:
        kept: list[DiffRow] = []
        for row in rows:
            limit -= 40 + sum(len(piece.text) for piece in row.diff.pieces)  # each row has an overhead
            if limit < 0:
                kept.append(replace(row, diff=replace(row.diff, pieces=_cut(row.diff.pieces, limit))))
                break
            kept.append(row)
        fitting.append(replace(hunk, rows=tuple(kept)))
        if limit < 0:
            break
    return WikitextDiff(hunks=tuple(fitting), is_cut=limit < 0, left_out=count - len(fitting))


def _cut(pieces: Sequence[word_diff.Piece], over: int) -> tuple[word_diff.Piece, ...]:
    """Return the pieces without their last `-over` characters."""
    room = sum(len(piece.text) for piece in pieces) + over
    kept: list[word_diff.Piece] = []
    for piece in pieces:
        if room > 0:
            kept.append(word_diff.Piece(piece.kind, truncate(piece.text, room)))
        room -= len(piece.text)
    return tuple(kept)


class _Comparison:
    """The lines of two texts, the blocks in which they differ, and the pairs of old and new lines."""

    def __init__(self, a: list[str], b: list[str]) -> None:
        self.a, self.b = a, b
        self.blocks = word_diff.differing_blocks(a, b)
        self.pairs: dict[int, int] = {}
        self.origins: dict[int, int] = {}
        self.headings = [j for j, line in enumerate(b) if _HEADING.match(line)]
        # Lines are paired by their similarity, those in one block and near each other first.
        for _, _, i, j in sorted(_candidates(a, b, self.blocks)):
            if i not in self.pairs and j not in self.origins:
                self.pairs[i], self.origins[j] = j, i

    def spans(self) -> Iterator[list[word_diff.Block]]:
        """Yield the blocks of each hunk: blocks with at most two paragraphs between them are shown together."""
        span: list[word_diff.Block] = []
        for block in self.blocks:
            if span and sum(bool(line.strip()) for line in self.a[span[-1][1] : block[0]]) > 2:  # noqa: PLR2004
                yield span
                span = []
            span.append(block)
        if span:
            yield span

    def hunk(self, blocks: Sequence[word_diff.Block]) -> Hunk:
        """Return a hunk with its lines and heading, without its rows."""
        i, _, j, _ = blocks[0]
        at = bisect_right(self.headings, j)
        heading = single_line(self.b[self.headings[at - 1]].strip("= \t"), 120) if at else ""
        return Hunk(old_line=i + 1, new_line=j + 1, heading=heading, rows=())

    def rows(self, blocks: Sequence[word_diff.Block]) -> Iterator[DiffRow]:
        """Yield the rows of a hunk, in the order of the texts."""
        first, last = blocks[0][0], blocks[-1][1]
        at = next((at for at in range(first - 1, -1, -1) if self.a[at].strip()), first)
        for block in blocks:
            yield from self._same(at, block[0], block[2] - block[0])
            yield from self._block(block)
            at = block[1]
        after = next((at for at in range(last, len(self.a)) if self.a[at].strip()), last - 1)
        yield from self._same(last, after + 1, blocks[-1][3] - last)

    def _same(self, start: int, end: int, shift: int) -> Iterator[DiffRow]:
        return (self._row("same", at, at + shift) for at in range(start, end) if self.a[at].strip())

    def _block(self, block: word_diff.Block) -> Iterator[DiffRow]:
        """Yield the rows of a block: pairs in order, and between them removed, added and moved paragraphs."""
        i1, i2, j1, j2 = block
        inside = [(i, self.pairs[i]) for i in range(i1, i2) if j1 <= self.pairs.get(i, -1) < j2]
        pairs: list[tuple[int, int]] = []
        i, j = i1, j1
        for i_pair, j_pair in (*word_diff.rising_chain(inside), (i2, j2)):
            old = [at for at in range(i, i_pair) if self.a[at].strip() and at not in self.pairs]
            new = [at for at in range(j, j_pair) if self.b[at].strip() and at not in self.origins]
            # Dissimilar paragraphs, if as many were removed as added, are paired in order, as for a table's cells.
            pairs += zip(old, new, strict=True) if len(old) == len(new) else ()
            pairs.append((i_pair, j_pair))
            i, j = i_pair + 1, j_pair + 1
        i, j = i1, j1
        for i_pair, j_pair in pairs:
            for at in range(i, i_pair):
                yield self._row("away", at, self.pairs[at]) if at in self.pairs else self._row("old", at, None)
            for at in range(j, j_pair):
                yield self._row("here", self.origins[at], at) if at in self.origins else self._row("new", None, at)
            if i_pair < i2:
                yield self._row("same" if self.a[i_pair] == self.b[j_pair] else "changed", i_pair, j_pair)
            i, j = i_pair + 1, j_pair + 1

    def _row(self, kind: RowKind, i: int | None, j: int | None) -> DiffRow:
        old, new = "" if i is None else self.a[i], "" if j is None else self.b[j]
        pieces = (word_diff.Piece("same", old),) if kind == "same" else word_diff.word_pieces(old, new)
        inline = i is None or j is None or word_diff.reads_inline(pieces)
        half = _MAX_UNCHANGED_LENGTH // 2
        pieces = tuple(
            word_diff.Piece(piece.kind, f"{piece.text[:half]} … {piece.text[-half:]}")
            if piece.kind == "same" and len(piece.text) > _MAX_UNCHANGED_LENGTH
            else piece
            for piece in pieces
        )
        return DiffRow(
            kind=kind,
            old_line=None if i is None else i + 1,
            new_line=None if j is None else j + 1,
            diff=word_diff.SentenceDiff(pieces=pieces, inline=inline),
        )


def _candidates(
    a: Sequence[str], b: Sequence[str], blocks: Sequence[word_diff.Block]
) -> Iterator[tuple[float, int, int, int]]:
    """Yield for each differing line of `a` up to three candidates in `b`, as tuples whose lowest is the best pair."""
    old = {i: (n, _words(a[i])) for n, (i1, i2, _, _) in enumerate(blocks) for i in range(i1, i2) if a[i].strip()}
    new = {j: (n, _words(b[j])) for n, (_, _, j1, j2) in enumerate(blocks) for j in range(j1, j2) if b[j].strip()}
    lines: dict[str, list[int]] = defaultdict(list)
    for j, (_, words) in new.items():
        for word in dict.fromkeys(words):
            lines[word].append(j)
    for i, (block, words) in old.items():
        rare = [word for word in dict.fromkeys(words) if word in lines and len(lines[word]) <= _COMMON]
        # If a text was replaced, most lines share no words: they need no Counter, which is slow.
        for j, _ in Counter(j for word in rare for j in lines[word]).most_common(3) if rare else ():
            other, words_of_other = new[j]
            shared = sum(len(word) * number for word, number in (Counter(words) & Counter(words_of_other)).items())
            likeness = 2 * shared / max(1, len("".join(words)) + len("".join(words_of_other)))
            elsewhere = block != other
            moved = likeness >= _ALIKE_ELSEWHERE and min(len(a[i]), len(b[j])) >= _MIN_MOVED_LENGTH
            if moved if elsewhere else likeness >= _ALIKE:
                yield elsewhere - likeness, abs(i - j), i, j


def _words(line: str) -> list[str]:
    return [token for token in word_diff.tokens(line) if token[0].isalnum()]
