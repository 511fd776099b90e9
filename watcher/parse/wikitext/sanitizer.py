"""Sanitize hostile wikitext to text of the same length that parses in linear time."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

import mwparserfromhell
from mwparserfromhell.wikicode import Wikicode

from watcher.model import Location, Unread
from watcher.model.elements import LIMIT
from watcher.parse.template_names import LITERAL, VERBATIM, WORDS, alternatives
from watcher.parse.wikitext.brackets import (
    PARSER_LITERAL,
    STRENGTH,
    BracketScanner,
    OpenBracket,
    literal_end,
    replace_spans,
    unclosed,
)

# The harmless character for each markup character: it looks alike, and no parser reads it as markup.
_HARMLESS = dict(zip("{}[]<>|&=*#:;!", "｛｝［］＜＞｜＆＝＊＃：；！", strict=True))
_TO_HARMLESS = str.maketrans(_HARMLESS)
_TO_WRITTEN = str.maketrans({harmless: written for written, harmless in _HARMLESS.items()})
# The parser spends about 150 ns a character on each opener that is never closed. Beyond this many characters (3 ms),
# weak openers (HTML, tables, external links) are made harmless, too.
_MAX_BACKTRACKING = 20_000
_LARGE = 300_000  # characters: in a longer text, all unclosed openers are made harmless
# Each piece of markup costs the parser up to 30 µs and 1.6 kB (table cells), and the renderer as much again; both sides
# of a comparison with this many stay under 5 s and 500 MB.
_MOST_MARKUP = 25_000
_MARKS = re.compile(r"\[\[?|\{\{?|\|\|?|[&<=]|://|(?P<list>^[*#:;]+)|^----|!!", re.MULTILINE)
_RULE = re.compile(r"^-(?=---)", re.MULTILINE)
_LONG_ROW = re.compile(r"^[ \t]?(?:\{\||[|!])[^\n]{2000,}", re.MULTILINE)
_HEADING = re.compile(r"^(=+)[^\n]*", re.MULTILINE)
_BLOCK_TAG = re.compile(rf"</?(?:{alternatives(WORDS['html_blocks'])}|br)\b", re.IGNORECASE)
_END_TAG = re.compile(r"</\w{1,20}\s*>")
_MOST_SIGNS = 100  # `=` on a line: the parser recurses once for each
_LONGEST_NAME = 20  # of a tag that is reported by name; blockquote has ten characters
# Verbatim tags whose body mwparserfromhell parses nevertheless.
PARSED_INSIDE = VERBATIM - PARSER_LITERAL
_PARSED_INSIDE = re.compile(rf"<(?:{alternatives(PARSED_INSIDE)})\b", re.IGNORECASE)
_OPENING = re.compile(rf"<!--|<({alternatives(LITERAL)})\b[^<>]*+(?<!/)>", re.IGNORECASE)
_CONDITION = re.compile(
    r"\{\{\s*+(?:(?:safe)?subst\s*+:\s*+)?#[a-z]{2,9}+:[^{}|]*+(?:\{\{[^{}]*+\}\}[^{}|]*+)*+", re.IGNORECASE
)
# In MediaWiki any space ends a bracketed URL, in mwparserfromhell only a blank does: `[http://a.org　Title]`.
_WIDE_BLANK = re.compile(r"(\[(?:https?:)?//[^\x00-\x20\[\]<>\"\u00a0\u3000]*)[\u00a0\u3000]")
_IN_NAME = str.maketrans({sign: _HARMLESS[sign] for sign in "<>[]"})
_OPENS = re.compile(r"\{\{|\[|<")
_CLOSED = re.compile(
    r"<!--[^<>]*-->|<(\w++)[^<>]*(?<!/)>[^<>]*</\1\s*>|<[^<>]*/>|<br>|\{\{[^{}]*\}\}|\[\[[^\[\]]*\]\]|\[[^\[\]]*\]"
)
_NAMES = {
    "{{": "template",
    "[[": "link",
    "{": "brace",
    "[": "external link",
    "{|": "table",
    "<": "tag",
    "</": "end tag",
    "<!--": "comment",
    "=": "heading",
}


def sanitize(text: str) -> tuple[str, tuple[Unread, ...]]:
    """Return a text of the same length with unclosed openers made harmless, and what is not read because of that.

    Templates, links, references, comments and literal tags that never close are turned into text. So are brackets that
    are nested too deep, and the rest of a text with more markup than the parser can handle. Unclosed HTML, tables and
    external links are left to the parser if they are few. A text without any of this is returned as the same object.
    """
    if "{" not in text and "[" not in text and "<" not in text and len(text) < _MOST_MARKUP:
        return text, ()
    if _PARSED_INSIDE.search(text):  # the parser would read the body of a map as markup: `{"a": {"b": [[1, 2]]}}`
        text = replace_spans(text, bodies(text, PARSED_INSIDE), lambda body: body.translate(_TO_HARMLESS))
    if "{{" in text and "#" in text:
        # The parser recognises no template with a `<` or link in its name, which includes the condition of a function.
        changed = _CONDITION.sub(lambda test: test[0] if "<!--" in test[0] else test[0].translate(_IN_NAME), text)
        text = text if changed == text else changed
    text = text if text.isascii() else _WIDE_BLANK.sub(r"\1 ", text)
    strong, brackets = unclosed(text)
    crossed = [opener for opener in brackets.overridden + brackets.stack if opener.kind in STRENGTH]
    lost = [opener for opener in brackets.overridden if opener.kind not in STRENGTH]
    weak = [opener for opener in brackets.stack if opener.kind not in STRENGTH] + brackets.ambiguous + _headings(text)
    budget = max(_MAX_BACKTRACKING, 2 * len(text)) if len(text) < _LARGE else 0
    dead = strong + crossed + lost + (weak if sum(len(text) - opener.start for opener in weak) > budget else [])
    unread = [
        *_named([opener for opener in dead if opener.kind != "</"], "never closed"),
        *_named([opener for opener in dead if opener.kind == "</"], "never opened"),
        *_named(brackets.deep, "nested too deep"),
    ]
    if dead or brackets.deep:
        text = _rewritten(text, dead + brackets.deep + brackets.deep_ends)
    cut = brackets.cut
    if len(text) >= _MOST_MARKUP and (limit := _limit(text[:cut])) is not None:
        cut = limit
    if cut is not None:
        # Brackets that are open at the cut have lost their ends.
        around = BracketScanner(text[:cut]).run()
        head = _rewritten(text[:cut], around.stack + around.unterminated)
        reason = f"{LIMIT}{_MOST_MARKUP:,} pieces of markup in one place"
        unread.append(Unread(reason=reason, location=Location(start=cut, end=len(text))))
        text = head + _RULE.sub("‐", text[cut:].translate(_TO_HARMLESS))
    return text, tuple(unread)


def parse_tree(wikitext: str) -> Wikicode:
    """Return the nodes of a wikitext that `sanitize` made harmless; bold and italics remain text.

    With style tags, the parser loses headings after an unpaired ''': on 16 of 250 real pages, 32 of 35 on one of them.
    """
    return mwparserfromhell.parse(wikitext, skip_style_tags=True)


def bodies(text: str, names: frozenset[str]) -> Iterator[tuple[int, int]]:
    """Yield the span of the body of each closed tag of these names, except in comments and other literal tags."""
    missing: set[str] = set()
    at = 0
    while opening := _OPENING.search(text, at):
        name = (opening[1] or "").lower()
        end = literal_end(text, name, opening.end(), missing)
        # A comment without an end extends to the end of the text; a tag without one is text.
        at = end if end is not None else opening.end() if name else len(text)
        if name in names and at > opening.end():
            yield opening.end(), text.rindex("</", opening.end(), at)


def unsanitize(text: str) -> str:
    """Return the rendered text of a sanitized block with the characters that its authors wrote in it."""
    return text.translate(_TO_WRITTEN)


def _named(dead: list[OpenBracket], why: str) -> list[Unread]:
    """Return one entry for each kind of opener, not for each opener: vandalism may have thousands."""
    named: dict[str, list[OpenBracket]] = {}
    for opener in dead:
        shown = f"<{opener.kind}>" if len(opener.kind) <= _LONGEST_NAME else "tag"
        named.setdefault(_NAMES.get(opener.kind, shown), []).append(opener)
    return [
        Unread(
            reason=f"{name} {why}" + (f" ({len(openers):,} times)" if len(openers) > 1 else ""),
            location=Location(start=min(item.start for item in openers), end=max(item.end for item in openers)),
        )
        for name, openers in named.items()
    ]


def _rewritten(text: str, dead: Iterable[OpenBracket]) -> str:
    characters = list(text)
    for opener in dead:
        start = opener.start
        end = start + opener.count if opener.kind == "{{" and opener.count else opener.end
        if opener.kind in WORDS["html_tidied"] or (opener.kind == "</" and _END_TAG.fullmatch(text, start, end)):
            characters[start:end] = (" " if _BLOCK_TAG.match(text, start) else "\u2060") * (end - start)  # 1<b>0 is 10
        else:
            characters[start:end] = "".join(characters[start:end]).translate(_TO_HARMLESS)
    return "".join(characters)


def _headings(text: str) -> list[OpenBracket]:
    """Return the heading lines that leave a tag or template open, as the parser would search the text for their end.

    Lines with very many `=` are returned, too: the parser recurses once for each, until its stack overflows.
    """
    if "\n=" not in text and not text.startswith("="):
        return []
    return [
        OpenBracket("=", line.start(), line.end(1))
        for line in _HEADING.finditer(text)
        if line[0].count("=") > _MOST_SIGNS or _OPENS.search(_CLOSED.sub("", line[0]))
    ]


def _limit(text: str) -> int | None:
    """Return where a text exceeds the limit of markup, None if it does not."""
    rows = [(row.start(), len(row[0]) // 2) for row in _LONG_ROW.finditer(text)]
    if sum(map(text.count, "|&<=[{*#:;!-")) + sum(weight for _, weight in rows) <= _MOST_MARKUP:
        return None
    spent = 0
    pending = iter([*rows, (len(text) + 1, 0)])
    row, weight = next(pending)
    for mark in _MARKS.finditer(text):
        while mark.start() >= row:
            spent += weight
            row, weight = next(pending)
        spent += mark.end() - mark.start() if mark.lastgroup else 1
        if spent > _MOST_MARKUP:
            return mark.start()
    return None
