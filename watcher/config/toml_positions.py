"""Map the path of every TOML key to its line.

`tomllib` keeps no positions. The text has passed `tomllib` before it comes here, so this scanner only
has to find its way (strings, comments, brackets) and need not judge.
"""

from __future__ import annotations

import re
from bisect import bisect_right

Position = tuple[str | int, ...]

_BLANK = re.compile(r"(?:[ \t\r\n]|#[^\n]*)*")
_SPACE = re.compile(r"[ \t]*")
_BARE_KEY = re.compile(r"[A-Za-z0-9_-]+")
_BARE_VALUE = re.compile(r"[^,\]}\n#]*")
_STRINGS = {
    '"""': re.compile(r'"""(?:[^\\]|\\.)*?"""(?:"{0,2})', re.DOTALL),
    "'''": re.compile(r"'''.*?'''(?:'{0,2})", re.DOTALL),
    '"': re.compile(r'"(?:[^"\\\n]|\\.)*"'),
    "'": re.compile(r"'[^'\n]*'"),
}
_ESCAPE = re.compile(r"\\(?:u([0-9A-Fa-f]{4})|U([0-9A-Fa-f]{8})|(.))")
_ESCAPED = {"b": "\b", "t": "\t", "n": "\n", "f": "\f", "r": "\r"}


def line_index(text: str) -> dict[Position, int]:
    r"""Lines (from 1) by path: `("watch", 0, "title")`, list items and tables included.

    >>> line_index('[[watch]]\ntitle = "A"')
    {('watch',): 1, ('watch', 0): 1, ('watch', 0, 'title'): 2}
    """
    return _Scanner(text).run()


def nearest_line(index: dict[Position, int], path: Position) -> int:
    """The line of `path`, else of the closest table around it, else 1."""
    for length in range(len(path), 0, -1):
        if path[:length] in index:
            return index[path[:length]]
    return 1


def _unquoted(token: str) -> str:
    if token.startswith("'"):
        return token[1:-1]

    def escaped(match: re.Match[str]) -> str:
        code = match[1] or match[2]
        return chr(int(code, 16)) if code else _ESCAPED.get(match[3], match[3])

    return _ESCAPE.sub(escaped, token[1:-1])


class _Scanner:
    """Walks the text once; `at` is the position in characters."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.at = 0
        self.breaks = [match.end() for match in re.finditer("\n", text)]
        self.lines: dict[Position, int] = {}
        self.counts: dict[Position, int] = {}

    def run(self) -> dict[Position, int]:
        table: Position = ()
        while True:
            self._skip(_BLANK)
            if self.at >= len(self.text):
                return self.lines
            if self.text[self.at] == "[":
                table = self._header()
            else:
                self._pair(table)

    def _skip(self, pattern: re.Pattern[str]) -> str:
        match = pattern.match(self.text, self.at)
        if match is None or (match.end() == self.at and pattern not in (_BLANK, _SPACE)):
            raise ValueError(f"unreadable at character {self.at}")
        self.at = match.end()
        return match[0]

    def _note(self, path: Position) -> None:
        self.lines.setdefault(path, bisect_right(self.breaks, self.at) + 1)

    def _key(self) -> tuple[str, ...]:
        parts: list[str] = []
        while True:
            self._skip(_SPACE)
            quote = self.text[self.at]
            parts.append(_unquoted(self._skip(_STRINGS[quote])) if quote in "\"'" else self._skip(_BARE_KEY))
            self._skip(_SPACE)
            if self.text[self.at : self.at + 1] != ".":
                return tuple(parts)
            self.at += 1

    def _header(self) -> Position:
        many = self.text.startswith("[[", self.at)
        self.at += 2 if many else 1
        key = self._key()
        path: Position = ()
        for part in key[:-1]:
            path = self._inside((*path, part))
        path = (*path, key[-1])
        self._note(path)
        if many:
            self.counts[path] = self.counts.get(path, 0) + 1
        path = self._inside(path)
        self._note(path)
        self.at += 2 if many else 1
        return path

    def _inside(self, path: Position) -> Position:
        """A name that stands for an array of tables means its newest table."""
        return (*path, self.counts[path] - 1) if path in self.counts else path

    def _pair(self, table: Position) -> None:
        self._skip(_SPACE)
        start = self.at
        path = table
        for part in self._key():
            path = (*path, part)
            end, self.at = self.at, start
            self._note(path)
            self.at = end
        self.at += 1  # the equals sign
        self._skip(_SPACE)
        self._value(path)

    def _value(self, path: Position) -> None:
        for quote, pattern in _STRINGS.items():
            if self.text.startswith(quote, self.at):
                self._skip(pattern)
                return
        opener = self.text[self.at]
        if opener in "[{":
            self.at += 1
            self._items(path, "]" if opener == "[" else "}")
        else:
            self._skip(_BARE_VALUE)

    def _items(self, path: Position, closer: str) -> None:
        number = 0
        while True:
            self._skip(_BLANK)
            if self.text[self.at] == closer:
                self.at += 1
                return
            if self.text[self.at] == ",":
                self.at += 1
            elif closer == "}":
                self._pair(path)
            else:
                self._note((*path, number))
                self._value((*path, number))
                number += 1
