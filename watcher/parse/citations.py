"""A citation template in, its fields under standard names out, whatever language wrote it."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from mwparserfromhell.nodes import Template

from watcher.parse.identity import is_archive, normal_doi, normal_isbn, unwrapped
from watcher.parse.plain import plain, template_name

# Standard field, then what the citation templates of several wikis call it.
_ALIASES: dict[str, str] = {
    alias: standard
    for standard, aliases in {
        "title": "title titel titre título titulo titolo название заглавие заголовок titulus tytuł otsikko název başlık назва title1",
        "chapter": "chapter contribution entry article section chapitre capítulo capitolo часть kapitel rozdział artikel",
        "url": "url website-url chapter-url chapterurl contribution-url section-url article-url ссылка адрес adres lien urltexte "
        "texte url1 посилання",
        "archive_url": "archive-url archiveurl archive url-archive archiv-url archivurl url_archivo urlarchivo archiveringsurl "
        "urlarchivio wayback",
        "work": "work website newspaper magazine journal periodical encyclopedia encyclopaedia dictionary periódico périodique "
        "revue obra publicación sitioweb sitio_web werk sammelwerk издание opera rivista pubblicazione czasopismo tidning "
        "book-title booktitle conference sito site zeitung видання сайт",
        "publisher": "publisher institution verlag herausgeber éditeur editorial editore издательство izdavač wydawca hrsg "
        "editeur editora organisation utgivare uitgever вид-во",
        "date": "date datum fecha data дата publication-date publicationdate airdate air-date issue-date en_ligne",
        "year": "year jahr année annee año anno год rok ano år jaar рік",
        "month": "month monat mois mes mese месяц miesiąc",
        "access_date": "access-date accessdate accessed abruf zugriff consulté consulté_le fechaacceso accesso accessdatum "
        "дата_обращения datadostępu dataaccesso urldate hämtdatum bezochtdatum acessodata дата_звернення",
        "doi": "doi",
        "isbn": "isbn isbn13 isbn10 isbn1",
        "pages": "pages page p pp seiten seite páginas página pagina pagine страницы s pages_totales at passage strony página",
        "quote": "quote quotation zitat citation cita citazione цитата",
        "authors": "authors people credits auteur autor autore автор auteurs autoren autores verfasser forfatter author-first "
        "responsible cartographer director directors host inventor interviewer subject speaker",
    }.items()
    for alias in (name.replace("_", " ") for name in aliases.split())
}
# Bookkeeping of the source that no reader of the citation sees, or that bots touch without changing what is cited.
_UNSEEN = frozenset(
    {
        "url-status", "urlstatus", "dead-url", "deadurl", "archive-date", "archivedate", "url-access", "doi-access", "ref", "mode",
        "name-list-style", "name-list-format", "display-authors", "display-editors", "displayauthors", "df", "cs1-dates",
        "postscript", "separator", "lastauthoramp", "last-author-amp", "author-link", "authorlink", "editor-link", "editorlink",
        "title-link", "titlelink", "author-mask", "authormask", "format", "doi-broken-date", "doi-broken", "bot", "s2cid-access",
        "jstor-access", "bibcode-access", "hdl-access", "script-work", "no-pp", "nopp", "registration", "subscription", "via-url",
        "quote-page", "orig-date", "lay-url", "lay-date", "lay-source", "access", "archiv-datum", "archiv-bot", "archivbot",
        "offline", "date archive", "archive date", "archive-format", "fix-attempted", "deadlink", "dead", "lccn-access", "id-access",
        "map-url", "transcript-url", "event-url", "conference-url", "publisher-link", "edition-link", "editor-mask", "ignore-isbn-error",
        "s2cid", "lang", "language", "langue", "sprache", "idioma", "lingua", "язык", "trans-work", "titleink",
    }
)  # fmt: skip
_ORDER = ("authors", "date", "title", "chapter", "work", "publisher", "pages", "isbn", "doi", "quote")
_PERSON = re.compile(
    r"^(?P<role>author|editor|translator|contributor|interviewer|auteur|autor|apellidos?|nombres?|nom|prénom|nome|cognome|last|"
    r"first|surname|given|vorname|nachname|subject|host)(?P<a>\d*)-?(?P<part>last|first|surname|given|nom|prénom)?(?P<b>\d*)$"
)
_LASTS = frozenset({"last", "surname", "nom", "nachname", "apellidos", "apellido", "cognome"})
_FIRSTS = frozenset({"first", "given", "prénom", "vorname", "nombre", "nombres", "nome"})
_OTHERS = frozenset({"editor", "translator", "interviewer", "contributor"})
# Citation templates that do not begin with "cite" or "citation".
_KNOWN = frozenset(
    {
        "literatur", "internetquelle", "lien web", "ouvrage", "article", "chapitre", "книга", "статья", "публикация", "cita", "der spiegel",
        "harvard reference", "wikicite", "web reference", "bokref", "webbref", "tidningsref", "kilde www", "kilde bok", "citace elektronické monografie",
        "citace monografie", "cytuj", "cytuj stronę", "cytuj książkę", "cytuj pismo", "ссылка", "obra citada", "ref-web", "ref-llibre", "bar book",
        "web kaynağı", "kitap kaynağı", "haber kaynağı", "주의", "웹 인용", "서적 인용", "뉴스 인용", "lien conférence", "lien brevet", "lien vidéo",
        "webbref", "zeitungsartikel", "official url", "medline", "source web", "sitace web", "yhteenveto", "verkkoviite", "kirjaviite",
    }
)  # fmt: skip
_PREFIXES = (
    "cite ",
    "citation",
    "vcite",
    "cita ",
    "citar ",
    "citeer ",
    "cit ",
    "cytuj ",
    "cite-",
    "vancite ",
    "cite_",
    "citace ",
    "מ-",
    "ouvrage ",
    "harvc",
)
_RENAMED = {
    "citeweb": "cite web",
    "citenews": "cite news",
    "citebook": "cite book",
    "citejournal": "cite journal",
    "web cite": "cite web",
}
_IDENTIFIERS = re.compile(
    r"^(?:pmid|pmc|arxiv|jstor|oclc|issn|bibcode|lccn|ol|ssrn|zbl|mr|hdl|asin|rfc|eissn|id|number|volume|issue)$"
)


@dataclass(slots=True)
class Citation:
    """What one template cites; `text` is what a reader sees of it, in an order of ours."""

    template: str
    text: str = ""
    fields: dict[str, str] = field(default_factory=dict)
    authors: tuple[str, ...] = ()


def citation_name(name: str) -> str | None:
    """The canonical name of a citation template (`Cite_Web` is `cite web`), None for any other template."""
    name = _RENAMED.get(name, name)
    return name if name.startswith(_PREFIXES) or name in _KNOWN or name == "cite" else None


def citation_of(node: Template) -> Citation | None:
    """The fields of a citation template, None where the template cites nothing."""
    name = citation_name(template_name(node))
    if name is None or name in ("citation needed", "citation style", "citation needed span", "citations needed"):
        return None
    values = {key: value for key, value in _parameters(node).items() if value}
    cited = Citation(template=name)
    cited.authors = _authors(values)
    rest = _standard(values, cited.fields)
    _identifiers(cited.fields)
    cited.text = _text(cited, rest)
    return cited


def _parameters(node: Template) -> dict[str, str]:
    """Parameter name in lower case with spaces, to plain value; as in MediaWiki the last of a name wins."""
    found: dict[str, str] = {}
    for parameter in node.params:
        key = " ".join(str(parameter.name).replace("_", " ").split()).lower()
        raw = str(parameter.value).strip()
        if key.endswith("url") or "://" in raw[:8]:
            found[key] = plain_url(raw)
        else:
            found[key] = plain(parameter.value) if raw else ""
    return found


def plain_url(raw: str) -> str:
    """An address as written, without brackets, comments and what follows it."""
    raw = re.sub(r"<!--.*?-->", "", raw, flags=re.DOTALL).strip()
    if raw.startswith("["):
        raw = raw.strip("[]")
    return raw.split(None, 1)[0] if raw else ""


def _authors(values: dict[str, str]) -> tuple[str, ...]:
    """Authors in order as "Last, First"; takes what it reads out of `values`. Editors stand in where no author is."""
    people: dict[tuple[str, int], dict[str, str]] = {}
    for key in list(values):
        found = _PERSON.match(key)
        if not found:
            continue
        number = int((found["a"] or found["b"] or "1")[:4])
        role, part = found["role"], found["part"] or ""
        which = part or role
        kind = "last" if which in _LASTS else "first" if which in _FIRSTS else "name"
        group = role if role in _OTHERS else "author"
        people.setdefault((group, number), {}).setdefault(kind, values[key])
        if group in ("author", "editor"):
            values.pop(key)
    listed = [
        _person(parts) for (group, _), parts in sorted(people.items(), key=lambda item: item[0]) if group == "author"
    ]
    if names := values.pop("vauthors", ""):
        listed += [name.strip() for name in names.split(",")]
    if names := next((values.pop(key) for key in list(values) if _ALIASES.get(key) == "authors"), ""):
        listed += [name.strip() for name in re.split(r"\s*;\s*|\s+&\s+|\s+and\s+", names)]
    editors = [
        _person(parts) for (group, _), parts in sorted(people.items(), key=lambda item: item[0]) if group == "editor"
    ]
    if names := values.pop("veditors", ""):
        editors += [name.strip() for name in names.split(",")]
    if listed and editors:
        values["editors"] = "; ".join(editors)
    return tuple(name for name in (listed or editors) if name)


def _person(parts: dict[str, str]) -> str:
    last = parts.get("last") or parts.get("name") or ""
    first = parts.get("first", "")
    return f"{last}, {first}" if last and first else last or first


def _standard(values: dict[str, str], fields: dict[str, str]) -> dict[str, str]:
    """Fills `fields` by standard names and returns what has none."""
    rest: dict[str, str] = {}
    for key, value in values.items():
        standard = _ALIASES.get(key)
        if standard is None:
            rest[key] = value
        elif standard not in fields:
            fields[standard] = value
        elif fields[standard] != value:
            rest[key] = value
    if year := fields.pop("year", None):
        month = fields.pop("month", "")
        fields.setdefault("date", f"{month} {year}".strip())
    if "title" not in fields and "chapter" in fields:
        fields["title"] = fields.pop("chapter")
    return rest


def _identifiers(fields: dict[str, str]) -> None:
    """Normal forms of DOI and ISBN; a copy in an archive given as the address is both."""
    for name, normal in (("doi", normal_doi), ("isbn", normal_isbn)):
        if written := fields.get(name):
            fields[name] = normal(written) or written.lower()
    url = fields.get("url", "")
    if url and is_archive(url) and unwrapped(url) != url:
        fields.setdefault("archive_url", url)


def _text(cited: Citation, rest: dict[str, str]) -> str:
    """Every word that the citation shows, in one order whatever the order of parameters was."""
    shown = {**cited.fields, "authors": "; ".join(cited.authors)}
    parts = [shown[name] for name in _ORDER if shown.get(name)]
    for key in sorted(rest):
        if key.rstrip("0123456789") not in _UNSEEN and key not in _UNSEEN and "://" not in rest[key][:8]:
            parts.append(
                f"{key.upper()} {rest[key]}"
                if _IDENTIFIERS.match(key) and key not in ("volume", "issue", "number")
                else rest[key]
            )
    return ". ".join(part.rstrip(".") if len(part) > 1 else part for part in parts)
