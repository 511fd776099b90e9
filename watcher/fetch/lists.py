"""Read lists of pages: the members of a category, what a page links to, what a search finds, and the like.

Each is asked for as a generator with prop=info, so that an answer with 500 pages (5,000 for bots) also says which of
them are articles: redirects, missing pages and pages that are not wikitext belong to no list.
"""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from html import unescape
from typing import Any, Final

from watcher.errors import InputError, Missing, Refused
from watcher.fetch.decode import iter_objects, loads, maybe_int, page_title, query_part, require
from watcher.fetch.pages import batches
from watcher.model import Article

# Subcategories that are followed: with depth, categories of a large wiki soon reach most of it.
MOST_CATEGORIES: Final = 1_000
_TAG: Final = re.compile(r"<[^<>]*>")
_ARTICLE, _TALK, _CATEGORY = 0, 1, 14  # https://www.mediawiki.org/wiki/Manual:Namespace_constants
# The question for a list by its kind, with the place of its name.
_QUESTIONS: Final = {
    "links": {"generator": "links", "titles": "{}", "gplnamespace": "0", "gpllimit": "max", "redirects": "1"},
    # Without gsrwhat, MediaWiki's own search looks at titles alone.
    "search": {"generator": "search", "gsrsearch": "{}", "gsrwhat": "text", "gsrnamespace": "0", "gsrlimit": "max"},
    "template": {
        "generator": "embeddedin", "geititle": "Template:{}", "geinamespace": "0|1", "geilimit": "max",
        "inprop": "associatedpage|subjectid",
    },
    "prefix": {"generator": "allpages", "gapprefix": "{}", "gaplimit": "max", "gapfilterredir": "nonredirects"},
    "watchlist": {"generator": "watchlistraw", "gwrnamespace": "0", "gwrlimit": "max", "redirects": "1"},
}  # fmt: skip

Ask = Callable[[str, dict[str, str]], Iterator[dict[str, Any]]]
"""Ask about something and yield all parts of the answer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PageList:
    """A list by its kind and name.

    Categories have a `depth`, the watchlist of another account a `token`, a page of links perhaps a `section` of it.
    """

    kind: str
    name: str
    section: str | None = None
    depth: int = 0
    token: str | None = None

    @property
    def label(self) -> str:
        """What errors call it, without the token."""
        return f"{self.kind} {self.name!r}"


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedPage:
    """A page of a list; the subject of a talk page is still to be looked up."""

    article: Article
    namespace: int
    confirmed: bool = True


def read_list(ask: Ask, wiki: str, pages: PageList) -> Iterator[list[ListedPage]]:
    """Yield the pages of a list, as many at a time as the wiki answers with.

    Raises Refused for a category with more than `MOST_CATEGORIES` below it, and what `ask` raises.
    """
    if pages.kind == "category":
        yield from _category(ask, wiki, pages)
        return
    if pages.section is not None:
        yield from _section(ask, wiki, pages, pages.section)
        return
    name, namespace, more = pages.name, _ARTICLE, dict[str, str]()
    if pages.kind == "prefix":
        # The wiki says which namespace a prefix begins with: it may be an alias, in the wiki's own language.
        asked = ask(pages.label, {"titles": f"{pages.name}x"})  # a namespace alone is no title
        entries = (
            page for answer in asked for page in iter_objects(pages.label, query_part(pages.label, answer), "pages")
        )
        if (entry := next(entries, None)) is None:
            raise Missing(f"{pages.label} on the wiki: is no beginning of a title; correct it in the watchlist")
        namespace, title = maybe_int(entry.get("ns")) or 0, page_title(pages.label, entry)[:-1]
        name, more = title.partition(":")[2] if namespace else title, {"gapnamespace": str(namespace)}
    elif pages.token:
        more = {"gwrowner": pages.name, "gwrtoken": pages.token}
    question = {key: value.format(name) for key, value in _QUESTIONS[pages.kind].items()} | more
    for answer in ask(pages.label, question):
        yield [page for page in _pages(pages.label, wiki, answer) if page.namespace == namespace]


def _category(ask: Ask, wiki: str, pages: PageList) -> Iterator[list[ListedPage]]:
    """Walk a category and the categories below it, level by level, each once: categories may contain each other."""
    first = f"Category:{pages.name}"
    waiting, seen = deque([(first, 0)]), {first}
    while waiting:
        title, level = waiting.popleft()
        question = {"generator": "categorymembers", "gcmtitle": title, "gcmlimit": "max"}
        for answer in ask(pages.label, question | {"gcmnamespace": "0|14" if level < pages.depth else "0"}):
            members = list(_pages(pages.label, wiki, answer))
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
    """Yield what one section of a page links to, sections below it included."""
    page = {"action": "parse", "page": pages.name, "redirects": "1"}
    for answer in ask(pages.label, page | {"prop": "sections"}):
        sections = list(iter_objects(pages.label, require(pages.label, answer, "parse", dict), "sections"))
    # The wiki gives headings as HTML.
    named = ((item.get("index"), unescape(_TAG.sub("", str(item.get("line")))).strip()) for item in sections)
    numbers = (str(number) for number, words in named if words.casefold() == heading.casefold())
    # Sections that come from a template have no number of the page's own.
    if (number := next((text for text in numbers if text.isdecimal()), None)) is None:
        raise Missing(f"{pages.label}: has no section {heading!r}; correct it (its members stay as they were)")
    for answer in ask(pages.label, page | {"prop": "links", "section": number}):
        links = iter_objects(pages.label, require(pages.label, answer, "parse", dict), "links")
        titles = [page_title(pages.label, link) for link in links if link.get("ns") == _ARTICLE and link.get("exists")]
    for batch in batches(titles):
        for answer in ask(pages.label, {"titles": "|".join(batch), "redirects": "1"}):
            yield [page for page in _pages(pages.label, wiki, answer) if page.namespace == _ARTICLE]


def _pages(label: str, wiki: str, answer: dict[str, Any]) -> Iterator[ListedPage]:
    """Yield the pages of an answer that can be watched; a talk page stands for its subject."""
    for page in iter_objects(label, query_part(label, answer), "pages"):
        namespace, number = maybe_int(page.get("ns")), maybe_int(page.get("pageid"))
        if namespace is None or number is None or page.get("missing") or page.get("redirect"):
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
    """Read titles: one on each line, or the JSON of PagePile or PetScan; InputError where there are none.

    Lines that begin with # are comments.
    """
    text = body.removeprefix("\ufeff").strip()
    if text.startswith(("{", "[")):
        try:
            titles = list(_json_titles(loads(text)))
        except (ValueError, RecursionError):
            raise InputError(f"{label}: is no JSON that can be read; save it again, or give one title a line") from None
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


def require_some(label: str, count: int) -> None:
    """Raise Missing for a list without pages: a list page that a vandal blanked must not end all of its watches."""
    if not count:
        raise Missing(f"{label}: has no page that can be watched; check its name (its members stay as they were)")
