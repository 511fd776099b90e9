"""Read links: to an article, a file, a category or another language, and those that lead off the wiki."""

from __future__ import annotations

import html
import re
from enum import StrEnum

from mwparserfromhell.nodes import ExternalLink, Text, Wikilink
from mwparserfromhell.wikicode import Wikicode

from watcher.model import Dialect, TextKind
from watcher.parse.citations.plain_text import without_comments
from watcher.parse.render.passages import NO_MARKUP, strip_private_use
from watcher.parse.render.renderer import Renderer, strip_stray_tags
from watcher.parse.template_names import LANGUAGES

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


def read_link(reader: Renderer, node: Wikilink) -> None:
    """Show a link's label or title; add an image."""
    kind, words = target_of(str(node.title), reader.dialect, labelled=node.text is not None)
    if kind is LinkKind.FILE:
        reader.add_images(node)
    elif kind is not LinkKind.ARTICLE:
        reader.read_detached(words, TextKind.INFOBOX, kind.value)
    elif node.text is not None and node.text.nodes:
        _read_label(reader, node.text)
    else:
        # Parser: the title is shown as it is written, with the blanks behind it: `[[tuff ]]slabs`, `[[g&#299;]]`.
        shown = strip_private_use(html.unescape(strip_stray_tags(words)))
        reader.append_text(shown + " " * str(node.title)[-1:].isspace())


def _read_label(reader: Renderer, code: Wikicode) -> None:
    nodes = code.nodes
    if len(nodes) == 1 and type(nodes[0]) is Text:
        value = strip_stray_tags(nodes[0].value)
        edged = "'" in (value[:1], value[-1:]) and "''" not in value
        reader.current.parts.append(f"{NO_MARKUP}{value}{NO_MARKUP}" if edged else value)
    else:
        reader.read(code)


def read_external(reader: Renderer, node: ExternalLink) -> None:
    """Show a link's label or a bare address; a bracketed address without label is a footnote number."""
    if node.title is not None:
        _read_label(reader, node.title)  # where to read on, as a link to an article; no source of its sentence
    elif not node.brackets:
        reader.current.parts.append(reader.plain_text(node.url))
    # Words of a paragraph precede it: in a list it is further reading.
    elif reader.where is reader.current.where is TextKind.PROSE and not reader.current.is_empty:
        reader.cite_link(node)
