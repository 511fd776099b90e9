"""Convert the HTML of a rendered page to its facts text: a small, canonical wikitext that `parse` reads like any other.

Only statements are kept: headings, paragraphs, lists, tables, infobox rows, captions, and footnotes with what they
cite. All text is escaped, so nothing that a page shows can be read as markup.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from operator import add
from typing import Final
from urllib.parse import quote, unquote

from lxml import etree

from watcher.errors import TooLarge
from watcher.model import Dialect
from watcher.parse.render.images import alternative_text, file_of, is_option, normal_file
from watcher.parse.render.nodes import is_setting
from watcher.parse.render.passages import to_superscript
from watcher.parse.template_names import WORDS
from watcher.parse.visibility import HIDDEN_CLASSES, RTL_LETTER, STRUCK, hides

_ENGLISH = Dialect()
_Element = etree._Element  # noqa: SLF001  the class of all elements has no public name

_MOST_BYTES = 8 << 20
_MOST_TAGS = 400_000  # the longest articles have 100,000
_MOST_ATTRIBUTES = 2_000
_DEEPEST = 100  # levels; libxml2 itself ends at 256
_SMALLEST_IMAGE = 60  # pixels; smaller ones are flags and icons
_MOST_FRAMES = 2  # a box of several images, and each of them

_MARK: Final = "\ue004"  # stands for a piece of our own markup while text is escaped
# Invisible characters, and control and private-use characters, some of which mark positions here and in `passages`.
_UNSEEN = re.compile("[\u00ad\u200b\u200e\u200f\u202a-\u202e\u2060-\u206f\ufeff]")
_NO_TEXT = re.compile("[\0-\x08\x0e-\x1f\x7f-\x9f\ud800-\udfff\ue000-\ue003\ufffe\uffff]")
_MARKUP = re.compile(r"[&<>\[\]{}|]|''|__|://|!!")
_SINGLE = str.maketrans({sign: f"&#{ord(sign)};" for sign in "&<>[]{}|"})
_DOUBLE = ("''", "__", "://", "!!")
_AT_START = frozenset("*#:;=-+!")
_NOTE_ID = re.compile(r"cite_note-(?:(.*)-)?\d+", re.DOTALL)
_NO_NAME = re.compile(r"[^\w .:,'!()/+-]")
_NO_TITLE = re.compile(rf"[\[\]{{}}|<>#]|{_NO_TEXT.pattern}")
_ADDRESS = re.compile(r"(?:https?:)?//[^\s/]", re.IGNORECASE)
_NOTE = re.compile(r"<ref[^<>]*+>(?:(?<=/>)|[^<]*+</ref>)")
_NO_PARAMETER = re.compile(r"<[^<>]*+>|&#?\w++;|\[[^\s\[]++ |[=\[\]|{}]")
_LONG_TAG = re.compile(rb"<[^<>]{20000,}")
_STYLED = re.compile(rb"(</?)(?:(s|strike)|b|big|font|i|small|tt|u)(?=[\s>])", re.IGNORECASE)
_QUOTED = re.compile(rb"\"[^\"]*\"|'[^']*'")
_SPAN = re.compile(r"\s*\+?(\d{1,5})")
_DIGIT = re.compile(r"\d")
_BULLETS = "•·–- "
_LISTS = {"li": "*", "dt": ";", "dd": ":"}
_INFOBOXES = frozenset({"infobox", "infobox_v2", "infobox_v3", "taxobox"})
_FRAMES = frozenset({"thumb", "tsingle", "gallerybox", "infobox-image"})
_CAPTIONS = frozenset({"thumbcaption", "gallerytext", "infobox-caption"})
_UNFRAMED = frozenset({"mw:File", "mw:File/Frameless"})  # MediaWiki's styles hide the caption of these


def facts_text(html: str, dialect: Dialect = _ENGLISH) -> str:
    r"""Return the facts text of a rendered page. Raise TooLarge if it is larger than any real page.

    >>> facts_text("<h2>Scale</h2><p>In 2012, <b>21 million</b> victims [sic].</p>")
    '== Scale ==\n\nIn 2012, 21 million victims &#91;sic&#93;.'
    """
    written = html.encode("utf-8", "replace")
    if len(written) > _MOST_BYTES or written.count(b"<") > _MOST_TAGS:
        raise TooLarge(
            f"the rendered page has more than {_MOST_BYTES >> 20} MiB or {_MOST_TAGS:,} tags; it is not read"
        )
    # libxml2 compares each attribute of a tag with all before it: 80,000 took 20 s. MediaWiki accepts any `data-…`.
    if any(len(_QUOTED.sub(b"", tag[0]).split()) > _MOST_ATTRIBUTES for tag in _LONG_TAG.finditer(written)):
        raise TooLarge(f"a tag of the rendered page has more than {_MOST_ATTRIBUTES:,} attributes; it is not read")
    # libxml2 ends `<s>` and the like before a paragraph or table, although readers see that struck or hidden, too.
    written = _STYLED.sub(lambda tag: tag[1] + (b"del" if tag[2] else b"span"), written)
    parser = etree.HTMLParser(encoding="utf-8", recover=True, no_network=True, remove_comments=True, remove_pis=True)
    root: _Element | None = etree.fromstring(written, parser)
    if any(entry.type_name == "ERR_RESOURCE_LIMIT" for entry in parser.error_log):
        raise TooLarge("the rendered page is nested too deep, or has a value too long, to be read")
    if root is None:
        return ""
    notes: dict[str, _Element] = {}  # the items of the reference lists by id; if an id occurs twice, the first
    for item in root.iter("li"):
        parent = item.getparent()
        # A list within an item of another list is not read with that item, so that each note is read only once.
        if (name := item.get("id", "")).startswith("cite_note") and parent is not None and is_chrome(parent):
            notes.setdefault(name, item)
    writer = _Writer(dialect=dialect, notes=notes)
    writer.walk(root)
    writer.end_line()
    text = "\n".join([*writer.lines, *writer.unused()]).strip("\n")
    if len(text) > _MOST_BYTES:
        raise TooLarge(f"the facts of the rendered page have more than {_MOST_BYTES >> 20} MiB; they are not read")
    return text


def _classes(node: _Element) -> list[str]:
    return node.get("class", "").split()


def _has(node: _Element, names: frozenset[str]) -> bool:
    return not names.isdisjoint(_classes(node))


@dataclass(slots=True, kw_only=True)
class _Writer:
    """Walks the elements and writes lines. `buffer` is the current line; `marks` is our own markup by index in it."""

    dialect: Dialect
    notes: dict[str, _Element]
    lines: list[str] = field(default_factory=list)
    buffer: list[str] = field(default_factory=list)
    marks: dict[int, str] = field(default_factory=dict)
    prefix: str = ""
    nested: bool = False  # in a cell, caption, footnote: no headings and tables there
    flat: bool = False  # on one line: no list markers
    in_note: bool = False
    in_link: bool = False
    depth: int = 0
    frames: int = 0
    cited: set[str] = field(default_factory=set)
    cited_in_note: list[str] = field(default_factory=list)

    def walk(self, node: _Element) -> None:
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
        if is_chrome(node):
            return
        if block := _BLOCKS.get(node.tag):
            self.end_line()
            block(self, node)
            self.end_line()
        else:
            _INLINE.get(node.tag, _Writer.walk)(self, node)

    def mark(self, markup: str) -> None:
        self.marks[len(self.buffer)] = markup
        self.buffer.append(_MARK)

    def end_line(self) -> None:
        """Write the current line if it has any text. The text is escaped, our own markup is not."""
        if not self.buffer:
            return
        marks, prefix = self.marks, self.prefix
        if marks:
            self.buffer = [
                part if at in marks else part.replace(_MARK, "\ufffd") for at, part in enumerate(self.buffer)
            ]
        text = _escaped_line("".join(self.buffer))
        if marks:
            first, *rest = text.split(_MARK)
            text = first + "".join(map(add, marks.values(), rest))
        self.buffer, self.marks = [], {}
        if text and prefix:
            # Help:Lists: a colon would end the term.
            self.lines.append(f"{prefix} {text.replace(':', '&#58;') if prefix[-1] == ';' else text}")
        elif text:
            self.lines += (text, "")

    def inside(self, node: _Element, *, flat: bool = False) -> list[str]:
        """Return the content of an element as separate lines."""
        # Creating a writer for each cell would take a quarter of the time for a page.
        outer = self.lines, self.buffer, self.marks, self.prefix, self.nested, self.flat
        lines: list[str] = []
        self.lines, self.buffer, self.marks, self.prefix, self.nested, self.flat = lines, [], {}, "", True, flat
        self.division(node)
        self.end_line()
        self.lines, self.buffer, self.marks, self.prefix, self.nested, self.flat = outer
        return lines if not lines or lines[-1] else lines[:-1]

    def inline(self, node: _Element, separator: str = " ") -> str:
        return separator.join(filter(None, self.inside(node, flat=True)))

    def cite(self, note: str, *, inner: bool = False) -> None:
        """Write a use of a footnote. The first use defines it, as in an article."""
        item = self.notes.get(note)
        if item is None:
            return
        if self.in_note:
            self.cited_in_note.append(note)
            return
        if note in self.cited:
            if name := _name_of(note):
                self.mark(f"<ref{name} />")
            return
        self.cited.add(note)
        self.mark(self.definition(note, item))
        # A footnote of a footnote supports the same sentence. Only one level, as notes may cite each other in a loop.
        for other in () if inner else self.cited_in_note:
            self.cite(other, inner=True)

    def definition(self, note: str, item: _Element) -> str:
        name = _name_of(note)
        self.in_note, self.cited_in_note = True, []
        texts = (part for part in item.iter("span") if "reference-text" in part.get("class", ""))
        text = self.inline(next(texts, item))
        self.in_note = False
        # A name that was never defined has an empty item.
        return f"<ref{name}>{text}</ref>" if text else f"<ref{name} />" if name else ""

    def unused(self) -> Iterator[str]:
        """Yield a reference list of the footnotes that no sentence uses, if there are any."""
        written = [self.definition(note, item) for note, item in self.notes.items() if note not in self.cited]
        if any(written):
            yield "\n".join(("<references>", *filter(None, written), "</references>"))

    def image(self, media: _Element, caption: str = "") -> str:
        parts = [f"File:{_file(media, self.dialect)}", "thumb"]
        alternative = _escaped_line(media.get("alt", ""))
        if alternative and alternative != caption:
            parts.append(f"alt={alternative}")
        if caption:
            # A caption that looks like an option would be read as one without the escaped blank before it.
            option = is_option(caption) or alternative_text(caption) is not None
            parts.append(f"&#32;{caption}" if option else caption)
        return f"[[{'|'.join(parts)}]]"

    def rows(self, node: _Element) -> Iterator[str]:
        """Yield the lines of a data table."""
        for part in node.iter("caption", "tr"):
            if next(part.iterancestors("table"), None) is not node or is_chrome(part):
                continue
            if part.tag == "caption":
                yield f"|+ {self.inline(part)}"
                continue
            yield "|-"
            for cell in part.iterchildren("td", "th"):
                if not is_chrome(cell):
                    text = self.inside(cell)
                    # HTML ignores what follows the digits of a span, and allows at most 1000 columns.
                    spans = [(name, _SPAN.match(cell.get(name, ""))) for name in ("colspan", "rowspan")]
                    wide = [f'{name}="{min(int(at[1]), 1000)}"' for name, at in spans if at and int(at[1]) > 1]
                    sign = ("!" if cell.tag == "th" else "|") + (f" {' '.join(wide)} |" if wide else "")
                    yield f"{sign} {text[0]}" if len(text) == 1 else "\n".join((sign, *text))

    def infobox(self, node: _Element) -> Iterator[str]:
        """Yield the lines of an infobox as a template, with the rows as its parameters."""
        yield "{{Infobox"
        group = header = ""
        for row in node.iter("caption", "tr"):
            cells = [row] if row.tag == "caption" else [*row.iterchildren("td", "th")]
            cells = [cell for cell in cells if cell.find(".//table") is None and not is_chrome(cell)]
            if not cells or is_chrome(row):
                continue
            headed = len(cells) > 1 or (cells[0].tag == "th" and "infobox-above" not in _classes(cells[0]))
            label, about = _label(self.inline(cells.pop(0)) if headed else "")
            # A row that begins with a bullet belongs to the last row without one: to the area, to the population.
            group = label if label and label[0] not in _BULLETS else group
            header = label if headed and not cells else header
            name = label if label == group else f"{group} {label}" if label else header
            for cell in cells:
                if value := "\n".join(self.inside(cell)):
                    yield f"| {name or 'infobox'} = {value}{about}"
        yield "}}"

    def heading(self, node: _Element) -> None:
        if self.nested or self.prefix:
            self.walk(node)
        elif text := self.inline(node):
            text = f"{text[:-1]}&#61;" if text[-1] == "=" else text  # else it would be one of the heading's signs
            signs = "=" * int(node.tag[1])
            self.lines += (f"{signs} {text} {signs}", "")

    def list_item(self, node: _Element) -> None:
        if _is_frame(node) or self.flat:
            self.division(node)
            return
        outer, parent = self.prefix, node.getparent()
        sign = "#" if parent is not None and parent.tag == "ol" else _LISTS[node.tag]
        self.prefix = (outer + sign)[:8]
        self.walk(node)
        self.end_line()
        self.prefix = outer

    def quote(self, node: _Element) -> None:
        if self.nested:
            self.walk(node)
        elif lines := self.inside(node):
            self.lines += ("<blockquote>", *lines, "</blockquote>", "")

    def table(self, node: _Element) -> None:
        """Write a data table, an infobox, or the content of a layout table."""
        if self.nested:
            self.walk(node)
        # A row of several cells that are all headers makes it a data table, whatever its class.
        elif _has(node, _INFOBOXES) and not any(
            len(row) > 1 and all(cell.tag == "th" for cell in row) for row in node.iter("tr")
        ):
            self.lines += (*self.infobox(node), "")
        elif node.get("role") == "presentation" or (
            "wikitable" not in _classes(node) and node.find(".//table") is not None
        ):
            self.walk(node)
        else:
            self.lines += ("{|", *self.rows(node), "|}", "")

    def division(self, node: _Element) -> None:
        """Write the content of an element, or the image and caption of a frame; a frame may contain several frames."""
        framed = self.frames < _MOST_FRAMES and _is_frame(node)
        several = framed and sum(1 for _ in node.iter("img")) > 1
        shown = (part for part in node.iter("img", "video", "audio", "span") if _file(part, self.dialect))
        media = next(shown, None) if framed and not several else None
        self.frames += framed
        if media is None:
            self.walk(node)
        else:
            captions = (
                part for part in node.iter("figcaption", "div") if part.tag == "figcaption" or _has(part, _CAPTIONS)
            )
            caption = next(captions, None) if node.get("typeof") not in _UNFRAMED else None
            self.mark(self.image(media, self.inline(caption, "<br>") if caption is not None else ""))
        self.frames -= framed

    def link(self, node: _Element) -> None:
        """Write the words of a link, and the URL if it is external."""
        classes = _classes(node)
        address = node.get("href", "").strip()[:2000] if "external" in classes and not self.in_link else ""
        # No character of the URL may have a meaning in wikitext.
        address = quote(address, safe="/:?#@!$&()*+,;=%~") if _ADDRESS.match(address) else ""
        bare = "autonumber" in classes or "free" in classes
        if not address or ("free" in classes and not self.in_note):
            self.walk(node)
            return
        self.in_link = True
        label = "" if bare else self.inline(node)
        self.in_link = False
        if bare:
            self.mark(f"[{address}]" if "autonumber" in classes else f"{address} ")
        elif label:
            self.mark(f"[{address} {label}]")

    def superscript(self, node: _Element) -> None:
        if "reference" in _classes(node):
            for link in node.iter("a"):
                self.cite(unquote(link.get("href", "")).rpartition("#")[2])
        elif len(node):
            self.walk(node)
        else:
            self.buffer.append(to_superscript(node.text or ""))

    def line_break(self, _node: _Element) -> None:
        # In a cell or caption, each line is a statement of its own.
        if self.nested and not self.in_note:
            self.mark("<br>")
        else:
            self.buffer.append(" ")

    def inline_image(self, node: _Element) -> None:
        """Write an image within the text, unless it is an icon; for the image of a formula, write the notation."""
        if "mwe-math" in node.get("class", ""):
            self.buffer.append(node.get("alt", ""))
        width = node.get("width", "")[:5]
        if width.isdecimal() and int(width) >= _SMALLEST_IMAGE and not self.in_note and _file(node, self.dialect):
            self.mark(self.image(node))


def escaped(text: str) -> str:
    """Return text as it is written in a facts text, escaped so that it contains no markup."""
    if _MARKUP.search(text):
        text = text.translate(_SINGLE)
        for signs in _DOUBLE:
            text = text.replace(signs, "".join(f"&#{ord(sign)};" for sign in signs))
    return text


def _escaped_line(text: str) -> str:
    if not text.isascii():
        text = _UNSEEN.sub("", text)
    text = escaped(_NO_TEXT.sub("\ufffd", " ".join(text.split())))
    return f"&#{ord(text[0])};{text[1:]}" if text[:1] in _AT_START else text


def _label(head: str) -> tuple[str, str]:
    """Return a row's label as a parameter name without markup, and what belongs to the row's value instead.

    That is the label's footnotes and, if it has a number, the label itself. Such a number dates the value:
    `2025 estimate` is the same row as an earlier `2024 estimate`.
    """
    plain = _NOTE.sub("", head)
    words = _NO_PARAMETER.sub(" ", plain).split()
    name = " ".join(word for word in words if not _DIGIT.search(word)).replace("()", "").strip(":, ")[:100]
    # Some names are settings of a template, which are not facts; a row of an infobox always is one.
    name = f"{name} (row)" if name and is_setting(name) else name
    time = f" ({plain.strip(_BULLETS)})" if _DIGIT.search(" ".join(words)) else ""
    return name, time + "".join(_NOTE.findall(head))


def _name_of(note: str) -> str:
    """Return a footnote's `name` attribute from its id, without the number, which other notes change; "" if unnamed."""
    match = _NOTE_ID.fullmatch(note)
    name = _NO_NAME.sub(" ", match[1]).replace("_", " ")[:200].strip() if match and match[1] else ""
    return f' name="{name}"' if name else ""


