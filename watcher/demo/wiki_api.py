"""Answer what a WikiClient asks as MediaWiki 1.43 does, with what it reads (formatversion=2, errorformat=bc)."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import Any

from watcher.demo.wiki_store import (
    ALIASES,
    CANONICAL,
    INTERWIKI,
    NAMESPACES,
    RecentChange,
    SavedRevision,
    Title,
    Upload,
    WikiPage,
    WikiStore,
    normalize_title,
)

Json = dict[str, Any]


def page_info(page: WikiPage) -> Json:
    """Answer prop=info for a page."""
    latest = page.latest
    touched = stamp(max(latest.at, page.touched or latest.at))
    redirect = {"redirect": True} if page.target is not None else {}
    return {"touched": touched, "lastrevid": latest.id, **redirect}


def revision(saved: SavedRevision, parts: list[str]) -> Json:
    """Answer prop=revisions for a revision."""
    slot: Json = {"contentmodel": "wikitext"} if "contentmodel" in parts else {}
    if "content" in parts and "content" in saved.hidden:
        slot["texthidden"] = True
    elif "content" in parts:
        slot["content"] = saved.text
    # In the order that MediaWiki has them; what is hidden leaves a flag in the place of its value.
    values: dict[str, Json] = {
        "ids": {"revid": saved.id, "parentid": saved.parent_id},
        "flags": {"minor": saved.minor},
        "user": {"userhidden": True} if "user" in saved.hidden else _who(saved.editor),
        "timestamp": {"timestamp": stamp(saved.at)},
        "size": {"size": len(saved.text.encode())},
        "sha1": {"sha1hidden": True} if "content" in saved.hidden else {"sha1": saved.sha1},
        "slots": {"slots": {"main": slot}},
        "comment": {"commenthidden": True} if "comment" in saved.hidden else {"comment": saved.comment},
        "tags": {"tags": list(saved.tags)},
    }
    return _asked(values, [*parts, "slots"] if {"content", "contentmodel"} & set(parts) else parts)


def recent_change_entry(change: RecentChange, parts: list[str]) -> Json:
    """Answer list=recentchanges for a change; a log entry has no revisions."""
    values: dict[str, Json] = {
        "title": {"ns": change.title.namespace, "title": change.title.text},
        "ids": {"pageid": change.page_id, "revid": change.revision_id, "old_revid": 0, "rcid": change.id},
        "timestamp": {"timestamp": stamp(change.at)},
    }
    return {"type": change.kind, **_asked(values, parts)}


def account(store: WikiStore, name: str) -> Json:
    """Answer list=users for an account: an old one that has edited much, unless the store describes it."""
    if "anon" in _who(name) or ">" in name:
        return {"name": name, "invalid": True}
    if name not in store.accounts and not any(
        saved.editor == name for page in store.by_id.values() for saved in page.revisions
    ):
        return {"name": name, "missing": True}
    usual = {"editcount": 1_000, "registration": "2015-01-01T00:00:00Z", "groups": ["*", "user"], "rights": []}
    return {"userid": 1, "name": name, **usual, **store.accounts.get(name, {})}


def upload(version: Upload, parts: list[str]) -> Json:
    """Answer prop=imageinfo for a version of a file."""
    values: dict[str, Json] = {
        "timestamp": {"timestamp": stamp(version.at)},
        "user": {"user": version.editor},
        "comment": {"comment": version.comment},
        "url": {"url": version.url},
        "sha1": {"sha1": version.sha1},
        "size": {"size": 120_400, "width": 800, "height": 600},
    }
    return _asked(values, parts)


def _asked(values: dict[str, Json], parts: list[str]) -> Json:
    return {key: value for part, entry in values.items() if part in parts for key, value in entry.items()}


def _who(editor: str) -> Json:
    try:
        ipaddress.ip_address(editor)
    except ValueError:
        return {"user": editor}
    return {"user": editor, "anon": True}


def stamp(at: datetime) -> str:
    """Format a time as the API does."""
    return f"{at:%Y-%m-%dT%H:%M:%SZ}"


LIMIT, LIMIT_WITH_TEXT, TITLES = 500, 50, 50
FILES = 6
TRUNCATED = "This result was truncated because it would otherwise be larger than the limit of {:,} bytes."


class ApiError(Exception):
    """An error of the API, with its code and further keys of the answer."""

    def __init__(self, code: str, info: str, **more: Any) -> None:
        super().__init__(info)
        self.code = code
        self.answer = {"error": {"code": code, "info": info, **more}}


def answer(
    store: WikiStore, parameters: Mapping[str, str], *, lag: float | None = None, largest: int = 8 << 20
) -> Json:
    """Answer one request; `lag` is in seconds, `largest` in bytes of text. Raises ApiError."""
    if lag is not None and "maxlag" in parameters and lag > float(parameters["maxlag"]):
        info = f"Waiting for a database server: {lag:g} seconds lagged."
        raise ApiError("maxlag", info, host="replica-1", lag=lag, type="db")
    with store.lock:
        return _Query(store, parameters, largest).answer()


class _Query:
    """One action=query: pages are found first, then each prop adds what it knows of them."""

    def __init__(self, store: WikiStore, parameters: Mapping[str, str], largest: int) -> None:
        self.store = store
        self.parameters = parameters
        self.largest = largest
        self.query: Json = {}
        self.rest: Json = {}
        self.warnings: Json = {}
        self.pages: dict[str | int, tuple[Json, WikiPage | None]] = {}

    def answer(self) -> Json:
        if "siteinfo" in self._list("meta"):
            self.query.update(_siteinfo(self._list("siprop")))
        if "recentchanges" in self._list("list"):
            self._recent_changes()
        if "users" in self._list("list"):
            self.query["users"] = [account(self.store, name) for name in self._list("ususers")]
        self._find()
        props = {"info": self._info, "revisions": self._revisions, "imageinfo": self._imageinfo}
        for name in self._list("prop"):
            props[name]()
        if self.pages:
            self.query["pages"] = [page for page, _ in self.pages.values()]
        whole: Json = {} if self.rest else {"batchcomplete": True}
        if self.rest:
            whole["continue"] = {**self.rest, "continue": "||"}
        if "curtimestamp" in self.parameters:
            whole["curtimestamp"] = f"{self.store.now():%Y-%m-%dT%H:%M:%SZ}"
        if self.warnings:
            whole["warnings"] = {module: {"warnings": text} for module, text in self.warnings.items()}
        return {**whole, "query": self.query} if self.query else whole

    def _list(self, name: str) -> list[str]:
        values = self.parameters[name].split("|") if self.parameters.get(name) else []
        if name in ("titles", "pageids", "revids", "ususers") and len(values) > TITLES:
            info = f'Too many values supplied for parameter "{name}". The limit is {TITLES}.'
            raise ApiError("toomanyvalues", info, parameter=name, limit=TITLES, lowlimit=TITLES, highlimit=500)
        return values

    def _numbers(self, name: str) -> list[int]:
        return [int(value) for value in self._list(name)]

    # -- which pages ---------------------------------------------------------------

    def _find(self) -> None:
        for raw in self._list("titles"):
            title = normalize_title(raw)
            if title.reason is None and title.text != raw:
                entry = {"fromencoded": False, "from": raw, "to": title.text}
                self.query.setdefault("normalized", []).append(entry)
            # A fragment alone is normalised to nothing, and nothing is said of it.
            if title.text:
                self._by_title(title)
        for number in self._numbers("pageids"):
            wiki_page = self.store.by_id.get(number)
            if wiki_page is None:
                self.pages.setdefault(number, ({"pageid": number, "missing": True}, None))
            else:
                self._by_title(wiki_page.title)
        for number in self._numbers("revids"):
            wiki_page = self.store.by_revision.get(number)
            if wiki_page is None:
                bad = self.query.setdefault("badrevids", {})
                bad[str(number)] = {"revid": number, "missing": True}
            else:
                self.pages.setdefault(wiki_page.title.text, (_named(wiki_page), wiki_page))

    def _by_title(self, title: Title) -> None:
        wiki_page = self.store.by_title.get(title.text)
        if "redirects" in self.parameters and wiki_page and wiki_page.target:
            self._follow(wiki_page, wiki_page.target)
        elif title.interwiki:
            known = self.query.setdefault("interwiki", [])
            entry = {"title": title.text, "iw": title.interwiki}
            if entry not in known:
                known.append(entry)
        elif title.reason is not None:
            page = {"title": title.text, "invalidreason": title.reason, "invalid": True}
            self.pages.setdefault(title.text, (page, None))
        elif wiki_page is None or title.namespace < 0:
            page = {"ns": title.namespace, "title": title.text, "special" if title.namespace < 0 else "missing": True}
            self.pages.setdefault(title.text, (page, None))
        else:
            self.pages.setdefault(title.text, (_named(wiki_page), wiki_page))

    def _follow(self, wiki_page: WikiPage, target: str) -> None:
        to = normalize_title(target)
        entry = {"from": wiki_page.title.text, "to": to.text}
        known = self.query.setdefault("redirects", [])
        # A second time round is a circle: MediaWiki lists its parts and gives no page.
        if entry not in known:
            known.append(entry)
            self._by_title(to)

    def _info(self) -> None:
        for page, wiki_page in self.pages.values():
            if wiki_page is not None:
                page.update(page_info(wiki_page))
                if "protection" in self._list("inprop"):
                    page["protection"] = [
                        {"type": kind, "level": level, "expiry": "infinity"} for kind, level in wiki_page.protection
                    ]

    def _revisions(self) -> None:
        parts = self._list("rvprop")
        walking = {"rvlimit", "rvdir", "rvstart", "rvcontinue"} & self.parameters.keys()
        if walking and len(self.pages) > 1:
            raise ApiError("invalidparammix", "A walk through revisions is for a single page only.")
        requested = set(self._numbers("revids"))
        for page, wiki_page in self.pages.values():
            if wiki_page is None:
                continue
            chosen: Iterable[SavedRevision] = [wiki_page.latest]
            if walking:
                chosen = self._walk(wiki_page, "content" in parts)
            elif requested:
                chosen = [saved for saved in wiki_page.revisions if saved.id in requested]
            entries = list(self._fitting(revision(saved, parts) for saved in chosen))
            if entries:
                page["revisions"] = entries

    def _walk(self, wiki_page: WikiPage, with_text: bool) -> Iterator[SavedRevision]:  # noqa: FBT001  one caller, beside it
        newer = self.parameters.get("rvdir") == "newer"
        ordered = wiki_page.revisions if newer else wiki_page.revisions[::-1]
        start = self.parameters.get("rvstart")
        if start:
            at = datetime.fromisoformat(start)
            ordered = [saved for saved in ordered if (saved.at >= at if newer else saved.at <= at)]
        if self.parameters.get("rvcontinue"):
            from_id = int(self.parameters["rvcontinue"].partition("|")[2])
            ids = [saved.id for saved in ordered]
            ordered = ordered[ids.index(from_id) :] if from_id in ids else []
        limit = min(int(self.parameters.get("rvlimit", "10")), LIMIT_WITH_TEXT if with_text else LIMIT)
        for number, saved in enumerate(ordered):
            # Set before the revision is taken: it stays when there is no room or no call for it.
            self.rest = {"rvcontinue": f"{saved.at:%Y%m%d%H%M%S}|{saved.id}"}
            if number == limit:
                return
            yield saved
        self.rest = {}

    def _fitting(self, entries: Iterator[Json]) -> Iterator[Json]:
        size = 0
        for entry in entries:
            size += len(str(entry.get("slots", {}).get("main", {}).get("content", "")).encode())
            if size > self.largest:
                self.warnings["result"] = TRUNCATED.format(self.largest)
                return
            yield entry

    def _recent_changes(self) -> None:
        newer = self.parameters.get("rcdir") == "newer"
        kinds = self._list("rctype") or ["edit", "new", "log", "categorize"]
        listed = [change for change in self.store.recent if change.kind in kinds]
        listed.sort(key=lambda change: (change.at, change.id), reverse=not newer)
        if self.parameters.get("rcstart"):
            start = datetime.fromisoformat(self.parameters["rcstart"])
            listed = [change for change in listed if (change.at >= start if newer else change.at <= start)]
        limit = min(int(self.parameters.get("rclimit", "10")), LIMIT)
        self.query["recentchanges"] = [recent_change_entry(change, self._list("rcprop")) for change in listed[:limit]]
        if len(listed) > limit:
            following = listed[limit]
            self.rest = {"rccontinue": f"{following.at:%Y%m%d%H%M%S}|{following.id}"}

    def _imageinfo(self) -> None:
        for page, _ in self.pages.values():
            if page.get("ns") != FILES or page.get("special"):
                continue
            versions = self.store.files.get(self._image_of(page["title"]), [])
            limit = int(self.parameters.get("iilimit", "1"))
            shown = versions[::-1][:limit]
            if shown:
                page["imageinfo"] = [upload(item, self._list("iiprop")) for item in shown]
            if len(versions) > limit and len(self.pages) == 1:
                # Offered although fewer versions were asked for; who follows it gets the older ones.
                self.rest = {"iistart": stamp(versions[-limit - 1].at)}

    def _image_of(self, title: str) -> str:
        wiki_page = self.store.by_title.get(title)
        return normalize_title(wiki_page.target).text if wiki_page and wiki_page.target else title


def _named(wiki_page: WikiPage) -> Json:
    return {"pageid": wiki_page.id, "ns": wiki_page.title.namespace, "title": wiki_page.title.text}


def _siteinfo(parts: list[str]) -> Json:
    spaces = {
        str(number): {"id": number, "case": "first-letter", "name": name}
        | ({"canonical": CANONICAL[number]} if number else {})
        for number, name in NAMESPACES.items()
    }
    known: Json = {
        "general": {"sitename": "Replay Wiki", "generator": "MediaWiki 1.43.9", "lang": "en", "case": "first-letter"},
        "namespaces": spaces,
        "namespacealiases": [{"id": number, "alias": alias} for alias, number in ALIASES.items()],
        "interwikimap": [{"prefix": prefix, "url": url} for prefix, url in INTERWIKI.items()],
    }
    return {part: known[part] for part in parts}
