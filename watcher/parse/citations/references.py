"""Read a citing node as a Reference or as the keys that it uses; parse footnotes separately from their sentence."""

from __future__ import annotations

import re
from dataclasses import replace
from functools import lru_cache, partial

from mwparserfromhell.nodes import ExternalLink, Tag, Template
from mwparserfromhell.wikicode import Wikicode

from watcher.model import Reference
from watcher.model.elements import LINK, Guard
from watcher.parse.citations.plain_text import (
    citation_from,
    citation_name,
    citation_of,
    is_archive,
    is_front_page,
    names_work,
    normal_doi,
    normal_isbn,
    normalize_template_name,
    normalize_text,
    parameter_key,
    plain_text,
    plain_url,
    source_identity,
    template_name,
)
from watcher.parse.template_names import LITERAL, alternatives
from watcher.parse.wikitext.reference_index import FOOTNOTE_TEMPLATE_GROUPS, clean_name, reference_key
from watcher.parse.wikitext.sanitizer import parse_tree

# Author–date notes: https://en.wikipedia.org/wiki/Template:Sfn and its relatives, all with authors then a year.
SHORT_CITES = frozenset(
    (
        "harv|harvard citation|harvard citation no brackets|harvard citation text|harvcol|harvcolnb|harvcoltxt|harvnb|"
        "harvp|harvs|harvsp|harvtxt|sfn|sfn whitelist|sfn-ru|sfna|sfnm|sfnmp|sfnp|sfrac|sp"
    ).split("|")
)
MOST_PARTS = 16  # works of a note, after its first one, that are told apart
_USES = frozenset({"r", "refr", "ref name"})  # Template:R writes <ref name=… /> for each of its names
# Magic links: MediaWiki links "ISBN 0306406152" in plain text (Help:Magic links).
_ISBN = re.compile(r"ISBN(?:-1[03])?[:\s\u00a0]*(?P<isbn>[\dXx][\dXx \u2010-\u2013-]{8,16}[\dXx])", re.IGNORECASE)
_DOI = re.compile(r"\bdoi(?:\.org/|[:\s]\s*)(?P<doi>10\.\S+)", re.IGNORECASE)
# The wikis link to each other; none of them is a source.
_SISTER = re.compile(
    r"(?:https?:)?//[\w.-]*\b(?:wikipedia|wiktionary|wikiquote|wikisource|wikibooks|wikinews|wikimedia|wikidata|wikivoyage)"
    r"\.org(?:/|$)",
    re.IGNORECASE,
)
_ARCHIVES = frozenset({"webarchive", "wayback", "webarchiv", "archiv", "lien archive", "cite web archive"})
_OF_WORK = re.compile(r"(\d{1,2})(a\d|y|pp?|loc)")
_YEAR = re.compile(r"\d{4}[a-z]?|n\.\s?d\.", re.IGNORECASE)


def reference_of(node: Tag | Template) -> Reference | None:
    """Return the Reference of `<ref>…</ref>`, `<ref name=…/>`, a citation or footnote template; None for other nodes.

    A mere use has only a key, name and group. The caller sets the location and the number of uses.
    """
    if isinstance(node, Tag):
        if str(node.tag).strip().lower() != "ref":
            return None
        return _footnote(_attribute(node, "name"), _attribute(node, "group"), _contents(node))
    name = template_name(node)
    if name in FOOTNOTE_TEMPLATE_GROUPS:  # `{{efn|…}}` and `{{refn|…}}`, a footnote written as a template
        group = _name(node, "group") if _parameter(node, "group") else FOOTNOTE_TEMPLATE_GROUPS[name]
        return _footnote(_name(node, "name"), group, _note_contents(node))
    if name in SHORT_CITES:
        return _of_short_cite(node, name)
    if name in _USES:
        group, names = _names_of_r(node)
        return _footnote(names[0] if names else None, group, None)
    cited = citation_of(node)
    return _assembled(cited, cited.text) if cited and names_work(cited) else None


def _footnote(name: str | None, group: str | None, code: Wikicode | None) -> Reference | None:
    """Return the Reference of a footnote; without contents, that of a use of `name`, or None if there is no name."""
    if code is not None:
        return _of_contents(code, name, group)
    return Reference(key=reference_key(name, group), name=name, group=group) if name else None


