"""Pair the rows and columns of tables by their names and order: which are new, which are gone, which were renamed."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from difflib import SequenceMatcher

from watcher.model import Sentence, TextKind

_BESIDE = " × "  # between the names of row and column in a label
_MOST_NAMES = 3_000  # rows of a section; past it their order is not looked at

_Path = tuple[str, ...]
_Cells = Mapping[str, Mapping[str, str]]


def place_of(label: str) -> tuple[str, str]:
    """Return the names of the row and the column of a cell; a cell that names its row has none of its own.

    >>> place_of("Ardal × Goals"), place_of("Club")
    (('Ardal', 'Goals'), ('', 'Club'))
    """
    row, beside, column = label.rpartition(_BESIDE)
    return (row, column) if beside else ("", label)


@dataclass(slots=True)
class _Names:
    """The rows and columns of a section, in order, each with its cells."""

    rows: dict[str, dict[str, str]] = field(default_factory=lambda: defaultdict(dict))
    columns: dict[str, dict[str, str]] = field(default_factory=lambda: defaultdict(dict))


class TableHeadings:
    """What became of the rows and columns of all tables."""

    def __init__(self, old: Sequence[Sentence], new: Sequence[Sentence], paths: Mapping[_Path, _Path]) -> None:
        before = _names((paths.get(item.location.section), item) for item in old if item.where is TextKind.TABLE)
        after = _names((item.location.section, item) for item in new if item.where is TextKind.TABLE)
        self._gone: set[tuple[_Path, int, str]] = set()
        self._come: set[tuple[_Path, int, str]] = set()
        self._renamed: dict[tuple[_Path, int, str], str] = {}
        for path in before.keys() & after.keys():
            self._pair(path, 0, before[path].rows, after[path].rows)
            self._pair(path, 1, before[path].columns, after[path].columns)

    def _pair(self, path: _Path, axis: int, old: _Cells, new: _Cells) -> None:
        if max(len(old), len(new)) > _MOST_NAMES or [*old] == [*new]:
            return
        own, other = [*old], [*new]
        for tag, i, i_end, j, j_end in SequenceMatcher(None, own, other, autojunk=False).get_opcodes():
            # A name on either side moved: its row or column is the same in another place.
            gone = [name for name in own[i:i_end] if name not in new]
            come = [name for name in other[j:j_end] if name not in old]
            if tag == "replace" and len(gone) == len(come):
                for name, successor in zip(gone, come, strict=True):
                    if axis or _agree(old[name], new[successor]):
                        self._renamed[path, axis, name] = successor
                    else:
                        self._gone.add((path, axis, name))
                        self._come.add((path, axis, successor))
            elif tag != "replace" or not gone or not come:
                self._gone.update((path, axis, name) for name in gone)
                self._come.update((path, axis, name) for name in come)

    def renamed(self, sentence: Sentence, path: _Path | None) -> str | None:
        """Return the label that a cell of the old text has in the new one, where its row or column was renamed."""
        if not self._renamed or path is None or sentence.where is not TextKind.TABLE:
            return None
        names = place_of(sentence.label)
        now = [self._renamed.get((path, axis, name), name) for axis, name in enumerate(names)]
        return None if now == [*names] else _BESIDE.join(filter(None, now))

    def are_apart(self, old: Sentence, new: Sentence, path: _Path | None) -> bool:
        """Return whether the row or column of either cell is none of the other text."""
        if not (self._gone or self._come):
            return False
        left, right = _named(old), _named(new)
        return any(
            (path, axis, left[axis]) in self._gone or (new.location.section, axis, right[axis]) in self._come
            for axis in (0, 1)
        )


def _names(sentences: Iterable[tuple[_Path | None, Sentence]]) -> dict[_Path, _Names]:
    result: dict[_Path, _Names] = defaultdict(_Names)
    for path, sentence in sentences:
        row, column = place_of(sentence.label)
        if path is not None and row:
            result[path].rows[row][column] = result[path].columns[column][row] = sentence.text
    return result


def _named(sentence: Sentence) -> tuple[str, str]:
    """Return the row and column of a cell; a head, or a cell that names its row, is itself the name of one."""
    row, column = place_of(sentence.label)
    return (row, column) if row else (sentence.text, sentence.text)


def _agree(old: Mapping[str, str], new: Mapping[str, str]) -> bool:
    """Return whether two rows have half of their cells in common, or have words only, which are compared as such."""
    if not any(character.isdigit() for text in old.values() for character in text):
        return True
    return 2 * sum(new.get(column) == text for column, text in old.items()) >= max(len(old), len(new))
