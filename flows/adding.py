"""An address or a title → one more watch in the watchlist, if the wiki has such a page."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from urllib.parse import parse_qs, unquote, urlsplit

from flows.editing import rewrite
from flows.services import Services, open_services
from watcher.config import Watchlist, WikiSite, add_watch
from watcher.errors import ConfigError, Missing, Refused
from watcher.fetch import PageState


@dataclass(frozen=True, slots=True, kw_only=True)
class Located:
    """A page that a wiki has: `asked` is the title that led to it, `revision` its latest.

    `watched` is the title under which the watchlist has this page already, None where it does not.
    """

    wiki: str
    title: str
    asked: str
    page_id: int
    revision: int
    watched: str | None = None


def add_article(path: Path, article: str, wiki: str | None) -> str:
    """Add the article to the file and say so in a line.

    Raises ConfigError, Refused (a host that is not on the allow-list), Missing, Unavailable; then nothing is changed.
    """
    with open_services(path) as services:
        found = locate(services, article, wiki)
        put(services, found)
    followed = f" (from {found.asked!r})" if found.title != found.asked else ""
    return f"{path}: watching {found.title!r} on {found.wiki}{followed}; run: watcher check"


def put(services: Services, found: Located, version: str | None = None) -> None:
    """Write one more watch into the file. ConfigError when the page is watched already; Conflict as `rewrite` says."""
    rewrite(services.watchlist.path, lambda text: _with_watch(text, found), version=version)


def _with_watch(text: str, found: Located) -> str:
    if found.watched is not None:
        title = f" as {found.watched!r}" if found.watched != found.title else ""
        raise ConfigError(f"{found.title!r} on {found.wiki}: is watched already{title}; nothing was added")
    return add_watch(text, found.wiki, found.title)


def locate(services: Services, article: str, wiki: str | None) -> Located:
    """Ask the wiki for the page of an address or title; nothing is changed, and no other host is asked.

    Raises ConfigError, Refused (a host that is not on the allow-list), Missing, Unavailable.
    """
    site, title = _located(services.watchlist, article, wiki)
    page = services.client(site.name).latest([title])[0]
    if page.article is None or page.latest is None or page.state is not PageState.OK:
        reason = page.reason or page.state.value
        raise Missing(f"{title!r} on {site.name}: {reason}; nothing was added, check the title")
    watch = services.index.watch_of(page.article)
    return Located(
        wiki=site.name,
        title=page.article.title,
        asked=title,
        page_id=page.article.page_id,
        revision=page.latest,
        watched=watch.title if watch else None,
    )


def _located(watchlist: Watchlist, article: str, wiki: str | None) -> tuple[WikiSite, str]:
    if "://" in article:
        return _of_address(watchlist, article)
    if not watchlist.wikis:
        raise ConfigError(f"{watchlist.path.name}: names no [[wiki]]; add one first, as `watcher init` writes it")
    names = {site.name: site for site in watchlist.wikis}
    if wiki is not None and wiki not in names:
        raise ConfigError(f"--wiki {wiki}: is not in {watchlist.path.name}; known: {', '.join(names)}")
    return names[wiki] if wiki else watchlist.wikis[0], article.replace("_", " ").strip()


def _of_address(watchlist: Watchlist, address: str) -> tuple[WikiSite, str]:
    try:
        parts = urlsplit(address)
        host = parts.hostname or address
    except ValueError:
        raise Refused(f"{address!r} is no address; copy the address of the article's page") from None
    for site in watchlist.wikis:
        if parts.netloc and parts.netloc.lower() == urlsplit(site.api).netloc.lower():
            asked = parse_qs(parts.query).get("title")
            title = asked[0] if asked else unquote(parts.path.partition("/wiki/")[2])
            if not title:
                raise ConfigError(f"{address}: names no article; copy the address of the article's page")
            return site, title.replace("_", " ").strip()
    raise Refused(f"{host}: no [[wiki]] of {watchlist.path.name} is there; add the wiki and allow its host first")
