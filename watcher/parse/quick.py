"""A footnote that is one plain citation or a few plain words → its Reference, four times as fast as by parsing.

Four footnotes of five are of that form. Whatever is not exactly so gives None, and is parsed.
"""

from __future__ import annotations

import re
from functools import lru_cache

from watcher.model import Reference
from watcher.parse.citations import citation_from, citation_name, plain_url
from watcher.parse.keys import clean_name
from watcher.parse.plain import name_of, tidy
from watcher.parse.references import assembled

_NOTE = re.compile(
    r"<ref(?P<attributes>(?:\s+(?:name|group)\s*=\s*(?:\"[^\"<>{}\[\]&']*\"|[^\s\"'<>/={}\[\]&]+))*)\s*>"
    r"(?:\s*\{\{(?P<name>[^{}|\[\]<>=]*)\|(?P<body>[^{}<>]*)\}\}\s*|(?P<words>[^{}<>\[\]|=*#;\n]*))</ref\s*>",
    re.IGNORECASE,
)
_ENTITY = re.compile(r"&(?:#|\w+;)")
_ADDRESS = re.compile(r":\S|//")
_ATTRIBUTE = re.compile(r"(name|group)\s*=\s*(?:\"([^\"]*)\"|(\S+))", re.IGNORECASE)
_LINK = re.compile(r"\[\[(?::?)([^\[\]|\n]*)(?:\|([^\[\]|\n]+))?\]\]")


@lru_cache(maxsize=4096)
def quick_reference(raw: str) -> Reference | None:
    """The same as parsing gives; None for anything but `<ref>{{cite …|name=value|…}}</ref>` without markup inside.

    >>> quick_reference("<ref name=a>{{cite book|title=B}}</ref>").title
    'B'
    """
    note = _NOTE.fullmatch(raw)
    if note is None or ("&" in raw and _ENTITY.search(raw)):
        return None
    named = {found[1].lower(): clean_name(found[2] or found[3]) for found in _ATTRIBUTE.finditer(note["attributes"])}
    if words := note["words"]:
        plain = words.strip() and words[0] != ":" and not _ADDRESS.search(words)
        return assembled(named.get("name"), named.get("group"), [], tidy(words), ()) if plain else None
    template = citation_name(name_of(note["name"])) if note["name"] else None
    values = _values(note["body"]) if template else None
    if template is None or values is None:
        return None
    cited = citation_from(template, values)
    return assembled(named.get("name"), named.get("group"), [cited], tidy(cited.text), ())


def _values(body: str) -> dict[str, str] | None:
    """Parameter to plain value; None where a value holds markup that must be parsed."""
    if "[" in body:
        body = _LINK.sub(lambda link: link[2] or link[1].strip(), body)
        if "[" in body:
            return None
    found: dict[str, str] = {}
    for part in body.split("|"):
        name, equals, value = part.partition("=")
        if not equals:
            if part.strip():
                return None
            continue
        key = " ".join(name.replace("_", " ").split()).lower()
        raw = value.strip()
        if key.endswith("url") or "://" in raw[:8]:
            found[key] = plain_url(raw)
        elif "http" in raw:
            return None
        else:
            found[key] = tidy(raw)
    return found