def reference_keys(node: Tag | Template) -> tuple[str, ...]:
    """Return the keys of the references that a node uses, in order; `{{r|a|b}}` uses two, most nodes one."""
    if isinstance(node, Template) and template_name(node) in _USES:
        group, names = _names_of_r(node)
        return tuple(reference_key(name, group) for name in names)
    ref = reference_of(node)
    return (ref.key,) if ref else ()


def is_definition(node: Tag | Template) -> bool:
    """Return whether a node defines a reference, rather than using one that is defined elsewhere."""
    if isinstance(node, Tag):
        return str(node.tag).strip().lower() == "ref" and _contents(node) is not None
    name = template_name(node)
    if name in FOOTNOTE_TEMPLATE_GROUPS:
        return _note_contents(node) is not None
    return name in SHORT_CITES or citation_of(node) is not None


def _contents(node: Tag) -> Wikicode | None:
    """Return the content between the tags; None if it is blank: MediaWiki reads `<ref name=a></ref>` as a use."""
    code = node.contents
    return code if not node.self_closing and code is not None and str(code).strip() else None


def _attribute(node: Tag, requested: str) -> str | None:
    named = (attribute.value for attribute in node.attributes if str(attribute.name).strip().lower() == requested)
    value = next(named, None)
    return clean_name(str(value)) if value is not None else None


def _parameter(node: Template, name: str) -> Wikicode | None:
    if not node.has(name):
        return None
    value: Wikicode = node.get(name).value
    return value if str(value).strip() else None


def _note_contents(node: Template) -> Wikicode | None:
    return _parameter(node, "1") or _parameter(node, "text")


def _name(node: Template, *keys: str) -> str | None:
    """Return the name given by the first of these parameters that is set, or None."""
    written = next((value for key in keys if (value := _parameter(node, key)) is not None), None)
    return clean_name(str(written)) if written is not None else None


def _names_of_r(node: Template) -> tuple[str | None, list[str]]:
    """Return the group and, in order, the names that `{{r|a|b|group=g}}` uses."""
    named = (item.value for item in node.params if re.fullmatch(r"\d+|n(?:ame)?\d*", str(item.name).strip()))
    return _name(node, "group", "g", "grp"), [name for value in named if (name := clean_name(plain_text(value)))]


def _of_short_cite(node: Template, template: str) -> Reference:
    """Read `{{sfn|Smith|Jones|2010|p=3}}` as authors, year and page. Two equal ones are one footnote."""
    if template in ("sfnm", "sfnmp"):  # `{{sfnm|1a1=Li|1y=2010|1p=3|2a1=Orr|2y=2009}}`, several works in one footnote
        works: dict[str, list[str]] = {}
        for parameter in node.params:
            if (match := _OF_WORK.fullmatch(str(parameter.name).strip())) and (text := plain_text(parameter.value)):
                works.setdefault(match[1], []).append(f"p. {text}" if match[2].startswith("p") else text)
        return _keyed(Reference(key="", template=template, text="; ".join(map(" ".join, works.values()))))
    values = [plain_text(parameter.value) for parameter in node.params if not parameter.showkey]
    values = [value for value in values if value]
    dates = [value for value in values if _YEAR.fullmatch(value)]
    authors = tuple(value for value in values if value not in dates)
    pages = next(
        (plain_text(value) for key in ("p", "pp", "page", "pages", "loc", "at") if (value := _parameter(node, key))),
        None,
    )
    date, text = dates[-1] if dates else None, " ".join([*values, *([f"p. {pages}"] if pages else [])])
    return _keyed(Reference(key="", template=template, authors=authors, date=date, pages=pages, text=text))


