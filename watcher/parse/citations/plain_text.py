"""Read citation templates into fields under standard names, and the wikicode of a citation as plain text."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from mwparserfromhell.nodes import ExternalLink, Heading, HTMLEntity, Node, Tag, Template, Text, Wikilink
from mwparserfromhell.wikicode import Wikicode

from watcher.parse.citations.identifiers import normal_doi, normal_isbn
from watcher.parse.extension_tags import INVISIBLE, NOTATIONS
from watcher.parse.template_names import CHARACTERS, INVISIBLE_IN_CITATIONS, read_table

_TABLE = read_table("citations.toml")


def _names(written: str) -> frozenset[str]:
    return frozenset(name.replace("_", " ") for name in written.split())


# Standard field by the parameter's name: "Titel" is a title; a space stands for an underscore too.
ALIASES = {alias: standard for standard, aliases in _TABLE["fields"].items() for alias in _names(aliases)}
HIDDEN_PARAMETERS = _names(_TABLE["hidden_parameters"])
TEMPLATES = _names(_TABLE["templates"])
PREFIXES = tuple(_TABLE["prefixes"])


_ORDER = ("authors", "date", "title", "chapter", "work", "publisher", "pages", "isbn", "doi", "quote")
# Module:Citation/CS1 numbers its people: author2, author2-last, last2, author-last2.
_PERSON = re.compile(
    r"^(?P<role>author|editor|translator|contributor|interviewer|auteur|autor|apellidos?|nombres?|nom|prénom|nome|cognome|last|"
    r"first|surname|given|vorname|nachname|subject|host)(?P<a>\d*+)-?(?P<part>last|first|surname|given|nom|prénom)?(?P<b>\d*)$"
)
_LASTS = frozenset({"last", "surname", "nom", "nachname", "apellidos", "apellido", "cognome"})
_FIRSTS = frozenset({"first", "given", "prénom", "vorname", "nombre", "nombres", "nome"})
_OTHERS = frozenset({"editor", "translator", "interviewer", "contributor"})
_RENAMED = {"citeweb": "cite web", "citenews": "cite news", "citebook": "cite book", "citejournal": "cite journal"}
_DATES = frozenset({"date", "access_date"})
_BETWEEN_NAMES = re.compile(r";|(?<=\s)(?:&|and)(?=\s)")
_IDENTIFIERS = re.compile(r"pmid|pmc|arxiv|jstor|oclc|e?issn|bibcode|lccn|ol|ssrn|zbl|mr|hdl|asin|rfc|s2cid")


@dataclass(slots=True)
class Citation:
    """What one template cites; `text` is what a reader sees of it, in an order of ours."""

    template: str
    text: str = ""
    fields: dict[str, str] = field(default_factory=dict)
    authors: tuple[str, ...] = ()

    @property
    def names_work(self) -> bool:
        """Return whether it says what is cited: {{citation|section|date=May 2019}} asks for a source."""
        return bool(self.authors or self.fields.keys() - _DATES)


def citation_name(name: str) -> str | None:
    """Return the canonical name of a citation template (`Cite_Web` is `cite web`), None for any other template."""
    name = _RENAMED.get(name, name)
    return name if name.startswith(PREFIXES) or name in TEMPLATES or name in ("cite", "citation") else None


def citation_from(template: str, parameters: dict[str, str]) -> Citation:
    """Return the citation that a template of a canonical name makes of its parameters, which are plain text."""
    values = {key: value for key, value in parameters.items() if value}
    authors = _authors(values)
    fields: dict[str, str] = {}
    rest: dict[str, str] = {}
    for key, value in values.items():
        standard = ALIASES.get(key)
        if standard is None:
            rest[key] = value
        else:
            fields.setdefault(standard, value)
    # Help:Citation Style 1: `year` (once with `month`) stands in for a `date` that is not given.
    if year := fields.pop("year", None):
        month = fields.pop("month", "")
        fields.setdefault("date", f"{month} {year}".strip())
    if "title" not in fields and "chapter" in fields:
        fields["title"] = fields.pop("chapter")
    for name, normal in (("doi", normal_doi), ("isbn", normal_isbn)):
        if written := fields.get(name):
            fields[name] = normal(written) or written.lower()
    # Every word that the citation shows, in one order whatever the order of parameters was.
    shown = {**fields, "authors": "; ".join(authors)}
    parts = [shown[name] for name in _ORDER if shown.get(name)]
    for key, value in sorted(rest.items()):
        if HIDDEN_PARAMETERS.isdisjoint((key, key.rstrip("0123456789"))) and "://" not in value[:8]:
            parts.append(f"{key.upper()} {value}" if _IDENTIFIERS.fullmatch(key) else value)
    text = ". ".join(part.rstrip(".") if len(part) > 1 else part for part in parts)
    return Citation(template=template, text=text, fields=fields, authors=authors)


def _authors(values: dict[str, str]) -> tuple[str, ...]:
    """Return the authors in order as "Last, First", taken out of `values`; editors where there is no author."""
    people: dict[tuple[str, int], dict[str, str]] = {}
    for key in list(values):
        match = _PERSON.match(key)
        if not match:
            continue
        number = int((match["a"] or match["b"] or "1")[:4])
        role, part = match["role"], match["part"] or ""
        which = part or role
        kind = "last" if which in _LASTS else "first" if which in _FIRSTS else "name"
        group = role if role in _OTHERS else "author"
        people.setdefault((group, number), {}).setdefault(kind, values[key])
        if group in ("author", "editor"):
            values.pop(key)
    authors, editors = (
        [
            ", ".join(filter(None, (parts.get("last") or parts.get("name"), parts.get("first"))))
            for (other, _), parts in sorted(people.items(), key=lambda item: item[0])
            if other == group
        ]
        # Help:Citation Style 1: `vauthors` and `veditors` list names in Vancouver style, parted by commas.
        + [name.strip() for name in values.pop(f"v{group}s", "").split(",")]
        for group in ("author", "editor")
    )
    if names := next((values.pop(key) for key in list(values) if ALIASES.get(key) == "authors"), ""):
        authors += [name.strip() for name in _BETWEEN_NAMES.split(names)]
    authors, editors = [*filter(None, authors)], [*filter(None, editors)]
    if authors and editors:
        values["editors"] = "; ".join(editors)
    return tuple(authors or editors)


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
        text = "".join(_SHOWN[type(node)](node) for node in code.nodes if type(node) in _SHOWN)
    return normalize_text(text)


def normalize_text(text: str) -> str:
    """Collapse spaces, drop those before a stop and apostrophes that are markup."""
    text = _SPACE.sub(" ", _MAGIC.sub("", _QUOTES.sub("", text))).strip()
    return _BEFORE_STOP.sub("", text)


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
    values: dict[str, str] = {}  # of a parameter that is given twice the last one counts, as in MediaWiki
    for parameter in node.params:
        key, raw = parameter_key(str(parameter.name)), str(parameter.value).strip()
        is_address = key.endswith("url") or "://" in raw[:8]
        values[key] = plain_url(raw) if is_address else plain_text(parameter.value) if raw else ""
    return citation_from(name, values)


def parameter_key(name: str) -> str:
    """Return the name of a parameter in lower case with single spaces."""
    return " ".join(name.replace("_", " ").split()).lower()


def plain_url(raw: str) -> str:
    """Return an address as written, without brackets, comments and what follows it."""
    raw = without_comments(raw).strip()
    # Help:Links: in brackets an address ends at the first blank, and a label follows.
    if raw.startswith("["):
        raw = raw.strip("[]")
    return raw.split(None, 1)[0] if raw else ""


_SHOWN: dict[type[Node], Callable[[Any], str]] = {
    Text: lambda node: str(node.value),
    Wikilink: lambda node: plain_text(node.text) if node.text is not None else str(node.title).strip().lstrip(":"),
    ExternalLink: lambda node: (
        plain_text(node.title) if node.title is not None else "" if node.brackets else str(node.url)
    ),
    HTMLEntity: _character,
    Template: _template,
    Tag: _tag,
    Heading: lambda node: plain_text(node.title),
}
