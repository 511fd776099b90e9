"""The differing blocks of two texts → the same blocks without the table rows that both have, each in its place."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from watcher.parse.spans import closed_spans
from watcher.parse.split import Block

_LONG = 1_500  # characters of a table that is worth thinning
_TABLE = re.compile(r"^[ \t:]*\{\|", re.MULTILINE)
_ROW = re.compile(r"\n[ \t]*\|(?:-|\}(?!\}))")
_ROWSPAN = re.compile(r"rowspan\s*=\s*[\"']?\s*(\d+)", re.IGNORECASE)
_CELL = re.compile(r"\n[ \t]*\|(?!-)|^[ \t]*\|(?!-)")


@dataclass(frozen=True, slots=True)
class _Row:
    """A row of a block: where it stands in it, and what makes it equal to a row of the other side."""

    start: int
    end: int
    key: tuple[tuple[str, ...], str, str]


def thinned(mine: Sequence[Block], theirs: Sequence[Block]) -> tuple[list[Block], list[Block]]:
    """The blocks of both sides, equal rows of their tables made blank, so that parsing costs what differs.

    Places stay what they are. Rows that lend others their labels (heads, rows that reach into the next ones) stay.
    """
    left = [tuple(_rows(block)) for block in mine]
    right = [tuple(_rows(block)) for block in theirs]
    if not any(left) or not any(right):
        return list(mine), list(theirs)
    both = Counter(row.key for rows in left for row in rows) & Counter(row.key for rows in right for row in rows)
    return _blanked(mine, left, both), _blanked(theirs, right, both)


def _rows(block: Block) -> Iterator[_Row]:
    """The rows of a long table that may be left out: with cells, under a head, reached by no cell from above."""
    text = block.text
    opening = _TABLE.search(text) if len(text) >= _LONG else None
    if opening is None:
        return
    cuts = [*_cuts(text, opening.end())]
    head, reached = "", 0
    for number, (start, end) in enumerate(pairwise(cuts)):
        row = text[start:end]
        spans = max((int(found[:4]) for found in _ROWSPAN.findall(row)), default=1)
        heading = _is_head(row)
        if heading:
            head = row
        last = number + 2 >= len(cuts)
        before_head = not last and _is_head(text[end : cuts[number + 2]])
        if not (heading or reached or spans > 1 or last or before_head):
            yield _Row(start, end, (block.path, head, row))
        reached = max(reached - 1, spans - 1, 0)


def _cuts(text: str, begin: int) -> Iterator[int]:
    """Where the rows of the table begin that was opened before `begin`, nested ones left aside; last where it ends."""
    inside = text[begin:]
    spans = iter(closed_spans(inside))
    span = next(spans, None)
    for row in _ROW.finditer(inside):
        while span and span[1] <= row.start():
            span = next(spans, None)
        if span and row.start() >= span[0]:
            continue
        yield begin + row.start()
        if row[0].endswith("}"):
            return
    yield len(text)


def _is_head(row: str) -> bool:
    """Whether a row has header cells only."""
    after = row.find("\n", 1)
    return after < 0 or _CELL.search(row, after) is None


def _blanked(
    blocks: Sequence[Block], rows: Sequence[Sequence[_Row]], both: Counter[tuple[tuple[str, ...], str, str]]
) -> list[Block]:
    left = both.copy()
    found = []
    for block, mine in zip(blocks, rows, strict=True):
        pieces, at = [], 0
        for row in mine:
            if left[row.key] > 0:
                left[row.key] -= 1
                pieces += [block.text[at : row.start], " " * (row.end - row.start)]
                at = row.end
        found.append(replace(block, text="".join((*pieces, block.text[at:]))) if pieces else block)
    return found