def _of_contents(code: Wikicode, name: str | None, group: str | None) -> Reference:
    """Read a footnote's wikitext. The fields are those of its first citation; the text is that of the whole note."""
    templates = [node for node in code.nodes if isinstance(node, Template)] or code.filter_templates(recursive=True)
    cited = [citation for node in templates if (citation := citation_of(node))]
    if templates and not cited:
        # A template that bundles or lists citations has them in its parameters.
        templates = code.filter_templates(recursive=True)
        cited = [citation for node in templates if (citation := citation_of(node))]
    kept = (_parameter(node, "url") for node in templates if template_name(node) in _ARCHIVES)
    archives = tuple(str(address).strip() for address in kept if address is not None)
    links = [] if cited else code.filter_external_links(recursive=True)
    parts = [_assembled(citation, citation.text) for citation in cited[1 : MOST_PARTS + 1]]
    beside = links[1:] or [node for node in code.nodes if cited and isinstance(node, ExternalLink) and node.title]
    if links:
        cited = [_linked(links, plain_text(code))]
    are_sites = bool(links) and is_front_page(cited[0].url or "")
    parts += [
        part
        for link in beside[:MOST_PARTS]
        if (part := link_reference(link)) and not part.archive_url and (are_sites or not is_front_page(part.url or ""))
    ]
    # Nearly every footnote is a single citation template, whose text is already known.
    alone = len(cited) == len(templates) == 1 and all(
        node is templates[0] or not str(node).strip() for node in code.nodes
    )
    text = normalize_text(cited[0].text) if alone else plain_text(code)
    first = cited[0] if cited else None
    return _assembled(first, text, name=name, group=group, archive_url=next(iter(archives), None), parts=tuple(parts))


def _linked(links: list[ExternalLink], text: str) -> Reference:
    """Read bare or bracketed URLs: the first is the source, and the first one of an archive is its copy."""
    fields: dict[str, str] = {}
    for link in links:
        url = str(link.url).strip()
        field = "archive_url" if is_archive(url) else "url"
        if field not in fields:
            fields[field] = url
            if (
                link.title is not None
                and (title := plain_text(link.title))
                and not re.fullmatch(r"archived?|archived copy", title, re.IGNORECASE)
            ):
                fields.setdefault("title", title)
    return Reference(key="", text=text, **fields)  # type: ignore[arg-type]


def _assembled(
    cited: Reference | None,
    text: str,
    *,
    name: str | None = None,
    group: str | None = None,
    archive_url: str | None = None,
    parts: tuple[Reference, ...] = (),
) -> Reference:
    """Return the Reference of a footnote: the fields of its first citation, and all the `text` that it shows."""
    first = cited or Reference(key="")
    doi, isbn = (None, None) if first.template else (_DOI.search(text), _ISBN.search(text))
    return _keyed(
        replace(
            first,
            name=name,
            group=group,
            archive_url=first.archive_url or archive_url,
            doi=first.doi or (normal_doi(doi["doi"]) if doi else None),
            isbn=first.isbn or (normal_isbn(isbn["isbn"]) if isbn else None),
            text=text or first.url or "",
            parts=parts,
        )
    )


def link_reference(link: ExternalLink) -> Reference | None:
    """Return the Reference of a bracketed URL without a label, which early articles use as a footnote; else None."""
    url = str(link.url).strip()
    if not url.startswith(("http://", "https://", "//")) or _SISTER.match(url):
        return None
    return replace(_assembled(_linked([link], url), url), template=LINK)


def _keyed(ref: Reference) -> Reference:
    source = source_identity(ref)
    return replace(ref, key=reference_key(ref.name or source, ref.group), source=source)


_NOTE = re.compile(
    r"<ref(?P<attributes>(?:\s+(?:name|group)\s*=\s*(?:\"[^\"<>{}\[\]&']*\"|[^\s\"'<>/={}\[\]&]+))*)\s*>"
    r"(?:\s*\{\{(?P<name>[^{}|\[\]<>=]*)\|(?P<body>[^{}<>]*)\}\}\s*|(?P<words>[^{}<>\[\]|=*#;\n]*))</ref\s*>",
    re.IGNORECASE,
)
_ENTITY = re.compile(r"&(?:#|\w+;)")
_ADDRESS = re.compile(r":\S|//")
_ATTRIBUTE = re.compile(r"(name|group)\s*=\s*(?:\"([^\"]*)\"|(\S+))", re.IGNORECASE)
# A link shows its label or, without one, its title without a leading colon (Help:Links).
_LINK = re.compile(r"\[\[(?::?)([^\[\]|\n]*)(?:\|([^\[\]|\n]+))?\]\]")


