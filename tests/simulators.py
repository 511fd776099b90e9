"""Extend the demo's wiki and receiver with page events and failures."""

import hashlib
import html
import json
import re
import threading
from collections import defaultdict, deque
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import cached_property
from itertools import count
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from tests.wiki_api import ApiProblem, ChangingPage, HideableRevision, Query, RecentChange, Upload
from watcher.demo import servers
from watcher.demo.servers import Handler, LoopbackServer, Response, Title, WikiPage, normalize_title

__all__ = ["FakeWikiServer", "ReceivedRequest", "SignallingWikiServer", "WebhookReceiver", "WikiStore"]


class WikiStore(servers.WikiStore):
    """A wiki whose pages can be moved, deleted, restored, hidden and protected; `log` lists that, newest first.

    `accounts` has by name what list=users is to say of an account that is not an ordinary one.
    """

    new_page = ChangingPage
    new_revision = HideableRevision

    def __init__(self, *, now: Callable[[], datetime]) -> None:
        super().__init__(now=now)
        self.accounts: dict[str, dict[str, Any]] = {}
        # MediaWiki lists the changes of 30 days; this many are more than any test reads.
        self.recent: deque[RecentChange] = deque(maxlen=10_000)
        self._recent_ids = count(1)
        self.files: dict[str, list[Upload]] = {}

    def upload(
        self, name: str, content: bytes, *, editor: str = "Editor", comment: str = "upload", at: datetime | None = None
    ) -> None:
        """Store a file, or a new version of it; the file page is created with the first.

        The newest version is served under the file's name, older ones under names with their time.
        """
        with self.lock:
            title = normalize_title(f"File:{name}")
            when = (at or self.now()).astimezone(UTC).replace(microsecond=0)
            sha1 = hashlib.sha1(content, usedforsecurity=False).hexdigest()
            location = f"https://files.replay.invalid/{title.text.removeprefix('File:').replace(' ', '_')}"
            versions = self.files.setdefault(title.text, [])
            versions[-1:] = [replace(upload, url=f"{location}/{upload.at:%Y%m%d%H%M%S}") for upload in versions[-1:]]
            versions.append(Upload(at=when, sha1=sha1, editor=editor, comment=comment, url=location))
            if title.text not in self.by_title:
                self.edit(title.text, "An image of the demo.", comment="upload", at=when)

    def list_change(self, kind: str, page: WikiPage, revision_id: int = 0, *, title: Title | None = None) -> None:
        """List a change at the time when it was made, even if its revision has another timestamp."""
        at = self.now().astimezone(UTC).replace(microsecond=0)
        change = RecentChange(
            id=next(self._recent_ids), kind=kind, at=at, title=title or page.title, page_id=page.id,
            revision_id=revision_id,
        )  # fmt: skip
        self.recent.append(change)

    @cached_property
    def users(self) -> defaultdict[str, set[str]]:
        """The titles of the pages that transclude a page, or did so once."""
        return defaultdict(set)

    @cached_property
    def data(self) -> dict[str, str]:
        """Values that pages show by name, and that are on no page of the wiki."""
        return {}

    @cached_property
    def log(self) -> list[dict[str, Any]]:
        """The entries as list=logevents gives them, each with its title."""
        return []

    def add_log_entry(self, action: str, title: str, *, editor: str = "Warden", comment: str = "") -> None:
        """Note an action, such as `delete/restore`, at the wiki's time."""
        kind, _, name = action.partition("/")
        at = self.now().astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        entry = {"logid": len(self.log) + 1, "type": kind, "action": name, "title": title, "timestamp": at}
        self.log.insert(0, entry | {"user": editor, "comment": comment})

    def move(self, source: str, target: str, *, editor: str = "Editor", at: datetime | None = None) -> None:
        """Move a page: it keeps its id, gets a revision with the same text, and leaves a redirect."""
        with self.lock:
            page = self.by_title.pop(normalize_title(source).text)
            page.title = normalize_title(target)
            self.by_title[page.title.text] = page
            when = (at or self.now()).astimezone(UTC).replace(microsecond=0)
            comment = f"{editor} moved page [[{normalize_title(source).text}]] to [[{page.title.text}]]"
            moved = replace(
                page.latest, id=next(self.revision_ids), parent_id=page.latest.id, at=when, editor=editor,
                comment=comment, minor=True, tags=(), hidden=frozenset(),
            )  # fmt: skip
            page.revisions.append(moved)
            self.by_revision[moved.id] = page
            self.list_change("log", page, title=normalize_title(source))
            self.add_log_entry("move/move", normalize_title(source).text, editor=editor, comment="Better title")
            self.edit(
                source, f"#REDIRECT [[{page.title.text}]]", editor=editor, comment=comment, at=when,
                tags=("mw-new-redirect",),
            )  # fmt: skip

    def delete(self, title: str) -> WikiPage:
        """Delete a page; `restore` undoes that."""
        with self.lock:
            page = self.by_title.pop(normalize_title(title).text)
            self.list_change("log", page)
            self.add_log_entry("delete/delete", page.title.text, comment="Not a topic")
            del self.by_id[page.id]
            for saved in page.revisions:
                del self.by_revision[saved.id]
            return page

    def restore(self, page: WikiPage) -> None:
        """Restore a deleted page, with its former ids."""
        with self.lock:
            self.index(page)
            self.add_log_entry("delete/restore", page.title.text)
            self.by_revision.update((saved.id, page) for saved in page.revisions)

    def edit(self, title: str, text: str, **more: Any) -> int:
        """Save a revision, and mark the pages that transclude this one as touched."""
        with self.lock:
            name = normalize_title(title).text
            before = self.by_title.get(name)
            revisions = len(before.revisions) if before else 0
            number = super().edit(title, text, **more)
            page = self.by_title[name]
            if len(page.revisions) > revisions:
                self.list_change("edit" if before else "new", page, number)
            self.note_uses(name)
            for user in [*self.users.get(name, ())]:
                if (page := self.by_title.get(user)) and name in self.note_uses(user):
                    page.touched = self.now()
            return number

    def note_uses(self, title: str) -> dict[str, int]:
        """Record and return what a page transcludes: a hundred thousand pages cannot all be searched."""
        text = self.by_title[title].latest.text
        used = self.render(text)[1] if "{{" in text else {}
        for other in used:
            self.users[other].add(title)
        return used

    def purge(self, title: str) -> None:
        """Mark a page as touched although nothing has changed."""
        self.by_title[normalize_title(title).text].touched = self.now()

    def render(self, shown: str) -> tuple[str, dict[str, int]]:
        """The HTML of headings and paragraphs, and the titles of what is transcluded, with their namespaces."""
        used: dict[str, int] = {}

        def transcluded(match: re.Match[str]) -> str:
            if match[1] == "CURRENTTIMESTAMP":
                return f"{self.now():%Y%m%d%H%M%S}"
            if match[1] in self.data:
                return self.data[match[1]]
            title = normalize_title(match[1] if match[1].startswith(":") else f"Template:{match[1]}")
            used[title.text] = title.namespace
            source = self.by_title.get(title.text)
            return source.latest.text if source else f"[[:{title.text}]]"

        for _ in range(5):
            shown = re.sub(r"\{\{([^{}|]+)\}\}", transcluded, shown)
        shown = re.sub(r"<ref.*?(?:</ref>|/>)|<!--.*?-->|'{3}", "", shown)
        lines = (html.escape(line, quote=False) for line in shown.splitlines() if line.strip())
        parts = (re.sub(r"^== *(.*?) *==$", r"<h2>\1</h2>", line) for line in lines)
        return "".join(part if part.startswith("<h2>") else f"<p>{part}</p>" for part in parts), used

    def hide(self, revision_id: int, *what: str) -> None:
        """Hides content, user or comment of a revision from readers."""
        with self.lock:
            page = self.by_revision[revision_id]
            self.add_log_entry("delete/revision", page.title.text, comment="Names a person")
            page.revisions = [
                replace(saved, hidden=saved.hidden | set(what)) if saved.id == revision_id else saved
                for saved in page.revisions
            ]

    def protect(self, title: str, **levels: str) -> None:
        """Protect a page: `edit="sysop"`; without levels, end the protection."""
        with self.lock:
            self.by_title[normalize_title(title).text].protection = tuple(levels.items())
            self.add_log_entry(f"protect/{'protect' if levels else 'unprotect'}", normalize_title(title).text)

    def sow(self, count: int, text: Callable[[int], str], *, name: str = "Sample", at: datetime | None = None) -> None:
        """Makes `count` pages "Sample 1", "Sample 2" … of one revision each, a second apart."""
        begin = at or self.now()
        with self.lock:
            for number in range(1, count + 1):
                self.edit(f"{name} {number}", text(number), comment="Sown", at=begin + timedelta(seconds=number))


