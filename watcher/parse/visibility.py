"""Blank what readers of a page do not see: text hidden by a style, struck text, text that is for transclusion only.

What is hidden or struck states nothing, so hiding a statement is removing it. The same rules serve wikitext and the
rendered page.
"""

from __future__ import annotations

import html
import math
import re
from collections.abc import Callable
from functools import lru_cache

from watcher.parse.template_names import LITERAL, VERBATIM, WORDS, alternatives
from watcher.parse.wikitext.brackets import literal_end, replace_spans

STRUCK = frozenset({"s", "strike", "del"})
"""Tags whose text readers see crossed out."""

_BLOCKS, _INLINE = WORDS["html_blocks"], WORDS["html_inline"]
_TAGS = _BLOCKS | WORDS["html_formatting"] | _INLINE
# Without one of these nothing is hidden; `<` comes first, which the engine looks for several times as fast. Most tags
# are those of footnotes, which have no style.
_MAY_HIDE = re.compile(
    r"<(?!/|ref[ >])(?:(?:includeonly|s|del|strike)\b|[a-z][a-z0-9]*+[\s/][^<>]*?(?:style|hidden|color))", re.IGNORECASE
)
_TOKEN = re.compile(
    rf"<!--|<(?P<literal>{alternatives(VERBATIM)})\b[^<>]*+(?<!/)>|<(?P<end>/?)(?P<name>[a-z][a-z0-9]*+)(?P<attributes>[^<>]*+)>",
    re.IGNORECASE,
)
# The preprocessor takes such a body whole, before it looks for comments.
_BODY = re.compile(rf"<(?P<name>ref|{alternatives(LITERAL)})\b[^<>]*+(?<!/)>", re.IGNORECASE)
_ATTRIBUTE = re.compile(r"([a-z-]+)(?:\s*+=\s*+(?:\"([^\"]*+)\"|'([^']*+)'|([^\s\"'>]++)))?", re.IGNORECASE)
# BlockLevelPass: where the paragraph, list item, cell or parameter ends that an inline tag is left open in.
_ENDS_PARAGRAPH = re.compile(r"\n(?:[ \t]*\n|[*#:;=]|[ \t]*(?:[|!]|\{\|)| \S)")
_ENDS_CELL = re.compile(r"\n[ \t]*(?:[|!]|\}\})")
_LINE_END = re.compile(r"\n")
_ENDS_P = re.compile(rf"\n[*#:;=]|<(?:{alternatives(_BLOCKS - {'td', 'th', 'tr', 'caption'})})\b", re.IGNORECASE)
_CELLS, _ITEMS = frozenset("|!"), frozenset("*#:;")
_TAG = re.compile(r"<(/?)([a-z]\w*+)(?:[^<>]*[^<>/])?>", re.IGNORECASE)
_CLOSED = re.compile(r"[^<\n'\]]*+</(\w++)\s*>")
_BLOCK_TAG = re.compile(rf"</?(?:{alternatives(_BLOCKS)})\b", re.IGNORECASE)
_ENCLOSING = 200  # characters before a tag in which the markup that it is in may begin
_LONGEST = 10_000  # characters of a line or cell that are looked at
_NEXT_CELL = re.compile(r"\|\||!!")
_CSS_ESCAPE = re.compile(r"\\([0-9a-f]{1,6})\s?|/\*.*?(?:\*/|\Z)", re.IGNORECASE | re.DOTALL)
_CSS_NUMBER = re.compile(r"([+-]?\d{0,9}\.?\d{1,9})\s*+([a-z%]*+)")
_HIDING = {
    "display": frozenset({"none"}),
    "visibility": frozenset({"hidden", "collapse"}),
    "color": frozenset({"transparent"}),
    "unicode-bidi": frozenset({"bidi-override", "isolate-override"}),  # which shows 51 as 15
    "text-decoration": frozenset({"line-through"}),
    "text-decoration-line": frozenset({"line-through"}),
}
_NO_COLOR = frozenset({"", "inherit", "initial", "unset", "revert"})  # of the text and of what is behind it alike
_WHITE = re.compile(
    r"(?<![-\w])color\s*+[:=]\s*+[\"']?(?:white|snow|ivory|ghostwhite|#f(?:ff|[a-f]f[a-f]f[a-f])"
    r"|rgb\(\s*255[ ,]+255[ ,]+255\s*\))(?![-\w])",
    re.IGNORECASE,
)
_BEHIND = re.compile(r"\b(?:background(?:-color)?\s*+[:=]|bgcolor)", re.IGNORECASE)
_AROUND = 2_000  # characters before a tag in which what is behind its text may be set
# The least size that can be read, in units of each kind; a share of the text around is meant by em and %.
_LEGIBLE = {"": 1.0, "px": 3.0, "pt": 2.0, "em": 0.25, "rem": 0.25, "%": 25.0}


