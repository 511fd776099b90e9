"""Render the wikicode of a citation as plain text, and read a citation template from it."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from mwparserfromhell.nodes import (
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

from watcher.parse.citations.citations import Citation, citation_from, citation_name
from watcher.parse.extension_tags import INVISIBLE, NOTATIONS
from watcher.parse.template_names import CHARACTERS, INVISIBLE_IN_CITATIONS

_MARKED = re.compile(r"[\[{<&']|https?:")
_QUOTES = re.compile(r"'{2,}")
_SPACE = re.compile(r"[\s\u00a0]+")
_BEFORE_STOP = re.compile(r" (?=[,.;:!?)\]](?:\s|$))")
# As in MediaWiki, a comment without an end reaches to the end of the text.
_COMMENT = re.compile(r"<!--.*?(?:-->|\Z)", re.DOTALL)
# Behaviour switches such as __NOTOC__ show nothing (Help:Magic words).
_MAGIC = re.compile(r"__[A-Z]{4,}__")
# Templates of which the reader sees one positional parameter only, and its place.
_WRAPPERS = {"lang": 1, "langue": 1, "abbr": 0, "tooltip": 0, "ill": 0} | dict.fromkeys(
    ("color", "font color", "transl", "transliteration", "lien"), -1
)
# Templates that print an identifier with its name before it.
_LABELLED = frozenset("doi isbn pmid pmc arxiv jstor oclc issn hdl bibcode".split())
# What a reader of the citation does not see in its line: other footnotes, images, notations.
_HIDDEN_TAGS = NOTATIONS | INVISIBLE | {"gallery", "imagemap", "ref", "references"}


def template_name(node: Template) -> str:
    """Return the name that all spellings share: lower case, single spaces, no namespace, no comment."""
    return normalize_template_name(str(node.name))


def normalize_template_name(written: str) -> str:
    """Normalise a template's name: `Cite_Web <!-- x -->` and `template:cite  web` are both `cite web`."""
    name = " ".join(without_comments(written).replace("_", " ").split()).lower()
    return name.removeprefix("template:").lstrip()


def without_comments(text: str) -> str:
    """Remove comments from wikitext.

    >>> without_comments("a<!-- b -->c<!-- d")
    'ac'
    """
    return _COMMENT.sub("", text) if "<!--" in text else text


def plain_text(code: Wikicode | str) -> str:
    """Return what a reader sees of a citation, on one line: links as their text, markup and comments removed."""
    text = str(code)
    if _MARKED.search(text) and isinstance(code, Wikicode):
        text = "".join(_shown(node) for node in code.nodes)
    return normalize_text(text)


def normalize_text(text: str) -> str:
    """Collapse spaces, drop those before a stop and apostrophes that are markup."""
    text = _SPACE.sub(" ", _MAGIC.sub("", _QUOTES.sub("", text))).strip()
    return _BEFORE_STOP.sub("", text)


def _shown(node: Node) -> str:
    show = _SHOWN.get(type(node))
    return show(node) if show else ""


def _link(node: Wikilink) -> str:
    return plain_text(node.text) if node.text is not None else str(node.title).strip().lstrip(":")


def _address(node: ExternalLink) -> str:
    return plain_text(node.title) if node.title is not None else ("" if node.brackets else str(node.url))


def _character(node: HTMLEntity) -> str:
    try:
        return str(node.normalize())
    except (ValueError, OverflowError):  # &#xFFFFFFF; is no character
        return ""


def _tag(node: Tag) -> str:
    name = str(node.tag).strip().lower()
    if name in _HIDDEN_TAGS:
        return ""
    shown = plain_text(node.contents) if node.contents is not None else ""
    return f" {shown} " if name in ("br", "hr", "li", "p", "dd", "dt", "div") else shown


def _template(node: Template) -> str:
    name = template_name(node)
    if name in CHARACTERS:
        return CHARACTERS[name]
    if name in INVISIBLE_IN_CITATIONS or name.startswith("#"):
        return ""
    if cited := citation_of(node):  # a citation may stand in a citation
        return cited.text
    shown = [plain_text(parameter.value) for parameter in node.params if not parameter.showkey]
    if name in _LABELLED:
        return f"{name.upper()} {' '.join(shown)}"
    if name in _WRAPPERS:
        return " ".join(shown[_WRAPPERS[name] :][:1])
    # What an unknown template shows, such as a footnote's mark, is no part of the word before it.
    return f" {' '.join(shown)} " if shown else ""


def citation_of(node: Template) -> Citation | None:
    """Return the fields of a citation template, None where the template cites nothing."""
    name = citation_name(template_name(node))
    if name is None:
        return None
    return citation_from(name, _parameters(node))


def _parameters(node: Template) -> dict[str, str]:
    """Return plain values by parameter name in lower case with spaces; as in MediaWiki the last of a name wins."""
    result: dict[str, str] = {}
    for parameter in node.params:
        key = " ".join(str(parameter.name).replace("_", " ").split()).lower()
        raw = str(parameter.value).strip()
        if key.endswith("url") or "://" in raw[:8]:
            result[key] = plain_url(raw)
        else:
            result[key] = plain_text(parameter.value) if raw else ""
    return result


def plain_url(raw: str) -> str:
    """Return an address as written, without brackets, comments and what follows it."""
    raw = without_comments(raw).strip()
    # Help:Links: in brackets an address ends at the first blank, and a label follows.
    if raw.startswith("["):
        raw = raw.strip("[]")
    return raw.split(None, 1)[0] if raw else ""


_SHOWN: dict[type[Node], Callable[[Any], str]] = {
    Text: lambda node: str(node.value),
    Wikilink: _link,
    ExternalLink: _address,
    HTMLEntity: _character,
    Template: _template,
    Tag: _tag,
    Heading: lambda node: plain_text(node.title),
}
