"""Parse simple footnotes (one plain citation or a few words) four times faster than the full parser.

Four footnotes of five are of that form. Whatever is not exactly so gives None, and is parsed.
"""

from __future__ import annotations

import re
from functools import lru_cache

from watcher.model import Reference
from watcher.parse.citations.citations import citation_from, citation_name
from watcher.parse.citations.plain_text import normalize_template_name, normalize_text, plain_url
from watcher.parse.citations.references import assembled
from watcher.parse.wikitext.reference_index import clean_name

_NOTE = re.compile(
    r"<ref(?P<attributes>(?:\s+(?:name|group)\s*=\s*(?:\"[^\"<>{}\[\]&']*\"|[^\s\"'<>/={}\[\]&]+))*)\s*>"
    r"(?:\s*\{\{(?P<name>[^{}|\[\]<>=]*)\|(?P<body>[^{}<>]*)\}\}\s*|(?P<words>[^{}<>\[\]|=*#;\n]*))</ref\s*>",
    re.IGNORECASE,
)
_ENTITY = re.compile(r"&(?:#|\w+;)")
_ADDRESS = re.compile(r":\S|//")
_ATTRIBUTE = re.compile(r"(name|group)\s*=\s*(?:\"([^\"]*)\"|(\S+))", re.IGNORECASE)
# Of a link the label is seen, without one the title; a leading colon is not shown (Help:Links).
_LINK = re.compile(r"\[\[(?::?)([^\[\]|\n]*)(?:\|([^\[\]|\n]+))?\]\]")


@lru_cache(maxsize=4096)
def parse_simple_reference(raw: str) -> Reference | None:
    """Return what parsing gives; None for anything but `<ref>{{cite …|name=value|…}}</ref>` without markup inside.

    >>> parse_simple_reference("<ref name=a>{{cite book|title=B}}</ref>").title
    'B'
    """
    note = _NOTE.fullmatch(raw)
    if note is None or ("&" in raw and _ENTITY.search(raw)):
        return None
    named = {match[1].lower(): clean_name(match[2] or match[3]) for match in _ATTRIBUTE.finditer(note["attributes"])}
    if words := note["words"]:
        plain = words.strip() and words[0] != ":" and not _ADDRESS.search(words)
        return assembled(named.get("name"), named.get("group"), [], normalize_text(words), ()) if plain else None
    template = citation_name(normalize_template_name(note["name"])) if note["name"] else None
    values = _values(note["body"]) if template else None
    if template is None or values is None:
        return None
    cited = citation_from(template, values)
    return assembled(named.get("name"), named.get("group"), [cited], normalize_text(cited.text), ())


def _values(body: str) -> dict[str, str] | None:
    """Return plain values by parameter; None where a value holds markup that must be parsed."""
    # The bar of a link inside a template parts no parameters (Help:Templates), so links go before the split.
    if "[" in body:
        body = _LINK.sub(lambda link: link[2] or link[1].strip(), body)
        if "[" in body:
            return None
    result: dict[str, str] = {}
    for part in body.split("|"):
        name, equals, value = part.partition("=")
        if not equals:
            if part.strip():
                return None
            continue
        key = " ".join(name.replace("_", " ").split()).lower()
        raw = value.strip()
        if key.endswith("url") or "://" in raw[:8]:
            result[key] = plain_url(raw)
        elif "http" in raw:
            return None
        else:
            result[key] = normalize_text(raw)
    return result
