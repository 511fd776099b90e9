"""Render one wikitext node: words, paragraph breaks, list items, footnotes, images."""

from __future__ import annotations

import re
from collections.abc import Callable
from enum import StrEnum

from mwparserfromhell.nodes import Argument, ExternalLink, Heading, HTMLEntity, Node, Tag, Template, Text, Wikilink
from mwparserfromhell.wikicode import Wikicode

from watcher.model import Dialect, TextKind
from watcher.parse.citations.plain_text import without_comments
from watcher.parse.render.passages import APOSTROPHE, NO_MARKUP, strip_private_use, to_superscript
from watcher.parse.render.renderer import Renderer, strip_stray_tags
from watcher.parse.render.tables import read_table
from watcher.parse.render.templates import read_template
from watcher.parse.template_names import INVISIBLE, LANGUAGES, NOTATIONS, WORDS

_LIST_MARKERS = frozenset("*#;:")
_BLOCK_KINDS = {"blockquote": TextKind.QUOTE, "poem": TextKind.QUOTE, "li": TextKind.LIST}
_INVISIBLE_TAGS = INVISIBLE | {"wbr", "img", "meta", "link", "indicator"}


def read_node(reader: Renderer, node: Node) -> None:
    """Read any node but plain text; a comment is nothing."""
    match node:
        case Template():
            read_template(reader, node)
        case Tag():
            _tag(reader, node)
        case Wikilink():
            _link(reader, node)
        case ExternalLink():
            _external(reader, node)
        case HTMLEntity():
            try:
                reader.append_text(strip_private_use(node.normalize()))
            except (ValueError, OverflowError):  # &#x110000; is no character: MediaWiki shows it as it is written
                reader.append_text(str(node))
        case Argument(default=None):
            # Outside of a template `{{{name|default}}}` shows its default, without one itself (Help:Templates).
            reader.append_text(str(node.name))
        case Argument():
            reader.read(node.default)
        case Heading() if reader.where is TextKind.PROSE:
            # It begins no section: something else is in its line.
            reader.start_passage()
            reader.read_detached(node.title, reader.where, "section heading")
        case Heading():
            reader.read_block_element(node.title)
        case _:
            pass


def _tag(reader: Renderer, node: Tag) -> None:
    name = str(node.tag).strip().lower()
    special = _SPECIAL.get(name)
    if (marker := node.wiki_markup) in _LIST_MARKERS:
        # `*`, `#`, `;`, `:` begin an item, which ends with its line; an indent alone is prose.
        now = reader.current
        if now.item and now.is_empty:
            now.item += marker
        else:
            # `; term : definition` on one line is a term and what it means (BlockLevelPass::findColonNoLinks).
            term = now.item.startswith(";")
            now = reader.start_passage()
            now.item = f";{marker}" if term else marker
        if reader.where is TextKind.PROSE and now.item.strip(":"):
            now.where = TextKind.LIST
    elif special is not None:
        special(reader, node)
    elif name in NOTATIONS:
        reader.read_detached(
            str(node.contents or ""), TextKind.PROSE if reader.where is TextKind.LIST else reader.where, name
        )
    elif name in WORDS["html_passages"]:
        reader.read_block_element(node.contents, _BLOCK_KINDS.get(name))
    elif name not in _INVISIBLE_TAGS:
        reader.read(node.contents)


def _break(reader: Renderer, _node: Tag) -> None:
    """Read a line break as a space; in a caption lines are statements of their own, often a map's legend."""
    if reader.where is TextKind.CAPTION:
        reader.start_passage()
    else:
        reader.current.parts.append(" ")


def _literal(reader: Renderer, node: Tag) -> None:
    reader.current.parts.append(NO_MARKUP + str(node.contents or "").replace("'", APOSTROPHE) + NO_MARKUP)


def _preformatted(reader: Renderer, node: Tag) -> None:
    # `<pre>` works as `<nowiki>` on a paragraph of its own (Help:Formatting).
    reader.start_passage()
    _literal(reader, node)
    reader.start_passage()


def _superscript(reader: Renderer, node: Tag) -> None:
    nodes = node.contents.nodes if node.contents is not None else ()
    if len(nodes) == 1 and type(nodes[0]) is Text:
        reader.current.parts.append(to_superscript(nodes[0].value))
    else:
        reader.read(node.contents)


