"""Render a table as a sentence for each cell, labelled with its row and column headers."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from mwparserfromhell.nodes import Node, Tag
from mwparserfromhell.wikicode import Wikicode

from watcher.model import TextKind
from watcher.model.elements import TABLE_CAPTION
from watcher.parse.render.passages import Passage
from watcher.parse.render.renderer import Renderer
from watcher.parse.visibility import is_hidden_by
from watcher.parse.wikitext.sanitizer import parse_tree

_WIDEST = 1000  # columns that HTML allows to a cell
_LONGEST_LABEL = 120
_NUMBER = re.compile(r"\d+")
_BOLD = re.compile(r"\s*+'''(?!')[^']++'''\s*+")
# A rank, or the code of a result in its place: did not start or finish, retired, withdrawn, not classified.
_RANK = re.compile(
    r"[=T#]?(?!(?:1[5-9]|20)\d\d(?!\d))\d{1,4}(?:st|nd|rd|th)?[.)=]?|ret|dn[sfq]|dnpq|dsq|dq|wd|nc|ab|ex", re.IGNORECASE
)
_YEAR = re.compile(r"(?<!\d)(?:1[5-9]|20)\d\d(?!\d)")


@dataclass(slots=True, eq=False)
class _Cell:
    text: str
    header: bool
    columns: int
    rows: int
    passages: list[Passage]
    bold: bool = False
    column: int = 0
    head: str = ""  # the headers above it
    further_heads: tuple[str, ...] = ()  # of the other columns that it spans
    head_keys: tuple[str, ...] = ()  # of the references in these

    @property
    def is_rank(self) -> bool:
        """Return whether the cell is a rank, which moves to another row when the order changes."""
        return _RANK.fullmatch(self.text) is not None

    @property
    def is_name(self) -> bool:
        """Return whether the cell has words: no number, with or without a unit, and no date."""
        first = next(filter(str.isalnum, self.text), "")
        return first.isalpha() and not _YEAR.search(self.text)

    @property
    def keys(self) -> tuple[str, ...]:
        """Return the keys of the references in the cell."""
        return tuple(key for passage in self.passages for key in passage.keys)


@dataclass(slots=True)
class _Grid:
    """The column headers, spans and rows of a table while it is read from top to bottom."""

    columns: dict[int, list[str]] = field(default_factory=dict)
    keys: dict[int, list[str]] = field(default_factory=dict)
    caption: list[str] = field(default_factory=list)
    # The cells of each row of values, and all cells in it from left to right, with those that span it from above.
    rows: list[tuple[list[_Cell], list[_Cell]]] = field(default_factory=list)
    spans: dict[int, tuple[int, _Cell]] = field(default_factory=dict)
    in_head: bool = True
    slots: int = 200_000  # a hostile table may ask for the widest cells in every row

    def above(self, column: int) -> str:
        return " / ".join(dict.fromkeys(filter(None, self.columns.get(column, ()))))

    def assign_columns(self, cells: list[_Cell]) -> list[_Cell]:
        """Assign each cell its column, and return the cells that span this row from above."""
        column = 0
        above: dict[int, _Cell] = {}
        spans = {at: (rows - 1, cell) for at, (rows, cell) in self.spans.items() if rows > 1}
        for _, cell in self.spans.values():
            above.setdefault(id(cell), cell)
        taken = self.spans
        for cell in cells:
            # HTML, "Forming a table": a cell takes the first column that no cell from above still spans.
            while column in taken and column < _WIDEST:
                column += 1
            cell.column = column
            if self.slots <= 0:
                cell.columns = cell.rows = 1
            self.slots -= cell.columns
            if cell.rows > 1:
                spans.update((column + at, (cell.rows - 1, cell)) for at in range(cell.columns))
            column += cell.columns
        self.slots -= len(taken)
        self.spans = spans if self.slots > 0 else {}
        return list(above.values())


def read_table(reader: Renderer, node: Tag) -> None:
    """Read a wikitable or HTML table: its caption, its rows, and anything between them."""
    if is_hidden(node):
        return
    span = reader.offset, reader.stop
    reader.start_passage()
    grid = _Grid()
    if node.contents is not None:
        _read_rows(reader, node, grid)
    # The names of its row and column label a cell; the references of row, column and caption support it.
    of_rows = [{cell.column: cell for cell in reversed(everything)} for _, everything in grid.rows]
    column_of_names = _naming_column(of_rows)
    for (cells, everything), of_row in zip(grid.rows, of_rows, strict=True):
        first = of_row.get(column_of_names)
        first = first if first and first.text else None
        named = [cell for cell in everything if cell.header]
        # A rank does not name a row: another row may have it after the next round.
        if not named or (first and all(cell.is_rank for cell in named)):
            named = [first or everything[0]] if len(everything) > 1 else []
        name = " / ".join(filter(None, (cell.text for cell in named)))
        of_row_keys = tuple(key for cell in everything if cell in named or not cell.text for key in cell.keys)
        # The labels that a cell has in the rows below its own, and in the other columns that it spans
        for cell in everything:
            heads = (*(() if cell in cells else (cell.head,)), *(cell.further_heads if len(everything) > 1 else ()))
            for passage in cell.passages if cell not in named else ():
                passage.spanned += tuple(_joined(name, head) for head in heads)
        for cell in cells:
            _label(cell, "" if cell.header or cell in named else name, cell.head)
            for passage in cell.passages:
                passage.support = (*of_row_keys, *cell.head_keys, *grid.caption)
    reader.offset, reader.stop = span
    reader.start_passage()


def _read_rows(reader: Renderer, group: Any, grid: _Grid) -> None:
    loose: list[_Cell] = []
    for inner, kind in _parts(reader, group):
        if kind == "tr":
            _row(grid, loose)
            loose = []
            _row(grid, [cell for item, kind in _parts(reader, inner) for cell in _read_inner(reader, item, kind, grid)])
        elif kind in ("thead", "tbody", "tfoot"):
            _read_rows(reader, inner, grid)
        else:
            loose += _read_inner(reader, inner, kind, grid)
    _row(grid, loose)


def _parts(reader: Renderer, outer: Any) -> Iterator[tuple[Any, str]]:
    """Yield the nodes inside a table, row group or row with their kind, and move the reader's position along.

    The kind of a node without content is empty. In a nested table, the position remains that of the whole table.
    """
    nodes = outer.contents.nodes
    if reader.depth > 1:
        yield from ((node, _kind(node)) for node in nodes if not is_hidden(node))
        return
    span = reader.offset, reader.stop
    sizes = [len(str(node)) for node in nodes]
    closing = outer.closing_wiki_markup or "" if outer.wiki_markup else f"</{outer.closing_tag}>"
    at = reader.stop - len(closing) - sum(sizes)
    for node, size in zip(nodes, sizes, strict=True):
        reader.offset, reader.stop = at, at + size
        at = reader.stop
        if not is_hidden(node):
            yield node, _kind(node)
    reader.offset, reader.stop = span


def is_hidden(node: Node) -> bool:
    """Return whether a style hides a wikitext table, row or cell; hidden HTML tags are blanked before parsing."""
    if not isinstance(node, Tag) or not node.wiki_markup or not node.attributes:
        return False
    return is_hidden_by("".join(map(str, node.attributes)))


def _kind(node: Node) -> str:
    if not isinstance(node, Tag) or node.contents is None:
        return ""
    name = str(node.tag).strip().lower()
    # The parser reads "|+ caption" (Help:Tables) as a cell; "+" then begins its attributes or its text.
    begun = [*node.attributes, *node.contents.nodes][:1] if name == "td" and node.wiki_markup == "|" else []
    return "caption" if begun and str(begun[0]).startswith("+") else name


def _read_inner(reader: Renderer, node: Any, kind: str, grid: _Grid) -> list[_Cell]:
    if kind in ("td", "th"):
        contents = node.contents
        # Parser (handleTables): text with a link is not read as attributes, but shown with the bar after it.
        if node.wiki_markup and re.search(r"\[\[|［［", attributes := "".join(map(str, node.attributes))):
            contents = Wikicode([*parse_tree(f"{attributes}|").nodes, *contents.nodes])
        passages = reader.read_detached(contents, TextKind.TABLE, "")
        text = " ".join(filter(None, (passage.words() for passage in passages if passage.where is TextKind.TABLE)))
        columns, rows = _span(node, "colspan"), _span(node, "rowspan")
        cell = _Cell(text=text[:_LONGEST_LABEL], header=kind == "th", columns=columns, rows=rows, passages=passages)
        cell.bold = cell.header or _BOLD.fullmatch(str(node.contents)) is not None
        return [cell]
    if kind == "caption":
        passages = reader.read_detached(node.contents, TextKind.CAPTION, TABLE_CAPTION)
        first = next((passage for passage in passages if passage.parts), None)
        if first is not None and node.wiki_markup:
            first.parts[0] = first.parts[0].removeprefix("+")
        grid.caption += (key for passage in passages for key in passage.keys)
    elif not str(node).isspace():
        # Only templates, comments and line ends are usual between cells; words there are shown above the table.
        reader.read_detached(Wikicode([node]), TextKind.TABLE, "")
    return []


def _span(node: Tag, requested: str) -> int:
    for attribute in node.attributes:
        if str(attribute.name).strip().lower() == requested:
            match = _NUMBER.search(str(attribute.value))
            return max(1, min(int(match[0][:5]), _WIDEST)) if match else 1  # five digits: int() of a megabyte is slow
    return 1


def _row(grid: _Grid, cells: list[_Cell]) -> None:
    """Add a row to the grid, as values or as column headers."""
    if not cells:
        return
    spanning = grid.assign_columns(cells)
    if not grid.rows and grid.in_head and len(cells) > 1 and all(cell.bold for cell in cells):
        for cell in cells:  # headers of early tables, from before wikitext had a sign for them
            cell.header = True
    if not all(cell.header for cell in cells) or (len(cells) == 1 and not grid.in_head):
        grid.in_head = False
        for cell in cells:
            cell.head, cell.head_keys = grid.above(cell.column), tuple(grid.keys.get(cell.column, ()))
            spanned = range(cell.column + 1, min(cell.column + cell.columns, max(grid.columns, default=0) + 1))
            cell.further_heads = tuple(dict.fromkeys(head for at in spanned if (head := grid.above(at)) != cell.head))
        grid.rows.append((cells, sorted((*spanning, *cells), key=lambda cell: cell.column)))
        return
    # A row of only headers may state numbers, labelled by the first words in it and the header above.
    row = next((cell.text for cell in cells if cell.text and not cell.text[:1].isdigit()), "")
    stated = [(cell, grid.above(cell.column)) for cell in cells if cell.text[:1].isdigit()]
    of_row = tuple(key for cell in cells if cell.text == row or not cell.text for key in cell.keys)
    for cell, column in stated:
        if row or column:
            _label(cell, row, column)
        for passage in cell.passages:
            passage.support = (*of_row, *grid.keys.get(cell.column, ()), *grid.caption)
    if not grid.in_head:
        # A second row of headers applies to the rows below it.
        grid.columns.clear()
        grid.keys.clear()
        grid.in_head = True
    for cell in cells:
        _label(cell, "", "header")
        for at in range(cell.column, cell.column + cell.columns):
            grid.columns.setdefault(at, []).append(cell.text)
            grid.keys.setdefault(at, []).extend(cell.keys)


def _naming_column(rows: Sequence[dict[int, _Cell]]) -> int:
    """Return the column that names the rows: the first or, if that has ranks, the first of words that rarely repeat.

    The form of most cells decides, as rows that both texts share have been left out.
    """
    columns: dict[int, list[_Cell]] = {}
    for row in rows:
        for column, cell in row.items():
            if cell.text:
                columns.setdefault(column, []).append(cell)
    first = min(columns, default=0)
    if 2 * sum(cell.is_rank for cell in columns.get(first, ())) <= len(columns.get(first, ())):
        return first
    words = (at for at, cells in sorted(columns.items()) if 2 * sum(cell.is_name for cell in cells) > len(cells))
    return next((at for at in words if len({cell.text for cell in columns[at]}) > 0.8 * len(columns[at])), first)


def _joined(row: str, column: str) -> str:
    return " × ".join(filter(None, (row, column)))[:_LONGEST_LABEL]


def _label(cell: _Cell, row: str, column: str) -> None:
    label = _joined(row, column)
    for passage in cell.passages:
        if passage.where is TextKind.TABLE and not passage.label:
            passage.label = label


# Module:Sports table: `win_ARD` is the cell of the row ARD in the column `win`.
_CELL_NAME = re.compile(r"([a-z]{2,12}(?:_[a-z]{2,12})?)_([A-Z0-9]{2,6})")


def cells_of_rows(names: Iterable[str]) -> dict[str, str]:
    """Return the labels, by name, of the parameters of a box that form the cells of a table; empty if none do."""
    cells = {match[0]: match for name in names if (match := _CELL_NAME.fullmatch(name))}
    is_table = all(len({match[part] for match in cells.values()}) > 1 for part in (1, 2))
    return {name: f"{match[2]} × {match[1]}" for name, match in cells.items()} if is_table else {}
