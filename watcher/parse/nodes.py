"""A node of wikitext → what it adds to the text: its words, a paragraph's end, a list item, a footnote, a picture."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from mwparserfromhell.nodes import Argument, ExternalLink, Heading, HTMLEntity, Node, Tag, Template, Text, Wikilink
from mwparserfromhell.wikicode import Wikicode

from watcher.model import Where
from watcher.parse.extension_tags import INVISIBLE, NOTATIONS
from watcher.parse.links import Target, target_of
from watcher.parse.render import Reader, bare
from watcher.parse.tables import read_table
from watcher.parse.templates import read_template
from watcher.parse.wording import APOSTROPHE, JOINT, neutral, raised

_BLOCKS = frozenset(
    {
        "div", "center", "p", "section", "article", "header", "footer", "main", "ol", "ul", "dl", "li", "dd", "dt",
        "tr",
        "td",
        "th", "thead", "tbody", "tfoot", "caption", "h1", "h2", "h3", "h4", "h5", "h6", "noinclude", "onlyinclude",
        "includeonly",
        "poem", "blockquote",
    }
)  # fmt: skip
_STANDING = {"blockquote": Where.QUOTE, "poem": Where.QUOTE, "li": Where.LIST}
_SILENT = INVISIBLE | {"wbr", "img", "meta", "link", "indicator"}
_LIST_MARKERS = frozenset("*#;:")


def read_node(reader: Reader, node: Node) -> None:
    """Take any node but plain text; a comment is nothing."""
    read = _READERS.get(type(node))
    if read is not None:
        read(reader, node)


def _tag(reader: Reader, node: Tag) -> None:
    name = str(node.tag).strip().lower()
    special = _SPECIAL.get(name)
    if node.wiki_markup in _LIST_MARKERS:
        _list_marker(reader, node.wiki_markup)
    elif special is not None:
        special(reader, node)
    elif name in NOTATIONS:
        reader.aside(str(node.contents or ""), Where.PROSE if reader.where is Where.LIST else reader.where, name)
    elif name in _BLOCKS:
        reader.enclose(node.contents, _STANDING.get(name))
    elif name not in _SILENT:
        reader.read(node.contents)


def _list_marker(reader: Reader, marker: str) -> None:
    """`*`, `#`, `;`, `:` begin an item that ends with its line; an indent alone is prose."""
    now = reader.current
    if now.item and now.is_empty:
        now.item += marker
    else:
        term = now.item.startswith(";")
        now = reader.cut()
        now.item = f";{marker}" if term else marker
    if reader.where is Where.PROSE and now.item.strip(":"):
        now.where = Where.LIST


def _reference(reader: Reader, node: Tag) -> None:
    reader.cite(node)


def _break(reader: Reader, _node: Tag) -> None:
    """A line's end is a space, but in a caption lines are statements of their own, often a map's legend."""
    if reader.where is Where.CAPTION:
        reader.cut()
    else:
        reader.current.parts.append(" ")


def _rule(reader: Reader, _node: Tag) -> None:
    reader.cut()


def _literal(reader: Reader, node: Tag) -> None:
    reader.current.parts.append(JOINT + str(node.contents or "").replace("'", APOSTROPHE) + JOINT)


def _preformatted(reader: Reader, node: Tag) -> None:
    reader.cut()
    _literal(reader, node)
    reader.cut()


def _reference_list(reader: Reader, node: Tag) -> None:
    if node.contents is not None:
        reader.define(node.contents)


def _superscript(reader: Reader, node: Tag) -> None:
    nodes = node.contents.nodes if node.contents is not None else ()
    if len(nodes) == 1 and type(nodes[0]) is Text:
        reader.current.parts.append(raised(nodes[0].value))
    else:
        reader.read(node.contents)


def _gallery(reader: Reader, node: Tag) -> None:
    if not reader.picture(node):
        reader.aside(str(node.contents or ""), reader.where, str(node.tag))


def _link(reader: Reader, node: Wikilink) -> None:
    target = target_of(str(node.title), reader.dialect, labelled=node.text is not None)
    if target.kind is Target.Kind.FILE:
        reader.picture(node)
    elif target.kind is not Target.Kind.ARTICLE:
        reader.aside(target.shown, Where.INFOBOX, target.kind.value)
    elif node.text is not None and node.text.nodes:
        _label(reader, node.text)
    else:
        reader.write(bare(target.shown))


def _label(reader: Reader, code: Wikicode) -> None:
    nodes = code.nodes
    if len(nodes) == 1 and type(nodes[0]) is Text:
        value = bare(nodes[0].value)
        edged = "'" in (value[:1], value[-1:]) and "''" not in value
        reader.current.parts.append(f"{JOINT}{value}{JOINT}" if edged else value)
    else:
        reader.read(code)


def _external(reader: Reader, node: ExternalLink) -> None:
    """A link's label, or a bare address; a bracketed address without label is a number in the margin."""
    if node.title is not None:
        _label(reader, node.title)
        if _is_prose(reader):
            reader.cite_link(node)
    elif not node.brackets:
        reader.current.parts.append(reader.plain(node.url))
    elif _is_prose(reader):
        reader.cite_link(node)


def _is_prose(reader: Reader) -> bool:
    """Whether an address stands behind words of a paragraph: in a list it is where to read on."""
    return reader.where is Where.PROSE and reader.current.where is Where.PROSE and not reader.current.is_empty


def _entity(reader: Reader, node: HTMLEntity) -> None:
    try:
        reader.write(neutral(node.normalize()))
    except (ValueError, OverflowError):
        reader.write(str(node))


def _argument(reader: Reader, node: Argument) -> None:
    if node.default is not None:
        reader.read(node.default)
    else:
        reader.write(str(node.name))


def _heading(reader: Reader, node: Heading) -> None:
    reader.enclose(node.title)


_SPECIAL: dict[str, Callable[[Reader, Tag], None]] = {
    "ref": _reference,
    "br": _break,
    "hr": _rule,
    "nowiki": _literal,
    "pre": _preformatted,
    "references": _reference_list,
    "sup": _superscript,
    "table": read_table,
    "gallery": _gallery,
    "imagemap": _gallery,
}

_READERS: dict[type[Node], Callable[[Reader, Any], None]] = {
    Tag: _tag,
    Template: read_template,
    Wikilink: _link,
    ExternalLink: _external,
    HTMLEntity: _entity,
    Argument: _argument,
    Heading: _heading,
}
