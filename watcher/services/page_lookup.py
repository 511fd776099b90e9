"""Find the page of a title, or of an address that was copied from a browser; only wikis of the watchlist are asked."""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass, replace
from typing import Final
from urllib.parse import SplitResult, parse_qs, unquote, urlsplit

from watcher.config import Watchlist, WikiSite
from watcher.config.validators import host_matches
from watcher.errors import ConfigError, Missing, Refused
from watcher.fetch import PageState
from watcher.services.context import AppContext

# Pages of MediaWiki that lead to a revision, or to a page by its id; their English names work on every wiki.
_SPECIAL: Final = re.compile(
    r"Special:(?:(Permalink|PermanentLink|Diff|Redirect/revision)|Redirect/page)/([0-9]{1,18})"
)
_NUMBER: Final = re.compile(r"[0-9]{1,18}")


@dataclass(frozen=True, slots=True, kw_only=True)
class LocatedPage:
    """A page of a wiki; `requested_title` is the title that led to it, `revision` its latest.

    `section` is the heading that the address names. `watched` is the title under which the watchlist already has this
    page, None where it does not. Where the wiki has
    no such page, `reason` says why.
    """

    wiki: str
    title: str
    requested_title: str
    page_id: int = 0
    revision: int = 0
    watched: str | None = None
    reason: str | None = None
    section: str = ""

    def existing(self) -> LocatedPage:
        """Return the page itself; raises Missing where there is none."""
        if self.reason is not None:
            raise Missing(f"{self.title!r} on {self.wiki}: {self.reason}; nothing was added, check the title")
        return self

    def namespace_of(self, names: Collection[str]) -> str:
        """Return the title without its namespace where that is one of `names`, else nothing."""
        namespace, _, rest = self.title.partition(":")
        return rest.strip() if namespace.strip().casefold() in names else ""


def find_page(services: AppContext, article: str, wiki: str | None, *, may_be_missing: bool = False) -> LocatedPage:
    """Ask the wiki for the page of an address or title; no other host is asked.

    Raises ConfigError, Refused (a host that is not on the allow-list), Missing, Unavailable.
    """
    # No title has a number sign: what follows it names a section, with underscores for blanks.
    article, _, heading = article.partition("#")
    watchlist, names = services.watchlist, {site.name: site for site in services.watchlist.wikis}
    asked: str | int = article.replace("_", " ").strip()
    if "://" in article:
        site, parts = _site_of(services, article)
        asked = _page_of(services, site, article, parts)
    elif not names:
        raise ConfigError(f"{watchlist.path.name}: names no [[wiki]]; add one first, as `watcher init` writes it")
    elif wiki is not None and wiki not in names:
        raise ConfigError(f"--wiki {wiki}: is not in {watchlist.path.name}; known: {', '.join(names)}")
    else:
        site = names[wiki] if wiki else watchlist.wikis[0]
    client = services.client(site.name)
    page = client.latest([asked])[0] if isinstance(asked, str) else client.latest(page_ids=[asked])[0]
    requested = asked if isinstance(asked, str) else page.article.title if page.article else str(asked)
    section = " ".join(unquote(heading).replace("_", " ").split())
    located = LocatedPage(wiki=site.name, title=requested, requested_title=requested, section=section)
    if page.article is None or page.latest is None or page.state is not PageState.OK:
        located = replace(located, reason=page.reason or page.state.value)
        return located if may_be_missing else located.existing()
    watch = services.index.watch_of(page.article)
    return replace(
        located,
        title=page.article.title,
        page_id=page.article.page_id,
        revision=page.latest,
        watched=watch.title if watch and not watch.source else None,  # a member of a list may get settings of its own
    )


def _site_of(services: AppContext, address: str) -> tuple[WikiSite, SplitResult]:
    """Return the wiki of an address, and the address with its parts, which is another one where it is shortened."""
    watchlist = services.watchlist
    site, parts = _watched_site(watchlist, address)
    # A host such as w.wiki, which shortens addresses.
    if site is None and any(host_matches(entry, address) for entry in watchlist.allowed_hosts):
        from watcher.fetch.transport import visit

        contact, hosts = watchlist.contact, watchlist.allowed_hosts
        with visit(address, contact=contact, allowed_hosts=hosts, now=services.now) as server:
            site, parts = _watched_site(watchlist, server.redirect(address))
    if site is None:
        raise Refused(
            f"{parts.hostname or address}: no [[wiki]] of {watchlist.path.name} is there; add the wiki and allow its "
            "host first (a short address can be opened, and the one that it leads to given)"
        )
    return site, parts


def _watched_site(watchlist: Watchlist, address: str) -> tuple[WikiSite | None, SplitResult]:
    try:
        parts = urlsplit(address)
        host = parts.netloc.lower()
        _ = parts.hostname, parts.port
    except ValueError:
        raise Refused(f"{address!r} is not a web address; copy that of the article's page") from None
    # Wikimedia's names for phones: en.m.wikipedia.org; other wikis have m.example.org.
    hosts = {host, host.replace(".m.", ".", 1), host.removeprefix("m.")} - {""}
    return next((site for site in watchlist.wikis if urlsplit(site.api).netloc.lower() in hosts), None), parts


def _page_of(services: AppContext, site: WikiSite, address: str, parts: SplitResult) -> str | int:
    asked = {name: values[0] for name, values in parse_qs(parts.query).items()}
    path = unquote(parts.path)
    # Without /wiki/ where the wiki stands at the root: https://www.mediawiki.org/wiki/Manual:Short_URL
    at_root = "" if "/wiki/" in path or path.endswith(".php") else path.strip("/")
    title = asked.get("title") or path.partition("/wiki/")[2] or at_root
    special = _SPECIAL.fullmatch(title)
    revisions = [asked.get("oldid"), asked.get("diff"), special[2] if special and special[1] else None]
    page_ids = [asked.get("curid"), asked.get("pageid"), special[2] if special and not special[1] else None]
    if page_id := next((number for number in page_ids if number and _NUMBER.fullmatch(number)), None):
        return int(page_id)
    if revision := next((number for number in revisions if number and _NUMBER.fullmatch(number)), None):
        return services.client(site.name).revision(int(revision)).revision.article.page_id
    if not title:
        raise ConfigError(f"{address}: names no article; copy the address of the article's page")
    return title.replace("_", " ").strip()