@lru_cache(maxsize=4096)
def parse_simple_reference(raw: str) -> Reference | None:
    """Return the Reference of a footnote of plain words or `{{cite …|name=value|…}}`; None if it must be parsed.

    >>> parse_simple_reference("<ref name=a>{{cite book|title=B}}</ref>").title
    'B'
    """
    note = _NOTE.fullmatch(raw)
    if note is None or ("&" in raw and _ENTITY.search(raw)):
        return None
    named = {match[1].lower(): clean_name(match[2] or match[3]) for match in _ATTRIBUTE.finditer(note["attributes"])}
    if words := note["words"]:
        plain = words.strip() and words[0] != ":" and not _ADDRESS.search(words)
        return (
            _assembled(None, normalize_text(words), name=named.get("name"), group=named.get("group")) if plain else None
        )
    template = citation_name(normalize_template_name(note["name"])) if note["name"] else None
    values = _values(note["body"]) if template else None
    if template is None or values is None:
        return None
    cited = citation_from(template, values)
    return _assembled(cited, normalize_text(cited.text), name=named.get("name"), group=named.get("group"))


def _values(body: str) -> dict[str, str] | None:
    """Return plain values by parameter; None if a value contains markup that must be parsed."""
    # The bar of a link does not separate parameters (Help:Templates), so links are replaced before the split.
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
        key, raw = parameter_key(name), value.strip()
        if key.endswith("url") or "://" in raw[:8]:
            result[key] = plain_url(raw)
        elif "http" in raw:
            return None
        else:
            result[key] = normalize_text(raw)
    return result


# A footnote's node (None if nothing in it has to be read again) and its Reference.
ParsedFootnote = tuple[Tag | None, Reference | None]

# A placeholder is `<ref … />` whose blanks are its number in binary: a tab is 1, and the lowest digit comes first. With
# an attribute instead, the parser was a third slower on paragraphs with footnotes.
_TO_BLANKS, _TO_DIGITS = str.maketrans("01", " \t"), str.maketrans(" \t", "01")
_WRITTEN = re.compile(r"<ref[^\S\t]*+\t\s*+/>", re.IGNORECASE)  # possessive: a run of blanks is read once
_OPEN = re.compile(r"<ref(?:\s[^<>]*)?(?<!/)>", re.IGNORECASE)
_CLOSE = re.compile(r"</ref\s*>", re.IGNORECASE)
# In text that is shown as written, a placeholder would be visible.
_SHOWN_RAW = re.compile(rf"<(?:{alternatives(LITERAL)}|!--)", re.IGNORECASE)


def replace_footnotes(text: str) -> tuple[str, tuple[ParsedFootnote, ...]]:
    """Replace each `<ref>…</ref>` by a placeholder of equal length; return the text and the footnotes.

    If a footnote cannot be read, return the text unchanged: reading the note in place then reports it as unread.

    >>> replace_footnotes("A.<ref>{{cite book|title=B}}</ref>")[1][0][1].title
    'B'
    """
    if "</ref" not in text or _WRITTEN.search(text) or _SHOWN_RAW.search(text):
        return text, ()
    parts: list[str] = []
    notes: list[ParsedFootnote] = []
    at = 0
    while opened := _OPEN.search(text, at):
        closed = _CLOSE.search(text, opened.end())
        if closed is None:
            break
        raw = text[opened.start() : closed.end()]
        number = f"{len(notes) + 1:b}"[::-1].translate(_TO_BLANKS)
        room = len(raw) - len("<ref/>")
        # The preprocessor ends the outer footnote at the first `</ref>`; the rest is read in place.
        if "<ref" in raw[4:].lower() or len(number) > room:
            parts.append(text[at : opened.end()])
            at = opened.end()
            continue
        parts += (text[at : opened.start()], "<ref", number.ljust(room), "/>")
        note = Guard().run(partial(parse_footnote, raw), otherwise=None, element="a footnote")
        if note is None:
            return text, ()
        notes.append(note)
        at = closed.end()
    return "".join((*parts, text[at:])), tuple(notes)


def footnote_number(node: Tag) -> int | None:
    """Return the index of the footnote that a placeholder replaces; None for a tag that an author wrote."""
    if "\t" not in node.padding or node.attributes or not node.self_closing or str(node.tag) != "ref":
        return None
    return int(node.padding[::-1].translate(_TO_DIGITS), 2) - 1


@lru_cache(maxsize=4096)
def parse_footnote(raw: str) -> ParsedFootnote | None:
    """Return the node and the Reference of a footnote's wikitext; None if it is not exactly one tag."""
    if quick := parse_simple_reference(raw):
        return None, quick
    nodes = parse_tree(raw).nodes
    if len(nodes) != 1 or not isinstance(nodes[0], Tag):
        return None
    return nodes[0], reference_of(nodes[0])
