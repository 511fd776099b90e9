"""Convert the HTML of a rendered page to its facts text: a small, canonical wikitext that `parse` reads as any other.

Only what readers take for statements stays: headings, paragraphs, lists, tables, infobox rows, captions, and footnotes
with what they cite. All text is escaped, so nothing that a page shows can be read as markup.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from operator import add
from typing import Final
from urllib.parse import quote, unquote

from lxml import etree

from watcher.errors import TooLarge
from watcher.model import Dialect
from watcher.parse.render.images import file_of, is_option, normal_file, option_value
from watcher.parse.render.markup_text import to_superscript
from watcher.parse.render.templates import is_setting
from watcher.parse.rendered.page_chrome import is_chrome

_ENGLISH = Dialect()
_Element = etree._Element  # noqa: SLF001  the class of all elements has no public name

_MOST_BYTES = 8 << 20
_MOST_TAGS = 400_000  # the longest articles have 100,000
_DEEPEST = 100  # levels; libxml2 itself ends at 256
_WIDEST_SPAN = 1000  # HTML's limit for columns
_SMALLEST_IMAGE = 60  # pixels; smaller ones are flags and icons
_LONGEST_URL = 2000

_MARK: Final = "\ue004"  # stands for a piece of our own markup while text is escaped
# What shows nothing, and the private characters of ours and of the renderer: see markup_text.
_UNSEEN = re.compile("[\u00ad\u200b\u200e\u200f\u202a-\u202e\u2060-\u206f\ufeff]")
_NO_TEXT = re.compile("[\0-\x08\x0e-\x1f\x7f-\x9f\ud800-\udfff\ue000-\ue003\ufffe\uffff]")
_MARKUP = re.compile(r"[&<>\[\]{}|]|''|__|://|!!")
_AT_START = frozenset("*#:;=-+!")
_NOTE_ID = re.compile(r"cite_note-(?:(.*)-)?\d+", re.DOTALL)
_NO_NAME = re.compile(r"[^\w .:,()/+-]")
_NO_TITLE = re.compile(rf"[\[\]{{}}|<>#&]|{_NO_TEXT.pattern}")
_ADDRESS = re.compile(r"(?:https?:)?//[^\s/]", re.IGNORECASE)
_BLOCKS = frozenset(
    "address article aside body center details dd div dl dt fieldset figcaption footer form header hr li main nav ol p "
    "pre section summary tbody td tfoot th thead tr ul".split()
)
_LISTS = {"li": "*", "dt": ";", "dd": ":"}
_INFOBOXES = frozenset({"infobox", "infobox_v2", "infobox_v3", "taxobox"})
_FRAMES = frozenset({"thumb", "tsingle", "gallerybox", "infobox-image"})
_CAPTIONS = frozenset({"thumbcaption", "gallerytext", "infobox-caption"})


def facts_text(html: str, dialect: Dialect = _ENGLISH) -> str:
    r"""Return what a rendered page states as wikitext; pure, TooLarge for more than any page has.

    >>> facts_text("<h2>Scale</h2><p>In 2012, <b>21 million</b> victims [sic].</p>")
    '== Scale ==\n\nIn 2012, 21 million victims &#91;sic&#93;.'
    """
    root = _tree(html)
    if root is None:
        return ""
    writer = _Writer(dialect=dialect, notes=_notes(root))
    writer.walk(root)
    writer.end_line()
    return "\n".join([*writer.lines, *writer.definitions()]).strip("\n")


def _tree(html: str) -> _Element | None:
    written = html.encode("utf-8", "replace")
    if len(written) > _MOST_BYTES or written.count(b"<") > _MOST_TAGS:
        raise TooLarge(
            f"the rendered page has more than {_MOST_BYTES >> 20} MiB or {_MOST_TAGS:,} tags; it is not read"
        )
    parser = etree.HTMLParser(encoding="utf-8", recover=True, no_network=True, remove_comments=True, remove_pis=True)
    root: _Element | None = etree.fromstring(written, parser)
    if any(entry.type_name == "ERR_RESOURCE_LIMIT" for entry in parser.error_log):
        raise TooLarge("the rendered page is nested too deep, or has a value too long, to be read")
    return root


def _notes(root: _Element) -> dict[str, _Element]:
    """Return the items of the reference lists by their ids; of an id given twice the first counts."""
    notes: dict[str, _Element] = {}
    for item in root.iter("li"):
        if (name := item.get("id", "")).startswith("cite_note"):
            notes.setdefault(name, item)
    return notes


def _classes(node: _Element) -> list[str]:
    return node.get("class", "").split()


@dataclass(slots=True, kw_only=True)
class _Writer:
    """Walks the elements and writes lines; `buffer` is the line begun, `marks` our own markup by its place there."""

    dialect: Dialect
    notes: dict[str, _Element]
    lines: list[str] = field(default_factory=list)
    buffer: list[str] = field(default_factory=list)
    marks: dict[int, str] = field(default_factory=dict)
    prefix: str = ""
    nested: bool = False  # in a cell, caption, footnote: no headings and tables there
    flat: bool = False  # to be one line: no list signs
    in_note: bool = False
    depth: int = 0
    cited: set[str] = field(default_factory=set)

    def walk(self, node: _Element) -> None:
        """Write all that is inside an element."""
        self.depth += 1
        if self.depth > _DEEPEST:
            raise TooLarge(f"the rendered page is nested deeper than {_DEEPEST} levels; it is not read")
        if text := node.text:
            self.buffer.append(text)
        for child in node:
            self.read(child)
            if text := child.tail:
                self.buffer.append(text)
        self.depth -= 1

    def read(self, node: _Element) -> None:
        """Write one element."""
        tag = node.tag
        if is_chrome(node):
            return
        if reader := _READERS.get(tag):
            reader(self, node)
        elif tag in _BLOCKS:
            self.block(node)
        else:
            self.walk(node)

    def block(self, node: _Element) -> None:
        """Write a block element: it begins and ends a line."""
        self.end_line()
        self.walk(node)
        self.end_line()

    def mark(self, markup: str) -> None:
        """Write markup of our own."""
        self.marks[len(self.buffer)] = markup
        self.buffer.append(_MARK)

    def end_line(self) -> None:
        """End the line begun, if it has any words."""
        text, prefix = self.line(), self.prefix
        if not text:
            return
        if prefix.endswith(";"):
            text = text.replace(":", "&#58;")  # Help:Lists: a colon would end the term
        self.lines.append(f"{prefix} {text}" if prefix else text)
        if not prefix:
            self.lines.append("")

    def line(self) -> str:
        """Return the line begun, escaped, and begin another one."""
        if not self.buffer:
            return ""
        if self.marks:
            self.buffer = [
                part if at in self.marks else part.replace(_MARK, "\ufffd") for at, part in enumerate(self.buffer)
            ]
        text = "".join(self.buffer)
        if not text.isascii():
            text = _UNSEEN.sub("", text)
        text = escaped(_NO_TEXT.sub("\ufffd", " ".join(text.split())))
        if text[:1] in _AT_START:
            text = f"&#{ord(text[0])};{text[1:]}"
        if self.marks:
            first, *rest = text.split(_MARK)
            text = first + "".join(map(add, self.marks.values(), rest))
        self.buffer, self.marks = [], {}
        return text

    @contextmanager
    def _apart(self, *, flat: bool = False) -> Iterator[list[str]]:
        """Write to other lines meanwhile."""
        outer = self.lines, self.buffer, self.marks, self.prefix, self.nested, self.flat
        lines: list[str] = []
        self.lines, self.buffer, self.marks, self.prefix, self.nested, self.flat = lines, [], {}, "", True, flat
        yield lines
        self.end_line()
        self.lines, self.buffer, self.marks, self.prefix, self.nested, self.flat = outer

    def inside(self, node: _Element) -> str:
        """Return what is inside an element as lines of their own."""
        with self._apart() as lines:
            self.walk(node)
        return "\n".join(lines).strip("\n")

    def inline(self, node: _Element, separator: str = " ") -> str:
        """Return what is inside an element as one line."""
        with self._apart(flat=True) as lines:
            self.walk(node)
        return separator.join(filter(None, lines))

    def link(self, node: _Element) -> None:
        """Write a link as its words, an external one with its address."""
        address = _address(node) if "external" in node.get("class", "") else ""
        if not address or "free" in _classes(node) or not any(str(text).strip() for text in node.itertext()):
            self.walk(node)
            return
        if "autonumber" in _classes(node):
            self.mark(f"[{address}]")
            return
        self.mark(f"[{address} ")
        self.walk(node)
        self.mark("]")

    def superscript(self, node: _Element) -> None:
        """Write a footnote's mark, or raised words."""
        if "reference" in _classes(node):
            for link in node.iter("a"):
                self.cite(unquote(link.get("href", "")).rpartition("#")[2])
        elif len(node):
            self.walk(node)
        else:
            self.buffer.append(to_superscript(node.text or ""))

    def cite(self, note: str, *, inner: bool = False) -> None:
        """Write a use of a footnote; the first one defines it, as in an article."""
        item = self.notes.get(note)
        if item is None or self.in_note:
            return
        name = _name_of(note)
        attribute = f' name="{name}"' if name else ""
        if note in self.cited:
            self.mark(f"<ref{attribute} />" if name else "")
            return
        self.cited.add(note)
        self.mark(self.note(item, attribute))
        # A footnote of a footnote supports the same sentence. One level: notes may cite each other in a loop.
        for link in () if inner else item.iter("a"):
            self.cite(unquote(link.get("href", "")).rpartition("#")[2], inner=True)

    def note(self, item: _Element, attribute: str) -> str:
        """Return a footnote's definition."""
        self.in_note = True
        text = self.inline(item)
        self.in_note = False
        return f"<ref{attribute}>{text}</ref>" if text else ""

    def definitions(self) -> Iterator[str]:
        """Yield the list of the footnotes that no sentence uses."""
        unused = [(note, item) for note, item in self.notes.items() if note not in self.cited]
        written = [self.note(item, f' name="{name}"' if (name := _name_of(note)) else "") for note, item in unused]
        if any(written):
            yield "\n".join(("<references>", *filter(None, written), "</references>"))

    def heading(self, node: _Element) -> None:
        """Write a heading; one in a table or caption is a line of it."""
        self.end_line()
        if self.nested or self.prefix:
            self.walk(node)
            self.end_line()
        elif text := _without_notes(self.inline(node)).replace("=", "&#61;").strip():
            signs = "=" * int(node.tag[1])
            self.lines += (f"{signs} {text} {signs}", "")

    def list_item(self, node: _Element) -> None:
        """Write an item with the signs of the lists around it."""
        if _is_frame(node) or self.flat:
            self.division(node)
            return
        self.end_line()
        outer, parent = self.prefix, node.getparent()
        sign = "#" if parent is not None and parent.tag == "ol" else _LISTS[node.tag]
        self.prefix += sign
        self.walk(node)
        self.end_line()
        self.prefix = outer

    def quote(self, node: _Element) -> None:
        """Write a quotation."""
        self.end_line()
        if self.prefix or self.nested:
            self.walk(node)
            self.end_line()
        elif text := self.inside(node):
            self.lines += (f"<blockquote>\n{text}\n</blockquote>", "")

    def formula(self, node: _Element) -> None:
        """Write a formula as its notation."""
        self.buffer.append(node.get("alttext", ""))

    def line_break(self, _node: _Element) -> None:
        """Write a line break: in a caption its lines are statements of their own."""
        if self.nested and not self.in_note:
            self.mark("<br>")
        else:
            self.buffer.append(" ")

    def division(self, node: _Element) -> None:
        """Write a division or a cell outside of a table; some frame an image."""
        if _is_frame(node):
            self.frame(node)
        else:
            self.block(node)

    def frame(self, node: _Element) -> None:
        """Write an image with its caption."""
        captions = [part for part in node.iter("figcaption", "div") if part.tag == "figcaption" or _captions(part)]
        media = next((part for part in node.iter("img", "video", "audio", "span") if _file(part, self.dialect)), None)
        if media is None or sum(1 for _ in node.iter("img")) > 1:
            self.block(node)
            return
        caption = "<br>".join(filter(None, (self.inline(part, "<br>") for part in captions)))
        self.end_line()
        self.mark(self.image(media, caption))
        self.end_line()

    def image(self, media: _Element, caption: str = "") -> str:
        """Return the wikitext of an image."""
        parts = [f"File:{_file(media, self.dialect)}", "thumb"]
        with self._apart():
            self.buffer.append(media.get("alt", ""))
            alternative = self.line()
        if alternative and alternative != caption:
            parts.append(f"alt={alternative}")
        # A caption that reads like an option is one, unless a blank that is no option stands before it.
        parts += (
            [f"&#32;{caption}" if is_option(caption) or option_value(caption, "alt") else caption] if caption else []
        )
        return f"[[{'|'.join(parts)}]]"

    def image_in_text(self, node: _Element) -> None:
        """Write an image in the text; icons are none."""
        if "mwe-math" in node.get("class", ""):
            self.buffer.append(node.get("alt", ""))
        width = node.get("width", "")[:5]
        if width.isdecimal() and int(width) >= _SMALLEST_IMAGE and not self.in_note and _file(node, self.dialect):
            self.mark(self.image(node))

    def table(self, node: _Element) -> None:
        """Write a table of data, the rows of an infobox, or what a table merely arranges."""
        classes = _classes(node)
        self.end_line()
        if self.nested or self.prefix:
            self.walk(node)
        elif not _INFOBOXES.isdisjoint(classes):
            self.lines += (*self.infobox(node), "")
        elif node.get("role") == "presentation" or ("wikitable" not in classes and node.find(".//table") is not None):
            self.walk(node)
        else:
            self.lines += ("{|", *self.rows(node), "|}", "")
        self.end_line()

    def rows(self, node: _Element) -> Iterator[str]:
        """Yield the lines of a table of data."""
        for part in node.iter("caption", "tr"):
            if next(part.iterancestors("table"), None) is not node or is_chrome(part):
                continue
            if part.tag == "caption":
                yield f"|+ {self.inline(part)}"
                continue
            yield "|-"
            for cell in part.iterchildren("td", "th"):
                text = self.inside(cell)
                sign = "!" if cell.tag == "th" else "|"
                yield f"{sign}{_spans(cell)}{chr(10) if chr(10) in text else ' '}{text}"

    def infobox(self, node: _Element) -> Iterator[str]:
        """Yield an infobox as a template whose parameters are its rows."""
        yield "{{Infobox"
        group = ""
        for row in node.iter("caption", "tr"):
            if is_chrome(row):
                continue
            cells = [row] if row.tag == "caption" else [*row.iterchildren("td", "th")]
            cells = [cell for cell in cells if cell.find(".//table") is None]
            if len(cells) == 1 and cells[0].tag == "th" and "infobox-above" not in _classes(cells[0]):
                group = _label(self.inline(cells[0]))
                continue
            label = _label(self.inline(cells.pop(0))) if len(cells) > 1 else ""
            name = " ".join(filter(None, (group if not label or label[:1] in "•-–" else "", label))) or "infobox"
            for cell in cells:
                if text := self.cell(cell):
                    yield f"| {name} = {text}"
        yield "}}"

    def cell(self, node: _Element) -> str:
        """Return an infobox's value, an image with its caption where it is one."""
        if not _is_frame(node):
            return self.inside(node)
        with self._apart() as lines:
            self.frame(node)
        return "\n".join(lines).strip("\n")


