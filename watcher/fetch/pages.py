"""Resolve titles and page ids to pages, images to their versions, pages to renderings, and lists to their members.

Lists, such as the pages of a category, the links of a page or the results of a search, are requested as a generator
with prop=info. So an answer with 500 pages (5,000 for bots) also says which of them are articles; redirects, missing
pages and pages that are not wikitext do not belong to a list.
"""

import re
import unicodedata
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from enum import StrEnum
from html import unescape
from typing import Any, Final
from urllib.parse import quote

from watcher.errors import Corrupt, InputError, Missing, Refused
from watcher.fetch.decode import (
    LONGEST_TITLE,
    from_to_pairs,
    iter_objects,
    loads,
    maybe_int,
    maybe_name,
    maybe_str,
    maybe_user,
    page_title,
    query_part,
    require,
    timestamp,
)
from watcher.model import Article
from watcher.model.changes import FileUpload
from watcher.text import error_line


class PageState(StrEnum):
    """The state of a requested page."""

    OK = "ok"
    MISSING = "missing"
    INVALID = "invalid"
    INTERWIKI = "interwiki"
    SPECIAL = "special"
    REDIRECT = "redirect"
    NOT_WIKITEXT = "not-wikitext"


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """The status of a requested title or page id: its article and latest revision id, or why there is none.

    Redirects are followed from a title: `article` is their final target, and `redirected_to` its title. REDIRECT then
    means that they are circular. Redirects are not followed from a page id, because an article that was turned into a
    REDIRECT is an event; `redirected_to` is its target. `protection` is empty if anybody may edit the page. `touched`
    is when its rendering was last invalidated by an edit of the page or of a page that it transcludes. `namespace` is
    MediaWiki's number, 0 for articles.
    """

    requested: str | int
    article: Article | None
    latest: int | None
    state: PageState
    redirected_to: str | None = None
    content_model: str | None = None
    reason: str | None = None
    protection: str = ""
    touched: str = ""
    namespace: int = 0


# MediaWiki allows 50 values per request to clients that are not logged in as bots, and most servers in front of it
# refuse request lines beyond 8 KiB; longer requests are sent as a form.
BATCH = 50
LONGEST_QUERY = 6000
_LONGEST_STAMP = 40


def batches(values: Iterable[str], size: int = BATCH) -> Iterator[tuple[str, ...]]:
    """Yield the values without duplicates, in batches that fit into one request."""
    longest = LONGEST_QUERY if size <= BATCH else LONGEST_QUERY * size // BATCH
    batch: list[str] = []
    length = 0
    for value in dict.fromkeys(values):
        # Plus three for the encoded bar between two values.
        cost = len(quote(value, safe="")) + 3
        if batch and (len(batch) == size or length + cost > longest):
            yield tuple(batch)
            batch, length = [], 0
        batch.append(value)
        length += cost
    if batch:
        yield tuple(batch)


_MAX_TITLE_BYTES: Final = 512


def normalize_title(title: str) -> str | None:
    """Return a title as it is sent in a request; None if no wiki can have such a page.

    A bar would separate two titles, and MediaWiki replaces control characters, so that the answer could not be matched
    to the title. It takes 255 bytes beside the name of the namespace; what is far longer fits into no request.
    """
    try:
        size = len(title.encode())
    except UnicodeEncodeError:
        return None
    if size > _MAX_TITLE_BYTES or not title.strip() or "|" in title:
        return None
    if any(unicodedata.category(letter) == "Cc" for letter in title):
        return None
    return unicodedata.normalize("NFC", title)


@dataclass(frozen=True, slots=True, kw_only=True)
class PageLookup:
    """The decoded answer to prop=info for several pages, with normalizations and redirects of their titles."""

    normalized: Mapping[str, str]
    redirects: Mapping[str, str]
    interwiki: frozenset[str]
    by_title: Mapping[str, Page]
    by_id: Mapping[int, Page]


