"""Receive webhook requests on loopback and keep them in a list; it can be set to misbehave."""

from __future__ import annotations

import json
import threading
from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Self

_LARGEST = 1_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class ReceivedRequest:
    """One request as it came: headers in lower case, `json` None when the body is something else."""

    path: str
    headers: tuple[tuple[str, str], ...]
    body: bytes
    answered: str

    @property
    def json(self) -> Any:
        """The decoded body."""
        try:
            return json.loads(self.body)
        except ValueError:
            return None

    def header(self, name: str) -> str | None:
        """The first header of that name."""
        return dict(reversed(self.headers)).get(name.lower())


class WebhookReceiver:
    """A receiver on 127.0.0.1 (a free port unless one is given); a context manager.

    `plan` says how the next requests are answered, one word each, then all with 200: a status code
    ("503", "429", "302"), "hang" (no answer until the inbox closes), "late" (accepted, but answered
    only when the inbox closes), "close" (the connection ends without an answer). Every request is
    kept, those that were refused too.
    """

    def __init__(self, plan: Iterable[str] = (), *, port: int = 0) -> None:
        self._plan = deque(plan)
        self._requests: list[ReceivedRequest] = []
        self._arrived = threading.Condition()
        self._closing = threading.Event()
        self._server = _Server(("127.0.0.1", port), self)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._closing.set()
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    @property
    def port(self) -> int:
        """The port that it listens on."""
        return int(self._server.server_address[1])

    @property
    def url(self) -> str:
        """The Apprise URL that delivers here."""
        return f"json://127.0.0.1:{self.port}/inbox"

    @property
    def requests(self) -> tuple[ReceivedRequest, ...]:
        """Every request so far, in order of arrival."""
        with self._arrived:
            return tuple(self._requests)

    @property
    def accepted(self) -> tuple[ReceivedRequest, ...]:
        """The requests that this receiver took in, whether or not its answer arrived."""
        return tuple(letter for letter in self.requests if letter.answered in ("200", "late"))

    def wait_for(self, count: int, timeout: float) -> bool:
        """Whether `count` requests have come within `timeout` seconds."""
        with self._arrived:
            return self._arrived.wait_for(lambda: len(self._requests) >= count, timeout)

    def respond_with(self, plan: Iterable[str]) -> None:
        """Put `plan` in front of the next requests."""
        with self._arrived:
            self._plan.extend(plan)

    def _take(self, path: str, headers: Iterable[tuple[str, str]], body: bytes) -> str:
        with self._arrived:
            answer = self._plan.popleft() if self._plan else "200"
            lowered = tuple((name.lower(), value) for name, value in headers)
            self._requests.append(ReceivedRequest(path=path, headers=lowered, body=body, answered=answer))
            self._arrived.notify_all()
            return answer

    def _pause(self) -> None:
        self._closing.wait()


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, address: tuple[str, int], receiver: WebhookReceiver) -> None:
        self.receiver = receiver
        super().__init__(address, _Request)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A sender that hangs up early is part of the game."""


class _Request(BaseHTTPRequestHandler):
    server: _Server

    def do_POST(self) -> None:
        length = min(int(self.headers.get("Content-Length") or 0), _LARGEST)
        answer = self.server.receiver._take(self.path, self.headers.items(), self.rfile.read(length))  # noqa: SLF001  one module, two threads
        self.close_connection = True
        if answer == "close":
            return
        if answer in ("hang", "late"):
            self.server.receiver._pause()  # noqa: SLF001  the same
        self._answer(200 if answer == "late" else 503 if answer == "hang" else int(answer))

    def _answer(self, code: int) -> None:
        self.send_response(code)
        if code == 302:  # noqa: PLR2004  found elsewhere
            self.send_header("Location", "/elsewhere")
        if code == 429:  # noqa: PLR2004  too many requests
            self.send_header("Retry-After", "7")
        self.send_header("Content-Length", "2")
        self.end_headers()
        self.wfile.write(b"{}")

    do_PUT = do_POST  # noqa: N815  the name that http.server looks for

    def do_GET(self) -> None:
        self.server.receiver._take(self.path, self.headers.items(), b"")  # noqa: SLF001  the same
        self._answer(200)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002  the name of the base class
        """Nothing: the letters are the log."""
