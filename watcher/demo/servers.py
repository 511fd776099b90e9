"""Serve the demo's small wiki on loopback, receive its webhook requests, and apply the edits of its scenario.

The pages are in memory, and edits may be added while they are read. Requests of a WikiClient are answered as by
MediaWiki 1.43 (formatversion=2, errorformat=bc). The scenario is one article and a dozen edits from `story.toml`.
"""

from __future__ import annotations

import hashlib
import ipaddress
import json
import sys
import threading
import tomllib
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib.resources import files
from itertools import count
from typing import Any, Self
from urllib.parse import parse_qsl, urlsplit

NAMESPACES = {
    -2: "Media", -1: "Special", 0: "", 1: "Talk", 2: "User", 3: "User talk", 4: "Replay Wiki", 5: "Replay Wiki talk",
    6: "File", 7: "File talk", 8: "MediaWiki", 9: "MediaWiki talk", 10: "Template", 11: "Template talk", 12: "Help",
    13: "Help talk", 14: "Category", 15: "Category talk",
}  # fmt: skip
CANONICAL = {**NAMESPACES, 4: "Project", 5: "Project talk"}
ALIASES = {"Image": 6, "Image talk": 7}
_NUMBERS = {name.lower(): number for names in (NAMESPACES, CANONICAL) for number, name in names.items() if name} | {
    name.lower(): number for name, number in ALIASES.items()
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Title:
    """A normalized title with its namespace."""

    text: str
    namespace: int = 0


def normalize_title(raw: str) -> Title:
    """Normalize a title as MediaWiki does: underscores and spaces are collapsed, the first letter is capitalized."""
    text = " ".join(raw.replace("_", " ").split())
    prefix, colon, rest = text.partition(":")
    namespace = _NUMBERS.get(prefix.strip().lower(), 0) if colon else 0
    # The text after "#" names a part of the page, not the page.
    name = (rest if namespace else text.removeprefix(":")).partition("#")[0].strip()
    shown = name[:1].upper() + name[1:]
    return Title(text=f"{NAMESPACES[namespace]}:{shown}" if namespace and name else shown, namespace=namespace)


@dataclass(frozen=True, slots=True, kw_only=True)
class SavedRevision:
    """A revision in the wiki's store."""

    id: int
    parent_id: int
    at: datetime
    editor: str
    comment: str
    text: str = field(repr=False)
    minor: bool = False
    tags: tuple[str, ...] = ()

    @property
    def sha1(self) -> str:
        """Return the SHA-1 of the text in UTF-8, in hex."""
        return hashlib.sha1(self.text.encode(), usedforsecurity=False).hexdigest()


@dataclass(slots=True, kw_only=True)
class WikiPage:
    """A page with its revisions, ordered by timestamp, then id."""

    id: int
    title: Title
    revisions: list[SavedRevision] = field(default_factory=list)

    @property
    def latest(self) -> SavedRevision:
        """Return the newest revision."""
        return self.revisions[-1]


class WikiStore:
    """The pages of a wiki; all methods may be called from several threads."""

    new_page: type[WikiPage] = WikiPage
    new_revision: type[SavedRevision] = SavedRevision

    def __init__(self, *, now: Callable[[], datetime]) -> None:
        self.now = now
        self.lock = threading.RLock()
        self.by_title: dict[str, WikiPage] = {}
        self.by_id: dict[int, WikiPage] = {}
        self.by_revision: dict[int, WikiPage] = {}
        self.revision_ids = count(1)
        self._page_ids = count(1)

    def edit(
        self,
        title: str,
        text: str,
        *,
        editor: str = "Editor",
        comment: str = "",
        at: datetime | None = None,
        minor: bool = False,
        tags: tuple[str, ...] = (),
    ) -> int:
        """Save a revision of a page, creating the page if necessary; return the revision's id.

        Like MediaWiki, strip white space at the end of the text, and save no revision if the text did not change (then
        return the id of the latest one). A revision that is older than the latest one is inserted into the history, as
        by an import.
        """
        with self.lock:
            name = normalize_title(title)
            page = self.by_title.get(name.text)
            if page and page.latest.text == text.rstrip():
                return page.latest.id
            if page is None:
                page = self.index(self.new_page(id=next(self._page_ids), title=name))
            when = (at or self.now()).astimezone(UTC).replace(microsecond=0)
            before = [saved for saved in page.revisions if saved.at <= when]
            saved = self.new_revision(
                id=next(self.revision_ids), parent_id=before[-1].id if before else 0, at=when, editor=editor,
                comment=comment, text=text.rstrip(), minor=minor, tags=tags,
            )  # fmt: skip
            page.revisions.insert(len(before), saved)
            self.by_revision[saved.id] = page
            return saved.id

    def index(self, page: WikiPage) -> WikiPage:
        """Add a page to the indexes by title and by id, and return it."""
        self.by_title[page.title.text] = page
        self.by_id[page.id] = page
        return page


Json = dict[str, Any]


def stamp(at: datetime) -> str:
    """Format a time as the API does."""
    return f"{at:%Y-%m-%dT%H:%M:%SZ}"


def requested(values: Mapping[str, Json], parts: Iterable[str]) -> Json:
    """Return the values of the requested parts, in MediaWiki's order."""
    return {key: value for part, entry in values.items() if part in parts for key, value in entry.items()}


def user(name: str) -> Json:
    """Return the fields about the editor of a revision."""
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return {"user": name}
    return {"user": name, "anon": True}


class Query:
    """One action=query request: the pages are looked up first, then each prop adds its fields to them."""

    def __init__(self, store: WikiStore, parameters: Mapping[str, str]) -> None:
        self.store = store
        self.parameters = parameters
        self.query: Json = {}
        self.pages: dict[str | int, tuple[Json, WikiPage | None]] = {}
        self.lists: dict[str, Callable[[], None]] = {"users": self.users}
        self.props: dict[str, Callable[[Json, Any], None]] = {"info": self.info, "revisions": self.revisions}

    def answer(self) -> Json:
        """Return the whole answer."""
        if "siteinfo" in self.values("meta"):
            self.query.update(self.siteinfo(self.values("siprop")))
        for name in self.values("list"):
            self.lists[name]()
        self.find()
        for name in self.values("prop"):
            for page, wiki_page in self.pages.values():
                if prop := self.props.get(name):
                    prop(page, wiki_page)
        if self.pages:
            self.query["pages"] = [page for page, _ in self.pages.values()]
        return {"batchcomplete": True, "query": self.query}

    def values(self, name: str) -> list[str]:
        """Return the values of a parameter; empty if it is absent."""
        return self.parameters[name].split("|") if self.parameters.get(name) else []

    def find(self) -> None:
        """Look up the pages that the request names."""
        for raw in self.values("titles"):
            title = self.normalize(raw)
            if title.text != raw:
                entry = {"fromencoded": False, "from": raw, "to": title.text}
                self.query.setdefault("normalized", []).append(entry)
            # A mere fragment is normalized to an empty title, and MediaWiki's answer does not contain it.
            if title.text:
                self.by_title(title)
        for number in map(int, self.values("pageids")):
            if wiki_page := self.store.by_id.get(number):
                self.by_title(wiki_page.title)
            else:
                self.pages.setdefault(number, ({"pageid": number, "missing": True}, None))

    def normalize(self, raw: str) -> Title:
        """Return the normalized title that a client means."""
        return normalize_title(raw)

    def by_title(self, title: Title) -> None:
        """Add the page with a title to the answer, or the fact that it is missing."""
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
        """Answer prop=revisions: the latest revision, or with `rvdir` those since `rvstart`."""
        parts = self.values("rvprop")
        if wiki_page is not None and (chosen := [self.revision(saved, parts) for saved in self.chosen(wiki_page)]):
            page["revisions"] = chosen

    def chosen(self, wiki_page: WikiPage) -> Iterable[SavedRevision]:
        """Return the requested revisions of a page."""
        if "rvdir" not in self.parameters:
            return [wiki_page.latest]
        begin = self.parameters.get("rvstart")
        return [saved for saved in wiki_page.revisions if not begin or saved.at >= datetime.fromisoformat(begin)]

    def revision(self, saved: SavedRevision, parts: list[str]) -> Json:
        """Return the requested fields of a revision."""
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
        """Answer list=users: every user has an old account with many edits."""
        self.query["users"] = [self.account(name) for name in self.values("ususers")]

    def account(self, name: str) -> Json:
        """Return the fields of an account."""
        known = {"editcount": 1_000, "registration": "2015-01-01T00:00:00Z", "groups": ["*", "user"], "rights": []}
        return {"userid": 1, "name": name, **known}

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


_LARGEST = 1_000_000

Response = tuple[int, dict[str, str], bytes]
"""The status, headers and body of an answer."""


class LoopbackServer:
    """A server at 127.0.0.1, on a free port unless one is given; use it in a `with` statement."""

    def __init__(self, handler: type[Handler], port: int) -> None:
        self._server = _Server(("127.0.0.1", port), handler)
        self._server.owner = self
        self.port = int(self._server.server_address[1])
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Stop serving."""
        if self._thread.is_alive():
            self._server.shutdown()
            self._thread.join()
        self._server.server_close()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    # Closing must not wait for the threads of connections that clients left open.
    block_on_close = False
    owner: Any

    def handle_error(self, *connection: Any) -> None:
        """Ignore clients that close the connection early."""
        if not isinstance(sys.exception(), OSError):
            super().handle_error(*connection)


class Handler(BaseHTTPRequestHandler):
    """A handler of one request; it logs nothing, because the demo uses the terminal."""

    server: _Server

    def answer(self) -> None:
        """Answer a request of any method."""
        raise NotImplementedError

    def do_GET(self) -> None:
        """Answer a GET, POST or PUT request."""
        self.answer()

    do_POST = do_PUT = do_GET  # noqa: N815  the names that http.server requires

    def reply(self, status: int, headers: dict[str, str], body: bytes) -> None:
        """Send an answer."""
        self.send_response(status)
        for name, value in (headers | {"Content-Length": str(len(body))}).items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Log nothing."""


class FakeWikiServer(LoopbackServer):
    """A server of the Action API of the wiki in `store`."""

    def __init__(self, store: WikiStore, *, port: int = 0) -> None:
        super().__init__(_WikiHandler, port)
        self.store = store
        self.url = f"http://127.0.0.1:{self.port}"
        self.api_url = f"{self.url}/w/api.php"

    def respond(self, path: str, agent: str) -> Response:  # noqa: ARG002  for subclasses that treat clients differently
        """Return the answer to one request of a client with the User-Agent `agent`."""
        parts = urlsplit(path)
        if parts.path != "/w/api.php":
            return 404, {"Content-Type": "text/plain; charset=utf-8"}, b"There is no such page."
        return 200, *self.api(dict(parse_qsl(parts.query, keep_blank_values=True)))

    def api(self, query: dict[str, str]) -> tuple[dict[str, str], bytes]:
        """Return headers and JSON of the answer to an API request."""
        with self.store.lock:
            answer = Query(self.store, query).answer()
        return {"Content-Type": "application/json; charset=utf-8"}, json.dumps(answer, ensure_ascii=False).encode()


class _WikiHandler(Handler):
    protocol_version = "HTTP/1.1"
    server_version = "DemoWiki"
    disable_nagle_algorithm = True
    # Buffered, so that headers and body are sent in one piece.
    wbufsize = -1

    def answer(self) -> None:
        """Send the answer."""
        self.reply(*self.server.owner.respond(self.path, self.headers.get("User-Agent", "")))


class WebhookReceiver(LoopbackServer):
    """A server that accepts all requests, and keeps their bodies in the order of arrival."""

    def __init__(self, *, port: int = 0) -> None:
        super().__init__(_WebhookHandler, port)
        self.bodies: list[bytes] = []
        self.url = f"json://127.0.0.1:{self.port}/inbox"
        """The Apprise URL that delivers to this server."""

    def receive(
        self,
        path: str,  # noqa: ARG002  for subclasses that distinguish addresses and senders
        headers: Iterable[tuple[str, str]],  # noqa: ARG002
        body: bytes,
    ) -> tuple[int, dict[str, str]] | None:
        """Store a request; return status and headers of the answer, or None to close the connection without one."""
        self.bodies.append(body)
        return 200, {}


class _WebhookHandler(Handler):
    def answer(self) -> None:
        """Pass a request to the receiver, and send its answer."""
        length = min(int(self.headers.get("Content-Length") or 0), _LARGEST)
        answer = self.server.owner.receive(self.path, self.headers.items(), self.rfile.read(length))
        self.close_connection = True
        if answer is not None:
            status, headers = answer
            self.reply(status, headers, b"{}")


TITLE = "Human trafficking"
BEGIN = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
EVERY = timedelta(hours=3)


@dataclass(frozen=True, slots=True, kw_only=True)
class ScenarioEdit:
    """An edit of the story, named by its `label`.

    It replaces the first text of each pair of `swaps` with the second, moves a `section` (name, new name, the section
    before which it is put), replaces the whole `text`, or undoes the edit before it.
    """

    label: str
    editor: str
    comment: str = ""
    minor: bool = False
    tags: tuple[str, ...] = ()
    swaps: tuple[tuple[str, str], ...] = ()
    section: tuple[str, str, str] | None = None
    text: str = ""
    undo: bool = False

    def applied(self, text: str) -> str:
        """Return the article after this edit; raise ValueError unless each text to replace occurs exactly once."""
        for old, new in self.swaps:
            if text.count(old) != 1:
                raise ValueError(f"the story expects one {old[:60]!r}, found {text.count(old)}")
            text = text.replace(old, new)
        if self.section is not None:
            name, renamed, following = self.section
            start = text.index(f"\n== {name} ==\n")
            end = text.index("\n== ", start + 1)
            section = text[start:end].replace(f"== {name} ==", f"== {renamed} ==")
            rest = text[:start] + text[end:]
            text = rest.replace(f"\n== {following} ==\n", f"{section}\n== {following} ==\n")
        return self.text or text


def _read(name: str) -> str:
    return files(__package__).joinpath(name).read_text(encoding="utf-8")


STORY = (
    ScenarioEdit(
        label="baseline",
        editor="Lena Ostrow",
        comment="Rewrite from current sources",
        text=_read("article.wikitext").rstrip(),
    ),
    *(ScenarioEdit(**edit) for edit in tomllib.loads(_read("story.toml"))["edit"]),
)


def texts() -> Iterator[tuple[ScenarioEdit, datetime, str]]:
    """Yield each edit in order, with its time and the article's text after it."""
    shown = [""]
    for number, step in enumerate(STORY):
        shown.append(shown[-2] if step.undo else step.applied(shown[-1]))
        yield step, BEGIN + EVERY * number, shown[-1]


def apply_edits(store: WikiStore) -> Iterator[tuple[ScenarioEdit, int]]:
    """Save the edits of the story in `store`, one per iteration; yield each edit with its revision id."""
    for step, at, text in texts():
        saved = store.edit(
            TITLE, text, editor=step.editor, comment=step.comment, at=at, minor=step.minor, tags=tuple(step.tags)
        )
        yield step, saved
