"""Serve server-sent events on loopback as a test scripts them: complete events, partial ones, broken connections."""

import json
import queue
import threading
from collections.abc import Iterator
from typing import Any

from watcher.demo.servers import Handler, LoopbackServer

_BREAK = None


class EventServer(LoopbackServer):
    """Speaks the protocol of https://stream.wikimedia.org: one stream for all connections.

    What is sent while nobody is connected waits for the next one. `resumed` holds the Last-Event-ID of every
    connection, empty where there was none; `since` what else it was asked for, as it stands in the address.
    """

    def __init__(self) -> None:
        super().__init__(_Connection, 0)
        self.resumed: list[str] = []
        self.since: list[str] = []
        self.statuses: list[int] = []
        self.connected = threading.Semaphore(0)
        self._pieces: queue.Queue[bytes | None] = queue.Queue()
        self.url = f"http://127.0.0.1:{self.port}/v2/stream/recentchange"

    def close(self) -> None:
        self.break_off()
        super().close()

    def send(self, piece: bytes) -> None:
        """Send bytes, whether they are a complete event or not."""
        self._pieces.put(piece)

    def event(self, number: int, **change: Any) -> None:
        """Send a change, by default of the page "Tide" of the wiki at 127.0.0.1."""
        body = {"type": "edit", "server_name": "127.0.0.1", "title": "Tide", "revision": {"new": number}, **change}
        self.send(f"event: message\nid: {number}\ndata: {json.dumps(body)}\n\n".encode())

    def break_off(self) -> None:
        """Close the connection after what was sent."""
        self._pieces.put(_BREAK)

    def pieces(self) -> Iterator[bytes]:
        while (piece := self._pieces.get()) is not _BREAK:
            yield piece

    def await_connection(self) -> None:
        assert self.connected.acquire(timeout=180), "nobody has connected"


class _Connection(Handler):
    def answer(self) -> None:
        events = self.server.owner
        events.since.append(self.path.partition("?since=")[2])
        events.resumed.append(self.headers.get("Last-Event-ID", ""))
        status = events.statuses.pop(0) if events.statuses else 200
        self.send_response(status)
        self.send_header("Content-Type", "text/event-stream" if status == 200 else "text/plain")
        self.end_headers()
        events.connected.release()
        if status == 200:
            for piece in events.pieces():
                self.wfile.write(piece)
                self.wfile.flush()