def lookup(where: str, wiki: str, answers: Iterable[dict[str, Any]]) -> PageLookup:
    """Decode the answers to one prop=info request; there are several if the wiki continues it."""
    redirects: dict[str, str] = {}
    normalized: dict[str, str] = {}
    interwiki: set[str] = set()
    entries: dict[int | str, dict[str, Any]] = {}
    for answer in answers:
        query = query_part(where, answer)
        normalized.update(from_to_pairs(where, query, "normalized"))
        redirects.update(from_to_pairs(where, query, "redirects"))
        interwiki.update(require(where, entry, "title", str) for entry in iter_objects(where, query, "interwiki"))
        for entry in iter_objects(where, query, "pages"):
            # Each answer names all pages, but has values of only some.
            entries.setdefault(maybe_int(entry.get("pageid")) or str(entry.get("title")), {}).update(entry)
    pages = [(entry, _page(where, wiki, entry)) for entry in entries.values()]
    return PageLookup(
        normalized=normalized,
        redirects=redirects,
        interwiki=frozenset(interwiki),
        by_title={str(entry.get("title", "")): page for entry, page in pages},
        by_id={number: page for entry, page in pages if (number := maybe_int(entry.get("pageid"))) is not None},
    )


def _page(where: str, wiki: str, entry: dict[str, Any]) -> Page:
    """Decode the status of a page, without following redirects."""
    title, model, namespace = entry.get("title"), maybe_name(entry.get("contentmodel")), maybe_int(entry.get("ns")) or 0
    checks = (
        (entry.get("invalid") or len(str(title)) > LONGEST_TITLE, PageState.INVALID),
        (entry.get("special") or namespace < 0, PageState.SPECIAL),
        (entry.get("missing"), PageState.MISSING),
    )
    nothing = next((state for holds, state in checks if holds), None)
    if nothing is not None:  # a missing page id has no title
        invalid = nothing is PageState.INVALID
        reason = error_line(str(entry.get("invalidreason") or "invalid title")) if invalid else None
        return replace(no_article(str(title or ""), nothing, reason), namespace=namespace)
    usual = PageState.OK if model in (None, "wikitext") else PageState.NOT_WIKITEXT
    protection = []
    for rule in iter_objects(where, entry, "protection"):
        expiry = maybe_str(rule.get("expiry")) or "infinity"
        until = "" if expiry == "infinity" else f" until {error_line(expiry)}"
        protection.append(f"{error_line(str(rule.get('type')))}: {error_line(str(rule.get('level')))}{until}")
    # An existing page without id or revision cannot be watched.
    article = Article(wiki=wiki, page_id=require(where, entry, "pageid", int), title=page_title(where, entry))
    return Page(
        requested=article.title,
        article=article,
        latest=require(where, entry, "lastrevid", int),
        state=PageState.REDIRECT if entry.get("redirect") else usual,
        content_model=model,
        # A page that is protected itself, and also by cascading protection of another page, has the same entry twice.
        protection="; ".join(sorted(set(protection))),
        touched=(maybe_str(entry.get("touched")) or "")[:_LONGEST_STAMP],
        namespace=namespace,
    )


def page_of_title(where: str, asked: str, sent: str, lookup: PageLookup) -> Page:
    """Return the page of the title `asked`, sent as `sent`, from an answer in which redirects were followed."""
    title = lookup.normalized.get(sent, sent)
    end, circular = follow_redirects(title, lookup.redirects)
    target = end if end != title else None
    if circular:
        return replace(no_article(asked, PageState.REDIRECT), redirected_to=target)
    if not end:
        # MediaWiki normalizes a mere "#fragment" to an empty title, and the answer does not contain it.
        return no_article(asked, PageState.INVALID)
    if end in lookup.interwiki:
        return replace(no_article(asked, PageState.INTERWIKI, f"{end} is a page of another wiki"), redirected_to=target)
    page = lookup.by_title.get(end) or lookup.by_title.get(sent)
    if page is None:
        raise Corrupt(f"{where}: the answer does not mention {asked!r}; it was ignored")
    return replace(page, requested=asked, redirected_to=target)


def follow_redirects(title: str, redirects: Mapping[str, str]) -> tuple[str, bool]:
    """Return the final target of redirects and False; if they are circular, the first target and True."""
    seen = [title]
    while seen[-1] in redirects:
        target = redirects[seen[-1]]
        if target in seen:
            return redirects[title], True
        seen.append(target)
    return seen[-1], False


