"""Group the changes of many cells into one edit of their table, such as an update after a round of matches.

A single action of an editor changes many cells: a column is added, a row removed, last year's figures are replaced by
this year's. A cell that does not change as the others of its column is not part of the group.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal

from watcher.diff.align import Aligned
from watcher.diff.headers import row_and_column
from watcher.model import Change, Kind, Location, Sentence, SourceChange, Statistic, TextKind
from watcher.model.changes import HEADER, TableEdit
from watcher.model.elements import TABLE_CAPTION
from watcher.model.vocabulary import TableAct

_START = re.compile(r"^[ \t:*#;]*\{\||<table\b|^\{\{#invoke:", re.MULTILINE | re.IGNORECASE)
_NEXT_ROW = re.compile(r"^[ \t]*\|-|<tr\b", re.MULTILINE | re.IGNORECASE)
_END = re.compile(r"^[ \t]*\|\}(?!\})|</table\b[^<>]*>", re.MULTILINE | re.IGNORECASE)
_HEADING = re.compile(r"^==", re.MULTILINE)
_YEAR = re.compile(r"(?<!\d)(?:1[5-9]|20)\d\d(?!\d)")
_MIN_VALUES = 3  # cells; fewer are not grouped
_RARE_STEP = 4  # a step is an outlier if at most one in so many cells of the column changes in its direction
_SAME_FACTOR = Decimal("1.1")  # quotients of rounded values with one common factor differ by no more


@dataclass(slots=True)
class _TableSide:
    """The names of a table's rows and columns in one text, in order, and its caption."""

    columns: dict[str, None] = field(default_factory=dict)
    rows: dict[str, None] = field(default_factory=dict)
    caption: str = ""

    def add(self, sentence: Sentence) -> None:
        """Add the names or the caption that a cell, header or caption gives."""
        if sentence.label == TABLE_CAPTION:
            self.caption = sentence.text
        elif sentence.where is TextKind.TABLE:
            row, column = row_and_column(sentence.label)
            if row:
                self.rows[row] = self.columns[column] = None


def mark_table_edits(changes: Sequence[Change], rows: Sequence[Aligned], texts: tuple[str, str]) -> tuple[Change, ...]:
    """Return the changes, those of cells that belong to one edit of a table with that edit in `part_of`."""
    cells = [change for change in changes if change.where is TextKind.TABLE or change.label == TABLE_CAPTION]
    if len(cells) < 2:  # noqa: PLR2004  an act has several parts
        return tuple(changes)
    tables = _Tables(rows, texts)
    by_table: dict[tuple[int, int], list[Change]] = defaultdict(list)
    for change in cells:
        by_table[tables.key(change.location.start, is_old=change.new_sentence is None)].append(change)
    dated = [change for change in changes if change.where is TextKind.PROSE and _is_dated(change)]
    marked: dict[int, Change] = {}
    for key, own in by_table.items():
        for edit, parts in _Table(key, *tables.sides(key), tables.rows(key)).edits(own):
            marked |= {id(part): replace(part, part_of=edit) for part in parts}
            if edit.act is TableAct.UPDATED:
                adjacent = [change for change in dated if tables.is_adjacent(change.location, key)]
                # The dates in and beside an updated table belong to its update, and have the source of its values.
                source = SourceChange.CHANGED if all(map(_is_sourced, parts)) else None
                for change in (*adjacent, *filter(_is_dated, own)):
                    marked[id(change)] = replace(change, part_of=edit, source=source or change.source)
    return tuple(marked.get(id(change), change) for change in changes)


