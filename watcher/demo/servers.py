"""Serve a WikiStore on loopback as MediaWiki would, and keep the webhook requests that come there."""

from __future__ import annotations

import json
import sys
import threading
from collections.abc import Iterable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self
from urllib.parse import parse_qsl, urlsplit

from watcher.demo.wiki import Query, WikiStore

_LARGEST = 1_000_000

Response = tuple[int, dict[str, str], bytes]
"""Status, headers and body."""


class LoopbackServer:
    """Serves at 127.0.0.1, on a free port unless one is given, until closed; use it in a `with`."""

    def __init__(self, handler: type[Handler], port: int) -> None:
        self._server = _Server(("127.0.0.1", port), handler)
        self._server.owner = self
        self.port = int(self._server.server_address[1])
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True)

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
    # Each connection has a thread, and a client that went away leaves none to wait for.
    block_on_close = False
    owner: Any

    def handle_error(self, *connection: Any) -> None:
        """Ignore clients that hang up early."""
        if not isinstance(sys.exception(), OSError):
            super().handle_error(*connection)


class Handler(BaseHTTPRequestHandler):
    """Answers one request; silently, for the terminal belongs to whoever runs the demo."""

    server: _Server

    def answer(self) -> None:
        """Answer a request of any method."""
        raise NotImplementedError

    def do_GET(self) -> None:
        """Answer it."""
        self.answer()

    do_POST = do_PUT = do_GET  # noqa: N815  the names that http.server looks for

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
    """Serves `store`."""

    def __init__(self, store: WikiStore, *, port: int = 0) -> None:
        super().__init__(_WikiHandler, port)
        self.store = store
        self.url = f"http://127.0.0.1:{self.port}"
        self.api_url = f"{self.url}/w/api.php"

    def respond(self, path: str, agent: str) -> Response:  # noqa: ARG002  for wikis that treat clients differently
        """Answer one request of a client that names itself `agent`."""
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
    # Headers and body leave in one piece.
    wbufsize = -1

    def answer(self) -> None:
        """Send the answer."""
        self.reply(*self.server.owner.respond(self.path, self.headers.get("User-Agent", "")))


class WebhookReceiver(LoopbackServer):
    """Accepts everything that is sent to it, and keeps the bodies in order of arrival."""

    def __init__(self, *, port: int = 0) -> None:
        super().__init__(_WebhookHandler, port)
        self.bodies: list[bytes] = []
        self.url = f"json://127.0.0.1:{self.port}/inbox"
        """The Apprise URL that delivers here."""

    def receive(
        self,
        path: str,  # noqa: ARG002  for receivers that tell addresses and senders apart
        headers: Iterable[tuple[str, str]],  # noqa: ARG002
        body: bytes,
    ) -> tuple[int, dict[str, str]] | None:
        """Keep a request; return status and headers of the answer, None to close the connection without one."""
        self.bodies.append(body)
        return 200, {}


class _WebhookHandler(Handler):
    def answer(self) -> None:
        """Let the receiver have a request."""
        length = min(int(self.headers.get("Content-Length") or 0), _LARGEST)
        answer = self.server.owner.receive(self.path, self.headers.items(), self.rfile.read(length))
        self.close_connection = True
        if answer is not None:
            status, headers = answer
            self.reply(status, headers, b"{}")
