"""Answer what a WikiClient asks of the demo's wiki as MediaWiki 1.43 does (formatversion=2, errorformat=bc)."""

from __future__ import annotations

import ipaddress
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from typing import Any

from watcher.demo.wiki_store import (
    ALIASES,
    CANONICAL,
    NAMESPACES,
    SavedRevision,
    Title,
    Upload,
    WikiPage,
    WikiStore,
    normalize_title,
)

Json = dict[str, Any]
FILES = 6


def stamp(at: datetime) -> str:
    """Format a time as the API does."""
    return f"{at:%Y-%m-%dT%H:%M:%SZ}"


def requested(values: Mapping[str, Json], parts: Iterable[str]) -> Json:
    """Return the parts that a client asks for, in the order that MediaWiki has them."""
    return {key: value for part, entry in values.items() if part in parts for key, value in entry.items()}


def user(name: str) -> Json:
    """Describe who made an edit."""
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return {"user": name}
    return {"user": name, "anon": True}


class Query:
    """One action=query: pages are found first, then each prop adds what it knows of them."""

    def __init__(self, store: WikiStore, parameters: Mapping[str, str]) -> None:
        self.store = store
        self.parameters = parameters
        self.query: Json = {}
        self.rest: Json = {}
        self.pages: dict[str | int, tuple[Json, WikiPage | None]] = {}
        self.lists: dict[str, Callable[[], None]] = {"users": self.users}

    def answer(self) -> Json:
        """Return the whole answer."""
        if "siteinfo" in self.values("meta"):
            self.query.update(self.siteinfo(self.values("siprop")))
        for name in self.values("list"):
            self.lists[name]()
        self.find()
        props = {"info": self.info, "revisions": self.revisions, "imageinfo": self.imageinfo}
        for name in self.values("prop"):
            for page, wiki_page in self.pages.values():
                props[name](page, wiki_page)
        if self.pages:
            self.query["pages"] = [page for page, _ in self.pages.values()]
        whole: Json = {"continue": {**self.rest, "continue": "||"}} if self.rest else {"batchcomplete": True}
        if "curtimestamp" in self.parameters:
            whole["curtimestamp"] = stamp(self.store.now())
        return {**whole, "query": self.query} if self.query else whole

    def values(self, name: str) -> list[str]:
        """Return the values of a parameter."""
        return self.parameters[name].split("|") if self.parameters.get(name) else []

    def find(self) -> None:
        """Find the pages that a request names."""
        for raw in self.values("titles"):
            title = self.normalize(raw)
            if title.text != raw:
                entry = {"fromencoded": False, "from": raw, "to": title.text}
                self.query.setdefault("normalized", []).append(entry)
            # A fragment alone is normalised to nothing, and nothing is said of it.
            if title.text:
                self.by_title(title)
        for number in map(int, self.values("pageids")):
            if wiki_page := self.store.by_id.get(number):
                self.by_title(wiki_page.title)
            else:
                self.pages.setdefault(number, ({"pageid": number, "missing": True}, None))

    def normalize(self, raw: str) -> Title:
        """Return the title that a client means."""
        return normalize_title(raw)

    def by_title(self, title: Title) -> None:
        """Find the page of a title."""
        wiki_page = self.store.by_title.get(title.text)
        page: Json = {"ns": title.namespace, "title": title.text}
        page |= {"missing": True} if wiki_page is None else {"pageid": wiki_page.id}
        self.pages.setdefault(title.text, (page, wiki_page))

    def info(self, page: Json, wiki_page: WikiPage | None) -> None:
        """Answer prop=info."""
        if wiki_page is not None:
            page |= {"touched": stamp(wiki_page.latest.at), "lastrevid": wiki_page.latest.id}
            page |= {"protection": []} if "protection" in self.values("inprop") else {}

    def revisions(self, page: Json, wiki_page: WikiPage | None) -> None:
        """Answer prop=revisions: the latest one, or with a direction those from a time on."""
        parts = self.values("rvprop")
        if wiki_page is not None and (chosen := [self.revision(saved, parts) for saved in self.chosen(wiki_page)]):
            page["revisions"] = chosen

    def chosen(self, wiki_page: WikiPage) -> Iterable[SavedRevision]:
        """Return the revisions of a page that are asked for."""
        if "rvdir" not in self.parameters:
            return [wiki_page.latest]
        begin = self.parameters.get("rvstart")
        return [saved for saved in wiki_page.revisions if not begin or saved.at >= datetime.fromisoformat(begin)]

    def revision(self, saved: SavedRevision, parts: list[str]) -> Json:
        """Answer prop=revisions for a revision."""
        slot: Json = {"contentmodel": "wikitext"} if "contentmodel" in parts else {}
        if "content" in parts:
            slot["content"] = saved.text
        values: dict[str, Json] = {
            "ids": {"revid": saved.id, "parentid": saved.parent_id},
            "flags": {"minor": saved.minor},
            "user": user(saved.editor),
            "timestamp": {"timestamp": stamp(saved.at)},
            "size": {"size": len(saved.text.encode())},
            "sha1": {"sha1": saved.sha1},
            "slots": {"slots": {"main": slot}},
            "comment": {"comment": saved.comment},
            "tags": {"tags": list(saved.tags)},
        }
        return requested(values, [*parts, "slots"] if slot else parts)

    def users(self) -> None:
        """Answer list=users: whoever is no address has an old account that has edited much."""
        self.query["users"] = [self.account(name) for name in self.values("ususers")]

    def account(self, name: str) -> Json:
        """Describe an account."""
        known = {"editcount": 1_000, "registration": "2015-01-01T00:00:00Z", "groups": ["*", "user"], "rights": []}
        return {"userid": 1, "name": name, **known}

    def imageinfo(self, page: Json, _: WikiPage | None) -> None:
        """Answer prop=imageinfo for a file."""
        versions = self.versions(page["title"]) if page.get("ns") == FILES else []
        if versions:
            shown = versions[::-1][: int(self.parameters.get("iilimit", "1"))]
            page["imageinfo"] = [self.upload(version) for version in shown]

    def versions(self, title: str) -> list[Upload]:
        """Return the versions of a file, the newest last."""
        return self.store.files.get(title, [])

    def upload(self, version: Upload) -> Json:
        """Answer prop=imageinfo for a version of a file."""
        values: dict[str, Json] = {
            "timestamp": {"timestamp": stamp(version.at)},
            "user": {"user": version.editor},
            "comment": {"comment": version.comment},
            "url": {"url": version.url},
            "sha1": {"sha1": version.sha1},
            "size": {"size": 120_400, "width": 800, "height": 600},
        }
        return requested(values, self.values("iiprop"))

    def siteinfo(self, parts: list[str]) -> Json:
        """Answer meta=siteinfo."""
        spaces = {
            str(number): {"id": number, "case": "first-letter", "name": name}
            | ({"canonical": CANONICAL[number]} if number else {})
            for number, name in NAMESPACES.items()
        }
        general = {"sitename": "Replay Wiki", "generator": "MediaWiki 1.43.9", "lang": "en", "case": "first-letter"}
        known: Json = {"general": general, "namespaces": spaces, "interwikimap": []}
        known["namespacealiases"] = [{"id": number, "alias": alias} for alias, number in ALIASES.items()]
        return {part: known[part] for part in parts}
