"""Answer like MediaWiki where the demo's wiki does not: continuation, limits, redirects, odd titles, hidden parts."""

import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from watcher.demo import servers
from watcher.demo.servers import Json, SavedRevision, Title, WikiPage, requested, stamp

INTERWIKI = {"wikipedia": "https://en.wikipedia.org/wiki/$1", "commons": "https://commons.wikimedia.org/wiki/$1"}
LIMIT, LIMIT_WITH_TEXT, TITLES = 500, 50, 50
FILES = 6
TRUNCATED = "This result was truncated because it would otherwise be larger than the limit of {:,} bytes."
_FORBIDDEN = re.compile(r"[\[\]{}<>|\x00-\x1f\x7f\ufffd]")
_BIDI = re.compile("[\u200e\u200f\u202a-\u202e]")
_REDIRECT = re.compile(r"\s*#redirect\s*:?\s*\[\[([^\]|]+)(?:\|[^\]]*)?\]\]", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class AnyTitle(Title):
    """A title; `reason` says why it is invalid, `interwiki` to which other wiki it belongs."""

    interwiki: str | None = None
    reason: str | None = None


def normalize_title(raw: str) -> AnyTitle:
    """Normalize a title as MediaWiki does."""
    text = _BIDI.sub("", unicodedata.normalize("NFC", raw))
    text = re.sub(r"[ _\u00a0\u1680\u180e\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]+", " ", text).strip()
    prefix, colon, rest = text.partition(":")
    if colon and prefix.strip().lower() in INTERWIKI:
        way = prefix.strip().lower()
        return AnyTitle(text=f"{way}:{rest.strip()}", interwiki=way)
    usual = servers.normalize_title(text)
    if usual.text and (bad := _FORBIDDEN.search(raw)):
        reason = f'The requested page title contains invalid characters: "{bad.group()}".'
        return AnyTitle(text=raw, reason=reason)
    return AnyTitle(text=usual.text, namespace=usual.namespace)


@dataclass(frozen=True, slots=True, kw_only=True)
class HideableRevision(SavedRevision):
    """A revision; `hidden` has any of content, user, comment."""

    hidden: frozenset[str] = frozenset()


@dataclass(slots=True, kw_only=True)
class ChangingPage(WikiPage):
    """A page; `protection` has pairs of an action and a level, `touched` is when it was declared out of date."""

    protection: tuple[tuple[str, str], ...] = ()
    touched: datetime | None = None

    @property
    def target(self) -> str | None:
        """The target of a redirect, None for any other page."""
        match = _REDIRECT.match(self.latest.text)
        return match.group(1) if match else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Upload:
    """A version of a file: SHA-1 of its contents in hex, and the address under which it is served."""

    at: datetime
    sha1: str
    editor: str
    comment: str
    url: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RecentChange:
    """An entry of the list of recent changes; `kind` is edit, new or log."""

    id: int
    kind: str
    at: datetime
    title: Title
    page_id: int = 0
    revision_id: int = 0


class ApiProblem(Exception):
    """An error of the API, with its code and further keys of the answer."""

    def __init__(self, code: str, info: str, **more: Any) -> None:
        super().__init__(info)
        self.code = code
        self.answer = {"error": {"code": code, "info": info, **more}}


class Query(servers.Query):
    """One action=query of any client; `largest` is in bytes of text. Raises ApiProblem."""

    store: Any  # of tests

    def __init__(self, store: Any, parameters: Mapping[str, str], largest: int) -> None:
        super().__init__(store, parameters)
        self.largest = largest
        self.warnings: Json = {}
        self.rest: Json = {}
        self.lists |= {"recentchanges": self.recent_changes}
        self.props |= {"imageinfo": self.imageinfo}

    def answer(self) -> Json:
        answer = super().answer()
        if not answer["query"]:
            del answer["query"]
        if self.rest:
            del answer["batchcomplete"]
            answer["continue"] = {**self.rest, "continue": "||"}
        if "curtimestamp" in self.parameters:
            answer["curtimestamp"] = stamp(self.store.now())
        if self.warnings:
            answer["warnings"] = {module: {"warnings": text} for module, text in self.warnings.items()}
        return answer

    def values(self, name: str) -> list[str]:
        values = super().values(name)
        if name in ("titles", "pageids", "revids", "ususers") and len(values) > TITLES:
            info = f'Too many values supplied for parameter "{name}". The limit is {TITLES}.'
            raise ApiProblem("toomanyvalues", info, parameter=name, limit=TITLES, lowlimit=TITLES, highlimit=500)
        return values

    def normalize(self, raw: str) -> AnyTitle:
        return normalize_title(raw)

    def find(self) -> None:
        super().find()
        for number in map(int, self.values("revids")):
            wiki_page = self.store.by_revision.get(number)
            if wiki_page is None:
                self.query.setdefault("badrevids", {})[str(number)] = {"revid": number, "missing": True}
            elif wiki_page.title.text not in self.pages:
                self.by_title(wiki_page.title, follow=False)

    def by_title(self, title: Title, *, follow: bool = True) -> None:
        wiki_page = self.store.by_title.get(title.text)
        if follow and "redirects" in self.parameters and wiki_page and wiki_page.target:
            self.follow(wiki_page, wiki_page.target)
        elif isinstance(title, AnyTitle) and title.interwiki:
            known = self.query.setdefault("interwiki", [])
            entry = {"title": title.text, "iw": title.interwiki}
            if entry not in known:
                known.append(entry)
        elif isinstance(title, AnyTitle) and title.reason is not None:
            page = {"title": title.text, "invalidreason": title.reason, "invalid": True}
            self.pages.setdefault(title.text, (page, None))
        elif title.namespace < 0:
            page = {"ns": title.namespace, "title": title.text, "special": True}
            self.pages.setdefault(title.text, (page, None))
        else:
            super().by_title(title)

    def follow(self, wiki_page: ChangingPage, target: str) -> None:
        to = normalize_title(target)
        entry = {"from": wiki_page.title.text, "to": to.text}
        known = self.query.setdefault("redirects", [])
        # For a circular redirect, MediaWiki lists its parts and returns no page.
        if entry not in known:
            known.append(entry)
            self.by_title(to)

    def info(self, page: Json, wiki_page: Any) -> None:
        super().info(page, wiki_page)
        if wiki_page is None:
            return
        page["touched"] = stamp(max(wiki_page.latest.at, wiki_page.touched or wiki_page.latest.at))
        page |= {"redirect": True} if wiki_page.target is not None else {}
        if "protection" in page:
            page["protection"] = [
                {"type": kind, "level": level, "expiry": "infinity"} for kind, level in wiki_page.protection
            ]

    def revisions(self, page: Json, wiki_page: WikiPage | None) -> None:
        if self.is_walk and len(self.pages) > 1:
            raise ApiProblem("invalidparammix", "A walk through revisions is for a single page only.")
        super().revisions(page, wiki_page)
        if "revisions" in page:
            page["revisions"] = list(self.fitting(page["revisions"]))
            if not page["revisions"]:
                del page["revisions"]

    @property
    def is_walk(self) -> bool:
        return bool({"rvlimit", "rvdir", "rvstart", "rvcontinue"} & self.parameters.keys())

    def chosen(self, wiki_page: WikiPage) -> Iterable[SavedRevision]:
        if self.is_walk:
            return self.walk(wiki_page)
        asked = set(map(int, self.values("revids")))
        return [saved for saved in wiki_page.revisions if saved.id in asked] if asked else [wiki_page.latest]

    def walk(self, wiki_page: WikiPage) -> Iterator[SavedRevision]:
        newer = self.parameters.get("rvdir") == "newer"
        ordered = wiki_page.revisions if newer else wiki_page.revisions[::-1]
        if start := self.parameters.get("rvstart"):
            at = datetime.fromisoformat(start)
            ordered = [saved for saved in ordered if (saved.at >= at if newer else saved.at <= at)]
        if self.parameters.get("rvcontinue"):
            from_id = int(self.parameters["rvcontinue"].partition("|")[2])
            ids = [saved.id for saved in ordered]
            ordered = ordered[ids.index(from_id) :] if from_id in ids else []
        most = LIMIT_WITH_TEXT if "content" in self.values("rvprop") else LIMIT
        limit = min(int(self.parameters.get("rvlimit", "10")), most)
        if len(ordered) > limit:
            self.continue_at(ordered[limit])
        self.walked = ordered[:limit]
        yield from self.walked

    def continue_at(self, saved: SavedRevision) -> None:
        self.rest = {"rvcontinue": f"{saved.at:%Y%m%d%H%M%S}|{saved.id}"}

    def fitting(self, entries: list[Json]) -> Iterator[Json]:
        size = 0
        for number, entry in enumerate(entries):
            size += len(str(entry.get("slots", {}).get("main", {}).get("content", "")).encode())
            if size > self.largest:
                self.warnings["result"] = TRUNCATED.format(self.largest)
                if self.is_walk:
                    self.continue_at(self.walked[number])
                return
            yield entry

    def revision(self, saved: SavedRevision, parts: list[str]) -> Json:
        entry, hidden = super().revision(saved, parts), getattr(saved, "hidden", ())
        # Hidden fields are replaced by a flag.
        shown: Json = {}
        for key, value in entry.items():
            if key in ("user", "comment") and key in hidden:
                shown[f"{key}hidden"] = True
            elif key == "sha1" and "content" in hidden:
                shown["sha1hidden"] = True
            elif key == "slots" and "content" in hidden and "content" in value["main"]:
                slot = {name: part for name, part in value["main"].items() if name != "content"}
                shown["slots"] = {"main": slot | {"texthidden": True}}
            elif not (key == "anon" and "user" in hidden):
                shown[key] = value
        return shown

    def account(self, name: str) -> Json:
        if "anon" in servers.user(name) or ">" in name:
            return {"name": name, "invalid": True}
        edited = any(saved.editor == name for page in self.store.by_id.values() for saved in page.revisions)
        if name not in self.store.accounts and not edited:
            return {"name": name, "missing": True}
        return super().account(name) | self.store.accounts.get(name, {})

    def recent_changes(self) -> None:
        newer = self.parameters.get("rcdir") == "newer"
        kinds = self.values("rctype") or ["edit", "new", "log", "categorize"]
        listed = [change for change in self.store.recent if change.kind in kinds]
        listed.sort(key=lambda change: (change.at, change.id), reverse=not newer)
        if self.parameters.get("rcstart"):
            start = datetime.fromisoformat(self.parameters["rcstart"])
            listed = [change for change in listed if (change.at >= start if newer else change.at <= start)]
        limit = min(int(self.parameters.get("rclimit", "10")), LIMIT)
        self.query["recentchanges"] = [recent_change_entry(item, self.values("rcprop")) for item in listed[:limit]]
        if len(listed) > limit:
            following = listed[limit]
            self.rest = {"rccontinue": f"{following.at:%Y%m%d%H%M%S}|{following.id}"}

    def imageinfo(self, page: Json, _: WikiPage | None) -> None:
        """Answer prop=imageinfo for a file."""
        wiki_page = self.store.by_title.get(page["title"])
        title = normalize_title(wiki_page.target).text if wiki_page and wiki_page.target else page["title"]
        versions = self.store.files.get(title, []) if page.get("ns") == FILES and not page.get("special") else []
        limit = int(self.parameters.get("iilimit", "1"))
        if versions:
            page["imageinfo"] = [self.upload(version) for version in versions[::-1][:limit]]
        if len(versions) > limit and len(self.pages) == 1:
            # Present although fewer versions were requested; following it returns the older ones.
            self.rest = {"iistart": stamp(versions[-limit - 1].at)}

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
        known = super().siteinfo(parts)
        if "interwikimap" in known:
            known["interwikimap"] = [{"prefix": prefix, "url": url} for prefix, url in INTERWIKI.items()]
        return known


def recent_change_entry(change: RecentChange, parts: list[str]) -> Json:
    """Answer list=recentchanges for a change; a log entry has no revisions."""
    values: dict[str, Json] = {
        "title": {"ns": change.title.namespace, "title": change.title.text},
        "ids": {"pageid": change.page_id, "revid": change.revision_id, "old_revid": 0, "rcid": change.id},
        "timestamp": {"timestamp": stamp(change.at)},
    }
    return {"type": change.kind, **requested(values, parts)}