class _Tables:
    """The tables of two texts; the key of a table is its number in the old and in the new text."""

    def __init__(self, rows: Sequence[Aligned], texts: tuple[str, str]) -> None:
        self._texts = texts
        self._starts = [[match.start() for match in _START.finditer(text)] for text in texts]
        self._sides: dict[tuple[int, int], tuple[_TableSide, _TableSide]] = {}
        self._of: tuple[dict[int, tuple[int, int]], dict[int, tuple[int, int]]] = {}, {}
        for row in rows:
            if row.old and row.new and _is_of_table(row.new[0]) and _is_of_table(row.old[0]):
                key = self._start(row.old[0].location.start, 0), self._start(row.new[0].location.start, 1)
                self._of[0].setdefault(key[0], key)
                self._of[1].setdefault(key[1], key)
        old, new = ((item for row in rows for item in row.old), (item for row in rows for item in row.new))
        for side, sentences in enumerate((old, new)):
            for sentence in sorted(filter(_is_of_table, sentences), key=lambda item: item.location.start):
                key = self.key(sentence.location.start, is_old=not side)
                self._sides.setdefault(key, (_TableSide(), _TableSide()))[side].add(sentence)

    def _start(self, at: int, side: int) -> int:
        return bisect_right(self._starts[side], at)

    def key(self, at: int, *, is_old: bool) -> tuple[int, int]:
        """Return the key of the table at a position of the old or new text; 0 stands for a text without that table."""
        number = self._start(at, not is_old)
        return self._of[not is_old].get(number, (number, 0) if is_old else (0, number))

    def sides(self, key: tuple[int, int]) -> tuple[_TableSide, _TableSide]:
        """Return the old and new side of a table."""
        return self._sides.get(key, (_TableSide(), _TableSide()))

    def _span(self, key: tuple[int, int]) -> tuple[int, int] | None:
        """Return start and end of a table in the new text, None if it is not there."""
        text, starts = self._texts[1], self._starts[1]
        if not 0 < key[1] <= len(starts):
            return None
        match = _END.search(text, starts[key[1] - 1])
        last = starts[key[1]] if key[1] < len(starts) else len(text)
        return starts[key[1] - 1], min(last, match.end()) if match else last

    def rows(self, key: tuple[int, int]) -> int:
        """Return the number of rows of a table in the new text, including unchanged ones."""
        span = self._span(key)
        return (span and len(_NEXT_ROW.findall(self._texts[1], *span))) or len(self.sides(key)[1].rows)

    def is_adjacent(self, location: Location, key: tuple[int, int]) -> bool:
        """Return whether a sentence of the new text is in the paragraph directly before or after a table."""
        span = self._span(key)
        if span is None:
            return False
        text = self._texts[1]
        gap = text[location.end : span[0]] if location.end <= span[0] else text[span[1] : location.start]
        return "\n\n" not in gap.strip() and not _HEADING.search(gap)


def _is_of_table(sentence: Sentence) -> bool:
    return sentence.where is TextKind.TABLE or sentence.label == TABLE_CAPTION


@dataclass(slots=True)
class _Table:
    """A table before and after an edit; `length` is the number of its rows."""

    key: tuple[int, int]
    old: _TableSide
    new: _TableSide
    length: int

    def edits(self, changes: Sequence[Change]) -> Iterator[tuple[TableEdit, Sequence[Change]]]:
        """Yield the edits of the table, each with its changes."""
        for is_removal, acts in (
            (True, (TableAct.COLUMNS_REMOVED, TableAct.ROWS_REMOVED)),
            (False, (TableAct.COLUMNS_ADDED, TableAct.ROWS_ADDED)),
        ):
            own, other = (self.old, self.new) if is_removal else (self.new, self.old)
            one_sided = [
                change
                for change in changes
                if (change.new_sentence is None) is is_removal and (change.old_sentence is None) is not is_removal
            ]
            # Only a part of a very large table is compared, so the cell with the name must be among the changes.
            named = {each.old_sentence or each.new_sentence for each in one_sided if not row_and_column(each.label)[0]}
            for act, names, known in zip(acts, (own.columns, own.rows), (other.columns, other.rows), strict=True):
                affected = [name for name in names if name not in known and not named.isdisjoint(name.split(" / "))]
                yield from self._rows_or_columns_edit(one_sided, affected, act)
        values = [change for change in changes if _is_value(change)]
        moves = self._moves(values)
        moved = {*map(id, moves)}
        parts, is_round = self._updated_together([change for change in values if id(change) not in moved])
        if len(parts) >= _MIN_VALUES:
            parts = [*moves, *parts]
            names = dict.fromkeys(row_and_column(change.label)[1] for change in parts)
            yield self._edit(TableAct.UPDATED, names, is_round=is_round), parts
        elif moves:
            rows = [f"{row_and_column(each.label)[0]} {each.old_sentence} → {each.new_sentence}" for each in moves]
            yield self._edit(TableAct.REORDERED, rows), moves

    def _moves(self, values: Iterable[Change]) -> list[Change]:
        """Return the changes of columns that number the rows, if the order or number of the rows changed."""
        by_column: dict[str, list[Change]] = defaultdict(list)
        for change in values:
            by_column[row_and_column(change.label)[1]].append(change)
        common = [row for row in self.old.rows if row in self.new.rows]
        if common == [row for row in self.new.rows if row in self.old.rows] and len(self.old.rows) == len(
            self.new.rows
        ):
            return []
        moves: list[Change] = []
        for own in by_column.values():
            numbers = []
            for at, side in enumerate((self.old, self.new)):
                order = {row: position for position, row in enumerate(side.rows)}
                ordered = sorted(own, key=lambda change: order.get(row_and_column(change.label)[0], -1))
                numbers.append([_values(change)[at] for change in ordered])
            # Ranks are at most the number of rows; other increasing numbers, such as distances, are values.
            ranks = {rank for side in numbers for rank in side}
            if len(own) > 1 and all(side == sorted({*side}) for side in numbers) and ranks <= {*range(self.length + 2)}:
                moves += own
        return moves

    def _edit(self, act: TableAct, names: Iterable[str], *, is_round: bool = False) -> TableEdit:
        caption = self.new.caption or self.old.caption
        return TableEdit(act=act, table=self.key, names=tuple(names), caption=caption, is_round=is_round)

    def _rows_or_columns_edit(
        self, one_sided: Sequence[Change], names: Sequence[str], act: TableAct
    ) -> Iterator[tuple[TableEdit, Sequence[Change]]]:
        """Yield the edit that added or removed the rows or columns `names`, with the changes of their cells."""
        of_rows = act in (TableAct.ROWS_ADDED, TableAct.ROWS_REMOVED)
        if not names:
            return
        known = {*names} if of_rows else {*names, *(part for name in names for part in name.split(" / "))}
        other = self.new if act is TableAct.ROWS_REMOVED else self.old
        is_whole = of_rows and not other.rows
        parts = []
        for change in one_sided:
            # A header, and a cell that names its row, is identified by its own text.
            row, column = row_and_column(change.label)
            name = (row if of_rows else column) if row else change.old_sentence or change.new_sentence
            if is_whole or name in known:
                parts.append(change)
        if parts:
            yield self._edit(act, names), parts

    def _updated_together(self, changes: Sequence[Change]) -> tuple[list[Change], bool]:
        """Return the values that changed together, without outliers, and whether they are the updates of a round.

        In a round, each column changes one way and by small steps, in at least half of the rows. After a single match
        all values of two rows rise. A value with a new source is no outlier; a column with negative values, such as a
        goal difference, may change both ways.
        """
        by_column: dict[str, list[Change]] = defaultdict(list)
        for change in changes:
            by_column[row_and_column(change.label)[1]].append(change)
        parts, is_even, is_rising = list[Change](), True, True
        for own in by_column.values():
            steps = Counter(map(_step, own))
            is_signed = any(value < 0 for change in own for value in _values(change))
            kept = own if is_signed else [each for each in own if _is_sourced(each) or not _is_outlier(each, steps)]
            is_even = is_even and (is_signed or len({_step(change) > 0 for change in kept}) <= 1)
            is_rising = is_rising and (is_signed or all(_step(change) > 0 for change in kept))
            # A round adds at most half of the old value, or ten: at the start of a season the values are zero.
            is_small = all(abs(_step(each)) <= max(Decimal(10), abs(_values(each)[0]) / 2) for each in kept)
            is_even = is_even and is_small and not _have_another_unit(kept)
            parts += kept
        rows = Counter(row_and_column(change.label)[0] for change in parts)
        is_match = is_rising and len(rows) > 1 and min(rows.values()) > 1
        return parts, is_even and (is_match or (len(rows) >= _MIN_VALUES and 2 * len(rows) >= self.length))