def is_hidden_by(attributes: str) -> bool:
    """Return whether the attributes of an HTML tag or a table's row or cell hide what is inside.

    >>> is_hidden_by('class="x" style="Display: none"')
    True
    """
    return any(
        name.lower() == "hidden" or (name.lower() == "style" and hides(next(filter(None, values), "")))
        for name, *values in _ATTRIBUTE.findall(attributes)
    )


@lru_cache(maxsize=1024)
def hides(style: str) -> bool:
    """Return whether a CSS declaration makes text unreadable: not displayed, tiny, moved away, struck, on its color."""
    rules = {}
    for declaration in _plain(style).lower().split(";"):
        name, _, value = declaration.partition(":")
        rules[name.strip()] = value.replace("!important", "").strip()
    colors = {rules.get(name, "").partition(" ")[0] for name in ("background", "background-color")} - _NO_COLOR
    if rules.get("color") in colors:
        return True
    for name, value in rules.items():
        number = _CSS_NUMBER.match(value)
        size, unit = (float(number[1]), number[2]) if number else (math.inf, "")
        match name:
            case "font-size" | "font":
                hidden = size < _LEGIBLE.get(unit, 0.0) or size == 0
            case "opacity":
                hidden = size < _LEGIBLE["em"]
            case "height" | "width" | "max-height" | "max-width":
                hidden = size == 0 and rules.get("overflow", "") in ("hidden", "clip")
            case "left" | "right" | "top" | "bottom" | "text-indent" | "margin-left" | "margin-top":
                # Text that is moved so far is nowhere on the page.
                hidden = unit in ("px", "em", "rem", "pt", "%") and size < (-999 if unit == "px" else -99)
            case _:
                hidden = not _HIDING.get(name, frozenset()).isdisjoint(value.split())
        if hidden:
            return True
    return False


def _plain(style: str) -> str:
    # Sanitizer::normalizeCss decodes character references and escapes, and takes comments out, open ones to the end.
    plain = _CSS_ESCAPE.sub(lambda escape: chr(min(int(escape[1] or "0", 16), 0xFFFF)), html.unescape(style))
    return plain.replace("\0", "")


def is_white(style: str) -> bool:
    """Return whether attributes or a declaration make text white, which a page is where nothing says otherwise.

    >>> is_white("color:#fff"), is_white("border-color:white")
    (True, False)
    """
    return _WHITE.search(_plain(style)) is not None


@lru_cache(maxsize=64)  # both sides of a few dozen articles
def visible(wikitext: str) -> str:
    r"""Return a wikitext with what readers do not see blanked; positions stay what they are.

    >>> visible('Of <s>21</s> 25').replace("\u2060", "")
    'Of  25'
    """
    # Inside a line no space may come up: `2<span style="display:none">0</span>5` shows 25.
    return _with(lambda hidden: re.sub(r"[^\n]", " " if "\n" in hidden else "\u2060", hidden), wikitext)


def without_hidden(wikitext: str) -> str:
    r"""Return a wikitext without what readers do not see.

    >>> without_hidden('<div style="display:none">\nOf 21</div>')
    ''
    """
    return wikitext if visible(wikitext) == wikitext else _with(lambda _: "", wikitext)


def _with(replaced: Callable[[str], str], wikitext: str) -> str:
    is_open = wikitext.find("<!--", max(wikitext.rfind("-->") - 3, 0)) >= 0  # a comment without an end, as `<!-->`
    hides_some = is_open or _MAY_HIDE.search(wikitext)
    return replace_spans(wikitext, hidden_spans(wikitext), replaced) if hides_some else wikitext


@lru_cache(maxsize=4)  # both sides of a comparison, which asks for them blanked and taken out
def hidden_spans(text: str) -> list[tuple[int, int]]:
    """Return the spans that readers do not see, in order and apart from each other."""
    spans: list[tuple[int, int]] = []
    missing: set[str] = set()
    known: dict[re.Pattern[str], tuple[int, int]] = {}
    hidden = ""  # the tag that hides what is read, from `begin` to `stop` at the latest; `opened` of its name are open
    begin, stop, opened, at = 0, len(text), 0, 0
    apart = 0  # outside of the bodies of tags, as far as that is known
    while token := _TOKEN.search(text, at):
        if hidden and token.start() >= stop:
            spans.append((begin, stop))
            hidden, at = "", stop
            continue
        name, at = (token["name"] or "").lower(), token.end()
        if not name:
            end = literal_end(text, (token["literal"] or "").lower(), at, missing)
            if end is None and not token["literal"]:
                at = apart = _end_of_open_comment(text, apart, token.start(), missing)
                if not hidden:
                    spans.append((token.start(), at))
            else:
                at = at if end is None else end
        elif hidden:
            opened += 0 if name != hidden else -1 if token["end"] else 1
            if not opened:
                spans.append((begin, at))
                hidden = ""
        elif not token["end"] and (
            not token["attributes"].endswith("/")
            if name == "includeonly"
            # A cell or row without its table is no element; those of tables are read with these.
            else name in STRUCK
            or (
                name in _TAGS
                and token["attributes"]
                and (is_hidden_by(token["attributes"]) or _is_white_on_white(text, token))
                and (name not in ("caption", "td", "th", "tr") or _in_table(text, token.start()))
            )
        ):
            hidden, begin, opened = name, token.start(), 1
            stop = _latest_end(text, name, token.span(), known)
    return [*spans, (begin, stop)] if hidden else spans