def escaped(text: str) -> str:
    """Return text as it stands in a facts text: no character of it begins markup."""
    return _MARKUP.sub(lambda match: "".join(f"&#{ord(letter)};" for letter in match[0]), text)


def _without_notes(text: str) -> str:
    return re.sub(r"<ref[^<>]*/>|<ref.*?</ref>", "", text)


def _label(text: str) -> str:
    """Return a row's label as the name of a parameter, which has neither markup nor entities."""
    words = re.sub(r"<[^<>]*>|&#?\w+;|\[\S+ |[=\[\]|{}]", " ", _without_notes(text)).split()
    name = " ".join(words).strip(":")[:100]
    # Some names are a template's settings and no facts: a row of an infobox is always one.
    return f"{name} (row)" if name and is_setting(name) else name


def _name_of(note: str) -> str:
    """Return a footnote's name from its id; its number, which changes with every other footnote, is no part of it."""
    match = _NOTE_ID.fullmatch(note)
    return _NO_NAME.sub("_", match[1])[:200].strip() if match and match[1] else ""


def _spans(cell: _Element) -> str:
    written = [
        f'{name}="{min(int(value[:5]), _WIDEST_SPAN)}"'
        for name in ("colspan", "rowspan")
        if (value := cell.get(name, "").strip()).isdecimal() and value not in ("0", "1")
    ]
    return f" {' '.join(written)} |" if written else ""


