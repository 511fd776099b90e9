"""Read a citation template into fields under standard names, whatever its language."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from watcher.parse.citations.identifiers import normal_doi, normal_isbn
from watcher.parse.template_names import read_table

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
    cited = Citation(template=template)
    cited.authors = _authors(values)
    rest = _standard(values, cited.fields)
    _identifiers(cited.fields)
    cited.text = _text(cited, rest)
    return cited


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
        [_person(parts) for (other, _), parts in sorted(people.items(), key=lambda item: item[0]) if other == group]
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


def _person(parts: dict[str, str]) -> str:
    last, first = parts.get("last") or parts.get("name") or "", parts.get("first", "")
    return ", ".join(filter(None, (last, first)))


def _standard(values: dict[str, str], fields: dict[str, str]) -> dict[str, str]:
    """Fill `fields` by standard names and return what has none."""
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
    return rest


def _identifiers(fields: dict[str, str]) -> None:
    """Normalise DOI and ISBN."""
    for name, normal in (("doi", normal_doi), ("isbn", normal_isbn)):
        if written := fields.get(name):
            fields[name] = normal(written) or written.lower()


def _text(cited: Citation, rest: dict[str, str]) -> str:
    """Return every word that the citation shows, in one order whatever the order of parameters was."""
    shown = {**cited.fields, "authors": "; ".join(cited.authors)}
    parts = [shown[name] for name in _ORDER if shown.get(name)]
    parts += [_labelled(key, rest[key]) for key in sorted(rest) if _is_seen(key, rest[key])]
    return ". ".join(part.rstrip(".") if len(part) > 1 else part for part in parts)


def _is_seen(key: str, value: str) -> bool:
    return key.rstrip("0123456789") not in HIDDEN_PARAMETERS and key not in HIDDEN_PARAMETERS and "://" not in value[:8]


def _labelled(key: str, value: str) -> str:
    return f"{key.upper()} {value}" if _IDENTIFIERS.fullmatch(key) else value
