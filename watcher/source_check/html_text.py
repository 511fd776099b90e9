"""Extract the text of a web page as passages, and recognize pages that are not what was cited.

Passages are paragraphs, list items, and table cells with their headers. Error pages that are sent as a success, and
walls in front of the content, are not content: a value that they lack may still be in the source. They are short, which
distinguishes them from pages about cookies, subscriptions or missing pages.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import urlsplit

from lxml import etree

from watcher.model.source_checks import Problem
from watcher.source_check.page import WORDS, SourcePassage
from watcher.text import collapse

_Element = etree._Element  # noqa: SLF001  the class of all elements has no public name

_UNSEEN: Final = frozenset("script style noscript template svg math head object canvas audio video map".split())
_ASIDE: Final = frozenset("nav aside footer menu dialog form button select iframe".split())
# The classes and ids of parts that are not content, which are plain boxes on most of the web.
_ASIDE_NAME: Final = re.compile(
    r"(?:^|[\s_-])(?:comments?|related|recommend(?:ed|ations?)|sidebar|teasers?|promo(?:tion)?s?|newsletter|cookies?|"
    r"consent|ads?|advert(?:isement)?s?|banner|breadcrumbs?|navigation|navbar|footer|share|social|popular|trending)"
    r"(?:$|[\s_-])",
    re.IGNORECASE,
)
_HIDDEN_STYLE: Final = re.compile(r"display\s*:\s*none|visibility\s*:\s*hidden", re.IGNORECASE)
_OF_LAYOUT: Final = ("table", "p", "h1", "h2", "h3", "ul")
_HEADINGS: Final = frozenset({"h1", "h2", "h3", "h4", "h5", "h6"})
_INLINE: Final = frozenset(
    "a abbr acronym b bdi bdo big cite code data del dfn em font i img ins kbd label mark nobr q rp rt ruby s samp "
    "small span strike strong sub sup time tt u var wbr".split()
)
_CHARSET: Final = re.compile(r"charset\s*=\s*[\"']?([\w.:-]+)", re.IGNORECASE)
_META_CHARSET: Final = re.compile(rb"<meta[^>]{0,200}charset\s*=\s*[\"']?([\w.:-]+)", re.IGNORECASE)
_NOT_FREE: Final = re.compile(r"\"isAccessibleForFree\"\s*:\s*\"?false", re.IGNORECASE)
_STRUCK: Final = ("del", "s", "strike")
_SUPERSCRIPT: Final = str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹")
_NOTES: Final = re.compile(r"\d[\d,;*\s–-]*")
_DEEPEST: Final = 200
_MOST_ELEMENTS: Final = 200_000
_WIDEST: Final = 200  # columns


@dataclass(slots=True)
class HtmlText:
    """The text of a page, and what shows whether that is its content.

    `heading` is the first heading, `password` the number of password fields, `scripts` the number of scripts. `free` is
    what the page declares about access (schema.org `isAccessibleForFree`). `frames` are the URLs of its frames.
    """

    passages: list[SourcePassage] = field(default_factory=list)
    title: str = ""
    heading: str = ""
    language: str = ""
    password: int = 0
    scripts: int = 0
    free: bool = True
    frames: list[str] = field(default_factory=list)
    partial: bool = False

    @property
    def content(self) -> str:
        """Return the words of the content."""
        return " ".join(passage.text for passage in self.passages if not passage.aside)

    @property
    def text(self) -> str:
        """Return all words of the page."""
        return " ".join(passage.text for passage in self.passages)


def read_html(body: bytes, content_type: str) -> HtmlText:
    """Return the text of a page; a page that cannot be parsed has no passages."""
    # lxml reports an error if a text that is already decoded declares an encoding.
    parser = etree.HTMLParser(encoding="utf-8", remove_comments=True, remove_pis=True, no_network=True)
    page = HtmlText()
    try:
        root = etree.fromstring(_decoded(body, content_type).encode("utf-8", "replace"), parser)
    except (etree.XMLSyntaxError, ValueError):
        return page
    if root is None:
        return page
    page.language = (root.get("lang") or root.get("{http://www.w3.org/XML/1998/namespace}lang") or "").lower()
    page.title = _text_of(title) if (title := root.find(".//title")) is not None else ""
    scripts = root.findall(".//script")
    page.scripts = len(scripts)
    page.password = sum((field.get("type") or "").lower() == "password" for field in root.iter("input"))
    page.frames = [src for frame in root.iter("iframe", "frame") if (src := frame.get("src"))]
    declared = (script for script in scripts if (script.get("type") or "").lower() == "application/ld+json")
    page.free = not any(_NOT_FREE.search(script.text or "") for script in declared)
    etree.strip_elements(root, *_UNSEEN, with_tail=False)
    for line_break in root.iter("br"):
        line_break.tail = f" {line_break.tail or ''}"
    for note in root.findall(".//sup"):
        # An exponent or a footnote's number must not be read as a digit of the number before it.
        if _NOTES.fullmatch(mark := _text_of(note)):
            before = str(note.xpath("string(preceding-sibling::text()[1])"))
            del note[:]
            is_power = mark.isdecimal() and not before[-3:].isalpha()  # 10⁷, km²; but "million [4]"
            note.text = mark.translate(_SUPERSCRIPT) if is_power else f" [{mark}]"
    page.passages += [SourcePassage(text=words, aside=True) for words in map(_text_of, root.iter(*_STRUCK)) if words]
    etree.strip_elements(root, *_STRUCK, with_tail=False)
    _read_blocks(page, root if (content := root.find("body")) is None else content)
    return page


def _decoded(body: bytes, content_type: str) -> str:
    """Decode as browsers do: by the byte order mark, the header, the page's declaration, else as UTF-8 or cp1252."""
    if body.startswith((b"\xff\xfe", b"\xfe\xff")):
        return body.decode("utf-16", "replace")
    named, own = _CHARSET.search(content_type), _META_CHARSET.search(body[:4096])
    for name in (named and named[1], own and own[1].decode("ascii", "replace"), "utf-8"):
        with suppress(LookupError, UnicodeDecodeError):
            if name:
                return body.decode(name).removeprefix("\ufeff")
    return body.decode("cp1252", "replace")


