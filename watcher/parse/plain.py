"""Wikicode of a citation in, its words as plain text out."""

from __future__ import annotations

import re

from mwparserfromhell.nodes import (
    Argument,
    Comment,
    ExternalLink,
    Heading,
    HTMLEntity,
    Node,
    Tag,
    Template,
    Text,
    Wikilink,
)
from mwparserfromhell.wikicode import Wikicode

_MARKED = re.compile(r"[\[{<&']|https?:")
_QUOTES = re.compile(r"'{2,}")
_SPACE = re.compile(r"[\s\u00a0]+")
_BEFORE_STOP = re.compile(r" (?=[,.;:!?)\]](?:\s|$))")
_MAGIC = re.compile(r"__[A-Z]{4,}__")
# Templates that stand for a character; MediaWiki's help of each says which.
_CHARACTERS = {
    "!": "|", "nbsp": " ", "spaces": " ", "snd": " – ", "spnd": " – ", "ndash": "–", "mdash": "—", "'": "'", "\"": '"',
    "dash": "–", "·": "·", "•": "•", "=": "=", "'s": "'s", "pipe": "|", "middot": "·", "bull": "•", "en dash": "–", "em dash": "—",
}  # fmt: skip
# Templates whose last positional parameter is what the reader sees, not the first.
_LAST = frozenset(
    {
        "lang",
        "abbr",
        "tooltip",
        "color",
        "font color",
        "transl",
        "transliteration",
        "langue",
        "lien",
        "link-interwiki",
        "ill",
    }
)
# Templates about a source rather than of it: they show nothing that a citation says.
_SILENT = frozenset(
    {
        "dead link", "cbignore", "webarchive", "wayback", "subscription required", "registration required", "subscription",
        "closed access", "open access", "free access", "pd-notice", "source-attribution", "harvid", "sfnref", "full citation needed",
        "better source needed", "page needed", "pages needed", "failed verification", "verify source", "self-published inline",
        "clarify", "citation needed", "bare url inline", "link note", "anchor", "refend", "refbegin", "reflist", "void", "toter link",
        "lien brisé", "lien archive", "недоступная ссылка", "enlace roto", "unreliable source?", "better source", "cn", "fact",
    }
)  # fmt: skip
_HIDDEN_TAGS = frozenset(
    {"ref", "references", "gallery", "math", "templatedata", "timeline", "imagemap", "score", "graph"}
)


def template_name(node: Template) -> str:
    """The name as all its spellings share it: lower case, single spaces, no namespace, no comment."""
    return name_of(str(node.name))


def name_of(written: str) -> str:
    """`Cite_Web <!-- x -->` and `template:cite  web` are both `cite web`."""
    if "<!--" in written:
        written = re.sub(r"<!--.*?-->", "", written, flags=re.DOTALL)
    name = " ".join(written.replace("_", " ").split()).lower()
    return name.removeprefix("template:").lstrip()


def plain(code: Wikicode | str) -> str:
    """What a reader sees of a citation, on one line: links as their text, markup and comments gone."""
    text = str(code)
    if _MARKED.search(text) and isinstance(code, Wikicode):
        text = "".join(_shown(node) for node in code.nodes)
    return tidy(text)


def tidy(text: str) -> str:
    """Single spaces, none before a stop, no apostrophes that are markup."""
    text = _SPACE.sub(" ", _MAGIC.sub("", _QUOTES.sub("", text))).strip()
    return _BEFORE_STOP.sub("", text)


def _shown(node: Node) -> str:
    match node:
        case Text():
            return str(node.value)
        case Comment() | Argument():
            return ""
        case Wikilink():
            return plain(node.text) if node.text is not None else str(node.title).lstrip(":")
        case ExternalLink():
            return plain(node.title) if node.title is not None else ("" if node.brackets else str(node.url))
        case HTMLEntity():
            return _character(node)
        case Template():
            return _template(node)
        case Tag():
            return _tag(node)
        case Heading():
            return plain(node.title)
    return ""


def _character(node: HTMLEntity) -> str:
    try:
        return str(node.normalize())
    except (ValueError, OverflowError):  # &#xFFFFFFF; is no character
        return ""


def _tag(node: Tag) -> str:
    name = str(node.tag).strip().lower()
    if name in _HIDDEN_TAGS:
        return ""
    if name in ("br", "hr", "li", "p", "dd", "dt", "div"):
        return " " + (plain(node.contents) if node.contents is not None else "") + " "
    return plain(node.contents) if node.contents is not None else ""


def _template(node: Template) -> str:
    name = template_name(node)
    if name in _CHARACTERS:
        return _CHARACTERS[name]
    if name in _SILENT or name.startswith("#"):
        return ""
    from watcher.parse.citations import citation_of  # noqa: PLC0415  a citation may stand in a citation

    if cited := citation_of(node):
        return cited.text
    shown = [plain(parameter.value) for parameter in node.params if not parameter.showkey]
    if name in _LAST:
        shown = (
            shown[1:2]
            if name in ("lang", "langue", "ill")
            else shown[:1]
            if name in ("abbr", "tooltip")
            else shown[-1:]
        )
    return " ".join(shown)
