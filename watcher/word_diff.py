"""Diff two texts by words, in linear time whatever the texts are, and two wikitexts by lines."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from itertools import islice, zip_longest
from typing import Literal

from watcher.text import single_line

PieceKind = Literal["same", "old", "new"]
Block = tuple[int, int, int, int]
"""`a[i1:i2]` became `b[j1:j2]`."""

# A number with its separators, a word, or one other character; blanks are tokens of their own.
_TOKEN = re.compile(r"\d+(?:[.,\u00a0\u202f]\d+)*|\w+|\s+|.", re.DOTALL)
# difflib is cubic at worst: larger gaps, and those after so many cells (about half a second), are replaced whole.
_AFFORDABLE = 20_000
_AFFORDABLE_IN_ALL = 4_000_000
_BARELY_ALIKE = 0.45  # below this an inline mix of both sentences reads worse than the two beside each other


@dataclass(frozen=True, slots=True)
class Piece:
    """A run of text and which side has it."""

    kind: PieceKind
    text: str


def word_pieces(old: str, new: str) -> tuple[Piece, ...]:
    """Return the words of two sentences with what changed, in reading order.

    >>> [(piece.kind, piece.text) for piece in word_pieces("21 million", "25 million")]
    [('old', '21'), ('new', '25'), ('same', ' million')]
    """
    a, b = _TOKEN.findall(old), _TOKEN.findall(new)
    # Blocks that only blanks separate are joined: "old words" is one change, not two.
    blocks = _joined(differing_blocks(a, b), lambda last, block: not "".join(a[last[1] : block[0]]).strip())
    pieces: list[Piece] = []
    at = 0
    for i1, i2, j1, j2 in blocks:
        _add(pieces, "same", a[at:i1])
        _add(pieces, "old", a[i1:i2])
        _add(pieces, "new", b[j1:j2])
        at = i2
    _add(pieces, "same", a[at:])
    return tuple(pieces)


def reads_inline(pieces: Sequence[Piece]) -> bool:
    """Whether old and new share enough to be shown as one sentence with marks."""
    same = sum(len(piece.text) for piece in pieces if piece.kind == "same")
    longer = same + max(sum(len(p.text) for p in pieces if p.kind == kind) for kind in ("old", "new"))
    return longer == 0 or same / longer >= _BARELY_ALIKE


def _add(pieces: list[Piece], kind: PieceKind, tokens: Sequence[str]) -> None:
    if tokens:
        pieces.append(Piece(kind, "".join(tokens)))


def _joined(blocks: Iterable[Block], touches: Callable[[Block, Block], bool]) -> list[Block]:
    """Blocks with neighbours that touch joined into one."""
    joined: list[Block] = []
    for block in blocks:
        if joined and touches(joined[-1], block):
            last = joined.pop()
            joined.append((last[0], block[1], last[2], block[3]))
        else:
            joined.append(block)
    return joined


def differing_blocks(a: Sequence[str], b: Sequence[str]) -> list[Block]:
    """Where `a` and `b` differ, in order; what lies between the blocks is equal.

    Tokens that both sides have once are anchors (patience diff); difflib only sees the small gaps between them.
    """
    start, end_a, end_b = _trimmed(a, b)
    blocks: list[Block] = []
    i, j = start, start
    cells = 0
    for i_anchor, j_anchor in (*_anchors(a, b, start, end_a, end_b), (end_a, end_b)):
        size = (i_anchor - i) * (j_anchor - j)
        cells += size if size <= _AFFORDABLE else 0
        fine = size <= _AFFORDABLE and cells <= _AFFORDABLE_IN_ALL
        blocks.extend(_gap(a, b, (i, i_anchor, j, j_anchor), fine=fine))
        i, j = i_anchor + 1, j_anchor + 1
    return _joined(blocks, lambda last, block: last[1] == block[0] and last[3] == block[2])


def _trimmed(a: Sequence[str], b: Sequence[str]) -> tuple[int, int, int]:
    shorter = min(len(a), len(b))
    start = next((at for at, (old, new) in enumerate(zip(a, b, strict=False)) if old != new), shorter)
    ends = zip(reversed(a), reversed(b), strict=False)
    equal = next(
        (count for count, (old, new) in enumerate(islice(ends, shorter - start)) if old != new), shorter - start
    )
    return start, len(a) - equal, len(b) - equal


def _anchors(a: Sequence[str], b: Sequence[str], start: int, end_a: int, end_b: int) -> Iterator[tuple[int, int]]:
    """Return the longest rising chain of tokens that stand once on each side, by patience sorting."""
    once_b = _once(b, start, end_b)
    pairs = [(i, once_b[token]) for token, i in _once(a, start, end_a).items() if token in once_b and token.strip()]
    tops: list[int] = []
    links: list[int] = []
    piles: list[int] = []
    for number, (_, j) in enumerate(pairs):
        pile = bisect_left(tops, j)
        links.append(piles[pile - 1] if pile else -1)
        tops[pile : pile + 1] = [j]
        piles[pile : pile + 1] = [number]
    chain: list[tuple[int, int]] = []
    at = piles[-1] if piles else -1
    while at >= 0:
        chain.append(pairs[at])
        at = links[at]
    return reversed(chain)


def _once(tokens: Sequence[str], start: int, end: int) -> dict[str, int]:
    counts = Counter(tokens[start:end])
    return {tokens[at]: at for at in range(start, end) if counts[tokens[at]] == 1}


def _gap(a: Sequence[str], b: Sequence[str], gap: Block, *, fine: bool) -> Iterator[Block]:
    i1, i2, j1, j2 = gap
    if i1 == i2 and j1 == j2:
        return
    if i1 == i2 or j1 == j2 or not fine:
        yield gap
        return
    for code in SequenceMatcher(None, a[i1:i2], b[j1:j2], autojunk=False).get_opcodes():
        if code[0] != "equal":
            yield i1 + code[1], i1 + code[2], j1 + code[3], j1 + code[4]


_LONGEST_READ = 20_000  # characters of a sentence in which changes are looked for


@dataclass(frozen=True, slots=True, kw_only=True)
class SentenceDiff:
    """Two sentences as pieces; `inline` when they read well as one."""

    pieces: tuple[Piece, ...]
    inline: bool

    @property
    def old(self) -> tuple[Piece, ...]:
        """The sentence before."""
        return tuple(piece for piece in self.pieces if piece.kind != "new")

    @property
    def new(self) -> tuple[Piece, ...]:
        """The sentence after."""
        return tuple(piece for piece in self.pieces if piece.kind != "old")


def diff_sentences(old: str, new: str, limit: int) -> SentenceDiff:
    """Return the changed words between `old` and `new`; a long unchanged run is cut in its middle."""
    pieces = word_pieces(single_line(old, _LONGEST_READ), single_line(new, _LONGEST_READ))
    return SentenceDiff(pieces=bounded(pieces, limit), inline=reads_inline(pieces))


def bounded(pieces: tuple[Piece, ...], limit: int) -> tuple[Piece, ...]:
    """Cut the long runs of a diff in their middles, so that it has about `limit` characters."""
    if sum(len(piece.text) for piece in pieces) <= limit:
        return pieces
    share = max(60, limit // min(len(pieces), limit // 60))
    most = max(1, limit // share)
    first_change = next((at for at, piece in enumerate(pieces) if piece.kind != "same"), 0)
    window = pieces[max(0, first_change - 1) :][:most]
    return tuple(Piece(piece.kind, _middle_cut(piece.text, share)) for piece in window)


def _middle_cut(text: str, limit: int) -> str:
    half = limit // 2
    return text if len(text) <= limit else f"{text[:half]} … {text[-half + 3 :]}"


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