def _is_frame(node: _Element) -> bool:
    return node.tag == "figure" or _has(node, _FRAMES)


def _file(media: _Element, dialect: Dialect) -> str:
    """Return the name of the file that an element shows, or an empty string if it shows none."""
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
    return " ".join(_NO_TITLE.sub(" ", name).split())[:250].replace("&", "&amp;")


_Reader = Callable[[_Writer, _Element], None]
_BLOCKS: dict[str, _Reader] = {
    **dict.fromkeys(WORDS["page_blocks"], _Writer.walk),
    **dict.fromkeys(("div", "figure", "td"), _Writer.division),
    **dict.fromkeys(_LISTS, _Writer.list_item),
    **dict.fromkeys(("h1", "h2", "h3", "h4", "h5", "h6"), _Writer.heading),
    "blockquote": _Writer.quote,
    "table": _Writer.table,
}
_INLINE: dict[str, _Reader] = {
    "a": _Writer.link,
    "sup": _Writer.superscript,
    "br": _Writer.line_break,
    "img": _Writer.inline_image,
    "math": lambda writer, node: writer.buffer.append(node.get("alttext", "")),
}


_SILENT_TAGS, _SILENT_CLASSES = STRUCK | WORDS["page_silent_tags"], HIDDEN_CLASSES | WORDS["page_silent_classes"]
_SILENT_ROLES = frozenset({"navigation", "note", "search"})
_SILENT_IDS = frozenset({"toc", "catlinks", "normdaten", "siteSub", "coordinates"})


def is_chrome(node: etree._Element) -> bool:
    """Return whether an element is navigation, a notice, bookkeeping, or hidden."""
    attributes = node.attrib
    if node.tag in _SILENT_TAGS or not attributes:
        return node.tag in _SILENT_TAGS
    if node.tag == "ol" and "references" in attributes.get("class", ""):
        return True  # footnotes are read where they are used
    return (
        not _SILENT_CLASSES.isdisjoint(attributes.get("class", "").split())
        or attributes.get("role") in _SILENT_ROLES
        or attributes.get("id") in _SILENT_IDS
        or "hidden" in attributes
        or ("style" in attributes and hides(attributes["style"]))
        or (
            node.tag == "bdo"
            and attributes.get("dir") == "rtl"
            and not RTL_LETTER.search("".join(map(str, node.itertext())))
        )
    )