def _gallery(reader: Renderer, node: Tag) -> None:
    if not reader.add_images(node):
        reader.read_detached(str(node.contents or ""), reader.where, str(node.tag))


def _link(reader: Renderer, node: Wikilink) -> None:
    kind, words = target_of(str(node.title), reader.dialect, labelled=node.text is not None)
    if kind is LinkKind.FILE:
        reader.add_images(node)
    elif kind is not LinkKind.ARTICLE:
        reader.read_detached(words, TextKind.INFOBOX, kind.value)
    elif node.text is not None and node.text.nodes:
        _label(reader, node.text)
    else:
        reader.append_text(strip_stray_tags(words))


def _label(reader: Renderer, code: Wikicode) -> None:
    nodes = code.nodes
    if len(nodes) == 1 and type(nodes[0]) is Text:
        value = strip_stray_tags(nodes[0].value)
        edged = "'" in (value[:1], value[-1:]) and "''" not in value
        reader.current.parts.append(f"{NO_MARKUP}{value}{NO_MARKUP}" if edged else value)
    else:
        reader.read(code)


def _external(reader: Renderer, node: ExternalLink) -> None:
    """Show a link's label or a bare address; a bracketed address without label is a footnote number."""
    if node.title is not None:
        _label(reader, node.title)  # where to read on, as a link to an article; no source of its sentence
    elif not node.brackets:
        reader.current.parts.append(reader.plain_text(node.url))
    # Words of a paragraph precede it: in a list it is further reading.
    elif reader.where is reader.current.where is TextKind.PROSE and not reader.current.is_empty:
        reader.cite_link(node)


_SPECIAL: dict[str, Callable[[Renderer, Tag], object]] = {
    "ref": Renderer.add_citation,
    "br": _break,
    "hr": lambda reader, _node: reader.start_passage(),
    "nowiki": _literal,
    "pre": _preformatted,
    "references": lambda reader, node: reader.define(node.contents),
    "sup": _superscript,
    "table": read_table,
    "gallery": _gallery,
    "imagemap": _gallery,
}


_COMMA = re.compile(r",\s")


class LinkKind(StrEnum):
    """Links in the text, images, and the links shown outside of it."""

    ARTICLE = "article"
    FILE = "file"
    CATEGORY = "category"
    LANGUAGE = "interlanguage"


def target_of(title: str, dialect: Dialect, *, labelled: bool) -> tuple[LinkKind, str]:
    """Return what kind of link a title makes, by its namespace, and the words that it shows when it has no label.

    `labelled` tells that the link has a pipe: with nothing behind it, the title is shown without
    namespace and brackets.
    """
    title = without_comments(title).strip()
    # Help:Links: a colon in front links to a file, category or language in place of showing it.
    if title.startswith(":"):
        title = title[1:].lstrip()
        return LinkKind.ARTICLE, _piped(title) if labelled else title
    prefix, colon, rest = title.partition(":")
    if colon:
        prefix = prefix.strip().replace("_", " ").lower()
        if prefix in dialect.file_namespaces or prefix in ("file", "image"):
            return LinkKind.FILE, rest.strip()
        if prefix in dialect.category_namespaces or prefix == "category":
            return LinkKind.CATEGORY, title.replace("_", " ")
        if prefix in LANGUAGES:
            return LinkKind.LANGUAGE, title
    return LinkKind.ARTICLE, _piped(title) if labelled else title.replace("_", " ")


def _piped(title: str) -> str:
    """Apply the pipe trick: `[[Help:Contents (old)|]]` shows "Contents", `[[Paris, Texas|]]` shows "Paris"."""
    shown = title.partition(":")[2].strip() or title
    ends = [len(shown), *(comma.start() for comma in _COMMA.finditer(shown))]
    if shown.endswith((")", "）")):
        start = max(shown.rfind("("), shown.rfind("（"))
        closed = max(shown.rfind(")", 0, -1), shown.rfind("）", 0, -1))
        ends += [len(shown[:start].rstrip())] if start > closed else []
    return shown[: min(ends)]