@dataclass(slots=True)
class _Fault:
    """A failure, and the number of requests that it affects."""

    status: int = 503
    retry_after: str | None = None
    left: int = 0


class FakeWikiServer(servers.FakeWikiServer):
    """A server that is overloaded on request; `most_at_once` is how many requests were ever answered together.

    `requests` holds the latest thousand queries; `lag` is that of its database, in seconds; `largest` bounds the texts
    of one answer, in bytes.
    """

    store: WikiStore  # type: ignore[assignment]

    def __init__(self, store: WikiStore, *, port: int = 0, largest: int = 8 << 20) -> None:
        super().__init__(store, port=port)
        self.largest = largest
        self.lag: float | None = None
        self.requests: deque[dict[str, str]] = deque(maxlen=1000)
        self.user_agents: set[str] = set()
        self.most_at_once = 0
        self.renderings = 0
        self._at_once = 0
        self._count = threading.Lock()
        self._fault = _Fault()

    def refuse(self, times: int, *, status: int = 503, retry_after: str | None = None) -> None:
        """Answer the next `times` requests with `status`, as an overloaded server or a proxy before it does."""
        with self._count:
            self._fault = _Fault(status=status, retry_after=retry_after, left=times)

    @property
    def refusals_left(self) -> int:
        """The number of next requests that are refused."""
        return self._fault.left

    def recover(self) -> None:
        """End all failures."""
        self.refuse(0)
        self.lag = None

    def api(self, query: dict[str, str]) -> tuple[dict[str, str], bytes]:
        self.requests.append(query)
        headers = {"Content-Type": "application/json; charset=utf-8"}
        if self.lag is not None and "maxlag" in query and self.lag > float(query["maxlag"]):
            info = f"Waiting for a database server: {self.lag:g} seconds lagged."
            answer = ApiProblem("maxlag", info, host="replica-1", lag=self.lag, type="db").answer
            headers |= {"Retry-After": "5", "X-Database-Lag": str(int(self.lag)), "MediaWiki-API-Error": "maxlag"}
            return headers, json.dumps(answer).encode()
        try:
            with self.store.lock:
                answer = Query(self.store, query, self.largest).answer()
        except ApiProblem as error:
            answer = error.answer
            headers["MediaWiki-API-Error"] = error.code
        return headers, json.dumps(answer, ensure_ascii=False, separators=(",", ":")).encode()

    def respond(self, path: str, agent: str) -> Response:
        with self._count:
            self.user_agents.add(agent)
            self._at_once += 1
            self.most_at_once = max(self.most_at_once, self._at_once)
            fault = self._fault if self._fault.left > 0 else None
            if fault:
                fault.left -= 1
        try:
            if fault is None and "list=logevents" in path:
                return self._log_entries(path)
            if fault is None and "action=parse" in path:
                return self._rendered(path)
            if fault is None:
                return super().respond(path, agent)
            later = {"Retry-After": fault.retry_after} if fault.retry_after else {}
            return fault.status, {"Content-Type": "text/html", **later}, b"<!DOCTYPE html><p>Overloaded</p>"
        finally:
            with self._count:
                self._at_once -= 1

    def _log_entries(self, path: str) -> Response:
        asked = dict(parse_qsl(urlsplit(path).query))
        about = asked["letype"], asked["letitle"]
        entries = [entry for entry in self.store.log if (entry["type"], entry["title"]) == about]
        answer = {"batchcomplete": True, "query": {"logevents": entries[: int(asked["lelimit"])]}}
        return 200, {"Content-Type": "application/json"}, json.dumps(answer).encode()

    def _rendered(self, path: str) -> Response:
        asked = dict(parse_qsl(urlsplit(path).query))
        with (store := self.store).lock:
            page = store.by_revision[int(asked["oldid"])] if "oldid" in asked else store.by_id[int(asked["pageid"])]
            saved = next((item for item in page.revisions if str(item.id) == asked.get("oldid")), page.latest)
            if "oldid" in asked and "content" in getattr(saved, "hidden", ()):
                return 200, {}, json.dumps(ApiProblem("permissiondenied", "It is hidden.").answer).encode()
            text, used = store.render(saved.text)
            self.renderings += 1
        parsed = {
            "title": page.title.text, "pageid": page.id, "revid": saved.id, "text": text, "properties": {},
            "templates": [{"ns": space, "title": title, "exists": True} for title, space in used.items()],
            "limitreportdata": [{"name": "cachereport-timestamp", "0": f"{store.now():%Y%m%d%H%M%S}"}]
            + [{"name": "cachereport-transientcontent", "0": True}] * ("CURRENTTIMESTAMP" in saved.text),
        }  # fmt: skip
        return 200, {"Content-Type": "application/json"}, json.dumps({"parse": parsed}).encode()


