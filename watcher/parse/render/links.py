"""Read links to articles, files, categories, other languages and external sites."""

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
    """The kinds of internal links: in the text, images, and links that are shown outside of the text."""

    ARTICLE = "article"
    FILE = "file"
    CATEGORY = "category"
    LANGUAGE = "interlanguage"


def target_of(title: str, dialect: Dialect, *, labelled: bool) -> tuple[LinkKind, str]:
    """Return the kind of a link by the namespace of its title, and the words that it shows if it has no label.

    `labelled` means that the link has a pipe: if nothing follows it, the title is shown without namespace and brackets.
    """
    title = without_comments(title).strip()
    # Help:Links: a leading colon links to a file, category or language instead of showing it.
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
    """Read the label or title of a link, or the image that it shows."""
    kind, words = target_of(str(node.title), reader.dialect, labelled=node.text is not None)
    if kind is LinkKind.FILE:
        reader.add_images(node)
    elif kind is not LinkKind.ARTICLE:
        reader.read_detached(words, TextKind.INFOBOX, kind.value)
    elif node.text is not None and node.text.nodes:
        _read_label(reader, node.text)
    else:
        # Parser: the title is shown as written, with the blanks at its end: `[[tuff ]]slabs`, `[[g&#299;]]`.
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
    """Read the label or bare URL of an external link; a bracketed URL without a label is a footnote number."""
    if node.title is not None:
        _read_label(reader, node.title)  # further reading, like a link to an article; not a source of its sentence
    elif not node.brackets:
        reader.current.parts.append(reader.plain_text(node.url))
    # It is a source only after words of a paragraph; in a list, it is further reading.
    elif reader.where is reader.current.where is TextKind.PROSE and not reader.current.is_empty:
        reader.cite_link(node)
