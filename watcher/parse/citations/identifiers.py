"""Normalise identifiers (DOI, ISBN, URL), and identify what a reference cites."""

from __future__ import annotations

import re
from functools import lru_cache
from urllib.parse import unquote

from watcher.model import Reference

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
    """Return a DOI in lower case without resolver, scheme or trailing punctuation; None when there is none.

    >>> normal_doi("https://doi.org/10.1000/ABC.1")
    '10.1000/abc.1'
    """
    match = _DOI.search(unquote(written)) if written else None
    return match[0].rstrip(".,;)").lower() if match else None


def normal_isbn(written: str | None) -> str | None:
    """Return the 13 digits of an ISBN (an old one gets prefix and check digit); None for anything else.

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
    """Return whether the address is a copy that a web archive keeps (a book that archive.org lends is none)."""
    return bool(_ARCHIVE_HOST.match(url)) and not _ARCHIVE_ITEM.match(url)


def unarchived_url(url: str) -> str:
    """Return the address that an archived copy was taken from, else the address itself."""
    match = _ARCHIVE.match(url)
    if match is None:
        return url
    return match["url"] if "//" in match["url"][:12] else f"http://{match['url'].lstrip('/')}"


@lru_cache(maxsize=4096)
def normal_url(written: str) -> str:
    """Return host, path and meaningful query of an address, which stay when it is only written differently.

    Scheme, `www.`, port 80 or 443, fragment, tracking parameters, archive wrapper and trailing slash are removed.

    >>> normal_url("https://web.archive.org/web/2020/http://www.example.org/a/?utm_source=x")
    'example.org/a'
    """
    match = _HOST.match(unarchived_url(written.strip()))
    if not match:
        return written.strip().lower()
    # RFC 3986, 6.2: host in lower case, default ports and an empty path say nothing; a fragment never left the browser.
    host = re.sub(r"^(?:www\d?|m|mobile|amp)\.(?=[^.]+\.)|:(?:80|443)?$|\.$", "", match["host"].lower())
    path, _, query = match["rest"].partition("#")[0].partition("?")
    kept = sorted(part for part in query.split("&") if part and not _TRACKING.match(part.partition("=")[0]))
    path = _INDEX.sub("", unquote(path)).rstrip("/")
    return f"{host}{path}" + (f"?{'&'.join(kept)}" if kept else "")


def is_front_page(url: str) -> bool:
    """Return whether an address leads to the front of a site: beside a work it is that of its author or publisher."""
    return not re.search(r"[/?]", normal_url(url))


def fold_text(text: str) -> str:
    """Return the words of a text in lower case, without punctuation: for comparing, not for reading."""
    return _NOT_WORD.sub(" ", text.casefold()).strip()


def source_identity(ref: Reference) -> str:
    """Return the strongest identifier of what a reference cites, whatever its name.

    DOI, then ISBN (with pages where given, as chapters of one book are cited apart), then URL, then title and authors,
    then the text; a mere use has only its name.
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


# A page by which a whole site or database is cited: it states something else for everybody who follows the address.
_GENERIC_PATH = re.compile(
    r"^[^/?]+(?:/(?:[a-z]{2}(?:-[a-z]{2})?|home|main|index|search|query|databases?|data|datasets?|stat(?:istic)?s|"
    r"about(?:-us)?|publications?|reports?|news|default|explorer|browse|wiki|site))*(?:\.\w{2,5})?(?:\?\w+=?)?$",
    re.IGNORECASE,
)


def work_identities(ref: Reference) -> tuple[str, ...]:
    """Return each identifier of the work that a reference cites: DOI, ISBN whatever the pages, address.

    Empty where it is known by its words alone, or by the address of a whole site.

    >>> work_identities(Reference(key="a", url="https://www.example.org/data/", isbn="9780306406157"))
    ('isbn:9780306406157',)
    """
    url = normal_url(ref.url or ref.archive_url or "")
    if url in ("", "-") or _GENERIC_PATH.match(url):
        url = ""
    candidates = (
        ("doi", ref.doi or normal_doi(url)),
        ("isbn", normal_isbn(ref.isbn)),
        ("url", url),
    )
    return tuple(f"{kind}:{identity}"[:300] for kind, identity in candidates if identity)