def _in_table(text: str, at: int) -> bool:
    before = text[max(0, at - _LONGEST) : at].lower()
    return before.rfind("<table") > before.rfind("</table") or before.rfind("{|") > before.rfind("\n|}")


def _is_white_on_white(text: str, tag: re.Match[str]) -> bool:
    """Return whether a tag makes its text white and nothing says that it stands on another color: a cell may."""
    if not is_white(tag["attributes"]):
        return False
    start = max(0, tag.start() - _AROUND)
    line = text.rfind("\n", start, tag.start()) + 1
    return text[line : line + 1] not in _CELLS and not _BEHIND.search(text, start, tag.end())


def _end_of_open_comment(text: str, at: int, start: int, missing: set[str]) -> int:
    """Return where a comment without an end stops: at the end of the text (Preprocessor), or of the body it is in.

    Bodies are looked for from `at` on; `missing` is that of `literal_end`.
    """
    while opener := _BODY.search(text, at, start):
        end = literal_end(text, opener["name"].lower(), opener.end(), missing)
        if end is not None and end > start:
            return text.rfind("</", start, end)
        at = opener.end() if end is None else end
    return len(text)


def _latest_end(text: str, name: str, tag: tuple[int, int], known: dict[re.Pattern[str], tuple[int, int]]) -> int:
    """Return where the element of an opening tag ends at the latest, as RemexHtml reads it.

    `known` has for each pattern the stretch that was searched last: none is searched twice.
    """
    begin, after = tag
    if (closed := _CLOSED.match(text, after)) and closed[1].lower() == name:
        return closed.end()

    def following(ends: re.Pattern[str]) -> int:
        searched, end = known.get(ends, (0, -1))
        if not searched <= after <= end:
            match = ends.search(text, after)
            end = match.start() if match else len(text)
            known[ends] = after, end
        return end

    line = text.rfind("\n", max(0, begin - _LONGEST), begin) + 1
    first = text[line : line + 50].lstrip()[:1]
    in_cell, in_item, inline = first in _CELLS, first in _ITEMS and name in _BLOCKS, name in _INLINE
    near = max(line, begin - _ENCLOSING)
    around = _end_of_enclosing(text, text[near:begin], after, inline=inline)
    # BlockLevelPass makes no paragraph of a line that a block element is in.
    if inline and first not in _CELLS | _ITEMS:
        inline = _BLOCK_TAG.search(text, near, min(following(_LINE_END), after + _ENCLOSING)) is None
    if name == "includeonly" or not (in_cell or in_item or inline or name == "p"):
        return around
    stop = following(_ENDS_CELL if in_cell else _LINE_END if in_item else _ENDS_P if name == "p" else _ENDS_PARAGRAPH)
    if in_cell and f"</{name}" not in text[after : min(stop, after + _LONGEST)].lower():
        stop = min(stop, following(_NEXT_CELL))
    return min(stop, around)


def _end_of_enclosing(text: str, before: str, after: int, *, inline: bool) -> int:
    """Return where the footnote ends that a tag is in, or the link, quotes, heading or tag that an inline one is in.

    RemexHtml closes with an element what is left open in it. `before` is what stands before the tag in its line.
    """
    opened: dict[str, int] = {}
    for end, name in _TAG.findall(before):
        opened[f"</{name}"] = opened.get(f"</{name}", 0) + (-1 if end else 1)
    ends = {end for end, count in opened.items() if count > 0 and (inline or end.lower() == "</ref")}
    quoted = inline and (before.count("''") - before.count("''''")) % 2
    ends |= {"]]"} if inline and before.count("[[") > before.count("]]") else set()
    ends |= {"''", "\n"} if quoted else {"\n"} if inline and before.startswith("=") else set()
    closers = (text.find(end, after, after + _LONGEST) for end in ends)
    return min((closer for closer in closers if closer >= 0), default=len(text))