def _is_outlier(change: Change, steps: Counter[Decimal]) -> bool:
    """Return whether a value changed in a rare direction, or is the only one of its column with a different step."""
    step, count = _step(change), steps.total()
    if count <= _MIN_VALUES:
        return False
    if _RARE_STEP * sum(cells for other, cells in steps.items() if (other > 0) is (step > 0)) <= count:
        return True
    return len(steps) == 2 and steps[step] == 1  # noqa: PLR2004  this step and that of all others


def _is_value(change: Change) -> bool:
    """Return whether the value of a cell's statistic is all that changed."""
    if change.kind is not Kind.STATISTIC_CHANGED or change.is_pinned or not row_and_column(change.label)[0]:
        return False
    old, new = change.old, change.new
    assert isinstance(old, Statistic)
    assert isinstance(new, Statistic)
    return [item.name for item in change.fields] == ["value"] and None not in (old.quantity.value, new.quantity.value)


def _is_sourced(change: Change) -> bool:
    return change.source in (SourceChange.CHANGED, SourceChange.ADDED)


def _values(change: Change) -> tuple[Decimal, Decimal]:
    old, new = change.old, change.new
    assert isinstance(old, Statistic)
    assert isinstance(new, Statistic)
    return old.quantity.value or Decimal(), new.quantity.value or Decimal()


def _step(change: Change) -> Decimal:
    old, new = _values(change)
    return new - old


def _have_another_unit(changes: Sequence[Change]) -> bool:
    """Return whether all values changed by one factor, as for another unit or base; a round adds to them instead."""
    factors = [new / old for old, new in map(_values, changes) if old]
    if len(factors) < _MIN_VALUES or len({*map(_step, changes)}) < _MIN_VALUES:
        return False
    low, high = min(factors), max(factors)
    return high <= low * _SAME_FACTOR and not 1 / _SAME_FACTOR <= low <= _SAME_FACTOR


def _is_dated(change: Change) -> bool:
    """Return whether only the date in a sentence, header or caption changed."""
    return change.kind is Kind.CLAIM_CHANGED and all(
        field.name == "date"
        or (field.name == HEADER and _YEAR.sub("", field.old or "") == _YEAR.sub("", field.new or ""))
        for field in change.fields
    )
