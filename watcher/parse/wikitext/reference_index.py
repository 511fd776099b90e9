"""Index the named references of a whole article: their definitions and uses."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from types import MappingProxyType

from watcher.parse.template_names import VERBATIM, alternatives
from watcher.parse.wikitext.brackets import literal_end

# Footnote templates with the group that they write to (Template:Efn and its relatives, Template:Refn).
FOOTNOTE_TEMPLATE_GROUPS = {
    "efn": "lower-alpha",
    "efn-la": "lower-alpha",
    "efn-ua": "upper-alpha",
    "efn-lr": "lower-roman",
    "efn-ur": "upper-roman",
    "efn-lg": "lower-greek",
    "notetag": "note",
    "refn": None,
    "#tag:ref": None,
}


def clean_name(written: str | None) -> str | None:
    """Return a name or group without quotes and with single spaces; None if nothing is left.

    >>> clean_name(' "UN  2012" ')
    'UN 2012'
    """
    if not written:
        return None
    # Sanitizer::decodeTagAttributes collapses white space in the value of an attribute.
    name = " ".join(written.split())
    if len(name) > 1 and name[0] in "\"'" and name[-1] == name[0]:
        name = name[1:-1].strip()
    return name.strip("\"'") or None


def reference_key(name: str, group: str | None) -> str:
    """Return `name`, or `group/name` for a footnote in a group."""
    return f"{group}/{name}" if group else name


_ATTRIBUTES = r"""(?:[\s/](?>[^<>"']+|"[^"<]*"|'[^'<]*'|["'])*+)?"""
_TAG = (
    r"<(?:(?P<comment>!--)"
    rf"|[Rr][Ee][Ff](?P<ref>{_ATTRIBUTES})>(?P<whole>[^<]*+</ref>)?"
    r"|(?P<end>/[Rr][Ee][Ff]\s*>)"
    r"|(?P<list>[Rr]eferences\b[^<>]*>)|(?P<unlist>/[Rr]eferences\s*>)"
    rf"|(?P<raw>{alternatives(VERBATIM)})\b[^<>]*>)"
)
_TEMPLATE = (
    r"\{\{\s*(?P<template>[Rr]|[Rr]efr|[Ee]fn(?:-[a-z]{2})?|[Rr]efn|#tag:ref|[Nn]otetag|NoteTag|[Rr]eflist|[Nn]otelist(?:-[a-z]{2})?)"
    r"\s*\|"
)
# The engine finds one character ten times as fast as one of two, and few sections contain such a template.
# A footnote without a name, tag or template in it defines nothing and is skipped as one token.
_TAGS = re.compile(rf"<ref>[^<]*+</ref>|{_TAG}")
_TEMPLATES = re.compile(_TEMPLATE)
_TOKENS = re.compile(f"{_TAG}|{_TEMPLATE}")
# Sanitizer: the value of an attribute is in double quotes, single quotes or none. Most values are one simple name.
_NAME = re.compile(r' name=(?:"(\w+(?:[ :-]\w+)*+)"|(\w++)) ?/?')
_NAMED = re.compile(r"""\b(name|group)\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s"'/>]+(?:/[^\s"'/>]+)*))""", re.IGNORECASE)
# Extension:Cite: definitions between <references> and </references> are list-defined, and are not uses.
_END_OF_LIST = re.compile(r"</references\s*>", re.IGNORECASE)
_BRACES = re.compile(r"\{\{|\}\}")
_NESTED = re.compile(r"\{\{[^{}]*\}\}|\[\[[^\[\]]*\]\]|<!--.*?(?:-->|\Z)", re.DOTALL)
# Anything longer is not a footnote; without this limit, hostile texts would be read over and over.
_LONGEST_NOTE = 20_000


@dataclass(frozen=True, slots=True, kw_only=True)
class ReferenceScan:
    """The named definitions (key to the span of `<ref …>…</ref>` in characters), and how often each key is used."""

    definitions: Mapping[str, tuple[int, int]] = field(default_factory=lambda: MappingProxyType({}))
    uses: tuple[tuple[str, int], ...] = ()


@lru_cache(maxsize=4096)
def index_references(wikitext: str) -> ReferenceScan:
    """Return the named references that an article, or a piece of one, defines and uses, without parsing it.

    Comments, `<nowiki>` and other literal tags are skipped. An inline definition counts as a use, a list-defined one
    does not. The first of two definitions of one name wins, as in MediaWiki.
    """
    return _ReferenceScanner(wikitext).run()


