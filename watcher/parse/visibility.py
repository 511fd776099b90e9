"""Blank text that readers do not see: text that is hidden by a style, struck, or for transclusion only.

Hidden or struck text states nothing, so hiding a statement removes it. The same rules apply to wikitext and the
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

HIDDEN_CLASSES = WORDS["hidden_classes"]
_BLOCKS, _INLINE = WORDS["html_blocks"], WORDS["html_inline"]
_TAGS = _BLOCKS | WORDS["html_formatting"] | _INLINE | {"poem"}
# A text without a match hides nothing. The pattern starts with `<`, which makes the search several times as fast, and
# skips footnotes, which are most of the tags and have no style.
_MAY_HIDE = re.compile(
    r"<(?!/|ref[ >])(?:(?:includeonly|s|del|strike|bdo)\b|[a-z][a-z0-9]*+[\s/][^<>]*?(?:style|hidden|color"
    rf"|{alternatives(HIDDEN_CLASSES)}))",
    re.IGNORECASE,
)
_TOKEN = re.compile(
    rf"<!--|<(?P<literal>{alternatives(VERBATIM)})\b[^<>]*+(?<!/)>|<(?P<end>/?)(?P<name>[a-z][a-z0-9]*+)(?P<attributes>[^<>]*+)>",
    re.IGNORECASE,
)
# The preprocessor takes the body of these tags as a whole before it looks for comments.
_BODY = re.compile(rf"<(?P<name>ref|{alternatives(LITERAL)})\b[^<>]*+(?<!/)>", re.IGNORECASE)
_ATTRIBUTE = re.compile(r"([a-z-]+)(?:\s*+=\s*+(?:\"([^\"]*+)\"|'([^']*+)'|([^\s\"'>]++)))?", re.IGNORECASE)
# BlockLevelPass: the end of the paragraph, list item, cell or parameter in which an inline tag was left open.
_ENDS_PARAGRAPH = re.compile(r"\n(?:[ \t]*\n|[*#:;=]|[ \t]*(?:[|!]|\{\|)| \S)")
_ENDS_CELL = re.compile(r"\n[ \t]*(?:[|!]|\}\})")
_LINE_END = re.compile(r"\n")
_ENDS_P = re.compile(rf"\n[*#:;=]|<(?:{alternatives(_BLOCKS - {'td', 'th', 'tr', 'caption'})})\b", re.IGNORECASE)
_CELLS, _ITEMS = frozenset("|!"), frozenset("*#:;")
_TAG = re.compile(r"<(/?)([a-z]\w*+)(?:[^<>]*[^<>/])?>", re.IGNORECASE)
_CLOSED = re.compile(r"[^<\n'\]]*+</(\w++)\s*>")
_BLOCK_TAG = re.compile(rf"</?(?:{alternatives(_BLOCKS)})\b", re.IGNORECASE)
_ENCLOSING = 200  # characters before a tag in which the markup around it may begin
_LONGEST = 10_000  # characters of a line or cell that are searched
_NEXT_CELL = re.compile(r"\|\||!!")
_CSS_ESCAPE = re.compile(r"\\([0-9a-f]{1,6})\s?|/\*.*?(?:\*/|\Z)", re.IGNORECASE | re.DOTALL)
_CSS_NUMBER = re.compile(r"([+-]?\d{0,9}\.?\d{1,9})\s*+([a-z%]*+)")
_HIDING = {
    "display": frozenset({"none"}),
    "visibility": frozenset({"hidden", "collapse"}),
    "content-visibility": frozenset({"hidden"}),
    "-webkit-text-fill-color": frozenset({"transparent"}),
    "color": frozenset({"transparent"}),
    "unicode-bidi": frozenset({"bidi-override", "isolate-override"}),  # which shows 51 as 15
    "text-decoration": frozenset({"line-through"}),
    "text-decoration-line": frozenset({"line-through"}),
}
# CSS functions and colors that leave nothing to see: clipped or scaled to nothing, turned or moved away, transparent.
_SHOWS_NOTHING = re.compile(
    r"(?:scale[xy3d]{0,2}|circle|ellipse)\(\s*+0*+\.?+0*+(?!\d)|inset\(\s*+(?:[5-9]\d|\d{3})%|rotate[xy]\(\s*+-?90deg"
    r"|rect\((?:[\s,]*+[01](?:px)?){4}[\s,]*+\)|translate[xy3d]{0,2}\(\s*+-\d{4}|\A#(?:[\da-f]{3}0|[\da-f]{6}00)\Z"
    r"|\A(?:rgb|hsl)a?\((?:(?:[^(),]*+,){3}|[^()/]*+/)\s*+0*+\.?+0*+%?+\s*+\)"
)
# The direction of a text without a letter of Hebrew or Arabic is overridden: 51 is shown as 15.
_RTL = r"\u0590-\u08ff"
RTL_LETTER = re.compile(f"[{_RTL}]")
_REVERSED = re.compile(rf"<bdo\b[^<>]*\bdir\s*+=\s*+[\"']?rtl[^<>]*>[^<{_RTL}]*<", re.IGNORECASE)
_COLORS = {"black": "#000", "white": "#fff"}
_NO_COLOR = frozenset({"", "inherit", "initial", "unset", "revert"})  # equal values of these hide nothing
_WHITE = re.compile(
    r"(?<![-\w])color\s*+[:=]\s*+[\"']?(?:white|snow|ivory|ghostwhite|#f(?:ff|[a-f]f[a-f]f[a-f])"
    r"|rgb\(\s*255[ ,]+255[ ,]+255\s*\))(?![-\w])",
    re.IGNORECASE,
)
_BEHIND = re.compile(r"\b(?:background(?:-color)?\s*+[:=]|bgcolor)", re.IGNORECASE)
_AROUND = 2_000  # characters before a tag in which its background may be set
# The smallest legible size by CSS unit; em and % are relative to the surrounding text.
_LEGIBLE = {"": 1.0, "px": 3.0, "pt": 2.0, "em": 0.25, "rem": 0.25, "%": 25.0}


def is_hidden_by(attributes: str) -> bool:
    """Return whether the attributes of an HTML tag or of a table row or cell hide its content.

    >>> is_hidden_by('class="x" style="Display: none"')
    True
    """
    given = {name.lower(): next(filter(None, values), "") for name, *values in _ATTRIBUTE.findall(attributes)}
    classes = given.get("class", "").split()
    return "hidden" in given or hides(given.get("style", "")) or not HIDDEN_CLASSES.isdisjoint(classes)


@lru_cache(maxsize=1024)
def hides(style: str) -> bool:
    """Return whether CSS makes text unreadable: not displayed, tiny, off the page, struck, in the background color."""
    rules = {}
    for declaration in _plain(style).lower().split(";"):
        name, _, value = declaration.partition(":")
        rules[name.strip()] = value.replace("!important", "").strip()
    behind, front = (
        {_color(rules.get(name, "").partition(" ")[0]) for name in names} - _NO_COLOR
        for names in (("background", "background-color"), ("color",))
    )
    if behind & front:
        return True
    for name, value in rules.items():
        number = _CSS_NUMBER.match(value)
        size, unit = (float(number[1]), number[2]) if number else (math.inf, "")
        match name:
            case "font-size" | "font":
                hidden = size < _LEGIBLE.get(unit, 0.0) or size == 0
            case "opacity":
                hidden = size < _LEGIBLE["em"]
            case "height" | "width" | "max-height" | "max-width" | "line-height":
                smallest = 0.0 if unit in ("", "%") else _LEGIBLE.get(unit, 0.0)
                hidden = size <= smallest and rules.get("overflow", "") in ("hidden", "clip")
            case "scale":
                hidden = size == 0
            case "letter-spacing":  # which writes the letters over each other
                hidden = size < -_LEGIBLE.get(unit, math.inf)
            case "transform" | "clip" | "clip-path" | "color" if _SHOWS_NOTHING.search(value):
                hidden = True
            case "left" | "right" | "top" | "bottom" | "text-indent" | "margin-left" | "margin-top":
                # Text that is moved this far is off the page.
                hidden = unit in ("px", "em", "rem", "pt", "%", "vw", "vh") and size < (-999 if unit == "px" else -99)
            case _:
                hidden = not _HIDING.get(name, frozenset()).isdisjoint(value.split())
        if hidden:
            return True
    return False


def _color(value: str) -> str:
    value = _COLORS.get(value, value)
    return value[0] + value[1::2] if value[:1] == "#" and value[1::2] == value[2::2] else value


def _plain(style: str) -> str:
    # Sanitizer::normalizeCss decodes character references and escapes, and removes comments (unclosed: to the end).
    plain = _CSS_ESCAPE.sub(lambda escape: chr(min(int(escape[1] or "0", 16), 0xFFFF)), html.unescape(style))
    return plain.replace("\0", "")


def is_white(style: str) -> bool:
    """Return whether attributes or a CSS declaration make text white, which is the default background of a page.

    >>> is_white("color:#fff"), is_white("border-color:white")
    (True, False)
    """
    return _WHITE.search(_plain(style)) is not None


@lru_cache(maxsize=64)  # both sides of a few dozen articles
def visible(wikitext: str) -> str:
    r"""Return a wikitext in which text that readers do not see is blanked; positions do not change.

    >>> visible('Of <s>21</s> 25').replace("\u2060", "")
    'Of  25'
    """
    # Within a line, blanking must not add a space: `2<span style="display:none">0</span>5` shows 25.
    return _with(lambda hidden: re.sub(r"[^\n]", " " if "\n" in hidden else "\u2060", hidden), wikitext)


def without_hidden(wikitext: str) -> str:
    r"""Return a wikitext without the text that readers do not see.

    >>> without_hidden('<div style="display:none">\nOf 21</div>')
    ''
    """
    return wikitext if visible(wikitext) == wikitext else _with(lambda _: "", wikitext)


def _with(replaced: Callable[[str], str], wikitext: str) -> str:
    is_open = wikitext.find("<!--", max(wikitext.rfind("-->") - 3, 0)) >= 0  # a comment without an end, as `<!-->`
    hides_some = is_open or _MAY_HIDE.search(wikitext)
    return replace_spans(wikitext, hidden_spans(wikitext), replaced) if hides_some else wikitext


@lru_cache(maxsize=4)  # both sides of a comparison, which needs hidden text both blanked and removed
def hidden_spans(text: str) -> list[tuple[int, int]]:
    """Return the spans of a text that readers do not see, in order and without overlaps."""
    spans: list[tuple[int, int]] = []
    missing: set[str] = set()
    known: dict[re.Pattern[str], tuple[int, int]] = {}
    hidden = ""  # name of the current hiding tag, from `begin` to `stop` at the latest; `opened` tags of it are open
    begin, stop, opened, at = 0, len(text), 0, 0
    apart = 0  # a position that is known to be outside the bodies of tags
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
            # HTML drops a cell or row outside a table.
            else name in STRUCK
            or (
                name in _TAGS
                and token["attributes"]
                and (
                    is_hidden_by(token["attributes"])
                    or _is_white_on_white(text, token)
                    or _REVERSED.match(text, token.start())
                )
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
    """Return whether a tag makes its text white with no background set nearby; a table cell may inherit one."""
    if not is_white(tag["attributes"]):
        return False
    start = max(0, tag.start() - _AROUND)
    line = text.rfind("\n", start, tag.start()) + 1
    return text[line : line + 1] not in _CELLS and not _BEHIND.search(text, start, tag.end())


def _end_of_open_comment(text: str, at: int, start: int, missing: set[str]) -> int:
    """Return where a comment that is never closed ends: with the text (Preprocessor), or with the tag body around it.

    Bodies are searched from `at` on; `missing` is passed to `literal_end`.
    """
    while opener := _BODY.search(text, at, start):
        end = literal_end(text, opener["name"].lower(), opener.end(), missing)
        if end is not None and end > start:
            return text.rfind("</", start, end)
        at = opener.end() if end is None else end
    return len(text)


def _latest_end(text: str, name: str, tag: tuple[int, int], known: dict[re.Pattern[str], tuple[int, int]]) -> int:
    """Return where the element of an opening tag ends at the latest, as RemexHtml parses it.

    `known` holds the range that each pattern searched last, so that no range is searched twice.
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
    # BlockLevelPass makes no paragraph of a line that contains a block element.
    if inline and first not in _CELLS | _ITEMS:
        inline = _BLOCK_TAG.search(text, near, min(following(_LINE_END), after + _ENCLOSING)) is None
    if name == "includeonly" or not (in_cell or in_item or inline or name == "p"):
        return around
    stop = following(_ENDS_CELL if in_cell else _LINE_END if in_item else _ENDS_P if name == "p" else _ENDS_PARAGRAPH)
    if in_cell and f"</{name}" not in text[after : min(stop, after + _LONGEST)].lower():
        stop = min(stop, following(_NEXT_CELL))
    return min(stop, around)


def _end_of_enclosing(text: str, before: str, after: int, *, inline: bool) -> int:
    """Return where the footnote around a tag ends; for an inline tag, also the link, quotes, heading or tag around it.

    RemexHtml closes an element together with the elements left open in it. `before` is the line up to the tag.
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
