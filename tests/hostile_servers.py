"""Serve answers on loopback that keep a client busy: byte by byte, without end, or in floods.

Each of them gives up in the end, so that a test of a caller without any bound fails instead of hanging.
"""

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from time import monotonic

Behaviour = Callable[[socket.socket], None]

TIMEOUT = 60.0  # seconds after which a server gives up
SOON = 30.0  # seconds within which a caller with a timeout ends, even on a busy machine
_PAUSE = threading.Event()  # never set: waiting for it is the pause between two bytes


@contextmanager
def serving(behave: Behaviour) -> Iterator[int]:
    """A port that handles every connection in the same way, each in a thread."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        guests: list[socket.socket] = []

        def treat(guest: socket.socket) -> None:
            with guest, suppress(OSError):
                behave(guest)

        def accept() -> None:
            while True:
                try:
                    guest, _ = listener.accept()
                except OSError:
                    return
                guests.append(guest)
                threading.Thread(target=treat, args=(guest,), daemon=True).start()

        thread = threading.Thread(target=accept, daemon=True)
        thread.start()
        try:
            yield int(listener.getsockname()[1])
        finally:
            for connection in (listener, *guests):
                with suppress(OSError):
                    connection.shutdown(socket.SHUT_RDWR)
            thread.join()


def dripping(start: bytes, drip: bytes = b"x", *, greet: bool = False) -> Behaviour:
    """Answer a request, or greet, with `start`, then with single bytes at intervals."""

    def behave(guest: socket.socket) -> None:
        if not greet:
            guest.recv(65536)
        guest.sendall(start)
        end = monotonic() + TIMEOUT
        while monotonic() < end:
            guest.sendall(drip)
            _PAUSE.wait(0.02)

    return behave


def flooding(start: bytes, flood: bytes, *, greet: bool = False) -> Behaviour:
    """Answer a request, or greet, with `start`, then repeat `flood` as long as the caller reads."""

    def behave(guest: socket.socket) -> None:
        if not greet:
            guest.recv(65536)
        guest.sendall(start)
        many, end = flood * (1 + 65536 // len(flood)), monotonic() + TIMEOUT
        while monotonic() < end:
            guest.sendall(many)

    return behave


def answering(answer: bytes) -> Behaviour:
    """Answer each request in the same way."""

    def behave(guest: socket.socket) -> None:
        while guest.recv(65536):
            guest.sendall(answer)

    return behave


def http(status: str, body: bytes = b"", **headers: str) -> bytes:
    """A complete response of HTTP/1.1."""
    named = {"Content-Type": "application/json", "Content-Length": str(len(body))}
    named |= {name.replace("_", "-"): value for name, value in headers.items()}
    lines = "".join(f"{name}: {value}\r\n" for name, value in named.items())
    return f"HTTP/1.1 {status}\r\n{lines}\r\n".encode() + body