class _ReferenceScanner:
    """One pass over a text. Every search is bounded, so that no text takes more than linear time."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.definitions: dict[str, tuple[int, int]] = {}
        self.uses: dict[str, int] = {}
        self.open: list[tuple[int, int, str | None]] = []  # start, end of the start tag, key
        self.list_end = 0  # definitions that start before here are list-defined
        self.last_list_end: int | None = None  # the position of the last `</references>`
        self.unended: set[str] = set()  # literal tags with no end tag in the rest of the text
        self.budget = 4 * len(text) + _LONGEST_NOTE

    def run(self) -> ReferenceScan:
        position = 0
        tokens = _TOKENS if _TEMPLATES.search(self.text) else _TAGS
        while token := tokens.search(self.text, position):
            position = token.end()
            match token.lastgroup:
                case "ref":
                    self.start(token.start(), position, token["ref"])
                case "whole":
                    self.start(token.start(), token.start("whole"), token["ref"])
                    self.end(position)
                case None:
                    self.open.clear()
                case "end":
                    self.end(position)
                case "comment":
                    position = literal_end(self.text, "", position, self.unended) or position
                case "raw" if self.text[position - 2] != "/":
                    position = literal_end(self.text, token["raw"], position, self.unended) or position
                case "list" | "unlist":
                    self.listed(token[0], position)
                case "template":
                    self.template(token)
                case _:
                    pass
        return ReferenceScan(definitions=MappingProxyType(self.definitions), uses=tuple(self.uses.items()))

    def use(self, key: str) -> None:
        self.uses[key] = self.uses.get(key, 0) + 1

    def start(self, start: int, end: int, attributes: str) -> None:
        key = _key(attributes)
        if not attributes.rstrip().endswith("/"):
            self.open.append((start, end, key))
        elif key:
            self.use(key)

    def end(self, position: int) -> None:
        if not self.open:
            return
        (start, inside, key), *others = self.open
        self.open.clear()
        # Extension:Cite shows an error instead of a footnote in which another one begins, and defines nothing.
        if key is None or others:
            return
        # Extension:Cite reads <ref name="a"></ref> as a use.
        if not self.text[inside : self.text.rindex("<", inside, position)].strip():
            self.use(key)
            return
        self.definitions.setdefault(key, (start, position))
        if start >= self.list_end:
            self.use(key)

    def listed(self, tag: str, position: int) -> None:
        if tag.startswith("</"):
            self.list_end = 0
            return
        if self.last_list_end is None:
            self.last_list_end = max((match.start() for match in _END_OF_LIST.finditer(self.text)), default=-1)
        if not tag.endswith("/>") and position <= self.last_list_end:
            self.list_end = len(self.text)

    def template(self, token: re.Match[str]) -> None:
        name = token["template"].replace("_", " ").lower()
        if name.startswith(("reflist", "notelist")):
            if token.start() >= self.list_end and self.budget > 0:
                self.list_end = self.closing(token.end(), len(self.text)) or self.list_end
        elif self.budget >= 0:
            end = self.closing(token.end(), token.end() + _LONGEST_NOTE)
            body = self.text[token.end() : end - 2 if end else token.end()]
            if name in ("r", "refr"):
                self._use_from_r_template(body)
            else:
                self.note(name, body, (token.start(), end))

    def closing(self, position: int, limit: int) -> int:
        """Return the end of the template that is open at `position`; 0 if it does not end before `limit`."""
        depth = 1
        for brace in _BRACES.finditer(self.text, position, limit):
            depth += 1 if brace[0] == "{{" else -1
            if not depth:
                self.budget -= brace.end() - position
                return brace.end()
        self.budget -= min(limit, len(self.text)) - position
        return 0

    def _use_from_r_template(self, body: str) -> None:
        names, group = [], None
        for part in body.split("|"):
            name, equals, value = part.partition("=")
            name = name.strip().lower()
            if name in ("group", "g", "grp") and equals:
                group = clean_name(value)
            # Template:R accepts names as `1`, `2` … and as `name`, `name2` or `n`, `n2` …
            elif not equals or re.fullmatch(r"\d+|n(?:ame)?\d*", name):
                names.append(clean_name(value if equals else part))
        for used in filter(None, names):
            self.use(reference_key(used, group))

    def note(self, template: str, body: str, span: tuple[int, int]) -> None:
        flat = _NESTED.sub("", _NESTED.sub("", body))
        named: dict[str, str] = {}
        for part in flat.split("|"):
            key, equals, value = part.partition("=")
            if equals and key.strip().isalnum():
                named[key.strip().lower()] = value
            else:
                named.setdefault("1", part)
        if name := clean_name(named.get("name")):
            key = reference_key(name, clean_name(named.get("group")) or FOOTNOTE_TEMPLATE_GROUPS.get(template))
            if span[1] and ("1" in named or "text" in named):
                self.definitions.setdefault(key, span)
            if span[0] >= self.list_end:
                self.use(key)


@lru_cache(maxsize=4096)
def _key(attributes: str) -> str | None:
    if "=" not in attributes:
        return None
    if simple := _NAME.fullmatch(attributes):
        return simple[1] or simple[2]
    result = {m[1].lower(): m[2] or m[3] or m[4] for m in _NAMED.finditer(attributes)}
    name = clean_name(result.get("name"))
    return reference_key(name, clean_name(result.get("group"))) if name else None
