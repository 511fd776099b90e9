"""Receive webhook requests on loopback and keep them in a list."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterable
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self

_LARGEST = 1_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class ReceivedRequest:
    """One request as it came: headers in lower case, `json` None when the body is something else."""

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


class WebhookReceiver:
    """A receiver on 127.0.0.1 (a free port unless one is given) that accepts everything; use it in a `with`."""

    def __init__(self, *, port: int = 0) -> None:
        self.arrived = threading.Condition()
        self._requests: list[ReceivedRequest] = []
        self._server = _Server(("127.0.0.1", port), self)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True)
        self.port = int(self._server.server_address[1])
        self.url = f"json://127.0.0.1:{self.port}/inbox"
        """The Apprise URL that delivers here."""

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    @property
    def requests(self) -> tuple[ReceivedRequest, ...]:
        """Every request so far, in order of arrival."""
        with self.arrived:
            return tuple(self._requests)

    def receive(
        self, path: str, headers: Iterable[tuple[str, str]], body: bytes, answered: str = "200"
    ) -> tuple[int, dict[str, str]] | None:
        """Keep a request; return status and headers of the answer, None to close the connection without one."""
        lowered = tuple((name.lower(), value) for name, value in headers)
        with self.arrived:
            self._requests.append(ReceivedRequest(path=path, headers=lowered, body=body, answered=answered))
            self.arrived.notify_all()
        return 200, {}


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, address: tuple[str, int], receiver: WebhookReceiver) -> None:
        self.receiver = receiver
        super().__init__(address, _Handler)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Ignore senders that hang up early."""


class _Handler(BaseHTTPRequestHandler):
    server: _Server

    def do_POST(self) -> None:
        length = min(int(self.headers.get("Content-Length") or 0), _LARGEST)
        answer = self.server.receiver.receive(self.path, self.headers.items(), self.rfile.read(length))
        self.close_connection = True
        if answer is None:
            return
        status, headers = answer
        self.send_response(status)
        for name, value in (headers | {"Content-Length": "2"}).items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(b"{}")

    do_GET = do_PUT = do_POST  # noqa: N815  the names that http.server looks for

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002  the name of the base class
        """Stay silent: the list of requests is the log."""