def no_article(asked: str | int, state: PageState, reason: str | None = None) -> Page:
    """Return the status of a title or id without an article."""
    return Page(requested=asked, article=None, latest=None, state=state, reason=reason)


_SHA1 = 40  # hexadecimal digits


@dataclass(frozen=True, slots=True, kw_only=True)
class FileVersion(FileUpload):
    """One upload of a file with its SHA-1 (hex) and its address; None if the wiki hides the address."""

    sha1: str
    url: str | None


def file_title(file: str) -> str | None:
    """Return the page title of a file, or None if no wiki can have such a file.

    Names have no namespace, or an English one (`File:`, `Image:`).
    """
    title = normalize_title(file)
    if title is None:
        return None
    space, colon, name = title.partition(":")
    named = name if colon and space.strip().lower() in ("file", "image") else title
    return f"File:{named.strip()}"


def parse_image_digests(where: str, answer: dict[str, Any]) -> tuple[dict[str, str], dict[str, str]]:
    """Return normalized titles by requested title, and SHA-1 (hex) by title for the files that have one."""
    query = query_part(where, answer)
    result: dict[str, str] = {}
    for page in iter_objects(where, query, "pages"):
        for version in iter_objects(where, page, "imageinfo"):
            if maybe_name(version.get("sha1")):
                # The first version is the current one.
                result.setdefault(page_title(where, page), version["sha1"][:_SHA1])
    return dict(from_to_pairs(where, query, "normalized")), result


def parse_versions(where: str, answer: dict[str, Any]) -> tuple[FileVersion, ...]:
    """Return the uploads of the requested file, newest first, without those whose image is hidden."""
    return tuple(
        FileVersion(
            sha1=entry["sha1"][:_SHA1],
            at=timestamp(where, require(where, entry, "timestamp", str)),
            editor=maybe_user(entry.get("user")),
            comment=maybe_name(entry.get("comment")),
            url=maybe_name(entry.get("url")),
            size=_extent(entry.get("size")),
            width=_extent(entry.get("width")),
            height=_extent(entry.get("height")),
            thumbnail=maybe_name(entry.get("thumburl")),
        )
        for page in iter_objects(where, query_part(where, answer), "pages")
        for entry in iter_objects(where, page, "imageinfo")
        if maybe_name(entry.get("sha1"))
    )


def _extent(value: object) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) and 0 < value < 2**53 else None


_MOST_SOURCES: Final = 5_000
# Parser output with a non-default wrapper class is neither read from the parser cache nor saved to it
# (ParserOptions::isSafeToCache); the default class is kept beside it.
UNCACHED: Final = "mw-parser-output mw-parser-output-again"
PROPERTIES: Final = "text|templates|revid|properties|limitreportdata"


@dataclass(frozen=True, slots=True, kw_only=True)
class Rendering:
    """A page as rendered for readers: HTML that strangers wrote, and its sources.

    `templates` maps the titles of all directly or indirectly transcluded pages to their namespaces. `item` is the
    page's item in the wiki's data repository. `is_transient` says that the wiki will soon render it again, because it
    depends on the time. `at` is when it was rendered, by the wiki's clock.
    """

    revision_id: int
    html: str = field(repr=False)
    templates: Mapping[str, int]
    item: str | None
    is_transient: bool
    at: datetime


def parse_rendering(where: str, answer: dict[str, Any]) -> Rendering:
    """Decode an answer to action=parse."""
    parsed = require(where, answer, "parse", dict)
    templates = {
        page_title(where, entry): require(where, entry, "ns", int) for entry in iter_objects(where, parsed, "templates")
    }
    properties = parsed.get("properties")
    reported = {str(entry.get("name")): entry.get("0") for entry in iter_objects(where, parsed, "limitreportdata")}
    try:  # a rendering from the parser cache is older than the answer
        at = datetime.strptime(str(reported.get("cachereport-timestamp")), "%Y%m%d%H%M%S").replace(tzinfo=UTC)
    except ValueError:
        at = timestamp(where, require(where, answer, "curtimestamp", str))
    return Rendering(
        revision_id=require(where, parsed, "revid", int),
        html=require(where, parsed, "text", str),
        templates=dict([*templates.items()][:_MOST_SOURCES]),
        item=maybe_name(properties.get("wikibase_item")) if isinstance(properties, dict) else None,
        is_transient=bool(reported.get("cachereport-transientcontent")),
        at=at,
    )