class SignallingWikiServer(FakeWikiServer):
    """A server that sets `asked` at its first request, and again after `asked.clear()`."""

    def __init__(self, store: WikiStore) -> None:
        super().__init__(store)
        self.asked = threading.Event()

    def respond(self, path: str, agent: str) -> Response:
        self.asked.set()
        return super().respond(path, agent)


@dataclass(frozen=True, slots=True, kw_only=True)
class ReceivedRequest:
    """A request: headers in lower case, `json` None if the body is not JSON."""

    path: str
    headers: tuple[tuple[str, str], ...]
    body: bytes
    answered: str = "200"

    @property
    def json(self) -> Any:
        """The decoded body."""
        try:
            return json.loads(self.body)
        except ValueError:
            return None

    def header(self, name: str) -> str | None:
        """Return the first header of that name."""
        return dict(reversed(self.headers)).get(name.lower())


class WebhookReceiver(servers.WebhookReceiver):
    """A receiver that can be set to misbehave.

    `plan` says how the next requests are answered, one word each, then all with 200: a status code
    ("503", "429", "302"), "hang" (no answer until the receiver closes), "late" (accepted, but answered
    only when the receiver closes), "close" (the connection ends without an answer). Every request is
    kept, those that were refused too.
    """

    def __init__(self, plan: Iterable[str] = (), *, port: int = 0) -> None:
        super().__init__(port=port)
        self.arrived = threading.Condition()
        self._received: list[ReceivedRequest] = []
        self._plan = deque(plan)
        self._usual = "200"
        self._closing = threading.Event()

    def __exit__(self, *error: object) -> None:
        self._closing.set()
        super().__exit__(*error)

    @property
    def requests(self) -> tuple[ReceivedRequest, ...]:
        """Every request so far, in order of arrival."""
        with self.arrived:
            return tuple(self._received)

    @property
    def accepted(self) -> tuple[ReceivedRequest, ...]:
        """The requests that this receiver accepted, whether or not its answer arrived."""
        return tuple(request for request in self.requests if request.answered in ("200", "late"))

    def wait_for(self, count: int, timeout: float) -> bool:
        """Whether `count` requests have come within `timeout` seconds."""
        with self.arrived:
            return self.arrived.wait_for(lambda: len(self._received) >= count, timeout)

    def respond_with(self, plan: Iterable[str]) -> None:
        """Plan the answers of the next requests, after those already planned."""
        with self.arrived:
            self._plan.extend(plan)

    def answer_with(self, usual: str) -> None:
        """Set the answer to all requests without a planned one."""
        with self.arrived:
            self._usual = usual

    def receive(
        self, path: str, headers: Iterable[tuple[str, str]], body: bytes, answered: str = ""
    ) -> tuple[int, dict[str, str]] | None:
        with self.arrived:
            answered = self._plan.popleft() if self._plan else answered or self._usual
            lowered = tuple((name.lower(), value) for name, value in headers)
            self._received.append(ReceivedRequest(path=path, headers=lowered, body=body, answered=answered))
            self.arrived.notify_all()
        if answered in ("hang", "late"):
            self._closing.wait()
        if answered == "close":
            return None
        status = {"late": 200, "hang": 503}.get(answered) or int(answered)
        return status, {302: {"Location": "/elsewhere"}, 429: {"Retry-After": "7"}}.get(status, {})


@contextmanager
def serve_answers(answers: dict[str, bytes | str]) -> Iterator[str]:
    """Serve a body or a redirect for each path on loopback; yield the address."""

    class _Answer(Handler):
        def answer(self) -> None:
            answer = answers.get(self.path)
            headers = {"Location": answer} if isinstance(answer, str) else {}
            status = {str: 302, bytes: 200}.get(type(answer), 404)
            self.reply(status, headers, answer if isinstance(answer, bytes) else b"")

    with LoopbackServer(_Answer, 0) as server:
        yield f"http://127.0.0.1:{server.port}"