def _address(node: _Element) -> str:
    """Return the address of an external link, without a character that has a meaning in wikitext."""
    address = node.get("href", "").strip()[:_LONGEST_URL]
    return quote(address, safe="/:?#@!$&()*+,;=%~") if _ADDRESS.match(address) else ""


def _captions(node: _Element) -> bool:
    return not _CAPTIONS.isdisjoint(_classes(node))


def _is_frame(node: _Element) -> bool:
    return bool(node.attrib) and not _FRAMES.isdisjoint(_classes(node))


def _file(media: _Element, dialect: Dialect) -> str:
    """Return the name of the file that an element shows; empty for one that shows none."""
    if media.tag == "span" and "mw-broken-media" not in _classes(media):
        return ""
    link = media.getparent()
    shown = [media.get("resource", ""), media.text or "" if media.tag == "span" else ""]
    if link is not None and link.tag == "a":
        shown += (link.get("title", ""), link.get("href", ""))
    for title in shown:
        name = file_of(unquote(title).rpartition("/")[2].rpartition("title=")[2], dialect)
        if name:
            return _title(name)
    steps = unquote(media.get("src", "")).split("?")[0].split("/")
    return _title(normal_file(steps[-2] if "thumb" in steps and len(steps) > 1 else steps[-1]))


def _title(name: str) -> str:
    return " ".join(_NO_TITLE.sub(" ", name).split())[:250]


_READERS: dict[str, Callable[[_Writer, _Element], None]] = {
    "a": _Writer.link,
    "sup": _Writer.superscript,
    "br": _Writer.line_break,
    "math": _Writer.formula,
    "img": _Writer.image_in_text,
    "figure": _Writer.frame,
    "div": _Writer.division,
    "td": _Writer.division,
    "blockquote": _Writer.quote,
    "table": _Writer.table,
    **dict.fromkeys(_LISTS, _Writer.list_item),
    **dict.fromkeys(("h1", "h2", "h3", "h4", "h5", "h6"), _Writer.heading),
}