def _read_blocks(page: HtmlText, body: _Element) -> None:
    """Add the passages of a page in order; a block element ends the passage before it."""
    above, pieces = "", list[str]()
    asides = [False]  # of the elements that are open

    def flush() -> str:
        words = collapse("".join(pieces))
        pieces.clear()
        if words:
            page.passages.append(SourcePassage(text=words, heading=above, aside=asides[-1]))
        return words

    walker = etree.iterwalk(body, events=("start", "end"))
    for count, (event, element) in enumerate(walker):
        if count > 2 * _MOST_ELEMENTS:
            page.partial = True
            break
        inline = element.tag in _INLINE
        if event == "start":
            if not inline:
                flush()
            asides.append(asides[-1] or (not inline and _is_aside(element)))
            page.partial = page.partial or len(asides) > _DEEPEST  # the parser gives up a little deeper
            # A table that contains other tables or paragraphs is for layout, as on pages of the nineties.
            if element.tag == "table" and not any(item is not element for item in element.iter(*_OF_LAYOUT)):
                page.passages += _read_table(element, above, aside=asides[-1])
                walker.skip_subtree()
            else:
                pieces.append(element.text or "")
        else:
            words = "" if inline else flush()
            if element.tag in _HEADINGS and words:
                above, page.heading = words, page.heading or words
            asides.pop()
            pieces.append(element.tail or "")
    flush()


