"""Questions of the Action API in, the answers that MediaWiki 1.43 gives out (formatversion=2, errorformat=bc)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import datetime
from typing import Any

from watcher.demo.entries import LANGUAGE, Json, about, model, passing, revision, stamp, upload
from watcher.demo.shelf import Leaf, Saved, Shelf
from watcher.demo.titles import ALIASES, CANONICAL, INTERWIKI, NAMESPACES, Title, spelt

LIMIT, LIMIT_WITH_TEXT, TITLES = 500, 50, 50
INTEGERS = 2**63
FILES = 6
TRUNCATED = "This result was truncated because it would otherwise be larger than the limit of {:,} bytes."


class ApiError(Exception):
    """What the API refuses, with its code and further keys of the answer."""

    def __init__(self, code: str, info: str, **more: Any) -> None:
        super().__init__(info)
        self.code = code
        self.answer = {"error": {"code": code, "info": info, **more}}


def answer(shelf: Shelf, asked: Mapping[str, str], *, lag: float | None = None, largest: int = 8 << 20) -> Json:
    """The answer to one request; `lag` is in seconds, `largest` in bytes of text. Raises ApiError."""
    if lag is not None and "maxlag" in asked and lag > float(asked["maxlag"]):
        info = f"Waiting for a database server: {lag:g} seconds lagged."
        raise ApiError("maxlag", info, host="replica-1", lag=lag, type="db")
    if asked.get("action") != "query":
        raise ApiError("badvalue", f'Unrecognized value for parameter "action": {asked.get("action", "")}.')
    with shelf.lock:
        return _Query(shelf, asked, largest).answer()


class _Query:
    """One action=query on its way: pages are found first, then each prop adds what it knows of them."""

    def __init__(self, shelf: Shelf, asked: Mapping[str, str], largest: int) -> None:
        self.shelf = shelf
        self.asked = asked
        self.largest = largest
        self.query: Json = {}
        self.rest: Json = {}
        self.warnings: Json = {}
        self.pages: dict[str | int, tuple[Json, Leaf | None]] = {}

    def answer(self) -> Json:
        if "siteinfo" in self._list("meta"):
            self.query.update(_siteinfo(self._list("siprop")))
        if "recentchanges" in self._list("list"):
            self._recent_changes()
        self._find()
        self._tell()
        if self.pages:
            self.query["pages"] = [page for page, _ in self.pages.values()]
        whole: Json = {} if self.rest else {"batchcomplete": True}
        if self.rest:
            whole["continue"] = {**self.rest, "continue": "||"}
        if "curtimestamp" in self.asked:
            whole["curtimestamp"] = f"{self.shelf.now():%Y-%m-%dT%H:%M:%SZ}"
        if self.warnings:
            whole["warnings"] = {module: {"warnings": text} for module, text in self.warnings.items()}
        return {**whole, "query": self.query} if self.query else whole

    def _list(self, name: str) -> list[str]:
        values = self.asked[name].split("|") if self.asked.get(name) else []
        if name in ("titles", "pageids", "revids") and len(values) > TITLES:
            info = f'Too many values supplied for parameter "{name}". The limit is {TITLES}.'
            raise ApiError("toomanyvalues", info, parameter=name, limit=TITLES, lowlimit=TITLES, highlimit=500)
        return values

    def _numbers(self, name: str) -> list[int]:
        values = self._list(name)
        for value in values:
            if not value.removeprefix("-").isdecimal() or abs(int(value)) >= INTEGERS:
                raise ApiError("badinteger", f'Invalid value "{value}" for integer parameter "{name}".')
        return [int(value) for value in values]

    # -- which pages ---------------------------------------------------------------

    def _find(self) -> None:
        for raw in self._list("titles"):
            title = spelt(raw)
            if title.reason is None and title.text != raw:
                entry = {"fromencoded": False, "from": raw, "to": title.text}
                self.query.setdefault("normalized", []).append(entry)
            # A fragment alone is normalised to nothing, and nothing is said of it.
            if title.text:
                self._by_title(title)
        for number in self._numbers("pageids"):
            leaf = self.shelf.by_id.get(number)
            if leaf is None:
                self._add(number, {"pageid": number, "missing": True}, None)
            else:
                self._by_title(leaf.title)
        for number in self._numbers("revids"):
            leaf = self.shelf.by_revision.get(number)
            if leaf is None:
                bad = self.query.setdefault("badrevids", {})
                bad[str(number)] = {"revid": number, "missing": True}
            else:
                self._add(leaf.title.text, _named(leaf), leaf)

    def _by_title(self, title: Title) -> None:
        leaf = self.shelf.by_title.get(title.text)
        if "redirects" in self.asked and leaf and leaf.target:
            self._follow(leaf, leaf.target)
        elif title.interwiki:
            known = self.query.setdefault("interwiki", [])
            entry = {"title": title.text, "iw": title.interwiki}
            if entry not in known:
                known.append(entry)
        else:
            self._add(title.text, *_page(title, leaf))

    def _follow(self, leaf: Leaf, target: str) -> None:
        to = spelt(target)
        entry = {"from": leaf.title.text, "to": to.text}
        if "#" in target:
            entry["tofragment"] = target.partition("#")[2]
        if to.interwiki:
            entry["tointerwiki"] = to.interwiki
        known = self.query.setdefault("redirects", [])
        # A second time round is a circle: MediaWiki lists its parts and gives no page.
        if entry not in known:
            known.append(entry)
            self._by_title(to)

    def _add(self, key: str | int, page: Json, leaf: Leaf | None) -> None:
        self.pages.setdefault(key, (page, leaf))

    # -- what is known of them -----------------------------------------------------

    def _tell(self) -> None:
        props: dict[str, Callable[[], None]] = {
            "info": self._info, "revisions": self._revisions, "imageinfo": self._imageinfo,
        }  # fmt: skip
        for name in self._list("prop"):
            if name in props:
                props[name]()
            else:
                self.warnings["query"] = f'Unrecognized value for parameter "prop": {name}'

    def _info(self) -> None:
        for page, leaf in self.pages.values():
            if leaf is not None:
                page.update(about(leaf))
                if "protection" in self._list("inprop"):
                    page["protection"] = [
                        {"type": kind, "level": level, "expiry": "infinity"} for kind, level in leaf.protection
                    ]
                    page["restrictiontypes"] = ["edit", "move"]
            elif page.get("missing") and "title" in page and not page.get("special"):
                page.update({"contentmodel": model(page["title"]), **LANGUAGE})

    def _revisions(self) -> None:
        parts = self._list("rvprop")
        walking = {"rvlimit", "rvdir", "rvstart", "rvcontinue"} & self.asked.keys()
        if walking and len(self.pages) > 1:
            raise ApiError("invalidparammix", "A walk through revisions is for a single page only.")
        wanted = set(self._numbers("revids"))
        for page, leaf in self.pages.values():
            if leaf is None:
                continue
            if walking:
                chosen: Iterable[Saved] = self._walk(leaf, "content" in parts)
            else:
                chosen = [saved for saved in leaf.revisions if saved.id in wanted] if wanted else [leaf.latest]
            entries = list(self._fitting(revision(saved, parts, leaf) for saved in chosen))
            if entries:
                page["revisions"] = entries

    def _walk(self, leaf: Leaf, with_text: bool) -> Iterator[Saved]:  # noqa: FBT001  one caller, beside it
        newer = self.asked.get("rvdir") == "newer"
        ordered = leaf.revisions if newer else leaf.revisions[::-1]
        start = self.asked.get("rvstart")
        if start:
            at = datetime.fromisoformat(start)
            ordered = [saved for saved in ordered if (saved.at >= at if newer else saved.at <= at)]
        if self.asked.get("rvcontinue"):
            from_id = int(self.asked["rvcontinue"].partition("|")[2])
            ids = [saved.id for saved in ordered]
            ordered = ordered[ids.index(from_id) :] if from_id in ids else []
        limit = min(int(self.asked.get("rvlimit", "10")), LIMIT_WITH_TEXT if with_text else LIMIT)
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
        newer = self.asked.get("rcdir") == "newer"
        kinds = self._list("rctype") or ["edit", "new", "log", "categorize"]
        listed = [one for one in self.shelf.recent if one.kind in kinds]
        listed.sort(key=lambda one: (one.at, one.id), reverse=not newer)
        if self.asked.get("rcstart"):
            start = datetime.fromisoformat(self.asked["rcstart"])
            listed = [one for one in listed if (one.at >= start if newer else one.at <= start)]
        limit = min(int(self.asked.get("rclimit", "10")), LIMIT)
        self.query["recentchanges"] = [passing(one, self._list("rcprop")) for one in listed[:limit]]
        if len(listed) > limit:
            following = listed[limit]
            self.rest = {"rccontinue": f"{following.at:%Y%m%d%H%M%S}|{following.id}"}

    def _imageinfo(self) -> None:
        for page, _ in self.pages.values():
            if page.get("ns") != FILES or page.get("special"):
                continue
            versions = self.shelf.files.get(self._picture_of(page["title"]), [])
            page["imagerepository"] = "local" if versions else ""
            limit = int(self.asked.get("iilimit", "1"))
            shown = versions[::-1][:limit]
            if shown:
                page["imageinfo"] = [upload(one, self._list("iiprop")) for one in shown]
            if len(versions) > limit and len(self.pages) == 1:
                # Offered although fewer versions were asked for; who follows it gets the older ones.
                self.rest = {"iistart": stamp(versions[-limit - 1].at)}

    def _picture_of(self, title: str) -> str:
        leaf = self.shelf.by_title.get(title)
        return spelt(leaf.target).text if leaf and leaf.target else title


def _named(leaf: Leaf) -> Json:
    return {"pageid": leaf.id, "ns": leaf.title.namespace, "title": leaf.title.text}


def _page(title: Title, leaf: Leaf | None) -> tuple[Json, Leaf | None]:
    if title.reason is not None:
        return {"title": title.text, "invalidreason": title.reason, "invalid": True}, None
    if title.namespace < 0:
        return {"ns": title.namespace, "title": title.text, "special": True}, None
    if leaf is None:
        return {"ns": title.namespace, "title": title.text, "missing": True}, None
    return _named(leaf), leaf


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
