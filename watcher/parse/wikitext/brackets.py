"""Find the brackets and tags of a wikitext: those that are never closed, and the outermost spans of the others."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from mwparserfromhell.definitions import PARSER_BLACKLIST

from watcher.parse.template_names import LITERAL

PARSER_LITERAL = frozenset(PARSER_BLACKLIST)  # tags whose body mwparserfromhell does not parse
# Markup that may contain paragraphs or headings that are not the article's own.
_ENCLOSING = frozenset("{{ [[ {| ref references blockquote table ul ol dl noinclude includeonly".split())
_CLOSERS = ("}}", "]]", "|}", "</", "<!--")
_ALONE = frozenset(("br", "wbr", "hr", "meta", "link", "img"))  # void elements of HTML have no end tag
# Simple links, templates and footnotes are matched as a whole, without the stack.
_SIMPLE = r"\[\[[^\[\]{}<>\n|:]*(?:\|[^\[\]{}<>]*)?\]\]|\{\{[^{}\[\]<>|]*(?:\|[^{}\[\]<>]*)?\}\}(?!\})"
_FOOTNOTE = (
    r"<ref(?: name *= *(?:\"[^\"<>{}\[\]|\n]*\"|[^\s\"'<>/{}\[\]|=]+))? *"
    rf">(?:[^<{{}}\[\]]++|{_SIMPLE}|\[(?=(?:https?:)?//)[^\[\]{{}}<>\n]*\](?!\]))*+</ref>"
)
_TOKEN = re.compile(
    # Looking ahead for one of few characters first makes the search seven times faster.
    r"(?=[\[{}\]<|])(?:"
    rf"{_SIMPLE}|{_FOOTNOTE}"
    r"|(?P<opens>\{\{+)|(?P<closes>\}\}+)"
    # A bracket begins an external link only before a scheme of $wgUrlProtocols; `//` is one of them.
    r"|(?P<url>\[\[?(?=//|[A-Za-z]{3,9}://|(?i:mailto|news|tel|urn|sips?|sms|geo|magnet|xmpp|bitcoin):))|(?P<link>\[\[)|(?P<bracket>\]\]?)"
    r"|(?P<table>\{\|)|(?P<tabled>\|\})"
    # Most tags are uses of footnotes or line breaks, which have no content.
    r"|(?P<void><ref name *= *(?:\"[^\"<>{}\[\]|\n]*\"|[^\s\"'<>/{}\[\]|=]+) */>|<br */?>)"
    r"|(?P<comment><!--)|(?P<tag><(?P<name>[A-Za-z][^\s<>/]*)(?:[\s/][^<>]*)?>)|(?P<untag></[^<>]*>?)|(?P<less><(?=[^\s>!/=])))"
)
_TAGS = re.compile(r"<[^<>]*>?")
_NESTED = re.compile(r"\{\{[^{}\[\]]*\}\}|\[\[[^{}\[\]]*\]\]")
# Weaker brackets give way: `}}` closes its template through an open `[[` or `<div>`, never through an open `<ref>`.
# MediaWiki also reads extension tags first, then templates, then links, then HTML and tables.
_STRONGER: dict[str, tuple[str, ...]] = {
    "references": (),
    "ref": ("references",),
    "{{": ("references", "ref"),
    "[[": ("references", "ref", "{{"),
    "{|": ("references", "ref", "{{", "[["),
    "[": ("references", "ref", "{{", "[[", "{|"),
}
STRENGTH = {"references": 4, "ref": 3, "{{": 2, "[[": 1}
# No real page is nested deeper, and the parser's own recursion limit is not much higher.
DEEPEST = 30
_LONGEST_RUN = 9  # braces: MediaWiki matches them by threes and twos, and a longer run is vandalism
_LONGEST_TAG = 4_000  # characters: an unclosed attribute made the parser search the whole page from each `<`
MAX_PASSES = 200  # openers that never close, each of which costs a pass
# Reading stops here (after 0.5 s): the sanitizer allows a text 25,000 pieces of markup, and each has two ends at most.
MOST_TOKENS = 75_000


def literal_end(text: str, name: str, at: int, missing: set[str]) -> int | None:
    """Return the end of the comment (no name) or literal tag whose body begins at `at`; None if it is never closed.

    `missing` collects the names without an end in the rest of the text, so that they are not searched for again.
    """
    if name in missing:
        return None
    if name:
        # As in MediaWiki's Preprocessor: any case, blanks before `>`.
        tag = re.compile(rf"</{re.escape(name)}\s*>", re.IGNORECASE).search(text, at)
        end = tag.end() if tag else None
    else:
        mark = text.find("-->", at)
        end = mark + len("-->") if mark >= 0 else None
    if end is None:
        missing.add(name)
    return end


def replace_spans(text: str, spans: Iterable[tuple[int, int]], replaced: Callable[[str], str]) -> str:
    """Return a text with the given spans, which must be in order, replaced; the text itself if there are none."""
    parts: list[str] = []
    at = 0
    for start, end in spans:
        parts += (text[at:start], replaced(text[start:end]))
        at = end
    return "".join((*parts, text[at:])) if parts else text


@dataclass(slots=True)
class OpenBracket:
    """A bracket or tag from `start` to `end`. In a run of braces, `count` of them are still open.

    `seen` is the end of an external link's line, as soon as it is known.
    """

    kind: str
    start: int
    end: int
    count: int = 0
    too_deep: bool = False
    seen: int = 0


class BracketScanner:
    """One pass over a text: `stack` holds what is open at its end, `overridden` what a stronger closer left open.

    `spans` are those of closed brackets, comments and `literal` tags in characters, in the order of their ends.
    Brackets in `deep` are nested too deep and end at `deep_ends`; `unterminated` are comments and literal tags without
    an end; `cut` is where reading stopped. `ambiguous` are tag-like pieces that open or close nothing, which a parser
    may detect only by searching the whole text.
    """

    def __init__(
        self, text: str, given_up: Iterable[OpenBracket] = (), literal: frozenset[str] = PARSER_LITERAL
    ) -> None:
        self.text = text
        self.literal = literal
        self.spans: list[tuple[int, int]] = []
        self.skip = {opener.start: opener.count for opener in given_up}
        self.cut: int | None = None
        self.stack: list[OpenBracket] = []
        self.at: dict[str, list[int]] = {}
        self.depth = 0
        self.overridden: list[OpenBracket] = []
        self.deep: list[OpenBracket] = []
        self.deep_ends: list[OpenBracket] = []
        self.ambiguous: list[OpenBracket] = []
        self.unterminated: list[OpenBracket] = []
        self.tokens = 0
        self.jump = 0
        self._no_end: set[str] = set()

    def run(self) -> BracketScanner:
        """Read the text, and return the scanner itself."""
        position = 0
        while True:  # from the end of what an action skipped
            for token in _TOKEN.finditer(self.text, position):
                if (group := token.lastgroup) is None:
                    if self.text.startswith("<ref", token.start()) and self._nearest("ref") >= 0:
                        self._refuse(token.start())
                        break
                    self.spans.append(token.span())
                    continue
                if self.skip and self._skipped(group, token):
                    continue
                self.tokens += 1
                if group != "void":
                    _ACTIONS[group](self, token)
                if self.jump:
                    break
                if self.tokens > MOST_TOKENS:
                    self.cut = token.end()
                    return self
            if not self.jump:
                return self
            position, self.jump = self.jump, 0

    def _refuse(self, start: int) -> None:
        """Read a `<` as text: the preprocessor ends a footnote at the first `</ref>`, so none begins inside another."""
        self.overridden.append(OpenBracket("ref", start, start + 1))
        self.jump = start + 1

    def _skipped(self, group: str, token: re.Match[str]) -> bool:
        """Return whether an earlier pass gave up on this token; in a run of braces, that may be only the outer ones."""
        start, end = token.span()
        if group == "opens":
            start = max(start, end - _LONGEST_RUN)
        lost = self.skip.get(start)
        if lost is None:
            return False
        if group == "opens" and end - start - lost > 1:
            self._push("{{", start + lost, end, end - start - lost)
        return True

    def _push(self, kind: str, start: int, end: int, count: int = 0) -> None:
        levels = max(1, count // 2)
        self.depth += levels
        self.at.setdefault(kind, []).append(len(self.stack))
        self.stack.append(OpenBracket(kind, start, end, count, too_deep=self.depth > DEEPEST))

    def _pop(self) -> OpenBracket:
        opener = self.stack.pop()
        self.at[opener.kind].pop()
        self.depth -= max(1, opener.count // 2)
        return opener

    def _nearest(self, kind: str) -> int:
        """Return the index of the opener for a closer of `kind`; -1 if the innermost stronger bracket contains none."""
        result = self.at.get(kind)
        if not result:
            return -1
        stronger = _STRONGER.get(kind, _STRONGER["["])
        barrier = max((self.at[name][-1] for name in stronger if self.at.get(name)), default=-1)
        return result[-1] if result[-1] > barrier else -1

    def _reach(self, index: int) -> OpenBracket:
        """Remove all openers above `index` from the stack, as they stay unclosed, and return the one at `index`."""
        while len(self.stack) > index + 1:
            self.overridden.append(self._pop())
        return self.stack[index]

    def _close(self, kind: str, start: int, end: int) -> bool:
        index = self._nearest(kind)
        if index < 0:
            return False
        self._reach(index)
        opener = self._pop()
        if kind in _ENCLOSING:
            self.spans.append((opener.start, end))
        if opener.too_deep:
            self.deep.append(opener)
            self.deep_ends.append(OpenBracket(kind, start, end))
        return True

    def _opens(self, token: re.Match[str]) -> None:
        start, end = token.span()
        if end - start > _LONGEST_RUN:
            self.deep.append(OpenBracket("{{", start, end - _LONGEST_RUN))
            start = end - _LONGEST_RUN
        self._push("{{", start, end, end - start)

    def _closes(self, token: re.Match[str]) -> None:
        # Preprocessor: the innermost braces are matched first, three as an argument, two as a template.
        start, end = token.span()
        while end - start > 1 and (index := self._nearest("{{")) >= 0:
            opener = self._reach(index)
            taken = 3 if opener.count > 2 and end - start > 2 else 2  # noqa: PLR2004  three braces are an argument
            self._pop()
            inner = opener.start + opener.count - taken
            self.spans.append((inner, start + taken))
            if opener.too_deep:
                self.deep.append(OpenBracket("{{", inner, inner + taken))
                self.deep_ends.append(OpenBracket("{{", start, start + taken))
            if opener.count - taken > 1:
                self._push("{{", opener.start, opener.end, opener.count - taken)
            elif opener.count > taken:
                # `{{{a}}`: the parser searches for a third closing brace up to the end of the text.
                self.ambiguous.append(OpenBracket("{", opener.start, opener.start + 1))
            start += taken

    def _url(self, token: re.Match[str]) -> None:
        if self.stack and self.stack[-1].kind == "[":
            self.overridden.append(self._pop())  # a link in a link's title
        self._push("[", token.end() - 1, token.end())

    def _link(self, token: re.Match[str]) -> None:
        self._push("[[", *token.span())

    def _bracket(self, token: re.Match[str]) -> None:
        start, end = token.span()
        index = self._nearest("[")
        link = self.stack[index] if index >= 0 else None
        # Parser (mExtLinkBracketedRegex): the text of a bracketed external link contains no line end.
        line_end = self.text.find("\n", max(link.seen, link.end), start) if link else start
        if line_end < 0:
            self._close("[", start, start + 1)
            if end - start > 1:
                self.jump = start + 1  # the second bracket may belong to a link around this one
            return
        if link:
            link.seen = line_end  # no character is searched twice
        if end - start > 1:
            self._close("[[", start, end)

    def _table(self, token: re.Match[str]) -> None:
        if self._begins_line(token.start()):
            self._push("{|", *token.span())

    def _tabled(self, token: re.Match[str]) -> None:
        if not self._begins_line(token.start()) or not self._close("{|", *token.span()):
            self.jump = token.start() + 1  # `|}}` ends a template

    def _begins_line(self, position: int) -> bool:
        """Return whether mwparserfromhell reads a table's bracket here, or would do so without the tags before it."""
        before = self.text[max(position - MAX_PASSES, 0) : position]
        line = before[before.rfind("\n") + 1 :]
        # Colons and list markers may indent a table (Help:Tables).
        return not line or (len(line) < MAX_PASSES and not _TAGS.sub("", line).strip(" \t:*#"))

    def _skip_literal(self, name: str, opener: OpenBracket) -> None:
        """Skip to the end of a comment (no name) or literal tag, or record that it has none."""
        end = literal_end(self.text, name, opener.end, self._no_end)
        if end is None:
            self.unterminated.append(opener)
            return
        self.spans.append((opener.start, end))
        self.jump = end

    def _comment(self, token: re.Match[str]) -> None:
        self._skip_literal("", OpenBracket("<!--", *token.span()))

    def _tag(self, token: re.Match[str]) -> None:
        start, end = token.span()
        written = token[0]
        name = token["name"].lower()
        if name == "ref" and not written.endswith("/>") and self._nearest("ref") >= 0:
            self._refuse(start)
            return
        if _is_ragged(written):
            self._reject("<", start, end)
            return
        if name in self.literal:
            if not written.endswith("/>"):
                self._skip_literal(name, OpenBracket(name, start, end))
            return
        if not written.endswith("/>") and name not in _ALONE:
            self._push(name, start, end)

    def _untag(self, token: re.Match[str]) -> None:
        start, end = token.span()
        name = token[0][2:-1].rstrip().lower() if token[0].endswith(">") else ""
        if not name or not self._close(name, start, end):
            self._reject("</", start, end)

    def _reject(self, kind: str, start: int, end: int) -> None:
        """Record a piece that is not a tag. Its content is scanned, because the parser looks for markup there, too."""
        # The parser does not recognise a footnote with an end tag that ends nothing: `</br>`, `</ref` without `>`.
        lost = kind == "</" and self._nearest("ref") >= 0
        (self.overridden if lost else self.ambiguous).append(OpenBracket(kind, start, end))
        self.jump = start + 1

    def _less(self, token: re.Match[str]) -> None:
        start, end = token.span()
        endless = self.text.find("<", end, end + _LONGEST_TAG) < 0 and len(self.text) > end + _LONGEST_TAG
        (self.overridden if endless else self.ambiguous).append(OpenBracket("<", start, end))


