"""Diff two texts by words, in linear time for any texts.

Words are separated by blanks. Han, kana, Thai, Lao, Khmer and Burmese have none, so each of their characters is
compared, together with its marks. URLs and numbers are never split.
"""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_left
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Literal

from rapidfuzz.distance import LCSseq

from watcher.common_ends import common_ends
from watcher.text import single_line

PieceKind = Literal["same", "old", "new"]
Block = tuple[int, int, int, int]
"""`(i1, i2, j1, j2)`: `b[j1:j2]` replaced `a[i1:i2]`."""

UNSPACED = (
    "\u0e01-\u0e30\u0e32\u0e33\u0e3f-\u0e46\u0e81-\u0ec6\u1000-\u103f\u1050-\u109f\u1780-\u17dd\u3005-\u3007\u3041-\u309f\u30a1-\u30fa"
    "\u30fc-\u30ff\u31f0-\u31ff\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
)
# The ranges that contain marks, as `re` does not know Unicode categories.
_MARKED = (range(0x300, 0x1E00), range(0x20D0, 0x2100), range(0x3099, 0x309B), range(0xA66F, 0xAC00))


@cache
def marks() -> str:
    """Return a pattern for the marks (vowels, tones, accents) of the letter before them; building it takes 8 ms."""
    categories = {chr(at): unicodedata.category(chr(at)) for codes in _MARKED for at in codes}
    letters = "".join(letter for letter, category in categories.items() if category in ("Mn", "Mc"))
    return f"[{letters}\u200c\u200d\ufe00-\ufe0f]*"


@cache
def _token() -> re.Pattern[str]:
    return re.compile(
        r"(?:https?|ftps?)://[^\s<>\[\]{}|\"]*(?:[^\s<>\[\]{}|\".,;:!?')]|\([^\s<>\[\]{}|\"()]{0,200}\))"
        r"|\d{1,3}(?:[ \u2009'’]\d{3})+(?![\d.,])|\d+(?:[.,\u00a0\u202f\u2009]\d+)*"
        rf"|[{UNSPACED}]{marks()}|(?:[^\W{UNSPACED}]{marks()})+"
        r"|\s+|\[\[|\]\]|\{\{|\}\}|'{2,5}|.",
        re.DOTALL,
    )


_AFFORDABLE = 250_000  # cells of the comparison matrix of a gap; a larger gap is replaced as a whole
_BARELY_ALIKE = 0.45  # below this, an inline mix of both sentences is harder to read than the two side by side


@dataclass(frozen=True, slots=True)
class Piece:
    """A run of text, and which side has it."""

    kind: PieceKind
    text: str


def tokens(text: str) -> list[str]:
    """Return the words, numbers, URLs, blanks and other characters of a text, which add up to the text."""
    return _token().findall(text)


def word_pieces(old: str, new: str) -> tuple[Piece, ...]:
    """Return the pieces of two sentences, marked as same, old or new, in reading order.

    >>> [(piece.kind, piece.text) for piece in word_pieces("21 million", "25 million")]
    [('old', '21'), ('new', '25'), ('same', ' million')]
    """
    a, b = tokens(old), tokens(new)
    # Blocks that are separated only by blanks are joined: "old words" is one change, not two.
    blocks = _joined(differing_blocks(a, b), lambda last, block: not "".join(a[last[1] : block[0]]).strip())
    pieces: list[tuple[PieceKind, list[str]]] = []
    at = 0
    for i1, i2, j1, j2 in blocks:
        pieces += (("same", a[at:i1]), ("old", a[i1:i2]), ("new", b[j1:j2]))
        at = i2
    return tuple(Piece(kind, "".join(tokens)) for kind, tokens in (*pieces, ("same", a[at:])) if tokens)


def reads_inline(pieces: Sequence[Piece]) -> bool:
    """Return whether old and new share enough to be shown as one sentence with marks."""

    def weight(kind: PieceKind) -> int:
        # A changed URL is one word, however long it is.
        return sum(len(p.text) if " " in p.text else min(len(p.text), 20) for p in pieces if p.kind == kind)

    same = weight("same")
    longer = same + max(weight("old"), weight("new"))
    return longer == 0 or same / longer >= _BARELY_ALIKE


