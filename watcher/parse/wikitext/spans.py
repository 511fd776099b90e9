"""Find the spans of enclosing constructs: templates, links, tables, references, comments."""

from __future__ import annotations

import re

from watcher.parse.extension_tags import LITERAL

# What may hold paragraphs or headings that are not the article's own.
_ENCLOSING = frozenset("ref references blockquote table ul ol dl noinclude includeonly".split())
# The pattern begins with one class of characters, which the engine skips to: 5 to 15 times as fast as alternatives.
# A template, link or footnote with nothing inside but what a footnote's end closes anyway needs no stack.
_REST = (
    r"(?P<whole>(?<=\{)\{[^{}\[\]<>]*+\}\}|(?<=\[)\[[^{}\[\]<>]*+\]\]"
    r"|(?<=<)[Rr]ef\b[^<>]*+(?<!/)>[^<>]*+</[Rr]ef\s*+>)"
    r"|(?P<nothing>(?<=<)[Rr]ef\b[^<>]*+(?<=/)>)|(?<=<)(?P<slash>/?)(?P<tag>[A-Za-z]++)[^<>]*+>"
    r"|(?P<open>(?<=\{)\{|(?<=\[)\[)|(?P<close>(?<=\})\}|(?<=\])\])|(?P<comment>(?<=<)!--)"
)
_TOKEN = re.compile(rf"[<{{}}\[\]](?:{_REST})")
# Parser::handleTables: `{|` and `|}` count at the beginning of a line only; colons may indent a table (Help:Tables).
_TABLED = re.compile(rf"[<{{}}\[\]\n](?:{_REST}|(?<=\n)(?P<table>[ :*#]*\{{\|)|(?<=\n) *(?P<tabled>\|\}}(?!\}})))")
_DEEPEST = 10_000  # no page nests so deep; openers beyond are text
_CLOSERS = ("}}", "]]", "|}", "</", "<!--")
_CLOSES = {"}}": "{{", "]]": "[["}


def enclosing_spans(text: str) -> list[tuple[int, int]]:
    """Return the outermost closed constructs in order, in characters; linear in the length of the text.

    An opener that is never closed encloses nothing, as on the wiki: one stray `{{` must not hide a page. A comment
    without an end reaches to the end of the text, as in MediaWiki.

    >>> enclosing_spans("a {{b|[[c}} d ]] {{e")
    [(2, 11)]
    """
    # What never closes encloses nothing: a flood of openers alone is not looked at.
    return _SpanScanner(text).run() if any(mark in text for mark in _CLOSERS) else []


class _SpanScanner:
    """One pass with a stack; a closer takes the nearest opener of its kind and forgets what was opened above it."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.stack: list[tuple[str, int]] = []
        self.depth: dict[str, int] = {}
        self.spans: list[tuple[int, int]] = []
        self.missing: set[str] = set()

    def run(self) -> list[tuple[int, int]]:
        at: int | None = 0
        tokens = _TOKEN
        if "{|" in self.text and "|}" in self.text:
            tokens = _TABLED
            if self.text.startswith("{|"):
                self.open("{|", 0)
        while at is not None:
            at = self.read_from(at, tokens)
        return self.outermost()

    def read_from(self, at: int, tokens: re.Pattern[str]) -> int | None:
        """Record the tokens up to one that is skipped; return where to go on behind it, None at the end."""
        for token in tokens.finditer(self.text, at):
            kind = token.lastgroup
            if kind == "whole":
                self.spans.append(token.span())
            elif kind == "open":
                self.open(token[0], token.start())
            elif kind == "close":
                self.close(_CLOSES[token[0]], token.end())
            elif kind in ("table", "tabled"):
                self.table(kind, token)
            elif kind != "nothing" and (end := self.passed(kind, token)) != token.end():
                return end
        return None

    def table(self, kind: str, token: re.Match[str]) -> None:
        if kind == "table":
            self.open("{|", token.start() + 1)
        else:
            self.close("{|", token.end())

    def passed(self, kind: str | None, token: re.Match[str]) -> int:
        """Return where to go on behind a tag or comment."""
        return self.tag(token) if kind == "tag" else self.comment(token.start())

    def comment(self, start: int) -> int:
        close = self.text.find("-->", start + 4)
        end = len(self.text) if close < 0 else close + 3
        self.spans.append((start, end))
        return end

    def tag(self, token: re.Match[str]) -> int:
        """Return where to go on behind a tag; a literal one is skipped whole."""
        name, end = token["tag"].lower(), token.end()
        if name in _ENCLOSING:
            if token["slash"]:
                self.close(name, end)
            elif self.text[end - 2] != "/":
                self.open(name, token.start())
        elif name in LITERAL and not token["slash"]:
            return self.literal(name, token.start(), end)
        return end

    def literal(self, name: str, start: int, end: int) -> int:
        if self.text[end - 2] == "/" or name in self.missing:
            return end
        # Preprocessor: any case and blanks before `>` are allowed; without an end tag the start tag is text.
        match = re.compile(rf"</{name}\s*>", re.IGNORECASE).search(self.text, end)
        if match is None:
            self.missing.add(name)
            return end
        self.spans.append((start, match.end()))
        return match.end()

    def open(self, kind: str, start: int) -> None:
        if len(self.stack) > _DEEPEST:
            return
        self.stack.append((kind, start))
        self.depth[kind] = self.depth.get(kind, 0) + 1

    def close(self, kind: str, end: int) -> None:
        # As in MediaWiki a closer without an opener is text.
        if not self.depth.get(kind):
            return
        while True:
            other, start = self.stack.pop()
            self.depth[other] -= 1
            if other == kind:
                self.spans.append((start, end))
                return

    def outermost(self) -> list[tuple[int, int]]:
        result: list[tuple[int, int]] = []
        for start, end in sorted(self.spans):
            if not result or start >= result[-1][1]:
                result.append((start, end))
            elif end > result[-1][1]:
                result[-1] = (result[-1][0], end)
        return result