# The scanner's method for each kind of token.
_ACTIONS: dict[str, Callable[[BracketScanner, re.Match[str]], None]] = {
    group: getattr(BracketScanner, f"_{group}") for group in _TOKEN.groupindex if group not in ("void", "name")
}


def _is_ragged(tag: str) -> bool:
    """Return whether a tag contains an opener that is not closed in it: the parser would search for its end."""
    if len(tag) > _LONGEST_TAG or ('="' in tag and tag.count('"') & 1) or ("='" in tag and tag.count("'") & 1):
        return True
    if "{" not in tag and "[" not in tag:
        return False
    return re.search(r"[{\[]{2}|\{\||\[\w*:?//", _NESTED.sub("", tag)) is not None


def unclosed(text: str, literal: frozenset[str] = PARSER_LITERAL) -> tuple[list[OpenBracket], BracketScanner]:
    """Return the strong openers (comments, references, templates, links) that never close, and the last pass.

    One open `<ref>` must not make the templates around it look open too, so the strongest openers are given up first,
    and the text is read again without them. A text with many open brackets gets only one pass.
    """
    given_up: list[OpenBracket] = []
    while True:
        brackets = BracketScanner(text, given_up, literal).run()
        strength = max((STRENGTH.get(opener.kind, 0) for opener in brackets.stack), default=0)
        strongest = [opener for opener in brackets.stack if STRENGTH.get(opener.kind, 0) == strength]
        if not strength or len(brackets.stack) > MAX_PASSES or brackets.tokens > 100 * MAX_PASSES:
            return given_up + brackets.unterminated, brackets
        given_up += strongest