# Limit of followed subcategories: with some depth, a category of a large wiki may include most of the wiki.
MOST_CATEGORIES: Final = 1_000
_TAG: Final = re.compile(r"<[^<>]*>")
_ARTICLE, _TALK, _CATEGORY = 0, 1, 14  # https://www.mediawiki.org/wiki/Manual:Namespace_constants
# The request for each kind of list, with a placeholder for its name.
_QUESTIONS: Final = {
    "links": {"generator": "links", "titles": "{}", "gplnamespace": "0", "gpllimit": "max", "redirects": "1"},
    # Without gsrwhat, MediaWiki's own search only searches titles.
    "search": {"generator": "search", "gsrsearch": "{}", "gsrwhat": "text", "gsrnamespace": "0", "gsrlimit": "max"},
    "template": {
        "generator": "embeddedin", "geititle": "Template:{}", "geinamespace": "0|1", "geilimit": "max",
        "inprop": "associatedpage|subjectid",
    },
    "prefix": {"generator": "allpages", "gapprefix": "{}", "gaplimit": "max", "gapfilterredir": "nonredirects"},
    "watchlist": {"generator": "watchlistraw", "gwrnamespace": "0", "gwrlimit": "max", "redirects": "1"},
}  # fmt: skip

Ask = Callable[[str, dict[str, str]], Iterator[dict[str, Any]]]
"""Sends a request (a subject for errors, and parameters) and yields all parts of the answer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PageList:
    """A list of pages by its kind and name.

    Categories have a `depth`, the watchlist of another account has a `token`, the links of a page may have a `section`.
    """

    kind: str
    name: str
    section: str | None = None
    depth: int = 0
    token: str | None = None

    @property
    def label(self) -> str:
        """Return the name of the list for errors, without the token."""
        return f"{self.kind} {self.name!r}"


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedPage:
    """A page of a list; if it is the subject of a talk page, it must still be looked up (it is not `confirmed`)."""

    article: Article
    namespace: int
    confirmed: bool = True


def read_list(ask: Ask, wiki: str, pages: PageList) -> Iterator[list[ListedPage]]:
    """Yield the pages of a list, one batch for each answer of the wiki.

    Raise Refused for a category with more than `MOST_CATEGORIES` subcategories, Missing if the list does not exist, and
    what `ask` raises.
    """
    if pages.kind == "category":
        yield from _category(ask, wiki, pages)
        return
    if pages.section is not None:
        yield from _section(ask, wiki, pages, pages.section)
        return
    name, namespace, more = pages.name, _ARTICLE, dict[str, str]()
    if pages.kind == "prefix":
        # The wiki resolves the namespace of the prefix, which may be an alias or in the wiki's own language.
        asked = ask(pages.label, {"titles": f"{pages.name}x"})  # a namespace alone is no valid title
        entries = (
            page for answer in asked for page in iter_objects(pages.label, query_part(pages.label, answer), "pages")
        )
        if (entry := next(entries, None)) is None:
            raise Missing(f"{pages.label} on the wiki: is not the beginning of a title; correct it in the watchlist")
        namespace, title = maybe_int(entry.get("ns")) or 0, page_title(pages.label, entry)[:-1]
        name, more = title.partition(":")[2] if namespace else title, {"gapnamespace": str(namespace)}
    elif pages.token:
        more = {"gwrowner": pages.name, "gwrtoken": pages.token}
    question = {key: value.format(name) for key, value in _QUESTIONS[pages.kind].items()} | more
    for answer in ask(pages.label, question):
        yield [page for page in _members(pages.label, wiki, answer) if page.namespace == namespace]


def _category(ask: Ask, wiki: str, pages: PageList) -> Iterator[list[ListedPage]]:
    """Yield the pages of a category and its subcategories, level by level, each category once: they may be circular."""
    first = f"Category:{pages.name}"
    waiting, seen = deque([(first, 0)]), {first}
    while waiting:
        title, level = waiting.popleft()
        question = {"generator": "categorymembers", "gcmtitle": title, "gcmlimit": "max"}
        for answer in ask(pages.label, question | {"gcmnamespace": "0|14" if level < pages.depth else "0"}):
            members = list(_members(pages.label, wiki, answer))
            below = {page.article.title for page in members if page.namespace == _CATEGORY} - seen
            seen |= below
            waiting.extend((name, level + 1) for name in sorted(below))
            if len(seen) > MOST_CATEGORIES:
                raise Refused(
                    f"{pages.label}: has more than {MOST_CATEGORIES:,} categories within {pages.depth} levels; "
                    "lower `depth`, or name smaller categories"
                )
            yield [page for page in members if page.namespace == _ARTICLE]


def _section(ask: Ask, wiki: str, pages: PageList, heading: str) -> Iterator[list[ListedPage]]:
    """Yield the pages to which one section of a page and its subsections link."""
    page = {"action": "parse", "page": pages.name, "redirects": "1"}
    for answer in ask(pages.label, page | {"prop": "sections"}):
        sections = list(iter_objects(pages.label, require(pages.label, answer, "parse", dict), "sections"))
    # The wiki returns headings as HTML.
    named = ((item.get("index"), unescape(_TAG.sub("", str(item.get("line")))).strip()) for item in sections)
    numbers = (str(number) for number, words in named if words.casefold() == heading.casefold())
    # Sections from a template have an index that is not a number.
    if (number := next((text for text in numbers if text.isdecimal()), None)) is None:
        raise Missing(f"{pages.label}: has no section {heading!r}; correct it (its members stay as they were)")
    for answer in ask(pages.label, page | {"prop": "links", "section": number}):
        links = iter_objects(pages.label, require(pages.label, answer, "parse", dict), "links")
        titles = [page_title(pages.label, link) for link in links if link.get("ns") == _ARTICLE and link.get("exists")]
    for batch in batches(titles):
        for answer in ask(pages.label, {"titles": "|".join(batch), "redirects": "1"}):
            yield [page for page in _members(pages.label, wiki, answer) if page.namespace == _ARTICLE]


def _members(label: str, wiki: str, answer: dict[str, Any]) -> Iterator[ListedPage]:
    """Yield the pages of an answer that can be watched; for a talk page, yield its subject."""
    for page in iter_objects(label, query_part(label, answer), "pages"):
        namespace, number = maybe_int(page.get("ns")), maybe_int(page.get("pageid"))
        if namespace is None or number is None or page.get("missing") or page.get("redirect"):
            continue
        if len(str(page.get("title"))) > LONGEST_TITLE:  # skipped, so that the other members are not lost
            continue
        if namespace == _TALK:
            subject, title = maybe_int(page.get("subjectid")), page.get("associatedpage")
            if subject and isinstance(title, str):
                article = Article(wiki=wiki, page_id=subject, title=page_title(label, {"title": title}))
                yield ListedPage(article=article, namespace=_ARTICLE, confirmed=False)
        elif page.get("contentmodel", "wikitext") == "wikitext":
            article = Article(wiki=wiki, page_id=number, title=page_title(label, page))
            yield ListedPage(article=article, namespace=namespace)


def parse_titles(label: str, body: str) -> tuple[str, ...]:
    """Parse a list of titles: one per line, or JSON from PagePile or PetScan; raise InputError if there are none.

    Lines that begin with # are comments.
    """
    text = body.removeprefix("\ufeff").strip()
    if text.startswith(("{", "[")):
        try:
            titles = list(_json_titles(loads(text)))
        except ValueError:
            raise InputError(f"{label}: is not readable JSON; save it again, or write one title per line") from None
    else:
        titles = [line.strip() for line in text.splitlines() if not line.startswith("#")]
    result = tuple(dict.fromkeys(title.replace("_", " ") for title in titles if title))
    if not result:
        raise InputError(f"{label}: has no titles; give one on each line, or the JSON of PagePile or PetScan")
    return result


def _json_titles(value: Any) -> Iterator[str]:
    """Yield the titles in `{"pages": ["A", {"page_title": "B"}]}`, in a bare list, and in PetScan's `{"*": […]}`."""
    match value:
        case str():
            yield value
        case list():
            for item in value:
                yield from _json_titles(item)
        case dict():
            for key in ("pages", "page_title", "title", "*", "a"):
                if key in value:
                    yield from _json_titles(value[key])
                    return
        case _:
            return
