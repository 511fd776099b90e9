"""Read citation templates into fields under standard names and as plain text; normalise DOI, ISBN and URL."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from functools import lru_cache
from typing import Any
from urllib.parse import unquote

from mwparserfromhell.nodes import ExternalLink, Heading, HTMLEntity, Node, Tag, Template, Text, Wikilink
from mwparserfromhell.wikicode import Wikicode

from watcher.model import Reference
from watcher.parse.template_names import CHARACTERS, INVISIBLE, INVISIBLE_IN_CITATIONS, NOTATIONS, read_table

# A prefix "10." with a registrant of four to nine digits; letter case does not count (DOI Handbook, 2.2 and 2.4).
_DOI = re.compile(r"10\.\d{4,9}/[^\s|<>\"{}]+", re.IGNORECASE)
_TRACKING = re.compile(
    r"^(?:utm_\w+|fbclid|gclid|dclid|gbraid|wbraid|msclkid|yclid|twclid|igshid|igsh|mc_[ce]id|_ga|_gl|ref_src|ref_url|"
    r"ocid|cmpid|cmp|ncid|smid|s_cid|spm|share|feature|ns_\w+|wt\.\w+|__twitter_impression|source|xtor|at_\w+|guccounter|guce_\w+)$",
    re.IGNORECASE,
)
_ARCHIVE = re.compile(
    r"^(?:https?:)?//(?:web\.archive\.org/(?:web|save)|(?:www\.)?archive\.(?:today|is|ph|fo|li|md|vn|org)"
    r"|(?:web\.)?archive\.org/web|wayback\.archive-it\.org/[^/]+|(?:www\.)?webarchive\.org\.uk/wayback/(?:archive|en/archive)"
    r"|webarchive\.nationalarchives\.gov\.uk(?:/ukgwa)?|arquivo\.pt/wayback|(?:www\.)?ghostarchive\.org/archive)"
    r"/(?:\*|\d{4,14}|[\d.-]{8,20})(?:[a-z]{2}_)?\*?/(?P<url>.+)$",
    re.IGNORECASE,
)
_ARCHIVE_HOST = re.compile(
    r"^(?:https?:)?//(?:[\w-]+\.)*(?:archive\.(?:org|today|is|ph|fo|li|md|vn)|webcitation\.org|archive-it\.org|ghostarchive\.org"
    r"|webarchive\.org\.uk|webarchive\.nationalarchives\.gov\.uk|arquivo\.pt)/",
    re.IGNORECASE,
)
_ARCHIVE_ITEM = re.compile(r"^(?:https?:)?//(?:www\.)?archive\.org/(?!web/)", re.IGNORECASE)
_HOST = re.compile(r"^(?:[a-z][a-z\d+.-]*:)?//(?:[^/?#@]*@)?(?P<host>[^/?#]*)(?P<rest>.*)$", re.IGNORECASE | re.DOTALL)
# Servers answer a folder with its index page.
_INDEX = re.compile(r"/(?:index|default)\.(?:html?|php|aspx?)$", re.IGNORECASE)
_NOT_WORD = re.compile(r"[\W_]+")


def normal_doi(written: str | None) -> str | None:
    """Return a DOI in lower case without resolver, scheme or trailing punctuation; None if there is none.

    >>> normal_doi("https://doi.org/10.1000/ABC.1")
    '10.1000/abc.1'
    """
    match = _DOI.search(unquote(written)) if written else None
    return match[0].rstrip(".,;)").lower() if match else None


def normal_isbn(written: str | None) -> str | None:
    """Return the 13 digits of an ISBN (an ISBN-10 is converted); None for anything else.

    >>> normal_isbn("0-306-40615-2")
    '9780306406157'
    """
    if not written:
        return None
    digits = re.sub(r"[^\dXx]", "", written.replace("ISBN-13", "").replace("ISBN-10", "")).upper()
    if len(digits) == 13 and digits.isdigit():  # noqa: PLR2004  the length is the standard's
        return digits
    if len(digits) != 10 or not digits[:9].isdigit():  # noqa: PLR2004  likewise
        return None
    # ISO 2108: an ISBN-10 gets the prefix 978, and a check digit by weights 1 and 3 in place of the one modulo 11.
    stem = "978" + digits[:9]
    check = -sum(int(digit) * (3 if index % 2 else 1) for index, digit in enumerate(stem)) % 10
    return f"{stem}{check}"


def is_archive(url: str) -> bool:
    """Return whether a URL is a copy in a web archive; a book that archive.org lends is not."""
    return bool(_ARCHIVE_HOST.match(url)) and not _ARCHIVE_ITEM.match(url)


def unarchived_url(url: str) -> str:
    """Return the URL that an archived copy was taken from; any other URL is returned unchanged."""
    match = _ARCHIVE.match(url)
    if match is None:
        return url
    return match["url"] if "//" in match["url"][:12] else f"http://{match['url'].lstrip('/')}"


@lru_cache(maxsize=4096)
def normal_url(written: str) -> str:
    """Return the host, path and meaningful query of a URL, which are equal for all its spellings.

    Scheme, `www.`, port 80 or 443, fragment, tracking parameters, archive wrapper and trailing slash are removed.

    >>> normal_url("https://web.archive.org/web/2020/http://www.example.org/a/?utm_source=x")
    'example.org/a'
    """
    match = _HOST.match(unarchived_url(written.strip()))
    if not match:
        return written.strip().lower()
    # RFC 3986, 6.2: the host ignores case, default ports and empty paths mean nothing. Browsers do not send fragments.
    host = re.sub(r"^(?:www\d?|m|mobile|amp)\.(?=[^.]+\.)|:(?:80|443)?$|\.$", "", match["host"].lower())
    path, _, query = match["rest"].partition("#")[0].partition("?")
    kept = sorted(part for part in query.split("&") if part and not _TRACKING.match(part.partition("=")[0]))
    path = _INDEX.sub("", unquote(path)).rstrip("/")
    return f"{host}{path}" + (f"?{'&'.join(kept)}" if kept else "")


def is_front_page(url: str) -> bool:
    """Return whether a URL is the front page of a site, which beside a work is its author's or publisher's."""
    return not re.search(r"[/?]", normal_url(url))


def fold_text(text: str) -> str:
    """Return the words of a text in lower case and without punctuation, for comparison only."""
    return _NOT_WORD.sub(" ", text.casefold()).strip()


def source_identity(ref: Reference) -> str:
    """Return the strongest identifier of what a reference cites, whatever its name.

    This is the DOI, else the ISBN (with pages if given, as chapters of a book are cited separately), else the URL, else
    title and authors, else the text. A mere use only has its name.
    """
    url = ref.url or ref.archive_url
    if doi := ref.doi or (normal_doi(url) if url and "doi.org/" in url else None):
        return f"doi:{doi}"
    if ref.isbn:
        return f"isbn:{ref.isbn}" + (f":{fold_text(ref.pages)}" if ref.pages else "")
    if url:
        return f"url:{normal_url(url)}"
    if ref.title:
        return f"title:{fold_text(ref.title)}|{fold_text(' '.join(ref.authors))}"
    return f"text:{fold_text(ref.text)}" if ref.text else f"name:{ref.name or ref.key}"


# The URL of a whole site or database, which shows something different to everybody who follows it.
_GENERIC_PATH = re.compile(
    r"^[^/?]+(?:/(?:[a-z]{2}(?:-[a-z]{2})?|home|main|index|search|query|databases?|data|datasets?|stat(?:istic)?s|"
    r"about(?:-us)?|publications?|reports?|news|default|explorer|browse|wiki|site))*(?:\.\w{2,5})?(?:\?\w+=?)?$",
    re.IGNORECASE,
)


def work_identities(ref: Reference) -> tuple[str, ...]:
    """Return all identifiers of the work that a reference cites: DOI, ISBN (without pages) and URL.

    Empty if the reference has none of them, or only the URL of a whole site.

    >>> work_identities(Reference(key="a", url="https://www.example.org/data/", isbn="9780306406157"))
    ('isbn:9780306406157',)
    """
    url = normal_url(ref.url or ref.archive_url or "")
    if url in ("", "-") or _GENERIC_PATH.match(url):
        url = ""
    identities = {"doi": ref.doi or normal_doi(url), "isbn": normal_isbn(ref.isbn), "url": url}
    return tuple(f"{kind}:{identity}"[:300] for kind, identity in identities.items() if identity)


_TABLE = read_table("citations.toml")


def _names(written: str) -> list[str]:
    return [name.replace("_", " ") for name in written.split()]


# Standard field by parameter name ("Titel" is a title); the table writes a space as an underscore.
ALIASES = {alias: standard for standard, aliases in _TABLE["fields"].items() for alias in _names(aliases)}
# If two mean the same field, the first in the table counts: beside a "Verlag" (publisher), "Herausgeber" is the editor.
_PRECEDENCE = {alias: number for number, alias in enumerate(ALIASES)}
HIDDEN_PARAMETERS = frozenset(_names(_TABLE["hidden_parameters"]))
TEMPLATES = frozenset(_names(_TABLE["templates"]))
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
_BETWEEN_NAMES = re.compile(r";|(?<=\s)(?:&|and)(?=\s)")
_IDENTIFIERS = re.compile(r"pmid|pmc|arxiv|jstor|oclc|e?issn|bibcode|lccn|ol|ssrn|zbl|mr|hdl|asin|rfc|s2cid")


def citation_name(name: str) -> str | None:
    """Return the canonical name of a citation template (`citeweb` is `cite web`), None for any other template."""
    name = _RENAMED.get(name, name)
    return name if name.startswith(PREFIXES) or name in TEMPLATES or name in ("cite", "citation") else None


def citation_from(template: str, parameters: dict[str, str]) -> Reference:
    """Return the Reference of a citation template with a canonical name and parameters in plain text.

    `text` is what a reader sees of the citation, in a fixed order. The caller sets the key.
    """
    values = {key: value for key, value in parameters.items() if value}
    authors = _authors(values)
    fields: dict[str, str] = {}
    for key in sorted(values.keys() & _PRECEDENCE.keys(), key=_PRECEDENCE.__getitem__):
        if ALIASES[key] != "url" or key.endswith("url") or "//" in values[key]:  # Online=Volltext
            fields.setdefault(ALIASES[key], values[key])
    # Help:Citation Style 1: `year` (formerly with `month`) replaces a `date` that is not given.
    if year := fields.pop("year", None):
        month = fields.pop("month", "")
        fields.setdefault("date", f"{month} {year}".strip())
    if "title" not in fields and "chapter" in fields:
        fields["title"] = fields.pop("chapter")
    for name, normal in (("doi", normal_doi), ("isbn", normal_isbn)):
        if written := fields.get(name):
            fields[name] = normal(written) or written.lower()
    # All words that the citation shows, in an order that does not depend on that of the parameters.
    shown = {**fields, "authors": "; ".join(authors)}
    parts = [shown[name] for name in _ORDER if shown.get(name)]
    for key, value in sorted(values.items()):
        if key in ALIASES or (key.isdecimal() and "title" in fields):
            continue  # Help:Citation Style 1 shows no unnamed parameter; in {{cite web|和書|title=…}} it is a style
        if HIDDEN_PARAMETERS.isdisjoint((key, key.rstrip("0123456789"))) and "://" not in value[:8]:
            parts.append(f"{key.upper()} {value}" if _IDENTIFIERS.fullmatch(key) else value)
    text = ". ".join(part.rstrip(".") if len(part) > 1 else part for part in parts)
    named = {name: value for name, value in fields.items() if name not in ("chapter", "authors")}
    return Reference(key="", template=template, text=text, authors=authors, **named)  # type: ignore[arg-type]


def names_work(cited: Reference) -> bool:
    """Return whether a citation names a work; {{citation|section|date=May 2019}} only asks for a source."""
    return replace(cited, date=None, access_date=None, text="") != Reference(key="", template=cited.template)


def _authors(values: dict[str, str]) -> tuple[str, ...]:
    """Remove the authors from `values` and return them in order as "Last, First"; the editors if there are none."""
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
        # Help:Citation Style 1: `vauthors` and `veditors` list names in Vancouver style, separated by commas.
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
_QUOTES = re.compile(r"'{2,}|\u2060|＜ref\b[^<>]{0,99}>")  # also blanked text and a `<ref>` that opens no footnote
_SPACE = re.compile(r"[\s\u00a0]+")
_BEFORE_STOP = re.compile(r" (?=[,.;:!?)\]](?:\s|$))")
# As in MediaWiki, a comment that is never closed extends to the end of the text.
_COMMENT = re.compile(r"<!--.*?(?:-->|\Z)", re.DOTALL)
# Behaviour switches such as __NOTOC__ show nothing (Help:Magic words).
_MAGIC = re.compile(r"__[A-Z]{4,}__")
# Templates that show only one positional parameter, and its index.
_WRAPPERS = {"lang": 1, "langue": 1, "abbr": 0, "tooltip": 0, "ill": 0} | dict.fromkeys(
    ("color", "font color", "transl", "transliteration", "lien"), -1
)
# Templates that print an identifier with its name before it.
_LABELLED = frozenset("doi isbn pmid pmc arxiv jstor oclc issn hdl bibcode".split())
# Tags that a citation does not show in its line: other footnotes, images, notations.
_HIDDEN_TAGS = NOTATIONS | INVISIBLE | {"gallery", "imagemap", "ref", "references"}


def template_name(node: Template) -> str:
    """Return a template's name in lower case with single spaces, without namespace and comments."""
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
    """Return what a reader sees of a citation, on one line: links as their text, without markup and comments."""
    text = str(code)
    if _MARKED.search(text) and isinstance(code, Wikicode):
        text = "".join(_SHOWN[type(node)](node) for node in code.nodes if type(node) in _SHOWN)
    return normalize_text(text)


