"""The differing blocks of two texts → the same blocks without the rows and parameters that both have."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from watcher.parse.figures import goes_with_picture
from watcher.parse.plain import name_of
from watcher.parse.spans import closed_spans
from watcher.parse.split import Block

_LONG_BOX = 700  # characters of a template
_LONG = 1_500  # characters of a table that is worth thinning
_TABLE = re.compile(r"^[ \t:]*\{\|", re.MULTILINE)
_ROW = re.compile(r"\n[ \t]*\|(?:-|\}(?!\}))")
_ROWSPAN = re.compile(r"rowspan\s*+=\s*+(?:[\"']\s*+)?(\d{1,9})", re.IGNORECASE)
_TEMPLATE = re.compile(r"\{\{([^{}|\[\]<>]++)(?=\||<!--)")
_BAR = re.compile(r"\|")
_NAMED = re.compile(r"\|\s*+([^=|{}\[\]<>\n]++)\s*+=")
_CELL = re.compile(r"\n[ \t]*\|(?!-)|^[ \t]*\|(?!-)")


_Key = tuple[tuple[str, ...], str, str]


@dataclass(frozen=True, slots=True)
class _Row:
    """A row or parameter of a block: where it stands in it, and what makes it equal to one of the other side."""

    start: int
    end: int
    key: _Key


def thinned(mine: Sequence[Block], theirs: Sequence[Block]) -> tuple[list[Block], list[Block]]:
    """The blocks of both sides, equal rows of tables and parameters of boxes made blank: parsing costs what differs.

    Places stay what they are. Rows that lend others their labels (heads, rows that reach into the next ones) stay, and
    so do parameters that may belong to a picture.
    """
    left, right = _all_rows(mine), _all_rows(theirs)
    if not any(left) or not any(right):
        return list(mine), list(theirs)
    both = Counter(row.key for rows in left for row in rows) & Counter(row.key for rows in right for row in rows)
    return _blanked(mine, left, both), _blanked(theirs, right, both)


def _all_rows(blocks: Sequence[Block]) -> list[tuple[_Row, ...]]:
    """What may be left out of each block; two boxes of one name in a section are told apart by their order."""
    boxes: Counter[tuple[tuple[str, ...], str]] = Counter()
    found = []
    for block in blocks:
        opening = _TEMPLATE.match(block.text) if len(block.text) >= _LONG_BOX else None
        if opening is None or _TABLE.search(block.text):
            found.append(tuple(_rows(block)))
            continue
        box = block.path, name_of(opening[1])
        boxes[box] += 1
        found.append(tuple(_parameters(block, opening.end(), f"{box[1]} {boxes[box]}")))
    return found


def _parameters(block: Block, begin: int, box: str) -> Iterator[_Row]:
    """The named parameters of a template that is all of a block, those of pictures left aside."""
    text = block.text
    if closed_spans(text)[:1] != [(0, len(text))]:
        return
    end = len(text) - len("}}")
    cuts = [*_outside(_BAR, text[begin:end], begin), end]
    named = [(start, stop, found) for start, stop in pairwise(cuts) if (found := _NAMED.match(text, start, stop))]
    often = Counter(found[1].rstrip() for _, _, found in named)
    for start, stop, found in named:
        name = found[1].rstrip()
        if often[name] == 1 and not goes_with_picture(name, text[found.end() : stop]):
            yield _Row(start, stop, (block.path, box, text[start:stop].strip()))


def _outside(mark: re.Pattern[str], inside: str, begin: int) -> Iterator[int]:
    """Where a mark stands in a text that begins at `begin`, outside of all that encloses."""
    spans = iter(closed_spans(inside))
    span = next(spans, None)
    for found in mark.finditer(inside):
        while span and span[1] <= found.start():
            span = next(spans, None)
        if not (span and found.start() >= span[0]):
            yield begin + found.start()


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
    for start in _outside(_ROW, text[begin:], begin):
        yield start
        if text.startswith("}", text.find("|", start) + 1):
            return
    yield len(text)


def _is_head(row: str) -> bool:
    """Whether a row has header cells only."""
    after = row.find("\n", 1)
    return after < 0 or _CELL.search(row, after) is None


def _blanked(blocks: Sequence[Block], rows: Sequence[Sequence[_Row]], both: Counter[_Key]) -> list[Block]:
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