def _read_table(table: _Element, heading: str, *, aside: bool) -> Iterator[SourcePassage]:
    """Yield each cell of a table, labelled with the headers of its row and column and the caption."""
    caption = collapse(" ".join(_text_of(item) for item in table.iter("caption")))
    above: dict[int, str] = {}
    spans: dict[int, tuple[int, str]] = {}  # cells that span the next rows
    for number, row in enumerate(table.iter("tr")):
        cells = list(_cells(row, spans))
        headers = all(is_header or not text for _, text, is_header in cells)
        headers = headers or not (number or above or any(map(str.isdigit, "".join(text for _, text, _ in cells))))
        leading = [text for _, text, _ in cells if text][:2]
        is_counted = [any(map(str.isalpha, text)) for text in leading] == [False, True]  # a ranking: "3 Hale"
        first = " ".join(leading if is_counted else leading[:1])
        for position, (column, text, _) in enumerate(cells):
            parts = (caption,) if headers else (first * (position > 0), above.get(column), caption)
            label = " × ".join(filter(None, parts))
            if headers:
                above[column] = " ".join(filter(None, (above.get(column), text)))
            if text:
                yield SourcePassage(text=text, heading=heading, label=label, aside=aside)


def _cells(row: _Element, spans: dict[int, tuple[int, str]]) -> Iterator[tuple[int, str, bool]]:
    """Yield column, text and whether it is a header of each cell of a row, including those that span it from above."""
    column = 0
    for cell in row.iterchildren("td", "th"):
        while column in spans and spans[column][0] > 0:
            yield column, spans[column][1], False
            spans[column] = spans[column][0] - 1, spans[column][1]
            column += 1
        if column >= _WIDEST:
            return
        text = _text_of(cell)
        down, across = _span(cell.get("rowspan")), _span(cell.get("colspan"))
        for _ in range(across):
            if down > 1:
                spans[column] = down - 1, text
            yield column, text, cell.tag == "th"
            column += 1


def _span(written: str | None) -> int:
    return min(int(written), _WIDEST) if written and written.isascii() and written.isdecimal() and int(written) else 1


def _text_of(element: _Element) -> str:
    return collapse(etree.tostring(element, method="text", encoding="unicode", with_tail=False))


def _is_aside(element: _Element) -> bool:
    if element.tag in _ASIDE or element.get("hidden") is not None or (element.get("aria-hidden") or "") == "true":
        return True
    if _HIDDEN_STYLE.search(element.get("style") or ""):
        return True
    named = f"{element.get('class') or ''} {element.get('id') or ''}"[:500]
    return element.tag not in ("body", "main", "article") and _ASIDE_NAME.search(named) is not None


# A page with more characters of content than these is not an obstacle.
_LITTLE: Final = 200
_SHORT: Final = 1_500
_TEASER: Final = 5_000


def _any(name: str) -> re.Pattern[str]:
    """Return a pattern for the phrases of words.toml under a name."""
    return re.compile("|".join(rf"\b{phrase}" for phrase in WORDS[name]), re.IGNORECASE)


_MISSING: Final = _any("missing")
_LOGIN: Final = _any("login")
_PAYWALL: Final = _any("paywall")
_COOKIES: Final = re.compile(r"\bcookies?\b", re.IGNORECASE)
_CONSENT: Final = _any("consent")


def obstacle(page: HtmlText, asked: str, reached: str) -> Problem | None:
    """Return why a page is not the one that was cited; None if it may be. `asked` was redirected to `reached`."""
    content, text = page.content, page.text
    length = len(content)
    # Sites redirect the URLs of pages that they no longer have to the front page.
    before, after = urlsplit(asked), urlsplit(reached)
    is_deep = len(before.path.strip("/")) > len("index.html") or bool(before.query)
    is_front_page = is_deep and not after.path.strip("/") and not after.query
    if is_front_page or (length < _SHORT and _MISSING.search(f"{page.title} | {page.heading}"[:500])):
        return Problem.GONE
    if length < _SHORT and (page.password or _LOGIN.search(text)):
        return Problem.LOGIN
    if length < _TEASER and (not page.free or _PAYWALL.search(text)):
        return Problem.PAYWALL
    shown = content if length > _LITTLE else text
    if length < _SHORT and _COOKIES.search(shown) and _CONSENT.search(shown):
        return Problem.COOKIES
    if length < _LITTLE and page.scripts:
        return Problem.SCRIPT
    return None if text else Problem.EMPTY
