"""Test connections on loopback to the server in its default configuration."""

import asyncio
import os
import re
import resource
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import replace
from pathlib import Path

import pytest
import uvicorn
from fastapi import FastAPI
from fastapi.responses import PlainTextResponse

from snapshots import Archive, Scope
from tests.review_fixtures import a_site
from tests.watcher.web.conftest import NOW, WebClient, fill, sign_in
from watcher.config import Watchlist
from watcher.web.app import ConnectionLimits, server_config
from watcher.web.auth.access import public

pytestmark = pytest.mark.waits

ROOT = Path(__file__).resolve().parents[3]
PATIENT = ConnectionLimits(header=60, body=60, stall=60)
HEALTH = b"GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n"


@contextmanager
def serving(site: FastAPI, limits: ConnectionLimits) -> Iterator[int]:
    """The port of a real server in a thread."""
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen(64)
        server = uvicorn.Server(server_config(site, limits=limits))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
        thread.start()
        try:
            yield int(listening.getsockname()[1])
        finally:
            server.should_exit = True
            thread.join(timeout=180)


@pytest.fixture
def site(archive: Archive, watchlist: Watchlist) -> FastAPI:
    fill(archive, "one", "two")
    return a_site(archive, watchlist, now=lambda: NOW)


@pytest.fixture
def open_socket() -> Iterator[Callable[[int], socket.socket]]:
    with ExitStack() as opened:

        def connect(port: int) -> socket.socket:
            return opened.enter_context(socket.create_connection(("127.0.0.1", port), timeout=180))

        yield connect


def answered(connection: socket.socket) -> bytes:
    """All that comes until the server closes, also by a reset."""
    received = b""
    try:
        while piece := connection.recv(65536):
            received += piece
    except ConnectionResetError:
        pass
    return received


def ended_within(connection: socket.socket, seconds: float) -> bool:
    """Whether the server closes the connection while we wait for a byte of it."""
    connection.settimeout(seconds)
    try:
        return connection.recv(1) == b""
    except TimeoutError:
        return False
    except ConnectionError:
        return True


def health(connection: socket.socket) -> bytes:
    connection.sendall(HEALTH)
    return answered(connection).partition(b"\r\n")[0]


OpenSocket = Callable[[int], socket.socket]


def test_more_idle_connections_than_allowed_keep_nobody_out(site: FastAPI, open_socket: OpenSocket):
    with serving(site, replace(PATIENT, total=10)) as port:
        idle = [open_socket(port) for _ in range(40)]
        assert health(open_socket(port)) == b"HTTP/1.1 200 OK"
        # the ones that waited longest had to go
        assert [answered(connection) for connection in idle[:30]] == [b""] * 30


def test_a_header_that_comes_byte_by_byte_is_cut_off_at_its_time_limit(site: FastAPI, open_socket: OpenSocket):
    with serving(site, replace(PATIENT, header=2)) as port:
        slow = open_socket(port)
        slow.sendall(b"GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\nX-Slow: ")
        sent = 0
        while sent < 400 and not ended_within(slow, 0.05):  # twenty seconds of it
            with suppress(ConnectionError):
                slow.sendall(b"x")
            sent += 1
        assert 5 < sent < 400


def test_a_second_header_on_the_same_connection_has_the_limit_as_well(site: FastAPI, open_socket: OpenSocket):
    with serving(site, replace(PATIENT, header=0.5)) as port:
        kept = open_socket(port)
        kept.sendall(HEALTH.replace(b"Connection: close\r\n", b"") + b"GET /healthz HTTP/1.1\r\n")
        assert answered(kept).count(b"HTTP/1.1 200 OK") == 1


def test_a_body_that_does_not_come_is_cut_off_at_its_time_limit(site: FastAPI, open_socket: OpenSocket):
    with serving(site, replace(PATIENT, body=0.5)) as port:
        slow = open_socket(port)
        slow.sendall(b"POST /sign-in HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 100\r\n\r\nname=")
        assert answered(slow) == b""
        assert health(open_socket(port)) == b"HTTP/1.1 200 OK"


