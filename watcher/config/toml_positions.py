"""Map the path of every TOML key to its line, which `tomllib` does not keep.

The text has been parsed by `tomllib` before, so this scanner only has to locate keys and need not validate anything.
"""

import re
import tomllib
from collections import Counter, deque
from typing import Final

Position = tuple[str | int, ...]

_TOKEN: Final = re.compile(
    r'"""(?:[^\\]|\\.)*?"""(?:"{0,2})' + r"|'''.*?'''(?:'{0,2})" + r'|"(?:[^"\\\n]|\\.)*"' + r"|'[^'\n]*'"
    r"|#[^\n]*|[ \t\r]+|\n|[\[\]{},.=]|[^\s\[\]{},.=#]+",
    re.DOTALL,
)


def line_index(text: str) -> dict[Position, int]:
    r"""Map paths such as `("watch", 0, "title")` to their lines (from 1), including list items and tables.

    >>> line_index('[[watch]]\ntitle = "A"')
    {('watch',): 1, ('watch', 0): 1, ('watch', 0, 'title'): 2}
    """
    return _Scanner(text).lines


def nearest_line(index: dict[Position, int], path: Position) -> int:
    """Return the line of `path`, else that of the closest enclosing table, else 1."""
    return next((index[path[:length]] for length in range(len(path), 0, -1) if path[:length] in index), 1)


class _Scanner:
    """A scanner that reads the lexemes once, each with its line; it skips blanks and comments."""

    def __init__(self, text: str) -> None:
        self.left: deque[tuple[str, int]] = deque()
        self.lines: dict[Position, int] = {}
        self.counts: Counter[Position] = Counter()  # the tables of an array
        line = 1
        for lexeme in _TOKEN.findall(f"{text}\n"):
            if lexeme[0] not in " \t\r#":
                self.left.append((lexeme, line))
            line += lexeme.count("\n")
        table: Position = ()
        while lexeme := self._next(skip_lines=True):
            if lexeme == "[":
                table = self._header()
            else:
                self._pair(table)

    def _next(self, *, skip_lines: bool = False) -> str:
        """Return the next lexeme without consuming it; empty at the end."""
        while skip_lines and self.left and self.left[0][0] == "\n":
            self._take()
        return self.left[0][0] if self.left else ""

    def _take(self) -> str:
        return self.left.popleft()[0]

    def _mark(self, path: Position) -> Position:
        """Record the line of the next lexeme as that of a path, and return the path."""
        self.lines.setdefault(path, self.left[0][1])
        return path

    def _key(self) -> list[str]:
        parts: list[str] = []
        while not parts or self._next() == ".":
            if parts:
                self._take()
            lexeme = self._take()
            parts.append(tomllib.loads(f"key = {lexeme}")["key"] if lexeme[0] in "\"'" else lexeme)
        return parts

    def _header(self) -> Position:
        many = 0
        while self._next() == "[":
            self._take()
            many += 1
        path: Position = ()
        for part in self._key():
            path = (*self._newest(path), part)
        self._mark(path)
        self.counts[path] += many > 1
        path = self._mark(self._newest(path))
        while self._next() == "]":
            self._take()
        return path

    def _newest(self, path: Position) -> Position:
        """Return the path of the newest table if a path is that of an array of tables, else the path itself."""
        return (*path, self.counts[path] - 1) if self.counts[path] else path

    def _pair(self, path: Position) -> None:
        line = self.left[0][1]
        for part in self._key():
            path = (*path, part)
            self.lines.setdefault(path, line)
        self._take()  # the equals sign
        self._value(path)

    def _value(self, path: Position) -> None:
        lexeme = self._next()
        if lexeme in "[{":
            self._take()
            number = 0
            while (member := self._next(skip_lines=True)) not in "]}":
                if member == ",":
                    self._take()
                elif lexeme == "{":
                    self._pair(path)
                else:
                    self._value(self._mark((*path, number)))
                    number += 1
            self._take()
        elif lexeme[0] in "\"'":
            self._take()
        else:
            while self._next() not in "\n,]}":
                self._take()