def _joined(blocks: Iterable[Block], touches: Callable[[Block, Block], bool]) -> list[Block]:
    """Return the blocks, with neighbours that touch joined into one."""
    joined: list[Block] = []
    for block in blocks:
        if joined and touches(joined[-1], block):
            last = joined.pop()
            joined.append((last[0], block[1], last[2], block[3]))
        else:
            joined.append(block)
    return joined


def differing_blocks(a: list[str], b: list[str]) -> list[Block]:
    """Return the blocks in which `a` and `b` differ, in order; everything between the blocks is equal.

    Tokens that both sides have once are anchors (patience diff); only the small gaps between them take quadratic time.
    """
    start, equal = common_ends(a, b)
    end_a, end_b = len(a) - equal, len(b) - equal
    once_b = _once(b, start, end_b)
    pairs = [(i, once_b[token]) for token, i in _once(a, start, end_a).items() if token in once_b and token.strip()]
    blocks: list[Block] = []
    i, j = start, start
    for i_anchor, j_anchor in (*rising_chain(pairs), (end_a, end_b)):
        blocks.extend(_gap(a, b, (i, i_anchor, j, j_anchor)))
        i, j = i_anchor + 1, j_anchor + 1
    return _joined(blocks, lambda last, block: last[1] == block[0] and last[3] == block[2])


def rising_chain(pairs: Sequence[tuple[int, int]]) -> Iterator[tuple[int, int]]:
    """Return the longest chain of pairs in which both numbers rise, by patience sorting; the pairs are in order."""
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


def _gap(a: list[str], b: list[str], gap: Block) -> Iterator[Block]:
    i1, i2, j1, j2 = gap
    start, equal = common_ends(a[i1:i2], b[j1:j2])
    i1, i2, j1, j2 = i1 + start, i2 - equal, j1 + start, j2 - equal
    if i1 == i2 and j1 == j2:
        return
    cells = (i2 - i1) * (j2 - j1)
    # If both sides share only blanks, they are different texts, in which only the blanks would match.
    if not cells or cells > _AFFORDABLE or {x for x in a[i1:i2] if not x.isspace()}.isdisjoint(b[j1:j2]):
        yield i1, i2, j1, j2
        return
    for code in LCSseq.opcodes(a[i1:i2], b[j1:j2]):
        if code.tag != "equal":
            yield i1 + code.src_start, i1 + code.src_end, j1 + code.dest_start, j1 + code.dest_end


@dataclass(frozen=True, slots=True, kw_only=True)
class SentenceDiff:
    """Two sentences as pieces; `inline` if they read well as one."""

    pieces: tuple[Piece, ...]
    inline: bool

    @property
    def old(self) -> tuple[Piece, ...]:
        """Return the pieces of the old sentence."""
        return tuple(piece for piece in self.pieces if piece.kind != "new")

    @property
    def new(self) -> tuple[Piece, ...]:
        """Return the pieces of the new sentence."""
        return tuple(piece for piece in self.pieces if piece.kind != "old")


def diff_sentences(old: str, new: str, limit: int) -> SentenceDiff:
    """Return the differences of two sentences; a long run is cut in its middle."""
    pieces = word_pieces(single_line(old, 20_000), single_line(new, 20_000))
    return SentenceDiff(pieces=bounded(pieces, limit), inline=reads_inline(pieces))


def bounded(pieces: tuple[Piece, ...], limit: int) -> tuple[Piece, ...]:
    """Cut the long runs of a diff in their middles, so that it has about `limit` characters."""
    if sum(len(piece.text) for piece in pieces) <= limit:
        return pieces
    share = max(60, limit // min(len(pieces), limit // 60))
    most = max(1, limit // share)
    first_change = next((at for at, piece in enumerate(pieces) if piece.kind != "same"), 0)
    window = pieces[max(0, first_change - 1) :][:most]
    half = share // 2
    return tuple(
        piece if len(piece.text) <= share else Piece(piece.kind, f"{piece.text[:half]} … {piece.text[-half + 3 :]}")
        for piece in window
    )
