"""List how the citation templates of several wikis name their parameters."""

from __future__ import annotations

# Standard field, then what citation templates call it; a space stands for an underscore too.
_FIELDS = {
    "title": (
        "title titel titre título titulo titolo название заглавие заголовок titulus tytuł otsikko název başlık назва "
        "title1"
    ),
    "chapter": ("chapter contribution entry article section chapitre capítulo capitolo часть kapitel rozdział artikel"),
    "url": (
        "url website-url chapter-url chapterurl contribution-url section-url article-url ссылка адрес adres lien "
        "urltexte texte url1 посилання"
    ),
    "archive_url": (
        "archive-url archiveurl archive url-archive archiv-url archivurl url_archivo urlarchivo archiveringsurl "
        "urlarchivio wayback"
    ),
    "work": (
        "work website newspaper magazine journal periodical encyclopedia encyclopaedia dictionary periódico périodique "
        "revue obra publicación sitioweb sitio_web werk sammelwerk издание opera rivista pubblicazione czasopismo "
        "tidning book-title booktitle conference sito site zeitung видання сайт"
    ),
    "publisher": (
        "publisher institution verlag herausgeber éditeur editorial editore издательство izdavač wydawca hrsg editeur "
        "editora organisation utgivare uitgever вид-во"
    ),
    "date": ("date datum fecha data дата publication-date publicationdate airdate air-date issue-date en_ligne"),
    "year": "year jahr année annee año anno год rok ano år jaar рік",
    "month": "month monat mois mes mese месяц miesiąc",
    "access_date": (
        "access-date accessdate accessed abruf zugriff consulté consulté_le fechaacceso accesso accessdatum "
        "дата_обращения datadostępu dataaccesso urldate hämtdatum bezochtdatum acessodata дата_звернення"
    ),
    "doi": "doi",
    "isbn": "isbn isbn13 isbn10 isbn1",
    "pages": ("pages page p pp seiten seite páginas página pagina pagine страницы s pages_totales at passage strony"),
    "quote": "quote quotation zitat citation cita citazione цитата",
    "authors": (
        "authors people credits auteur autor autore автор auteurs autoren autores verfasser forfatter author-first "
        "responsible cartographer director directors host inventor interviewer subject speaker"
    ),
}
ALIASES = {alias.replace("_", " "): standard for standard, aliases in _FIELDS.items() for alias in aliases.split()}

# Bookkeeping that no reader of the citation sees, or that bots touch without changing what is cited.
HIDDEN_PARAMETERS = frozenset(
    (
        "access|archiv-bot|archiv-datum|archivbot|archive date|archive-date|archive-format|archivedate|author-link|"
        "author-mask|authorlink|authormask|bibcode-access|bot|conference-url|cs1-dates|date archive|dead|dead-url|"
        "deadlink|deadurl|df|display-authors|display-editors|displayauthors|doi-access|doi-broken|doi-broken-date|"
        "edition-link|editor-link|editor-mask|editorlink|event-url|fix-attempted|format|hdl-access|id-access|idioma|"
        "ignore-isbn-error|jstor-access|lang|language|langue|last-author-amp|lastauthoramp|lay-date|lay-source|lay-url|"
        "lccn-access|lingua|map-url|mode|name-list-format|name-list-style|no-pp|nopp|offline|orig-date|postscript|"
        "publisher-link|quote-page|ref|registration|s2cid-access|script-work|separator|sprache|subscription|title-link|"
        "titlelink|trans-work|transcript-url|url-access|url-status|urlstatus|via-url|язык"
    ).split("|")
)

# Citation templates that do not begin with one of the prefixes.
TEMPLATES = frozenset(
    (
        "article|bar book|bokref|chapitre|cita|citace elektronické monografie|citace monografie|cytuj|cytuj książkę|"
        "cytuj pismo|cytuj stronę|der spiegel|haber kaynağı|harvard reference|internetquelle|kilde bok|kilde www|"
        "kirjaviite|kitap kaynağı|lien brevet|lien conférence|lien vidéo|lien web|literatur|obra citada|ouvrage|"
        "ref-llibre|ref-web|sitace web|source web|tidningsref|verkkoviite|web kaynağı|web reference|webbref|wikicite|"
        "yhteenveto|zeitungsartikel|книга|публикация|статья|뉴스 인용|서적 인용|웹 인용"
    ).split("|")
)
PREFIXES = (
    "cite ",
    "cite-",
    "vcite",
    "vancite ",
    "cita ",
    "citar ",
    "citeer ",
    "cytuj ",
    "citace ",
    "ouvrage ",
    "harvc",
)
