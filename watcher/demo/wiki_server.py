"""Serve a WikiStore on loopback as MediaWiki would."""

from __future__ import annotations

import difflib
import gzip
import json
import threading
from collections import deque
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Self
from urllib.parse import parse_qsl, unquote, urlsplit

from watcher.demo.wiki_api import ApiError, answer
from watcher.demo.wiki_store import WikiStore, spelt

DOCREF = "See http://127.0.0.1/w/api.php for API usage."


@dataclass(slots=True)
class _Mood:
    """What goes wrong, and for how many more requests."""

    status: int = 503
    retry_after: str | None = None
    left: int = 0


class FakeWikiServer:
    """Serves `store` at 127.0.0.1 until closed; use it in a `with`.

    `requests` holds the latest thousand queries, `most_at_once` how many were ever on their way together.
    """

    def __init__(self, store: WikiStore, *, port: int = 0, largest: int = 8 << 20) -> None:
        self.store = store
        self.largest = largest
        self.lag: float | None = None
        self.requests: deque[dict[str, str]] = deque(maxlen=1000)
        self.user_agents: set[str] = set()
        self.most_at_once = 0
        self._at_once = 0
        self._count = threading.Lock()
        self._mood = _Mood()
        self._server = _Server(("127.0.0.1", port), _Handler)
        self._server.wiki = self
        self.port = int(self._server.server_address[1])
        self.url = f"http://127.0.0.1:{self.port}"
        self.api_url = f"{self.url}/w/api.php"
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)

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

    def refuse(self, times: int, *, status: int = 503, retry_after: str | None = None) -> None:
        """Answers the next `times` requests with `status`, as an overloaded server or a proxy before it does."""
        with self._count:
            self._mood = _Mood(status=status, retry_after=retry_after, left=times)

    def recover(self) -> None:
        """Nothing goes wrong any more."""
        self.refuse(0)
        self.lag = None

    def arrived(self, agent: str) -> _Mood | None:
        """Counts a request; what it is to suffer."""
        with self._count:
            self.user_agents.add(agent)
            self._at_once += 1
            self.most_at_once = max(self.most_at_once, self._at_once)
            if self._mood.left <= 0:
                return None
            self._mood.left -= 1
            return self._mood

    def left(self) -> None:
        """Counts an answer."""
        with self._count:
            self._at_once -= 1

    def api(self, query: dict[str, str]) -> tuple[dict[str, str], bytes]:
        """Headers and JSON of the answer to `query`."""
        self.requests.append(query)
        headers = {"Content-Type": "application/json; charset=utf-8"}
        try:
            got = answer(self.store, query, lag=self.lag, largest=self.largest)
        except ApiError as error:
            got = {"error": {**error.answer["error"], "docref": DOCREF}}
            headers["MediaWiki-API-Error"] = error.code
            if error.code == "maxlag":
                headers |= {"Retry-After": "5", "X-Database-Lag": str(int(error.answer["error"]["lag"]))}
        return headers, json.dumps(got, ensure_ascii=False, separators=(",", ":")).encode()

    def page(self, path: str, query: dict[str, str]) -> bytes | None:
        """The text behind a link of an alert: a diff, or a page's wikitext; None where there is nothing."""
        with self.store.lock:
            if "diff" in query:
                return self._diff(query.get("oldid", ""), query["diff"])
            title = query.get("title") or unquote(path.removeprefix("/wiki/"))
            leaf = self.store.by_title.get(spelt(title).text)
            return leaf.latest.text.encode() if leaf else None

    def _diff(self, old: str, new: str) -> bytes | None:
        texts = []
        for number in (old, new):
            leaf = self.store.by_revision.get(int(number)) if number.isdecimal() else None
            if leaf is None:
                return None
            saved = next(saved for saved in leaf.revisions if saved.id == int(number))
            texts.append("" if "content" in saved.hidden else saved.text)
        lines = difflib.unified_diff(
            texts[0].splitlines(), texts[1].splitlines(), f"revision {old}", f"revision {new}", lineterm="", n=1
        )
        return "\n".join(lines).encode()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    # One thread a connection, and a client that went away leaves none to wait for.
    block_on_close = False
    wiki: FakeWikiServer


class _Handler(BaseHTTPRequestHandler):
    """One connection to the replay."""

    protocol_version = "HTTP/1.1"
    server_version = "Replay"
    disable_nagle_algorithm = True
    # Headers and body leave in one piece.
    wbufsize = -1
    server: _Server

    def do_GET(self) -> None:
        """Answers one request."""
        wiki = self.server.wiki
        mood = wiki.arrived(self.headers.get("User-Agent", ""))
        try:
            if mood:
                later = {"Retry-After": mood.retry_after} if mood.retry_after else {}
                self._send(mood.status, {"Content-Type": "text/html", **later}, b"<!DOCTYPE html><p>Overloaded</p>")
            else:
                self._answer(wiki)
        finally:
            wiki.left()

    def _answer(self, wiki: FakeWikiServer) -> None:
        parts = urlsplit(self.path)
        query = dict(parse_qsl(parts.query, keep_blank_values=True))
        if parts.path == "/w/api.php":
            headers, body = wiki.api(query)
            self._send(200, headers, body)
            return
        text = wiki.page(parts.path, query) if parts.path.startswith(("/w/index.php", "/wiki/")) else None
        plain = {"Content-Type": "text/plain; charset=utf-8"}
        self._send(*((404, plain, b"There is no such page.") if text is None else (200, plain, text)))

    def _send(self, status: int, headers: dict[str, str], body: bytes) -> None:
        if "gzip" in self.headers.get("Accept-Encoding", ""):
            body = gzip.compress(body, compresslevel=1)
            headers = {**headers, "Content-Encoding": "gzip"}
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("X-Content-Type-Options", "nosniff")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Stay silent: the terminal belongs to whoever runs the demo."""