def test_an_answer_that_nobody_takes_is_cut_off(site: FastAPI, open_socket: OpenSocket):
    @public
    def large() -> PlainTextResponse:
        return PlainTextResponse("x" * 30_000_000)

    site.add_api_route("/large", large)
    with serving(site, replace(PATIENT, stall=0.3)) as port:
        deaf = open_socket(port)
        deaf.sendall(b"GET /large HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
        deaf.recv(10)
        threading.Event().wait(2)  # a client that does nothing for longer than it may
        assert len(answered(deaf)) < 25_000_000


def test_an_answer_that_is_taken_slowly_arrives_whole(site: FastAPI, open_socket: OpenSocket):
    @public
    def large() -> PlainTextResponse:
        return PlainTextResponse("x" * 8_000_000)

    site.add_api_route("/large", large)
    # its taking lasts longer than any header may
    with serving(site, replace(PATIENT, header=1, stall=60)) as port:
        reader = open_socket(port)
        reader.sendall(b"GET /large HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n")
        wait, received = threading.Event(), 0
        while piece := reader.recv(200_000):
            received += len(piece)
            wait.wait(0.04)
        assert received > 8_000_000


def a_session(client_of: FastAPI) -> tuple[str, str]:
    """The cookie and the form's token of a signed-in reviewer."""
    client = sign_in(WebClient(client_of, base_url="http://127.0.0.1"), Scope.ADMIN)
    return client.cookies["watcher_session"], client.headers["x-csrf-token"]


def test_a_post_whose_body_ends_early_changes_nothing(site: FastAPI, archive: Archive, open_socket: OpenSocket):
    cookie, token = a_session(site)
    form = b"ids=1&decision=discuss&note=seen+by+two"
    with serving(site, PATIENT) as port:

        def post(body: bytes, length: int, *, whole: bool = True) -> bytes:
            connection = open_socket(port)
            head = (
                f"POST /decide HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nCookie: watcher_session={cookie}\r\n"
                f"X-CSRF-Token: {token}\r\nContent-Type: application/x-www-form-urlencoded\r\n"
                f"Content-Length: {length}\r\nConnection: close\r\n\r\n"
            )
            connection.sendall(head.encode() + body)
            if not whole:
                connection.shutdown(socket.SHUT_WR)
            return answered(connection)

        # a form that would be understood, and that was meant to go on
        assert b" 303 " not in post(b"ids=1&decision=correct", 60, whole=False)
        assert archive.reviews.events_of(1) == ()
        assert b" 303 " in post(form, len(form))
    assert len(archive.reviews.events_of(1)) == 1


def test_a_web_socket_upgrade_is_answered_as_the_request_that_it_also_is(site: FastAPI, open_socket: OpenSocket):
    upgrade = b"Connection: Upgrade, close\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: "
    with serving(site, PATIENT) as port:
        connection = open_socket(port)
        connection.sendall(
            HEALTH.replace(b"Connection: close\r\n", upgrade + b"AAAAAAAAAAAAAAAAAAAAAA==\r\nConnection: close\r\n")
        )
        assert answered(connection).startswith(b"HTTP/1.1 200 OK")


@pytest.mark.slow
def test_eleven_hundred_idle_connections_end_neither_the_pages_nor_the_disk(site: FastAPI, watchlist: Watchlist):
    assert site
    path, folder = watchlist.path, watchlist.path.parent
    path.write_text('[watcher]\ncontact = "mailto:ops@example.org"\n', encoding="utf-8")
    command = [sys.executable, "-m", "watcher", "web", "--port", "0", "--watchlist", str(path)]
    log = folder / "log.txt"
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, 4096), hard))
    try:
        with log.open("wb") as text, ExitStack() as opened:
            process = opened.enter_context(
                subprocess.Popen(
                    command,
                    env={**os.environ, "PYTHONPATH": str(ROOT)},
                    stdout=subprocess.PIPE,
                    stderr=text,
                    text=True,
                    preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (1024, hard)),  # noqa: PLW1509  a limit of the child alone
                )
            )
            opened.callback(process.terminate)
            assert process.stdout
            port = int(re.findall(r":(\d+)/", process.stdout.readline())[0])
            asyncio.run(_crowd(port, 1100))
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    assert log.stat().st_size < 20_000


async def _crowd(port: int, count: int) -> None:
    """Open idle connections; in the midst of it and at its end the server is well."""
    opened = []
    for number in range(count):
        opened.append(await asyncio.open_connection("127.0.0.1", port))
        if number % 275 == 274:
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.write(HEALTH)
            async with asyncio.timeout(60):
                assert (await reader.readline()) == b"HTTP/1.1 200 OK\r\n"
            writer.close()
    for _, writer in opened:
        writer.transport.abort()
