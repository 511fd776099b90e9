"""JSON answers in, values out: the only place that knows how the Action API spells things.

Quirks are those of formatversion=2 with errorformat=bc, seen on MediaWiki 1.43.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from watcher.errors import Corrupt, Missing, Refused, Unavailable, WatcherError
from watcher.fetch.shapes import (
    dicts,
    loads,
    maybe_int,
    maybe_name,
    maybe_str,
    moment,
    need,
    page_title,
    pairs,
    queried,
    short,
)
from watcher.model import Article, Dialect, Revision, Snapshot

LATER = ("maxlag", "ratelimited", "readonly", "actionthrottledtext", "internal_api_error", "stashfailed", "timeout")
GONE = ("nosuchrevid", "nosuchpageid", "missingtitle", "missingcontent")
_LONGEST_CONTINUATION = 4_000
_MOST_TAGS, _LONGEST_LABEL = 100, 255
FORBIDDEN = ("readapidenied", "permissiondenied", "blocked", "autoblocked", "mustbeloggedin", "assert")


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """What the wiki says of one page."""

    title: str
    page_id: int | None
    latest: int | None
    namespace: int | None
    touched: datetime | None
    content_model: str | None
    redirect: bool
    missing: bool
    special: bool
    invalid: str | None
    protection: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Lookup:
    """What the wiki says of several pages, and how it got to them from the titles asked for."""

    normalized: Mapping[str, str]
    redirects: Mapping[str, str]
    interwiki: frozenset[str]
    by_title: Mapping[str, Standing]
    by_id: Mapping[int, Standing]


def answer(where: str, body: bytes, content_type: str) -> dict[str, Any]:
    """The JSON object of `body`; Corrupt where it is none."""
    try:
        got = loads(body)
    except (ValueError, RecursionError) as trouble:
        if "html" in content_type or body.lstrip()[:1] == b"<":
            raise Corrupt(
                f"{where}: the server answers with a web page, not JSON; check the API URL and who may read the wiki"
            ) from trouble
        raise Corrupt(f"{where}: the answer is not JSON or was cut short; nothing was taken from it") from trouble
    if not isinstance(got, dict):
        raise Corrupt(f"{where}: the answer is not a JSON object; check the API URL of the wiki")
    return got


def is_api_error(body: bytes) -> bool:
    """Whether `body` is an error that the API itself tells of."""
    try:
        got = loads(body)
    except (ValueError, RecursionError):
        return False
    return isinstance(got, dict) and _code_and_info(got) is not None


def error(where: str, got: dict[str, Any], retry_after: float | None) -> WatcherError | None:
    """The error that an answer of HTTP 200 holds, None where it holds none."""
    found = _code_and_info(got)
    if found is None:
        return None
    code, info = found
    says = f"{where}: the wiki answers {code}" + (f": {info.rstrip('.')}" if info else "")
    if code.startswith(LATER):
        return Unavailable(f"{says}; try again later", retry_after=retry_after)
    if code.startswith(GONE):
        return Missing(f"{says}; it may have been deleted")
    if code.startswith(FORBIDDEN):
        return Refused(f"{says}; only pages that anyone may read can be watched")
    return Refused(f"{says}; the same request will not be answered")


def _code_and_info(got: dict[str, Any]) -> tuple[str, str] | None:
    """Code and text of an error; `errors` is what other error formats than bc have."""
    found = got.get("error") or got.get("errors")
    if isinstance(found, list):
        found = found[0] if found else None
    if not found:
        return None
    if not isinstance(found, dict):
        return ("unknown error", short(str(found)))
    return short(str(found.get("code", "unknown error"))), short(str(found.get("info", found.get("text", ""))))


def warnings(got: dict[str, Any]) -> Iterator[str]:
    """Each warning as `module: text`."""
    said = got.get("warnings")
    if not isinstance(said, dict):
        return
    for module, warning in said.items():
        text = warning.get("warnings", "") if isinstance(warning, dict) else warning
        yield f"{module}: {short(str(text))}"


def was_truncated(got: dict[str, Any]) -> bool:
    """Whether the wiki left out what exceeds its own limit of an answer ($wgAPIMaxResultSize)."""
    said = got.get("warnings")
    return isinstance(said, dict) and "truncated" in str(said.get("result", ""))


def following(where: str, got: dict[str, Any], *keys: str) -> dict[str, str]:
    """The parameters that fetch the rest of the answer; empty when there is none.

    Only `continue` decides: lists come with `batchcomplete` and with `continue` at once. Where
    `keys` are given, only a continuation by one of them counts: imageinfo offers the older
    versions of a file (`iistart`) although one was asked for.
    """
    rest = got.get("continue")
    if not isinstance(rest, dict) or (keys and not any(key in rest for key in keys)):
        return {}
    if not all(isinstance(value, str | int) for value in rest.values()):
        raise Corrupt(f"{where}: the wiki continues with something else than text; nothing more was taken from it")
    parameters = {key: str(value) for key, value in rest.items()}
    # They go into an address, which servers cut at 8 KiB.
    if sum(len(key) + len(value) for key, value in parameters.items()) > _LONGEST_CONTINUATION:
        raise Corrupt(f"{where}: the wiki continues with too much text; nothing more was taken from it")
    return parameters


def lookup(where: str, answers: Iterable[dict[str, Any]]) -> Lookup:
    """The answers to one prop=info, which are several where the wiki cut the first one short."""
    redirects: dict[str, str] = {}
    normalized: dict[str, str] = {}
    interwiki: set[str] = set()
    pages: dict[int | str, dict[str, Any]] = {}
    for got in answers:
        query = queried(where, got)
        normalized.update(pairs(where, query, "normalized"))
        redirects.update(pairs(where, query, "redirects"))
        interwiki.update(need(where, entry, "title", str) for entry in dicts(where, query, "interwiki"))
        for page in dicts(where, query, "pages"):
            # Each answer names all pages, but has the values of some only.
            pages.setdefault(maybe_int(page.get("pageid")) or str(page.get("title")), {}).update(page)
    standings = [_standing(where, page) for page in pages.values()]
    return Lookup(
        normalized=normalized,
        redirects=redirects,
        interwiki=frozenset(interwiki),
        by_title={standing.title: standing for standing in standings},
        by_id={standing.page_id: standing for standing in standings if standing.page_id is not None},
    )


def _standing(where: str, page: dict[str, Any]) -> Standing:
    missing, invalid = bool(page.get("missing")), page.get("invalid")
    special = bool(page.get("special")) or (maybe_int(page.get("ns")) or 0) < 0
    exists = not (missing or invalid or special)
    touched = page.get("touched")
    return Standing(
        # A missing page id has no title; an existing page without id or revision cannot be watched.
        title=page_title(where, page) if exists else str(page.get("title", "")),
        page_id=need(where, page, "pageid", int) if exists else maybe_int(page.get("pageid")),
        latest=need(where, page, "lastrevid", int) if exists else None,
        namespace=maybe_int(page.get("ns")),
        touched=moment(where, touched) if isinstance(touched, str) else None,
        content_model=maybe_name(page.get("contentmodel")),
        redirect=bool(page.get("redirect")),
        missing=missing,
        special=special,
        invalid=short(str(page.get("invalidreason") or "invalid title")) if invalid else None,
        protection=_protection(where, page) if exists else "",
    )


def _protection(where: str, page: dict[str, Any]) -> str:
    """Who alone may do what: `edit: sysop; move: sysop until 2027-01-01T00:00:00Z`; empty for a free page."""
    said = []
    for entry in dicts(where, page, "protection"):
        expiry = maybe_str(entry.get("expiry")) or "infinity"
        until = "" if expiry == "infinity" else f" until {short(expiry)}"
        said.append(f"{short(str(entry.get('type')))}: {short(str(entry.get('level')))}{until}")
    # A page that is protected itself and by another one is told of the same thing twice.
    return "; ".join(sorted(set(said)))


def snapshots(where: str, got: dict[str, Any], wiki: str, *, with_text: bool) -> tuple[Snapshot, ...]:
    """The revisions of the one page of an answer to prop=revisions, in the order given.

    None are there when the page has none that was asked for; Missing when there is no such page
    or revision.
    """
    query = queried(where, got)
    if query.get("badrevids"):
        raise Missing(f"{where}: no such revision; it may have been deleted")
    pages = list(dicts(where, query, "pages"))
    if len(pages) != 1:
        raise Corrupt(f"{where}: asked for one page, got {len(pages)}; nothing was taken from the answer")
    page = pages[0]
    if page.get("missing") or page.get("invalid"):
        raise Missing(f"{where}: no such page; it may have been deleted")
    article = Article(wiki=wiki, page_id=need(where, page, "pageid", int), title=page_title(where, page))
    return tuple(_snapshot(where, article, entry, with_text=with_text) for entry in dicts(where, page, "revisions"))


def _snapshot(where: str, article: Article, entry: dict[str, Any], *, with_text: bool) -> Snapshot:
    number = need(where, entry, "revid", int)
    here = f"revision {number} of {where}"
    slot = need(here, need(here, entry, "slots", dict), "main", dict)
    text = maybe_str(slot.get("content"))
    # The flags of hidden values stand beside the values for those with the right to see them,
    # so the value decides. textmissing: the wiki itself lost the text.
    hidden = text is None and bool(slot.get("texthidden") or (not with_text and entry.get("sha1hidden")))
    if with_text and text is None and not hidden and not slot.get("textmissing"):
        need(here, slot, "content", str)
    tags = entry.get("tags")
    revision = Revision(
        article=article,
        id=number,
        # Absent or 0 in mid-history where an import or a deletion left no parent.
        parent_id=maybe_int(entry.get("parentid")) or 0,
        at=moment(here, need(here, entry, "timestamp", str)),
        editor=maybe_name(entry.get("user")),
        comment=maybe_name(entry.get("comment")),
        minor=bool(entry.get("minor")),
        tags=tuple(str(tag)[:_LONGEST_LABEL] for tag in tags[:_MOST_TAGS]) if isinstance(tags, list) else (),
        size=maybe_int(entry.get("size")),
        sha1=maybe_name(entry.get("sha1")) or None,
        content_model=maybe_name(slot.get("contentmodel")),
        text_hidden=hidden,
    )
    return Snapshot(revision=revision, wikitext=text)


def dialect(where: str, got: dict[str, Any]) -> Dialect:
    """An answer to meta=siteinfo with general, namespaces, namespacealiases and interwikimap."""
    query = queried(where, got)
    spaces: dict[int, list[str]] = {6: [], 14: []}
    for entry in need(where, query, "namespaces", dict).values():
        if isinstance(entry, dict) and maybe_int(entry.get("id")) in spaces:
            spaces[entry["id"]] += [str(entry.get("name", "")), str(entry.get("canonical", ""))]
    for entry in dicts(where, query, "namespacealiases"):
        if maybe_int(entry.get("id")) in spaces:
            spaces[entry["id"]].append(str(entry.get("alias", "")))
    return Dialect(
        language=short(need(where, need(where, query, "general", dict), "lang", str)),
        # These work on every wiki, whatever its language.
        file_namespaces=_names(*spaces[6], "file", "image"),
        category_namespaces=_names(*spaces[14], "category"),
        interwiki=_names(*(str(entry.get("prefix", "")) for entry in dicts(where, query, "interwikimap"))),
    )


def _names(*names: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(name.lower().replace("_", " ") for name in names if 0 < len(name) <= _LONGEST_LABEL))
