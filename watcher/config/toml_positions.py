"""Map the path of every TOML key to its line, which `tomllib` does not keep.

The text has passed `tomllib` before it comes here, so this scanner only has to find its way and need not judge.
"""

from __future__ import annotations

import re
import tomllib
from typing import Final

Position = tuple[str | int, ...]

_TOKEN: Final = re.compile(
    r'"""(?:[^\\]|\\.)*?"""(?:"{0,2})' + r"|'''.*?'''(?:'{0,2})" + r'|"(?:[^"\\\n]|\\.)*"' + r"|'[^'\n]*'"
    r"|#[^\n]*|[ \t\r]+|\n|[\[\]{},.=]|[^\s\[\]{},.=#]+",
    re.DOTALL,
)
_BARE_ENDS: Final = frozenset("\n,]}")


def line_index(text: str) -> dict[Position, int]:
    r"""Lines (from 1) by path: `("watch", 0, "title")`, list items and tables included.

    >>> line_index('[[watch]]\ntitle = "A"')
    {('watch',): 1, ('watch', 0): 1, ('watch', 0, 'title'): 2}
    """
    return _Scanner(text).run()


def nearest_line(index: dict[Position, int], path: Position) -> int:
    """Return the line of `path`, else of the closest table around it, else 1."""
    return next((index[path[:length]] for length in range(len(path), 0, -1) if path[:length] in index), 1)


class _Scanner:
    """Reads the lexemes once; `line` is that of the next one."""

    def __init__(self, text: str) -> None:
        self.lexemes = _TOKEN.findall(f"{text}\n")
        self.at, self.line = 0, 1
        self.lines: dict[Position, int] = {}
        self.counts: dict[Position, int] = {}

    def run(self) -> dict[Position, int]:
        """Read tables and pairs to the end."""
        table: Position = ()
        while self._peek(skip_lines=True):
            if self._peek() == "[":
                table = self._header()
            else:
                self._pair(table)
        return self.lines

    def _peek(self, *, skip_lines: bool = False) -> str:
        """Return the next lexeme that is neither blank nor a comment; empty at the end."""
        while self.at < len(self.lexemes):
            lexeme: str = self.lexemes[self.at]
            if lexeme[0] not in " \t\r#" and not (skip_lines and lexeme == "\n"):
                return lexeme
            self._take()
        return ""

    def _take(self) -> str:
        lexeme: str = self.lexemes[self.at]
        self.at += 1
        self.line += lexeme.count("\n")
        return lexeme

    def _key(self) -> list[str]:
        parts: list[str] = []
        while True:
            lexeme = self._peek()
            self._take()
            parts.append(tomllib.loads(f"key = {lexeme}")["key"] if lexeme[0] in "\"'" else lexeme)
            if self._peek() != ".":
                return parts
            self._take()

    def _header(self) -> Position:
        line, many = self.line, 0
        while self._peek() == "[":
            self._take()
            many += 1
        path: Position = ()
        for part in self._key():
            path = (*self._newest(path), part)
        self.lines.setdefault(path, line)
        if many > 1:
            self.counts[path] = self.counts.get(path, 0) + 1
        path = self._newest(path)
        self.lines.setdefault(path, line)
        while self._peek() == "]":
            self._take()
        return path

    def _newest(self, path: Position) -> Position:
        """Take the name of an array of tables for its newest table."""
        return (*path, self.counts[path] - 1) if path in self.counts else path

    def _pair(self, path: Position) -> None:
        line = self.line
        for part in self._key():
            path = (*path, part)
            self.lines.setdefault(path, line)
        self._peek()
        self._take()  # the equals sign
        self._value(path)

    def _value(self, path: Position) -> None:
        lexeme = self._peek()
        if lexeme[0] in "\"'":
            self._take()
        elif lexeme in "[{":
            self._take()
            self._members(path, "]" if lexeme == "[" else "}")
        else:
            while self._peek() not in _BARE_ENDS:
                self._take()

    def _members(self, path: Position, closer: str) -> None:
        number = 0
        while (lexeme := self._peek(skip_lines=True)) != closer:
            if lexeme == ",":
                self._take()
            elif closer == "}":
                self._pair(path)
            else:
                self.lines.setdefault((*path, number), self.line)
                self._value((*path, number))
                number += 1
        self._take()