def enclosing_spans(text: str) -> list[tuple[int, int]]:
    """Return the spans of the outermost closed constructs, in order and in characters; the time is linear.

    An opener that is never closed encloses nothing, as on the wiki: one stray `{{` must not hide a page. A comment
    without an end extends to the end of the text, as in MediaWiki.

    >>> enclosing_spans("a {{b|[[c}} d ]] {{e")
    [(2, 11)]
    """
    # Openers without any closer enclose nothing, so a flood of them is not scanned.
    if not any(mark in text for mark in _CLOSERS):
        return []
    _, brackets = unclosed(text, LITERAL)
    endless = [(opener.start, len(text)) for opener in brackets.unterminated if opener.kind == "<!--"]
    return _outermost((*brackets.spans, *endless))


def closed_spans(text: str) -> list[tuple[int, int]] | None:
    """Return the outermost spans of a piece of a text; None if one is still open at its end, as more may follow."""
    brackets = BracketScanner(text, literal=LITERAL).run()
    left = brackets.stack or brackets.unterminated or brackets.cut is not None
    return None if left else _outermost(brackets.spans)


def _outermost(spans: Iterable[tuple[int, int]]) -> list[tuple[int, int]]:
    result: list[tuple[int, int]] = []
    for start, end in sorted(spans):
        if not result or start >= result[-1][1]:
            result.append((start, end))
        elif end > result[-1][1]:
            result[-1] = (result[-1][0], end)
    return result
