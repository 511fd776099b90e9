"""Test the stream of recent changes and its failures."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import islice

import httpx
import pytest

from tests.event_server import EventServer
from watcher.errors import Refused, Unavailable
from watcher.fetch import EventStream
from watcher.fetch.recent_changes import LARGEST_EVENT


@pytest.fixture
def server() -> Iterator[EventServer]:
    with EventServer() as running:
        yield running


@pytest.fixture
def stream(server: EventServer) -> Iterator[EventStream]:
    made = a_stream(server.url)
    yield made
    made.close()


def a_stream(url: str, **more: object) -> EventStream:
    given = {"contact": "ops@example.org", "allowed_hosts": ["127.0.0.1"], "now": lambda: datetime.now(UTC)}
    return EventStream(url, **(given | more))  # type: ignore[arg-type]


def revisions(stream: EventStream) -> list[int | None]:
    """What passes by until the server ends the stream."""
    return [event.revision_id for event in stream.events()]


def test_changes_pass_by_in_the_order_in_which_they_are_sent(server: EventServer, stream: EventStream) -> None:
    for number in (3, 1, 1, 2):
        server.event(number)
    server.break_off()
    assert revisions(stream) == [3, 1, 1, 2]
    assert stream.last_id == "2"


def test_after_a_break_the_server_gets_the_last_event(server: EventServer, stream: EventStream) -> None:
    for number in (7, 8):
        server.event(number)
        server.break_off()
        revisions(stream)
    assert server.resumed == ["", "7"]


def test_half_an_event_is_no_event_and_is_asked_for_again(server: EventServer, stream: EventStream) -> None:
    server.event(1)
    server.send(b'id: 2\ndata: {"type": "edit", "server_name": "127.0.0.1", "tit')
    server.break_off()
    assert revisions(stream) == [1]
    assert stream.last_id == "1"


@pytest.mark.parametrize(
    "garbage",
    [
        b"data: no json\n\n",
        b"data: []\n\n",
        b'data: {"type": "edit", "server_name": "127.0.0.1", "title": 5}\n\n',
        b"data: \xff\xfe\n\n",
        b"data: " + b"[" * 100_000 + b"\n\n",
        b"id: \x00\ndata: {}\n\n",
        b"nonsense\n\n",
        b": a comment\n\n",
        b"\r\n\r\n",
        "id: ä\ndata: {}\n\n".encode(),
    ],
)
def test_what_cannot_be_read_is_passed_over(server: EventServer, stream: EventStream, garbage: bytes) -> None:
    server.event(1)
    server.send(garbage)
    server.event(2)
    server.break_off()
    assert revisions(stream) == [1, 2]
    server.break_off()
    revisions(stream)
    assert server.resumed == ["", "2"]


def test_an_event_in_many_pieces_is_one(server: EventServer, stream: EventStream) -> None:
    whole = b'id: 5\r\ndata: {"type": "new", "server_name": "127.0.0.1",\r\ndata: "title": "Tide"}\r\n\r\n'
    for start in range(len(whole)):
        server.send(whole[start : start + 1])
    server.break_off()
    (event,) = stream.events()
    assert (event.title, event.id) == ("Tide", "5")


def test_an_event_without_an_end_breaks_off_instead_of_filling_the_memory(
    server: EventServer, stream: EventStream
) -> None:
    server.event(1)
    for _ in range(1 + LARGEST_EVENT // 65536):
        server.send(b"data: " + b"x" * 65530)
    with pytest.raises(Unavailable, match="an event exceeds 1 MiB"):
        revisions(stream)
    assert stream.last_id == "1"
    server.break_off()


def test_the_server_says_how_long_to_wait_before_the_next_try(server: EventServer, stream: EventStream) -> None:
    server.send(b"retry: 2500\n\n")
    server.break_off()
    revisions(stream)
    assert stream.retry == 2.5


def test_a_server_that_refuses_is_tried_again_later(server: EventServer, stream: EventStream) -> None:
    server.statuses = [503]
    with pytest.raises(Unavailable, match=r"the stream at 127\.0\.0\.1 answers HTTP 503; it is tried again"):
        revisions(stream)


def test_a_page_instead_of_a_stream_is_tried_again_later() -> None:
    page = httpx.MockTransport(lambda _: httpx.Response(200, headers={"Content-Type": "text/html"}, text="Log in"))
    stream = a_stream("https://127.0.0.1/s", transport=page)
    with pytest.raises(Unavailable, match="broke off"):
        revisions(stream)


def test_a_wait_that_the_server_asks_for_is_handed_on() -> None:
    busy = httpx.MockTransport(lambda _: httpx.Response(429, headers={"Retry-After": "17"}))
    with pytest.raises(Unavailable) as caught:
        revisions(a_stream("https://127.0.0.1/s", transport=busy))
    assert caught.value.retry_after == 17


def test_silence_counts_as_a_break(server: EventServer) -> None:
    stream = a_stream(server.url, read_timeout=0.05)
    with pytest.raises(Unavailable, match="broke off"):
        revisions(stream)
    server.break_off()
    stream.close()


def test_closing_wakes_whoever_reads(server: EventServer, stream: EventStream) -> None:
    begun, ended = threading.Event(), threading.Event()

    def read() -> None:
        try:
            for _ in stream.events():
                begun.set()
        except Unavailable:
            ended.set()

    reader = threading.Thread(target=read, daemon=True)
    reader.start()
    server.event(1)
    assert begun.wait(180)
    stream.close()
    server.event(2)
    reader.join(180)
    assert not reader.is_alive()
    server.break_off()


def test_only_listed_hosts_are_listened_to() -> None:
    with pytest.raises(Refused, match="not on the allow-list"):
        a_stream("https://elsewhere.example.org/s")


def test_thousands_of_events_pass_one_by_one(server: EventServer, stream: EventStream) -> None:
    for number in range(3000):
        server.event(number)
    server.break_off()
    assert sum(1 for _ in islice(stream.events(), 3000)) == 3000