def normalize_text(text: str) -> str:
    """Collapse spaces, and remove spaces before punctuation, behaviour switches and apostrophes that are markup."""
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
    # What an unknown template shows, such as a footnote's mark, is not part of the word before it.
    return f" {' '.join(shown)} " if shown else ""


def citation_of(node: Template) -> Reference | None:
    """Return the Reference of a citation template, None for any other template."""
    name = citation_name(template_name(node))
    if name is None:
        return None
    values: dict[str, str] = {}  # if a parameter is given twice, the last one counts, as in MediaWiki
    for parameter in node.params:
        key, raw = parameter_key(str(parameter.name)), str(parameter.value).strip()
        is_address = key.endswith("url") or "url" in ALIASES.get(key, "") or (raw[:1] != "[" and "://" in raw[:8])
        values[key] = plain_url(raw) if is_address else plain_text(parameter.value) if raw else ""
    return citation_from(name, values)


def parameter_key(name: str) -> str:
    """Return the name of a parameter in lower case with single spaces."""
    return " ".join(name.replace("_", " ").split()).lower()


def plain_url(raw: str) -> str:
    """Return a URL as written, without brackets, comments and label."""
    raw = without_comments(raw).strip()
    # Help:Links: in brackets, a URL ends at the first blank, and a label follows.
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
